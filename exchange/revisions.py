"""Which revision a database is at. Alembic is loaded by who changes one: 10 MB that a server needs once a release."""

from pathlib import Path

from sqlalchemy import Connection, inspect


def newest(migrations: Path) -> str:
    """The revision of the last script, which its file's name begins with: `0004_versions.py`."""
    return max(script.name for script in (migrations / "versions").glob("[0-9]*_*.py")).partition("_")[0]


def is_newest(connection: Connection, migrations: Path) -> bool:
    """Whether the database is at just that revision; an empty one is at none."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all() == [newest(migrations)]
