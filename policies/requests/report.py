"""A year's requests by the department that was asked: what became of them, why, and whether in time."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, tzinfo
from typing import Any

from sqlmodel import Session, col, select

from policies.clocks.models import Deadline
from policies.requests.lives import KIND
from policies.requests.models import AccessRequest, RequestState
from standards import paging

MOST_REASONS = 200
_STATES = {
    RequestState.GRANTED: "granted",
    RequestState.GRANTED_IN_PART: "granted_in_part",
    RequestState.REFUSED: "refused",
    RequestState.WITHDRAWN: "withdrawn",
}


def of_year(
    session: Session, year: int, zone: tzinfo, departments: Collection[str] | None = None
) -> list[dict[str, Any]]:
    """Of the requests that were submitted in this local year; of all providers when no departments are given.

    A share of what was answered in time is None when nothing was answered. Reasons are those of refusals and part
    grants, the newest first and at most 200 of a department.
    """
    begin, end = (datetime(each, 1, 1, tzinfo=zone).astimezone(UTC) for each in (year, year + 1))
    statement = select(AccessRequest).where(
        col(AccessRequest.submitted_at) >= begin, col(AccessRequest.submitted_at) < end
    )
    if departments is not None:
        statement = statement.where(col(AccessRequest.provider).in_(sorted(departments)))
    rows = session.exec(statement.order_by(col(AccessRequest.submitted_at).desc())).all()
    late = _late(session, [row.id for row in rows])
    providers = sorted({row.provider for row in rows})
    return [_line(each, [row for row in rows if row.provider == each], late) for each in providers]


def _line(department: str, rows: list[AccessRequest], late: dict[str, bool]) -> dict[str, Any]:
    counts = {name: sum(row.state == state for row in rows) for state, name in _STATES.items()}
    answered = [late[row.id] for row in rows if row.id in late]
    return {
        "department": department,
        "requests": len(rows),
        **counts,
        "open": len(rows) - sum(counts.values()),
        "by_offer": sum(row.offer_id is not None for row in rows),
        "in_time": answered.count(False),
        "late": answered.count(True),
        "on_time_share": answered.count(False) / len(answered) if answered else None,
        "reasons": list(_reasons(rows))[:MOST_REASONS],
    }


def _reasons(rows: Iterable[AccessRequest]) -> Iterable[dict[str, Any]]:
    for row in rows:
        if row.answer and row.answer.get("reasons"):
            yield {"request": row.id, "state": row.state, "reasons": row.answer["reasons"]}


def _late(session: Session, ids: list[str]) -> dict[str, bool]:
    """Whether the answer came late, of the requests that were answered."""
    found: dict[str, bool] = {}
    for some in paging.portions(ids):
        statement = select(Deadline.subject_id, Deadline.late).where(
            Deadline.subject_kind == KIND,
            col(Deadline.clock).startswith("answer-"),
            col(Deadline.late).is_not(None),
            col(Deadline.subject_id).in_(some),
        )
        found.update((id, bool(late)) for id, late in session.exec(statement).all())
    return found
