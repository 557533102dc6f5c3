"""Verdicts and explanations: they agree, they never show a value, and nothing hangs."""

import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from standards.validation import Checker, Finding, InvalidSchema

UNEXPLAINED = "a value that the schema accepts"


def _by_jsonschema(schema: Any, value: Any) -> bool | None:
    """None when it cannot say."""
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    try:
        return validator.is_valid(value)
    except Exception:
        return None


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.sampled_from([0.0, 1.0, 1.5, -2.5, 2**63 - 1, 1e300]),
    st.sampled_from(["", "a", "b", "ab", "abc", "张", "2026-11-22", "2026-02-30", "😀"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcx"), inner, max_size=3),
    max_leaves=8,
)
TYPES = st.sampled_from(["string", "integer", "number", "boolean", "null", "array", "object"])
LEAF_SCHEMAS = st.one_of(
    st.just({}),
    st.booleans(),
    st.builds(lambda kind: {"type": kind}, TYPES | st.lists(TYPES, min_size=1, unique=True)),
    st.builds(lambda values: {"enum": values}, st.lists(VALUES, min_size=1, max_size=3)),
    st.builds(lambda value: {"const": value}, VALUES),
    st.builds(lambda low, more: {"minLength": low, "maxLength": low + more}, st.integers(0, 2), st.integers(0, 2)),
    st.sampled_from([{"pattern": each} for each in ("^a", "b$", "^[a-c]{1,2}$", "^(a|b)+$")]),
    st.sampled_from([{"minimum": 0}, {"maximum": 1.5}, {"exclusiveMinimum": -1}, {"exclusiveMaximum": 2}]),
    st.sampled_from([{"multipleOf": 2}, {"multipleOf": 0.5}, {"format": "date"}, {"uniqueItems": True}]),
    st.sampled_from([{"minItems": 1}, {"maxItems": 2}, {"minProperties": 1}, {"maxProperties": 1}]),
    st.sampled_from([{"required": ["a"]}, {"dependentRequired": {"a": ["b", "c"]}}, {"$ref": "#/$defs/short"}]),
)


def _containing(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.dictionaries(st.sampled_from("abc"), inner, max_size=2)
    return st.one_of(
        st.builds(lambda each: {"properties": each}, names),
        st.builds(lambda each, rest: {"properties": each, "additionalProperties": rest}, names, inner),
        st.builds(lambda each: {"patternProperties": {"^[ab]": each}, "additionalProperties": False}, inner),
        st.builds(lambda each: {"properties": each, "unevaluatedProperties": False}, names),
        st.builds(lambda each: {"items": each}, inner),
        st.builds(lambda each, rest: {"prefixItems": [each], "items": rest}, inner, inner),
        st.builds(lambda each: {"contains": each, "maxContains": 2}, inner),
        st.builds(lambda each: {"propertyNames": each}, inner),
        st.builds(lambda each: {"not": each}, inner),
        st.builds(lambda key, each: {key: each}, st.sampled_from(["allOf", "anyOf", "oneOf"]), _some(inner)),
        st.builds(lambda a, b, c: {"if": a, "then": b, "else": c}, inner, inner, inner),
        st.builds(lambda each: {"dependentSchemas": {"a": each}}, inner),
    )


def _some(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(inner, min_size=1, max_size=2)


SCHEMAS = st.recursive(LEAF_SCHEMAS, _containing, max_leaves=6)


def _rooted(schema: Any) -> Any:
    return {"$defs": {"short": {"type": "string", "maxLength": 1}}, "allOf": [schema]}


@given(SCHEMAS, VALUES)
def test_jsonschema_and_the_checker_agree(schema: Any, value: Any) -> None:
    rooted = _rooted(schema)
    assert Checker(rooted).valid(value) == _by_jsonschema(rooted, value)


@given(SCHEMAS, VALUES)
@example({"anyOf": [False]}, None)
def test_every_refusal_is_explained(schema: Any, value: Any) -> None:
    checker = Checker(_rooted(schema))
    if not checker.valid(value):
        findings = checker.explain(value)
        assert findings
        assert UNEXPLAINED not in {finding.expected for finding in findings}


@pytest.mark.long
@given(SCHEMAS, VALUES)
def test_jsonschema_and_the_checker_agree_at_length(schema: Any, value: Any) -> None:
    rooted = _rooted(schema)
    assert Checker(rooted).valid(value) == _by_jsonschema(rooted, value)


# schema, value, what the checker says, what jsonschema says (None: it cannot), why
DISAGREEMENTS: list[tuple[Any, Any, bool, bool | None, str]] = [
    ({"format": "email"}, "a@", False, True, "jsonschema looks for an @ and nothing else"),
    ({"format": "uri"}, "not a uri", False, True, "jsonschema has no check for uri without an extra package"),
    ({"format": "date-time"}, "1990-12-31T23:59:60Z", True, False, "leap seconds are part of RFC 3339"),
    ({"format": "resident-id"}, "1", False, True, "our formats are unknown to jsonschema"),
    ({"format": "credit-code"}, "1", False, True, "our formats are unknown to jsonschema"),
    ({"format": "division-code"}, "1", False, True, "our formats are unknown to jsonschema"),
    ({"format": "phone-cn"}, "1", False, True, "our formats are unknown to jsonschema"),
    ({"pattern": r"^\d$"}, "٣", False, True, "ECMA 262: \\d is ASCII; Python's is Unicode"),
    ({"pattern": r"^\w$"}, "é", False, True, "ECMA 262: \\w is ASCII; Python's is Unicode"),
    ({"pattern": r"^\s$"}, "\ufeff", True, False, "ECMA 262: \\s includes the byte order mark"),
    ({"pattern": "^a$"}, "a\n", False, True, "ECMA 262: $ is the end; Python's is also before a last line feed"),
    ({"pattern": r"^\p{Han}$"}, "张", True, None, "ECMA 262 knows Unicode properties; Python's engine raises"),
    ({"multipleOf": 0.1}, 0.3, True, False, "decimal arithmetic; jsonschema divides binary floats"),
    ({"multipleOf": 0.01}, 19.99, True, False, "decimal arithmetic; jsonschema divides binary floats"),
]


@pytest.mark.parametrize(("schema", "value", "ours", "theirs", "why"), DISAGREEMENTS)
def test_known_disagreements_are_real(schema: Any, value: Any, ours: bool, theirs: bool | None, why: str) -> None:
    checker = Checker(schema)
    assert (checker.valid(value), _by_jsonschema(schema, value)) == (ours, theirs), why
    if not ours:
        assert checker.explain(value)[0].rule in schema


PERSON = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "string", "format": "resident-id"},
        "name": {"type": "string", "maxLength": 3},
        "sex": {"enum": ["1", "2", "9"]},
        "tags": {
            "type": "object",
            "patternProperties": {"^[a-z]+$": {"type": "integer"}},
            "additionalProperties": False,
        },
        "home/~": {"type": ["string", "null"]},
        "partner": {"anyOf": [{"type": "null"}, {"type": "object", "required": ["id"]}]},
    },
}


