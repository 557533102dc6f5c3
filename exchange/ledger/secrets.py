"""Keys of the ledger that live in its database, sealed under the key-encryption key: search, call keys, subjects.

Each month (UTC) has a secret of its own, made when its first entry is written. Search tokens begin with the month, so
that new ones are inserted side by side, and destroying a month's secret makes its tokens meaningless.
"""

import hmac
import os
import sqlite3
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from exchange.randomness import fresh

_MOST_TOKENS = 4096


class Cipher(Protocol):
    """Encrypts under the key-encryption key; what was sealed for one context does not open for another."""

    def seal(self, plaintext: bytes, context: bytes) -> bytes: ...

    def open(self, sealed: bytes, context: bytes) -> bytes: ...


class Month:
    """The keys of one month, `[first, last)` in epoch ms: for search tokens and for the digest keys of calls."""

    __slots__ = ("_aead", "_frequent", "_key", "_prefix", "first", "last")

    def __init__(self, number: int, secret: bytes) -> None:
        self._prefix = number.to_bytes(2, "big")
        self._key = hmac.digest(secret, b"search", "sha256")
        self._frequent: dict[tuple[str, str], bytes] = {}
        self.first, self.last = month_start(number), month_start(number + 1)
        self._aead = AESGCM(hmac.digest(secret, b"digest keys", "sha256"))

    def token(self, kind: str, value: str) -> bytes:
        """14 bytes: the month, then 12 of keyed BLAKE2b (RFC 7693), which costs a third of HMAC-SHA-256."""
        return self._prefix + blake2b(f"{kind}\n{value}".encode(), digest_size=12, key=self._key).digest()

    def frequent_token(self, kind: str, value: str) -> bytes:
        """`token`, remembered: for terms that come again and again and are no secret."""
        found = self._frequent.get((kind, value))
        if found is None:
            if len(self._frequent) >= _MOST_TOKENS:
                self._frequent.clear()
            found = self._frequent[kind, value] = self.token(kind, value)
        return found

    def seal_digest_key(self, call: bytes, key: bytes) -> bytes:
        nonce = fresh()[:12]
        return nonce + self._aead.encrypt(nonce, key, call)

    def open_digest_key(self, call: bytes, sealed: bytes) -> bytes:
        return self._aead.decrypt(sealed[:12], sealed[12:], call)


class Secrets:
    """Reads the secrets of one ledger and, in the writer's transaction, makes those that are missing."""

    def __init__(self, cipher: Cipher) -> None:
        self.cipher = cipher
        self._months: dict[int, Month] = {}
        self._latest: Month | None = None
        self._subjects: bytes | None = None

    def forget(self) -> None:
        """Drop what is remembered: the transaction that made it may not have been committed."""
        self._months.clear()
        self._latest = None
        self._subjects = None

    def month(self, connection: sqlite3.Connection, at: int) -> Month:
        """The keys of the month of `at` (epoch ms), made when missing."""
        if self._latest is not None and self._latest.first <= at < self._latest.last:
            return self._latest
        number = month_number(at)
        found = self._months.get(number)
        if found is None:
            secret = self._read(connection, f"month:{number}") or self._make(connection, f"month:{number}")
            found = self._months[number] = Month(number, secret)
        self._latest = found
        return found

    def past_months(self, connection: sqlite3.Connection, since: int, until: int) -> list[Month]:
        """The months that overlap `[since, until)`, newest first; those without entries have no keys."""
        rows = connection.execute("SELECT name FROM secret WHERE name LIKE 'month:%'").fetchall()
        numbers = sorted((int(name.partition(":")[2]) for (name,) in rows), reverse=True)
        first, last = month_number(since), month_number(until)
        return [self.month(connection, month_start(number)) for number in numbers if first <= number <= last]

    def subject_token(self, connection: sqlite3.Connection, kind: str, identifier: str) -> bytes:
        """16 bytes by which the key of a subject is found, the same in every month."""
        if self._subjects is None:
            self._subjects = self._read(connection, "subjects") or self._make(connection, "subjects")
        return blake2b(f"{kind}\n{identifier}".encode(), digest_size=16, key=self._subjects).digest()

    def _read(self, connection: sqlite3.Connection, name: str) -> bytes | None:
        row = connection.execute("SELECT sealed FROM secret WHERE name = ?", (name,)).fetchone()
        return None if row is None else self.cipher.open(row[0], f"ledger:{name}".encode())

    def _make(self, connection: sqlite3.Connection, name: str) -> bytes:
        secret = os.urandom(32)
        sealed = self.cipher.seal(secret, f"ledger:{name}".encode())
        connection.execute("INSERT INTO secret VALUES (?, ?)", (name, sealed))
        return secret


def month_number(at: int) -> int:
    """Months since January 1970 (UTC) of an epoch time in milliseconds."""
    when = datetime.fromtimestamp(at / 1000, UTC)
    return (when.year - 1970) * 12 + when.month - 1


def month_start(number: int) -> int:
    """The epoch milliseconds at which the month begins."""
    return int(datetime(1970 + number // 12, number % 12 + 1, 1, tzinfo=UTC).timestamp() * 1000)
