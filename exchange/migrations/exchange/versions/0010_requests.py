"""Keep access requests and standing offers"""

import sqlalchemy as sa
from alembic import op

from standards.columns import Json, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_request",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("service_id", sa.String(), nullable=False),
        sa.Column("consumer", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("asked", Json(), nullable=False),
        sa.Column("sharing_class", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("authors", Json(), nullable=False),
        sa.Column("trail", Json(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("submitted_by", sa.String(), nullable=True),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.Column("returned", Json(), nullable=True),
        sa.Column("answer", Json(), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("offer_id", sa.String(), nullable=True),
        sa.Column("agreement_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name=op.f("fk_access_request_application_id")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_access_request_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_request")),
    )
    op.create_index(op.f("ix_access_request_agreement_id"), "access_request", ["agreement_id"], unique=False)
    op.create_index(op.f("ix_access_request_application_id"), "access_request", ["application_id"], unique=False)
    op.create_index(op.f("ix_access_request_consumer"), "access_request", ["consumer"], unique=False)
    op.create_index(op.f("ix_access_request_provider"), "access_request", ["provider"], unique=False)
    op.create_index(op.f("ix_access_request_service_id"), "access_request", ["service_id"], unique=False)
    op.create_index(op.f("ix_access_request_state"), "access_request", ["state"], unique=False)
    op.create_index(op.f("ix_access_request_submitted_at"), "access_request", ["submitted_at"], unique=False)
    op.create_table(
        "standing_offer",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("service_id", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("terms", Json(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("published_by", sa.String(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_standing_offer_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_offer")),
    )
    op.create_index(op.f("ix_standing_offer_provider"), "standing_offer", ["provider"], unique=False)
    op.create_index(op.f("ix_standing_offer_service_id"), "standing_offer", ["service_id"], unique=False)


def downgrade() -> None:
    op.drop_table("standing_offer")
    op.drop_table("access_request")
