"""Make the first version of each dataset from its row"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from standards.columns import Json, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ABOUT: dict[str, Any] = {
    "category": None,
    "themes": [],
    "keywords": [],
    "formats": [],
    "languages": ["zh"],
    "sharing_mode": "interface",
    "open_class": "closed",
    "open_condition": None,
    "legislation": [],
    "licence": None,
    "contact_point": None,
    "spatial": [],
    "temporal": None,
    "source_system": None,
    "provenance": None,
    "landing_page": None,
    "derived_from": [],
    "related": [],
}
ABOUT_ITEM: dict[str, Any] = {"description": None, "data_type": None, "length": None, "open_class": None}
"""What a registration that says nothing of it has; written out, so that it stays as it was when this was written."""

DATASET = sa.table(
    "dataset",
    *(sa.column(name) for name in ("id", "department", "slug", "sharing_class", "standard", "standard_version")),
    *(sa.column(name, Json()) for name in ("title", "description", "sharing_reason", "calling_rule", "about")),
    *(sa.column(name) for name in ("update_cycle", "state", "created_by", "changed_by")),
    *(sa.column(name, UtcDateTime()) for name in ("created_at", "changed_at", "published_at")),
)
ITEM = sa.table(
    "data_item",
    *(sa.column(name) for name in ("id", "dataset_id", "path", "sharing_class", "sensitivity", "identifies")),
    sa.column("title", Json()),
    sa.column("about", Json()),
)
VERSION = sa.table(
    "dataset_version",
    *(sa.column(name) for name in ("dataset_id", "number", "stage", "created_by")),
    *(sa.column(name, Json()) for name in ("document", "reviews", "trail")),
    *(sa.column(name, UtcDateTime()) for name in ("created_at", "moved_at", "registered_at", "published_at")),
)


def upgrade() -> None:
    connection = op.get_bind()
    known = sa.select(VERSION.c.dataset_id)
    for row in connection.execute(sa.select(DATASET).where(DATASET.c.id.not_in(known))).mappings().all():
        found = connection.execute(sa.select(ITEM).where(ITEM.c.dataset_id == row["id"]).order_by(ITEM.c.id))
        items = [
            {name: item[name] for name in ("path", "title", "sharing_class", "sensitivity", "identifies")}
            | {"element": None, "authoritative": False, **ABOUT_ITEM}
            for item in found.mappings()
        ]
        connection.execute(VERSION.insert().values(**_version(row, items)))
        changed = {"about": ABOUT, "changed_at": row["changed_at"] or row["created_at"]}
        connection.execute(DATASET.update().where(DATASET.c.id == row["id"]).values(**changed))
        connection.execute(ITEM.update().where(ITEM.c.dataset_id == row["id"]).values(about=ABOUT_ITEM))


def downgrade() -> None:
    op.get_bind().execute(VERSION.delete())


def _version(row: Any, items: list[dict[str, Any]]) -> dict[str, Any]:
    """`stage` is called as the state is: draft, published or withdrawn."""
    named = (
        "department", "slug", "title", "description", "sharing_class", "sharing_reason", "standard",
        "standard_version", "calling_rule", "update_cycle",
    )  # fmt: skip
    return {
        "dataset_id": row["id"],
        "number": 1,
        "stage": row["state"],
        "document": {**{name: row[name] for name in named}, **ABOUT, "items": items},
        "reviews": [],
        "trail": [],
        "created_by": row["changed_by"] or row["created_by"],
        "created_at": row["created_at"],
        "moved_at": row["changed_at"] or row["created_at"],
        "registered_at": row["published_at"],
        "published_at": row["published_at"],
    }
