"""One batch of entries in one transaction: the rows of the log, of the search index and of everything kept off-tree.

HeadMoved(RuntimeError)   somebody else wrote to the log
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence

from exchange.ledger.entries import CALL_KINDS, Entry
from exchange.ledger.merkle import leaf_hash
from exchange.ledger.openings import Opening, store_pending
from exchange.ledger.secrets import Month, Secrets
from exchange.ledger.sqlite import Row, insert
from exchange.ledger.tiles import Edge

_COUNT_ON = "ON CONFLICT DO UPDATE SET count = count + excluded.count"


class HeadMoved(RuntimeError):
    """The head of the log is not where this writer left it: a second process writes to the same file."""


class State:
    """What the writer knows of the log: its growing edge, the last change in it, the requests without an end."""

    __slots__ = ("edge", "last_change", "open_requests")

    def __init__(self, edge: Edge, last_change: int) -> None:
        self.edge = edge
        self.last_change = last_change
        self.open_requests: dict[int, None] = {}

    @property
    def oldest_open(self) -> int:
        """No request before this index lacks its end."""
        return next(iter(self.open_requests), self.edge.size)


class Batch:
    """Collects the rows of one batch. `connection` must be inside its transaction: month keys may have to be made."""

    def __init__(self, connection: sqlite3.Connection, state: State, secrets: Secrets) -> None:
        self._connection = connection
        self._state = state
        self._secrets = secrets
        self.first = state.edge.size
        self.root = b""
        self.openings: list[Opening] = []
        self._entries: list[Row] = []
        self._tiles: list[Row] = []
        self._calls: list[Row] = []
        self._terms: set[Row] = set()
        self._usage: Counter[tuple[str, int]] = Counter()

    def add(self, entry: Entry) -> int:
        """Assign the next index."""
        index = self._state.edge.size
        self._tiles += self._state.edge.append(leaf_hash(entry.leaf))
        self._entries.append((index, entry.at, entry.leaf))
        month = self._secrets.month(self._connection, entry.at)
        self._index(entry, month, index)
        self._open(entry, month, index)
        if entry.usage is not None:
            self._usage[entry.usage] += 1
        if entry.change is not None:
            self._state.last_change = entry.change
        if entry.kind == "request":
            self._state.open_requests[index] = None
        elif entry.request is not None:
            self._state.open_requests.pop(entry.request, None)
        return index

    def _index(self, entry: Entry, month: Month, index: int) -> None:
        """Terms point to the first entry of their call, so that request and reply are found together."""
        private, first = entry.private, index if entry.request is None else entry.request
        for kind, value in private.terms:
            token = month.token(kind, value) if kind == "case" else month.frequent_token(kind, value)
            self._terms.add((token, first))
        if entry.kind not in CALL_KINDS:
            self._terms.add((month.frequent_token("type", entry.kind), first))
        if private.call is not None:
            key = None if private.digest_key is None else month.seal_digest_key(private.call, private.digest_key)
            self._calls.append((private.call, index, key))

    def _open(self, entry: Entry, month: Month, index: int) -> None:
        first = index if entry.request is None else entry.request
        for position, one in enumerate(entry.private.commitments):
            self._terms.add((month.token(one.kind, one.identifier), first))
            token = self._secrets.subject_token(self._connection, one.kind, one.identifier)
            self.openings.append(Opening(token, index, position, one.r))

    def write(self) -> None:
        """All rows, then the head by compare-and-set. Raises HeadMoved, sqlite3.Error."""
        connection = self._connection
        insert(connection, "entry", 3, self._entries)
        insert(connection, "tile", 3, self._tiles)
        insert(connection, "call", 3, self._calls)
        insert(connection, "term", 2, sorted(self._terms), "ON CONFLICT DO NOTHING")
        insert(connection, "usage", 3, [(*key, count) for key, count in self._usage.items()], _COUNT_ON)
        if self.openings:
            store_pending(connection, self._secrets.cipher, self.first, self.openings)
        state = self._state
        self.root = state.edge.root()
        moved = connection.execute(
            "UPDATE head SET size = ?, root = ?, last_change = ?, oldest_open = ? WHERE id = 1 AND size = ?",
            (state.edge.size, self.root, state.last_change, state.oldest_open, self.first),
        )
        if moved.rowcount != 1:
            raise HeadMoved("the ledger's head was moved by another writer: only one process may use a data directory")


def write(
    connection: sqlite3.Connection, state: State, secrets: Secrets, entries: Sequence[Entry]
) -> tuple[list[int], Batch]:
    """Write the entries in the caller's transaction; returns their indices and the batch."""
    batch = Batch(connection, state, secrets)
    indices = [batch.add(entry) for entry in entries]
    batch.write()
    return indices, batch
