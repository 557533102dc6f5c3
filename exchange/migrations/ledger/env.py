"""Alembic's environment for ledger.db. The connection is given by `exchange.ledger.schema.migrate`."""

from alembic import context

from exchange.ledger import schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
