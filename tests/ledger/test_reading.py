"""Finding entries by case, person, organisation, kind and time."""

import json
from typing import Any

import pytest

from exchange.ledger import reading
from exchange.ledger.reading import BadCursor, Query
from exchange.ledger.secrets import Secrets, month_number, month_start
from exchange.ledger.store import NoSuchEntry

from .conftest import ACTOR, NOW, PROVIDER, SUBJECT, Ledger, append_all, builder, change, refusal, reply, request

DAY = 86_400_000


def all_of(ledger: Ledger, *, limit: int = 50, **given: Any) -> list[int]:
    """The indices found, page by page."""
    found: list[int] = []
    cursor = None
    with ledger.log() as log:
        while True:
            page = reading.find(log, ledger.secrets, Query(**given), limit=limit, cursor=cursor)
            assert len(page.items) <= limit
            found += [index for index, _ in page.items]
            cursor = page.next
            if cursor is None:
                return found


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    """0, 1: a call · 2: another, without end · 3: refused · 4, 5: a call of other people · 6: a change · 7: a read."""
    writer = ledger.writer()
    first = request(at=NOW)
    second = request(at=NOW + 10, case="CASE-2", subjects=["other-1"], actor="officer-2")
    third = request(at=NOW + 30, case="CASE-3", subjects=[], provider={**PROVIDER, "department": "health"})
    append_all(writer, [first, reply(first, 0), second, refusal(at=NOW + 20, case="CASE-2"), third])
    append_all(writer, [reply(third, 4, subjects=["other-1", "other-2"]), change(1, NOW + 50)])
    append_all(writer, [builder.read(at=NOW + 60, by="person-1", what={}, people=[("subject", "other-2")])])
    return ledger


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, [7, 6, 5, 4, 3, 2, 1, 0]),
        ({"case": "CASE-2026-000123"}, [1, 0]),
        ({"case": "CASE-2"}, [3, 2]),
        ({"case": "CASE-2", "type": "refusal"}, [3]),
        ({"case": "CASE"}, []),
        ({"actor": ACTOR}, [5, 4, 3, 1, 0]),
        ({"actor": "officer-2"}, [2]),
        ({"subject": SUBJECT}, [3, 1, 0]),
        ({"subject": "other-1"}, [5, 4, 2]),
        ({"subject": "other-2"}, [7, 5, 4]),
        ({"subject": "other-1", "actor": ACTOR}, [5, 4]),
        ({"subject": "other-1", "case": "CASE-2026-000123"}, []),
        ({"application": "civil-affairs/newborn"}, [5, 4, 3, 2, 1, 0]),
        ({"department": "health"}, [5, 4]),
        ({"department": "public-security", "type": "reply"}, [1]),
        ({"type": "change"}, [6]),
        ({"type": "refusal"}, [3]),
        ({"type": "request"}, [4, 2, 0]),
        ({"since": NOW + 20, "until": NOW + 50}, [5, 4, 3]),
        ({"subject": SUBJECT, "since": NOW + 1}, [3, 1]),
        ({"actor": ACTOR, "since": NOW - 40 * DAY, "until": NOW - DAY}, []),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 50])
def test_finding(filled: Ledger, given: dict[str, Any], expected: list[int], limit: int) -> None:
    assert sorted(all_of(filled, limit=limit, **given), reverse=True) == expected


def test_newest_first_and_with_leaves(filled: Ledger) -> None:
    with filled.log() as log:
        page = reading.find(log, filled.secrets, Query(subject=SUBJECT))
        assert [index for index, _ in page.items] == [3, 1, 0]
        assert page.items[1][1] == reading.entry(log, 1) == json.loads(log.entry(1).leaf)
        with pytest.raises(NoSuchEntry):
            reading.entry(log, 8)


def test_a_call_across_the_turn_of_the_month_is_found_once(ledger: Ledger) -> None:
    writer = ledger.writer()
    turn = month_start(month_number(NOW) + 1)
    before = request(at=turn - 5_000)
    across = request(at=turn - 1, case="CASE-X")
    after = request(at=turn + 5_000)
    append_all(writer, [across, before])
    append_all(writer, [reply(across, 0, at=turn + 4), reply(before, 1), after])
    append_all(writer, [reply(after, 4, at=turn + 5_100)])
    for limit in (1, 50):
        assert all_of(ledger, subject=SUBJECT, limit=limit) == [5, 4, 3, 1, 2, 0]
        assert all_of(ledger, subject=SUBJECT, case="CASE-X", limit=limit) == [2, 0]
        assert all_of(ledger, subject=SUBJECT, since=turn, limit=limit) == [5, 4, 2]


def test_searches_are_driven_by_the_index(filled: Ledger) -> None:
    with filled.log() as log:
        statements: list[str] = []
        log.connection.set_trace_callback(statements.append)
        reading.find(log, filled.secrets, Query(subject=SUBJECT, department="health"))
        reading.find(log, filled.secrets, Query(since=NOW))
        log.connection.set_trace_callback(None)
        for statement in statements:
            plan = " ".join(row[3] for row in log.connection.execute(f"EXPLAIN QUERY PLAN {statement}"))
            assert "SCAN" not in plan or "secret" in plan, (statement, plan)
            assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize("cursor", ["", "x", "1", "1.2.3", "-1.2", "1. 2", "9" * 30 + ".1"])
def test_a_foreign_cursor(filled: Ledger, cursor: str) -> None:
    with filled.log() as log, pytest.raises(BadCursor):
        reading.find(log, filled.secrets, Query(), cursor=cursor)


def test_an_empty_ledger(ledger: Ledger) -> None:
    ledger.writer()
    assert all_of(ledger) == all_of(ledger, subject=SUBJECT) == []
    with ledger.log() as log:
        assert reading.openings(log, ledger.secrets, "subject", SUBJECT) == []


def test_without_the_keys_nothing_is_found(filled: Ledger) -> None:
    with filled.log() as log, pytest.raises(ValueError, match="key"):
        reading.find(log, Secrets(type(filled.cipher)(b"x" * 32)), Query(subject=SUBJECT))
