"""`hutong standards lint`, `rules` and `breaking`: from files; 0, 1 and 2; every finding with its line."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from exchange.cli import build
from standards import lint
from tests.town import documents

runner = CliRunner()
DOCUMENT: dict[str, Any] = documents.INTERFACE["document"]


def run(*arguments: str) -> Any:
    return runner.invoke(build(), ["standards", *arguments])


def written(path: Path, document: Any) -> str:
    plain = json.loads(json.dumps(document))  # PyYAML writes what is shared as anchors
    dumped = json.dumps(plain, indent=1) if path.suffix == ".json" else yaml.safe_dump(plain, sort_keys=False)
    path.write_text(dumped, encoding="utf-8")
    return str(path)


@pytest.fixture(params=["interface.yaml", "interface.json"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / request.param


def test_a_publishable_document(file: Path):
    done = run("lint", written(file, DOCUMENT), "--json")
    assert done.exit_code == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["publishable"], answer["rules"]) == (True, len(lint.RULES))
    assert {finding["severity"] for finding in answer["findings"]} == {"hint", "warn"}
    skipped = ("--skip", "described", "--skip", "identifier-fits")
    assert run("lint", str(file), *skipped).stdout.endswith(f"({len(lint.RULES) - 2} rules)\n")


def test_findings_stand_at_their_lines(file: Path):
    document = copy.deepcopy(DOCUMENT)
    document["paths"]["/v1/people"]["get"]["operationId"] = "lookUp"
    name = written(file, document)
    done = run("lint", name, "--json", "--rule", "operation-id", "--rule", "contact")
    assert done.exit_code == 1
    (finding,) = json.loads(done.stdout)["findings"]
    line = file.read_text().splitlines()[finding["line"] - 1]
    assert ("lookUp" in line, finding["line"] > 40, finding["rule"]) == (True, True, "operation-id")
    assert finding["why"].keys() == finding["fix"].keys() == {"zh", "en"}
    shown = run("lint", name)
    assert f"{finding['line']}:" in shown.stdout
    assert "2 errors" in shown.stderr


def test_a_document_of_openapi_30(tmp_path: Path):
    document = copy.deepcopy(DOCUMENT) | {"openapi": "3.0.3"}
    assert run("lint", written(tmp_path / "a.yaml", document)).exit_code == 0


@pytest.mark.parametrize("option", ["--rule", "--skip"])
def test_a_misspelt_rule(tmp_path: Path, option: str):
    done = run("lint", written(tmp_path / "a.yaml", DOCUMENT), option, "contcat")
    assert done.exit_code == 2
    assert "contcat (meant contact?)" in done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: &a [1]\nb: *a\n", "1:4"),
        ("openapi: 3.1.0\npaths: {\n", "syntax"),
        ("[1]", "an object"),
        ("a: 1\n---\nb: 2\n", "one OpenAPI document"),
        ("a: !!python/object:os.system x\n", "tags are not taken"),
        ("a: 1\na: 2\n", "each name once"),
        ("[" * 100 + "]" * 100, "64 levels"),
        ("", "one OpenAPI document"),
    ],
)
def test_an_unreadable_file(tmp_path: Path, text: str, words: str):
    path = tmp_path / "a.yaml"
    path.write_text(text)
    done = run("lint", str(path), "--json")
    assert done.exit_code == 2
    assert words in done.stdout


def test_ten_megabytes_are_not_read(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: '" + b"x" * 10_000_000 + b"'")
    done = run("lint", str(path))
    assert (done.exit_code, "at most" in done.stderr) == (2, True)
    assert run("lint", str(tmp_path / "missing.yaml")).exit_code == 2


def test_a_remote_reference_is_named_and_not_followed(tmp_path: Path):
    document = copy.deepcopy(DOCUMENT)
    document["paths"]["/v1/people"]["get"]["responses"]["200"] = {"$ref": "http://192.0.2.1/x.yaml"}
    done = run("lint", written(tmp_path / "a.yaml", document), "--json", "--rule", "references")
    assert [finding["rule"] for finding in json.loads(done.stdout)["findings"]] == ["references"]


def test_the_rules_are_listed(tmp_path: Path):
    items = json.loads(run("rules", "--json").stdout)["items"]
    assert [each["id"] for each in items] == [*(each.id for each in lint.RULES), "breaking-change"]
    assert "/core/no-trailing-slash" in run("rules").stdout


def test_the_rules_as_a_spectral_ruleset():
    as_text, as_json = run("rules", "--spectral"), run("rules", "--spectral", "--json")
    assert as_text.exit_code == 0
    assert yaml.safe_load(as_text.stdout) == json.loads(as_json.stdout)


def test_breaking_changes(tmp_path: Path):
    new = json.loads(json.dumps(DOCUMENT))
    new["paths"]["/v1/people"]["get"]["parameters"][0]["schema"]["maximum"] = 9
    old, changed = written(tmp_path / "old.json", DOCUMENT), written(tmp_path / "new.yaml", new)
    assert run("breaking", old, old).exit_code == 0
    done = run("breaking", old, changed, "--json")
    assert done.exit_code == 1
    (found,) = json.loads(done.stdout)["items"]
    assert (found["code"], found["operation"], found["witness"]) == ("parameter-narrowed", "listPeople", 10)
    assert "parameter-narrowed" in run("breaking", old, changed).stdout


def test_what_cannot_be_compared(tmp_path: Path):
    spoiled = copy.deepcopy(DOCUMENT)
    spoiled["components"]["schemas"] = {"A": {"$ref": "#/components/schemas/A"}}
    old, new = written(tmp_path / "old.yaml", DOCUMENT), written(tmp_path / "new.yaml", spoiled)
    done = run("breaking", old, new)
    assert (done.exit_code, "mend it first" in done.stderr) == (2, True)
