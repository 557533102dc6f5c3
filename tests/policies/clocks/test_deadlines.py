"""Deadlines."""

from datetime import UTC, date, datetime, timedelta

import pytest

from policies.calendar import Calendar
from policies.clocks import deadlines, extensions, years
from policies.clocks.models import YearDraft
from tests.policies.clocks.conftest import SHANGHAI


def at(month: int, day: int, hour: int = 10, year: int = 2025) -> datetime:
    return datetime(year, month, day, hour, tzinfo=SHANGHAI).astimezone(UTC)


START = at(11, 3)


@pytest.fixture
def begun(session, here):
    return deadlines.start(session, "request", "req-1", "answer-conditional", "health", START, here)


def test_a_deadline_begins_with_its_due_and_its_first_reminder(begun):
    assert (begun.profile, begun.department, begun.days, begun.due_on) == ("national", "health", 10, "2025-11-17")
    assert begun.due_at == at(11, 18, 0)
    assert begun.remind_at == at(11, 11, 0)
    assert begun.open


def test_one_clock_runs_once_at_a_time_on_one_thing(session, here, begun):
    with pytest.raises(deadlines.AlreadyRunning):
        deadlines.start(session, "request", "req-1", "answer-conditional", "health", START, here)
    deadlines.start(session, "request", "req-1", "deliver", "health", START, here)
    deadlines.meet(session, begun.id, at(11, 4))
    deadlines.start(session, "request", "req-1", "answer-conditional", "health", at(11, 5), here)


def test_a_pause_is_not_counted_and_nothing_is_due_meanwhile(session, here, begun):
    paused = deadlines.pause(session, begun.id, at(11, 4), here)
    assert (paused.due_at, paused.due_on, paused.remind_at) == (None, None, None)
    assert deadlines.to_tell(session, at(12, 31)) == []
    resumed = deadlines.resume(session, begun.id, at(11, 11), here)
    assert resumed.due_on == "2025-11-25"
    assert deadlines.days_left(resumed, here, at(11, 11)) == 10


def test_pausing_twice_or_resuming_what_runs_is_refused(session, here, begun):
    with pytest.raises(deadlines.NotRunning):
        deadlines.resume(session, begun.id, at(11, 4), here)
    deadlines.pause(session, begun.id, at(11, 4), here)
    with pytest.raises(deadlines.NotRunning):
        deadlines.pause(session, begun.id, at(11, 5), here)


def test_what_is_met_in_time_and_late(session, here, begun):
    assert not deadlines.meet(session, begun.id, begun.due_at - timedelta(microseconds=1)).late
    other = deadlines.start(session, "request", "req-2", "answer-conditional", "health", START, here)
    assert deadlines.meet(session, other.id, other.due_at).late
    for step in (deadlines.meet, deadlines.stop):
        with pytest.raises(deadlines.NotRunning):
            step(session, begun.id, at(11, 20))


def test_a_clock_that_steps_back_meets_in_time_and_reminds_of_nothing(session, here, begun):
    assert deadlines.take_told(session, begun.id, START - timedelta(days=40)) is None
    assert not deadlines.meet(session, begun.id, START - timedelta(days=1)).late


def test_one_extension_with_the_consent_of_the_competent_department(session, here, begun):
    with pytest.raises(extensions.NoExtension):
        extensions.answer(session, begun.id, True, "", "person-op", at(11, 5), here)
    extensions.ask(session, begun.id, 5, "a system is moved", "person-st", at(11, 5))
    assert begun.due_on == "2025-11-17"
    extended = extensions.answer(session, begun.id, True, "agreed", "person-op", at(11, 6), here)
    assert (extended.due_on, extended.extension["answered_by"]) == ("2025-11-24", "person-op")
    with pytest.raises(extensions.NoExtension):
        extensions.ask(session, begun.id, 1, "again", "person-st", at(11, 7))


def test_a_declined_extension_changes_nothing_and_may_be_asked_for_again(session, here, begun):
    extensions.ask(session, begun.id, 5, "holidays", "person-st", at(11, 5))
    with pytest.raises(extensions.NoExtension):
        extensions.answer(session, begun.id, False, " ", "person-op", at(11, 6), here)
    declined = extensions.answer(session, begun.id, False, "no reason", "person-op", at(11, 6), here)
    assert declined.due_on == "2025-11-17"
    extensions.ask(session, begun.id, 5, "a system is moved", "person-st", at(11, 7))


@pytest.mark.parametrize(("days", "reason"), [(0, "x"), (11, "x"), (5, " ")])
def test_an_extension_has_a_reason_and_a_bound(session, begun, days, reason):
    with pytest.raises(extensions.NoExtension):
        extensions.ask(session, begun.id, days, reason, "person-st", at(11, 5))


def told(session, id, moment):
    found = deadlines.take_told(session, id, moment)
    return found and found[1]


