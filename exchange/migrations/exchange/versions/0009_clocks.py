"""Keep deadlines, calendars and profiles of clocks"""

import sqlalchemy as sa
from alembic import op

from standards.columns import Json, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_year",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("holidays", Json(), nullable=False),
        sa.Column("workdays", Json(), nullable=False),
        sa.Column("imported_by", sa.String(), nullable=False),
        sa.Column("imported_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_calendar_year")),
    )
    op.create_table(
        "clock_profile",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("document", Json(), nullable=False),
        sa.Column("registered_by", sa.String(), nullable=False),
        sa.Column("registered_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_profile")),
    )
    op.create_table(
        "chosen_profile",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("chosen_by", sa.String(), nullable=False),
        sa.Column("chosen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chosen_profile")),
    )
    op.create_table(
        "deadline",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("clock", sa.String(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("due_on", sa.String(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("assumed", sa.Boolean(), nullable=False),
        sa.Column("pauses", Json(), nullable=False),
        sa.Column("most_extension", sa.Integer(), nullable=True),
        sa.Column("extension", Json(), nullable=True),
        sa.Column("reminders", Json(), nullable=False),
        sa.Column("remind_at", UtcDateTime(), nullable=True),
        sa.Column("reminded", Json(), nullable=False),
        sa.Column("escalated_at", UtcDateTime(), nullable=True),
        sa.Column("met_at", UtcDateTime(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=True),
        sa.Column("stopped_at", UtcDateTime(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline")),
    )
    op.create_index(op.f("ix_deadline_clock"), "deadline", ["clock"], unique=False)
    op.create_index(op.f("ix_deadline_department"), "deadline", ["department"], unique=False)
    op.create_index(op.f("ix_deadline_due_at"), "deadline", ["due_at"], unique=False)
    op.create_index(op.f("ix_deadline_remind_at"), "deadline", ["remind_at"], unique=False)
    op.create_index(op.f("ix_deadline_subject_id"), "deadline", ["subject_id"], unique=False)
    op.create_index(op.f("ix_deadline_subject_kind"), "deadline", ["subject_kind"], unique=False)


def downgrade() -> None:
    op.drop_table("deadline")
    op.drop_table("chosen_profile")
    op.drop_table("clock_profile")
    op.drop_table("calendar_year")
