"""One process, one writer, readers that cannot write."""

import os
import sqlite3
import subprocess
import sys

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, inspect
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel

from exchange import tables
from exchange.db import (
    MIGRATIONS,
    DanglingRows,
    DirectoryInUse,
    DirectoryLock,
    migrate,
    reading_engine,
    writing_engine,
)

HOLD = """
import sys, time
from pathlib import Path
from exchange.db import DirectoryLock
lock = DirectoryLock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
time.sleep(60)
"""


def test_a_second_process_is_refused_and_told_who_holds_the_directory(tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout.readline() == b"held\n"
            with pytest.raises(DirectoryInUse, match=f"process {other.pid}.*HUTONG_DATA"):
                DirectoryLock(tmp_path).acquire()
            other.kill()
            other.wait()
            DirectoryLock(tmp_path).acquire()  # a killed process holds nothing
        finally:
            other.kill()


def test_the_lock_is_given_back_and_tells_the_holder(tmp_path):
    lock = DirectoryLock(tmp_path)
    lock.acquire()
    assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
    with pytest.raises(DirectoryInUse):
        DirectoryLock(tmp_path).acquire()
    lock.release()
    lock.release()
    DirectoryLock(tmp_path).acquire()


@pytest.fixture
def engines(tmp_path):
    writing, reading = writing_engine(tmp_path / "x.db"), reading_engine(tmp_path / "x.db")
    yield writing, reading
    writing.dispose()
    reading.dispose()


def test_a_reader_cannot_write(engines):
    writing, reading = engines
    migrate(writing)
    for statement in ("DELETE FROM department", "CREATE TABLE t (a)", "INSERT INTO origin VALUES (1, 'x')"):
        with reading.connect() as connection, pytest.raises(OperationalError, match="readonly"):
            connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("secure_delete", 1)]
)
def test_every_connection_is_durable_and_strict(engines, pragma, value):
    for engine in engines:
        with engine.connect() as connection:
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_a_write_takes_its_lock_at_once_and_readers_see_the_old_state(engines):
    writing, reading = engines
    migrate(writing)
    with writing.begin() as connection:
        connection.exec_driver_sql("INSERT INTO origin VALUES (1, 'x')")
        with reading.connect() as other:
            assert other.exec_driver_sql("SELECT count(*) FROM origin").scalar() == 0
    with reading.connect() as other:
        assert other.exec_driver_sql("SELECT count(*) FROM origin").scalar() == 1


def test_there_is_one_writing_connection(engines):
    writing, _ = engines
    assert writing.pool.size() == 1
    assert writing.pool._max_overflow == 0


def test_migrating_twice_changes_nothing(engines):
    writing, reading = engines
    migrate(writing)
    query = "SELECT sql FROM sqlite_master ORDER BY name"
    with reading.connect() as connection:
        before = connection.exec_driver_sql(query).all()
    migrate(writing)
    with reading.connect() as connection:
        assert connection.exec_driver_sql(query).all() == before


def test_the_migrations_make_the_tables_that_the_models_describe(engines):
    assert tables.ALL
    writing, _ = engines
    migrate(writing)
    found = inspect(writing)
    for name, table in SQLModel.metadata.tables.items():
        columns = {column["name"]: column["nullable"] for column in found.get_columns(name)}
        assert columns == {column.name: column.nullable for column in table.columns}, name


def test_a_commit_that_failed_leaves_no_open_transaction(engines):
    writing, _ = engines
    migrate(writing)
    commit = writing.dialect.do_commit

    def fail(_connection):
        raise sqlite3.OperationalError("database or disk is full")

    writing.dialect.do_commit = fail
    with pytest.raises(OperationalError), writing.begin() as connection:
        connection.exec_driver_sql("INSERT INTO origin VALUES (1, 'x')")
    writing.dialect.do_commit = commit
    with writing.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM origin").scalar() == 0


MOMENT = "2026-11-22 08:00:00.000000"
VALUES = {"INTEGER": 1, "BOOLEAN": 1, "VARCHAR": "x", "DATETIME": MOMENT, "JSON": "{}", "BLOB": b"x"}


def filled_at_first_revision(engine):
    """The landed schema with one row in each table, every reference kept; what stands in it, by table and column."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        metadata = MetaData()
        metadata.reflect(connection)
        tables = [table for table in metadata.sorted_tables if table.name != "alembic_version"]
        for table in tables:
            columns = ", ".join(f'"{column.name}"' for column in table.columns)
            row = [VALUES[str(column.type).partition("(")[0]] for column in table.columns]
            marks = ", ".join("?" for _ in row)
            connection.exec_driver_sql(f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})', tuple(row))
    return {table.name: [column.name for column in table.columns] for table in tables}


def rows_of(engine, tables):
    with engine.connect() as connection:
        return {
            name: connection.exec_driver_sql(
                "SELECT {} FROM {}".format(", ".join(f'"{column}"' for column in columns), f'"{name}"')
            ).all()
            for name, columns in tables.items()
        }


def test_a_filled_database_of_the_first_revision_is_brought_forward(engines):
    writing, reading = engines
    tables = filled_at_first_revision(writing)
    before = rows_of(reading, tables)
    assert len(tables) > 12
    migrate(writing)
    assert rows_of(reading, tables) == before
    with reading.connect() as connection:
        for table in ("data_element", "code_list", "standard"):
            row = connection.exec_driver_sql(f"SELECT state, revision, history, deprecation FROM {table}").one()
            assert row == ("published", 1, "[]", None)
        assert connection.exec_driver_sql("SELECT compatibility FROM standard").scalar() == "directional"
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    with writing.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_rows_that_refer_to_nothing_stop_the_migration(engines):
    writing, reading = engines
    tables = filled_at_first_revision(writing)
    with writing.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            connection.exec_driver_sql("DELETE FROM department")
    before = rows_of(reading, tables)
    with pytest.raises(DanglingRows, match="application, client, dataset"):
        migrate(writing)
    assert rows_of(reading, tables) == before
    with reading.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "0001"
    with writing.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
