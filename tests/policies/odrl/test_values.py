"""How values compare: yes, no, or not to be said."""

from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.odrl.values import Value, compared, moment

SHANGHAI = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("one", "operator", "other", "type", "expected"),
    [
        ("2026-01-01T08:00:00+08:00", "eq", "2026-01-01T00:00:00Z", "dateTime", True),
        ("2026-01-01T07:59:59.999+08:00", "lt", "2026-01-01T00:00:00Z", "dateTime", True),
        ("2026-01-01T00:00:00Z", "gteq", "2026-01-01T00:00:00.0Z", "dateTime", True),
        ("2026-01-01T00:00:00Z", "eq", "2026-01-01", "date", True),
        ("2026-01-01T23:59:59Z", "lteq", "2026-01-01", "date", True),
        ("2026-01-02T00:00:00Z", "lteq", "2026-01-01", "date", False),
        ("2026-01-02T00:00:00Z", "gt", "2026-01-01", "date", True),
        ("2025-12-31T16:00:00Z", "eq", "2026-01-01+08:00", "date", True),
        ("2026-12-31T24:00:00Z", "eq", "2027-01-01T00:00:00Z", "dateTime", True),
        ("2026-02-30T00:00:00Z", "lt", "2027-01-01T00:00:00Z", "dateTime", None),
        ("yesterday", "lt", "2027-01-01T00:00:00Z", "dateTime", None),
        ("10", "gt", "9", "integer", True),
        ("10", "gt", "9", "string", None),
        ("1.50", "eq", "1.5", "decimal", True),
        ("1e3", "eq", "1000", "double", True),
        ("1E999999", "gt", "1", "double", True),
        ("NaN", "eq", "NaN", "double", None),
        ("٣", "eq", "3", "integer", None),
        ("P1D", "eq", "PT24H", "duration", True),
        ("PT36H", "lt", "P2D", "dayTimeDuration", True),
        ("P1M", "lt", "P32D", "duration", True),
        ("P1M", "lt", "P30D", "duration", None),
        ("P1Y", "eq", "P12M", "yearMonthDuration", True),
        ("-P1D", "lt", "P0D", "duration", True),
        ("P", "eq", "P", "duration", None),
        ("1", "eq", "true", "boolean", True),
        ("true", "neq", "0", "boolean", True),
        ("a", "neq", "b", None, True),
        ("a", "lt", "b", None, None),
        ("A", "eq", "a", None, False),
    ],
)
def test_pairs(one: str, operator: str, other: str, type: str | None, expected: bool | None) -> None:
    assert compared(operator, Value(one), Value(other, type), UTC) is expected


def test_a_day_without_a_zone_is_a_day_where_is_asked() -> None:
    at = Value("2026-01-01T00:30:00+08:00", "dateTime")
    assert compared("eq", at, Value("2026-01-01", "date"), SHANGHAI) is True
    assert compared("eq", at, Value("2026-01-01", "date"), UTC) is False


def test_a_moment_keeps_its_zone() -> None:
    at = moment("2026-01-01T00:30:00+08:00")
    assert at is not None
    assert at.isoformat() == "2026-01-01T00:30:00+08:00"
    assert moment("2026-01-01") is None


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_moments_are_ordered_as_they_are(one, other) -> None:
    first, second = (Value(at.isoformat(), "dateTime") for at in (one, other))
    assert compared("lt", first, second, UTC) is (one < other)
    assert compared("gteq", first, second, UTC) is (one >= other)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6), st.integers())
def test_numbers_are_ordered_as_they_are(one, other) -> None:
    first, second = Value(f"{one:f}", "decimal"), Value(str(other), "integer")
    assert compared("lt", first, second, UTC) is (one < other)
    assert compared("eq", first, second, UTC) is (one == other)
