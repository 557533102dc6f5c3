"""Known changes, one a row: what loosens is compatible, its inverse is not, for the reason given and with a witness."""

from typing import Any

import pytest

from standards.compatibility import Mode, compare, includes
from standards.validation import Checker

TEXT, NUMBER, WHOLE = {"type": "string"}, {"type": "number"}, {"type": "integer"}
SHUT = {"additionalProperties": False}
TREE: dict[str, Any] = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {"v": WHOLE, "below": {"type": "array", "items": {"$ref": "#/$defs/node"}}},
            "required": ["v"],
        }
    },
}


def tree(**value: Any) -> dict[str, Any]:
    node = TREE["$defs"]["node"]
    return {**TREE, "$defs": {"node": {**node, "properties": {**node["properties"], "v": value}}}}


def record(*, required: list[str] | None = None, rest: Any = None, **properties: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "object", "properties": properties}
    return made | ({"required": required} if required else {}) | (rest or {})


A_OR_B = [{"type": "object", "properties": {"kind": {"const": each}}, "required": ["kind"]} for each in "ab"]
C = {"type": "object", "properties": {"kind": {"const": "c"}}, "required": ["kind"]}

# name, tighter, looser, reason of the inverse
LOOSER: list[tuple[str, Any, Any, str]] = [
    ("type removed", TEXT, {}, "type-refused"),
    ("type extended", TEXT, {"type": ["string", "null"]}, "type-refused"),
    ("integer within number", WHOLE, NUMBER, "type-refused"),
    ("integer as whole number", {"type": "number", "multipleOf": 1}, WHOLE, ""),
    ("true for a schema", TEXT, True, "type-refused"),
    ("a schema for false", False, TEXT, "nothing-accepted"),
    ("enum extended", {"enum": ["1", "2"]}, {"enum": ["1", "2", "9"]}, "value-refused"),
    ("enum removed", {"enum": ["1", 2]}, {}, "value-refused"),
    ("enum in another order", {"enum": [1, 2]}, {"enum": [2, 1]}, ""),
    ("const to enum", {"const": 1}, {"enum": [1, 2]}, "value-refused"),
    ("const removed", {"const": {"a": 1}}, {}, "value-refused"),
    ("1 for 1.0", {"const": 1}, {"const": 1.0}, ""),
    ("enum to its type", {"enum": ["a", "b"]}, TEXT, "value-refused"),
    ("enum to a pattern that fits", {"enum": ["ab", "cd"]}, {"type": "string", "pattern": "^[a-d]+$"}, "value-refused"),
    ("enum of all booleans", {"type": "boolean"}, {"enum": [True, False]}, ""),
    ("minimum lowered", {"type": "number", "minimum": 5}, {"type": "number", "minimum": 4}, "too-small"),
    ("minimum removed", {"type": "number", "minimum": 5}, NUMBER, "too-small"),
    ("maximum raised", {"type": "number", "maximum": 5}, {"type": "number", "maximum": 6}, "too-large"),
    ("maximum removed", {"type": "number", "maximum": 5}, NUMBER, "too-large"),
    (
        "exclusiveMinimum to minimum",
        {"type": "number", "exclusiveMinimum": 5},
        {"type": "number", "minimum": 5},
        "too-small",
    ),
    (
        "exclusiveMaximum to maximum",
        {"type": "number", "exclusiveMaximum": 5},
        {"type": "number", "maximum": 5},
        "too-large",
    ),
    (
        "exclusiveMinimum lowered",
        {"type": "number", "exclusiveMinimum": 5},
        {"exclusiveMinimum": 4.5, "type": "number"},
        "too-small",
    ),
    (
        "exclusiveMaximum raised",
        {"type": "number", "exclusiveMaximum": 5},
        {"exclusiveMaximum": 5.5, "type": "number"},
        "too-large",
    ),
    (
        "whole numbers above 4 are from 5",
        {"type": "integer", "exclusiveMinimum": 4},
        {"type": "integer", "minimum": 5},
        "",
    ),
    (
        "bounds beyond 2^53",
        {"type": "integer", "maximum": 2**53},
        {"type": "integer", "maximum": 2**53 + 2},
        "too-large",
    ),
    ("multipleOf divided", {"type": "number", "multipleOf": 6}, {"type": "number", "multipleOf": 3}, "not-a-multiple"),
    (
        "multipleOf in decimals",
        {"type": "number", "multipleOf": 0.3},
        {"type": "number", "multipleOf": 0.1},
        "not-a-multiple",
    ),
    ("multipleOf removed", {"type": "number", "multipleOf": 6}, NUMBER, "not-a-multiple"),
    (
        "two steps together",
        {"type": "integer", "allOf": [{"multipleOf": 4}, {"multipleOf": 6}]},
        {"type": "integer", "multipleOf": 12},
        "",
    ),
    ("minLength lowered", {"type": "string", "minLength": 2}, {"type": "string", "minLength": 1}, "too-short"),
    ("minLength removed", {"type": "string", "minLength": 2}, TEXT, "too-short"),
    ("maxLength raised", {"type": "string", "maxLength": 2}, {"type": "string", "maxLength": 3}, "too-long"),
    ("maxLength removed", {"type": "string", "maxLength": 2}, TEXT, "too-long"),
    ("pattern removed", {"type": "string", "pattern": "^[0-9]{6}$"}, TEXT, "pattern-not-assured"),
    ("format removed", {"type": "string", "format": "date"}, TEXT, "format-not-assured"),
    ("own format removed", {"type": "string", "format": "credit-code"}, TEXT, "format-not-assured"),
    (
        "content keywords",
        {"type": "string", "contentEncoding": "base64"},
        {"type": "string", "contentMediaType": "text/plain"},
        "",
    ),
    ("items loosened", {"type": "array", "items": WHOLE}, {"type": "array", "items": NUMBER}, "type-refused"),
    ("items removed", {"type": "array", "items": WHOLE}, {"type": "array"}, "type-refused"),
    ("items false to some", {"type": "array", "items": False}, {"type": "array", "items": WHOLE}, "item-refused"),
    (
        "prefixItems shortened",
        {"type": "array", "prefixItems": [WHOLE, TEXT]},
        {"type": "array", "prefixItems": [WHOLE]},
        "type-refused",
    ),
    (
        "prefixItems loosened",
        {"type": "array", "prefixItems": [WHOLE]},
        {"type": "array", "prefixItems": [NUMBER]},
        "type-refused",
    ),
    (
        "rest after prefixItems opened",
        {"type": "array", "prefixItems": [TEXT], "items": False},
        {"type": "array", "prefixItems": [TEXT]},
        "item-refused",
    ),
    ("minItems lowered", {"type": "array", "minItems": 2}, {"type": "array", "minItems": 1}, "too-few-items"),
    ("maxItems raised", {"type": "array", "maxItems": 2}, {"type": "array", "maxItems": 3}, "too-many-items"),
    ("uniqueItems removed", {"type": "array", "uniqueItems": True}, {"type": "array"}, "items-may-repeat"),
    (
        "uniqueItems of one item",
        {"type": "array", "maxItems": 1},
        {"type": "array", "maxItems": 1, "uniqueItems": True},
        "",
    ),
    (
        "contains loosened",
        {"type": "array", "contains": WHOLE},
        {"type": "array", "contains": NUMBER},
        "contains-not-assured",
    ),
    ("contains removed", {"type": "array", "contains": WHOLE}, {"type": "array"}, "contains-not-assured"),
    (
        "minContains lowered",
        {"type": "array", "contains": TEXT, "minContains": 2},
        {"type": "array", "contains": TEXT},
        "contains-not-assured",
    ),
    (
        "maxContains raised",
        {"type": "array", "contains": TEXT, "maxContains": 2},
        {"type": "array", "contains": TEXT, "maxContains": 3},
        "contains-exceeded",
    ),
    (
        "contains from items",
        {"type": "array", "items": TEXT, "minItems": 1},
        {"type": "array", "contains": TEXT},
        "type-refused",
    ),
    (
        "unevaluatedItems opened",
        {"type": "array", "prefixItems": [TEXT], "unevaluatedItems": False},
        {"type": "array", "prefixItems": [TEXT]},
        "unevaluated-refused",
    ),
    ("required removed", record(required=["a"], a=TEXT), record(a=TEXT), "may-be-missing"),
    (
        "required shortened",
        record(required=["a", "b"], a=TEXT, b=TEXT),
        record(required=["a"], a=TEXT, b=TEXT),
        "may-be-missing",
    ),
    (
        "dependentRequired removed",
        {"type": "object", "dependentRequired": {"a": ["b"]}},
        {"type": "object"},
        "dependent-may-be-missing",
    ),
    (
        "dependentRequired shortened",
        {"type": "object", "dependentRequired": {"a": ["b", "c"]}},
        {"type": "object", "dependentRequired": {"a": ["b"]}},
        "dependent-may-be-missing",
    ),
    (
        "dependentRequired follows from required",
        record(required=["b"], b=TEXT),
        {"type": "object", "dependentRequired": {"a": ["b"]}},
        "",
    ),
    (
        "dependentSchemas removed",
        {"type": "object", "dependentSchemas": {"a": {"required": ["b"]}}},
        {"type": "object"},
        "may-be-missing",
    ),
    (
        "dependentSchemas loosened",
        {"type": "object", "dependentSchemas": {"a": record(b=WHOLE)}},
        {"type": "object", "dependentSchemas": {"a": record(b=NUMBER)}},
        "type-refused",
    ),
    (
        "minProperties lowered",
        {"type": "object", "minProperties": 2},
        {"type": "object", "minProperties": 1},
        "too-few-properties",
    ),
    (
        "maxProperties raised",
        {"type": "object", "maxProperties": 2},
        {"type": "object", "maxProperties": 3},
        "too-many-properties",
    ),
    ("maxProperties of few names", record(a=TEXT, rest=SHUT), {"type": "object", "maxProperties": 1}, ""),
    (
        "propertyNames loosened",
        {"type": "object", "propertyNames": {"maxLength": 2}},
        {"type": "object", "propertyNames": {"maxLength": 3}},
        "name-refused",
    ),
    (
        "propertyNames removed",
        {"type": "object", "propertyNames": {"pattern": "^a"}},
        {"type": "object"},
        "name-refused",
    ),
    (
        "patternProperties loosened",
        {"type": "object", "patternProperties": {"^a": WHOLE}},
        {"type": "object", "patternProperties": {"^a": NUMBER}},
        "type-refused",
    ),
    (
        "patternProperties removed",
        {"type": "object", "patternProperties": {"^a": WHOLE}},
        {"type": "object"},
        "type-refused",
    ),
    ("additionalProperties opened", record(a=TEXT, rest=SHUT), record(a=TEXT), "undeclared-refused"),
    (
        "additionalProperties to a schema",
        record(a=TEXT, rest=SHUT),
        record(a=TEXT, rest={"additionalProperties": WHOLE}),
        "undeclared-refused",
    ),
    (
        "additionalProperties loosened",
        {"type": "object", "additionalProperties": WHOLE},
        {"type": "object", "additionalProperties": NUMBER},
        "type-refused",
    ),
    (
        "unevaluatedProperties opened",
        record(a=TEXT, rest={"unevaluatedProperties": False}),
        record(a=TEXT),
        "unevaluated-refused",
    ),
    (
        "unevaluated over allOf",
        {"allOf": [record(a=TEXT)], "unevaluatedProperties": False},
        {"allOf": [record(a=TEXT, b=TEXT)], "unevaluatedProperties": False},
        "",
    ),
    (
        "unevaluated said as additional",
        record(a=TEXT, rest={"unevaluatedProperties": False}),
        record(a=TEXT, rest=SHUT),
        "",
    ),
    (
        "unevaluated beside anyOf",
        {**record(a=TEXT), "anyOf": A_OR_B, "unevaluatedProperties": False},
        {**record(a=TEXT, z=TEXT), "anyOf": A_OR_B, "unevaluatedProperties": False},
        "",
    ),
    ("property loosened", record(a=WHOLE), record(a=NUMBER), "type-refused"),
    ("nested property loosened", record(a=record(b=WHOLE)), record(a=record(b=NUMBER)), "type-refused"),
    ("null in a property", record(a=TEXT), record(a={"type": ["string", "null"]}), "type-refused"),
    ("anyOf extended", {"anyOf": [TEXT, WHOLE]}, {"anyOf": [TEXT, WHOLE, {"type": "null"}]}, "no-alternative"),
    ("anyOf reordered", {"anyOf": [TEXT, WHOLE]}, {"anyOf": [WHOLE, TEXT]}, ""),
    ("anyOf for a schema", TEXT, {"anyOf": [TEXT, WHOLE]}, "type-refused"),
    ("anyOf for types", {"type": ["string", "integer"]}, {"anyOf": [TEXT, WHOLE]}, ""),
    ("types for anyOf", {"anyOf": [TEXT, WHOLE]}, {"type": ["string", "integer"]}, ""),
    ("anyOf removed", {"anyOf": [TEXT, WHOLE]}, {}, "no-alternative"),
    ("oneOf extended apart", {"oneOf": A_OR_B}, {"oneOf": [*A_OR_B, C]}, "several-alternatives"),
    ("oneOf to anyOf", {"oneOf": A_OR_B}, {"anyOf": A_OR_B}, ""),
    ("oneOf of types", {"oneOf": [TEXT, WHOLE]}, {"oneOf": [TEXT, WHOLE, {"type": "null"}]}, "several-alternatives"),
    ("oneOf removed", {"oneOf": [TEXT, WHOLE]}, {}, "several-alternatives"),
    ("allOf narrowed", {"allOf": [TEXT, {"minLength": 2}]}, {"allOf": [TEXT]}, "too-short"),
    ("allOf merged", {"allOf": [TEXT, {"minLength": 2}]}, {"type": "string", "minLength": 2}, ""),
    ("allOf spread", {"type": "string", "minLength": 2}, {"allOf": [TEXT, {"minLength": 2}]}, ""),
    ("not narrowed", {"not": {"type": ["string", "null"]}}, {"not": TEXT}, "not-excluded"),
    (
        "not of a value narrowed",
        {"type": "integer", "not": {"enum": [1, 2]}},
        {"type": "integer", "not": {"const": 1}},
        "not-excluded",
    ),
    ("not removed", {"not": TEXT}, {}, "not-excluded"),
    (
        "not over records narrowed",
        {"not": record(required=["a"], a=NUMBER)},
        {"not": record(required=["a"], a=WHOLE)},
        "not-excluded",
    ),
    (
        "if removed",
        {"type": "object", "if": record(required=["a"], a={"const": 1}), "then": {"required": ["b"]}},
        {"type": "object"},
        "may-be-missing",
    ),
    ("then loosened", {"if": TEXT, "then": {"minLength": 2}}, {"if": TEXT, "then": {"minLength": 1}}, "too-short"),
    ("else loosened", {"if": TEXT, "else": {"minimum": 2}}, {"if": TEXT, "else": {"minimum": 1}}, "too-small"),
    (
        "if answered by the types",
        {"type": "string", "minLength": 3},
        {"if": TEXT, "then": {"minLength": 2}, "else": False},
        "too-short",
    ),
    ("reference for its target", {"$ref": "#/$defs/t", "$defs": {"t": TEXT}}, TEXT, ""),
    ("target for a reference", TEXT, {"$ref": "#/$defs/t", "$defs": {"t": TEXT}}, ""),
    ("beside a reference", {"$ref": "#/$defs/t", "minLength": 2, "$defs": {"t": TEXT}}, TEXT, "too-short"),
    ("recursion unchanged", TREE, TREE, ""),
    ("recursion loosened", TREE, tree(type="number"), "type-refused"),
    ("recursion unrolled", TREE, TREE["$defs"]["node"] | {"$defs": TREE["$defs"]}, ""),
    ("record in itself", {**record(a={"$ref": "#"}, v=WHOLE)}, {**record(a={"$ref": "#"}, v=NUMBER)}, "type-refused"),
    (
        "annotations changed",
        {"type": "string", "title": "a", "default": "x"},
        {"type": "string", "description": "b", "x-note": 1},
        "",
    ),
    (
        "renamed definition",
        {"$ref": "#/$defs/one", "$defs": {"one": TEXT}},
        {"$ref": "#/$defs/two", "$defs": {"two": TEXT}},
        "",
    ),
    ("empty required and properties", {"type": "object"}, {"type": "object", "properties": {}, "required": []}, ""),
    (
        "a member nobody can fill",
        record(a=False),
        {"type": "object", "properties": {"a": {"type": "string", "const": 1}}},
        "",
    ),
]


