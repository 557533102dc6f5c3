"""Deadlines: a clock on one thing, with the department that answers for it.

started → paused ⇄ resumed → met (in time, or late) | stopped. One extension (`extensions`).
Whatever has a legal time uses these: access requests, corrections, disputes, reviews of emergencies.

LookupError
└── UnknownDeadline   no deadline has this id
ValueError
├── AlreadyRunning    this clock runs on this thing
└── NotRunning        it was met or stopped, or stands when it should run
"""

import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_
from sqlmodel import Session, col, select

from catalog.registration import Outdated, lock
from policies.calendar import Calendar
from policies.clocks import profiles, reckoning
from policies.clocks.models import Deadline
from policies.clocks.reckoning import Pause
from standards import paging

OPERATOR, OVERDUE = "operator", "overdue"


class UnknownDeadline(LookupError):
    """No deadline has this id."""

    def __init__(self, id: str) -> None:
        super().__init__(f"No deadline has the id {id!r}: look it up in the list of deadlines.")


class AlreadyRunning(ValueError):
    """One clock runs once at a time on one thing."""

    def __init__(self, kind: str, id: str, clock: str) -> None:
        super().__init__(f"The clock {clock} runs on the {kind} {id} already: meet or stop it first.")


class NotRunning(ValueError):
    """The deadline is past the state that this step starts from."""

    def __init__(self, id: str, step: str) -> None:
        super().__init__(f"The deadline {id} cannot be {step} as it stands: read it again.")


def start(session: Session, kind: str, id: str, clock: str, department: str, now: datetime, here: Calendar) -> Deadline:
    """Starts a clock of the profile in force. Raises UnknownClock, AlreadyRunning."""
    found = profiles.clock(session, clock)
    if running(session, kind, id, clock) is not None:
        raise AlreadyRunning(kind, id, clock)
    row = Deadline(
        id=f"ddl-{secrets.token_hex(8)}",
        subject_kind=kind,
        subject_id=id,
        clock=clock,
        profile=found.profile,
        department=OPERATOR if found.by_operator else department,
        days=found.days,
        most_extension=found.extension,
        started_at=now,
    )
    _reckon(row, here, now)
    session.add(row)
    session.flush()
    return row


def pause(session: Session, id: str, now: datetime, here: Calendar) -> Deadline:
    """The clock stands from now on. Raises UnknownDeadline, NotRunning."""
    row = held(session, id)
    if not row.open or row.pausing:
        raise NotRunning(id, "paused")
    row.pauses = [*row.pauses, {"since": now.isoformat(), "until": None}]
    return changed(session, row, here, now)


def resume(session: Session, id: str, now: datetime, here: Calendar) -> Deadline:
    """The clock runs again; days on which it stood do not count. Raises UnknownDeadline, NotRunning."""
    row = held(session, id)
    if not row.open or not row.pausing:
        raise NotRunning(id, "resumed")
    row.pauses = [*row.pauses[:-1], {**row.pauses[-1], "until": now.isoformat()}]
    return changed(session, row, here, now)


def meet(session: Session, id: str, now: datetime) -> Deadline:
    """What was due is done, in time or late; a clock that stands is never late. Raises UnknownDeadline, NotRunning."""
    row = held(session, id)
    if not row.open:
        raise NotRunning(id, "met")
    row.met_at, row.late = now, row.due_at is not None and now >= row.due_at
    row.remind_at, row.reminders = None, []
    return stored(session, row)


def stop(session: Session, id: str, now: datetime) -> Deadline:
    """Nothing is due any more. Raises UnknownDeadline, NotRunning."""
    row = held(session, id)
    if not row.open:
        raise NotRunning(id, "stopped")
    row.stopped_at, row.remind_at, row.reminders = now, None, []
    return stored(session, row)


def reckon_again(session: Session, years: Collection[int], now: datetime, here: Calendar) -> list[Deadline]:
    """Open deadlines that count through one of these years, reckoned by the calendar as it is now; those that moved."""
    moved = []
    for row in session.exec(select(Deadline).where(*_open())).all():
        before = row.due_at
        if any(here.day_of(row.started_at).year <= year for year in years):
            _reckon(row, here, now)
        if row.due_at != before:
            moved.append(stored(session, row))
    return moved


def running(session: Session, kind: str, id: str, clock: str) -> Deadline | None:
    """The open deadline of this clock on this thing."""
    return next((row for row in of(session, kind, id) if row.open and row.clock == clock), None)


def of(session: Session, kind: str, id: str) -> list[Deadline]:
    """Every deadline that this thing has or had, in the order in which they began."""
    wanted = Deadline.subject_kind == kind, Deadline.subject_id == id
    return list(session.exec(select(Deadline).where(*wanted).order_by(col(Deadline.started_at))).all())


def comes_after(session: Session, row: Deadline) -> tuple[str, ...]:
    """The clocks whose days are the first of this one's. Raises UnknownProfile, UnknownClock."""
    return profiles.clock(session, row.clock, row.profile).after


def fetch(session: Session, id: str) -> Deadline:
    """Raises UnknownDeadline."""
    row = session.get(Deadline, id)
    if row is None:
        raise UnknownDeadline(id)
    return row


