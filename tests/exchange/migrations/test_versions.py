"""A database of the release before versions: every dataset gets its first version, and lives on."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine
from sqlmodel import Session

from catalog import datasets, versions
from catalog.models import DatasetDraft, DatasetState, Stage
from exchange.db import MIGRATIONS, migrate, writing_engine

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ROW = (
    "INSERT INTO dataset (id, department, slug, title, description, sharing_class, sharing_reason, standard, "
    "standard_version, calling_rule, update_cycle, state, revision, created_at, created_by, changed_at, changed_by, "
    "published_at) VALUES (?, 'health', ?, '{{\"en\": \"People\"}}', '{{\"en\": \"All.\"}}', 'conditional', "
    "'{{\"en\": \"why\"}}', NULL, NULL, {rule}, 'daily', ?, 3, '2026-11-20 09:00:00.000000', 'person-1', {changed}, ?)"
)
RULE = (
    '\'{"purposes": ["newborn"], "bases": ["law-1"], "quota": null, "case_required": true, "actor_required": true, '
    '"masks": {"id": "nullify"}}\''
)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """Filled as the first release would have."""
    made = writing_engine(tmp_path / "exchange.db")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with made.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    with made.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO department (slug, name, credit_code, contact, active, revision, created_at, created_by) "
            "VALUES ('health', '{\"en\": \"Health\"}', '1', 'desk', 1, 1, '2026-11-20 09:00:00.000000', 'person-1')"
        )
        changed = "'2026-11-21 09:00:00.000000', 'person-2'"
        for slug, state, published in (
            ("open", "published", "2026-11-21 09:00:00.000000"),
            ("gone", "withdrawn", "2026-11-21 09:00:00.000000"),
            ("new", "draft", None),
        ):
            row = ROW.format(rule=RULE, changed=changed if state != "draft" else "NULL, NULL")
            connection.exec_driver_sql(row, (f"health/{slug}", slug, state, published))
            connection.exec_driver_sql(
                "INSERT INTO data_item (dataset_id, path, title, sharing_class, sensitivity, identifies) "
                "VALUES (?, 'id', '{\"en\": \"Id\"}', 'conditional', 3, 'person')",
                (f"health/{slug}",),
            )
    yield made
    made.dispose()


def test_every_dataset_of_the_release_before_has_a_version_that_says_what_its_row_says(engine):
    migrate(engine)
    with Session(engine) as session:
        for slug, stage in (("open", Stage.PUBLISHED), ("gone", Stage.WITHDRAWN), ("new", Stage.DRAFT)):
            row = datasets.fetch(session, f"health/{slug}")
            version = versions.fetch(session, row.id, row.version)
            assert (version.stage, version.published_at) == (stage, row.published_at)
            draft = DatasetDraft.model_validate(version.document)
            assert draft.model_dump(mode="json") == version.document, "as a registration of today writes it"
            assert (draft.title, draft.calling_rule.masks) == (row.title, {"id": "nullify"})
            assert [item.path for item in draft.items] == ["id"]
            assert row.about == {name: version.document[name] for name in row.about}
            assert row.changed_at is not None


def test_what_was_published_before_is_revised_beside_itself(engine):
    migrate(engine)
    with Session(engine) as session:
        row = datasets.fetch(session, "health/open")
        draft = DatasetDraft.model_validate(versions.fetch(session, row.id, 1).document)
        assert datasets.revise(session, row.id, draft, 3, "person-1", NOW).revision == 3, "nothing differs"
        datasets.revise(session, row.id, draft.model_copy(update={"keywords": ["people"]}), 3, "person-1", NOW)
        assert (row.state, row.about["keywords"]) == (DatasetState.PUBLISHED, [])
        assert versions.pending(session, row.id).number == 2
        assert datasets.withdraw(session, "health/open", "person-1", NOW).state == DatasetState.WITHDRAWN


def test_what_was_a_draft_goes_on(engine):
    migrate(engine)
    with Session(engine) as session:
        row = datasets.fetch(session, "health/new")
        assert datasets.mark_published(session, row, "person-2", NOW).state == DatasetState.PUBLISHED
        assert len(datasets.items(session, row.id)) == 1
