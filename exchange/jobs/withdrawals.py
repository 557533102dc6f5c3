"""Takes datasets out of the exchange at the announced moment; what came while nobody ran, before calls are served.

The call path keeps that moment by itself, on its snapshot: what is done here makes it so for everybody, in a second.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from sqlalchemy import Engine
from sqlmodel import Session

from exchange.jobs.rounds import Rounds
from exchange.unit_of_work import UnitsOfWork
from policies import withdrawals

BY = "exchange"

log = structlog.get_logger("exchange.withdrawals")


class Withdrawals(Rounds):
    """Looks every second; one dataset that cannot be taken out keeps no other one in."""

    def __init__(
        self, engine: Engine, units: UnitsOfWork, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        super().__init__("withdrawals")
        self._engine = engine
        self._units = units
        self._now = now

    def look(self) -> None:
        now = self._now()
        with Session(self._engine) as session:
            ids = withdrawals.due(session, now)
        for id in ids:
            try:
                self._carry_out(id, now)
            except Exception as error:  # repeated at the next look; its calls are refused meanwhile
                log.error("withdrawal.failed", dataset=id, error=type(error).__name__)

    async def close(self) -> None:
        """Nothing is held between two looks."""

    def _carry_out(self, id: str, now: datetime) -> None:
        with self._units.begin(BY, now) as work:
            if row := withdrawals.carry_out(work.session, id, work.by, work.now):
                work.record("dataset.withdrawn", id, revision=row.revision, announced=True)
