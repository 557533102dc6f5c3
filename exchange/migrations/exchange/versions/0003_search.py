"""Make the full-text index of the catalog"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE VIRTUAL TABLE search_text USING fts5("
        "title, keywords, names, items, description, facets, tokenize='ascii', prefix='1 3')"
    )
    op.execute("CREATE VIRTUAL TABLE search_word USING fts5vocab(search_text, 'row')")


def downgrade() -> None:
    op.execute("DROP TABLE search_word")
    op.execute("DROP TABLE search_text")
