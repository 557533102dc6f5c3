"""OpenAPI 3.0 documents mean the same after translation; sources: the specifications 3.0.3 and 3.1.0."""

import copy
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from standards import interfaces, openapi30
from standards.validation import Checker

CASES: list[tuple[dict[str, Any], list[Any], list[Any]]] = [
    ({"type": "string", "nullable": True}, ["a", None], [1]),
    ({"type": "string", "nullable": False}, ["a"], [None]),
    ({"nullable": True, "maxLength": 1}, ["a", None, 5], ["ab"]),
    ({"type": "string", "enum": ["a"], "nullable": True}, ["a"], [None, "b"]),
    ({"type": "string", "enum": ["a", None], "nullable": True}, ["a", None], ["b"]),
    ({"type": "number", "minimum": 1, "exclusiveMinimum": True}, [1.1], [1, 0]),
    ({"type": "number", "minimum": 1, "exclusiveMinimum": False}, [1], [0]),
    ({"type": "number", "maximum": 1, "exclusiveMaximum": True}, [0.9], [1, 2]),
    ({"type": "integer", "format": "int32"}, [0, 2**31 - 1, -(2**31)], [2**31, -(2**31) - 1]),
    ({"type": "integer", "format": "int32", "maximum": 5}, [5], [6, -(2**31) - 1]),
    ({"type": "integer", "format": "int64", "nullable": True}, [None, 2**62], ["a"]),
    ({"type": "number", "format": "double"}, [1e300], ["a"]),
    ({"type": "string", "format": "byte"}, ["not base64 !"], [1]),
    ({"type": "string", "format": "date"}, ["2026-11-22"], ["22.11.2026"]),
    ({"properties": {"nullable": {"type": "string", "nullable": True}}}, [{"nullable": None}], [{"nullable": 1}]),
]


def old(schema: Any) -> dict[str, Any]:
    return {
        "openapi": "3.0.3",
        "info": {"title": "x", "version": "1.0.0"},
        "paths": {},
        "components": {"schemas": {"It": schema, "Plain": {"type": "string"}}},
    }


@pytest.mark.parametrize(("schema", "accepted", "refused"), CASES)
def test_values_are_accepted_as_before(schema: dict[str, Any], accepted: list[Any], refused: list[Any]) -> None:
    document = old(schema)
    assert list(OpenAPIV30SpecValidator(document).iter_errors()) == []
    translated = openapi30.translate(document)
    checker = Checker(translated["components"]["schemas"]["It"])
    assert [checker.valid(value) for value in accepted] == [True] * len(accepted)
    assert [checker.valid(value) for value in refused] == [False] * len(refused)
    assert list(OpenAPIV31SpecValidator(translated).iter_errors()) == []


def test_what_stands_beside_a_reference_is_ignored_as_before() -> None:
    document = old({"type": "object", "properties": {"a": {"$ref": "#/components/schemas/Plain", "maxLength": 1}}})
    within = openapi30.translate(document)["components"]["schemas"]["It"]["properties"]["a"]
    assert within == {"$ref": "#/components/schemas/Plain"}


def test_a_document_is_published_as_31_and_its_places_stay(document: dict[str, Any]) -> None:
    before = copy.deepcopy(document) | {"openapi": "3.0.3"}
    cursor = before["components"]["schemas"]["People"]["properties"]["next"]
    cursor.update(type="string", nullable=True)
    kept = copy.deepcopy(before)
    translated = openapi30.translate(before)
    assert before == kept
    assert translated == document | {"openapi": "3.1.0"}
    assert interfaces.faults(translated, ["paginated"]) == []


@pytest.mark.parametrize("document", [{}, {"openapi": 3}, {"openapi": "3.1.0"}, {"openapi": "2.0"}])
def test_other_versions_are_left_alone(document: dict[str, Any]) -> None:
    assert openapi30.translate(document) == document


@pytest.mark.parametrize(
    "schema",
    [
        1, [], {"nullable": "yes"}, {"type": {}, "nullable": True}, {"exclusiveMinimum": True}, {"format": {}},
        {"format": "int32", "type": 3}, {"$ref": 4, "nullable": True}, {"items": None, "allOf": {}},
    ],
)  # fmt: skip
def test_misshapen_schemas_pass_through_to_the_lint(schema: Any) -> None:
    assert interfaces.faults(openapi30.translate(old(schema)))