def ids(case: Any) -> Any:
    return case if isinstance(case, str) else None


@pytest.mark.parametrize(("name", "tighter", "looser", "reason"), LOOSER, ids=ids)
def test_what_loosens_is_compatible_backwards(name: str, tighter: Any, looser: Any, reason: str):
    assert includes(looser, tighter) == ()


@pytest.mark.parametrize(("name", "tighter", "looser", "reason"), [case for case in LOOSER if case[3]], ids=ids)
def test_its_inverse_breaks_for_a_reason_and_with_a_witness(name: str, tighter: Any, looser: Any, reason: str):
    found = includes(tighter, looser)
    assert reason in {finding.code for finding in found}
    assert all(finding.witness for finding in found)
    for finding in found:
        assert Checker(looser).valid(finding.witness[0])
        assert not Checker(tighter).valid(finding.witness[0])


@pytest.mark.parametrize(("name", "tighter", "looser", "reason"), [case for case in LOOSER if not case[3]], ids=ids)
def test_what_says_the_same_is_compatible_both_ways_or_shown_not_to_be(
    name: str, tighter: Any, looser: Any, reason: str
):
    assert all(finding.witness for finding in includes(tighter, looser))


# the design's table of content models: rows × models, strict and lenient answers for mode backward

OPEN: dict[str, Any] = {}
PARTLY: dict[str, Any] = {"additionalProperties": TEXT}
BASE = {"a": TEXT}
MODELS = {"open": OPEN, "partly": PARTLY, "closed": SHUT}
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "add optional": (record(**BASE), record(**BASE, b=TEXT)),
    "add optional uncovered": (record(**BASE), record(**BASE, b=WHOLE)),
    "add required with default": (record(**BASE), record(**BASE, b={"type": "string", "default": "-"}, required=["b"])),
    "add required": (record(**BASE), record(**BASE, b=TEXT, required=["b"])),
    "remove": (record(**BASE, b=TEXT), record(**BASE)),
    "remove uncovered": (record(**BASE, b=WHOLE), record(**BASE)),
}
# change, model, strict, lenient, directional
TABLE = [
    ("add optional", "open", False, True, True),
    ("add optional", "partly", True, True, True),
    ("add optional", "closed", True, True, True),
    ("add optional uncovered", "open", False, True, True),
    ("add optional uncovered", "partly", False, False, False),
    ("add optional uncovered", "closed", True, True, True),
    ("add required with default", "open", False, True, False),
    ("add required with default", "partly", False, True, False),
    ("add required with default", "closed", False, True, False),
    ("add required", "open", False, False, False),
    ("add required", "partly", False, False, False),
    ("add required", "closed", False, False, False),
    ("remove", "open", True, True, True),
    ("remove", "partly", True, True, True),
    ("remove", "closed", False, True, True),
    ("remove uncovered", "open", True, True, True),
    ("remove uncovered", "partly", False, False, False),
    ("remove uncovered", "closed", False, True, True),
]


@pytest.mark.parametrize("keyword", ["additionalProperties", "unevaluatedProperties"])
@pytest.mark.parametrize(("change", "model", "strict", "lenient", "directional"), TABLE)
def test_the_table_of_content_models(
    change: str, model: str, strict: bool, lenient: bool, directional: bool, keyword: str
):
    rest = dict.fromkeys([keyword], MODELS[model]["additionalProperties"]) if MODELS[model] else {}
    old, new = ({**schema, **rest} for schema in CHANGES[change])
    assert compare(old, new, Mode.BACKWARD).compatible is strict
    assert compare(old, new, Mode.BACKWARD, lenient=True).compatible is lenient
    assert compare(old, new, Mode.DIRECTIONAL).compatible is directional
    swapped = compare(new, old, Mode.FORWARD)
    assert swapped.compatible is strict
    assert {finding.breaks for finding in swapped.findings} <= {"consumers"}


def test_there_are_enough_cases():
    assert len(LOOSER) * 2 + len(TABLE) * 8 >= 113
