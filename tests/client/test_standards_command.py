"""`hutong standards` against a live exchange: two operators govern, everybody compares."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from exchange.cli import build
from tests.client.conftest import City

TODAY = datetime.now(UTC).date().isoformat()


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HUTONG_URL", "HUTONG_KEY"):
        monkeypatch.delenv(name, raising=False)


def run(*words: object) -> Result:
    return CliRunner().invoke(build(), ["standards", *map(str, words)])


def acting(city: City, who: str, *words: object, code: int = 0, as_json: bool = True) -> Any:
    result = run(*words, "--url", city.url, "--as", city.keys[who], *(["--json"] if as_json else []))
    assert result.exit_code == code, result.output
    return json.loads(result.stdout) if as_json else result.stdout


def write(path: Path, document: Any) -> Path:
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="gb18030")
    return path


def test_a_code_list_from_csv_to_retired(city: City, tmp_path: Path) -> None:
    codes = write(tmp_path / "codes.csv", "代码,名称,英文名称\n1,甲,A\n2,乙,B\n")
    named = ("--slug", "cli-kinds", "--name-zh", "类别", "--name-en", "Kinds")
    kind = ("--kind", "code-lists")
    made = acting(city, "operator", "import-codes", codes, *named, "--version", "1.0.0", "--submit")
    assert (made["state"], made["codes"][0]["name"]) == ("review", {"zh": "甲", "en": "A"})
    own = acting(city, "operator", "approve", "cli-kinds", "1.0.0", *kind, code=1)
    assert own["type"] == "urn:hutong:problem:not-permitted"
    back = acting(city, "reviewer", "return", "cli-kinds", "1.0.0", *kind, "--reason", "add one")
    assert back["state"] == "draft"
    write(codes, "代码,名称,英文名称\n1,甲,A\n2,乙,B\n3,丙,C\n")
    again = acting(city, "operator", "import-codes", codes, *named, "--version", "1.0.0")
    assert (again["state"], len(again["codes"])) == ("draft", 3)
    acting(city, "operator", "submit", "cli-kinds", "1.0.0", *kind)
    old = acting(city, "reviewer", "approve", "cli-kinds", "1.0.0", *kind, "--revision", back["revision"], code=1)
    assert old["type"] == "urn:hutong:problem:outdated"
    assert "is published" in acting(city, "reviewer", "approve", "cli-kinds", "1.0.0", *kind, as_json=False)
    listed = acting(city, "auditor", "list", *kind, "-q", "类别")
    assert [(row["slug"], row["state"]) for row in listed["items"] if row["slug"] == "cli-kinds"] == [
        ("cli-kinds", "published")]  # fmt: skip
    end = ("deprecate", "cli-kinds", "1.0.0", *kind, "--sunset", TODAY, "--reason-en", "no longer used")
    unseen = acting(city, "reviewer", *end, code=1)
    assert (unseen["type"], unseen["total"]) == ("urn:hutong:problem:conflict", 0)
    assert acting(city, "reviewer", "users", "cli-kinds", "1.0.0", *kind)["total"] == 0
    assert acting(city, "reviewer", *end, "--users", "0")["state"] == "deprecated"
    assert acting(city, "reviewer", "retire", "cli-kinds", "1.0.0", *kind)["state"] == "retired"


def test_a_sheet_with_faults_takes_nothing(city: City, tmp_path: Path) -> None:
    codes = write(tmp_path / "codes.csv", "代码,名称\n1,甲\n１,乙\n")
    named = ("--slug", "cli-faults", "--version", "1.0.0", "--name-zh", "类别")
    refused = acting(city, "operator", "import-codes", codes, *named, code=1)
    assert [found["pointer"] for found in refused["errors"]] == ["/3/code"]
    told = run("import-codes", codes, *named, "--url", city.url, "--as", city.keys["operator"])
    assert "/3/code" in told.stderr
    acting(city, "operator", "show", "cli-faults", "--kind", "code-lists", code=1)
    assert run("import-codes", tmp_path / "none.csv", *named, "--as", city.keys["operator"]).exit_code == 2


def test_a_new_version_is_proposed_compared_and_discarded(city: City, tmp_path: Path) -> None:
    row = acting(city, "operator", "show", "company")
    document = row["document"] | {"required": [*row["document"].get("required", []), "never-sent"]}
    document["properties"] = document["properties"] | {"never-sent": {"type": "string"}}
    draft = {"slug": "company", "version": "1.99.0", "name": row["name"], "document": document}
    file = write(tmp_path / "company.json", draft)
    assert acting(city, "operator", "propose", file)["state"] == "draft"
    diff = acting(city, "operator", "diff", "company", row["version"], "1.99.0", code=1)
    assert diff["compatibility"]["compatible"] is False
    refused = acting(city, "operator", "submit", "company", "1.99.0", code=1)
    assert refused["type"] == "urn:hutong:problem:incompatible"
    shown = acting(city, "operator", "diff", "company", row["version"], "1.99.0", code=1, as_json=False)
    assert "never-sent" in shown
    acting(city, "operator", "discard", "company", "1.99.0")
    acting(city, "operator", "show", "company", "1.99.0", code=1)


def test_files_are_compared_without_an_exchange(tmp_path: Path) -> None:
    old, new = write(tmp_path / "old.json", {"required": ["a"]}), write(tmp_path / "new.json", {"required": ["a", "b"]})
    differs = run("diff", old, new, "--json")
    assert (differs.exit_code, json.loads(differs.stdout)["changes"]) == (
        1, [{"change": "added", "pointer": "/required/1", "new": "b"}])  # fmt: skip
    assert run("diff", old, old).exit_code == 0
    assert run("diff", old, tmp_path / "none").exit_code == 2
    assert run("diff", old, write(tmp_path / "bad", "[1")).exit_code == 2
    assert run("diff", "person", "1.0.0", "1.1.0").exit_code == 2
