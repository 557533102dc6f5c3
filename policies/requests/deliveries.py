"""Deliveries: what was granted is delivered when its agreement permits calls."""

from datetime import datetime

from sqlmodel import Session, col, select

from policies.clocks import deadlines
from policies.clocks.models import Deadline
from policies.models import ENDED, Agreement, AgreementState
from policies.requests.lives import DELIVER, KIND
from policies.requests.models import AccessRequest


def settleable(session: Session, limit: int = 200) -> list[str]:
    """Ids of open deadlines of delivery whose agreement is in force, or has ended without having been."""
    statement = (
        select(Deadline.id)
        .join(AccessRequest, col(AccessRequest.id) == Deadline.subject_id)
        .join(Agreement, col(Agreement.id) == AccessRequest.agreement_id)
        .where(
            Deadline.subject_kind == KIND,
            Deadline.clock == DELIVER,
            col(Deadline.met_at).is_(None),
            col(Deadline.stopped_at).is_(None),
            col(Agreement.state) != AgreementState.DRAFT,
        )
    )
    return list(session.exec(statement.limit(limit)).all())


def settle(session: Session, id: str, now: datetime) -> Deadline | None:
    """Meets the deadline at the moment from which the agreement was in force, or stops it; None if nothing is due."""
    row = deadlines.fetch(session, id)
    request = session.get(AccessRequest, row.subject_id)
    agreement = session.get(Agreement, request.agreement_id) if request and request.agreement_id else None
    if not row.open or agreement is None or agreement.state == AgreementState.DRAFT:
        return None
    if agreement.activated_at is None and agreement.state in ENDED:
        return deadlines.stop(session, id, now)
    return deadlines.meet(session, id, agreement.activated_at or now)
