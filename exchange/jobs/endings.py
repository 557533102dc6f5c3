"""Marks agreements that are over by themselves: by their date, or because all their calls are made.

Calls are refused by clock and count in any case; the mark tells both sides, and takes them out of the snapshot.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from functools import partial

import structlog
from sqlalchemy import Engine
from sqlmodel import Session

from exchange.unit_of_work import UnitOfWork, UnitsOfWork
from policies import standing
from policies.models import Agreement

log = structlog.get_logger("exchange.endings")

SECONDS = 10.0
Counts = Callable[[Collection[str]], Mapping[str, int]]


class Endings:
    """`near` tells from memory how many calls an agreement had, those under way among them; `counts` how many of some
    are in the ledger, which alone ends an agreement: a call that comes back unmade is one less in memory.
    """

    def __init__(
        self,
        reading: Engine,
        units: UnitsOfWork,
        near: Callable[[str], int],
        counts: Counts,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._reading = reading
        self._units = units
        self._near = near
        self._counts = counts
        self._clock = clock

    def look(self) -> int:
        """Marks whatever is over, each in a transaction of its own; how many that were."""
        now = self._clock()
        with Session(self._reading) as session:
            overdue, limited = standing.overdue(session, now), standing.limited(session)
        close = {id: total for id, total in limited.items() if self._near(id) >= total}
        made = self._counts(close) if close else {}
        used_up = [id for id, total in close.items() if made[id] >= total]
        expired = [self._alone(id, partial(self._expire, id, now)) for id in overdue]
        return sum(expired) + sum(self._alone(id, partial(self._exhaust, id, made[id], now)) for id in used_up)

    def _alone(self, id: str, mark: Callable[[], bool]) -> bool:
        """One that cannot be marked keeps no other one from it; it is tried again at the next look."""
        try:
            return mark()
        except Exception as error:
            log.error("agreement.not-marked", agreement=id, error=type(error).__name__)
            return False

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
