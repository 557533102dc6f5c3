from copy import deepcopy
from typing import Any

import pytest

from seeds.datasets import DATASETS
from seeds.people import Record
from seeds.specifications.standards import STANDARDS
from standards.models import StandardDraft
from standards.validation import Checker

Records = dict[str, list[Record]]
SHAPES = [pytest.param(standard, id=standard.slug) for standard in STANDARDS]


def test_eleven_datasets_of_ten_departments_each_have_a_standard() -> None:
    assert len(DATASETS) == len(STANDARDS) == len({dataset.standard for dataset in DATASETS}) == 11
    assert len({dataset.department for dataset in DATASETS}) == 10


def test_every_record_is_valid(records: Records, checkers: dict[str, Checker]) -> None:
    assert checkers.keys() == records.keys()
    for dataset, checker in checkers.items():
        wrong = next((record for record in records[dataset] if not checker.valid(record)), None)
        assert wrong is None, (dataset, checker.explain(wrong))


def test_records_that_drifted_are_not_valid(records: Records, checkers: dict[str, Checker]) -> None:
    for dataset, checker in checkers.items():
        record = records[dataset][0]
        assert not checker.valid(record | {"undeclared": 1}), dataset
        for name in record:
            assert not checker.valid(record | {name: {"an": "object"}}), (dataset, name)


def test_nested_objects_are_closed_and_checked(records: Records, checkers: dict[str, Checker]) -> None:
    birth = deepcopy(records["health/birth-certificates"][0])
    birth["mother"]["resident_id"] = birth["mother"]["resident_id"][:-1] + "?"
    (found,) = checkers["health/birth-certificates"].explain(birth, limit=1)
    assert found.pointer == "/mother/resident_id"
    company = deepcopy(records["market-regulation/companies"][0])
    company["representatives"][0]["undeclared"] = True
    assert not checkers["market-regulation/companies"].valid(company)


@pytest.mark.parametrize("standard", SHAPES)
def test_objects_are_closed_and_lists_bounded(standard: StandardDraft) -> None:
    for schema in _schemas(standard.document):
        if schema.get("type") == "object":
            assert schema["additionalProperties"] is False
        elif schema.get("type") == "array":
            assert schema["maxItems"] <= 20
        else:
            assert schema["$ref"].startswith(("urn:hutong:element:", "urn:hutong:codes:"))


@pytest.mark.parametrize("standard", SHAPES)
def test_every_property_is_named_in_both_languages(standard: StandardDraft) -> None:
    for schema in _schemas(standard.document):
        assert not schema["title"].isascii() or schema["title"] in ("PM2.5",)
        assert schema["description"].isascii()


def _schemas(schema: dict[str, Any]) -> list[dict[str, Any]]:
    inner = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    return [schema, *(found for each in inner for found in _schemas(each))]
