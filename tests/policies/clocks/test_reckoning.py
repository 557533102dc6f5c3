"""When clocks are due."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from policies.calendar import Calendar
from policies.clocks import reckoning
from policies.clocks.reckoning import Pause
from tests.policies.clocks.conftest import SHANGHAI

HERE = Calendar(SHANGHAI)


def at(month: int, day: int, hour: int = 10, year: int = 2025) -> datetime:
    return datetime(year, month, day, hour, tzinfo=SHANGHAI).astimezone(UTC)


def on(started: datetime, days: int, *pauses: Pause) -> date | None:
    found = reckoning.due(started, days, pauses, HERE)
    return found and found.on


def test_ten_days_around_national_day_take_in_both_worked_weekend_days():
    assert on(at(9, 24), 10) == date(2025, 10, 14)


def test_a_clock_ends_with_its_last_day_where_the_exchange_is():
    found = reckoning.due(at(11, 3, 9), 1, [], HERE)
    assert (found.on, found.at, found.assumed) == (date(2025, 11, 4), datetime(2025, 11, 4, 16, tzinfo=UTC), False)
    late_evening = datetime(2025, 11, 3, 16, 30, tzinfo=UTC)  # the fourth already in Shanghai
    assert reckoning.due(late_evening, 1, [], HERE).on == date(2025, 11, 5)
    assert reckoning.due(late_evening, 1, [], Calendar(UTC)).on == date(2025, 11, 4)


def test_days_on_which_it_stood_do_not_count():
    assert on(at(11, 3), 3) == date(2025, 11, 6)
    assert on(at(11, 3), 3, Pause(at(11, 4), at(11, 4, 17))) == date(2025, 11, 7)
    assert on(at(11, 3), 3, Pause(at(11, 4), at(11, 12))) == date(2025, 11, 17)


def test_what_was_returned_on_its_last_day_leaves_a_whole_day():
    assert on(at(11, 3), 1, Pause(at(11, 4), at(11, 6))) == date(2025, 11, 7)


def test_while_it_stands_nothing_is_due():
    assert reckoning.due(at(11, 3), 3, [Pause(at(11, 4))], HERE) is None
    assert reckoning.reminders(at(11, 3), 10, [Pause(at(11, 4))], HERE) == []


def test_a_clock_that_steps_back_shortens_nothing():
    back = Pause(at(11, 5), at(11, 4))
    assert on(at(11, 3), 3, back) == on(at(11, 3), 3, Pause(at(11, 5), at(11, 5)))


def test_reminders_come_halfway_and_before_the_last_day():
    found = reckoning.reminders(at(11, 3), 10, [], HERE)
    assert found == [("halfway", HERE.end_of(date(2025, 11, 10))), ("last-day", HERE.end_of(date(2025, 11, 14)))]
    assert reckoning.reminders(at(11, 3), 1, [], HERE) == []
    assert [name for name, _ in reckoning.reminders(at(11, 3), 2, [], HERE)] == ["last-day"]


def test_days_that_are_left():
    assert reckoning.left(at(11, 3), 3, [], HERE, at(11, 3, 20)) == 3
    assert reckoning.left(at(11, 3), 3, [], HERE, at(11, 6)) == 0
    assert reckoning.left(at(11, 3), 3, [], HERE, at(11, 10)) == -2
    assert reckoning.left(at(11, 3), 3, [Pause(at(11, 4))], HERE, at(11, 20)) == 3


@given(st.integers(0, 700), st.integers(1, 30), st.integers(0, 40), st.integers(0, 40))
def test_a_pause_never_makes_it_due_earlier(start, days, after, length):
    started = at(1, 2) + timedelta(days=start)
    pause = Pause(started + timedelta(days=after), started + timedelta(days=after + length))
    plain, paused = (reckoning.due(started, days, pauses, HERE) for pauses in ([], [pause]))
    assert plain.at <= paused.at
    if HERE.day_of(pause.since) > plain.on:
        assert plain.at == paused.at