def page(
    session: Session,
    now: datetime,
    *,
    departments: Collection[str] | None = None,
    clock: str | None = None,
    kind: str | None = None,
    subject: str | None = None,
    open: bool | None = None,
    overdue: bool = False,
    limit: int = 50,
    cursor: str | None = None,
) -> tuple[list[Deadline], str | None]:
    """Deadlines by id, filtered; of all departments when None is given. Raises standards.paging.InvalidCursor."""
    statement = select(Deadline)
    if departments is not None:
        statement = statement.where(col(Deadline.department).in_(sorted(departments)))
    wanted: list[tuple[Any, str | None]] = [
        (Deadline.clock, clock), (Deadline.subject_kind, kind), (Deadline.subject_id, subject)
    ]  # fmt: skip
    for column, value in wanted:
        if value is not None:
            statement = statement.where(column == value)
    if open is not None:
        is_open = col(Deadline.met_at).is_(None) & col(Deadline.stopped_at).is_(None)
        statement = statement.where(is_open if open else ~is_open)
    if overdue:
        statement = statement.where(*_open(), col(Deadline.due_at) <= now)
    return paging.page(session, statement, [col(Deadline.id)], limit=limit, cursor=cursor)


def overdue(session: Session, now: datetime, departments: Collection[str] | None = None) -> list[dict[str, Any]]:
    """By department: how many deadlines are open, overdue, and were met in time or late; the oldest that is overdue."""
    is_open, is_over = col(Deadline.met_at).is_(None), col(Deadline.due_at) <= now
    columns: list[Any] = [
        col(Deadline.department),
        _count(is_open),
        _count(is_open & is_over),
        _count(col(Deadline.late).is_(False)),
        _count(col(Deadline.late).is_(True)),
        func.min(case((is_open & is_over, col(Deadline.due_on)))),
    ]
    statement: Any = select(*columns).where(col(Deadline.stopped_at).is_(None))
    statement = statement.group_by(col(Deadline.department)).order_by(col(Deadline.department))
    if departments is not None:
        statement = statement.where(col(Deadline.department).in_(sorted(departments)))
    names = ("department", "open", "overdue", "met_in_time", "met_late", "oldest_due_on")
    return [dict(zip(names, found, strict=True)) for found in session.exec(statement).all()]


def to_tell(session: Session, now: datetime, limit: int = 200) -> list[str]:
    """Ids of the deadlines of which somebody is to be reminded, or which are to be escalated."""
    late = (col(Deadline.due_at) <= now) & col(Deadline.escalated_at).is_(None)
    statement = select(Deadline.id).where(*_open(), or_(col(Deadline.remind_at) <= now, late))
    return list(session.exec(statement.order_by(col(Deadline.due_at)).limit(limit)).all())


def take_told(session: Session, id: str, now: datetime) -> tuple[Deadline, str] | None:
    """What is to be told of this deadline now, once: a reminder's name or `overdue`; None when nothing is.

    After a downtime only the last of the reminders that were missed is told, and none of what is overdue.
    """
    row = held(session, id)
    if not row.open or row.due_at is None:
        return None
    passed = [each for each in row.reminders if datetime.fromisoformat(each["at"]) <= now]
    _forget_reminders(row, len(passed))
    if now >= row.due_at:
        if row.escalated_at is not None:
            return None
        row.escalated_at = now
        return stored(session, row), OVERDUE
    if not passed:
        return None
    row.reminded = [*row.reminded, {"name": passed[-1]["name"], "at": now.isoformat()}]
    return stored(session, row), passed[-1]["name"]


def days_left(row: Deadline, here: Calendar, now: datetime) -> int:
    """Whole working days that are left of an open deadline."""
    return reckoning.left(row.started_at, row.days, _pauses(row), here, now)


def expect(row: Deadline, revision: int | None) -> None:
    """Raises Outdated when the row is at another revision; None expects nothing."""
    if revision is not None and revision != row.revision:
        raise Outdated(row.id, row.revision)


def _reckon(row: Deadline, here: Calendar, now: datetime) -> None:
    """Due and reminders anew; a reminder whose moment has passed already is not given any more."""
    pauses = _pauses(row)
    found = reckoning.due(row.started_at, row.days, pauses, here)
    row.due_on = found.on.isoformat() if found else None
    row.due_at = found.at if found else None
    row.assumed = found.assumed if found else row.assumed
    coming = reckoning.reminders(row.started_at, row.days, pauses, here)
    row.reminders = [{"name": name, "at": at.isoformat()} for name, at in coming if at > now]
    _forget_reminders(row, 0)


def _forget_reminders(row: Deadline, passed: int) -> None:
    row.reminders = row.reminders[passed:]
    row.remind_at = datetime.fromisoformat(row.reminders[0]["at"]) if row.reminders else None


def _pauses(row: Deadline) -> list[Pause]:
    return [
        Pause(datetime.fromisoformat(each["since"]), each["until"] and datetime.fromisoformat(each["until"]))
        for each in row.pauses
    ]


def changed(session: Session, row: Deadline, here: Calendar, now: datetime) -> Deadline:
    """The row, reckoned anew and stored."""
    _reckon(row, here, now)
    return stored(session, row)


def stored(session: Session, row: Deadline) -> Deadline:
    """The row at its next revision."""
    row.revision += 1
    session.add(row)
    session.flush()
    return row


def held(session: Session, id: str) -> Deadline:
    """The row, held until the transaction ends. Raises UnknownDeadline."""
    row = lock(session, Deadline, id)
    if row is None:
        raise UnknownDeadline(id)
    return row


def _open() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(Deadline.met_at).is_(None), col(Deadline.stopped_at).is_(None)


def _count(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))
