"""What auditors ask is recorded for ever: so nothing that names a person may be asked for in clear."""

from typing import Any, get_args

import pytest

from exchange.api.ledger import EntryKind
from exchange.ledger.entries import Builder
from exchange.ledger.store import Log
from tests.town.documents import resident_id
from tests.town.people import Town, nothing_of, problem_of

PERSON = resident_id(1)


def leaves(node) -> list[bytes]:
    with Log.open(node.settings.ledger_database) as log:
        return log.leaves(0, log.head().size)


async def reads(town: Town) -> list[dict[str, Any]]:
    """What was read so far, newest first, without this reading."""
    return [leaf["what"] for leaf in (await town.found(type="read"))[1:]]


@pytest.mark.parametrize(
    "query",
    [
        {"case": PERSON},
        {"case": f"CASE-{PERSON}"},
        {"application": PERSON},
        {"application": f"services/{PERSON}"},
        {"application": "services"},
        {"department": PERSON},
        {"department": "Not A Slug"},
        {"type": PERSON},
        {"type": "nonsense"},
    ],
)
async def test_a_person_in_clear_is_neither_searched_for_nor_recorded(town: Town, node, query):
    answer = await town.by("auditor", "POST", "/api/v1/ledger/search", json=query)
    assert (answer.status_code, problem_of(answer)) == (422, "invalid-request")
    nothing_of([PERSON], answer.text, *leaves(node))
    assert await reads(town) == []


async def test_the_refusal_says_where_a_person_belongs(town: Town):
    answer = await town.by("auditor", "POST", "/api/v1/ledger/search", json={"case": PERSON})
    (finding,) = answer.json()["errors"]
    assert finding["pointer"] == "/case"
    assert "subject or actor" in finding["expected"]


@pytest.mark.parametrize(
    "path",
    [
        f"/api/v1/ledger/entries/{PERSON}",
        f"/api/v1/ledger/entries/{'9' * 30}",
        f"/ledger/tile/entries/{PERSON}",
        "/ledger/tile/entries/x110/x101/x199/x003/x007/028",
        "/ledger/tile/entries/../0/000",
    ],
)
async def test_what_is_not_there_is_not_recorded_as_read(town: Town, node, path):
    answer = await town.by("auditor", "GET", path)
    assert answer.status_code in (404, 422)
    nothing_of([PERSON, "x110/x101", "999999"], *leaves(node))
    assert await reads(town) == []


async def test_what_is_there_is_recorded_as_it_was_asked_for(town: Town, node):
    size = node.ledger.size
    await town.did("auditor", "GET", "/api/v1/ledger/entries/3")
    answer = await town.by("auditor", "GET", f"/ledger/tile/entries/000.p/{size}")
    assert answer.status_code == 200
    await town.found(application="services/newborn", department="health", case="CASE-1")
    await town.found(application="person-0123abcd", since="2026-01-01T00:00:00Z")
    await town.found()
    assert await reads(town) == [
        {},
        {"application": "person-0123abcd", "since": 1767225600000},
        {"application": "services/newborn", "department": "health", "case": "CASE-1"},
        {"bundle": f"000.p/{size}"},
        {"index": 3},
    ]


def test_every_kind_of_entry_can_be_searched_for():
    built = {name for name in vars(Builder) if not name.startswith("_")} - {"node"}
    assert set(get_args(EntryKind)) == built
