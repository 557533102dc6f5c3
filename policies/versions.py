"""The versions of an agreement: every one is kept, the proposed one beside the one in force.

LookupError
└── UnknownVersion
ValueError
└── NothingProposed    there is no version to sign, activate or discard
"""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from policies.models import Agreement, AgreementVersion, VersionState
from standards import paging


class UnknownVersion(LookupError):
    """The agreement has no version of this number."""

    def __init__(self, id: str, number: int) -> None:
        super().__init__(f"{id} has no version {number}: list its versions for their numbers.")


class NothingProposed(ValueError):
    """Everything that was proposed is in force or was given up."""

    def __init__(self, id: str) -> None:
        super().__init__(f"Nothing of {id} waits to be signed: propose a next version first.")


def propose(session: Session, agreement_id: str, terms: dict[str, Any], by: str, now: datetime) -> AgreementVersion:
    """The next version, numbered after all there ever were: a signature of one that was given up fits no other."""
    newest = session.exec(
        select(func.max(AgreementVersion.number)).where(AgreementVersion.agreement_id == agreement_id)
    ).one()
    version = AgreementVersion(
        agreement_id=agreement_id,
        number=(newest or 0) + 1,
        terms=terms,
        signatures=[],
        drafted_by=by,
        drafted_at=now,
    )
    session.add(version)
    session.flush()
    return version


def fetch(session: Session, agreement_id: str, number: int) -> AgreementVersion:
    """Raises UnknownVersion."""
    found = None
    if 0 < number < 2**31:
        wanted = AgreementVersion.agreement_id == agreement_id, AgreementVersion.number == number
        found = session.exec(select(AgreementVersion).where(*wanted)).one_or_none()
    if found is None:
        raise UnknownVersion(agreement_id, number)
    return found


def proposed(session: Session, agreement_id: str) -> AgreementVersion | None:
    """The version that waits to be signed and activated; None when none does."""
    wanted = AgreementVersion.agreement_id == agreement_id, AgreementVersion.state == VersionState.PROPOSED
    return session.exec(select(AgreementVersion).where(*wanted)).one_or_none()


def require_proposed(session: Session, agreement_id: str) -> AgreementVersion:
    """Raises NothingProposed."""
    found = proposed(session, agreement_id)
    if found is None:
        raise NothingProposed(agreement_id)
    return found


def page(
    session: Session, agreement_id: str, *, limit: int = 50, cursor: str | None = None
) -> tuple[list[AgreementVersion], str | None]:
    """The agreement's versions, newest first. Raises standards.paging.InvalidCursor."""
    statement = select(AgreementVersion).where(AgreementVersion.agreement_id == agreement_id)
    return paging.page(session, statement, [col(AgreementVersion.number)], limit=limit, cursor=cursor, descending=True)


def put_in_force(
    session: Session, agreement: Agreement, version: AgreementVersion, by: str, now: datetime
) -> AgreementVersion:
    """The version takes the place of the one in force, whose quota counts go on under the agreement's id."""
    wanted = AgreementVersion.agreement_id == agreement.id, AgreementVersion.state == VersionState.IN_FORCE
    for before in session.exec(select(AgreementVersion).where(*wanted)).all():
        before.state, before.superseded_at = VersionState.SUPERSEDED, now
        session.add(before)
    version.state, version.activated_by, version.activated_at = VersionState.IN_FORCE, by, now
    session.add(version)
    session.flush()
    return version


def discard(session: Session, version: AgreementVersion, now: datetime) -> AgreementVersion:
    """Gives a proposed version up."""
    version.state, version.superseded_at = VersionState.DISCARDED, now
    session.add(version)
    session.flush()
    return version


def as_agreed(agreement: Agreement, version: AgreementVersion) -> Agreement:
    """The agreement as it would be with this version in force: a copy that no session knows."""
    return Agreement(**{**agreement.model_dump(), "version": version.number, "terms": version.terms})
