"""Emergencies: declared by the consumer under an agreement that allows it, ended, and reviewed by the provider.

LookupError
└── UnknownEmergency
PermissionError
└── SelfReview           whoever declared it does not review it
ValueError
├── Reviewed             it was reviewed already
├── Over                 it has ended already
└── InvalidRegistration  catalog.registration
"""

import secrets
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from catalog import notices
from catalog.registration import accept, lock
from policies import agreements
from policies.calendar import Calendar
from policies.clocks import deadlines
from policies.clocks.models import Deadline
from policies.emergencies.models import Emergency, EmergencyDraft, ReviewDraft, Verdict
from policies.models import Agreement, AgreementState
from standards import identifiers, paging
from standards.validation import Finding

KIND, REVIEW = "emergency", "emergency-review"
"""What the deadline of a review is on, and its clock in the profiles."""


class UnknownEmergency(LookupError):
    """No declaration has this id."""

    def __init__(self) -> None:
        super().__init__("No emergency was declared under this id: look it up in the list of emergencies.")


class SelfReview(PermissionError):
    """Nobody reviews their own emergency."""

    def __init__(self) -> None:
        super().__init__("Whoever declared an emergency does not review it: ask another steward of the provider.")


class Reviewed(ValueError):
    def __init__(self, id: str) -> None:
        super().__init__(f"{id} was reviewed already; what was said stands with it.")


class Over(ValueError):
    def __init__(self, id: str) -> None:
        super().__init__(f"{id} holds no longer: there is nothing to end.")


def declare(session: Session, draft: EmergencyDraft, by: str, now: datetime, here: Calendar) -> Emergency:
    """Holds from now on; provider and operators are told and the clock of the review begins in the same transaction.

    Raises UnknownAgreement, InvalidRegistration, UnknownClock.
    """
    agreement = agreements.fetch(session, draft.agreement)
    accept(_findings(agreement, draft))
    emergency = Emergency(
        id=f"emg-{secrets.token_hex(8)}",
        agreement_id=agreement.id,
        consumer=agreement.application_id.partition("/")[0],
        provider=agreement.service_id.partition("/")[0],
        reason=draft.reason.strip(),
        declared_by=by,
        declared_at=now,
        until=now + timedelta(hours=draft.hours),
    )
    session.add(emergency)
    session.flush()
    deadlines.start(session, KIND, emergency.id, REVIEW, emergency.provider, now, here)
    text = {
        "zh": f"{agreement.application_id} 依协议 {agreement.id} 声明紧急调用 {emergency.id}，请核查。",
        "en": f"{agreement.application_id} declares an emergency, {emergency.id}, under {agreement.id}: review it.",
    }
    for recipient in (emergency.provider, notices.OPERATOR):
        notices.tell(session, recipient, "emergency.declared", emergency.id, text, now)
    return emergency


def end(session: Session, id: str, by: str, now: datetime) -> Emergency:
    """It holds no longer; its review is still due. Raises UnknownEmergency, Over."""
    emergency = _held(session, id)
    if emergency.until <= now:
        raise Over(id)
    emergency.until, emergency.ended_by = now, by
    return _stored(session, emergency)


def review(session: Session, id: str, draft: ReviewDraft, by: str, now: datetime) -> Emergency:
    """The provider's word on it, told to the consumer; an objection ends it at once and is told to operators too.

    Raises UnknownEmergency, Reviewed, SelfReview.
    """
    emergency = _held(session, id)
    if emergency.reviewed_at is not None:
        raise Reviewed(id)
    if by == emergency.declared_by:
        raise SelfReview
    emergency.verdict, emergency.review_reason = draft.verdict, draft.reason.strip()
    emergency.reviewed_by, emergency.reviewed_at = by, now
    if (running := deadlines.running(session, KIND, id, REVIEW)) is not None:
        deadlines.meet(session, running.id, now)
    objected = draft.verdict == Verdict.OBJECTED
    if objected:
        emergency.until = min(emergency.until, now)
    text = {
        "zh": f"紧急调用 {id} 经核查：{'有异议' if objected else '属实'}。",
        "en": f"The emergency {id} was reviewed: {draft.verdict}.",
    }
    for recipient in (emergency.consumer, *([notices.OPERATOR] if objected else [])):
        notices.tell(session, recipient, "emergency.reviewed", id, text, now)
    return _stored(session, emergency)


def fetch(session: Session, id: str) -> Emergency:
    """Raises UnknownEmergency."""
    emergency = session.get(Emergency, id)
    if emergency is None:
        raise UnknownEmergency
    return emergency


def page(
    session: Session,
    *,
    department: str | None = None,
    overdue_at: datetime | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> tuple[list[Emergency], str | None]:
    """By id: those that `department` declared or reviews; with `overdue_at` those whose review was due before."""
    statement = select(Emergency)
    if department is not None:
        statement = statement.where((Emergency.consumer == department) | (Emergency.provider == department))
    if overdue_at is not None:
        late = select(Deadline.subject_id).where(Deadline.subject_kind == KIND, col(Deadline.due_at) <= overdue_at)
        statement = statement.where(col(Emergency.reviewed_at).is_(None), col(Emergency.id).in_(late))
    return paging.page(session, statement, [col(Emergency.id)], limit=limit, cursor=cursor)


def holding(session: Session, now: datetime) -> list[Emergency]:
    """Those that hold now."""
    return list(session.exec(select(Emergency).where(col(Emergency.until) > now)).all())


def _findings(agreement: Agreement, draft: EmergencyDraft) -> list[Finding]:
    terms = agreements.terms(agreement).emergency
    found = []
    if agreement.state != AgreementState.ACTIVE:
        found.append(Finding("/agreement", "active", "an agreement that is active"))
    if terms is None:
        found.append(Finding("/agreement", "emergency", "an agreement with emergency terms"))
    elif draft.hours > terms.hours:
        found.append(Finding("/hours", "maximum", f"at most {terms.hours}, as agreed"))
    if identifiers.looks_like_personal(draft.reason):
        found.append(Finding("/reason", "personal", "a reason that identifies nobody: name the case instead"))
    return found


def _held(session: Session, id: str) -> Emergency:
    emergency = lock(session, Emergency, id)
    if emergency is None:
        raise UnknownEmergency
    return emergency


def _stored(session: Session, emergency: Emergency) -> Emergency:
    session.add(emergency)
    session.flush()
    return emergency
