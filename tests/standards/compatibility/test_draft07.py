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
    {"unevaluatedProperties": False},
    {"unevaluatedItems": False, "prefixItems": [TEXT]},
    {"dependentRequired": {"a": ["z"]}, "dependencies": {"b": ["c"]}},
    {"dependencies": {"b": ["c"]}, "dependentRequired": {"a": ["z"]}, "dependentSchemas": {"a": False}},
    {"contains": WHOLE, "minContains": 2, "maxContains": 0},
    {"$defs": {"t": {"$ref": "#/$defs/u", "minLength": 2}, "u": TEXT}, "properties": {"a": {"$ref": "#/$defs/t"}}},
    {"properties": {"definitions": TEXT, "$defs": WHOLE, "a": {"$ref": "#/properties/definitions"}}},
    {"properties": {"items": TEXT, "a": {"$ref": "#/properties/items"}}},
    {"%64": 1, "definitions": {"definitions": TEXT}, "properties": {"a": {"$ref": "#/%64efinitions/definitions"}}},
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
        ({"properties": {"a": {"$schema": DRAFT}}}, "/properties/a/$schema"),
        ({"$ref": "other.json"}, "/$ref"),
        ({"$ref": "#/prefixItems/0", "prefixItems": [TEXT]}, "/$ref"),
        ({"allOf": [{"$ref": "#/dependentSchemas/a"}], "dependentSchemas": {"a": TEXT}}, "/allOf/0/$ref"),
        ({"allOf": [{"$ref": "#/x-kept"}], "x-kept": {"$ref": "#/definitions/t", "type": "string"}}, "/allOf/0/$ref"),
        ({"allOf": [{"$ref": "#/allOf/-1"}]}, "/allOf/0/$ref"),
        (
            {
                "definitions": {"x": {"type": ["string", "integer"]}},
                "$defs": {"x": TEXT},
                "properties": {"a": {"$ref": "#/definitions/x"}},
            },
            "/$defs",
        ),
        ({"items": [TEXT], "properties": {"a": {"$ref": "#/items/0"}}}, "/properties/a/$ref"),
        ({"type": "string", "contentMediaType": "application/json"}, "/contentMediaType"),
        ({"properties": {"a": {"contentEncoding": "base64"}}}, "/properties/a/contentEncoding"),
    ],
)
def test_what_cannot_be_said_again_is_refused(schema: Any, where: str):
    with pytest.raises(InvalidSchema) as refused:
        translate_draft07(schema)
    assert refused.value.findings[0].pointer == where


def test_what_draft07_ignores_proves_nothing():
    """Else every object would have been called empty."""
    old = {"$schema": DRAFT, "type": "object", "unevaluatedProperties": False}
    (finding,) = compare(old, {"type": "object", "maxProperties": 0}, Mode.BACKWARD).findings
    assert finding.witness
    assert jsonschema_rs.Draft7Validator(old).is_valid(finding.witness[0])


def test_what_neither_draft_knows_is_found():
    old = {"$schema": DRAFT, "minLenght": 1}
    assert [finding.code for finding in compare(old, old, Mode.BACKWARD).findings] == ["unknown-keyword"]


def test_keywords_of_draft07_mean_nothing_in_2020_12():
    verdict = compare({"dependencies": {"a": ["b"]}}, {}, Mode.BACKWARD)
    assert [finding.code for finding in verdict.findings] == ["unknown-keyword"]
