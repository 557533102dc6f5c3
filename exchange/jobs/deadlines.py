"""Reminds departments of what is due, tells the operators of what is overdue, and meets deliveries that were made.

What is to be told stands in the database and is taken in the transaction that tells it, so it is told once, whoever
looks how often; what came due while nothing ran is told at the first look.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from sqlalchemy import Engine
from sqlmodel import Session

from catalog import notices
from exchange.jobs.rounds import Rounds
from exchange.unit_of_work import UnitsOfWork
from policies.clocks import deadlines
from policies.clocks.models import Deadline
from policies.clocks.reckoning import HALFWAY
from policies.requests import deliveries

BY = "deadlines"

log = structlog.get_logger("exchange.deadlines")


class Deadlines(Rounds):
    """One unit of work for each deadline, so that one that cannot be told holds no other up."""

    every = 30.0

    def __init__(
        self, reading: Engine, units: UnitsOfWork, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        super().__init__("deadlines")
        self._reading = reading
        self._units = units
        self._now = now

    async def close(self) -> None:
        """Nothing is held between two looks."""

    def look(self) -> None:
        now = self._now()
        with Session(self._reading) as session:
            delivered = deliveries.settleable(session)
        self._each(delivered, self._settle, now)
        with Session(self._reading) as session:  # after it: what was delivered is not overdue
            due = deadlines.to_tell(session, now)
        self._each(due, self._tell, now)

    def _each(self, ids: list[str], do: Callable[[str, datetime], None], now: datetime) -> None:
        for id in ids:
            try:
                do(id, now)
            except Exception as error:
                log.error("deadline.failed", deadline=id, error=type(error).__name__)

    def _settle(self, id: str, now: datetime) -> None:
        with self._units.begin(BY, now) as work:
            row = deliveries.settle(work.session, id, now)
            if row is not None:
                work.record("deadline.met" if row.met_at else "deadline.stopped", row.id, late=row.late)

    def _tell(self, id: str, now: datetime) -> None:
        with self._units.begin(BY, now) as work:
            taken = deadlines.take_told(work.session, id, now)
            if taken is None:
                return
            row, what = taken
            kind = "deadline.escalated" if what == deadlines.OVERDUE else "deadline.reminded"
            work.record(kind, row.id, of=f"{row.subject_kind}:{row.subject_id}", clock=row.clock, what=what)
            for recipient in _recipients(row, what):
                notices.tell(work.session, recipient, kind, row.subject_id, _text(row, what), now)


def _recipients(row: Deadline, what: str) -> list[str]:
    """A reminder is its department's; what is overdue is the operators' as well, who supervise."""
    return sorted({row.department, notices.OPERATOR} if what == deadlines.OVERDUE else {row.department})


def _text(row: Deadline, what: str) -> dict[str, str]:
    thing = f"{row.subject_kind} {row.subject_id} ({row.clock})"
    if what == deadlines.OVERDUE:
        return {
            "zh": f"{row.department}：{thing} 已于 {row.due_on} 到期，逾期未办",
            "en": f"{row.department}: {thing} was due on {row.due_on} and is overdue",
        }
    left = (
        ("时限已过半", "half of the time has passed")
        if what == HALFWAY
        else ("仅剩一个工作日", "one working day is left")
    )
    return {"zh": f"{thing} 应于 {row.due_on} 前办结：{left[0]}", "en": f"{thing} is due on {row.due_on}: {left[1]}"}
