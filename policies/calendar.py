"""Working days in China: the State Council's yearly arrangements, with the weekends that are worked (调休). Pure.

The package `chinesecalendar` knows 2004 to 2026. A year given in `years` comes before it; any other year is assumed
to have Monday to Friday for working days, less the statutory days whose date is fixed (全国年节及纪念日放假办法, 2024),
and what was reckoned with it says `assumed`. Festivals of the lunar calendar are not known then, so an assumed deadline
comes too early rather than too late.

A period counts from the day after it began, and it ends with the last hour of its last day, which is a working day
(民法典, articles 201 and 203).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from chinese_calendar import constants

FIXED: Final = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""Month and day of the statutory days whose date is the same every year."""

_ONE_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Year:
    """What one year's arrangement says: weekdays and weekends that are free, weekends that are worked."""

    holidays: frozenset[date]
    workdays: frozenset[date]


Years = Mapping[int, Year]
NONE: Final[Years] = MappingProxyType({})


class Reckoned(NamedTuple):
    """The day that was looked for; `assumed` when a year without an arrangement was counted through."""

    day: date
    assumed: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    """Where days begin, and the arrangements that were imported; those of the package are always there."""

    zone: tzinfo
    years: Years = field(default_factory=lambda: NONE)

    def day_of(self, moment: datetime) -> date:
        """The local day of an aware moment."""
        return moment.astimezone(self.zone).date()

    def end_of(self, day: date) -> datetime:
        """The first moment, UTC, that is no longer this local day."""
        if day == date.max:
            return datetime.max.replace(tzinfo=UTC)
        return datetime.combine(day + _ONE_DAY, time(), self.zone).astimezone(UTC)


def shipped() -> range:
    """The years whose arrangements the package knows."""
    known = _shipped()
    return range(min(known), max(known) + 1)


def arrangement(year: int, years: Years = NONE) -> Year | None:
    """What is known of a year, None when it has to be assumed."""
    return years.get(year) or _shipped().get(year)


def is_working(day: date, years: Years = NONE) -> bool:
    """Whether offices work on this day."""
    known = arrangement(day.year, years)
    weekday = day.weekday() < _SATURDAY
    if known is None:
        return weekday and (day.month, day.day) not in FIXED
    return day in known.workdays or (weekday and day not in known.holidays)


def add_working_days(start: date, count: int, years: Years = NONE, *, without: Iterable[date] = ()) -> Reckoned:
    """The `count`-th working day after the local day `start`; days of `without` are not counted.

    With a count of 0 or less it is `start` itself, or where that is free the next working day. Where the calendar ends
    (9999-12-31) the counting does, too.
    """
    left, skipped = max(count, 0), frozenset(without)
    day, assumed = start, arrangement(start.year, years) is None
    for day in _days_after(start) if left else _days_from(start):
        assumed = assumed or arrangement(day.year, years) is None
        if is_working(day, years) and day not in skipped:
            left -= 1
            if left <= 0:
                break
    return Reckoned(day, assumed)


def working_days(start: date, end: date, years: Years = NONE, *, without: Iterable[date] = ()) -> int:
    """How many working days come after `start`, up to and with `end`; 0 when `end` is not after it."""
    skipped = frozenset(without)
    days = (start + _ONE_DAY * number for number in range(1, (end - start).days + 1))
    return sum(is_working(day, years) and day not in skipped for day in days)


def _days_from(day: date) -> Iterator[date]:
    yield day
    yield from _days_after(day)


def _days_after(day: date) -> Iterator[date]:
    while day < date.max:
        day += _ONE_DAY
        yield day


@lru_cache(maxsize=1)
def _shipped() -> Mapping[int, Year]:
    numbers = {day.year for day in constants.holidays}
    return {
        number: Year(
            frozenset(day for day in constants.holidays if day.year == number),
            frozenset(day for day in constants.workdays if day.year == number),
        )
        for number in numbers
    }
