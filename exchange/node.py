"""One running node: every room opened in order, and closed in the opposite one.

`Node.open` either returns a node that is ready to serve or raises: nothing is served half-started.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import lru_cache, partial
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Engine, func
from sqlmodel import Session, col, select

from exchange import origin
from exchange.broker.observed import Observed
from exchange.broker.pipeline import Broker, close_late
from exchange.broker.replies import ReplyLimits
from exchange.broker.snapshot import Current, Stale
from exchange.broker.snapshot_loader import SnapshotLoader
from exchange.clock import milliseconds
from exchange.connectors.base import Connector, Limits
from exchange.connectors.egress import EgressRules
from exchange.connectors.http1 import Http1Connector
from exchange.connectors.registry import Registry
from exchange.db import DirectoryLock, migrate, reading_engine, writing_engine
from exchange.identity import keys
from exchange.identity.keys import KeyFiles
from exchange.identity.models import SigningKey
from exchange.identity.oauth import TokenEndpoint
from exchange.identity.secrets import Cipher
from exchange.identity.tokens import TokenVerifier, Unidentified
from exchange.jobs import indexing
from exchange.jobs.deadlines import Deadlines
from exchange.jobs.endings import SECONDS as ENDINGS_SECONDS
from exchange.jobs.endings import Endings
from exchange.jobs.fetching import SECONDS as FETCH_SECONDS
from exchange.jobs.fetching import Fetcher
from exchange.jobs.harvest import Harvest
from exchange.jobs.heartbeat import Heartbeat
from exchange.jobs.observations import Observations
from exchange.jobs.outbound import Sender
from exchange.jobs.outbox import Drain
from exchange.jobs.webhooks import Webhooks
from exchange.jobs.withdrawals import Withdrawals
from exchange.ledger import schema
from exchange.ledger.attempts import Attempts
from exchange.ledger.entries import Builder, Entry
from exchange.ledger.note import Signer
from exchange.ledger.outside import RollbackDetected
from exchange.ledger.usage import all_calls_made, calls_made
from exchange.ledger.writer import Unavailable, Writer
from exchange.metrics import Metrics
from exchange.settings import Settings
from exchange.unit_of_work import Change, UnitsOfWork
from policies.quotas import Quotas, window_bounds

ATTEMPTS_SECONDS = 1.0


def _aiohttp(rules: EgressRules) -> Connector:
    from exchange.connectors.rest import RestConnector  # 13 MiB that only who chooses it pays

    return RestConnector(rules)


TRANSPORTS: Mapping[str, Callable[[EgressRules], Connector]] = {"http1": Http1Connector, "aiohttp": _aiohttp}
"""HTTP clients that the setting `transport` chooses from; all obey the contract of `tests/connectors`."""


class Node:
    """Everything that runs in one process."""

    loop: asyncio.AbstractEventLoop

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        """Use `Node.open`. What is opened here is closed by the stack, also when something later fails."""
        self.settings = settings
        self._stack = stack
        self._lock(settings)
        files = _key_files(settings)
        self.cipher = Cipher(files.kek)
        self.mask_key = derived_keys(files.kek, "mask")
        self.consent_key = derived_keys(files.kek, "consent")("")
        self.zone = ZoneInfo(settings.timezone)
        self.writing = self._engine(writing_engine)
        migrate(self.writing)
        self.reading = self._engine(reading_engine)
        self.entries = Builder(settings.node)
        self.ledger = self._ledger(files)
        self.attempts = Attempts(self.entries)
        self._kept_attempts: Entry | None = None
        self.limits = Limits(
            settings.connect_seconds, settings.read_seconds, settings.total_seconds, settings.reply_max_bytes
        )
        self.reply_limits = ReplyLimits(settings.reply_max_bytes, settings.reply_max_records)
        self.connectors = Registry()
        self._register_connectors()
        self.current = Current(settings.snapshot_seconds)
        self.loader = SnapshotLoader(
            self.reading,
            self.current,
            self.cipher,
            self.connectors,
            limits=self.limits,
            issuer=settings.issuer,
            timezone=self.zone,
            mapping_key=derived_keys(files.kek, "mapping"),
            consent_key=self.consent_key,
        )
        self.drain = Drain(self.reading, self.ledger, self.entries)
        self.units = UnitsOfWork(self.writing, self._committed)
        self._first_signing_key()
        indexing.complete(self.units, datetime.now(UTC))
        self.withdrawals = Withdrawals(self.reading, self.units)
        self.withdrawals.look()  # what was announced for a moment at which nobody ran
        self.loader.load()
        self.quotas = self._quotas()
        self.tokens = TokenVerifier(settings.issuer)
        self.token_endpoint = TokenEndpoint(settings.issuer, self.cipher)
        self.metrics = self._metrics()
        self.observed = Observed()
        self.observations = Observations(self.observed, self.units)
        self.broker = self._broker()
        self.ledger.on_late = partial(close_late, self.broker)
        self._start_jobs()

    @classmethod
    def open(cls, settings: Settings) -> "Node":
        """Raises whatever keeps the node from serving; everything opened until then is closed again."""
        with ExitStack() as stack:
            node = cls(settings, stack)
            node._stack = stack.pop_all()
        return node

    async def run(self) -> None:
        """What the event loop of the calls does beside them, until it is cancelled: hand in what was counted."""
        self.loop = asyncio.get_running_loop()
        try:
            while True:
                await asyncio.sleep(ATTEMPTS_SECONDS)
                self._hand_in_attempts()
                await self.observations.hand_in()
        finally:
            self._hand_in_attempts(now=True)
            self.observations.hand_in_last()

    def _hand_in_attempts(self, now: bool = False) -> None:
        if not self.ledger.healthy:
            return  # they stay counted
        entry = self._kept_attempts or self.attempts.due(milliseconds(), now=now)
        self._kept_attempts = entry
        if entry is not None:
            with contextlib.suppress(Unavailable):  # no room in its queue: the entry is kept for the next time
                self.ledger.submit(entry).add_done_callback(lambda done: done.cancelled() or done.exception())
                self._kept_attempts = None

    def close(self) -> None:
        """Stop the jobs, drain the outbox, close ledger and databases, release the directory."""
        self._stack.close()

    def identifies(self, authorization: bytes | None) -> bool:
        """Whether this Authorization header is anybody's, as of now."""
        try:
            self.tokens.identify(authorization, self.current.get(), milliseconds())
        except (Unidentified, Stale):
            return False
        return True

    def faults(self) -> list[str]:
        """Why calls cannot be served now; empty when they can."""
        faults = []
        if self.current.age > self.settings.snapshot_seconds:
            faults.append("the policy snapshot could not be confirmed against exchange.db")
        if not self.ledger.healthy:
            faults.append(f"the ledger does not write: {self.ledger.reason}")
        return faults

    def _lock(self, settings: Settings) -> None:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = DirectoryLock(settings.data)
        lock.acquire()
        self._stack.callback(lock.release)

    def _engine(self, build: Callable[..., Engine]) -> Engine:
        engine = build(self.settings.exchange_database)
        self._stack.callback(engine.dispose)
        return engine

    def _ledger(self, files: KeyFiles) -> Writer:
        path = self.settings.ledger_database
        schema.migrate(path)
        self.origin = self._origin()
        signer = Signer(self.origin, files.ledger.private_bytes_raw())
        self.vkey = signer.key
        writer = Writer(
            path,
            signer=signer,
            cipher=self.cipher,
            node=self.settings.node,
            outside=self.settings.checkpoint_file,
        )
        writer.start()
        self._stack.callback(writer.stop)
        self._refuse_older_changes(writer.last_change)
        return writer

    def _origin(self) -> str:
        units = UnitsOfWork(self.writing, lambda changes: None)
        with units.begin("console", datetime.now(UTC)) as work:
            name = origin.fixed(work.session, self.settings)
            if name is None:
                name = origin.fix(work.session, self.settings)
                work.record("ledger.named", name)
        return name

    def _refuse_older_changes(self, last_logged: int) -> None:
        with Session(self.reading) as session:
            newest = session.exec(select(func.max(Change.id))).one() or 0
        if newest < last_logged:
            raise RollbackDetected(
                f"rollback detected: exchange.db ends at change {newest}, the ledger knows change {last_logged}: "
                "restore the newest copy of exchange.db"
            )

    def _quotas(self) -> Quotas:
        quotas = Quotas(self.zone)
        month, _ = window_bounds("month", milliseconds(), self.zone)
        used = self.ledger.usage_since(month)
        rows = ((agreement, minute * 60_000, calls) for agreement, minute, calls in used)
        quotas.preload(rows, all_calls_made(self.settings.ledger_database))
        return quotas

    def _broker(self) -> Broker:
        return Broker(
            current=self.current,
            tokens=self.tokens,
            quotas=self.quotas,
            ledger=self.ledger,
            entries=self.entries,
            attempts=self.attempts,
            mask_key=self.mask_key,
            reply_limits=self.reply_limits,
            observed=self.observed,
            ledger_seconds=self.settings.ledger_seconds,
            zone=self.zone,
        )

    def _start_jobs(self) -> None:
        self.drain.start()
        self._stack.callback(self.drain.stop)
        self._beat(Heartbeat((("snapshot", self.loader.renew),)))
        self.endings = Endings(
            self.reading, self.units, self.quotas.used_in_all, partial(calls_made, self.settings.ledger_database)
        )
        self._beat(Heartbeat((("endings", self.endings.look),), name="endings", seconds=ENDINGS_SECONDS))
        self.withdrawals.start()
        self._stack.callback(self.withdrawals.stop)
        self.webhooks = self._webhooks()
        self.harvest = self._harvest()
        self.deadlines = self._deadlines()
        self.drain.wake()

    def _beat(self, heartbeat: Heartbeat) -> None:
        heartbeat.start()
        self._stack.callback(heartbeat.stop)

    def _webhooks(self) -> Webhooks:
        sender = Sender(EgressRules.parse(self.settings.egress))
        webhooks = Webhooks(
            self.reading, self.units, lambda session: keys.current(session, self.cipher), sender, self.settings.issuer
        )
        webhooks.start()
        self._stack.callback(webhooks.stop)
        return webhooks

    def _harvest(self) -> Harvest:
        fetcher = Fetcher(EgressRules.parse(self.settings.egress), seconds=FETCH_SECONDS)
        harvest = Harvest(self.reading, self.units, fetcher, self.settings.node)
        harvest.start()
        self._stack.callback(harvest.stop)
        return harvest

    def _deadlines(self) -> Deadlines:
        deadlines = Deadlines(self.reading, self.units)
        deadlines.start()
        self._stack.callback(deadlines.stop)
        return deadlines

    def _register_connectors(self) -> None:
        rules = EgressRules.parse(self.settings.egress)
        self.connectors.register("rest", lambda: TRANSPORTS[self.settings.transport](rules))

    def _committed(self, changes: Sequence[Change]) -> None:
        self.loader.committed(changes)
        self.drain.wake()
        if any(change.kind == "harvest-run.asked" for change in changes):
            self.harvest.wake()

    def _first_signing_key(self) -> None:
        now = datetime.now(UTC)
        with self.units.begin("console", now) as work:
            if work.session.exec(select(SigningKey).where(col(SigningKey.retired_at).is_(None))).first() is None:
                row = keys.rotate(work.session, self.cipher, now)
                work.record("signing-key.created", row.kid)

    def _broken(self) -> float:
        snapshot = self.current.newest
        return float(len(snapshot.broken)) if snapshot else 0.0

    def _metrics(self) -> Metrics:
        return Metrics(
            {
                "hutong_ledger_entries": ("Entries in the ledger", lambda: self.ledger.size),
                "hutong_ledger_healthy": ("Whether the ledger writes", lambda: float(self.ledger.healthy)),
                "hutong_snapshot_age_seconds": ("Since the snapshot was confirmed", lambda: self.current.age),
                "hutong_services_broken": ("Services that cannot be prepared", self._broken),
                "hutong_outbox_last_change": ("Newest change in the ledger", lambda: self.ledger.last_change),
            }
        )


def _key_files(settings: Settings) -> KeyFiles:
    """The key files; made, or completed after an interrupted start, only when nothing was ever done with them."""
    traces = (settings.exchange_database, settings.ledger_database, settings.checkpoint_file)
    if any(trace.exists() for trace in traces):
        return keys.load(settings.key_directory)
    try:
        return keys.load(settings.key_directory)
    except keys.KeyFileMissing:
        return keys.create(settings.key_directory)


def derived_keys(kek: bytes, use: str) -> Callable[[str], bytes]:
    """A key per agreement for keyed masks, or per mapping, derived from the key-encryption key (RFC 5869)."""

    @lru_cache(maxsize=100_000)
    def key(of: str) -> bytes:
        return HKDF(hashes.SHA256(), 32, salt=None, info=f"{use}:{of}".encode()).derive(kek)

    return key
