"""A dataset's contract is one of the Open Data Contract Standard; its own JSON Schema says so."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import jsonschema_rs
import orjson
import pytest
import yaml
from sqlmodel import Session

from catalog import contracts, datasets
from catalog.models import Dataset
from exchange.api.contracts import dumped
from standards.models import Standard
from tests.catalog.dcat.conftest import FULL, NOW

BASE = "https://exchange.city.example"


@pytest.fixture(scope="module")
def odcs() -> Any:
    schema = orjson.loads(files("open_data_contract_standard").joinpath("schema.json").read_bytes())
    return jsonschema_rs.validator_for(schema, offline=True)


def publish_standard(session: Session, slug: str, document: dict[str, Any]) -> None:
    session.add(
        Standard(
            slug=slug, version="1.0.0", name={"zh": "标准"}, document=document, bundled=document, state="published",
            published_by="x", published_at=NOW,
        )
    )  # fmt: skip
    session.flush()


def contract_of(session: Session, row: Dataset, odcs: Any) -> dict[str, Any]:
    made = contracts.contract(session, row, BASE)
    document = orjson.loads(orjson.dumps(made))
    assert [f"{error.instance_path}: {error.message}" for error in odcs.iter_errors(document)] == []
    assert yaml.safe_load(dumped(made)) == document
    assert b"&id" not in dumped(made)
    return document


@pytest.mark.parametrize(
    "changes",
    [
        {},
        FULL,
        {"standard": None, "standard_version": None, "items": FULL["items"], "calling_rule": None},
        {"sharing_class": "not-shared", "items": [], "standard": None, "standard_version": None, "calling_rule": None},
        {"calling_rule": None, "items": [], "update_cycle": "real-time", "contact_point": {"name": {"en": "D"}}},
    ],
    ids=("plain", "full", "no-standard", "not-shared", "bare"),
)
def test_every_kind_of_dataset_makes_a_valid_contract(
    session: Session, register_dataset: Callable[..., Dataset], odcs: Any, changes: dict[str, Any]
) -> None:
    made = contract_of(session, register_dataset(**changes), odcs)
    for mandatory in ("apiVersion", "kind", "id", "version", "status"):
        assert made[mandatory]
    assert made["apiVersion"] == "v3.1.0"


def test_what_a_contract_says(
    session: Session, register_dataset: Callable[..., Dataset], register_service: Callable[..., Any], odcs: Any
) -> None:
    row = register_dataset(
        calling_rule={"purposes": ["newborn"], "bases": ["law-1"], "quota": {"count": 5, "window": "day"}}
    )
    register_service()
    made = contract_of(session, row, odcs)
    assert (made["id"], made["status"]) == ("urn:hutong:dataset:health/births", "draft")
    assert made["servers"][0]["location"] == f"{BASE}/x/health/birth-lookup"
    assert "data.health.example" not in str(made), "the provider's own address stays inside"
    levels = {level["property"]: (level["value"], level.get("unit")) for level in made["slaProperties"]}
    assert levels == {"frequency": (1, "d"), "throughput": (5, "calls/day")}
    properties = {one["name"]: one for one in made["schema"][0]["properties"]}
    assert properties["number"]["required"] is True
    assert properties["number"]["classification"] == "conditional"
    child = {one["name"]: one["logicalType"] for one in properties["child"]["properties"]}
    assert child == {"name": "string", "born": "date"}
    parents = properties["parents"]
    assert (parents["logicalType"], parents["items"]["properties"][0]["classification"]) == ("array", "conditional")


RECURSIVE = {
    "type": "object",
    "properties": {
        "name": {"type": ["string", "null"], "maxLength": 9},
        "parts": {"type": "array", "maxItems": 3, "items": {"$ref": "#"}},
        "other": {"$ref": "#/$defs/other"},
        "any": True,
        "amount": {"allOf": [{"type": "number", "minimum": 0}, {"maximum": 9}]},
    },
    "$defs": {"other": {"type": "object", "properties": {"back": {"$ref": "#/$defs/other"}, "up": {"$ref": "#"}}}},
}


def test_a_standard_that_contains_itself_ends(
    session: Session, register_dataset: Callable[..., Dataset], odcs: Any
) -> None:
    publish_standard(session, "tree", RECURSIVE)
    row = register_dataset(standard="tree", items=[], calling_rule=None)
    made = contract_of(session, row, odcs)
    properties = {one["name"]: one for one in made["schema"][0]["properties"]}
    assert properties["name"]["logicalTypeOptions"] == {"maxLength": 9}
    assert properties["amount"]["logicalTypeOptions"] == {"minimum": 0, "maximum": 9}
    assert properties["any"]["logicalType"] == "object"
    assert [one["name"] for one in properties["other"]["properties"]] == ["back", "up"]


def test_a_standard_that_multiplies_is_cut_short(
    session: Session, register_dataset: Callable[..., Dataset], odcs: Any
) -> None:
    levels = {
        f"l{n}": {"type": "object", "properties": {f"p{i}": {"$ref": f"#/$defs/l{n + 1}"} for i in range(10)}}
        for n in range(9)
    }
    document = {"$ref": "#/$defs/l0", "$defs": {**levels, "l9": {"type": "string"}}}
    publish_standard(session, "many", document)
    row = register_dataset(standard="many", items=[], calling_rule=None)
    text = orjson.dumps(contract_of(session, row, odcs))
    assert text.count(b'"name"') < 6_000


def test_the_contract_of_a_published_dataset_is_in_force(
    session: Session, register_dataset: Callable[..., Dataset], odcs: Any
) -> None:
    row = register_dataset()
    row.state, row.published_at = "published", NOW
    session.add(row)
    session.flush()
    made = contract_of(session, datasets.fetch(session, row.id), odcs)
    assert made["status"] == "active"
    assert {"property": "generalAvailability", "value": "2026-11-22"} in made["slaProperties"]
    assert any(one["url"] == f"{BASE}/catalog/datasets/health/births" for one in made["authoritativeDefinitions"])
