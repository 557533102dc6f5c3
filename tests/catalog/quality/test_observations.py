"""Stored by the hour, summed up by window and standard, forgotten in the end."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session

from catalog.quality import observations
from catalog.quality.tallies import Tally

KEY = ("health/births", "birth-certificate:1.0.0")


def tally(conforming: int = 1, failing: int = 0, modified: bytes = b"") -> Tally:
    made = Tally(answered=conforming + failing, conforming=conforming, failing=failing, modified=modified)
    for _ in range(failing):
        made.count("/data/name", "type")
    return made


def test_counts_of_one_hour_add_up(session: Session, now: datetime) -> None:
    observations.add(session, {KEY: tally(3, 1)}, now)
    observations.add(session, {KEY: tally(2, 2)}, now + timedelta(minutes=20))
    found, _ = observations.seen(session, [KEY[0]], KEY[1], now)
    assert (found.answered, found.conforming, found.failing) == (8, 5, 3)
    assert found.points == {("/data/name", "type"): 3}


def test_only_the_window_the_service_and_the_standard_count(session: Session, now: datetime) -> None:
    observations.add(session, {KEY: tally(1)}, now - timedelta(hours=2))
    observations.add(session, {KEY: tally(10), ("health/other", KEY[1]): tally(100)}, now)
    observations.add(session, {(KEY[0], "birth-certificate:2.0.0"): tally(1000)}, now)
    assert observations.seen(session, [KEY[0]], KEY[1], now)[0].conforming == 10
    assert observations.seen(session, [KEY[0]], KEY[1], now - timedelta(hours=2))[0].conforming == 11
    assert observations.seen(session, [], KEY[1], now)[0].conforming == 0


def test_the_newest_last_modified_is_kept(session: Session, now: datetime) -> None:
    observations.add(session, {KEY: tally(modified=b"Sat, 21 Nov 2026 08:00:00 GMT")}, now - timedelta(hours=1))
    observations.add(session, {KEY: tally()}, now)
    _, modified = observations.seen(session, [KEY[0]], KEY[1], now - timedelta(days=1))
    assert modified == datetime(2026, 11, 21, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "header", [b"", b"yesterday", b"\xff", b"Fri, 99 Nov 2026 08:00:00 GMT", b"Sat, 21 Nov 2099 08:00:00 GMT"]
)
def test_a_senseless_last_modified_says_nothing(session: Session, now: datetime, header: bytes) -> None:
    observations.add(session, {KEY: tally(modified=header)}, now)
    assert observations.seen(session, [KEY[0]], KEY[1], now)[1] is None


def test_old_counts_are_forgotten(session: Session, now: datetime) -> None:
    observations.add(session, {KEY: tally(1, 1)}, now - timedelta(days=91))
    observations.add(session, {KEY: tally(1)}, now)
    observations.forget(session, now)
    found, _ = observations.seen(session, [KEY[0]], KEY[1], now - timedelta(days=365))
    assert (found.conforming, found.failing, dict(found.points)) == (1, 0, {})
