"""The one writer of a ledger: a thread that commits whatever is queued, signs, and only then answers (group commit).

- MUST: whoever waits for an entry hears of it only after the commit that contains it.
- MUST: a checkpoint is signed after the commit of what it covers, never before.
- MUST NOT: issue an index twice; the head moves by compare-and-set in the entries' own transaction.

    RuntimeError
    ├── Unavailable        the entry was not recorded (or nobody can say in time that it was)
    ├── RollbackDetected   at start: the database is older than what was signed
    └── LedgerDamaged      at start: the database contradicts itself
    ValueError
    └── AlreadyLogged      the ledger holds this change
"""

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent import futures
from dataclasses import dataclass
from pathlib import Path

from exchange.ledger import batch, outside, recovery
from exchange.ledger.entries import Builder, Entry
from exchange.ledger.note import Checkpoint, Signer
from exchange.ledger.openings import Wrapper
from exchange.ledger.secrets import Cipher, Secrets
from exchange.ledger.sqlite import Connect, connect_reading, connect_writing, is_full, roll_back
from exchange.ledger.store import Log

MOST_IN_BATCH = 1024
MOST_COMMITMENTS_IN_BATCH = 4096
MOST_WRAPPED = 512
HOUSEKEEPING_SECONDS = 1.0
_PROBE = 65_536


