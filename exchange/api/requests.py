"""Access requests: written by the consumer's steward, answered by the provider's; and standing offers."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from exchange.api import clocks
from exchange.api.depends import Cursor, KnownRevision, Limit, Read, Revision, ThisNode, Who, Work, listing, tag
from exchange.api.notices import recipients
from exchange.identity import hands
from exchange.identity.callers import OPERATOR, Caller, NotPermitted, steward_of
from exchange.unit_of_work import UnitOfWork
from policies.calendar import Calendar
from policies.clocks import deadlines, years
from policies.requests import lists, lives, turns
from policies.requests.models import AccessRequest, Completion, Grant, Refusal, RequestDraft, RequestState

router = APIRouter(tags=["requests"])

ASK = "Ask another steward of the provider to answer it."
NOT_YOURS = "A request is for its two sides, operators and auditors; a draft for the department that writes it."
Turn = Annotated[Literal["consumer", "provider", "both"] | None, Query(description="whose turn it is")]


@router.post("/requests", status_code=201)
def draft_request(draft: RequestDraft, who: Who, work: Work, here: ThisNode, response: Response) -> dict[str, Any]:
    """Write a request; others see it when it is submitted. Needs the `steward:` of the application's department."""
    who.require_steward(draft.application.partition("/")[0])
    row = lives.draft(work.session, draft, work.by, work.now)
    work.record("request.drafted", row.id, application=row.application_id, service=row.service_id)
    return _answer(work.session, row, years.calendar(work.session, here.zone), work.now, response)


