"""Requests as their readers may see them: a draft is its department's own."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, select

from policies.requests.models import AccessRequest, RequestState
from standards import paging

TURNS = {
    "consumer": (RequestState.DRAFT, RequestState.RETURNED),
    "provider": (RequestState.SUBMITTED,),
    "both": (RequestState.GRANTED, RequestState.GRANTED_IN_PART),
}


def page(
    session: Session,
    departments: Collection[str] | None,
    *,
    own: Collection[str] = (),
    turn: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
    **wanted: str | None,
) -> tuple[list[AccessRequest], str | None]:
    """Requests by id, in which one of `departments` is a side, or all when None.

    What was never submitted is listed for the departments of `own` only. `wanted` names columns and their values.
    Raises standards.paging.InvalidCursor.
    """
    mine = col(AccessRequest.consumer).in_(sorted(own))
    statement = select(AccessRequest).where(or_(col(AccessRequest.submitted_at).is_not(None), mine))
    if departments is not None:
        sides = sorted(departments)
        statement = statement.where(or_(col(AccessRequest.consumer).in_(sides), col(AccessRequest.provider).in_(sides)))
    if turn is not None:
        statement = statement.where(col(AccessRequest.state).in_(TURNS[turn]))
    for name, value in wanted.items():
        if value is not None:
            column: Any = getattr(AccessRequest, name)
            statement = statement.where(column == value)
    return paging.page(session, statement, [col(AccessRequest.id)], limit=limit, cursor=cursor)
