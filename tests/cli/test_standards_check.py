"""`hutong standards check`: files in, verdict out; 0, 1 and 2, without a server."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Hutong

OLD = {"type": "object", "properties": {"a": {"type": "string", "maxLength": 8}}, "required": ["a"]}
WIDER = {"type": "object", "properties": {"a": {"type": "string", "maxLength": 9}}, "required": ["a"]}
GROWN = {"type": "object", "properties": {**OLD["properties"], "b": {"type": "integer"}}, "required": ["a"]}  # type: ignore[dict-item]


def write(**documents: Any) -> list[Path]:
    for name, document in documents.items():
        Path(name).write_text(document if isinstance(document, str) else json.dumps(document))
    return [Path(name) for name in documents]


def test_a_compatible_version_ends_with_0(hutong: Hutong) -> None:
    done = hutong("standards", "check", *write(old=OLD, new=GROWN))
    assert (done.code, done.out) == (0, "compatible (directional) · 兼容\n")
    assert hutong("standards", "check", "old", "new", "--json").document == {
        "compatible": True,
        "mode": "directional",
        "findings": [],
    }


def test_an_incompatible_one_ends_with_1_and_shows_a_witness(hutong: Hutong) -> None:
    done = hutong("standards", "check", *write(old=OLD, new=WIDER))
    assert done.code == 1
    for shown in (
        "too-long",
        "可能出现更长的文本",
        "/properties/a/maxLength",
        "8 → 9",
        "consumers",
        '{"a":"aaaaaaaaa"}',
    ):
        assert shown in done.out
    assert "INCOMPATIBLE (directional): 1 finding" in done.err
    document = hutong("standards", "check", "old", "new", "--json").document
    assert document["findings"] == [
        {
            "code": "too-long",
            "title": {"en": "longer texts may come", "zh": "可能出现更长的文本"},
            "pointer": "/properties/a/maxLength",
            "within": "new",
            "old": 8,
            "new": 9,
            "breaks": "consumers",
            "witness": {"a": "aaaaaaaaa"},
        }
    ]


@pytest.mark.parametrize(
    ("mode", "code"), [("backward", 1), ("forward", 0), ("full", 1), ("none", 0), ("directional", 0)]
)
def test_modes(hutong: Hutong, mode: str, code: int) -> None:
    assert hutong("standards", "check", *write(old=OLD, new=GROWN), "--mode", mode).code == code


def test_lenient(hutong: Hutong) -> None:
    assert hutong("standards", "check", *write(old=OLD, new=GROWN), "--mode", "backward", "--lenient").code == 0


def test_transitive_modes_look_at_every_older_version(hutong: Hutong) -> None:
    files = write(first=WIDER, second=OLD, third=OLD)
    assert hutong("standards", "check", *files, "--mode", "backward-transitive").code == 1
    last = hutong("standards", "check", *files, "--mode", "backward")
    assert last.code == 0
    assert "second" in last.err


def test_the_form_in_which_the_exchange_shows_a_standard_is_taken(hutong: Hutong) -> None:
    assert hutong("standards", "check", *write(old={"bundled": OLD}, new=GROWN)).code == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"type":\n  }', "spoilt:2:3: JSON (RFC 8259)"),
        ('{"type": "string",\n "type": "object"}', "spoilt:2:2: each name once"),
        ('{"maximum":\n 123456789012345678901}', "spoilt:2:2: integers within 64 bits"),
        ('{"maximum": 1,\n "maximum": NaN}', "spoilt:2:13: numbers, or null"),
        ("[" * 70 + "]" * 70, "spoilt:1:66: at most 64 levels"),
        (" " * (8 * 2**20) + "{}", "spoilt:1:1: at most 8 MiB"),
        ('{"$ref": "https://host.test/a"}', "/$ref"),
        ('{"$ref": "urn:hutong:element:name:1.0.0"}', "bundled form"),
        ('{"type": "text"}', "/type"),
        ("[]", "object, true or false"),
    ],
)
def test_what_cannot_be_read_ends_with_2_and_names_the_file(hutong: Hutong, content: str, said: str) -> None:
    done = hutong("standards", "check", *write(old=OLD, spoilt=content))
    assert done.code == 2
    assert "spoilt:" in done.err
    assert "body" not in done.err
    assert said in done.err
    problem = hutong("standards", "check", "old", "spoilt", "--json")
    assert (problem.code, problem.document["type"]) == (2, "about:blank")


def test_the_encoding_that_it_seems_to_be_is_named(hutong: Hutong) -> None:
    write(old=OLD)
    Path("gbk.json").write_bytes('{\n "title": "姓名"}'.encode("gbk"))
    Path("strange.json").write_bytes(b'{\n "title": "\xff\xff"}')
    named = hutong("standards", "check", "old", "gbk.json")
    assert (named.code, "gbk.json:2:12: UTF-8" in named.err, "GBK" in named.err) == (2, True, True)
    assert "GBK" not in hutong("standards", "check", "old", "strange.json").err


def test_yaml_is_taken_and_its_places_are_told(hutong: Hutong) -> None:
    write(**{"old": OLD, "new.yaml": "type: object\nproperties:\n  a: {type: string, maxLength: 8}\nrequired: [a]\n"})
    assert hutong("standards", "check", "old", "new.yaml").code == 0
    write(**{"twice.yml": "type: object\ntype: string\n"})
    done = hutong("standards", "check", "old", "twice.yml", "--json")
    assert done.code == 2
    assert done.document["errors"] == [
        {"file": "twice.yml", "line": 2, "column": 1, "pointer": "", "rule": "unique", "expected": "each name once"}
    ]


def test_numbers_are_as_json_writes_them(hutong: Hutong) -> None:
    files = write(
        **{"old.json": '{"multipleOf": 1e-2, "maximum": 1E3}', "new.json": '{"multipleOf": 0.01, "maximum": 1000}'}
    )
    assert hutong("standards", "check", *files, "--mode", "full").code == 0


def test_misuse_ends_with_2(hutong: Hutong) -> None:
    write(old=OLD)
    assert hutong("standards", "check", "old").code == 2
    assert hutong("standards", "check", "old", "missing").code == 2
    assert hutong("standards", "check", "old", "old", "--mode", "sideways").code == 2