@router.get("/requests")
def list_requests(
    who: Who,
    session: Read,
    here: ThisNode,
    provider: str | None = None,
    consumer: str | None = None,
    application: str | None = None,
    service: str | None = None,
    state: RequestState | None = None,
    turn: Turn = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Requests, with whose turn it is: to operators and auditors all, to stewards those of their departments."""
    mine = recipients(who) - {OPERATOR}
    everything = who.is_operator or who.is_auditor
    if not mine and not everything:
        raise NotPermitted("steward", NOT_YOURS)
    sides: Collection[str] | None = None if everything else mine
    rows, following = lists.page(
        session, sides, own=mine, turn=turn, limit=limit, cursor=cursor,
        provider=provider, consumer=consumer, application_id=application, service_id=service, state=state,
    )  # fmt: skip
    there, now = years.calendar(session, here.zone), datetime.now(UTC)
    return listing(([_shown(session, row, there, now) for row in rows], following))


@router.get("/requests/{id}")
def read_request(id: str, who: Who, session: Read, here: ThisNode, response: Response) -> dict[str, Any]:
    """One request: to both sides, operators and auditors; a draft to its department."""
    row = _visible(who, lives.fetch(session, id))
    return _answer(session, row, years.calendar(session, here.zone), datetime.now(UTC), response)


@router.put("/requests/{id}")
def revise_request(
    id: str, draft: RequestDraft, revision: Revision, who: Who, work: Work, here: ThisNode, response: Response
) -> dict[str, Any]:
    """Write a draft anew, or what was returned for completion. Needs the consumer's `steward:`, and If-Match."""
    _written(who, work.session, id, revision)
    row = lives.revise(work.session, id, draft, work.by, work.now)
    work.record("request.revised", row.id, revision=row.revision)
    return _answer(work.session, row, years.calendar(work.session, here.zone), work.now, response)


@router.post("/requests/{id}/submit")
def submit_request(
    id: str, revision: KnownRevision, who: Who, work: Work, here: ThisNode, response: Response
) -> dict[str, Any]:
    """Hand it to the provider; what is missing is said all at once. Needs the consumer's `steward:`.

    The time to answer begins, or goes on. Within a standing offer the request is granted at once.
    """
    known = _written(who, work.session, id, revision)
    there, authors = years.calendar(work.session, here.zone), {*known.authors, work.by}

    def may_offer(publisher: str) -> bool:
        return not hands.one_hand(work.session, publisher, authors)

    row = lives.submit(work.session, id, work.by, work.now, there, may_offer=may_offer)
    work.record("request.submitted", row.id, sharing_class=row.sharing_class, revision=row.revision)
    if row.offer_id is not None:
        _record_grant(work, row, offer=row.offer_id)
    return _answer(work.session, row, there, work.now, response)


@router.post("/requests/{id}/accept")
def accept_request(
    id: str, revision: KnownRevision, who: Who, work: Work, here: ThisNode, response: Response
) -> dict[str, Any]:
    """Say that it is complete. Needs the provider's `steward:` or `operator`, in another hand than its authors'."""
    known = lives.fetch(work.session, id)
    who.require_steward_or_operator(known.provider)
    _require_another_hand(who, work.session, _visible(who, known))
    lives.expect(known, revision)
    row = lives.accept(work.session, id, work.by, work.now)
    work.record("request.accepted", row.id, revision=row.revision)
    return _answer(work.session, row, years.calendar(work.session, here.zone), work.now, response)


@router.post("/requests/{id}/return")
def return_request(
    id: str, completion: Completion, revision: Revision, who: Who, work: Work, here: ThisNode, response: Response
) -> dict[str, Any]:
    """Ask for all missing parts, once; the time to answer stands meanwhile. Needs the provider's `steward:`."""
    _answered(who, work.session, id, revision)
    there = years.calendar(work.session, here.zone)
    row = lives.send_back(work.session, id, completion, work.by, work.now, there)
    work.record("request.returned", row.id, missing=len(completion.missing), revision=row.revision)
    return _answer(work.session, row, there, work.now, response)


@router.post("/requests/{id}/grant")
def grant_request(
    id: str, grant: Grant, revision: Revision, who: Who, work: Work, here: ThisNode, response: Response
) -> dict[str, Any]:
    """Grant it as it was asked for, or less with the reasons; the agreement is drafted.

    Needs the provider's `steward:`, in another hand than its authors'.
    """
    _answered(who, work.session, id, revision)
    there = years.calendar(work.session, here.zone)
    row = lives.grant(work.session, id, grant, work.by, work.now, there)
    _record_grant(work, row)
    return _answer(work.session, row, there, work.now, response)


@router.post("/requests/{id}/refuse")
def refuse_request(
    id: str, refusal: Refusal, revision: Revision, who: Who, work: Work, here: ThisNode, response: Response
) -> dict[str, Any]:
    """Refuse it with written reasons. Needs the provider's `steward:`, in another hand than its authors'."""
    _answered(who, work.session, id, revision)
    row = lives.refuse(work.session, id, refusal, work.by, work.now)
    work.record("request.refused", row.id, revision=row.revision)
    return _answer(work.session, row, years.calendar(work.session, here.zone), work.now, response)


@router.post("/requests/{id}/withdraw")
def withdraw_request(
    id: str, revision: KnownRevision, who: Who, work: Work, here: ThisNode, response: Response
) -> dict[str, Any]:
    """Take it back before it is answered; its clocks stop. Needs the consumer's `steward:`."""
    _written(who, work.session, id, revision)
    row = lives.withdraw(work.session, id, work.by, work.now)
    work.record("request.withdrawn", row.id, revision=row.revision)
    return _answer(work.session, row, years.calendar(work.session, here.zone), work.now, response)


def _record_grant(work: UnitOfWork, row: AccessRequest, **more: Any) -> None:
    """Two acts in one: the answer, and the agreement that came of it."""
    kind = "request.granted" if row.state == RequestState.GRANTED else "request.granted-in-part"
    work.record(kind, row.id, agreement=row.agreement_id, revision=row.revision, **more)
    made = {"application": row.application_id, "service": row.service_id, "request": row.id}
    work.record("agreement.drafted", str(row.agreement_id), **made)


def _visible(who: Caller, row: AccessRequest) -> AccessRequest:
    """Raises NotPermitted."""
    others = who.is_operator or who.is_auditor or who.is_steward(row.provider)
    if not who.is_steward(row.consumer) and not (others and row.submitted_at is not None):
        raise NotPermitted(steward_of(row.consumer), NOT_YOURS)
    return row


def _written(who: Caller, session: Session, id: str, revision: int | None) -> AccessRequest:
    """The request, for whoever may write it. Raises UnknownRequest, NotPermitted, Outdated."""
    row = lives.fetch(session, id)
    who.require_steward(row.consumer)
    lives.expect(row, revision)
    return row


def _answered(who: Caller, session: Session, id: str, revision: int) -> AccessRequest:
    """The request, for whoever may answer it. Raises UnknownRequest, NotPermitted, Outdated."""
    row = lives.fetch(session, id)
    who.require_steward(row.provider)
    _require_another_hand(who, session, _visible(who, row))
    lives.expect(row, revision)
    return row


def _require_another_hand(who: Caller, session: Session, row: AccessRequest) -> None:
    """Nobody behind whom an author may stand. Raises SameHand."""
    if hands.one_hand(session, who.client_id, row.authors):
        raise hands.SameHand(ASK)


def _answer(session: Session, row: AccessRequest, there: Calendar, now: datetime, response: Response) -> dict[str, Any]:
    tag(response, row.revision)
    return _shown(session, row, there, now)


def _shown(session: Session, row: AccessRequest, there: Calendar, now: datetime) -> dict[str, Any]:
    running = deadlines.of(session, lives.KIND, row.id)
    return {
        **row.model_dump(exclude={"authors"}, mode="json"),
        "turn": turns.turn(row, lives.current(session, row)),
        "deadlines": [clocks.shown(each, there, now) for each in running],
    }
