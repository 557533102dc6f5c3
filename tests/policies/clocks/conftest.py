"""An empty database and the calendar of Shanghai."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session, SQLModel, create_engine

import exchange.tables  # noqa: F401 - every table, as a node has them
from policies.calendar import Calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine)
    with Session(engine) as opened:
        yield opened
    engine.dispose()


@pytest.fixture
def here() -> Calendar:
    return Calendar(SHANGHAI)
