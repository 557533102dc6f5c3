"""Draft-07 as 2020-12: judged by the validator, both drafts on the same values."""

from typing import Any

import jsonschema_rs
import pytest

from standards.compatibility import Mode, compare, translate_draft07
from standards.validation import Checker, InvalidSchema

NAME = "json-schema.org/draft-07/schema"
DRAFT = f"http://{NAME}#"
WHOLE, TEXT = {"type": "integer"}, {"type": "string"}
SCHEMAS: list[Any] = [
    {"items": [WHOLE, TEXT]},
    {"items": [WHOLE], "additionalItems": TEXT},
    {"additionalItems": TEXT, "items": [WHOLE]},
    {"items": WHOLE, "additionalItems": False},
    {"additionalItems": False},
    {"items": False},
    {"definitions": {"t": TEXT}, "properties": {"a": {"$ref": "#/definitions/t"}}},
    {"definitions": {"t": TEXT}, "properties": {"a": {"$ref": "#/definitions/t", "minLength": 2}}},
    {"$ref": "#/definitions/t", "definitions": {"t": TEXT}},
    {"dependencies": {"a": ["b"], "b": {"required": ["c"]}, "c": True}},
    {"properties": {"definitions": TEXT, "items": WHOLE}},
    {"if": {"properties": {"a": WHOLE}}, "then": {"required": ["b"]}, "else": {"required": ["c"]}},
    {"contains": WHOLE},
    {"exclusiveMinimum": 1, "$comment": "kept"},
    {"properties": {"a": {"$ref": "#"}, "b": WHOLE}},
    True,
    False,
]
VALUES: list[Any] = [
    None, 1, 2, "", "a", "ab", [], [1], ["a"], [1, "a"], ["a", 1], [1, 2], [1, "a", "b"], [1, "a", 2], {}, {"a": 1},
    {"a": "x"}, {"a": "xy"}, {"b": 1}, {"a": 1, "b": 2}, {"b": 1, "c": 1}, {"c": 1}, {"definitions": 1}, {"items": "a"},
    {"a": {"b": "x"}}, {"a": {"a": {"b": 1}}},
]  # fmt: skip


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_the_translation_accepts_the_same(schema: Any):
    before, after = jsonschema_rs.Draft7Validator(schema), Checker(translate_draft07(schema))
    assert [before.is_valid(value) for value in VALUES] == [after.valid(value) for value in VALUES]


def test_a_schema_that_says_so_is_translated_before_it_is_compared():
    old = {"$schema": DRAFT, "$id": "urn:x:1", "definitions": {"t": WHOLE}, "items": [{"$ref": "#/definitions/t"}]}
    new = {"$schema": DRAFT, "$id": "urn:x:2", "items": [{"type": "number"}]}
    assert compare(old, new, Mode.BACKWARD).compatible
    assert not compare(old, new, Mode.FORWARD).compatible
    assert compare(old, {"prefixItems": [{"type": "integer"}]}, Mode.FULL).compatible


@pytest.mark.parametrize(
    ("schema", "where"),
    [
        ({"exclusiveMinimum": True, "minimum": 1}, "/exclusiveMinimum"),
        ({"properties": {"a": {"$id": "#a", "type": "string"}}}, "/properties/a/$id"),
        ({"$ref": "other.json"}, "/$ref"),
        ({"items": [TEXT], "properties": {"a": {"$ref": "#/items/0"}}}, "/properties/a/$ref"),
    ],
)
def test_what_cannot_be_said_again_is_refused(schema: Any, where: str):
    with pytest.raises(InvalidSchema) as refused:
        translate_draft07(schema)
    assert refused.value.findings[0].pointer == where


def test_keywords_of_draft07_mean_nothing_in_2020_12():
    verdict = compare({"dependencies": {"a": ["b"]}}, {}, Mode.BACKWARD)
    assert [finding.code for finding in verdict.findings] == ["unknown-keyword"]
