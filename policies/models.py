"""Tables of the policies, and the shapes in which agreements are drafted."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime
from pydantic import Field as Shape
from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from catalog.models import SharingMode
from catalog.rules import QuotaTerms, Reference
from standards.columns import Json, UtcDateTime
from standards.models import Draft


class AgreementState(StrEnum):
    """draft → active ⇄ suspended → one of `ENDED`; a draft that is turned down is revoked."""

    DRAFT = "draft"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    EXPIRED = "expired"
    EXHAUSTED = "exhausted"
    ACHIEVED = "achieved"


ENDED = frozenset({AgreementState.REVOKED, AgreementState.EXPIRED, AgreementState.EXHAUSTED, AgreementState.ACHIEVED})
"""By revocation, by its date, by its total of calls, because its purpose is achieved. Nothing leads out of these."""

RUNNING = (AgreementState.ACTIVE, AgreementState.SUSPENDED)
"""In force, or to be resumed."""


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


class RateTerms(Draft):
    """At most `count` calls in any stretch of `seconds`."""

    count: int = Shape(ge=1, le=10_000)
    seconds: int = Shape(ge=1, le=3600)


class ConsentTerms(Draft):
    """Each data subject that a call names has consented to its purpose, unless its basis is one of `statutes`."""

    statutes: list[Reference] = Shape(default_factory=list, max_length=50, description="bases that need no consent")


SKIPPABLE = frozenset({"time-of-day", "case", "consent", "quota"})
"""What an emergency may pass over; everything else is checked as always."""


class EmergencyTerms(Draft):
    """Break-glass: a declared emergency passes over these checks, is told at once and reviewed afterwards."""

    skips: list[str] = Shape(min_length=1, max_length=10, description="of time-of-day, case, consent, quota")
    hours: int = Shape(default=24, ge=1, le=168, description="how long one declaration holds at most")


class Duties(Draft):
    """What follows a release: `notify` tells the provider of it; what was received is deleted after some days."""

    notify: bool = False
    delete_after_days: int | None = Shape(default=None, ge=1, le=36_500)


class PriceTerms(Draft):
    """Stated, signed and metered; payment itself happens elsewhere."""

    amount: str = Shape(pattern=r"^\d{1,12}(\.\d{1,6})?$", description="decimal number")
    currency: str = Shape(default="CNY", pattern=r"^[A-Z]{3}$", description="ISO 4217")
    per: str = Shape(pattern="^(call|record|month)$")


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
    rate: RateTerms | None = None
    total: int | None = Shape(default=None, ge=1, description="calls in all: once they are made, the agreement ends")
    case_required: bool = True
    actor_required: bool = True
    consent: ConsentTerms | None = None
    emergency: EmergencyTerms | None = None
    duties: Duties = Shape(default_factory=Duties)
    mode: SharingMode = SharingMode.INTERFACE
    price: PriceTerms | None = None
    safeguards: list[str] = Shape(default_factory=list, max_length=50, description="promised by the consumer")


class AgreementDraft(Draft):
    application: str = Shape(description="<department>/<application>")
    service: str = Shape(description="<department>/<service>")
    terms: AgreementTerms


class TermsDraft(Draft):
    """What an amendment proposes: all terms of the next version."""

    terms: AgreementTerms


class Agreement(SQLModel, table=True):
    """The only source of permission. `version` and `terms` are those in force, or first proposed while it is a draft.

    `valid_until` and `total` repeat those of the terms, to be found by; `revision` counts every act on it.
    """

    __tablename__ = "agreement"
    id: str = Field(primary_key=True)
    application_id: str = Field(foreign_key="application.id", index=True)
    service_id: str = Field(foreign_key="service.id", index=True)
    version: int = 1
    terms: dict[str, Any] = Field(sa_type=Json)
    valid_until: datetime = Field(sa_type=UtcDateTime, index=True)
    total: int | None = None
    state: str = Field(default=AgreementState.DRAFT, index=True)
    revision: int = 1
    drafted_by: str
    drafted_at: datetime = Field(sa_type=UtcDateTime)
    activated_by: str | None = None
    activated_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    suspended_reason: str | None = None
    revoked_by: str | None = None
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_reason: str | None = None
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    changed_by: str
    changed_at: datetime = Field(sa_type=UtcDateTime)


class VersionState(StrEnum):
    """proposed → in-force → superseded; or discarded. Only one version is proposed, and one in force, at a time."""

    PROPOSED = "proposed"
    IN_FORCE = "in-force"
    SUPERSEDED = "superseded"
    DISCARDED = "discarded"


class AgreementVersion(SQLModel, table=True):
    """Terms as they were proposed and signed; never changed, and their number never given again.

    `signatures` holds at most one for each side: `{side, by, key, signature, at}`, see `policies.signing`.
    """

    __tablename__ = "agreement_version"
    __table_args__ = (UniqueConstraint("agreement_id", "number"),)
    id: int | None = Field(default=None, primary_key=True)
    agreement_id: str = Field(foreign_key="agreement.id", index=True)
    number: int
    state: str = Field(default=VersionState.PROPOSED, index=True)
    terms: dict[str, Any] = Field(sa_type=Json)
    signatures: list[dict[str, Any]] = Field(sa_type=Json)
    drafted_by: str
    drafted_at: datetime = Field(sa_type=UtcDateTime)
    activated_by: str | None = None
    activated_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    superseded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