@pytest.mark.parametrize(
    ("value", "finding"),
    [
        ({"id": "11010519491231002X"}, Finding("", "required", "required: name")),
        ({"id": "x", "name": "a"}, Finding("/id", "format", "format: resident-id")),
        ({"id": "11010519491231002X", "name": 1}, Finding("/name", "type", "type: string")),
        ({"id": "11010519491231002X", "name": "abcd"}, Finding("/name", "maxLength", "maxLength: 3")),
        ({"id": "11010519491231002X", "name": "a", "sex": "3"}, Finding("/sex", "enum", "enum of 3 codes: 1, 2, 9")),
        (
            {"id": "11010519491231002X", "name": "a", "hidden": 1, "other": 2},
            Finding("", "additionalProperties", "no undeclared properties, 2 found"),
        ),
        (
            {"id": "11010519491231002X", "name": "a", "tags": {"zhang": "x"}},
            Finding("/tags/*", "type", "type: integer"),
        ),
        (
            {"id": "11010519491231002X", "name": "a", "home/~": 1},
            Finding("/home~1~0", "type", "type: string or null"),
        ),
        (False, Finding("", "type", "type: object")),
        ({"id": "11010519491231002X", "name": "a", "partner": {}}, Finding("/partner", "required", "required: id")),
    ],
)
def test_explains_where_and_what_was_expected(value: Any, finding: Finding) -> None:
    checker = Checker(PERSON)
    assert not checker.valid(value)
    assert checker.explain(value) == (finding,)


