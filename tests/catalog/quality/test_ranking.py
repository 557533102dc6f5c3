"""Those that surely conform least come first, page by page, and none is left out."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import Session

from catalog.models import DatasetState
from catalog.quality import observations, ranking
from catalog.quality.tallies import Tally
from standards import paging


@pytest.fixture
def seen(
    session: Session, register_dataset: Callable[..., Any], register_service: Callable[..., Any], now: datetime
) -> list[str]:
    """Five datasets, the first with the fewest good replies."""
    for number in range(5):
        dataset = register_dataset(slug=f"births-{number}")
        register_service(slug=f"look-up-{number}", dataset=f"births-{number}")
        dataset.state = DatasetState.PUBLISHED
        session.add(dataset)
        counted = Tally(conforming=10 * number, failing=50 - 10 * number)
        observations.add(session, {(f"health/look-up-{number}", "birth-certificate:1.0.0"): counted}, now)
    return [f"health/births-{number}" for number in range(5)]


@pytest.mark.parametrize("limit", [1, 2, 5, 50])
def test_pages_hold_all_of_them_in_order(session: Session, seen: list[str], now: datetime, limit: int) -> None:
    found, cursor = [], None
    for _ in range(6):
        rows, cursor = ranking.worst(session, now, 7, limit=limit, cursor=cursor)
        found += [row["dataset"] for row in rows]
        if cursor is None:
            break
    assert found == seen


@pytest.mark.parametrize("cursor", ["", "x", "2:health/a", "0.5", "nan:health/a", "1e5:x", "-0.1:x"])
def test_a_made_up_cursor_is_refused(session: Session, now: datetime, cursor: str) -> None:
    with pytest.raises(paging.InvalidCursor):
        ranking.worst(session, now, 7, cursor=cursor)


def test_only_the_department_asked_for(session: Session, seen: list[str], now: datetime) -> None:
    assert ranking.worst(session, now, 7, department="transport") == ([], None)
