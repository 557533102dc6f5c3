"""Reports: a year's requests, by the department that was asked."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query

from exchange.api.depends import Read, ThisNode, Who
from exchange.api.notices import recipients
from exchange.identity.callers import OPERATOR, NotPermitted
from policies.requests import report

router = APIRouter(tags=["requests"])

Year = Annotated[int | None, Query(ge=2000, le=2200, description="of the submission; default: this one")]


@router.get("/reports/requests")
def report_requests(who: Who, session: Read, here: ThisNode, year: Year = None) -> dict[str, Any]:
    """Requests, grants, part grants and refusals with their reasons, and the share answered in time.

    Operators and auditors see every department, stewards their own.
    """
    mine = None if who.is_operator or who.is_auditor else recipients(who) - {OPERATOR}
    if mine is not None and not mine:
        raise NotPermitted("steward", "A report is for stewards, operators and auditors.")
    asked = year or datetime.now(UTC).astimezone(here.zone).year
    return {"year": asked, "items": report.of_year(session, asked, here.zone, mine)}