@given(
    st.sampled_from(
        [
            PERSON,
            {"additionalProperties": {"type": "integer", "enum": [1]}, "propertyNames": {"maxLength": 1}},
            {"patternProperties": {"e": {"not": {}}}, "unevaluatedItems": False, "maxProperties": 0},
            {"anyOf": [PERSON, {"const": 1}], "not": {"type": "object"}},
            {"type": "array", "contains": PERSON, "uniqueItems": True, "items": PERSON, "maxItems": 0},
            {"oneOf": [{"type": "object"}, {"required": ["id"]}], "unevaluatedProperties": False},
            {"dependentRequired": {"id": ["name"]}, "dependentSchemas": {"id": False}},
        ]
    ),
    st.recursive(
        st.sampled_from(["SECRET", "SECRET-2", 987654321, 98765.4321]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["id", "name", "tags", "SECRET", "SECRET/987654321"]), inner, max_size=4)
        ),
        max_leaves=10,
    ),
)
def test_explanations_never_show_the_value(schema: Any, value: Any) -> None:
    checker = Checker(schema)
    shown = "".join(str(finding.as_dict()) for finding in checker.explain(value))
    assert "SECRET" not in shown
    assert "98765" not in shown


def test_explanations_are_few_and_distinct() -> None:
    checker = Checker({"items": PERSON, "type": "array"})
    findings = checker.explain([{"id": n, "name": n} for n in range(100)], limit=5)
    assert len(findings) == len(set(findings)) == 5


def test_explaining_a_valid_value_still_says_something() -> None:
    assert Checker({}).explain(1) == (Finding("", "schema", UNEXPLAINED),)


def test_half_a_surrogate_pair_is_not_valid_and_explained() -> None:
    checker = Checker({"type": "string"})
    assert not checker.valid("\ud800")
    assert checker.explain("\ud800")


@pytest.mark.parametrize(
    ("schema", "pointer"),
    [
        ({"type": "strng"}, "/type"),
        ({"properties": {"a": {"pattern": "(?=a)"}}}, "/properties/a/pattern"),
        ({"properties": {"a": {"format": "unheard-of"}}}, "/properties/a/format"),
        ({"$ref": "http://192.0.2.1/schema"}, ""),
        ({"$ref": "file:///etc/hostname"}, ""),
        ({"pattern": "^(a{1000}){1000}$"}, "/pattern"),
    ],
)
def test_refuses_schemas(schema: Any, pointer: str) -> None:
    with pytest.raises(InvalidSchema) as caught:
        Checker(schema)
    assert caught.value.findings[0].pointer == pointer
    assert pointer in str(caught.value)


def test_reads_no_files(tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text("{}")
    with pytest.raises(InvalidSchema):
        Checker({"$ref": schema.as_uri()})


def _nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"pattern": "^(a+)+$"}, "a" * 50_000 + "b"),
        ({"patternProperties": {"^(a+)+$": True}, "additionalProperties": False}, {"a" * 50_000 + "b": 1}),
        ({"uniqueItems": True}, [{"a": n} for n in range(3_000)] * 2),
        ({"items": {"type": "string"}}, list(range(1_000_000))),
        ({"type": "integer"}, "x" * 16_000_000),
        ({"type": "integer"}, {str(n): n for n in range(300_000)}),
        ({"items": {"anyOf": [{"type": "string"}, {"$ref": "#"}]}, "type": "array"}, _nested(64)),
        ({"items": {"oneOf": [{"$ref": "#"}, {"$ref": "#"}]}, "maxItems": 1}, _nested(20)),
    ],
    ids=["pattern", "names", "unique", "many", "long", "wide", "nested", "exponential"],
)
def test_hostile_values_do_not_hang(schema: Any, value: Any) -> None:
    checker = Checker(schema)
    started = time.process_time()
    checker.valid(value)
    assert checker.explain(value)
    assert time.process_time() - started < 3


@pytest.mark.parametrize("value", ["x" * 1_000_001, list(range(20_001)), {"x" * 1_000_001: 1}, [[{}] * 200] * 200])
def test_large_values_are_not_explained(value: Any) -> None:
    assert Checker({"type": "integer"}).explain(value) == (Finding("", "schema", UNEXPLAINED),)


def test_explaining_something_absurdly_deep_is_no_crash() -> None:
    assert Checker({"type": "array", "items": {"$ref": "#"}}).explain(_nested(5_000)) == (
        Finding("", "schema", UNEXPLAINED),
    )
