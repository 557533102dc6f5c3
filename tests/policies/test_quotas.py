import asyncio
import sys
import threading
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.quotas import WINDOWS, Exhausted, Limits, Quota, Quotas, Rate, Reservation, window_bounds

SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = [
    SHANGHAI,
    ZoneInfo("UTC"),
    ZoneInfo("Europe/Berlin"),
    ZoneInfo("Australia/Lord_Howe"),
    ZoneInfo("America/Havana"),
]
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def ms(*when, zone=SHANGHAI, fold=0):
    return int(datetime(*when, tzinfo=zone, fold=fold).timestamp() * 1000)


NOON = ms(2026, 11, 22, 12, 0)


@pytest.mark.parametrize(
    ("window", "start", "end"),
    [
        ("minute", ms(2026, 11, 22, 0, 30), ms(2026, 11, 22, 0, 31)),
        ("hour", ms(2026, 11, 22, 0), ms(2026, 11, 22, 1)),
        ("day", ms(2026, 11, 22), ms(2026, 11, 23)),
        ("month", ms(2026, 11, 1), ms(2026, 12, 1)),
    ],
)
def test_windows_are_aligned_to_the_time_zone(window, start, end):
    at = ms(2026, 11, 22, 0, 30, 15) + 999
    assert window_bounds(window, at, SHANGHAI) == (start, end)


def test_december_ends_with_the_year():
    assert window_bounds("month", ms(2026, 12, 31, 23, 59), SHANGHAI) == (ms(2026, 12, 1), ms(2027, 1, 1))


def test_a_day_on_which_clocks_change_has_23_or_25_hours():
    berlin = ZoneInfo("Europe/Berlin")
    spring, autumn = (window_bounds("day", ms(2026, *day, 12, zone=berlin), berlin) for day in ((3, 29), (10, 25)))
    assert spring[1] - spring[0] == 23 * HOUR
    assert autumn[1] - autumn[0] == 25 * HOUR


def test_a_day_with_two_midnights_begins_at_the_first():
    havana = ZoneInfo("America/Havana")
    second = ms(2026, 11, 1, 0, 30, zone=havana, fold=1)
    assert window_bounds("day", second, havana) == (second - 90 * MINUTE, ms(2026, 11, 2, zone=havana))


@given(st.integers(ms(2000, 1, 1), ms(2040, 1, 1)), st.sampled_from(WINDOWS), st.sampled_from(ZONES))
def test_every_moment_lies_in_its_window(at, window, zone):
    start, end = window_bounds(window, at, zone)
    assert start <= at < end
    assert window_bounds(window, start, zone)[0] == start


def test_an_unknown_window_counts_nothing():
    with pytest.raises(ValueError, match="minute, hour, day, month"):
        window_bounds("week", NOON, SHANGHAI)
    with pytest.raises(LookupError):
        Quotas(SHANGHAI).reserve("agr-1", Limits(Quota(1, "week")), NOON)


def test_reserves_up_to_the_count_and_then_says_when_to_come_back():
    quotas, quota = Quotas(SHANGHAI), Limits(Quota(2, "hour"))
    assert quotas.left("agr-1", quota.quota, NOON) == 2
    assert isinstance(quotas.reserve("agr-1", quota, NOON), Reservation)
    assert isinstance(quotas.reserve("agr-1", quota, NOON), Reservation)
    assert quotas.left("agr-1", quota.quota, NOON) == 0
    assert quotas.reserve("agr-1", quota, NOON + 1) == Exhausted(3600, 2)
    assert isinstance(quotas.reserve("agr-2", quota, NOON), Reservation)


@pytest.mark.parametrize(
    ("before_end", "seconds"), [(1, 1), (999, 1), (1000, 1), (1001, 2), (59_999, 60), (60_000, 60)]
)
def test_retry_after_is_whole_seconds_rounded_up(before_end, seconds):
    quotas, quota = Quotas(SHANGHAI), Limits(Quota(1, "minute"))
    at = NOON + MINUTE - before_end
    quotas.reserve("agr-1", quota, at)
    assert quotas.reserve("agr-1", quota, at).retry_after == seconds


def test_a_new_window_starts_with_its_first_millisecond():
    quotas, quota = Quotas(SHANGHAI), Limits(Quota(1, "day"))
    midnight = ms(2026, 11, 23)
    quotas.reserve("agr-1", quota, NOON)
    assert isinstance(quotas.reserve("agr-1", quota, midnight - 1), Exhausted)
    assert quotas.left("agr-1", quota.quota, midnight) == 1
    assert isinstance(quotas.reserve("agr-1", quota, midnight), Reservation)


