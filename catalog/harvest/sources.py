"""Sources of the harvest: registered and revised by operators.

LookupError
└── UnknownSource
ValueError                (catalog.registration)
├── AlreadyRegistered
├── InvalidRegistration
└── Outdated
"""

import re
from datetime import datetime
from urllib.parse import urlsplit

from sqlmodel import Session, col, select

from catalog import addresses, departments
from catalog.harvest.models import HarvestRecord, HarvestSource, Kind, SourceDraft
from catalog.registration import AlreadyRegistered, Outdated, accept, lock
from standards import paging
from standards.validation import Finding

_QUERY = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]*")


class UnknownSource(LookupError):
    """No source has this id."""

    def __init__(self, id: str) -> None:
        super().__init__(f"No source of the harvest is registered as {id!r}: look it up in their list.")


def register(session: Session, draft: SourceDraft, by: str, now: datetime) -> HarvestSource:
    """Raises UnknownDepartment, AlreadyRegistered, InvalidRegistration."""
    departments.fetch(session, draft.department)
    if session.get(HarvestSource, draft.id) is not None:
        raise AlreadyRegistered(f"A source {draft.id!r} is already registered: revise it or take another id.")
    accept(faults(draft))
    row = HarvestSource(**draft.model_dump(mode="json"), created_at=now, created_by=by)
    session.add(row)
    session.flush()
    return row


def revise(
    session: Session, id: str, draft: SourceDraft, expected_revision: int, by: str, now: datetime
) -> HarvestSource:
    """Changes everything but the id, the kind and, once it has brought anything, the department.

    Raises UnknownSource, Outdated, InvalidRegistration, UnknownDepartment.
    """
    row = lock(session, HarvestSource, id)
    if row is None:
        raise UnknownSource(id)
    if row.revision != expected_revision:
        raise Outdated(id, row.revision)
    departments.fetch(session, draft.department)
    accept([*_fixed(session, row, draft), *faults(draft)])
    for name, value in draft.model_dump(mode="json").items():
        setattr(row, name, value)
    row.changed_by, row.changed_at, row.revision = by, now, row.revision + 1
    session.add(row)
    session.flush()
    return row


def fetch(session: Session, id: str) -> HarvestSource:
    """Raises UnknownSource."""
    row = session.get(HarvestSource, id)
    if row is None:
        raise UnknownSource(id)
    return row


def page(session: Session, *, limit: int = 50, cursor: str | None = None) -> tuple[list[HarvestSource], str | None]:
    """Sources by id. Raises standards.paging.InvalidCursor."""
    return paging.page(session, select(HarvestSource), [col(HarvestSource.id)], limit=limit, cursor=cursor)


def records(
    session: Session, source_id: str, *, state: str | None = None, limit: int = 50, cursor: str | None = None
) -> tuple[list[HarvestRecord], str | None]:
    """What has come from a source, tombstones too. Raises standards.paging.InvalidCursor."""
    statement = select(HarvestRecord).where(HarvestRecord.source_id == source_id)
    if state is not None:
        statement = statement.where(HarvestRecord.state == state)
    return paging.page(session, statement, [col(HarvestRecord.id)], limit=limit, cursor=cursor)


def faults(draft: SourceDraft) -> list[Finding]:
    """What is wrong with a draft by itself. A DCAT address may have a query, a CKAN site's has none."""
    address, mark, query = draft.address.partition("?")
    found = [Finding("/address", "address", expected) for expected in addresses.faults(address)]
    if mark and draft.kind is Kind.CKAN:
        found.append(Finding("/address", "address", "the address of the site, without a query"))
    elif not _QUERY.fullmatch(query):
        found.append(Finding("/address", "address", "a query of visible ASCII characters, others percent-encoded"))
    return found


def same_origin(one: str, other: str) -> bool:
    """Whether two absolute addresses lead to the same scheme, host and port; False for one that cannot be read."""
    if addresses.faults(other.partition("?")[0].partition("#")[0]):
        return False
    return addresses.origin(one) == addresses.origin(other)


def target(address: str) -> str:
    """What is asked for at an address: its path and query."""
    parts = urlsplit(address)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _fixed(session: Session, row: HarvestSource, draft: SourceDraft) -> list[Finding]:
    brought = session.exec(select(HarvestRecord.id).where(HarvestRecord.source_id == row.id).limit(1)).first()
    names = ("id", "kind", *(("department",) if brought is not None else ()))
    return [
        Finding(f"/{name}", "fixed", f"the {name} the source was registered with")
        for name in names
        if getattr(draft, name) != getattr(row, name)
    ]
