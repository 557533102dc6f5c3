"""The law: where the checker says compatible, no value shows the contrary. Judged by the validator that checks records.

Pairs are a generated schema and a changed copy of it, or two that have nothing to do with each other; values are made
at random and from what both schemas suggest. Each pair is one seed, so that a failure can be looked at again.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings

from standards.compatibility import includes, translate_draft07
from standards.compatibility.budget import TooMuch
from standards.compatibility.content import closed, opened
from standards.compatibility.facts import Conj
from standards.compatibility.graph import Graph
from standards.compatibility.prover import Prover
from standards.compatibility.rules import RULES
from standards.compatibility.samples import Samples
from standards.validation import Checker, InvalidSchema
from tests.standards.compatibility.strategies import SEEDS, Maker

VALUES = 40
LEAST_COMPATIBLE, MOST_UNUSABLE = 0.15, 0.15


def pair_of(maker: Maker) -> tuple[Any, Any]:
    """Writer and reader."""
    one = maker.document()
    other = maker.changed(one) if maker.happens(0.85) else maker.document()
    return (one, other) if maker.happens(0.5) else (other, one)


def values_of(maker: Maker, *schemas: Any) -> Iterator[Any]:
    for _ in range(VALUES):
        yield maker.value()
    for schema in schemas:
        graph = Graph({"": schema})
        try:
            yield from Samples(Prover(graph, RULES)).of(Conj((graph.root(""),)), limit=60)
        except TooMuch:
            continue


def alike(one: Any, other: Any) -> bool:
    graph = Graph({"one": one, "other": other})
    return graph.root("one").id == graph.root("other").id


def hold_the_law(seed: int, tally: Counter[str], *, stripped: bool) -> None:
    maker = Maker(seed)
    writer, reader = pair_of(maker)
    try:
        findings = includes(reader, writer, stripped=stripped)
    except InvalidSchema:
        tally["unusable"] += 1
        return
    tally["pairs"] += 1
    tally["compatible"] += not findings
    if stripped and not alike(writer, reader):  # what did not change breaks nobody
        writer, reader = closed(writer), opened(reader)
    accepts, takes = Checker(writer).valid, Checker(reader).valid
    if not findings:
        refuting = [value for value in values_of(maker, writer, reader) if accepts(value) and not takes(value)]
        assert not refuting, (seed, writer, reader, refuting[0])
    for finding in findings:
        assert all(accepts(value) and not takes(value) for value in finding.witness), (seed, finding)
    tally["witnessed"] += any(finding.witness for finding in findings)
    assert {finding.code for finding in findings} != {"counterexample"}, (seed, "only the safety net held")


def hold_the_law_of_draft07(seed: int, tally: Counter[str], *, stripped: bool) -> None:
    """Both schemas in draft-07, and judged as such."""
    maker = Maker(seed)
    writer, reader = (maker.draft07(each) for each in pair_of(maker))
    try:
        findings = includes(reader, writer)
        both = translate_draft07(writer), translate_draft07(reader)
    except InvalidSchema:
        tally["unusable"] += 1
        return
    tally["pairs"] += 1
    tally["compatible"] += not findings
    accepts, takes = (jsonschema_rs.Draft7Validator(each, offline=True).is_valid for each in (writer, reader))
    values = [*values_of(maker, *both)] if not findings else [value for one in findings for value in one.witness]
    for value in values:
        assert (accepts(value) and not takes(value)) is bool(findings), (seed, writer, reader, value)


def run(pairs: int, *, stripped: bool, law: Any = hold_the_law) -> Counter[str]:
    tally: Counter[str] = Counter()

    @settings(max_examples=pairs, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(SEEDS)
    def held(seed: int) -> None:
        law(seed, tally, stripped=stripped)

    held()
    return tally


@pytest.mark.parametrize(("pairs", "stripped"), [(220, False), (80, True)], ids=["as written", "stripped"])
def test_compatible_is_never_refuted(pairs: int, stripped: bool):
    tally = run(pairs, stripped=stripped)
    assert tally["compatible"] > LEAST_COMPATIBLE * tally["pairs"], "the law would hold of nothing"
    assert tally["unusable"] < MOST_UNUSABLE * tally["pairs"]


def test_nor_is_it_in_draft07():
    tally = run(120, stripped=False, law=hold_the_law_of_draft07)
    assert tally["compatible"] > LEAST_COMPATIBLE * tally["pairs"]
    assert tally["unusable"] < 2 * MOST_UNUSABLE * tally["pairs"]


@pytest.mark.long
@pytest.mark.parametrize("part", range(6))
def test_compatible_is_never_refuted_at_length(part: int, record_property: Any):
    tally = run(4_200, stripped=part == 5)
    record_property("pairs", dict(tally))
    print(dict(tally))
    assert tally["pairs"] > 3_000
    assert tally["compatible"] > LEAST_COMPATIBLE * tally["pairs"]


# pairs that are close to what the rules rely on; each was once, or could be, proven by a step that is wrong
TRAPS: list[tuple[str, Any, Any]] = [
    (
        "oneOf extended by what overlaps",
        {"oneOf": [{"type": "string"}]},
        {"oneOf": [{"type": "string"}, {"maxLength": 2}]},
    ),
    (
        "text beside dependentSchemas",
        {"required": ["a"], "dependentSchemas": {"a": {"type": "object"}}},
        {"type": "object"},
    ),
    ("required of no object", {"required": ["a"]}, {"type": "object"}),
    (
        "evaluated by a nested unevaluated",
        {"allOf": [{"unevaluatedProperties": True}], "unevaluatedProperties": False},
        {"allOf": [{}], "unevaluatedProperties": False},
    ),
    (
        "contains looks at items",
        {"contains": {"type": "integer"}, "unevaluatedItems": False},
        {"maxItems": 0},
    ),
    (
        "a name that matches two patterns",
        {"patternProperties": {"^a": {"type": "integer"}}, "additionalProperties": False},
        {"patternProperties": {"^a": {"type": "integer"}, "b$": {"type": "string"}}},
    ),
    ("two steps are not one", {"anyOf": [{"multipleOf": 4}, {"multipleOf": 6}]}, {"multipleOf": 12}),
    ("a half step", {"type": "number", "multipleOf": 0.5}, {"type": "integer"}),
    (
        "recursion that must not prove itself",
        {"properties": {"a": {"$ref": "#"}}},
        {"properties": {"a": {"$ref": "#"}, "b": {"type": "string"}}},
    ),
    (
        "recursion through not",
        {"not": {"properties": {"a": {"$ref": "#"}}}},
        {"not": {"properties": {"a": {"not": {"$ref": "#"}}}}},
    ),
    (
        "closed branches do not add up",
        {"allOf": [{"properties": {"a": True}}, {"properties": {"b": True}}]},
        {"properties": {"a": True}, "additionalProperties": False},
    ),
    (
        "the condition's own facts",
        {"if": {"type": "string"}, "then": {"minLength": 2}},
        {"type": "string", "minLength": 2},
    ),
    ("uniqueItems false", {"uniqueItems": False}, {"uniqueItems": True}),
    ("minContains 0", {"contains": {"type": "string"}, "minContains": 0, "type": "array"}, {"minItems": 1}),
    (
        "maxContains of a narrower kind",
        {"contains": {"type": "integer"}, "maxContains": 1, "minContains": 0},
        {"contains": {"type": "number"}, "maxContains": 1, "minContains": 0},
    ),
    ("enum of objects", {"enum": [{"a": 1}, {"b": 1}]}, {"required": ["a"]}),
    ("true is not 1", {"const": True}, {"const": 1}),
    ("integers of any size", {"type": "integer", "minimum": 0}, {"enum": list(range(200))}),
    ("a text of characters", {"type": "string", "maxLength": 2}, {"type": "string", "maxLength": 1}),
    (
        "items after the prefix",
        {"prefixItems": [{"type": "string"}], "items": {"type": "integer"}},
        {"items": {"type": "string"}},
    ),
    ("propertyNames by pattern", {"propertyNames": {"minLength": 1}}, {"propertyNames": {"pattern": "^a"}}),
    ("dependents only when it is there", {"dependentRequired": {"a": ["b"]}}, {"required": ["b"]}),
    ("then without if", {"then": {"type": "string"}}, {"type": "string"}),
]


@pytest.mark.parametrize(("name", "writer", "reader"), TRAPS, ids=[trap[0] for trap in TRAPS])
def test_traps_are_seen_and_shown(name: str, writer: Any, reader: Any):
    findings = includes(reader, writer)
    assert findings
    assert {finding.code for finding in findings} != {"counterexample"}
    assert any(finding.witness for finding in findings)
