"""Keep who wrote a service, and which services a review has passed"""

import sqlalchemy as sa
from alembic import op

import standards.columns

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("service", schema=None) as batch_op:
        batch_op.add_column(sa.Column("authors", standards.columns.Json(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("approved_version", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE service SET approved_version = "
        "(SELECT version FROM dataset WHERE dataset.id = service.dataset_id AND dataset.state = 'published')"
    )


def downgrade() -> None:
    with op.batch_alter_table("service", schema=None) as batch_op:
        batch_op.drop_column("approved_version")
        batch_op.drop_column("authors")
