"""Working days."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import calendar
from policies.calendar import Calendar, Year, add_working_days, is_working, working_days

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEXT = {2027: Year(frozenset({date(2027, 1, 1), date(2027, 2, 5), date(2027, 2, 8)}), frozenset({date(2027, 1, 9)}))}


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        (date(2025, 11, 3), 1, date(2025, 11, 4)),
        (date(2025, 11, 7), 1, date(2025, 11, 10)),  # Friday, and no weekend that is worked
        (date(2025, 1, 24), 1, date(2025, 1, 26)),  # a Sunday that is worked before Spring Festival
        (date(2025, 1, 27), 1, date(2025, 2, 5)),  # across Spring Festival 2025
        (date(2025, 2, 7), 1, date(2025, 2, 8)),  # the Saturday that pays for it
        (date(2026, 2, 13), 1, date(2026, 2, 14)),  # Spring Festival 2026
        (date(2026, 2, 14), 1, date(2026, 2, 24)),
        (date(2026, 2, 27), 1, date(2026, 2, 28)),
        (date(2025, 9, 26), 3, date(2025, 9, 30)),  # the Sunday 28 September is worked
        (date(2025, 9, 30), 1, date(2025, 10, 9)),  # National Day and Mid-Autumn, eight days
        (date(2025, 9, 30), 3, date(2025, 10, 11)),  # and a Saturday that is worked
        (date(2026, 9, 30), 1, date(2026, 10, 8)),
        (date(2024, 2, 28), 1, date(2024, 2, 29)),  # a leap day
        (date(2025, 12, 31), 1, date(2026, 1, 4)),  # into the next year, whose first Sunday is worked
        (date(2025, 9, 18), 10, date(2025, 10, 9)),
    ],
)
def test_days_are_counted_as_the_state_council_arranged_them(start, count, expected):
    assert add_working_days(start, count) == (expected, False)


def test_a_start_on_a_free_day_counts_from_there():
    assert add_working_days(date(2025, 10, 3), 1) == (date(2025, 10, 9), False)


def test_no_days_is_the_day_itself_or_the_next_that_is_worked():
    assert add_working_days(date(2025, 11, 4), 0).day == date(2025, 11, 4)
    assert add_working_days(date(2025, 11, 8), 0).day == date(2025, 11, 10)
    assert add_working_days(date(2025, 11, 8), -3).day == date(2025, 11, 10)


def test_a_year_without_an_arrangement_is_assumed_and_said_to_be():
    assert add_working_days(date(2026, 12, 31), 1) == (date(2027, 1, 4), True)
    assert add_working_days(date(2026, 12, 30), 1) == (date(2026, 12, 31), False)
    assert add_working_days(date(2027, 9, 30), 1) == (date(2027, 10, 4), True)
    assert add_working_days(date(2028, 2, 28), 1) == (date(2028, 2, 29), True)
    assert not is_working(date(2030, 5, 2))
    assert is_working(date(2030, 5, 3))


def test_years_before_the_data_are_assumed_too():
    assert add_working_days(date(1999, 12, 31), 1) == (date(2000, 1, 3), True)


def test_an_imported_year_is_no_assumption_and_comes_before_the_package():
    assert add_working_days(date(2026, 12, 31), 1, NEXT) == (date(2027, 1, 4), False)
    assert add_working_days(date(2027, 1, 8), 1, NEXT) == (date(2027, 1, 9), False)
    assert add_working_days(date(2027, 2, 4), 1, NEXT) == (date(2027, 2, 9), False)
    amended = {2026: Year(frozenset({date(2026, 11, 30)}), frozenset())}
    assert not is_working(date(2026, 11, 30), amended)
    assert is_working(date(2026, 11, 30))


def test_days_that_do_not_count_are_passed_over():
    without = [date(2025, 11, 5), date(2025, 11, 6)]
    assert add_working_days(date(2025, 11, 4), 1, without=without).day == date(2025, 11, 7)
    assert working_days(date(2025, 11, 3), date(2025, 11, 7), without=without) == 2


def test_a_day_ends_at_the_local_midnight():
    here = Calendar(SHANGHAI)
    assert here.end_of(date(2025, 11, 4)) == datetime(2025, 11, 4, 16, 0, tzinfo=UTC)
    assert here.day_of(datetime(2025, 11, 4, 15, 59, 59, tzinfo=UTC)) == date(2025, 11, 4)
    assert here.day_of(datetime(2025, 11, 4, 16, 0, tzinfo=UTC)) == date(2025, 11, 5)
    assert Calendar(UTC).day_of(datetime(2025, 11, 4, 16, 0, tzinfo=UTC)) == date(2025, 11, 4)


def test_midnights_that_a_change_of_the_clock_took_or_doubled_end_the_day_all_the_same():
    brazil = Calendar(ZoneInfo("America/Sao_Paulo"))  # 2018-11-04 began at 01:00
    assert brazil.day_of(brazil.end_of(date(2018, 11, 3))) == date(2018, 11, 4)
    assert brazil.day_of(brazil.end_of(date(2018, 11, 3)) - timedelta(microseconds=1)) == date(2018, 11, 3)
    cuba = Calendar(ZoneInfo("America/Havana"))  # 2024-11-03 had its first hour twice
    assert cuba.day_of(cuba.end_of(date(2024, 11, 2))) == date(2024, 11, 3)


def test_the_end_of_the_calendar_is_no_error():
    assert add_working_days(date.max, 5).day == date.max
    assert add_working_days(date(9999, 12, 30), 20) == (date.max, True)
    assert Calendar(SHANGHAI).end_of(date.max).year == 9999


@given(st.dates(date(2004, 1, 1), date(2026, 12, 31)))
def test_the_package_says_the_same_of_every_day(day):
    assert is_working(day) == chinese_calendar.is_workday(day)


@given(st.dates(date(1990, 1, 1), date(2040, 12, 31)), st.integers(1, 60))
def test_counting_there_and_counting_back_agree(start, count):
    found = add_working_days(start, count)
    assert is_working(found.day)
    assert working_days(start, found.day) == count
    ends = [add_working_days(start, number).day for number in range(1, count + 1)]
    assert all(one < other for one, other in pairwise(ends))


def test_the_years_of_the_package():
    assert calendar.shipped() == range(2004, 2027)
