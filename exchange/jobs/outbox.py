"""Hands every recorded change to the ledger, in order and exactly once.

The ledger stores the id of the last change in the same transaction as its entry, so a drain that is interrupted
anywhere goes on where the ledger ends (security note 10).
"""

import contextlib
import threading

import structlog
from sqlalchemy import Engine
from sqlmodel import Session

from exchange.ledger.entries import Builder, Entry
from exchange.ledger.writer import AlreadyLogged, Unavailable, Writer
from exchange.unit_of_work import Change, pending

RETRY_SECONDS = 1.0

log = structlog.get_logger("exchange.outbox")


class Drain(threading.Thread):
    """A thread that wakes up when something was committed."""

    def __init__(self, engine: Engine, ledger: Writer, entries: Builder) -> None:
        super().__init__(name="outbox-drain", daemon=True)
        self._engine = engine
        self._ledger = ledger
        self._entries = entries
        self._wake = threading.Event()
        self._ended = False

    def wake(self) -> None:
        self._wake.set()

    def run(self) -> None:
        while not self._ended:
            self._wake.wait(timeout=RETRY_SECONDS)
            self._wake.clear()
            try:
                self.drain()
            except Unavailable as error:
                log.warning("outbox.waits", reason=str(error))
            except Exception as error:  # a thread that dies silently would leave changes unlogged
                log.error("outbox.failed", error=type(error).__name__)

    def drain(self) -> int:
        """Append everything that is pending; how many changes that were. Raises `Unavailable`."""
        appended = 0
        while rows := self._pending():
            for change in rows:
                with contextlib.suppress(AlreadyLogged):  # handed in before, by a drain that did not hear of it
                    self._ledger.append(self._entry(change))
                appended += 1
        return appended

    def stop(self) -> None:
        self._ended = True
        self._wake.set()
        self.join(timeout=10)

    def _pending(self) -> list[Change]:
        with Session(self._engine) as session:
            return list(pending(session, self._ledger.last_change))

    def _entry(self, change: Change) -> Entry:
        assert change.id is not None
        return self._entries.change(
            change=change.id,
            at=int(change.at.timestamp() * 1000),
            kind=change.kind,
            subject_id=change.subject,
            by=change.by,
            key=change.by_key,
            details=change.details,
        )
