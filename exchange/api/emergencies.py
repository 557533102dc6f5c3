"""Emergencies (break-glass): declared by the consumer, ended by either side, reviewed by the provider."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlmodel import Session

from exchange.api import clocks
from exchange.api.depends import Cursor, Limit, Read, ThisNode, Who, Work, listing
from exchange.identity import hands
from exchange.identity.callers import Caller, NotPermitted
from policies import agreements
from policies.calendar import Calendar
from policies.clocks import deadlines, years
from policies.emergencies import life
from policies.emergencies.models import Emergency, EmergencyDraft, ReviewDraft

router = APIRouter(prefix="/emergencies", tags=["emergencies"])

ASK = "Ask another steward of the provider to review it."


@router.post("", status_code=201)
def declare_emergency(draft: EmergencyDraft, who: Who, work: Work, here: ThisNode) -> dict[str, Any]:
    """Declare an emergency under an agreement that allows it; calls then name its id in `Hutong-Emergency`.

    Needs the agreement's application itself, or the `steward:` of its department.
    """
    agreement = agreements.fetch(work.session, draft.agreement)
    if who.application != agreement.application_id:
        who.require_steward(agreement.application_id.partition("/")[0])
    there = years.calendar(work.session, here.zone)
    emergency = life.declare(work.session, draft, work.by, work.now, there)
    work.record("emergency.declared", emergency.id, agreement=agreement.id, until=emergency.until.isoformat())
    return _shown(work.session, emergency, there, work.now)


@router.get("")
def list_emergencies(
    who: Who,
    session: Read,
    here: ThisNode,
    department: Annotated[str | None, Query(max_length=48, description="who declared or reviews them")] = None,
    overdue: Annotated[bool, Query(description="whose review is overdue")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Emergencies by id. Operators and auditors see all, stewards those of the `department` that they name."""
    if not (who.is_operator or who.is_auditor or who.is_steward(department or "")):
        raise NotPermitted("steward", "Name your own department.")
    now, there = datetime.now(UTC), years.calendar(session, here.zone)
    rows, following = life.page(
        session, department=department, overdue_at=now if overdue else None, limit=limit, cursor=cursor
    )
    return listing(([_shown(session, row, there, now) for row in rows], following))


@router.get("/{id}")
def read_emergency(id: str, who: Who, session: Read, here: ThisNode) -> dict[str, Any]:
    """One emergency: to both sides, operators and auditors."""
    emergency = life.fetch(session, id)
    if not (who.is_operator or who.is_auditor or who.is_steward(emergency.consumer)):
        who.require_steward(emergency.provider)
    return _shown(session, emergency, years.calendar(session, here.zone), datetime.now(UTC))


@router.post("/{id}/end")
def end_emergencies(id: str, who: Who, work: Work, here: ThisNode) -> dict[str, Any]:
    """End an emergency before its time; it is reviewed all the same. Needs the `steward:` of either side."""
    known = life.fetch(work.session, id)
    if not who.is_steward(known.consumer):
        who.require_steward_or_operator(known.provider)
    emergency = life.end(work.session, id, work.by, work.now)
    work.record("emergency.ended", emergency.id)
    return _shown(work.session, emergency, years.calendar(work.session, here.zone), work.now)


@router.post("/{id}/review")
def review_emergencies(id: str, draft: ReviewDraft, who: Who, work: Work, here: ThisNode) -> dict[str, Any]:
    """Say whether the emergency was one; an objection ends it. Needs the provider's `steward:`, in another hand."""
    known = life.fetch(work.session, id)
    _require_another_hand(who, work.session, known)
    emergency = life.review(work.session, id, draft, work.by, work.now)
    work.record("emergency.reviewed", emergency.id, verdict=emergency.verdict)
    return _shown(work.session, emergency, years.calendar(work.session, here.zone), work.now)


def _require_another_hand(who: Caller, session: Session, known: Emergency) -> None:
    who.require_steward(known.provider)
    hands.require_another(session, who, [{"by": known.declared_by, "key": ""}], ASK)


def _shown(session: Session, emergency: Emergency, there: Calendar, now: datetime) -> dict[str, Any]:
    """With the deadline of its review."""
    (deadline,) = deadlines.of(session, life.KIND, emergency.id)
    return {**emergency.model_dump(mode="json"), "deadline": clocks.shown(deadline, there, now)}
