"""The tables of ledger.db and their migrations. Nothing else of the ledger imports SQLAlchemy.

`entry` and `tile` are the log itself, `head` the commit point; the rest stays off the tree: `call` finds a call's
entries, `term` is the search index, `usage` counts what quotas allow, `secret`, `pending`, `subject` and `opening`
hold keys and the openings of commitments, encrypted.
"""

from pathlib import Path
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    NullPool,
    Table,
    Text,
    create_engine,
    event,
)

from exchange import revisions

MIGRATIONS = Path(__file__).parent.parent / "migrations" / "ledger"

metadata = MetaData()

entry = Table(
    "entry",
    metadata,
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("at", Integer, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Index("ix_entry_at", "at"),
)
tile = Table(
    "tile",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
)
head = Table(
    "head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", Integer, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("last_change", Integer, nullable=False),
    Column("oldest_open", Integer, nullable=False),
    CheckConstraint("id = 1", name="ck_head_single"),
)
call = Table(
    "call",
    metadata,
    Column("call", LargeBinary, primary_key=True),
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("digest_key", LargeBinary),
    sqlite_with_rowid=False,
)
term = Table(
    "term",
    metadata,
    Column("token", LargeBinary, primary_key=True),
    Column("idx", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
usage = Table(
    "usage",
    metadata,
    Column("agreement", Text, primary_key=True),
    Column("minute", Integer, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    Index("ix_usage_minute", "minute"),
    sqlite_with_rowid=False,
)
secret = Table(
    "secret",
    metadata,
    Column("name", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
pending = Table(
    "pending",
    metadata,
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
)
subject = Table(
    "subject",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("token", LargeBinary, nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=False),
)
opening = Table(
    "opening",
    metadata,
    Column("subject", Integer, primary_key=True, autoincrement=False),
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)


PAGE_SIZE = 2048
"""Bytes. A commit touches about ten pages, mostly to add a row to each: half the usual size is flushed sooner."""


def migrate(path: Path) -> None:
    """Bring the file to the newest schema, making it when it is missing. Nobody else may have it open.

    All of it or, when the process ends meanwhile, nothing.
    """
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    event.listen(engine, "connect", _leave_transactions_to_us)
    event.listen(engine, "begin", _begin)
    try:
        with engine.begin() as connection:
            if revisions.is_newest(connection, MIGRATIONS):
                return
            from alembic import command
            from alembic.config import Config

            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def _leave_transactions_to_us(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins a transaction only for INSERT, UPDATE, DELETE; not for DDL
    connection.execute(f"PRAGMA page_size={PAGE_SIZE}")  # of a new file; an old one keeps its own


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
