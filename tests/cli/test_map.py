"""`hutong standards map`: records through a mapping from files; 0, 1 and 2."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from exchange.cli import build
from tests.town import documents, mapped

runner = CliRunner()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "mapping.json").write_text(json.dumps(mapped.DOCUMENT))
    (tmp_path / "standard.json").write_text(json.dumps({"bundled": documents.PERSON}))
    return tmp_path


def run(files: Path, records: Any, *more: str, lines: bool = False) -> Any:
    text = "\n".join(map(json.dumps, records)) if lines else json.dumps(records)
    (files / "records").write_text(text)
    return runner.invoke(build(), ["standards", "map", str(files / "mapping.json"), str(files / "records"), *more])


@pytest.mark.parametrize("lines", [False, True])
def test_mapped_records_go_to_stdout(files: Path, lines: bool):
    done = run(
        files, [mapped.own_person(1), mapped.own_person(2)], "--standard", str(files / "standard.json"), lines=lines
    )
    assert done.exit_code == 0, done.stderr
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [mapped.nobodys_id(1), mapped.nobodys_id(2)]
    assert "mapped: 2 of 2" in done.stderr


def test_failures_are_told_by_place_and_not_by_value(files: Path):
    records = [mapped.own_person(1), mapped.own_person(2, QX="SECRET"), mapped.own_person(3, XM="S" * 300)]
    done = run(files, records, "--standard", str(files / "standard.json"), "--json")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert (report["mapped"], report["failed"], report["unmapped"]) == (1, 2, {"/address/district": 1})
    assert [(each["record"], each["pointer"], each["rule"], each["source"]) for each in report["failures"]] == [
        (1, "/address/district", "unmapped", "/QX"),
        (2, "/name", "maxLength", ""),
    ]
    assert "SECRET" not in done.output
    told = run(files, records)
    assert told.exit_code == 1
    assert "record 1: /address/district (unmapped) from /QX" in told.stderr


def test_an_unusable_mapping_says_everything(files: Path):
    (files / "mapping.json").write_text(json.dumps({**mapped.DOCUMENT, "mapping": "2", "more": 1}))
    done = run(files, [], "--json")
    assert done.exit_code == 2
    assert [each["pointer"] for each in json.loads(done.stdout)["errors"]] == ["/mapping", "/more"]


@pytest.mark.parametrize("text", ["{", "[1", '{"a": 1, "a": 2}', "\ufeff{}"])
def test_unreadable_records_are_named_by_line(files: Path, text: str):
    (files / "records").write_text('{"SFZH": 1}\n' + text if not text.startswith("[") else text)
    done = runner.invoke(build(), ["standards", "map", str(files / "mapping.json"), str(files / "records")])
    assert done.exit_code == 2
    assert "records" in done.stderr


def test_a_standard_that_is_not_bundled_is_refused(files: Path):
    (files / "open.json").write_text('{"$ref": "urn:hutong:element:x:1.0.0"}')
    done = run(files, [], "--standard", str(files / "open.json"))
    assert done.exit_code == 2
    assert "bundled" in done.stderr


def test_what_the_api_shows_can_be_used_as_it_is(files: Path):
    document = json.loads(json.dumps(mapped.DOCUMENT))
    way = "urn:hutong:crosswalk:own-districts:1.0.0"
    document["tables"]["districts"] = {"crosswalk": way}
    (files / "mapping.json").write_text(json.dumps({"document": document, "crosswalks": {way: {"01": "East"}}}))
    assert run(files, [mapped.own_person()]).exit_code == 0
    (files / "mapping.json").write_text(json.dumps(document))
    assert run(files, [mapped.own_person()]).exit_code == 2
    (files / "tables.json").write_text(json.dumps({way: {"01": "East"}}))
    assert run(files, [mapped.own_person()], "--crosswalks", str(files / "tables.json")).exit_code == 0
