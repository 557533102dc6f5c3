"""Consents given and withdrawn.

LookupError
└── UnknownConsent
ValueError
├── Withdrawn             it was withdrawn already
└── InvalidRegistration   catalog.registration
"""

import secrets
from collections.abc import Iterator
from datetime import datetime

from sqlmodel import Session, col, select

from catalog import datasets, departments
from catalog.registration import accept, lock
from policies.consented import digest_of
from policies.consents.models import Consent, ConsentDraft
from standards import identifiers, paging
from standards.validation import Finding


class UnknownConsent(LookupError):
    """No consent has this id."""

    def __init__(self) -> None:
        super().__init__("No consent has this id: it is given when the consent is registered.")


class Withdrawn(ValueError):
    """There is nothing left to withdraw."""

    def __init__(self, id: str) -> None:
        super().__init__(f"{id} was withdrawn already.")


def give(session: Session, draft: ConsentDraft, key: bytes, by: str, now: datetime) -> Consent:
    """Registers a consent; `key` is the one that all consents are digested with.

    Raises UnknownDataset, UnknownDepartment, InvalidRegistration.
    """
    dataset = datasets.fetch(session, draft.dataset)
    department = departments.fetch(session, draft.department)
    found = []
    if draft.until is not None and draft.until <= now:
        found.append(Finding("/until", "future", "a moment that is still to come, or none"))
    if identifiers.looks_like_personal(draft.evidence):
        found.append(Finding("/evidence", "personal", "a file number that identifies nobody"))
    accept(found)
    digest = digest_of(key, draft.subject, draft.purpose, dataset.id, department.slug)
    consent = Consent(
        id=f"cns-{secrets.token_hex(8)}",
        digest=digest.hex(),
        purpose=draft.purpose,
        dataset_id=dataset.id,
        department=department.slug,
        evidence=draft.evidence,
        until=draft.until,
        given_by=by,
        given_at=now,
    )
    session.add(consent)
    session.flush()
    return consent


def withdraw(session: Session, id: str, by: str, now: datetime) -> list[Consent]:
    """Withdraws it and all others for the same: the next call is refused. Raises UnknownConsent, Withdrawn."""
    consent = lock(session, Consent, id)
    if consent is None:
        raise UnknownConsent
    if consent.withdrawn_at is not None:
        raise Withdrawn(id)
    living = select(Consent).where(Consent.digest == consent.digest, col(Consent.withdrawn_at).is_(None))
    ended = list(session.exec(living).all())
    for one in ended:
        one.withdrawn_by, one.withdrawn_at = by, now
        session.add(one)
    session.flush()
    return ended


def fetch(session: Session, id: str) -> Consent:
    """Raises UnknownConsent."""
    consent = session.get(Consent, id)
    if consent is None:
        raise UnknownConsent
    return consent


def page(
    session: Session, department: str, *, dataset: str | None = None, limit: int = 50, cursor: str | None = None
) -> tuple[list[Consent], str | None]:
    """Consents for one department's calls, by id. Raises standards.paging.InvalidCursor."""
    statement = select(Consent).where(Consent.department == department)
    if dataset is not None:
        statement = statement.where(Consent.dataset_id == dataset)
    return paging.page(session, statement, [col(Consent.id)], limit=limit, cursor=cursor)


def living(session: Session) -> Iterator[tuple[bytes, int | None]]:
    """(digest, until in epoch milliseconds) of all that were not withdrawn."""
    statement = select(Consent.digest, Consent.until).where(col(Consent.withdrawn_at).is_(None))
    held: dict[str, datetime | None] = {}
    for digest, until in session.exec(statement).yield_per(1000):
        held[digest] = _later(held[digest], until) if digest in held else until
    return ((bytes.fromhex(digest), None if end is None else _milliseconds(end)) for digest, end in held.items())


def until(session: Session, consent: Consent) -> tuple[bool, int | None]:
    """Whether what this consent is for is consented to at all, and until when in epoch milliseconds, None for ever."""
    statement = select(Consent.until).where(Consent.digest == consent.digest, col(Consent.withdrawn_at).is_(None))
    ends = list(session.exec(statement).all())
    if not ends or None in ends:
        return bool(ends), None
    return True, max(_milliseconds(end) for end in ends if end is not None)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return None if one is None or other is None else max(one, other)
