"""What the documents point at is there: tests, files, settings, problems."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from exchange.problems import KINDS
from exchange.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]


@pytest.mark.parametrize("name", NAMES)
def test_every_test_named_is_there(name: str, document: Callable[[str], str]) -> None:
    for path, test in re.findall(r"(tests/[\w/]+\.py)::(\w+)", document(name)):
        assert re.search(rf"^(async )?def {test}\(", document(path), re.MULTILINE), f"{path}::{test}"


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name: str, document: Callable[[str], str]) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document(name)):
        if "://" not in target:
            assert ((ROOT / name).parent / target).exists(), target


@pytest.mark.parametrize("name", NAMES)
def test_every_file_of_ours_named_is_there(name: str, document: Callable[[str], str]) -> None:
    for path in re.findall(r"`((?:exchange|policies|catalog|standards|seeds|tests|docs)/[\w./-]*)`", document(name)):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("name", NAMES)
def test_settings_and_problems_have_the_names_they_have(name: str, document: Callable[[str], str]) -> None:
    known = {f"HUTONG_{field.upper()}" for field in Settings.model_fields} | {"HUTONG_KEY"}  # of the command
    assert set(re.findall(r"HUTONG_[A-Z][A-Z_]*[A-Z]", document(name))) <= known
    assert set(re.findall(r"urn:hutong:problem:([a-z-]+)", document(name))) <= set(KINDS)


def test_the_threat_model_has_a_test_for_each_defence(document: Callable[[str], str]) -> None:
    defences = [line for line in document("docs/threat-model.md").splitlines() if line.startswith("| ")][2:]
    assert len(defences) > 20
    assert all("::test_" in line for line in defences)


def test_the_picture_needs_nothing_from_elsewhere(document: Callable[[str], str]) -> None:
    picture = document("docs/images/architecture.svg")
    assert "<script" not in picture
    assert set(re.findall(r"https?://[^\"' )]+", picture)) == {"http://www.w3.org/2000/svg"}
    assert "prefers-color-scheme: dark" in picture
