"""What becomes of an agreement in force: suspended and resumed, and ended in one of four ways for ever.

ValueError
├── NoReason      both sides learn why
└── WrongState    policies.agreements
"""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, select

from policies import agreements, announcements, versions
from policies.agreements import WrongState
from policies.models import ENDED, RUNNING, Agreement, AgreementState

EXCHANGE = "exchange"
"""Who ends what is over by itself."""


class NoReason(ValueError):
    """Both sides learn why an agreement was suspended or revoked."""

    def __init__(self) -> None:
        super().__init__("An agreement is suspended or revoked with a reason: say why in a sentence.")


def suspend(
    session: Session, id: str, by: str, reason: str, now: datetime, *, expected_revision: int | None = None
) -> Agreement:
    """The next call is refused, until it is resumed. Raises UnknownAgreement, Outdated, WrongState, NoReason."""
    agreement = _at(session, id, (AgreementState.ACTIVE,), "suspended", expected_revision)
    agreement.suspended_reason = _said(reason)
    return _moved(session, agreement, AgreementState.SUSPENDED, by, now, reason.strip())


def resume(
    session: Session, id: str, by: str, reason: str, now: datetime, *, expected_revision: int | None = None
) -> Agreement:
    """Ends `suspend`. Raises UnknownAgreement, Outdated, WrongState, NoReason."""
    agreement = _at(session, id, (AgreementState.SUSPENDED,), "resumed", expected_revision)
    said = _said(reason)
    agreement.suspended_reason = None
    return _moved(session, agreement, AgreementState.ACTIVE, by, now, said)


def revoke(
    session: Session, id: str, by: str, reason: str, now: datetime, *, expected_revision: int | None = None
) -> Agreement:
    """Ends an agreement for ever, or turns a draft down; the next call is refused.

    `reason` is told to both sides. Raises UnknownAgreement, Outdated, WrongState, NoReason.
    """
    agreement = _at(session, id, (AgreementState.DRAFT, *RUNNING), "revoked", expected_revision)
    agreement.revoked_by, agreement.revoked_at, agreement.revoked_reason = by, now, _said(reason)
    return _moved(session, agreement, AgreementState.REVOKED, by, now, reason.strip())


def achieve(session: Session, id: str, by: str, now: datetime, *, expected_revision: int | None = None) -> Agreement:
    """Ends an agreement whose purpose is achieved. Raises UnknownAgreement, Outdated, WrongState."""
    agreement = _at(session, id, RUNNING, "ended as achieved", expected_revision)
    return _moved(session, agreement, AgreementState.ACHIEVED, by, now)


def expire(session: Session, id: str, now: datetime) -> Agreement | None:
    """Marks what its date has ended; None when it is not due (any more): it was amended or ended meanwhile.

    Calls are refused by the clock in any case. Raises UnknownAgreement.
    """
    agreement = agreements.held(session, id)
    if agreement.state not in RUNNING or agreement.valid_until > now:
        return None
    return _moved(session, agreement, AgreementState.EXPIRED, EXCHANGE, now)


def exhaust(session: Session, id: str, made: int, now: datetime) -> Agreement | None:
    """Marks what its total has ended, `made` calls of it being made; None when some are left, or none are agreed.

    Raises UnknownAgreement.
    """
    agreement = agreements.held(session, id)
    if agreement.state not in RUNNING or agreement.total is None or made < agreement.total:
        return None
    return _moved(session, agreement, AgreementState.EXHAUSTED, EXCHANGE, now)


def overdue(session: Session, now: datetime, most: int = 500) -> list[str]:
    """Agreements whose date has passed and that are not marked yet, the longest overdue first."""
    statement = (
        select(Agreement.id)
        .where(col(Agreement.state).in_(RUNNING), col(Agreement.valid_until) <= now)
        .order_by(col(Agreement.valid_until))
        .limit(most)
    )
    return list(session.exec(statement).all())


def limited(session: Session) -> dict[str, int]:
    """Agreements in force that end with a total of calls, each with that total."""
    wanted = col(Agreement.state).in_(RUNNING), col(Agreement.total).is_not(None)
    rows = session.exec(select(Agreement.id, Agreement.total).where(*wanted)).all()
    return {id: total for id, total in rows if total is not None}


def _at(
    session: Session, id: str, states: Collection[AgreementState], step: str, expected_revision: int | None
) -> Agreement:
    agreement = agreements.held(session, id, expected_revision)
    if agreement.state not in states:
        raise WrongState(id, agreement.state, step)
    return agreement


def _said(reason: str) -> str:
    if not reason.strip():
        raise NoReason
    return reason.strip()


def _moved(
    session: Session, agreement: Agreement, state: AgreementState, by: str, now: datetime, reason: str | None = None
) -> Agreement:
    """A version that was proposed is given up when there is nothing left for it to follow."""
    act = "resumed" if state == AgreementState.ACTIVE else str(state)
    agreement.state = state
    if state in ENDED:
        agreement.ended_at = now
        if waiting := versions.proposed(session, agreement.id):
            versions.discard(session, waiting, now)
    agreements.changed(session, agreement, by, now)
    announcements.tell(session, agreement, act, now, reason)
    return agreement
