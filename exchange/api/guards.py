"""Guards: proposed by one operator, approved by another; whoever they refuse may read why they are there."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field
from sqlmodel import Session

from exchange.api.depends import Cursor, KnownRevision, Limit, Read, Who, Work, listing, tag
from exchange.identity import hands
from exchange.identity.callers import Caller
from policies.guards import life
from policies.guards.models import Guard, GuardDraft, GuardState
from standards.models import Draft

router = APIRouter(prefix="/guards", tags=["guards"])

ASK = "Ask another operator to approve it."


class Ending(Draft):
    reason: str = Field(min_length=1, max_length=2000, description="why it denies no more; no data about persons")


@router.post("", status_code=201)
def propose_guard(draft: GuardDraft, who: Who, work: Work, response: Response) -> dict[str, Any]:
    """Propose a guard; it denies nothing until another operator approves it. Needs `operator`."""
    who.require_operator()
    guard = life.propose(work.session, draft, work.by, work.now)
    work.record("guard.proposed", guard.slug)
    return _shown(guard, response)


@router.get("")
def list_guards(
    who: Who,
    session: Read,
    state: Annotated[GuardState | None, Query(description="in this state")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Guards by name: for everybody who may be refused by one."""
    rows, following = life.page(session, state=state, limit=limit, cursor=cursor)
    return listing(([row.model_dump(mode="json") for row in rows], following))


@router.get("/{slug}")
def read_guard(slug: str, who: Who, session: Read, response: Response) -> dict[str, Any]:
    """One guard."""
    return _shown(life.fetch(session, slug), response)


@router.post("/{slug}/approve")
def approve_guards(slug: str, revision: KnownRevision, who: Who, work: Work, response: Response) -> dict[str, Any]:
    """Put a proposed guard in force, or end one that is to end. Needs `operator`, in another hand."""
    who.require_operator()
    known = life.fetch(work.session, slug)
    _require_another_hand(who, work.session, life.proposer(known))
    guard = life.approve(work.session, slug, work.by, work.now, expected_revision=revision)
    act = "activated" if guard.state == GuardState.ACTIVE else "ended"
    work.record(f"guard.{act}", guard.slug, revision=guard.revision)
    return _shown(guard, response)


@router.post("/{slug}/end")
def end_guards(
    slug: str, ending: Ending, revision: KnownRevision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Ask for the end of a guard; it denies on until another operator approves. Needs `operator`."""
    who.require_operator()
    guard = life.end(work.session, slug, ending.reason, work.by, work.now, expected_revision=revision)
    work.record("guard.ending", guard.slug, revision=guard.revision)
    return _shown(guard, response)


@router.post("/{slug}/discard")
def discard_guards(slug: str, revision: KnownRevision, who: Who, work: Work, response: Response) -> dict[str, Any]:
    """Give up what waits for approval: a proposal, or the end of a guard. Needs `operator`."""
    who.require_operator()
    guard = life.discard(work.session, slug, work.by, work.now, expected_revision=revision)
    work.record("guard.discarded", guard.slug, revision=guard.revision)
    return _shown(guard, response)


def _require_another_hand(who: Caller, session: Session, author: str | None) -> None:
    """Raises SameHand. Whoever proposed it themselves is told so by the step."""
    if author is not None:
        hands.require_another(session, who, [{"by": author, "key": ""}], ASK)


def _shown(guard: Guard, response: Response) -> dict[str, Any]:
    tag(response, guard.revision)
    return guard.model_dump(mode="json")