def test_a_clock_that_steps_back_opens_no_window():
    quotas, quota = Quotas(SHANGHAI), Limits(Quota(2, "minute"))
    quotas.reserve("agr-1", quota, NOON)
    assert isinstance(quotas.reserve("agr-1", quota, NOON - MINUTE), Reservation)
    assert quotas.left("agr-1", quota.quota, NOON - MINUTE) == 0
    assert quotas.reserve("agr-1", quota, NOON - DAY) == Exhausted(86_460, 2)
    assert isinstance(quotas.reserve("agr-1", quota, NOON), Exhausted)


def test_a_released_call_can_be_made_again_but_only_once():
    quotas, quota = Quotas(SHANGHAI), Limits(Quota(2, "minute"))
    first, _ = quotas.reserve("agr-1", quota, NOON), quotas.reserve("agr-1", quota, NOON)
    quotas.release(first)
    quotas.release(first)
    assert quotas.left("agr-1", quota.quota, NOON) == 1


def test_releasing_a_call_of_a_past_window_gives_nothing_to_the_next():
    quotas, quota = Quotas(SHANGHAI), Limits(Quota(2, "minute"))
    old = quotas.reserve("agr-1", quota, NOON)
    quotas.reserve("agr-1", quota, NOON + MINUTE)
    quotas.release(old)
    assert quotas.left("agr-1", quota.quota, NOON + MINUTE) == 1


def test_lowering_a_quota_below_what_was_used_leaves_nothing():
    quotas = Quotas(SHANGHAI)
    for _ in range(3):
        quotas.reserve("agr-1", Limits(Quota(5, "day")), NOON)
    assert quotas.left("agr-1", Quota(1, "day"), NOON) == 0
    assert isinstance(quotas.reserve("agr-1", Limits(Quota(1, "day")), NOON), Exhausted)


ROWS = [
    ("agr-1", NOON - 30 * DAY, 1000),
    ("agr-1", NOON - 2 * DAY, 100),
    ("agr-1", NOON - 2 * HOUR, 10),
    ("agr-1", NOON - MINUTE, 4),
    ("agr-1", NOON, 1),
    ("agr-2", NOON, 3),
]


@pytest.mark.parametrize("rows", [ROWS, ROWS[::-1], ROWS[3:] + ROWS[:3]])
@pytest.mark.parametrize(("window", "used"), [("minute", 1), ("hour", 1), ("day", 15), ("month", 115)])
def test_counts_are_rebuilt_from_rows_in_any_order(rows, window, used):
    quotas = Quotas(SHANGHAI)
    quotas.preload(rows)
    assert quotas.left("agr-1", Quota(10_000, window), NOON + 1) == 10_000 - used
    assert quotas.left("agr-2", Quota(10_000, window), NOON + 1) == 9_997


def test_a_restart_does_not_refill_a_quota():
    quotas, quota = Quotas(SHANGHAI), Limits(Quota(3, "day"))
    quotas.preload([("agr-1", NOON, 3)])
    assert isinstance(quotas.reserve("agr-1", quota, NOON + MINUTE), Exhausted)
    assert isinstance(quotas.reserve("agr-1", quota, NOON + DAY), Reservation)


def test_counters_of_past_windows_are_dropped():
    quotas, quota = Quotas(SHANGHAI), Limits(Quota(1, "minute"))
    for agreement in range(100):
        quotas.reserve(f"agr-{agreement}", quota, NOON)
    quotas.reserve("agr-0", quota, NOON + MINUTE)
    assert len(quotas._windows["minute"].used) == 1


def test_256_threads_never_get_more_than_the_quota():
    quotas, quota = Quotas(SHANGHAI), Limits(Quota(1000, "day"))
    ready, granted = threading.Barrier(256), []

    def call():
        ready.wait()
        answers = [quotas.reserve("agr-1", quota, NOON) for _ in range(8)]
        granted.extend(answer for answer in answers if isinstance(answer, Reservation))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=call) for _ in range(256)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert len(granted) == 1000
    assert quotas.left("agr-1", quota.quota, NOON) == 0


def test_reserving_and_releasing_from_many_threads_keeps_the_count_exact():
    quotas, quota = Quotas(SHANGHAI), Limits(Quota(10**9, "day"))

    def call():
        for _ in range(200):
            quotas.release(quotas.reserve("agr-1", quota, NOON))
            quotas.reserve("agr-1", quota, NOON)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=call) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert quotas.left("agr-1", quota.quota, NOON) == 10**9 - 3200


async def test_tasks_of_one_event_loop_share_the_quota():
    quotas, quota = Quotas(UTC), Limits(Quota(10, "month"))

    async def call():
        await asyncio.sleep(0)
        return isinstance(quotas.reserve("agr-1", quota, NOON), Reservation)

    assert sum(await asyncio.gather(*(call() for _ in range(256)))) == 10


