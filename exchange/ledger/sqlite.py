"""How the ledger uses SQLite: one writing connection, readers that cannot write, many rows in one statement.

Every `sqlite3` step releases the interpreter lock and must win it back from a busy event loop; so rows go in as
multi-row INSERTs, a handful of steps for a batch instead of one for each row.
"""

import errno
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

Connect = Callable[[Path], sqlite3.Connection]
Row = tuple[Any, ...]

_MOST_ROWS = 256


def connect_writing(path: Path) -> sqlite3.Connection:
    """The one connection that writes and checkpoints: WAL, every commit flushed, deleted content overwritten."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False
    )
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=ON",
        "busy_timeout=5000",
        "cache_size=-65536",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def connect_reading(path: Path) -> sqlite3.Connection:
    """A connection that can change nothing; it may be used by one thread at a time."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA query_only=ON")
    connection.execute("PRAGMA busy_timeout=5000")
    return connection


def insert(connection: sqlite3.Connection, into: str, columns: int, rows: Sequence[Row], after: str = "") -> None:
    """Insert the rows in as few statements as powers of two allow; `after` is a conflict clause."""
    at, left = 0, len(rows)
    while left:
        count = min(_MOST_ROWS, 1 << left.bit_length() - 1)
        part = rows[at : at + count]
        connection.execute(_statement(into, columns, count, after), [value for row in part for value in row])
        at, left = at + count, left - count


@cache
def _statement(into: str, columns: int, rows: int, after: str) -> str:
    row = f"({','.join('?' * columns)})"
    return f"INSERT INTO {into} VALUES {','.join([row] * rows)} {after}"  # noqa: S608 (table names of our own)


def select_in(connection: sqlite3.Connection, query: str, values: Iterable[Any]) -> list[Row]:
    """All rows of `query`, which ends in `IN`, for these values."""
    wanted = list(values)
    found: list[Row] = []
    for at in range(0, len(wanted), _MOST_ROWS):
        part = wanted[at : at + _MOST_ROWS]
        found += connection.execute(f"{query} ({','.join('?' * len(part))})", part).fetchall()
    return found


def roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def is_full(error: Exception) -> bool:
    """Whether there was no room: nothing was written, and the same write may succeed later."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
