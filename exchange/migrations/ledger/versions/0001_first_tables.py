"""The ledger's first tables, and the head of an empty log."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "entry",
        sa.Column("idx", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_entry_at", "entry", ["at"])
    op.create_table(
        "tile",
        sa.Column("level", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("n", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
    )
    head = op.create_table(
        "head",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("last_change", sa.Integer(), nullable=False),
        sa.Column("oldest_open", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_head_single"),
    )
    op.bulk_insert(
        head, [{"id": 1, "size": 0, "root": hashlib.sha256(b"").digest(), "last_change": 0, "oldest_open": 0}]
    )
    _create_off_tree()


def _create_off_tree() -> None:
    op.create_table(
        "call",
        sa.Column("call", sa.LargeBinary(), primary_key=True),
        sa.Column("idx", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("digest_key", sa.LargeBinary()),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "term",
        sa.Column("token", sa.LargeBinary(), primary_key=True),
        sa.Column("idx", sa.Integer(), primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "usage",
        sa.Column("agreement", sa.Text(), primary_key=True),
        sa.Column("minute", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_usage_minute", "usage", ["minute"])
    op.create_table(
        "secret",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sqlite_with_rowid=False,
    )
    _create_openings()


def _create_openings() -> None:
    op.create_table(
        "pending",
        sa.Column("first", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "subject",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("token", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "opening",
        sa.Column("subject", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("first", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    raise RuntimeError("a ledger is never taken back: restore nothing, go forward")