class Unavailable(RuntimeError):
    """The ledger does not take the entry. Whatever it was to cover must not be released."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the ledger does not take entries: {why}")


class AlreadyLogged(ValueError):
    """The change was recorded before: go on with the next one."""


@dataclass(slots=True)
class Committed:
    """Where an entry stands for ever, and the size of the log whose checkpoint first covered it."""

    index: int
    size: int


Waiter = asyncio.Future[Committed] | futures.Future[Committed]
Item = tuple[Entry, Waiter]


class Writer(threading.Thread):
    """Owns the writing connection of one ledger file; `signer` is named after the log's origin.

    `outside` is where the last checkpoint is kept beside the database, `connect` how its file is opened.
    `on_late` hears, on the event loop, of entries that became durable after whoever waited for them had given up.
    """

    def __init__(
        self,
        path: Path,
        *,
        signer: Signer,
        cipher: Cipher,
        node: str,
        outside: Path | None = None,
        capacity: int = 8192,
        connect: Connect = connect_writing,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(name="ledger-writer", daemon=True)
        self.origin = signer.key.name
        self._path = path
        self._signer = signer
        self._outside = outside
        self._capacity = capacity
        self._connect = connect
        self._clock = clock
        self._builder = Builder(node)
        self._secrets = Secrets(cipher)
        self._wrapper = Wrapper(cipher)
        self._queue: deque[Item] = deque()
        self._in_hand: list[Item] = []
        self._awake = threading.Event()
        self._stopping = False
        self._closed: str | None = "it was not started"
        self._full: str | None = None
        self._outside_trouble: str | None = None
        self._outside_written = b""
        self._next_housekeeping = 0.0
        self._checkpoint = b""
        self._size = 0
        self.on_late: Callable[[Entry, Committed], None] | None = None

    # What others may ask, from any thread.

    @property
    def healthy(self) -> bool:
        return self._closed is None and self._full is None

    @property
    def reason(self) -> str | None:
        """Why the writer is not healthy, or what an operator should see to although it is."""
        return self._closed or self._full or self._outside_trouble

    @property
    def size(self) -> int:
        """Entries that are committed and covered by `checkpoint`."""
        return self._size

    @property
    def checkpoint(self) -> bytes:
        """The newest signed checkpoint."""
        return self._checkpoint

    @property
    def last_change(self) -> int:
        """The outbox row of the newest change in the ledger."""
        return self._state.last_change

    def usage_since(self, at: int) -> list[tuple[str, int, int]]:
        """(agreement, epoch minute, calls) from the minute of `at` (epoch ms) on."""
        with contextlib.closing(connect_reading(self._path)) as connection:
            query = "SELECT agreement, minute, count FROM usage WHERE minute >= ?"
            return connection.execute(query, (at // 60_000,)).fetchall()

    # Handing in entries.

    def submit(self, entry: Entry) -> asyncio.Future[Committed]:
        """From an event loop: resolves when the entry is durable and signed for. Raises Unavailable, now or later."""
        self._admit()
        waiter: asyncio.Future[Committed] = asyncio.get_running_loop().create_future()
        self._enqueue(entry, waiter)
        return waiter

    def append(self, entry: Entry, timeout: float = 10.0) -> Committed:
        """From any other thread: returns when the entry is durable. Raises Unavailable, AlreadyLogged.

        After a time-out the entry may still be recorded; a change is then AlreadyLogged when it is handed in again.
        """
        self._admit()
        waiter: futures.Future[Committed] = futures.Future()
        self._enqueue(entry, waiter)
        try:
            return waiter.result(timeout)
        except futures.TimeoutError as error:
            raise Unavailable(f"it did not answer within {timeout} seconds") from error

    def _admit(self) -> None:
        if self._closed is not None:
            raise Unavailable(self._closed)
        if len(self._queue) >= self._capacity:
            raise Unavailable("too many entries wait already; try again in a moment")

    def _enqueue(self, entry: Entry, waiter: Waiter) -> None:
        self._queue.append((entry, waiter))
        if not self._awake.is_set():
            self._awake.set()
        if self._closed is not None:  # closed between the question and the append
            self._refuse(self._take(self._capacity), self._closed)

    # Life.

    def start(self) -> None:
        """Recover, then run. Raises RollbackDetected, LedgerDamaged, OSError, sqlite3.Error."""
        self._connection = self._connect(self._path)
        try:
            self._recover()
        except BaseException:
            self._connection.close()
            raise
        self._closed = None
        super().start()

    def stop(self) -> None:
        """Commit what is queued, then end. Entries handed in later are refused."""
        self._stopping = True
        self._awake.set()
        self.join()

    def run(self) -> None:
        try:
            while not self._stopping:
                self._awake.wait(max(0.0, self._next_housekeeping - time.monotonic()))
                self._awake.clear()
                self._drain()
                if time.monotonic() >= self._next_housekeeping:
                    self._keep_house()
            self._closed = "it is stopping"
            self._drain()
            self._keep_house()
        except Exception as error:
            self._closed = f"its database failed ({error}); restart the exchange once the disk is sound"
        finally:
            # Nobody may wait for ever, not even when telling a batch what became of it is what failed.
            self._refuse([*self._in_hand, *self._take(len(self._queue))], self._closed or "it ended")
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()

    def _recover(self) -> None:
        log = Log(self._connection)
        self._state = recovery.load(log)
        if self._outside is not None:
            outside.compare(log, self._state.edge.size, self._outside, self._signer.key)
        self._wrapper.reload(self._connection)
        self._publish(self._state.edge.root())
        if self._outside is not None:
            outside.write(self._outside, self._checkpoint)
            self._outside_written = self._checkpoint
        lost = recovery.dangling(log)
        at = int(self._clock() * 1000)
        for first in range(0, len(lost), MOST_IN_BATCH):
            part = lost[first : first + MOST_IN_BATCH]
            self._write([self._builder.unknown(call=one.call, at=at, request_index=one.request) for one in part])

    # Committing.

    def _drain(self) -> None:
        while self._queue:
            self._commit(self._take_batch())

    def _take(self, most: int) -> list[Item]:
        taken: list[Item] = []
        with contextlib.suppress(IndexError):
            while len(taken) < most:
                taken.append(self._queue.popleft())
        return taken

    def _take_batch(self) -> list[Item]:
        """So much that nobody waits long for its commit, however many persons the entries name."""
        taken: list[Item] = []
        room = MOST_COMMITMENTS_IN_BATCH
        with contextlib.suppress(IndexError):
            while len(taken) < MOST_IN_BATCH:
                room -= len(self._queue[0][0].private.commitments)
                if taken and room < 0:
                    break
                taken.append(self._queue.popleft())
        return taken

    def _commit(self, items: list[Item]) -> None:
        self._in_hand = items
        fresh = self._without_repeated_changes([item for item in items if _still_meant(*item)])
        try:
            indices = self._write([entry for entry, _ in fresh]) if fresh else []
        except Exception as error:
            self._refuse(fresh, _describe(error))
            self._survive(error)
            return
        size = self._size
        committed = [(*item, Committed(at, size)) for item, at in zip(fresh, indices, strict=True)]
        _resolve(committed, self._late)
        self._in_hand = []

    def _late(self, entry: Entry, committed: Committed) -> None:
        if self.on_late is not None:
            self.on_late(entry, committed)

    def _without_repeated_changes(self, items: list[Item]) -> list[Item]:
        last, fresh, repeated = self._state.last_change, [], []
        for item in items:
            change = item[0].change
            if change is not None and change <= last:
                repeated.append(item)
                continue
            last = last if change is None else change
            fresh.append(item)
        if repeated:
            _resolve([(*item, AlreadyLogged(f"change {item[0].change} is recorded")) for item in repeated])
        return fresh

    def _write(self, entries: Sequence[Entry]) -> list[int]:
        """Commit, then sign. On any error nothing of it counts and the state must be loaded again."""
        self._connection.execute("BEGIN IMMEDIATE")
        indices, written = batch.write(self._connection, self._state, self._secrets, entries)
        self._connection.execute("COMMIT")
        if written.openings:
            self._wrapper.add(written.first, written.openings)
        self._publish(written.root)
        self._full = None
        return indices

    def _publish(self, root: bytes) -> None:
        """Sign for what is committed."""
        size = self._state.edge.size
        self._checkpoint = self._signer.sign(Checkpoint(self.origin, size, root).text)
        self._size = size

    def _survive(self, error: Exception) -> None:
        """A full disk passes: go back to what is on the disk. After anything else nobody knows what is: end."""
        if not is_full(error):
            raise error
        self._full = _describe(error)
        roll_back(self._connection)
        self._secrets.forget()
        self._state = recovery.load(Log(self._connection))
        self._wrapper.reload(self._connection)
        self._publish(self._state.edge.root())

    def _refuse(self, items: Sequence[Item], why: str) -> None:
        _resolve([(*item, Unavailable(why)) for item in items])

    # Once a second, and when stopping.

    def _keep_house(self) -> None:
        self._next_housekeeping = time.monotonic() + HOUSEKEEPING_SECONDS
        self._write_outside()
        try:
            if self._full is not None:
                self._probe()
            while self._wrapper:
                self._wrap()
                self._drain()
        except Exception as error:
            self._survive(error)

    def _write_outside(self) -> None:
        if self._outside is None or self._outside_written == self._checkpoint:
            return
        checkpoint = self._checkpoint
        try:
            outside.write(self._outside, checkpoint)
        except OSError as error:
            self._outside_trouble = f"the outside checkpoint cannot be written to {self._outside}: {error}"
        else:
            self._outside_written, self._outside_trouble = checkpoint, None

    def _wrap(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._wrapper.wrap(self._connection, MOST_WRAPPED)
        self._connection.execute("COMMIT")

    def _probe(self) -> None:
        """See whether there is room again, since nobody may hand in entries while there is none."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("INSERT INTO tile VALUES (-1, 0, zeroblob(?))", (_PROBE,))
        self._connection.execute("DELETE FROM tile WHERE level = -1")
        self._connection.execute("COMMIT")
        self._full = None


