"""Stores what the broker counted of live replies, and suspends datasets that fell below their steward's floor."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from catalog import notices
from catalog.quality import observations, suspension
from exchange.broker.observed import Observed, Taken
from exchange.unit_of_work import UnitsOfWork

BY = "exchange"
FORGETS = timedelta(hours=1)

log = structlog.get_logger("exchange.observations")


class Observations:
    """`hand_in` is awaited on the event loop of the calls; the storing itself is done in a thread."""

    def __init__(
        self, observed: Observed, units: UnitsOfWork, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._observed = observed
        self._units = units
        self._clock = clock
        self._forgotten = clock()

    async def hand_in(self) -> None:
        """Counts that cannot be stored now are given back and stored the next time."""
        taken = self._observed.take()
        if not taken:
            return
        try:
            await asyncio.to_thread(self.store, taken)
        except Exception as error:
            self._observed.give_back(taken)
            log.error("observations.kept", error=type(error).__name__)

    def store(self, taken: Taken) -> None:
        """One unit of work; a suspension is recorded in it, counts alone need no record."""
        now = self._clock()
        with self._units.begin(BY, now) as work:
            observations.add(work.session, taken, now)
            for dataset in suspension.judge(work.session, taken, now):
                work.record("dataset.suspended", dataset.id, revision=dataset.revision)
                text = {
                    "zh": f"数据资源{dataset.id}已自动暂停调用，核实并改正后请恢复",
                    "en": f"Calls of {dataset.id} were suspended automatically: mend the source, then resume it",
                }
                notices.tell(work.session, dataset.department, "dataset.suspended", dataset.id, text, now)
            if now - self._forgotten > FORGETS:
                observations.forget(work.session, now)
                self._forgotten = now