@given(st.lists(st.tuples(st.integers(0, 5 * MINUTE), st.booleans()), max_size=60))
def test_no_window_grants_more_than_its_count_whatever_the_clock_does(steps):
    quotas, quota = Quotas(SHANGHAI), Limits(Quota(3, "minute"))
    granted = {}
    for offset, back in steps:
        reservation = quotas.reserve("agr-1", quota, NOON + offset)
        if isinstance(reservation, Reservation):
            window = reservation.windows[0].start
            granted[window] = granted.get(window, 0) + 1
            if back:
                quotas.release(reservation)
                granted[window] -= 1
    assert all(count <= 3 for count in granted.values())
    assert list(granted) == sorted(granted)


def test_a_rate_holds_in_every_stretch_of_its_seconds():
    quotas, limits = Quotas(SHANGHAI), Limits(rate=Rate(2, 10))
    assert isinstance(quotas.reserve("agr-1", limits, NOON), Reservation)
    assert isinstance(quotas.reserve("agr-1", limits, NOON + 9_000), Reservation)
    assert quotas.reserve("agr-1", limits, NOON + 9_999) == Exhausted(1, 2, "rate")
    assert isinstance(quotas.reserve("agr-1", limits, NOON + 10_000), Reservation)
    assert quotas.reserve("agr-1", limits, NOON + 10_001) == Exhausted(9, 2, "rate")


@given(st.lists(st.integers(0, 60_000), max_size=80), st.integers(1, 5), st.integers(1, 30))
def test_no_stretch_lets_more_through_than_its_rate_whatever_the_clock_does(moments, count, seconds):
    quotas, granted, latest = Quotas(SHANGHAI), [], 0
    for at in moments:
        if isinstance(quotas.reserve("agr-1", Limits(rate=Rate(count, seconds)), NOON + at), Reservation):
            latest = max(latest, at)
            granted.append(latest)  # a clock that steps back is taken to stand still
    for start in granted:
        assert sum(start <= at < start + seconds * 1000 for at in granted) <= count


def test_a_rate_remembers_no_more_than_it_needs():
    quotas, limits = Quotas(SHANGHAI), Limits(rate=Rate(5, 1))
    for second in range(100):
        quotas.reserve("agr-1", limits, NOON + second * 1000)
    assert len(quotas._stamps["agr-1"]) <= 6


def test_a_total_does_not_come_back_by_waiting_and_survives_a_restart():
    quotas, limits = Quotas(SHANGHAI), Limits(total=3)
    quotas.preload([("agr-1", NOON, 1)], [("agr-1", 2)])
    assert isinstance(quotas.reserve("agr-1", limits, NOON), Reservation)
    assert quotas.reserve("agr-1", limits, NOON + 400 * DAY) == Exhausted(None, 3, "total")
    assert quotas.used_in_all("agr-1") == 3


def test_after_a_restart_a_rate_takes_past_calls_to_be_as_late_as_they_can_be():
    quotas, limits = Quotas(SHANGHAI), Limits(rate=Rate(2, 30))
    quotas.preload([("agr-1", NOON, 2), ("agr-1", NOON - 2 * HOUR, 9)])
    assert isinstance(quotas.reserve("agr-1", limits, NOON + MINUTE), Exhausted)
    assert isinstance(quotas.reserve("agr-1", limits, NOON + MINUTE + 30_000), Reservation)


def test_a_call_that_one_limit_refuses_is_counted_by_none():
    quotas = Quotas(SHANGHAI)
    both = Limits(Quota(10, "day"), Rate(1, 60), 5)
    assert isinstance(quotas.reserve("agr-1", both, NOON), Reservation)
    for _ in range(20):
        assert quotas.reserve("agr-1", both, NOON + 1).check == "rate"
    assert quotas.left("agr-1", Quota(10, "day"), NOON) == 9
    assert quotas.used_in_all("agr-1") == 1


def test_a_released_call_frees_every_limit():
    quotas, all_three = Quotas(SHANGHAI), Limits(Quota(1, "day"), Rate(1, 60), 1)
    quotas.release(quotas.reserve("agr-1", all_three, NOON))
    assert isinstance(quotas.reserve("agr-1", all_three, NOON), Reservation)


def test_what_was_used_counts_on_when_the_window_is_amended():
    quotas = Quotas(SHANGHAI)
    for _ in range(3):
        quotas.reserve("agr-1", Limits(Quota(5, "day")), NOON)
    assert quotas.left("agr-1", Quota(5, "month"), NOON) == 2
