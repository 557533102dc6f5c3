"""Statutory clocks: deadlines with their extensions, the calendar of working days, profiles of terms."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from exchange.api.depends import Cursor, KnownRevision, Limit, Read, ThisNode, Who, Work, listing, tag
from exchange.api.notices import recipients
from exchange.identity import hands
from exchange.identity.callers import OPERATOR, Caller, NotPermitted
from policies import calendar
from policies.calendar import Calendar
from policies.clocks import deadlines, extensions, profiles, years
from policies.clocks.models import MOST_DAYS, Deadline, ProfileChoice, ProfileDraft, YearDraft
from standards.models import Draft

router = APIRouter(tags=["clocks"])

ASK = "Ask another operator to answer it."
AnyYear = Annotated[int, Path(ge=years.FIRST, le=years.LAST, description="a year of the Gregorian calendar")]


class ExtensionAsked(Draft):
    days: int = Field(ge=1, le=MOST_DAYS, description="working days more")
    reason: str = Field(min_length=1, max_length=2000, description="why; no data about persons")


class ExtensionAnswer(Draft):
    granted: bool
    reason: str = Field(default="", max_length=2000, description="needed when it is declined; no data about persons")


@router.get("/deadlines")
def list_deadlines(
    who: Who,
    session: Read,
    here: ThisNode,
    department: str | None = None,
    clock: Annotated[str | None, Query(description="such as answer-conditional")] = None,
    kind: Annotated[str | None, Query(description="of what: request")] = None,
    subject: Annotated[str | None, Query(description="id of what it is on")] = None,
    open: Annotated[bool | None, Query(description="neither met nor stopped")] = None,
    overdue: bool = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Deadlines: operators and auditors see all, stewards those of their departments."""
    now, seen = datetime.now(UTC), _seen(who, department)
    rows, following = deadlines.page(
        session, now, departments=seen, clock=clock, kind=kind, subject=subject,
        open=open, overdue=overdue, limit=limit, cursor=cursor,
    )  # fmt: skip
    there = years.calendar(session, here.zone)
    return listing(([shown(row, there, now) for row in rows], following))


@router.get("/deadlines/overdue")
def count_overdue_deadlines(who: Who, session: Read) -> dict[str, Any]:
    """By department what is open, overdue, met in time and late; to stewards that of their own."""
    return {"items": deadlines.overdue(session, datetime.now(UTC), _seen(who, None))}


@router.get("/deadlines/{id}")
def read_deadline(id: str, who: Who, session: Read, here: ThisNode, response: Response) -> dict[str, Any]:
    """One deadline: to its department, operators and auditors."""
    row = deadlines.fetch(session, id)
    _seen(who, row.department)
    tag(response, row.revision)
    return shown(row, years.calendar(session, here.zone), datetime.now(UTC))


@router.post("/deadlines/{id}/extension")
def ask_extension(
    id: str, asked: ExtensionAsked, revision: KnownRevision, who: Who, work: Work, here: ThisNode, response: Response
) -> dict[str, Any]:
    """Ask for the one extension. Needs the `steward:` of the department that answers for it."""
    known = deadlines.fetch(work.session, id)
    _require_responsible(who, known)
    deadlines.expect(known, revision)
    row = extensions.ask(work.session, id, asked.days, asked.reason, work.by, work.now)
    work.record("deadline.extension-asked", row.id, days=asked.days)
    tag(response, row.revision)
    return shown(row, years.calendar(work.session, here.zone), work.now)


@router.post("/deadlines/{id}/extension/answer")
def answer_extension(
    id: str, said: ExtensionAnswer, revision: KnownRevision, who: Who, work: Work, here: ThisNode, response: Response
) -> dict[str, Any]:
    """Consent to the extension, or decline it. Needs `operator`, in another hand than whoever asked."""
    who.require_operator()
    known, there = deadlines.fetch(work.session, id), years.calendar(work.session, here.zone)
    if known.extension and hands.one_hand(work.session, who.client_id, [known.extension["asked_by"]]):
        raise hands.SameHand(ASK)
    deadlines.expect(known, revision)
    row = extensions.answer(work.session, id, said.granted, said.reason, work.by, work.now, there)
    work.record("deadline.extension-answered", row.id, granted=said.granted, due_on=row.due_on)
    tag(response, row.revision)
    return shown(row, there, work.now)


