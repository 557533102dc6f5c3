"""Modes, who breaks, where a finding points, and what writers and readers of an exchange are taken for."""

from typing import Any

import pytest

from standards.compatibility import Mode, check, compare, includes
from standards.compatibility.content import closed, opened
from standards.validation import Checker

TEXT, WHOLE = {"type": "string"}, {"type": "integer"}


def record(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties} | ({"required": list(required)} if required else {})


OLD, GROWN = record(a=TEXT), record("a", a=TEXT)


@pytest.mark.parametrize(
    ("mode", "breaks"),
    [
        (Mode.NONE, set()),
        (Mode.BACKWARD, {"provider"}),
        (Mode.FORWARD, set()),
        (Mode.FULL, {"provider"}),
        (Mode.DIRECTIONAL, {"provider"}),
    ],
)
def test_a_new_required_member_breaks_the_provider(mode: Mode, breaks: set[str]):
    assert {finding.breaks for finding in compare(OLD, GROWN, mode).findings} == breaks


@pytest.mark.parametrize(
    ("mode", "breaks"),
    [
        (Mode.BACKWARD, set()),
        (Mode.FORWARD, {"consumers"}),
        (Mode.FULL, {"consumers"}),
        (Mode.DIRECTIONAL, {"consumers"}),
    ],
)
def test_a_member_that_is_no_longer_required_breaks_consumers(mode: Mode, breaks: set[str]):
    assert {finding.breaks for finding in compare(GROWN, OLD, mode).findings} == breaks


def test_transitive_modes_hold_against_every_older_version():
    first, second, third = record(a=WHOLE), record(a=TEXT), record(a=TEXT)
    assert check(third, [first, second], Mode.BACKWARD).compatible
    assert not check(third, [first, second], Mode.BACKWARD_TRANSITIVE).compatible
    assert not check(third, [first, second], Mode.FORWARD_TRANSITIVE).compatible
    assert not check(third, [first, second], Mode.FULL_TRANSITIVE).compatible
    assert check(third, [], Mode.FULL_TRANSITIVE).compatible


def test_a_finding_points_into_the_new_schema_whatever_the_direction():
    old, new = record(a={"type": "string", "maxLength": 5}), record(a={"type": "string", "maxLength": 3})
    for verdict in (compare(old, new, Mode.BACKWARD), compare(new, old, Mode.FORWARD)):
        (finding,) = verdict.findings
        assert (finding.pointer, finding.within) == ("/properties/a/maxLength", "new")
        assert len(finding.witness[0]["a"]) in (4, 5)
    assert (compare(old, new, Mode.BACKWARD).findings[0].old, compare(old, new, Mode.BACKWARD).findings[0].new) == (
        5,
        3,
    )
    assert (compare(new, old, Mode.FORWARD).findings[0].old, compare(new, old, Mode.FORWARD).findings[0].new) == (3, 5)


def test_what_only_the_old_schema_has_is_pointed_at_there():
    (finding,) = compare(record("a", a=TEXT), record(a=TEXT), Mode.FORWARD).findings
    assert (finding.code, finding.pointer, finding.within) == ("may-be-missing", "/required/0", "old")
    assert (finding.old, finding.new) == (["a"], None)


def test_a_null_can_be_a_witness():
    (finding,) = compare(TEXT | {"type": ["string", "null"]}, TEXT, Mode.BACKWARD).findings
    assert finding.witness == (None,)
    assert finding.as_dict()["witness"] is None
    assert "witness" not in includes({"minLength": 10**15}, {"minLength": 10**14})[0].as_dict()


# -- writer closed --


CLOSED: list[tuple[str, Any, Any, bool]] = [
    ("declared", record(a=TEXT), {"a": "x"}, True),
    ("undeclared", record(a=TEXT), {"a": "x", "b": 1}, False),
    ("explicitly open", {**record(a=TEXT), "additionalProperties": True}, {"b": 1}, False),
    ("declares nothing", {"type": "object"}, {"b": 1}, True),
    ("undeclared have a schema", {**record(a=TEXT), "additionalProperties": WHOLE}, {"b": 1}, True),
    ("nested", record(a=record(b=TEXT)), {"a": {"c": 1}}, False),
    ("in a list", {"items": record(a=TEXT)}, [{"b": 1}], False),
    ("in parts of allOf", {"allOf": [record(a=TEXT), record(b=TEXT)]}, {"a": "x", "b": "x"}, True),
    ("not in any part", {"allOf": [record(a=TEXT), record(b=TEXT)]}, {"c": "x"}, False),
    (
        "the same member in two parts",
        {"allOf": [record(a=record(x=TEXT)), record(a=record(y=TEXT))]},
        {"a": {"x": "", "y": ""}},
        True,
    ),
    ("in another alternative", {"anyOf": [record(a=TEXT), record("b", b=TEXT)]}, {"a": "x"}, True),
    ("only required", {"required": ["z"], "properties": {"a": TEXT}}, {"z": 1}, True),
    ("by pattern", {"patternProperties": {"^x": TEXT}}, {"xa": "b"}, True),
    ("not by pattern", {"patternProperties": {"^x": TEXT}}, {"a": "b"}, False),
    ("by a reference", {"$ref": "#/$defs/r", "$defs": {"r": record(a=TEXT)}}, {"b": 1}, False),
    (
        "a definition used alone and within",
        {
            "properties": {"p": {"$ref": "#/$defs/r"}, "q": {"allOf": [{"$ref": "#/$defs/r"}, record(b=TEXT)]}},
            "$defs": {"r": record(a=TEXT)},
        },
        {"q": {"b": "x"}},
        True,
    ),
    ("property names that are bound already", {**record(a=TEXT), "propertyNames": {"maxLength": 1}}, {"b": 1}, False),
    ("in a record within itself", record(a={"$ref": "#"}), {"a": {"b": 1}}, False),
]


@pytest.mark.parametrize(("name", "schema", "value", "sent"), CLOSED, ids=[case[0] for case in CLOSED])
def test_a_closed_writer_sends_what_is_declared_at_that_place(name: str, schema: Any, value: Any, sent: bool):
    assert Checker(schema).valid(value)
    assert Checker(closed(schema)).valid(value) is sent


# -- reader open --


@pytest.mark.parametrize("keyword", ["additionalProperties", "unevaluatedProperties"])
def test_an_open_reader_lets_undeclared_members_pass(keyword: str):
    schema = {**record(a={**record(b=TEXT), keyword: False}), keyword: False}
    assert Checker(opened(schema)).valid({"a": {"b": "x", "c": 1}, "z": 1})
    assert not Checker(opened(schema)).valid({"a": {"b": 1}})


def test_an_open_reader_is_not_opened_where_more_would_be_less():
    schema = {"not": {**record(a=TEXT), "additionalProperties": False}}
    assert opened(schema) == schema


def test_defaults_are_filled_in_only_where_they_fit():
    schema = record("a", "b", a={"type": "string", "default": "x"}, b={"type": "string", "default": 1})
    assert opened(schema, defaults=True)["required"] == ["b"]
    assert opened(schema)["required"] == ["a", "b"]


def test_unchanged_is_compatible_in_every_mode():
    variants = [{**record(**{name: TEXT}), "additionalProperties": False} for name in "ab"]
    for schema in ({"oneOf": variants}, {"not": variants[0]}, {"anyOf": [{"oneOf": variants}, TEXT]}):
        assert all(compare(schema, schema, mode).compatible for mode in Mode)
        assert all(compare(schema, schema, mode, lenient=True).compatible for mode in Mode)
