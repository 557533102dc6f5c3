"""Years of the calendar that an operator imported.

LookupError
└── UnknownYear       the year was not imported
ValueError
└── InvalidYear       .findings: dates of another year, or that say nothing
"""

from collections.abc import Iterator
from datetime import date, datetime, tzinfo

from sqlmodel import Session, col, select

from catalog.registration import told
from policies.calendar import Calendar, Year
from policies.clocks.models import CalendarYear, YearDraft
from standards.validation import Finding

FIRST, LAST = 2000, 2200
_SATURDAY = 5


class UnknownYear(LookupError):
    """Nothing was imported for this year."""

    def __init__(self, year: int) -> None:
        super().__init__(f"No calendar of {year} was imported: PUT it, or rely on what the package knows.")


class InvalidYear(ValueError):
    """An arrangement that cannot be one; `findings` lists everything wrong with it."""

    def __init__(self, year: int, findings: list[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(f"The calendar of {year} cannot be imported. {told(self.findings)}")


def calendar(session: Session, zone: tzinfo) -> Calendar:
    """The calendar as it is known now, for clocks in this zone."""
    rows = session.exec(select(CalendarYear)).all()
    return Calendar(zone, {row.year: Year(_days(row.holidays), _days(row.workdays)) for row in rows})


def put(session: Session, year: int, draft: YearDraft, by: str, now: datetime) -> CalendarYear:
    """Imports a year, in the place of what was known of it. Raises InvalidYear.

    What runs is reckoned again by `deadlines.reckon_again`.
    """
    if findings := list(_findings(year, draft)):
        raise InvalidYear(year, findings)
    row = session.get(CalendarYear, year) or CalendarYear(
        year=year, holidays=[], workdays=[], imported_by=by, imported_at=now
    )
    row.holidays, row.workdays = _texts(draft.holidays), _texts(draft.workdays)
    row.imported_by, row.imported_at = by, now
    session.add(row)
    session.flush()
    return row


def fetch(session: Session, year: int) -> CalendarYear:
    """Raises UnknownYear."""
    row = session.get(CalendarYear, year)
    if row is None:
        raise UnknownYear(year)
    return row


def imported(session: Session) -> list[CalendarYear]:
    return list(session.exec(select(CalendarYear).order_by(col(CalendarYear.year))).all())


def remove(session: Session, year: int) -> CalendarYear:
    """Takes an imported year back. Raises UnknownYear."""
    row = fetch(session, year)
    session.delete(row)
    session.flush()
    return row


def _findings(year: int, draft: YearDraft) -> Iterator[Finding]:
    if not FIRST <= year <= LAST:
        yield Finding("/year", "year", f"a year from {FIRST} to {LAST}")
    for name, days in (("holidays", draft.holidays), ("workdays", draft.workdays)):
        for index, day in enumerate(days):
            if day.year != year:
                yield Finding(f"/{name}/{index}", "year", f"a day of {year}")
    for index, day in enumerate(draft.workdays):
        if day.weekday() < _SATURDAY:
            yield Finding(f"/workdays/{index}", "weekend", "a Saturday or Sunday: other days are worked anyway")
        if day in draft.holidays:
            yield Finding(f"/workdays/{index}", "both", "a day that is not among the holidays, too")


def _texts(days: list[date]) -> list[str]:
    return [day.isoformat() for day in sorted(set(days))]


def _days(texts: list[str]) -> frozenset[date]:
    return frozenset(date.fromisoformat(text) for text in texts)
