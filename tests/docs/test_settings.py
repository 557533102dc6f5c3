"""docs/settings.md names every setting with its default."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from exchange.settings import Settings

Rows = Callable[[str, str], list[list[str]]]
NONE = "—"
COMMAND = Path(__file__).parents[2] / "exchange/cli"


@pytest.fixture
def settings(rows: Rows) -> list[list[str]]:
    """Rows of five cells: name, default, unit, meaning, the same in Chinese."""
    return [row for row in rows("docs/settings.md", "HUTONG_.*") if len(row) == 5]


def test_every_setting_stands_there_once_and_no_other(settings: list[list[str]]) -> None:
    names = [row[0] for row in settings]
    assert names == [f"HUTONG_{name.upper()}" for name in Settings.model_fields]


def test_defaults_are_those_of_the_code(settings: list[list[str]]) -> None:
    told = {row[0].removeprefix("HUTONG_").lower(): row[1] for row in settings}
    for name, field in Settings.model_fields.items():
        if field.default in (None, ()):
            assert told[name] == NONE, name
        else:
            assert TypeAdapter(field.annotation).validate_python(told[name]) == field.default, name


def test_every_setting_has_unit_and_meaning_in_both_languages(settings: list[list[str]]) -> None:
    for name, _, unit, meaning, chinese in settings:
        assert unit, name
        assert len(meaning) > 10, name
        assert re.search("[\u4e00-\u9fff]", chinese), name


def test_variables_of_the_command_stand_there_and_no_others(rows: Rows) -> None:
    told = {row[0] for row in rows("docs/settings.md", "HUTONG_.*") if len(row) == 3}
    sources = "".join(path.read_text(encoding="utf-8") for path in COMMAND.glob("*.py"))
    assert told == set(re.findall(r'envvar="(HUTONG_\w+)"', sources))


def test_metrics_are_those_of_the_code(rows: Rows) -> None:
    told = [row[0] for row in rows("docs/settings.md", "hutong_.*")]
    sources = "".join((COMMAND.parent / name).read_text(encoding="utf-8") for name in ("metrics.py", "node.py"))
    assert {name.removesuffix("_total") for name in told} == set(re.findall(r'"(hutong_\w+)"', sources))
