"""What the published things have in common: a slug, a version, and that they never change."""

from typing import TypeVar

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from standards import paging
from standards.models import CodeList, DataElement, Interface, Standard

Row = TypeVar("Row", CodeList, DataElement, Interface, Standard)


class AlreadyPublished(ValueError):
    """The version exists. Published versions never change."""

    def __init__(self, slug: str, version: str) -> None:
        super().__init__(f"{slug} {version} is already published and cannot change: publish under the next version")


def find(session: Session, table: type[Row], slug: str, version: str | None) -> Row | None:
    """One version, or the highest by the numbers of semantic versioning."""
    query = select(table).where(col(table.slug) == slug)
    if version is not None:
        return session.exec(query.where(col(table.version) == version)).first()
    return max(session.exec(query).all(), key=lambda row: _order(row.version), default=None)


def add(session: Session, row: Row) -> Row:
    """Raises AlreadyPublished, also when another session was quicker (the caller then rolls back)."""
    if find(session, type(row), row.slug, row.version) is not None:
        raise AlreadyPublished(row.slug, row.version)
    session.add(row)
    try:
        session.flush()
    except IntegrityError:
        raise AlreadyPublished(row.slug, row.version) from None
    return row


def page(session: Session, table: type[Row], limit: int, cursor: str | None) -> tuple[list[Row], str | None]:
    """Rows in the order of their publication, and the cursor of the next page; raises paging.InvalidCursor."""
    return paging.page(session, select(table), [col(table.id)], limit=limit, cursor=cursor)


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
