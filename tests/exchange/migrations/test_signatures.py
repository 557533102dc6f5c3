"""A database of the release before signatures: what was agreed stands as version 1, and lives on."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine
from sqlmodel import Session, SQLModel

from exchange import tables
from exchange.db import MIGRATIONS, migrate, writing_engine
from policies import agreements, standing, versions
from policies.models import VersionState

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TERMS = (
    '{"operations": ["lookUp"], "purposes": ["newborn"], "bases": ["law-1"], "items": ["id"], '
    '"valid_from": "2026-01-01T00:00:00+08:00", "valid_until": "2026-12-31T00:00:00+08:00"}'
)
ROWS = [("agr-draft", "draft", None, None), ("agr-active", "active", "person-2", None),
        ("agr-over", "revoked", "person-2", "person-3"), ("agr-turned-down", "revoked", None, "person-3")]  # fmt: skip


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    made = writing_engine(tmp_path / "exchange.db")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with made.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            config.attributes["connection"] = connection
            command.upgrade(config, "0004")
            at = "'2026-11-20 09:00:00.000000'"
            for id, state, activated, revoked in ROWS:
                connection.exec_driver_sql(
                    "INSERT INTO agreement (id, application_id, service_id, version, terms, state, drafted_by, "
                    "drafted_at, activated_by, activated_at, revoked_by, revoked_at, revoked_reason) VALUES "
                    f"(?, 'a/b', 'c/d', 1, ?, ?, 'person-1', {at}, ?, {at if activated else 'NULL'}, ?, "
                    f"{at if revoked else 'NULL'}, NULL)",
                    (id, TERMS, state, activated, revoked),
                )
            connection.exec_driver_sql(
                "INSERT INTO department (slug, name, credit_code, contact, active, revision, created_at, created_by) "
                f"VALUES ('a', '{{}}', '1', 'x', 1, 1, {at}, 'p'), ('c', '{{}}', '2', 'x', 1, 1, {at}, 'p')"
            )
            connection.exec_driver_sql(
                "INSERT INTO application (id, department, slug, name, created_at, created_by) "
                f"VALUES ('a/b', 'a', 'b', '{{}}', {at}, 'p')"
            )
            connection.exec_driver_sql(
                "INSERT INTO dataset (id, department, slug, title, description, sharing_class, update_cycle, state, "
                f"revision, version, about, created_at, created_by) VALUES ('c/d', 'c', 'd', '{{}}', '{{}}', "
                f"'conditional', 'daily', 'draft', 1, 1, '{{}}', {at}, 'p')"
            )
            connection.exec_driver_sql(
                "INSERT INTO service (id, department, slug, dataset_id, title, connector, address, revision, "
                f"created_at, created_by) VALUES ('c/d', 'c', 'd', 'c/d', '{{}}', 'rest', 'x', 1, {at}, 'p')"
            )
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")
    yield made
    made.dispose()


def test_what_was_agreed_before_is_version_1_and_goes_on(engine):
    migrate(engine)
    with Session(engine) as session:
        found = {}
        for id, *_ in ROWS:
            row, version = agreements.fetch(session, id), versions.fetch(session, id, 1)
            assert (version.terms, version.signatures) == (row.terms, [])
            assert row.valid_until == datetime(2026, 12, 30, 16, tzinfo=UTC)
            found[id] = (version.state, row.revision, row.changed_by)
        assert found == {
            "agr-draft": (VersionState.PROPOSED, 1, "person-1"),
            "agr-active": (VersionState.IN_FORCE, 2, "person-2"),
            "agr-over": (VersionState.IN_FORCE, 3, "person-3"),
            "agr-turned-down": (VersionState.DISCARDED, 3, "person-3"),
        }
        assert [row.id for row in agreements.active(session)] == ["agr-active"]
        assert standing.overdue(session, NOW) == []


def test_the_schema_is_the_models(engine):
    migrate(engine)
    assert tables.ALL
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, SQLModel.metadata)
        assert [one for one in found if "agreement" in str(one)] == []
