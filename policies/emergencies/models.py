"""The table of declared emergencies, and the shapes of a declaration and of its review."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field as Shape
from sqlmodel import Field, SQLModel

from standards.columns import UtcDateTime
from standards.models import Draft


class Verdict(StrEnum):
    """What the provider's review came to."""

    CONFIRMED = "confirmed"
    OBJECTED = "objected"


class EmergencyDraft(Draft):
    agreement: str = Shape(max_length=40, description="an agreement with emergency terms")
    reason: str = Shape(min_length=10, max_length=2000, description="in writing; no data about persons")
    hours: int = Shape(default=1, ge=1, le=168, description="how long it holds, at most what the agreement allows")


class ReviewDraft(Draft):
    verdict: Verdict
    reason: str = Shape(min_length=1, max_length=2000, description="in writing; no data about persons")


class Emergency(SQLModel, table=True):
    __tablename__ = "emergency"
    id: str = Field(primary_key=True)
    agreement_id: str = Field(foreign_key="agreement.id", index=True)
    consumer: str = Field(index=True, description="department")
    provider: str = Field(index=True, description="department")
    reason: str
    declared_by: str
    declared_at: datetime = Field(sa_type=UtcDateTime)
    until: datetime = Field(sa_type=UtcDateTime, index=True)
    ended_by: str | None = None
    verdict: str | None = None
    review_reason: str | None = None
    reviewed_by: str | None = None
    reviewed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
