import pytest

from seeds.people import Record
from seeds.records import cast
from seeds.shelves import OPERATIONS, Shelf, fill
from seeds.specifications.interfaces import INTERFACES

Records = dict[str, list[Record]]


@pytest.fixture(scope="module")
def shelves(records: Records) -> dict[tuple[str, str], Shelf]:
    return {(shelf.operation.dataset, shelf.operation.path): shelf for shelf in fill(records)}


def test_every_operation_of_the_specifications_is_served_and_no_other() -> None:
    specified = {
        (f"{interface.department}/{interface.slug}", method.upper(), path)
        for interface in INTERFACES
        for path, item in interface.document["paths"].items()
        for method in item
    }
    assert {(operation.dataset, operation.method, operation.path) for operation in OPERATIONS} == specified


def test_a_lookup_finds_all_records_of_its_key(records: Records, shelves: dict[tuple[str, str], Shelf]) -> None:
    mother = cast(records).mother
    births = shelves["health/birth-certificates", "/v1/maternal-lookups"].find(mother)
    assert births == [
        record for record in records["health/birth-certificates"] if record["mother"]["resident_id"] == mother
    ]
    (marriage,) = shelves["civil-affairs/marriage", "/v1/lookups"].find(mother)
    assert mother in {spouse["resident_id"] for spouse in marriage["spouses"]}
    assert shelves["civil-affairs/marriage", "/v1/lookups"].find("nobody") == []


def test_pages_follow_each_other_without_gap_or_repetition(
    records: Records, shelves: dict[tuple[str, str], Shelf]
) -> None:
    shelf = shelves["city-operations/events", "/v1/events"]
    wanted = {"district": "310115", "category": "pollution"}
    seen: list[Record] = []
    cursor: str | None = "0"
    while cursor is not None:
        page, cursor = shelf.page(wanted, 7, int(cursor))
        assert len(page) == 7 or cursor is None
        seen += page
    assert seen == [
        event
        for event in records["city-operations/events"]
        if event["place"]["district"] == "310115" and event["category"] == "pollution"
    ]
    assert len(seen) > 7


def test_a_page_past_the_end_is_empty(shelves: dict[tuple[str, str], Shelf]) -> None:
    assert shelves["ecology/air-quality", "/v1/readings"].page({}, 10, 10_000_000) == ([], None)
