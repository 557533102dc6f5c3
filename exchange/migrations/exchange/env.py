"""Alembic's environment for exchange.db. The connection is given by `exchange.db.migrate`."""

from typing import Any, Literal

from alembic import context
from sqlmodel import AutoString, SQLModel

from exchange import tables


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """SQLModel's string is a plain one in the database."""
    return "sa.String()" if kind == "type" and isinstance(item, AutoString) else False


assert tables.ALL  # every table must be known before autogenerate compares
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=render,
)
with context.begin_transaction():
    context.run_migrations()
