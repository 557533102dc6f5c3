"""Schemas made to hang, to mislead or to reach out: each ends in a bounded number of steps with a clear answer."""

from functools import reduce
from typing import Any

import pytest

from standards.compatibility import Mode, compare
from standards.compatibility.prover import MAX_STEPS, Prover
from standards.validation import InvalidSchema

TEXT = {"type": "string"}
EITHER = [{"anyOf": [{"required": [f"a{i}"]}, {"required": [f"b{i}"]}]} for i in range(40)]
TYPED = [
    {"anyOf": [{"properties": {f"a{i}": {"type": "string"}}}, {"properties": {f"b{i}": {"type": "integer"}}}]}
    for i in range(20)
]


def doubling(**leaf: Any) -> dict[str, Any]:
    definitions: dict[str, Any] = {"d0": leaf}
    for level in range(1, 31):
        below = {"$ref": f"#/$defs/d{level - 1}"}
        definitions[f"d{level}"] = {"properties": {"a": below, "b": below}}
    return {"$ref": "#/$defs/d30", "$defs": definitions}


def deep(**leaf: Any) -> Any:
    return reduce(lambda inner, _: {"type": "object", "properties": {"a": inner}, "required": ["a"]}, range(25), leaf)


def variants(count: int) -> list[dict[str, Any]]:
    return [{"type": "object", "properties": {"k": {"const": i}}, "required": ["k"]} for i in range(count)]


HOSTILE: dict[str, tuple[Any, Any]] = {
    "alternatives to the power of 40": ({"allOf": EITHER}, {"required": ["z"]}),
    "alternatives that meet": ({"type": "object", "allOf": TYPED}, {"anyOf": [one["anyOf"][1] for one in TYPED]}),
    "many variants": ({"oneOf": variants(70)}, {"oneOf": [*variants(70), TEXT, {"type": "null"}]}),
    "conditions": (
        {"allOf": [{"if": {"required": [f"a{i}"]}, "then": {"required": [f"b{i}"]}} for i in range(30)]},
        {"required": ["q"]},
    ),
    "references that double": (doubling(type="string"), doubling(type="integer")),
    "deep": (deep(type="string"), deep(type="integer")),
    "long enum": ({"enum": [f"c{i}" for i in range(9_000)]}, {"enum": [f"c{i}" for i in range(1, 9_001)]}),
    "many patterns": (
        {"patternProperties": {f"^a{i}": TEXT for i in range(50)}},
        {"patternProperties": {f"^a{i}": {"type": ["string", "null"]} for i in range(50)}},
    ),
    "steps without a common one": ({"allOf": [{"multipleOf": 1 / (i + 3)} for i in range(500)]}, {"multipleOf": 0.37}),
    "immense counts": ({"minLength": 10**18}, {"minLength": 10**18 + 1}),
    "immense lists": ({"type": "array", "minItems": 10**12}, {"type": "array", "minItems": 10**12 + 1}),
    "a pattern that backtracks": ({"pattern": "^(([a-z])+.)+[A-Z]([a-z])+$"}, {"pattern": "^(a|a)*b$"}),
}


@pytest.mark.parametrize(("old", "new"), HOSTILE.values(), ids=HOSTILE)
def test_it_ends_and_is_never_called_compatible(old: Any, new: Any, monkeypatch: pytest.MonkeyPatch):
    steps: list[int] = []
    spend = Prover.spend

    def counted(prover: Prover, more: int = 1) -> None:
        steps.append(more)
        spend(prover, more)

    monkeypatch.setattr(Prover, "spend", counted)
    verdict = compare(old, new, Mode.FULL)
    assert not verdict.compatible
    assert verdict.findings
    assert len(steps) <= 2 * (2 * MAX_STEPS)  # two directions; samples run on what is left


