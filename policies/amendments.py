"""Amendments: the next version of an agreement, proposed beside the one in force.

ValueError
├── AlreadyProposed    one version waits already
├── WrongState         policies.agreements
├── InvalidTerms       policies.agreements
└── NothingProposed    policies.versions
"""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from catalog import differences
from policies import agreements, announcements, versions
from policies.models import RUNNING, AgreementTerms, AgreementVersion


class AlreadyProposed(ValueError):
    """Both sides sign one thing at a time."""

    def __init__(self, id: str, number: int) -> None:
        super().__init__(f"Version {number} of {id} is proposed already: activate or discard it first.")


def propose(
    session: Session,
    id: str,
    terms: AgreementTerms,
    by: str,
    now: datetime,
    *,
    expected_revision: int | None = None,
) -> AgreementVersion:
    """Writes the next version down; calls keep to the one in force until it is signed and activated.

    Raises UnknownAgreement, Outdated, WrongState, AlreadyProposed, InvalidTerms.
    """
    agreement = agreements.held(session, id, expected_revision)
    if agreement.state not in RUNNING:
        raise agreements.WrongState(id, agreement.state, "amended")
    if waiting := versions.proposed(session, id):
        raise AlreadyProposed(id, waiting.number)
    version = versions.propose(session, id, agreements.accepted(terms), by, now)
    agreements.changed(session, agreement, by, now)
    announcements.tell(session, agreement, "proposed", now)
    return version


def discard(
    session: Session, id: str, by: str, now: datetime, *, expected_revision: int | None = None
) -> AgreementVersion:
    """Gives the proposed version up. A draft is revoked instead: it has nothing else.

    Raises UnknownAgreement, Outdated, WrongState, NothingProposed.
    """
    agreement = agreements.held(session, id, expected_revision)
    if agreement.state not in RUNNING:
        raise agreements.WrongState(id, agreement.state, "freed of a proposed version")
    version = versions.discard(session, versions.require_proposed(session, id), now)
    agreements.changed(session, agreement, by, now)
    announcements.tell(session, agreement, "discarded", now)
    return version


def compare(session: Session, id: str, old: int, new: int) -> list[differences.Difference]:
    """In what the terms of two versions differ, as `{pointer, old, new}`. Raises UnknownVersion."""
    before, after = (versions.fetch(session, id, number).terms for number in (old, new))
    return differences.between(_whole(before), _whole(after))


def _whole(terms: dict[str, Any]) -> dict[str, Any]:
    """With the defaults of today, so that terms of an earlier release do not differ by what they did not say."""
    return AgreementTerms.model_validate(terms).model_dump(mode="json")
