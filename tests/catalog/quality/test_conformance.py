"""The interval of a share, against figures worked out by hand and the law that it holds the share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.quality.conformance import share


@pytest.mark.parametrize(
    ("observed", "total", "lower", "upper"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (990, 1000, 0.9817, 0.9946)],
)
def test_the_bounds_are_wilsons(observed: int, total: int, lower: float, upper: float) -> None:
    found = share(observed, total)
    assert (round(found.lower, 4), round(found.upper, 4)) == (lower, upper)


def test_nothing_seen_says_nothing() -> None:
    assert share(0, 0) == (0, 0, None, 0.0, 1.0)


@pytest.mark.parametrize(("observed", "total"), [(-1, 3), (4, 3)])
def test_more_than_all_is_no_share(observed: int, total: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        share(observed, total)


@given(st.integers(1, 10**9), st.floats(0, 1))
def test_the_interval_holds_the_share(total: int, part: float) -> None:
    found = share(round(total * part), total)
    assert found.value is not None
    assert 0 <= found.lower <= found.value <= found.upper <= 1
