"""Tables of the clocks, and the shapes in which operators give calendars and profiles."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field as Shape
from sqlmodel import Field, SQLModel

from standards.columns import Json, LanguageMap, UtcDateTime
from standards.models import SLUG, Draft

MOST_DAYS = 1000
ClockName = Annotated[str, Shape(pattern=SLUG, max_length=64)]


class Term(Draft):
    """How long one clock runs, in working days."""

    days: int = Shape(ge=0, le=MOST_DAYS)
    after: ClockName | None = Shape(default=None, description="a clock whose days come before these")
    extension: int | None = Shape(default=None, ge=1, le=MOST_DAYS, description="most days of the one extension; none")
    by: Literal["provider", "operator"] = "provider"


class ProfileDraft(Draft):
    """The terms of one place, as data; clocks that it does not name are those of the profile it `extends`."""

    id: str = Shape(pattern=SLUG, max_length=64)
    title: LanguageMap
    extends: str | None = Shape(default=None, pattern=SLUG, max_length=64)
    clocks: dict[ClockName, Term] = Shape(max_length=100)


class ProfileChoice(Draft):
    profile: str = Shape(pattern=SLUG, max_length=64)


class YearDraft(Draft):
    """A year's arrangement as the State Council publishes it: the free days, and the weekends that are worked."""

    holidays: list[date] = Shape(min_length=1, max_length=366)
    workdays: list[date] = Shape(default_factory=list, max_length=104)


class CalendarYear(SQLModel, table=True):
    """An arrangement that an operator imported; days are ISO dates."""

    __tablename__ = "calendar_year"
    year: int = Field(primary_key=True)
    holidays: list[str] = Field(sa_type=Json)
    workdays: list[str] = Field(sa_type=Json)
    imported_by: str
    imported_at: datetime = Field(sa_type=UtcDateTime)


class ClockProfile(SQLModel, table=True):
    """A profile of an operator's own beside those that are shipped; `document` is a `ProfileDraft`."""

    __tablename__ = "clock_profile"
    id: str = Field(primary_key=True)
    document: dict[str, Any] = Field(sa_type=Json)
    registered_by: str
    registered_at: datetime = Field(sa_type=UtcDateTime)


class ChosenProfile(SQLModel, table=True):
    """Which profile came into force when; the newest row holds."""

    __tablename__ = "chosen_profile"
    id: int | None = Field(default=None, primary_key=True)
    profile: str
    chosen_by: str
    chosen_at: datetime = Field(sa_type=UtcDateTime)


class Deadline(SQLModel, table=True):
    """One clock on one thing, `department` answering for it; it is open until it was met or stopped.

    `due_at` is the first moment, `due_on` the local day after whose end it is late; both None while it pauses.
    `pauses` are `{since, until}`, the last one open while it pauses; `extension` is `{days, reason, asked_by, asked_at,
    granted, answer, answered_by, answered_at}`, `granted` None until the competent department answers. `reminders` are
    the moments still to come, `{name, at}`, and `remind_at` the first of them.
    """

    __tablename__ = "deadline"
    id: str = Field(primary_key=True)
    subject_kind: str = Field(index=True)
    subject_id: str = Field(index=True)
    clock: str = Field(index=True)
    profile: str
    department: str = Field(index=True)
    days: int
    started_at: datetime = Field(sa_type=UtcDateTime)
    due_on: str | None = None
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    assumed: bool = False
    pauses: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    most_extension: int | None = None
    extension: dict[str, Any] | None = Field(default=None, sa_type=Json)
    reminders: list[dict[str, str]] = Field(default_factory=list, sa_type=Json)
    remind_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    reminded: list[dict[str, str]] = Field(default_factory=list, sa_type=Json)
    escalated_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    met_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    late: bool | None = None
    stopped_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revision: int = 1

    @property
    def open(self) -> bool:
        return self.met_at is None and self.stopped_at is None

    @property
    def pausing(self) -> bool:
        return bool(self.pauses) and self.pauses[-1]["until"] is None