def _describe(error: Exception) -> str:
    if is_full(error):
        return f"there is no room left on its disk ({error}); free some, it goes on by itself"
    return f"its database failed ({error})"


def _still_meant(entry: Entry, waiter: Waiter) -> bool:
    """Not if it says that a reply was released, and whoever was to release it has given up waiting."""
    return not (entry.releases and waiter.done())


Outcome = tuple[Entry, Waiter, Committed | Exception]
Late = Callable[[Entry, Committed], None]


def _ignore(_entry: Entry, _committed: Committed) -> None:
    pass


def _resolve(outcomes: Sequence[Outcome], late: Late = _ignore) -> None:
    """Tell the waiting: threads at once, each event loop with one wake-up."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Entry, asyncio.Future[Committed], Committed | Exception]]] = {}
    for entry, waiter, outcome in outcomes:
        if isinstance(waiter, asyncio.Future):
            by_loop.setdefault(waiter.get_loop(), []).append((entry, waiter, outcome))
        elif waiter.done():
            continue
        elif isinstance(outcome, Committed):
            waiter.set_result(outcome)
        else:
            waiter.set_exception(outcome)
    for loop, waiting in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop has ended; what was committed stays committed
            loop.call_soon_threadsafe(_deliver, waiting, late)


def _deliver(waiting: list[tuple[Entry, asyncio.Future[Committed], Committed | Exception]], late: Late) -> None:
    for entry, waiter, outcome in waiting:
        if waiter.done():
            if isinstance(outcome, Committed):
                late(entry, outcome)
        elif isinstance(outcome, Committed):
            waiter.set_result(outcome)
        else:
            waiter.set_exception(outcome)