REFUSED: dict[str, tuple[Any, str, str]] = {
    "from elsewhere": ({"properties": {"a": {"$ref": "https://host.test/a"}}}, "/properties/a/$ref", "$ref"),
    "nowhere": ({"$ref": "#/$defs/none"}, "/$ref", "$ref"),
    "itself": ({"$ref": "#"}, "", "$ref"),
    "in a circle": ({"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"anyOf": [{"$ref": "#"}]}}}, "", "$ref"),
    "doubling in place": (
        {"$ref": "#/$defs/d20", "$defs": {"d0": TEXT}
         | {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i - 1}"}] * 2} for i in range(1, 21)}},
        "", "$ref",
    ),
    "ten megabytes": ({"description": "x" * 10_000_000}, "", "size"),
    "too deep": (reduce(lambda inner, _: {"not": inner}, range(70), TEXT), "", "depth"),
    "looks around": ({"pattern": "(?=a)b"}, "/pattern", "schema"),
    "a pattern that explodes": ({"pattern": "a{1000}{1000}"}, "/pattern", "schema"),
    "no schema": ([], "", "schema"),
    "a misshapen keyword": ({"properties": {"a": {"minLength": "2"}}}, "/properties/a/minLength", "minLength"),
    "a reference to what is no schema": ({"$ref": "#/x-a", "x-a": {"minimum": "a"}}, "/x-a/minimum", "schema"),
    "an unknown format": ({"format": "colour"}, "/format", "schema"),
    "an integer beyond 64 bits": ({"const": 2**70}, "", "json"),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "where", "rule"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_used_is_refused_with_its_place(schema: Any, where: str, rule: str):
    for old, new in ((schema, TEXT), (TEXT, schema)):
        with pytest.raises(InvalidSchema) as refused:
            compare(old, new)
        assert (refused.value.findings[0].pointer, refused.value.findings[0].rule) == (where, rule)


@pytest.mark.parametrize(
    "keyword", ["minLenght", "$dynamicRef", "$anchor", "additionalItems", "dependencies", "$vocabulary"]
)
def test_keywords_that_are_not_understood_are_incompatible_even_unchanged(keyword: str):
    value: Any = {"$dynamicRef": "#", "$anchor": "a"}.get(keyword, {})
    schema = {"type": "object", "properties": {"a": {keyword: value}}}
    for old, new in ((schema, schema), (schema, {"type": "object"}), ({"type": "object"}, schema)):
        verdict = compare(old, new, Mode.BACKWARD)
        assert [finding.code for finding in verdict.findings][:1] == ["unknown-keyword"]
        assert verdict.findings[0].pointer == f"/properties/a/{keyword}"


MOVED = {"$id": "http://e.test/x", "properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": TEXT}}
OF_ANOTHER_KIND: dict[str, tuple[Any, str]] = {
    "draft-04": ({"$schema": "http://json-schema.org/draft-04/schema#", "type": "string"}, "/$schema"),
    "draft-06": (
        {
            "$schema": "http://json-schema.org/draft-06/schema#",
            "properties": {"a": {"$ref": "#/definitions/x", "type": "string"}},
            "definitions": {"x": {}},
        },
        "/$schema",
    ),
    "2019-09": ({"$schema": "https://json-schema.org/draft/2019-09/schema"}, "/$schema"),
    "one's own": ({"$schema": "https://host.test/dialect"}, "/$schema"),
    "no text": ({"$schema": 7}, "/$schema"),
    "another one below": (
        {"properties": {"a": {"$schema": "http://json-schema.org/draft-07/schema#", "prefixItems": [TEXT]}}},
        "/properties/a/$schema",
    ),
    "an id that is reached": ({"properties": {"a": {"$id": "urn:x:a", "type": "string"}}}, "/properties/a/$id"),
    "an id that is referred to": ({"$ref": "#/$defs/x", "$defs": {"x": {"$id": "urn:x:a"}}}, "/$defs/x/$id"),
    "an id on the way": (
        {"$ref": "#/$defs/x/properties/a", "$defs": {"x": MOVED, "b": {"type": "integer"}}},
        "/$defs/x/$id",
    ),
    "an id on the way, nowhere else a schema": (
        {"$ref": "#/x-kept/properties/a", "x-kept": MOVED, "$defs": {"b": {"type": "integer"}}},
        "/x-kept/$id",
    ),
}


@pytest.mark.parametrize(("schema", "where"), OF_ANOTHER_KIND.values(), ids=OF_ANOTHER_KIND)
def test_other_dialects_and_documents_within_are_refused(schema: Any, where: str):
    for old, new in ((schema, {"type": "integer"}), (TEXT, schema)):
        with pytest.raises(InvalidSchema) as refused:
            compare(old, new)
        assert refused.value.findings[0].pointer == where


@pytest.mark.parametrize(
    "schema",
    [
        {"$schema": "https://json-schema.org/draft/2020-12/schema"},
        {"$schema": "https://json-schema.org/draft/2020-12/schema#"},
        {"$id": "urn:x:a", "properties": {"a": {"$ref": "#"}}},
        {"properties": {"$id": TEXT, "$schema": {"$ref": "#/properties/$id"}}},
        {"const": {"$id": "urn:x:a"}},
    ],
)
def test_one_document_of_the_dialect_is_read(schema: Any):
    assert compare(schema, schema, Mode.FULL).compatible


@pytest.mark.parametrize("keyword", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"])
@pytest.mark.parametrize("bound", [2**63, -(2**63), 2.0**63, -(2.0**63)])
def test_a_bound_that_is_judged_by_its_way_of_writing_follows_from_nothing(keyword, bound):
    other = int(bound) if isinstance(bound, float) else float(bound)
    for kind in ("number", "integer"):
        old, new = {"type": kind, keyword: bound}, {"type": kind, keyword: other}
        assert not compare(old, new, Mode.BACKWARD).compatible
