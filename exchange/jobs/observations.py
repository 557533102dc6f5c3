"""Stores what the broker counted of live replies, and suspends datasets that fell below their steward's floor."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from sqlmodel import Session

from catalog import notices
from catalog.models import Dataset
from catalog.quality import observations, suspension
from exchange.broker.observed import Observed, Taken
from exchange.unit_of_work import UnitsOfWork
from policies import publication

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

    def hand_in_last(self) -> None:
        """When the loop ends there is no next time: what cannot be stored is lost, and said to be."""
        if taken := self._observed.take():
            try:
                self.store(taken)
            except Exception as error:
                log.error("observations.lost", error=type(error).__name__)

    def store(self, taken: Taken) -> None:
        """One unit of work; a suspension is recorded in it, counts alone need no record."""
        now = self._clock()
        with self._units.begin(BY, now) as work:
            observations.add(work.session, taken, now)
            for dataset in suspension.judge(work.session, taken, now):
                work.record("dataset.suspended", dataset.id, revision=dataset.revision)
                self._tell(work.session, dataset, now)
            if now - self._forgotten > FORGETS:
                observations.forget(work.session, now)
                self._forgotten = now

    def _tell(self, session: Session, dataset: Dataset, now: datetime) -> None:
        """The department that provides, those that may call, and the operators: calls end for all of them."""
        text = {
            "zh": f"数据资源{dataset.id}已自动暂停调用，数源部门核实、改正并恢复后方可调用",
            "en": f"Calls of {dataset.id} were suspended automatically, until its department has mended and resumed it",
        }
        concerned = {dataset.department, notices.OPERATOR, *publication.consumers(session, dataset.id, now)}
        for recipient in sorted(concerned):
            notices.tell(session, recipient, "dataset.suspended", dataset.id, text, now)
