"""The migrations make exactly the tables that are declared, all of them or none."""

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from exchange.ledger import schema


def test_migrated_and_declared_tables_agree(empty_ledger: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{empty_ledger}", poolclass=sa.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
    engine.dispose()


def test_rowids_are_as_declared(tmp_path: Path, empty_ledger: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/declared.db", poolclass=sa.NullPool)
    schema.metadata.create_all(engine)
    query = "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE '%version'"
    tables = [set(sqlite3.connect(path).execute(query)) for path in (tmp_path / "declared.db", empty_ledger)]
    assert tables[0] == tables[1]


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    schema.migrate(tmp_path / "100% ledger.db")
    before = (tmp_path / "100% ledger.db").read_bytes()
    schema.migrate(tmp_path / "100% ledger.db")
    assert (tmp_path / "100% ledger.db").read_bytes() == before


class Interrupted(BaseException):
    """As if the process were killed."""


def statements(path: Path, stop_before: int) -> int:
    """Migrate, at most up to this statement; returns how many began."""
    seen = 0

    def count(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == stop_before:
            raise Interrupted

    with contextlib.suppress(Interrupted):
        sa.event.listen(sa.Engine, "before_cursor_execute", count)
        try:
            schema.migrate(path)
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", count)
    return seen


def test_an_interrupted_migration_leaves_nothing_and_is_done_again(tmp_path: Path, empty_ledger: Path) -> None:
    total = statements(tmp_path / "whole.db", 0)
    assert total > 15
    for stop_before in range(1, total + 1):
        path = tmp_path / f"{stop_before}.db"
        assert statements(path, stop_before) == stop_before
        assert sqlite3.connect(path).execute("SELECT name FROM sqlite_master").fetchall() == []
        schema.migrate(path)
        assert list(sqlite3.connect(path).iterdump()) == list(sqlite3.connect(empty_ledger).iterdump())


def test_the_writer_and_the_verifier_need_no_sqlalchemy() -> None:
    code = "import exchange.ledger.writer, exchange.ledger.verify, sys; assert 'sqlalchemy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
