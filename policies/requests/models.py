"""Tables of access requests and standing offers, and the shapes in which they are written."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime
from pydantic import Field as Shape
from sqlmodel import Field, SQLModel

from catalog.models import Id, Name, SharingMode
from catalog.rules import QuotaTerms
from policies.models import ConsentTerms, Duties, EmergencyTerms, Mask, PriceTerms, RateTerms, Suppress, TimeOfDay
from standards.columns import Json, LanguageMap, UtcDateTime
from standards.models import Draft


class RequestState(StrEnum):
    """draft → submitted ⇄ returned (once) → granted | granted-in-part | refused; withdrawn until it is answered."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    GRANTED = "granted"
    GRANTED_IN_PART = "granted-in-part"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


ANSWERED = frozenset({RequestState.GRANTED, RequestState.GRANTED_IN_PART, RequestState.REFUSED})


class Asked(Draft):
    """What is asked for. All of it may come later; the submission says everything that is missing at once."""

    bases: list[Name] = Shape(default_factory=list, max_length=50, description="使用依据: legal bases")
    scenario: LanguageMap | None = Shape(default=None, description="使用场景: what for, in a few sentences")
    operations: list[Name] = Shape(default_factory=list, max_length=100)
    purposes: list[Name] = Shape(default_factory=list, max_length=100)
    items: list[Name] = Shape(default_factory=list, max_length=500, description="使用范围: paths of items")
    row_filter: dict[str, Any] | None = Shape(default=None, description="使用范围: which records; see agreements")
    mode: SharingMode = SharingMode.INTERFACE
    valid_from: AwareDatetime | None = None
    valid_until: AwareDatetime | None = Shape(default=None, description="the first moment without use")
    quota: QuotaTerms | None = None
    safeguards: list[Name] = Shape(default_factory=list, max_length=50, description="安全保障: what is promised")
    contact: str | None = Shape(default=None, max_length=200, description="a desk, no person")


class RequestDraft(Asked):
    application: Id = Shape(description="<department>/<application>")
    service: Id = Shape(description="<department>/<service>")


class Missing(Draft):
    """One part that the provider finds missing: where it belongs, and what is needed."""

    pointer: str = Shape(max_length=200, pattern=r"^(/[^/]+)*$")
    need: LanguageMap


class Completion(Draft):
    """All missing parts at once (一次性告知); there is no second time."""

    missing: list[Missing] = Shape(min_length=1, max_length=100)


class Grant(Draft):
    """What is granted: left out means as asked, and nothing may be wider than that. The rest are conditions of use."""

    operations: list[Name] | None = Shape(default=None, max_length=100)
    purposes: list[Name] | None = Shape(default=None, max_length=100)
    bases: list[Name] | None = Shape(default=None, max_length=50)
    items: list[Name] | None = Shape(default=None, max_length=500)
    row_filter: dict[str, Any] | None = Shape(default=None, description="beside the one that was asked for")
    valid_from: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None
    quota: QuotaTerms | None = None
    masks: list[Mask] = Shape(default_factory=list, max_length=500)
    time_of_day: TimeOfDay | None = None
    suppress: Suppress | None = None
    rate: RateTerms | None = None
    total: int | None = Shape(default=None, ge=1)
    case_required: bool = True
    actor_required: bool = True
    consent: ConsentTerms | None = None
    emergency: EmergencyTerms | None = None
    duties: Duties = Shape(default_factory=Duties)
    price: PriceTerms | None = None
    reasons: LanguageMap | None = Shape(default=None, description="needed where less is granted than was asked for")


class Refusal(Draft):
    reasons: LanguageMap = Shape(description="written reasons; no data about persons")


class OfferTerms(Draft):
    """What a standing offer gives to whoever asks within it."""

    operations: list[Name] = Shape(min_length=1, max_length=100)
    purposes: list[Name] = Shape(min_length=1, max_length=100)
    bases: list[Name] = Shape(min_length=1, max_length=50)
    items: list[Name] = Shape(min_length=1, max_length=500)
    row_filter: dict[str, Any] | None = None
    days: int = Shape(ge=1, le=3660, description="longest use, in days")
    quota: QuotaTerms | None = None
    masks: list[Mask] = Shape(default_factory=list, max_length=500)
    case_required: bool = True
    actor_required: bool = True


class OfferDraft(Draft):
    service: Id = Shape(description="<department>/<service> of an unconditionally shared dataset")
    terms: OfferTerms


class AccessRequest(SQLModel, table=True):
    """One request. `asked` is an `Asked`; `sharing_class` the strictest of what was asked for, as it was submitted.

    `authors` are all who wrote or submitted it; `returned` is `{missing, by, at}`, once; `answer` what was granted and
    why; `trail` lists each step, `{act, by, at}`.
    """

    __tablename__ = "access_request"
    id: str = Field(primary_key=True)
    application_id: str = Field(foreign_key="application.id", index=True)
    service_id: str = Field(foreign_key="service.id", index=True)
    consumer: str = Field(index=True)
    provider: str = Field(index=True)
    asked: dict[str, Any] = Field(sa_type=Json)
    sharing_class: str | None = None
    state: str = Field(default=RequestState.DRAFT, index=True)
    revision: int = 1
    authors: list[str] = Field(default_factory=list, sa_type=Json)
    trail: list[dict[str, str]] = Field(default_factory=list, sa_type=Json)
    created_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    submitted_by: str | None = None
    submitted_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    returned: dict[str, Any] | None = Field(default=None, sa_type=Json)
    answer: dict[str, Any] | None = Field(default=None, sa_type=Json)
    answered_by: str | None = None
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    offer_id: str | None = None
    agreement_id: str | None = Field(default=None, index=True)


class StandingOffer(SQLModel, table=True):
    """Terms that a provider gives to whoever asks within them; it holds until it is withdrawn."""

    __tablename__ = "standing_offer"
    id: str = Field(primary_key=True)
    service_id: str = Field(foreign_key="service.id", index=True)
    provider: str = Field(index=True)
    terms: dict[str, Any] = Field(sa_type=Json)
    revision: int = 1
    published_by: str
    published_at: datetime = Field(sa_type=UtcDateTime)
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
