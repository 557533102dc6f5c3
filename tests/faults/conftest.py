"""Live exchanges that may be hurt."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.town.outside import LiveExchange
from tests.town.provider import ScriptedProvider, good


@pytest.fixture(scope="session")
def all_day_provider() -> Iterator[ScriptedProvider]:
    made = ScriptedProvider()
    yield made
    made.close()


@pytest.fixture
def provider(all_day_provider: ScriptedProvider) -> ScriptedProvider:
    """The provider, well-behaved again and with no memory of requests."""
    all_day_provider.behaviour = good
    all_day_provider.seen.clear()
    return all_day_provider


@pytest.fixture(scope="session")
def shared_live(all_day_provider: ScriptedProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveExchange]:
    """One live exchange for all tests that leave it sound; short time-outs, so that slow providers are found out."""
    made = LiveExchange(
        tmp_path_factory.mktemp("live"),
        all_day_provider,
        HUTONG_READ_SECONDS=0.5,
        HUTONG_TOTAL_SECONDS=1.0,
        HUTONG_CONNECT_SECONDS=0.5,
        HUTONG_REQUEST_SECONDS=0.7,
        HUTONG_REQUEST_MAX_BYTES=65536,
        HUTONG_REPLY_MAX_BYTES=65536,
        HUTONG_LOG_LEVEL="debug",
        HUTONG_EGRESS=f"health=127.0.0.1:{all_day_provider.port},health=127.0.0.1:1",
    )
    made.found()
    made.start()
    asyncio.run(made.build())
    yield made
    made.stop()


@pytest.fixture
def live(shared_live: LiveExchange, provider: ScriptedProvider) -> LiveExchange:
    return shared_live


@pytest.fixture
def new_live(provider: ScriptedProvider, tmp_path: Path) -> Iterator[Callable[..., LiveExchange]]:
    """Makes a live exchange of the test's own, built and running."""
    made: list[LiveExchange] = []

    def make(**environment: Any) -> LiveExchange:
        one = LiveExchange(tmp_path, provider, **environment)
        made.append(one)
        one.found()
        one.start()
        return one

    yield make
    for one in made:
        if one.process is not None and one.process.poll() is None:
            one.stop()
