"""Marks agreements that are over by themselves: by their date, or because all their calls are made.

Calls are refused by clock and count in any case; the mark tells both sides, and takes them out of the snapshot.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlmodel import Session

from exchange.unit_of_work import UnitOfWork, UnitsOfWork
from policies import standing
from policies.models import Agreement

SECONDS = 10.0
Counts = Callable[[Collection[str]], Mapping[str, int]]


class Endings:
    """`counts` tells how many calls these agreements had in all."""

    def __init__(
        self,
        reading: Engine,
        units: UnitsOfWork,
        counts: Counts,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._reading = reading
        self._units = units
        self._counts = counts
        self._clock = clock

    def look(self) -> int:
        """Marks whatever is over, each in a transaction of its own; how many that were."""
        now = self._clock()
        with Session(self._reading) as session:
            overdue, limited = standing.overdue(session, now), standing.limited(session)
        made = self._counts(limited) if limited else {}
        used_up = {id: made[id] for id, total in limited.items() if made[id] >= total}
        return sum(self._expire(id, now) for id in overdue) + sum(
            self._exhaust(id, count, now) for id, count in used_up.items()
        )

    def _expire(self, id: str, now: datetime) -> bool:
        with self._units.begin(standing.EXCHANGE, now) as work:
            return _recorded(work, standing.expire(work.session, id, now))

    def _exhaust(self, id: str, count: int, now: datetime) -> bool:
        with self._units.begin(standing.EXCHANGE, now) as work:
            return _recorded(work, standing.exhaust(work.session, id, count, now))


def _recorded(work: UnitOfWork, row: Agreement | None) -> bool:
    if row is not None:
        work.record(f"agreement.{row.state}", row.id, version=row.version)
    return row is not None
