"""What the published things have in common: a slug, a version, and that they never change.

ValueError
├── AlreadyPublished   the version exists
└── TakenSlug          the slug is another department's
"""

from collections.abc import Collection
from typing import Any, TypeVar

from sqlalchemy import or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from standards import paging
from standards.mapping.models import PublishedMapping
from standards.models import Governed, Interface, Life

Row = TypeVar("Row", bound=Governed | Interface | PublishedMapping)

IN_FORCE = frozenset({Life.PUBLISHED, Life.DEPRECATED})
"""States in which a version can be referred to; what is found when nothing else is asked for."""


class AlreadyPublished(ValueError):
    """The version exists. Published versions never change."""

    def __init__(self, slug: str, version: str, state: str = Life.PUBLISHED) -> None:
        there = f"is there already as {state}" if state in (Life.DRAFT, Life.REVIEW) else "is already published"
        super().__init__(f"{slug} {version} {there} and cannot change: publish under the next version")


class TakenSlug(ValueError):
    """The slug is that of the department that published under it first, for its later versions are what others use."""

    def __init__(self, slug: str, owner: str) -> None:
        super().__init__(
            f"{slug} is published by the department {owner}, and its versions with it: choose another slug, or ask "
            f"{owner} to publish"
        )


def require_owner(session: Session, table: type[Interface] | type[PublishedMapping], slug: str, owner: str) -> None:
    """Raises TakenSlug unless the slug is free, or its first version is of this department."""
    rows = select(table.department).where(col(table.slug) == slug)
    first = session.exec(rows.order_by(col(table.id)).limit(1)).first()
    if first not in (None, owner):
        raise TakenSlug(slug, str(first))


def find(
    session: Session, table: type[Row], slug: str, version: str | None, states: Collection[str] = IN_FORCE
) -> Row | None:
    """One version; or the highest by the numbers of semantic versioning, one that is not deprecated first."""
    query = select(table).where(col(table.slug) == slug)
    if issubclass(table, Governed):
        query = query.where(col(table.state).in_(states))
    if version is not None:
        return session.exec(query.where(col(table.version) == version)).first()
    return max(session.exec(query).all(), key=_preference, default=None)


def add(session: Session, row: Row) -> Row:
    """Raises AlreadyPublished, also when another session was quicker (the caller then rolls back)."""
    known = find(session, type(row), row.slug, row.version, frozenset(Life))
    if known is not None:
        raise AlreadyPublished(row.slug, row.version, getattr(known, "state", Life.PUBLISHED))
    session.add(row)
    try:
        session.flush()
    except IntegrityError:
        raise AlreadyPublished(row.slug, row.version) from None
    return row


def page(
    session: Session,
    table: type[Row],
    limit: int,
    cursor: str | None,
    *,
    states: Collection[str] = IN_FORCE,
    slug: str | None = None,
    words: str | None = None,
    departments: Collection[str] | None = None,
    department: str | None = None,
    by_slug: bool = False,
    descending: bool = False,
) -> tuple[list[Row], str | None]:
    """Rows in the order in which they came, or by slug, and the cursor of the next page. Raises paging.InvalidCursor.

    `words` stand in the slug or the name, `department` is whose they are. Of what is not published yet only that of
    `departments` is shown; None shows all.
    """
    query = select(table)
    if issubclass(table, Governed):
        query = query.where(col(table.state).in_(states))
        if departments is not None:
            hidden = col(table.state).in_((Life.DRAFT, Life.REVIEW))
            query = query.where(or_(~hidden, col(table.department).in_(departments)))
    if slug is not None:
        query = query.where(col(table.slug) == slug)
    if department is not None:
        query = query.where(col(table.department) == department)
    if words:
        query = query.where(or_(*(text.icontains(words, autoescape=True) for text in _texts(table))))
    keys = [col(table.slug), col(table.id)] if by_slug else [col(table.id)]
    return paging.page(session, query, keys, limit=limit, cursor=cursor, descending=descending)


def in_force(session: Session, table: type[Row], slug: str, major: int) -> list[Row]:
    """The versions of one major version that can be referred to, lowest first."""
    rows = session.exec(select(table).where(col(table.slug) == slug)).all()
    kept = [row for row in rows if getattr(row, "state", Life.PUBLISHED) in IN_FORCE]
    return sorted((row for row in kept if order(row.version)[0] == major), key=lambda row: order(row.version))


def order(version: str) -> tuple[int, ...]:
    """The numbers of a version, to compare by (Semantic Versioning 2.0.0, rule 11)."""
    return tuple(int(part) for part in version.split("."))


def _preference(row: Any) -> tuple[bool, tuple[int, ...]]:
    return getattr(row, "state", Life.PUBLISHED) == Life.PUBLISHED, order(row.version)


def _texts(table: type[Row]) -> list[Any]:
    if not issubclass(table, Governed):
        return [col(table.slug)]
    name: Any = col(table.name)
    return [col(table.slug), name["zh"].as_string(), name["en"].as_string()]
