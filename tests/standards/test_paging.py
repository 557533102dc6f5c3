"""Keyset paging."""

import base64
import json
from datetime import UTC, datetime

import pytest
from sqlmodel import Session, SQLModel, col, create_engine, select

from standards.models import CodeList
from standards.paging import InvalidCursor, page, portions

BY_ID = [col(CodeList.id)]
BY_NAME = [col(CodeList.slug), col(CodeList.version)]


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def add(session, slug, version="1.0.0"):
    at = datetime(2026, 11, 22, tzinfo=UTC)
    row = CodeList(slug=slug, version=version, name={}, codes=[], source="", published_by="p", published_at=at)
    session.add(row)
    session.flush()
    return row


def walk(session, keys, limit):
    rows, cursor = page(session, select(CodeList), keys, limit=limit)
    while cursor is not None:
        more, cursor = page(session, select(CodeList), keys, limit=limit, cursor=cursor)
        assert more, "no cursor to an empty page"
        rows += more
    return [(row.slug, row.version) for row in rows]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 200])
def test_every_row_comes_once_and_in_order(session, limit):
    rows = [("a", "1.0.0"), ("a", "2.0.0"), ("b", "1.0.0"), ("街道", "1.0.0")]
    for slug, version in reversed(rows):
        add(session, slug, version)
    assert walk(session, BY_NAME, limit) == rows
    assert walk(session, BY_ID, limit) == rows[::-1]


def test_rows_that_come_and_go_shift_nothing(session):
    first, *_ = [add(session, slug) for slug in "bdf"]
    _, cursor = page(session, select(CodeList), BY_NAME, limit=2)
    add(session, "a")
    add(session, "e")
    session.delete(first)
    rest, end = page(session, select(CodeList), BY_NAME, limit=5, cursor=cursor)
    assert ([row.slug for row in rest], end) == (["e", "f"], None)


def test_an_empty_list_is_one_page(session):
    assert page(session, select(CodeList), BY_ID) == ([], None)


@pytest.mark.parametrize(("limit", "size"), [(-1, 1), (0, 1), (200, 200), (100_000, 200)])
def test_the_limit_is_bounded(session, limit, size):
    for number in range(202):
        add(session, f"list-{number}")
    assert len(page(session, select(CodeList), BY_ID, limit=limit)[0]) == size


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "!",
        "é",
        "a",
        "a" * 5000,
        encoded("a"),
        encoded({"slug": "a"}),
        encoded([]),
        encoded(["a"]),
        encoded(["a", 1]),
        encoded(["a", None]),
        encoded(["a", ["1.0.0"]]),
        encoded(["a\x00", "1.0.0"]),
        encoded(["\ud800", "1.0.0"]),
        encoded(["a", "1.0.0", "b"]),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    ],
)
def test_a_bad_cursor_is_refused(session, cursor):
    with pytest.raises(InvalidCursor):
        page(session, select(CodeList), BY_NAME, cursor=cursor)


@pytest.mark.parametrize("value", [[2**63], [True], [1.0], ["1"]])
def test_a_bad_number_in_a_cursor_is_refused(session, value):
    with pytest.raises(InvalidCursor):
        page(session, select(CodeList), BY_ID, cursor=encoded(value))


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1200])
def test_portions_hold_everything_once_and_never_too_much(count: int) -> None:
    values = list(range(count))
    some = list(portions(values))
    assert [value for portion in some for value in portion] == values
    assert all(0 < len(portion) <= 500 for portion in some)
