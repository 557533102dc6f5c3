"""Reminders and escalations: each told once, by whoever looks, and after a downtime too."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session, select

from catalog.notices import Notice
from exchange.jobs.deadlines import Deadlines
from exchange.unit_of_work import Change
from policies.clocks import deadlines, years
from policies.clocks.models import Deadline
from tests.town.inside import MemoryNode

START = datetime(2025, 11, 3, 2, tzinfo=UTC)


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def begun(node: MemoryNode, subject: str = "req-1") -> Deadline:
    node.deadlines.stop()
    with node.units.begin("person-1", START) as work:
        there = years.calendar(work.session, node.zone)
        row = deadlines.start(work.session, "request", subject, "answer-conditional", "health", START, there)
        work.record("deadline.started", row.id)
    return row


def told(node: MemoryNode) -> list[tuple[str, str]]:
    with Session(node.reading) as session:
        rows = session.exec(select(Notice).where(Notice.subject == "req-1").order_by(Notice.id)).all()
        return [(row.recipient, row.kind) for row in rows]


def job(node: MemoryNode, clock: Clock, units: Any = None) -> Deadlines:
    return Deadlines(node.reading, units or node.units, clock)


def test_reminders_are_the_departments_and_what_is_overdue_the_operators_too(node: MemoryNode) -> None:
    row = begun(node)
    clock = Clock(START)
    looking = job(node, clock)
    looking.look()
    assert told(node) == []
    reminded = [("health", "deadline.reminded")]
    for moment, expected in (
        (datetime(2025, 11, 10, 16, tzinfo=UTC), reminded),
        (datetime(2025, 11, 14, 16, tzinfo=UTC), reminded * 2),
        (row.due_at - timedelta(microseconds=1), reminded * 2),
        (row.due_at, [*reminded * 2, ("health", "deadline.escalated"), ("operator", "deadline.escalated")]),
    ):
        clock.now = moment
        for _ in range(2):  # another node, or the next round
            job(node, clock).look()
        assert told(node) == expected, moment
    with Session(node.reading) as session:
        kinds = session.exec(select(Change.kind).where(Change.subject == row.id).order_by(Change.id)).all()
    assert kinds == ["deadline.started", "deadline.reminded", "deadline.reminded", "deadline.escalated"]


def test_what_came_due_while_nothing_ran_is_told_at_the_first_look(node: MemoryNode) -> None:
    row = begun(node)
    clock = Clock(row.due_at + timedelta(days=90))
    job(node, clock).look()
    assert told(node) == [("health", "deadline.escalated"), ("operator", "deadline.escalated")]
    clock.now = START  # a clock that steps back tells nothing anew
    job(node, clock).look()
    assert len(told(node)) == 2


def test_one_that_cannot_be_told_holds_no_other_up(node: MemoryNode, monkeypatch) -> None:
    rows = [begun(node, subject) for subject in ("req-0", "req-1")]
    first = min(rows, key=lambda row: (row.due_at, row.id))
    real = deadlines.take_told

    def failing(session: Session, id: str, now: datetime) -> Any:
        if id == rows[0].id:
            raise OSError("disk")
        return real(session, id, now)

    monkeypatch.setattr(deadlines, "take_told", failing)
    job(node, Clock(first.due_at)).look()
    assert ("operator", "deadline.escalated") in told(node)
