"""The table of guards, and the shape in which one is proposed."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field as Shape
from sqlmodel import Field, SQLModel

from standards.columns import Json, LanguageMap, UtcDateTime
from standards.models import SLUG, Draft


class GuardState(StrEnum):
    """proposed → active → ending → ended; what is proposed may be discarded. It denies while active or ending."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    ENDING = "ending"
    ENDED = "ended"
    DISCARDED = "discarded"


IN_FORCE = (GuardState.ACTIVE, GuardState.ENDING)


class GuardDraft(Draft):
    """`deny_when` is a row condition over the attributes of an ask, see `policies.guards.compiling`."""

    slug: str = Shape(pattern=SLUG, max_length=48)
    title: LanguageMap
    reason: LanguageMap = Shape(description="told to whom it refuses: why, and what to do")
    deny_when: dict[str, Any]


class Guard(SQLModel, table=True):
    __tablename__ = "guard"
    slug: str = Field(primary_key=True)
    title: dict[str, str] = Field(sa_type=Json)
    reason: dict[str, str] = Field(sa_type=Json)
    deny_when: dict[str, Any] = Field(sa_type=Json)
    state: str = Field(default=GuardState.PROPOSED, index=True)
    revision: int = 1
    proposed_by: str
    proposed_at: datetime = Field(sa_type=UtcDateTime)
    activated_by: str | None = None
    activated_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ending_by: str | None = None
    ending_reason: str | None = None
    ended_by: str | None = None
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
