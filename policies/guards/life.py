"""The life of a guard: proposed by one operator, approved by another; ended the same way, for that permits more.

LookupError
└── UnknownGuard
PermissionError
└── SelfApproval    whoever proposed it, or asked for its end, does not approve that
ValueError
├── WrongState      the guard is past the state that this step starts from
├── AlreadyRegistered, InvalidRegistration, Outdated    catalog.registration
"""

from datetime import datetime

from sqlmodel import Session, col, select

from catalog import notices
from catalog.registration import AlreadyRegistered, Outdated, accept, lock
from policies.guards.compiling import compile_guard
from policies.guards.models import IN_FORCE, Guard, GuardDraft, GuardState
from standards import paging
from standards.validation import Finding


class UnknownGuard(LookupError):
    """No guard has this name."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"No guard is named {slug!r}: look it up in the list of guards.")


class SelfApproval(PermissionError):
    """It takes two."""

    def __init__(self) -> None:
        super().__init__("Whoever proposed this does not approve it: ask another operator.")


class WrongState(ValueError):
    """The step starts from another state."""

    def __init__(self, slug: str, state: str, step: str) -> None:
        super().__init__(f"The guard {slug} is {state} and cannot be {step} from there.")


def propose(session: Session, draft: GuardDraft, by: str, now: datetime) -> Guard:
    """Raises AlreadyRegistered, InvalidRegistration; a name is never used twice."""
    if session.get(Guard, draft.slug) is not None:
        raise AlreadyRegistered(f"There is a guard {draft.slug!r} already: choose another name.")
    found: list[Finding] = []
    compile_guard(draft.deny_when, found)
    accept(found)
    guard = Guard(**draft.model_dump(mode="json"), proposed_by=by, proposed_at=now)
    text = {"zh": f"平台规则 {guard.slug} 待审批。", "en": f"The guard {guard.slug} waits for another operator."}
    notices.tell(session, notices.OPERATOR, "guard.proposed", guard.slug, text, now)
    return _stored(session, guard)


def approve(session: Session, slug: str, by: str, now: datetime, *, expected_revision: int | None = None) -> Guard:
    """Puts in force what is proposed, or ends what is to end.

    Raises UnknownGuard, Outdated, WrongState, SelfApproval.
    """
    guard = held(session, slug, expected_revision)
    author = proposer(guard)
    if author is None:
        raise WrongState(slug, guard.state, "approved")
    if author == by:
        raise SelfApproval
    if guard.state == GuardState.PROPOSED:
        guard.state, guard.activated_by, guard.activated_at = GuardState.ACTIVE, by, now
    else:
        guard.state, guard.ended_by, guard.ended_at = GuardState.ENDED, by, now
    guard.revision += 1
    return _stored(session, guard)


def end(
    session: Session, slug: str, reason: str, by: str, now: datetime, *, expected_revision: int | None = None
) -> Guard:
    """Asks for the end; it denies on until another operator approves. Raises UnknownGuard, Outdated, WrongState."""
    guard = held(session, slug, expected_revision)
    if guard.state != GuardState.ACTIVE:
        raise WrongState(slug, guard.state, "ended")
    guard.state, guard.ending_by, guard.ending_reason = GuardState.ENDING, by, reason.strip()
    guard.revision += 1
    text = {"zh": f"平台规则 {slug} 待批准终止。", "en": f"The guard {slug} is to end: another operator decides."}
    notices.tell(session, notices.OPERATOR, "guard.ending", slug, text, now)
    return _stored(session, guard)


def discard(session: Session, slug: str, by: str, now: datetime, *, expected_revision: int | None = None) -> Guard:
    """Gives up what waits for approval: the proposal, or its end. Raises UnknownGuard, Outdated, WrongState."""
    guard = held(session, slug, expected_revision)
    if guard.state == GuardState.PROPOSED:
        guard.state, guard.ended_by, guard.ended_at = GuardState.DISCARDED, by, now
    elif guard.state == GuardState.ENDING:
        guard.state, guard.ending_by, guard.ending_reason = GuardState.ACTIVE, None, None
    else:
        raise WrongState(slug, guard.state, "discarded")
    guard.revision += 1
    return _stored(session, guard)


def proposer(guard: Guard) -> str | None:
    """Whose step waits for another hand; None when nothing waits."""
    return {GuardState.PROPOSED.value: guard.proposed_by, GuardState.ENDING.value: guard.ending_by}.get(guard.state)


def fetch(session: Session, slug: str) -> Guard:
    """Raises UnknownGuard."""
    guard = session.get(Guard, slug)
    if guard is None:
        raise UnknownGuard(slug)
    return guard


def held(session: Session, slug: str, expected_revision: int | None = None) -> Guard:
    """The guard as the database has it now, held for a change. Raises UnknownGuard, Outdated."""
    guard = lock(session, Guard, slug)
    if guard is None:
        raise UnknownGuard(slug)
    if expected_revision is not None and guard.revision != expected_revision:
        raise Outdated(slug, guard.revision)
    return guard


def page(
    session: Session, *, state: GuardState | None = None, limit: int = 50, cursor: str | None = None
) -> tuple[list[Guard], str | None]:
    """Guards by name. Raises standards.paging.InvalidCursor."""
    statement = select(Guard)
    if state is not None:
        statement = statement.where(Guard.state == state)
    return paging.page(session, statement, [col(Guard.slug)], limit=limit, cursor=cursor)


def in_force(session: Session) -> list[Guard]:
    """Those that deny now, by name."""
    statement = select(Guard).where(col(Guard.state).in_(IN_FORCE)).order_by(col(Guard.slug))
    return list(session.exec(statement).all())


def _stored(session: Session, guard: Guard) -> Guard:
    session.add(guard)
    session.flush()
    return guard
