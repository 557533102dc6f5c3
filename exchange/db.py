"""The exchange's own database: one writing connection, many reading ones, migrations, and the lock on the directory.

SQLite means one process (design: with two, the ledger's single-writer rule breaks), so the directory is locked.
"""

import fcntl
import os
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event

from exchange import revisions

MIGRATIONS = Path(__file__).parent / "migrations" / "exchange"


class DirectoryInUse(RuntimeError):
    """Another process works on this data directory."""


class DanglingRows(RuntimeError):
    """A migration would leave rows that refer to nothing; it was rolled back."""

    def __init__(self, tables: set[str]) -> None:
        named = ", ".join(sorted(tables))
        super().__init__(f"the database was left as it was: rows of {named} would refer to what is not there any more")


class DirectoryLock:
    """An exclusive lock on a data directory, released when the process ends, however it ends."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "lock"
        self._handle: int | None = None

    def acquire(self) -> None:
        """Raises `DirectoryInUse` when another process holds it."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 32).decode("ascii", "replace").strip()
            os.close(handle)
            raise DirectoryInUse(
                f"{self._path.parent} is in use by process {holder or 'unknown'}; on SQLite one process owns the data: "
                "stop the other one, or name another directory with HUTONG_DATA"
            ) from None
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        self._handle = handle

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def writing_engine(path: Path) -> Engine:
    """An engine of exactly one connection; every transaction takes the write lock at its beginning."""
    return _engine(path, "BEGIN IMMEDIATE", pool_size=1, max_overflow=0, pool_timeout=10)


def reading_engine(path: Path) -> Engine:
    """An engine whose connections cannot change anything."""
    return _engine(path, "BEGIN", pragmas=("query_only=ON",), pool_size=8, max_overflow=32)


def _engine(path: Path, begin: str, pragmas: tuple[str, ...] = (), **pool: Any) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False, "timeout": 10}, **pool)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin and end where we say, not where the driver guesses
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", *pragmas):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    @event.listens_for(engine, "checkin")
    def end(connection: Any, _record: Any) -> None:
        if connection is not None and connection.in_transaction:  # its COMMIT failed, which ends nothing by itself
            connection.rollback()

    return engine


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest revision, wholly or not at all. Raises DanglingRows.

    SQLite cannot alter most of a table, so migrations make it anew, which rows that refer to it would forbid: foreign
    keys are not enforced while the schema changes, and all of them are checked before it is committed. The pragma
    works outside transactions only, hence on the driver's own connection.
    """
    with engine.connect() as connection:
        if revisions.is_newest(connection, MIGRATIONS):
            return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                if dangling := connection.exec_driver_sql("PRAGMA foreign_key_check").all():
                    raise DanglingRows({str(row[0]) for row in dangling})
        finally:
            driver.execute("PRAGMA foreign_keys=ON")
