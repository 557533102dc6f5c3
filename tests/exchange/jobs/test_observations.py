"""What was counted of live replies is stored once: a failure gives it back, the end says what is lost."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session
from structlog.testing import capture_logs

from catalog.quality import observations
from exchange.broker.observed import Observed
from exchange.jobs.observations import Observations
from tests.town.inside import MemoryNode

KEY = ("health/people", "person:1.0.0")


class Failing:
    """Units of work over a database that cannot be written."""

    @contextmanager
    def begin(self, by: str, now: datetime, key: str = "") -> Iterator[Any]:
        raise OSError("no space left")
        yield


def counted() -> Observed:
    observed = Observed()
    observed.of(*KEY).conforming += 3
    return observed


def stored(node: MemoryNode) -> int:
    with Session(node.reading) as session:
        return observations.seen(session, [KEY[0]], KEY[1], datetime.now(UTC))[0].conforming


async def test_counts_that_cannot_be_stored_are_stored_the_next_time(node: MemoryNode) -> None:
    observed: Any = counted()
    failing: Any = Failing()
    await Observations(observed, failing).hand_in()
    observed.of(*KEY).conforming += 1
    await Observations(observed, node.units).hand_in()
    await Observations(observed, node.units).hand_in()
    assert stored(node) == 4


def test_the_end_stores_what_is_left(node: MemoryNode) -> None:
    observed = counted()
    Observations(observed, node.units).hand_in_last()
    assert stored(node) == 3


def test_an_end_that_cannot_store_ends_all_the_same_and_says_so() -> None:
    failing: Any = Failing()
    with capture_logs() as logged:
        Observations(counted(), failing).hand_in_last()
    assert [line["event"] for line in logged] == ["observations.lost"]


async def test_nothing_counted_touches_nothing() -> None:
    failing: Any = Failing()
    with capture_logs() as logged:
        await Observations(Observed(), failing).hand_in()
    assert logged == []
