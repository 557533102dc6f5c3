"""When a clock is due, and when its reminders are. Pure: the calendar and every moment are arguments.

A day on which the clock stood, be it for an hour, does not count: whoever gets a completed request on a morning has
that many whole working days before them as were left. A clock that steps back shortens no pause: one that would end
before it began ends where it began.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from policies import calendar
from policies.calendar import Calendar

HALFWAY, LAST_DAY = "halfway", "last-day"


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock stood from `since` to `until`, and still does when that is None."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """Late from `at` on, the end of the local day `on`; `assumed` when a year's calendar had to be."""

    on: date
    at: datetime
    assumed: bool


def due(started: datetime, days: int, pauses: Sequence[Pause], here: Calendar) -> Due | None:
    """The end of the `days`-th working day that counts; None while the clock stands."""
    if any(pause.until is None for pause in pauses):
        return None
    found = _reckoned(started, days, pauses, here)
    return Due(found.day, here.end_of(found.day), found.assumed)


def reminders(started: datetime, days: int, pauses: Sequence[Pause], here: Calendar) -> list[tuple[str, datetime]]:
    """Halfway, and when one working day is left; none for a clock that begins with its last day, none while it stands.

    In the order of time, each moment once.
    """
    if days < 2 or any(pause.until is None for pause in pauses):
        return []
    named = {HALFWAY: days // 2, LAST_DAY: days - 1}
    found = {here.end_of(_reckoned(started, passed, pauses, here).day): name for name, passed in named.items()}
    return [(name, at) for at, name in sorted(found.items())]


def left(started: datetime, days: int, pauses: Sequence[Pause], here: Calendar, now: datetime) -> int:
    """Whole working days that are left; 0 on the last day, negative by as many as it is late."""
    standing = [pause.since for pause in pauses if pause.until is None]
    today = here.day_of(min([now, *standing]))
    without = [*_standing(pauses, here)]
    passed = calendar.working_days(here.day_of(started), today, here.years, without=without)
    return days - passed


def _reckoned(started: datetime, days: int, pauses: Sequence[Pause], here: Calendar) -> calendar.Reckoned:
    return calendar.add_working_days(here.day_of(started), days, here.years, without=frozenset(_standing(pauses, here)))


def _standing(pauses: Sequence[Pause], here: Calendar) -> Iterator[date]:
    """The local days on which the clock stood; of a pause that still lasts, the first."""
    for pause in pauses:
        first = here.day_of(pause.since)
        last = here.day_of(max(pause.until or pause.since, pause.since))
        yield from (first + timedelta(days=number) for number in range((last - first).days + 1))
