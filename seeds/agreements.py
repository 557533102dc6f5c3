"""The agreements of the city. Their times are counted from the load, so that the demonstration never expires."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from catalog.rules import QuotaTerms
from policies.models import AgreementDraft, AgreementTerms, Mask, Suppress
from seeds.city import steward
from seeds.datasets import AIR, DATA_SHARING, FIRMS, HOMES, HOUSEHOLDS, INSURANCE, MARRIAGES, ROADS

_SINCE = timedelta(days=1)
_FOR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Planned:
    """An agreement to be drafted by one official and activated by another; `name` is what the story calls it by."""

    name: str
    drafted_by: str
    activated_by: str
    draft: AgreementDraft


Plan = Callable[[datetime], Planned]


def agreements(now: datetime) -> tuple[Planned, ...]:
    """All agreements, valid from the day before `now` for a year."""
    return tuple(plan(now) for plan in _PLANS)


def _plan(
    name: str,
    application: str,
    service: str,
    purpose: str,
    bases: tuple[str, ...],
    operations: tuple[str, ...],
    items: tuple[str, ...],
    masks: Mapping[str, tuple[str, dict[str, Any]]] | None = None,
    per_day: int = 1_000,
    **terms: Any,
) -> Plan:
    """The consumer's steward drafts, the provider's steward activates; calls that name no basis have the first one."""

    def plan(now: datetime) -> Planned:
        agreed = AgreementTerms(
            operations=list(operations),
            purposes=[purpose],
            bases=list(bases),
            supplied_basis=bases[0],
            items=list(items),
            valid_from=now - _SINCE,
            valid_until=now + _FOR,
            masks=[Mask(item=item, function=mask, arguments=more) for item, (mask, more) in (masks or {}).items()],
            quota=QuotaTerms(count=per_day, window="day"),
            **terms,
        )
        draft = AgreementDraft(application=application, service=service, terms=agreed)
        consumer, provider = application.split("/")[0], service.split("/")[0]
        return Planned(name, steward(consumer), steward(provider), draft)

    return plan


_NEWBORN = (
    _plan(
        "newborn-certificate",
        "government-services/newborn",
        "health/birth-certificates",
        "newborn-registration",
        (HOUSEHOLDS, DATA_SHARING),
        ("lookupBirthCertificate",),
        (
            "certificate_number",
            "born_at",
            "hospital.name",
            "child.name",
            "child.sex",
            "mother.resident_id",
            "mother.name",
            "father.resident_id",
            "father.name",
        ),
    ),
    _plan(
        "newborn-identity",
        "government-services/newborn",
        "public-security/population",
        "newborn-registration",
        (HOUSEHOLDS, DATA_SHARING),
        ("lookupPerson",),
        ("resident_id", "name", "sex", "birth_date", "domicile.district", "household_number", "phone"),
        {"phone": ("keep-last", {"count": 4}), "birth_date": ("date-to-month", {})},
    ),
    _plan(
        "newborn-marriage",
        "government-services/newborn",
        "civil-affairs/marriage",
        "newborn-registration",
        (MARRIAGES, DATA_SHARING),
        ("lookupMarriages",),
        ("certificate_number", "status", "registered_on", "spouses.resident_id", "spouses.name"),
        {"certificate_number": ("keep-last", {"count": 6}), "spouses.name": ("keep-first", {"count": 1})},
        row_filter={"item": "status", "op": "eq", "value": "married"},
    ),
)

_COMPANY_OPENING = (
    _plan(
        "opening-companies",
        "government-services/company-opening",
        "market-regulation/companies",
        "company-opening",
        (FIRMS, DATA_SHARING),
        ("lookupCompany", "listCompanies"),
        (
            "credit_code",
            "name",
            "kind",
            "status",
            "industry",
            "established_on",
            "registered_capital_yuan",
            "premises.district",
            "premises.address",
            "representatives.role",
            "representatives.name",
        ),
        {"representatives.name": ("keep-first", {"count": 1})},
        case_required=False,
        actor_required=False,
    ),
    _plan(
        "opening-contributions",
        "government-services/company-opening",
        "social-security/contributions",
        "company-opening",
        (INSURANCE, DATA_SHARING),
        ("lookupContributions",),
        ("resident_id", "employer.credit_code", "kinds", "months_paid", "base_yuan", "status"),
        {"base_yuan": ("bucket", {"edges": [10_000, 20_000, 30_000]}), "resident_id": ("keyed-hash", {})},
        per_day=3,
    ),
)

_HOUSING = (
    _plan(
        "housing-titles",
        "government-services/housing",
        "planning/real-estate-titles",
        "housing-purchase",
        (HOMES, DATA_SHARING),
        ("lookupTitles",),
        ("title_number", "usage", "area_square_metres", "place.district", "owners.share_percent", "registered_on"),
        {"title_number": ("keep-last", {"count": 3}), "area_square_metres": ("round", {"to": 10})},
    ),
    _plan(
        "housing-marriage",
        "government-services/housing",
        "civil-affairs/marriage",
        "housing-purchase",
        (HOMES, DATA_SHARING),
        ("lookupMarriages",),
        ("status", "registered_on", "dissolved_on"),
        {"registered_on": ("date-to-year", {}), "dissolved_on": ("date-to-year", {})},
    ),
)

_CITY_OPERATIONS = (
    _plan(
        "dispatch-roads",
        "city-operations/dispatch",
        "transport/road-sensors",
        "city-dispatch",
        (ROADS, DATA_SHARING),
        ("listReadings", "listReadingsOfSensor"),
        ("sensor", "road", "district", "observed_at", "vehicles_per_minute", "mean_speed_kmh", "state"),
        per_day=100_000,
        case_required=False,
        actor_required=False,
    ),
    _plan(
        "dispatch-air",
        "city-operations/dispatch",
        "ecology/air-quality",
        "city-dispatch",
        (AIR, DATA_SHARING),
        ("listAirQuality",),
        ("station", "district", "observed_at", "index", "grade", "pollutants.pm25"),
        per_day=100_000,
        case_required=False,
        actor_required=False,
    ),
    _plan(
        "dispatch-cameras",
        "city-operations/dispatch",
        "public-security/cameras",
        "city-dispatch",
        (ROADS, DATA_SHARING),
        ("listCameras",),
        ("camera", "name", "kind", "district", "location.longitude", "location.latitude", "online"),
        {"location.longitude": ("round", {"to": 0.01}), "location.latitude": ("round", {"to": 0.01})},
        row_filter={"item": "online", "op": "eq", "value": True},
        case_required=False,
        actor_required=False,
    ),
    _plan(
        "dashboard-companies",
        "city-operations/dashboard",
        "market-regulation/companies",
        "statistics",
        (DATA_SHARING,),
        ("listCompanies",),
        ("industry", "status", "premises.district", "registered_capital_yuan"),
        {"registered_capital_yuan": ("bucket", {"edges": [1_000_000, 10_000_000]})},
        suppress=Suppress(by=["industry"], below=5),
        case_required=False,
        actor_required=False,
    ),
    _plan(
        "inspection-events",
        "ecology/inspection",
        "city-operations/events",
        "pollution-inspection",
        (AIR, DATA_SHARING),
        ("listEvents",),
        ("event", "category", "level", "status", "reported_at", "place.district", "place.address", "reporter.phone"),
        {"reporter.phone": ("keep-last", {"count": 4})},
        row_filter={"item": "category", "op": "eq", "value": "pollution"},
    ),
)

_PLANS: tuple[Plan, ...] = (*_NEWBORN, *_COMPANY_OPENING, *_HOUSING, *_CITY_OPERATIONS)
