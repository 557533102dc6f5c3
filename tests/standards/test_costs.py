"""The cost of checking: what multiplies is refused, what only recurs is not."""

import time
from typing import Any

import pytest

from standards import costs


def _excessive(schema: Any) -> bool:
    started = time.process_time()
    found = list(costs.excessive(schema, [((), schema)]))
    assert time.process_time() - started < 5
    return bool(found)


def _doubling(keyword: str, wrap: bool, levels: int = 40) -> dict[str, Any]:
    definitions: dict[str, Any] = {"d0": {"type": "string"}}
    for number in range(1, levels):
        ref = {"$ref": f"#/$defs/d{number - 1}"}
        both: dict[str, Any] = {keyword: [ref, ref]}
        definitions[f"d{number}"] = {"items": both} if wrap else both
    return {"$defs": definitions, "$ref": f"#/$defs/d{levels - 1}"}


ANY_JSON = {
    "$defs": {
        "any": {
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"$ref": "#/$defs/any"}},
                {"type": "object", "additionalProperties": {"$ref": "#/$defs/any"}},
            ]
        }
    },
    "$ref": "#/$defs/any",
}


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf"])
@pytest.mark.parametrize("wrap", [True, False])
def test_doubling_is_excessive(keyword: str, wrap: bool) -> None:
    assert _excessive(_doubling(keyword, wrap))


def test_the_limit_lies_between_ten_and_thirteen_doublings() -> None:
    assert not _excessive(_doubling("allOf", wrap=False, levels=10))
    assert _excessive(_doubling("allOf", wrap=False, levels=14))


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"anyOf": [{"$ref": "#"}]},
        {"not": {"$ref": "#"}},
        {"items": {"allOf": [{"$ref": "#"}, {"$ref": "#"}]}},
        {"properties": {"a": {"oneOf": [{"$ref": "#"}, {"$ref": "#"}]}}},
        {"patternProperties": {"a": {"$ref": "#"}, "b": {"$ref": "#"}}},
        {"items": {"$ref": "#"}, "contains": {"$ref": "#"}},
        {"$ref": "#/$defs/missing"},
    ],
)
def test_loops_and_multiplying_recursion_are_excessive(schema: Any) -> None:
    assert _excessive(schema)


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {},
        ANY_JSON,
        {"properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}, "all": {"items": {"$ref": "#"}}}},
        {"allOf": [{"properties": {"up": {"$ref": "#"}}}, {"properties": {"down": {"$ref": "#"}}}]},
        {"prefixItems": [{"$ref": "#"}, {"$ref": "#"}]},
        {"properties": {f"p{n}": {"anyOf": [{"type": "string"}, {"type": "null"}]} for n in range(2_000)}},
    ],
)
def test_recursion_into_distinct_parts_is_fine(schema: Any) -> None:
    assert not _excessive(schema)
