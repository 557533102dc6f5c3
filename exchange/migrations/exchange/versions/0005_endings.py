"""Let versions outlive a registration that is given up, and announce the day on which a dataset is withdrawn"""

import sqlalchemy as sa
from alembic import op

from standards.columns import Json, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("dataset_version") as table:
        table.drop_constraint(op.f("fk_dataset_version_dataset_id"), type_="foreignkey")
    with op.batch_alter_table("dataset") as table:
        table.add_column(sa.Column("withdraws_at", UtcDateTime(), nullable=True))
        table.add_column(sa.Column("withdrawal_reason", Json(), nullable=True))
        table.create_index(op.f("ix_dataset_withdraws_at"), ["withdraws_at"])


def downgrade() -> None:
    """Versions of what was given up have no dataset to belong to: they go."""
    with op.batch_alter_table("dataset") as table:
        table.drop_index(op.f("ix_dataset_withdraws_at"))
        table.drop_column("withdrawal_reason")
        table.drop_column("withdraws_at")
    op.execute("DELETE FROM dataset_version WHERE dataset_id NOT IN (SELECT id FROM dataset)")
    with op.batch_alter_table("dataset_version") as table:
        table.create_foreign_key(op.f("fk_dataset_version_dataset_id"), "dataset", ["dataset_id"], ["id"])
