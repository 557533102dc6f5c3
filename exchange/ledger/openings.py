"""Openings of commitments (the random r) on their way from a committed batch to where a subject's key guards them.

With its batch, an opening is stored under the key-encryption key (`pending`). Off the call path it is then encrypted
under a random key of its subject (`opening`), and the pending copy is deleted and overwritten. Destroying a subject's
key cuts every link between the person and the log, and no proof breaks.
"""

import os
import sqlite3
import struct
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from exchange.ledger.secrets import Cipher
from exchange.ledger.sqlite import insert, select_in
from exchange.randomness import fresh

_PENDING = struct.Struct(">16sQI32s")
_OPENING = struct.Struct(">QI32s")
_KEYS_REMEMBERED = 8192


class Opening(NamedTuple):
    """Commitment `position` of entry `entry` belongs to the subject of `token`, with randomness `r`."""

    token: bytes
    entry: int
    position: int
    r: bytes


class Keyed(NamedTuple):
    """A subject's key and the number it is stored under."""

    number: int
    aead: AESGCM


def store_pending(connection: sqlite3.Connection, cipher: Cipher, first: int, openings: Sequence[Opening]) -> None:
    """In the transaction of the batch that begins at entry `first`."""
    packed = b"".join(_PENDING.pack(*one) for one in openings)
    connection.execute("INSERT INTO pending VALUES (?, ?)", (first, cipher.seal(packed, _context(first))))


def read_pending(connection: sqlite3.Connection, cipher: Cipher) -> Iterator[tuple[int, list[Opening]]]:
    for first, sealed in connection.execute("SELECT first, sealed FROM pending ORDER BY first").fetchall():
        packed = cipher.open(sealed, _context(first))
        yield first, [Opening(*fields) for fields in _PENDING.iter_unpack(packed)]


class Wrapper:
    """What still waits to be encrypted under its subject's key, batch by batch."""

    def __init__(self, cipher: Cipher) -> None:
        self._cipher = cipher
        self._waiting: deque[tuple[int, list[Opening]]] = deque()
        self._keys: dict[bytes, Keyed] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, first: int, openings: list[Opening]) -> None:
        """The batch that begins at entry `first` is committed."""
        self._waiting.append((first, openings))

    def reload(self, connection: sqlite3.Connection) -> None:
        """Begin again from what the database holds."""
        self._keys.clear()
        self._waiting = deque(read_pending(connection, self._cipher))

    def wrap(self, connection: sqlite3.Connection, most: int) -> None:
        """Move the oldest openings, at most `most`, in the caller's transaction; a batch may be moved in parts."""
        firsts, by_subject = [], dict[bytes, list[Opening]]()
        rest: list[Opening] = []
        while self._waiting and most:
            first, openings = self._waiting.popleft()
            firsts.append(first)
            now, rest = openings[:most], openings[most:]
            most -= len(now)
            for one in now:
                by_subject.setdefault(one.token, []).append(one)
        self._load_keys(connection, by_subject.keys() - self._keys.keys())
        rows = [_seal(self._keys[token], openings) for token, openings in by_subject.items()]
        insert(connection, "opening", 3, sorted(rows))
        connection.execute("DELETE FROM pending WHERE first >= ? AND first <= ?", (firsts[0], firsts[-1]))
        if rest:
            store_pending(connection, self._cipher, firsts[-1], rest)
            self._waiting.appendleft((firsts[-1], rest))
        if len(self._keys) > _KEYS_REMEMBERED:
            self._keys.clear()

    def _load_keys(self, connection: sqlite3.Connection, tokens: set[bytes]) -> None:
        for number, token, sealed in select_in(
            connection, "SELECT id, token, sealed FROM subject WHERE token IN", tokens
        ):
            self._keys[token] = Keyed(number, AESGCM(self._cipher.open(sealed, b"ledger:subject:" + token)))
        missing = sorted(tokens - self._keys.keys())
        if not missing:
            return
        # A destroyed key's number is not given again while openings under it remain.
        (last,) = connection.execute(
            "SELECT max(coalesce((SELECT max(id) FROM subject), 0), coalesce((SELECT max(subject) FROM opening), 0))"
        ).fetchone()
        rows = []
        for number, token in enumerate(missing, last + 1):
            key = os.urandom(32)
            self._keys[token] = Keyed(number, AESGCM(key))
            rows.append((number, token, self._cipher.seal(key, b"ledger:subject:" + token)))
        insert(connection, "subject", 3, rows)


def read_openings(connection: sqlite3.Connection, cipher: Cipher, token: bytes) -> list[Opening]:
    """Every opening of one subject, oldest first: nothing when its key was destroyed."""
    found = [one for _, batch in read_pending(connection, cipher) for one in batch if one.token == token]
    row = connection.execute("SELECT id, sealed FROM subject WHERE token = ?", (token,)).fetchone()
    if row is not None:
        key = Keyed(row[0], AESGCM(cipher.open(row[1], b"ledger:subject:" + token)))
        query = "SELECT sealed FROM opening WHERE subject = ? ORDER BY first"
        for (sealed,) in connection.execute(query, (key.number,)):
            packed = key.aead.decrypt(sealed[:12], sealed[12:], _subject_context(key))
            found += [Opening(token, *fields) for fields in _OPENING.iter_unpack(packed)]
    return sorted(found, key=lambda one: one.entry)


def _seal(key: Keyed, openings: Sequence[Opening]) -> tuple[int, int, bytes]:
    packed = b"".join(_OPENING.pack(one.entry, one.position, one.r) for one in openings)
    nonce = fresh()[:12]
    return key.number, openings[0].entry, nonce + key.aead.encrypt(nonce, packed, _subject_context(key))


def _subject_context(key: Keyed) -> bytes:
    return b"subject:%d" % key.number


def _context(first: int) -> bytes:
    return b"ledger:pending:%d" % first
