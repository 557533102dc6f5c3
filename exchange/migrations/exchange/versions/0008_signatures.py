"""Keep versions and signatures of agreements; what was agreed before stands as version 1, unsigned"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from standards.columns import Json, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

AGREEMENT = sa.table(
    "agreement",
    *(sa.column(name) for name in ("id", "version", "state", "drafted_by", "activated_by", "revoked_by")),
    *(sa.column(name) for name in ("revision", "changed_by")),
    *(sa.column(name, UtcDateTime()) for name in ("drafted_at", "activated_at", "revoked_at", "changed_at")),
    *(sa.column(name, UtcDateTime()) for name in ("valid_until", "ended_at")),
    sa.column("terms", Json()),
)
VERSION = sa.table(
    "agreement_version",
    *(sa.column(name) for name in ("agreement_id", "number", "state", "drafted_by", "activated_by")),
    *(sa.column(name, UtcDateTime()) for name in ("drafted_at", "activated_at", "superseded_at")),
    *(sa.column(name, Json()) for name in ("terms", "signatures")),
)
STATES = {"draft": "proposed", "active": "in-force"}


def upgrade() -> None:
    op.create_table(
        "agreement_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("terms", Json(), nullable=False),
        sa.Column("signatures", Json(), nullable=False),
        sa.Column("drafted_by", sa.String(), nullable=False),
        sa.Column("drafted_at", UtcDateTime(), nullable=False),
        sa.Column("activated_by", sa.String(), nullable=True),
        sa.Column("activated_at", UtcDateTime(), nullable=True),
        sa.Column("superseded_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_agreement_version_agreement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_version")),
        sa.UniqueConstraint("agreement_id", "number", name=op.f("uq_agreement_version_agreement_id_number")),
    )
    with op.batch_alter_table("agreement_version") as batch_op:
        batch_op.create_index(batch_op.f("ix_agreement_version_agreement_id"), ["agreement_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_agreement_version_state"), ["state"], unique=False)
    with op.batch_alter_table("agreement") as batch_op:
        batch_op.add_column(sa.Column("revision", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("total", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("valid_until", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("suspended_reason", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("ended_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("changed_by", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("changed_at", UtcDateTime(), nullable=True))
    _fill()
    with op.batch_alter_table("agreement") as batch_op:
        batch_op.alter_column("revision", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("valid_until", existing_type=UtcDateTime(), nullable=False)
        batch_op.alter_column("changed_by", existing_type=sa.String(), nullable=False)
        batch_op.alter_column("changed_at", existing_type=UtcDateTime(), nullable=False)
        batch_op.create_index(batch_op.f("ix_agreement_valid_until"), ["valid_until"], unique=False)


def downgrade() -> None:
    op.drop_table("agreement_version")
    with op.batch_alter_table("agreement") as batch_op:
        batch_op.drop_index(batch_op.f("ix_agreement_valid_until"))
        for name in ("changed_at", "changed_by", "ended_at", "suspended_reason", "valid_until", "total", "revision"):
            batch_op.drop_column(name)


def _fill() -> None:
    connection = op.get_bind()
    for row in connection.execute(sa.select(AGREEMENT)).mappings().all():
        changed = {
            "revision": {"draft": 1, "active": 2}.get(row["state"], 3),
            "valid_until": _moment(row["terms"]["valid_until"]) if "valid_until" in row["terms"] else row["drafted_at"],
            "ended_at": row["revoked_at"],
            "changed_by": row["revoked_by"] or row["activated_by"] or row["drafted_by"],
            "changed_at": row["revoked_at"] or row["activated_at"] or row["drafted_at"],
        }
        connection.execute(AGREEMENT.update().where(AGREEMENT.c.id == row["id"]).values(**changed))
        connection.execute(VERSION.insert().values(**_version(row)))


def _version(row: sa.RowMapping) -> dict[str, object]:
    """What was revoked before it was activated is a version given up; what was in force stays the last one in force."""
    given_up = row["state"] != "draft" and row["activated_at"] is None
    return {
        "agreement_id": row["id"],
        "number": row["version"],
        "state": "discarded" if given_up else STATES.get(row["state"], "in-force"),
        "terms": row["terms"],
        "signatures": [],
        **{name: row[name] for name in ("drafted_by", "drafted_at", "activated_by", "activated_at")},
        "superseded_at": row["revoked_at"] if given_up else None,
    }


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
