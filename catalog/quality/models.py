"""Tables of quality: what live traffic showed, hour by hour, and the floor below which a steward wants no calls."""

from datetime import datetime

from pydantic import Field as Shape
from sqlmodel import Field, SQLModel

from standards.columns import Json, UtcDateTime
from standards.models import Draft

# Counted by the exchange itself: nobody's act, so no change is recorded for it.
_COUNTED = {"bookkeeping": True}


class Observation(SQLModel, table=True):
    """One hour of one service's replies under one version of the standard; `durations` are counts by bucket."""

    __tablename__ = "observation"
    __table_args__ = {"info": _COUNTED}
    service_id: str = Field(primary_key=True)
    standard: str = Field(primary_key=True)
    hour: datetime = Field(primary_key=True, sa_type=UtcDateTime, index=True)
    answered: int
    unanswered: int
    conforming: int
    failing: int
    durations: list[int] = Field(sa_type=Json)
    modified_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ObservedPoint(SQLModel, table=True):
    """How often one rule was broken at one pointer within that hour."""

    __tablename__ = "observed_point"
    __table_args__ = {"info": _COUNTED}
    service_id: str = Field(primary_key=True)
    standard: str = Field(primary_key=True)
    hour: datetime = Field(primary_key=True, sa_type=UtcDateTime, index=True)
    pointer: str = Field(primary_key=True)
    rule: str = Field(primary_key=True)
    times: int


class ConformanceFloor(SQLModel, table=True):
    """The steward's wish that calls stop when fewer replies than `permille` in a thousand conform.

    `conforming` and `failing` are the sample since `since` under `standard`, of at least `replies` when it is judged.
    """

    __tablename__ = "conformance_floor"
    __table_args__ = {"info": _COUNTED}
    dataset_id: str = Field(primary_key=True, foreign_key="dataset.id")
    permille: int
    replies: int
    revision: int = 1
    standard: str | None = None
    since: datetime = Field(sa_type=UtcDateTime)
    conforming: int = 0
    failing: int = 0
    set_by: str
    set_at: datetime = Field(sa_type=UtcDateTime)


class FloorDraft(Draft):
    """Calls are suspended when of at least `replies` replies, within about an hour, surely fewer than `share` conform.

    "Surely" means that the whole 95 % interval lies below the share, so that no dataset is suspended by chance.
    """

    share: float = Shape(ge=0.001, le=0.999, description="such as 0.95, exact to a thousandth")
    replies: int = Shape(default=20, ge=10, le=1_000_000, description="smallest sample to judge by")