@router.get("/calendar/{year}")
def read_calendar(year: AnyYear, session: Read, here: ThisNode) -> dict[str, Any]:
    """A year's free days and worked weekends, and whether they were imported, are shipped, or have to be assumed."""
    there = years.calendar(session, here.zone)
    known = calendar.arrangement(year, there.years)
    days = (date(year, 1, 1) + timedelta(days=number) for number in range(366))
    return {
        "year": year,
        "source": "imported" if year in there.years else "shipped" if known else "assumed",
        "holidays": sorted(known.holidays) if known else [],
        "workdays": sorted(known.workdays) if known else [],
        "working_days": sum(day.year == year and calendar.is_working(day, there.years) for day in days),
    }


@router.put("/calendar/{year}")
def import_calendar(year: AnyYear, draft: YearDraft, who: Who, work: Work, here: ThisNode) -> dict[str, Any]:
    """Import the State Council's arrangement of a year; open deadlines are reckoned again. Needs `operator`."""
    who.require_operator()
    years.put(work.session, year, draft, work.by, work.now)
    work.record("calendar.imported", str(year), holidays=len(draft.holidays), workdays=len(draft.workdays))
    return _moved(year, work, here)


@router.delete("/calendar/{year}")
def remove_calendar(year: AnyYear, who: Who, work: Work, here: ThisNode) -> dict[str, Any]:
    """Take an imported year back; open deadlines are reckoned again. Needs `operator`."""
    who.require_operator()
    years.remove(work.session, year)
    work.record("calendar.removed", str(year))
    return _moved(year, work, here)


@router.get("/clock-profiles")
def list_clock_profiles(session: Read) -> dict[str, Any]:
    """Every profile with its clocks, and which one new deadlines are taken from."""
    found = [profile.model_dump(mode="json") for profile in profiles.all_of(session)]
    return {"in_force": profiles.in_force(session), "items": found}


@router.post("/clock-profiles", status_code=201)
def register_clock_profile(draft: ProfileDraft, who: Who, work: Work) -> dict[str, Any]:
    """Register a profile of your own, or its new text; deadlines that run keep their days. Needs `operator`."""
    who.require_operator()
    found = profiles.register(work.session, draft, work.by, work.now)
    work.record("clock-profile.registered", found.id)
    return found.model_dump(mode="json")


@router.put("/clock-profiles/in-force")
def choose_clock_profile(choice: ProfileChoice, who: Who, work: Work) -> dict[str, Any]:
    """Put a profile in force for deadlines that start from now on. Needs `operator`."""
    who.require_operator()
    row = profiles.choose(work.session, choice.profile, work.by, work.now)
    work.record("clock-profile.chosen", row.profile)
    return {"in_force": row.profile}


def shown(row: Deadline, there: Calendar, now: datetime) -> dict[str, Any]:
    """A deadline as answers show it: whether it is overdue, and how many whole working days are left."""
    return {
        **row.model_dump(exclude={"reminders", "remind_at"}, mode="json"),
        "pausing": row.pausing,
        "overdue": row.open and row.due_at is not None and now >= row.due_at,
        "days_left": deadlines.days_left(row, there, now) if row.open else None,
    }


def _seen(who: Caller, department: str | None) -> Collection[str] | None:
    """The departments to look at; None for all. Raises NotPermitted for a department that is not the caller's."""
    if who.is_operator or who.is_auditor:
        return None if department is None else {department}
    mine = recipients(who)
    if not mine or (department is not None and department not in mine):
        raise NotPermitted("steward", "This is for the department that answers for it, operators and auditors.")
    return mine if department is None else {department}


def _require_responsible(who: Caller, row: Deadline) -> None:
    if row.department == OPERATOR:
        who.require_operator()
    else:
        who.require_steward(row.department)


def _moved(year: int, work: Work, here: ThisNode) -> dict[str, Any]:
    there = years.calendar(work.session, here.zone)
    moved = deadlines.reckon_again(work.session, [year], work.now, there)
    for row in moved:
        work.record("deadline.reckoned", row.id, due_on=row.due_on)
    return {"year": year, "moved": [row.id for row in moved]}