def test_each_reminder_is_given_once_and_what_is_overdue_is_escalated_once(session, begun):
    assert deadlines.to_tell(session, at(11, 10, 23)) == []
    assert deadlines.to_tell(session, at(11, 11, 0)) == [begun.id]
    assert [told(session, begun.id, at(11, 11, hour)) for hour in (0, 1, 2)] == ["halfway", None, None]
    assert [told(session, begun.id, at(11, 17, hour)) for hour in (0, 1)] == ["last-day", None]
    assert told(session, begun.id, at(11, 17, 23)) is None
    assert [told(session, begun.id, at(11, 18, hour)) for hour in (0, 1)] == ["overdue", None]
    assert deadlines.to_tell(session, at(12, 31)) == []
    assert [each["name"] for each in begun.reminded] == ["halfway", "last-day"]


def test_after_a_downtime_the_last_reminder_is_enough_and_none_of_what_is_overdue(session, here, begun):
    other = deadlines.start(session, "request", "req-2", "answer-conditional", "health", START, here)
    assert [told(session, begun.id, at(11, 17, hour)) for hour in (8, 9)] == ["last-day", None]
    assert [told(session, other.id, at(12, 1, hour)) for hour in (8, 9)] == ["overdue", None]
    assert other.reminded == []


def test_what_is_met_or_stopped_is_told_no_more(session, here, begun):
    deadlines.stop(session, begun.id, at(11, 4))
    assert deadlines.to_tell(session, at(12, 31)) == []
    assert deadlines.take_told(session, begun.id, at(12, 31)) is None


def test_an_extension_after_the_escalation_is_escalated_again(session, here, begun):
    assert told(session, begun.id, at(11, 18, 1)) == "overdue"
    extensions.ask(session, begun.id, 5, "late", "person-st", at(11, 18))
    extensions.answer(session, begun.id, True, "", "person-op", at(11, 18), here)
    assert told(session, begun.id, at(11, 18, 12)) is None
    assert told(session, begun.id, at(11, 26)) == "overdue"


def test_the_table_of_departments(session, here, begun):
    late = deadlines.start(session, "request", "req-2", "answer-unconditional", "health", START, here)
    stopped = deadlines.start(session, "request", "req-3", "answer-unconditional", "health", START, here)
    met = deadlines.start(session, "request", "req-4", "answer-unconditional", "justice", START, here)
    deadlines.stop(session, stopped.id, START)
    deadlines.meet(session, met.id, START)
    found = deadlines.overdue(session, at(11, 6))
    assert found == [
        {"department": "health", "open": 2, "overdue": 1, "met_in_time": 0, "met_late": 0,
         "oldest_due_on": late.due_on},
        {"department": "justice", "open": 0, "overdue": 0, "met_in_time": 1, "met_late": 0, "oldest_due_on": None},
    ]  # fmt: skip
    assert deadlines.overdue(session, at(11, 6), {"justice"}) == found[1:]
    rows, _ = deadlines.page(session, at(11, 6), overdue=True)
    assert [row.id for row in rows] == [late.id]


def test_an_imported_year_moves_what_was_assumed(session):
    here = years.calendar(session, SHANGHAI)
    row = deadlines.start(session, "request", "req-1", "answer-conditional", "health", at(12, 28, year=2026), here)
    assert (row.due_on, row.assumed) == ("2027-01-12", True)
    years.put(session, 2027, YearDraft(holidays=[date(2027, 1, day) for day in (1, 4, 5)]), "person-op", START)
    here = years.calendar(session, SHANGHAI)
    assert deadlines.reckon_again(session, [2027], at(12, 29, year=2026), here) == [row]
    assert (row.due_on, row.assumed) == ("2027-01-14", False)
    assert deadlines.reckon_again(session, [2027], at(12, 29, year=2026), here) == []


@pytest.mark.parametrize(
    ("year", "holidays", "workdays", "pointer"),
    [
        (2027, [date(2026, 1, 1)], [], "/holidays/0"),
        (2027, [date(2027, 1, 1)], [date(2027, 1, 4)], "/workdays/0"),
        (2027, [date(2027, 1, 2)], [date(2027, 1, 2)], "/workdays/0"),
        (1800, [date(1800, 1, 1)], [], "/year"),
    ],
)
def test_a_year_that_cannot_be_one_is_refused(session, year, holidays, workdays, pointer):
    with pytest.raises(years.InvalidYear) as refused:
        years.put(session, year, YearDraft(holidays=holidays, workdays=workdays), "person-op", START)
    assert refused.value.findings[0].pointer == pointer


def test_the_calendar_of_another_zone_has_other_days(session):
    utc = Calendar(UTC)
    evening = datetime(2025, 11, 3, 17, tzinfo=UTC)
    one = deadlines.start(session, "request", "req-1", "answer-unconditional", "health", evening, utc)
    two = deadlines.start(session, "request", "req-2", "answer-unconditional", "health", evening, Calendar(SHANGHAI))
    assert (one.due_on, two.due_on) == ("2025-11-04", "2025-11-05")
