"""Tables of the policies, and the shapes in which agreements are drafted."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime
from pydantic import Field as Shape
from sqlmodel import Field, SQLModel

from catalog.rules import QuotaTerms
from standards.columns import Json, UtcDateTime
from standards.models import Draft


class AgreementState(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    REVOKED = "revoked"


class Mask(Draft):
    """`function` is a name of `policies.obligations.MASKS`; `arguments` are checked by that mask at compilation."""

    item: str
    function: str
    arguments: dict[str, Any] = Shape(default_factory=dict)


class TimeOfDay(Draft):
    """Daily window in the exchange's time zone, `HH:MM`; one that ends before it starts passes midnight."""

    start: str = Shape(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    end: str = Shape(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")


class Suppress(Draft):
    """Small-cell suppression: records are grouped by these items, groups of fewer than `below` are left out."""

    by: list[str] = Shape(default_factory=list, max_length=20, description="none: the whole reply is one group")
    below: int = Shape(ge=2, le=1000)


class AgreementTerms(Draft):
    """What both sides agree on. Lists name what is permitted; an empty list permits nothing."""

    operations: list[str] = Shape(max_length=100)
    purposes: list[str] = Shape(max_length=100)
    bases: list[str] = Shape(max_length=50)
    supplied_basis: str | None = Shape(default=None, description="used when the call names no basis")
    items: list[str] = Shape(max_length=500)
    valid_from: AwareDatetime
    valid_until: AwareDatetime = Shape(description="the first moment at which it no longer holds")
    time_of_day: TimeOfDay | None = None
    row_filter: dict[str, Any] | None = Shape(default=None, description="see policies.conditions")
    masks: list[Mask] = Shape(default_factory=list, max_length=500)
    suppress: Suppress | None = None
    quota: QuotaTerms | None = None
    case_required: bool = True
    actor_required: bool = True


class AgreementDraft(Draft):
    application: str = Shape(description="<department>/<application>")
    service: str = Shape(description="<department>/<service>")
    terms: AgreementTerms


class Agreement(SQLModel, table=True):
    """The only source of permission. `drafted_key` is the thumbprint of the key that vouched for `drafted_by`."""

    __tablename__ = "agreement"
    id: str = Field(primary_key=True)
    application_id: str = Field(foreign_key="application.id", index=True)
    service_id: str = Field(foreign_key="service.id", index=True)
    version: int = 1
    terms: dict[str, Any] = Field(sa_type=Json)
    state: str = Field(default=AgreementState.DRAFT, index=True)
    drafted_by: str
    drafted_key: str | None = None
    drafted_at: datetime = Field(sa_type=UtcDateTime)
    activated_by: str | None = None
    activated_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_by: str | None = None
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_reason: str | None = None
