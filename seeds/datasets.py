"""What the departments register: datasets with their items and calling rules, and the services behind them."""

from collections.abc import Callable, Mapping
from typing import Any

from catalog.models import Credential, DatasetDraft, ServiceDraft, SharingClass, UpdateCycle
from catalog.rules import CallingRule, QuotaTerms
from seeds.about import ABOUT, AUTHORITATIVE
from seeds.items import items
from seeds.specifications import economy, society, streets
from seeds.specifications.interfaces import INTERFACES
from seeds.specifications.mappings import MAPPED
from standards.models import StandardDraft

UNCONDITIONAL, CONDITIONAL, NOT_SHARED = SharingClass
DATA_SHARING = "data-sharing-regulation-2025"
HOUSEHOLDS = "household-registration-regulation-7"
MARRIAGES = "civil-code-marriage"
FIRMS = "market-entity-regulation-2021"
INSURANCE = "social-insurance-law"
HOMES = "real-estate-registration-regulation"
AIR = "air-pollution-law"
ROADS = "road-traffic-safety-law"

_BY_SERVICE_ITEM = {
    "zh": "仅用于办理已列明的政务服务事项，须附办件编号和经办人。",
    "en": "Only for the listed service items; case number and responsible person are required.",
}
_FOR_CITY_WORK = {
    "zh": "仅用于城市运行处置，不得转交。",
    "en": "Only for handling city events; not to be passed on.",
}
_TAX_SECRECY = {
    "zh": "《中华人民共和国税收征收管理法》第八条：税务机关应当依法为纳税人、扣缴义务人的情况保密。",
    "en": "Tax Collection and Administration Law, article 8: tax authorities keep the affairs of taxpayers secret.",
}


def _rule(
    purposes: tuple[str, ...],
    bases: tuple[str, ...],
    per_day: int,
    *,
    accountable: bool = True,
    masks: Mapping[str, str] | None = None,
) -> CallingRule:
    """`accountable`: every call names a case and a responsible person."""
    return CallingRule(
        purposes=list(purposes),
        bases=[DATA_SHARING, *bases],
        quota=QuotaTerms(count=per_day, window="day"),
        case_required=accountable,
        actor_required=accountable,
        masks=dict(masks or {}),
    )


def _dataset(
    id: str,
    category: str,
    standard: StandardDraft,
    sharing_class: SharingClass,
    cycle: UpdateCycle,
    description: tuple[str, str],
    rule: CallingRule | None,
    *,
    reason: dict[str, str] | None = None,
    **about_items: Any,
) -> DatasetDraft:
    department, slug = id.split("/")
    return DatasetDraft(
        department=department,
        slug=slug,
        title=standard.name,
        description={"zh": description[0], "en": description[1]},
        sharing_class=sharing_class,
        sharing_reason=reason,
        standard=standard.slug,
        standard_version=standard.version,
        items=items(standard, sharing_class, authoritative=AUTHORITATIVE.get(id, ()), **about_items),
        calling_rule=rule,
        update_cycle=cycle,
        category=category,
        **ABOUT[id],
    )


_PEOPLE = (
    _dataset(
        "public-security/population",
        "101001",
        society.PERSON_BASICS,
        CONDITIONAL,
        UpdateCycle.DAILY,
        ("本市户籍人口的基本信息。", "Basic facts on the registered inhabitants of the city."),
        _rule(
            ("newborn-registration", "company-opening", "housing-purchase"),
            (HOUSEHOLDS, FIRMS, HOMES),
            20_000,
            masks={"phone": "keep-last"},
        ),
        reason=_BY_SERVICE_ITEM,
        graded={"sex": 2, "birth_date": 2, "ethnic_group": 3},
    ),
    _dataset(
        "civil-affairs/marriage",
        "302001",
        society.MARRIAGE,
        CONDITIONAL,
        UpdateCycle.DAILY,
        ("婚姻登记及其解除。", "Registered marriages and their dissolution."),
        _rule(("newborn-registration", "housing-purchase"), (MARRIAGES, HOUSEHOLDS, HOMES), 20_000),
        reason=_BY_SERVICE_ITEM,
        graded={"status": 3, "dissolved_on": 3, "registered_on": 2},
    ),
    _dataset(
        "health/birth-certificates",
        "303001",
        society.BIRTH_CERTIFICATE,
        CONDITIONAL,
        UpdateCycle.DAILY,
        ("助产机构签发的出生医学证明。", "Birth certificates issued by hospitals."),
        _rule(("newborn-registration",), (HOUSEHOLDS,), 5_000),
        reason=_BY_SERVICE_ITEM,
        graded={"child.sex": 2, "born_at": 2},
    ),
    _dataset(
        "social-security/contributions",
        "305001",
        society.INSURANCE_CONTRIBUTION,
        CONDITIONAL,
        UpdateCycle.MONTHLY,
        ("在职人员的社会保险缴纳情况。", "Social insurance contributions of people at work."),
        _rule(
            ("company-opening", "housing-purchase"),
            (INSURANCE, FIRMS, HOMES),
            10_000,
            masks={"base_yuan": "bucket"},
        ),
        reason=_BY_SERVICE_ITEM,
        graded={"base_yuan": 3},
    ),
    _dataset(
        "planning/real-estate-titles",
        "306001",
        society.REAL_ESTATE_TITLE,
        CONDITIONAL,
        UpdateCycle.DAILY,
        ("不动产登记簿的主要内容。", "The main contents of the real-estate register."),
        _rule(("housing-purchase",), (HOMES,), 10_000),
        reason=_BY_SERVICE_ITEM,
        graded={"mortgaged": 3},
    ),
)

_FIRMS = (
    _dataset(
        "market-regulation/companies",
        "102001",
        economy.COMPANY,
        UNCONDITIONAL,
        UpdateCycle.DAILY,
        ("在本市登记的企业。", "Companies registered in the city."),
        _rule(("company-opening", "housing-purchase", "statistics"), (FIRMS,), 100_000, accountable=False),
        stricter={
            "representatives.name": CONDITIONAL,
            "representatives.phone": CONDITIONAL,
            "representatives.resident_id": NOT_SHARED,
        },
    ),
    _dataset(
        "tax/enterprise-tax-credit",
        "310001",
        economy.TAX_CREDIT,
        NOT_SHARED,
        UpdateCycle.YEARLY,
        ("企业纳税信用评价的得分和欠税情况。", "Scores and arrears behind the tax credit of companies."),
        None,
        reason=_TAX_SECRECY,
    ),
)

_STREETS = (
    _dataset(
        "transport/road-sensors",
        "307001",
        streets.ROAD_READING,
        UNCONDITIONAL,
        UpdateCycle.REAL_TIME,
        ("路侧设备感知的车流和车速。", "Traffic and speed as seen from the road side."),
        _rule(("city-dispatch", "statistics"), (ROADS,), 500_000, accountable=False),
    ),
    _dataset(
        "ecology/air-quality",
        "308001",
        streets.AIR_QUALITY,
        UNCONDITIONAL,
        UpdateCycle.REAL_TIME,
        ("各监测站每小时的空气质量。", "Hourly air quality of the stations."),
        _rule(("city-dispatch", "statistics"), (AIR,), 500_000, accountable=False),
    ),
    _dataset(
        "city-operations/events",
        "309001",
        streets.CITY_EVENT,
        CONDITIONAL,
        UpdateCycle.REAL_TIME,
        ("城市运行中发现的事件及其工单。", "Events seen in running the city, with their work orders."),
        _rule(("city-dispatch", "pollution-inspection"), (AIR,), 50_000, masks={"reporter.phone": "keep-last"}),
        reason=_FOR_CITY_WORK,
        stricter={"reporter.name": NOT_SHARED},
    ),
    _dataset(
        "public-security/cameras",
        "301001",
        streets.CAMERA,
        CONDITIONAL,
        UpdateCycle.MONTHLY,
        ("公共区域视频点位目录，不含画面。", "A catalog of cameras in public places, without pictures."),
        _rule(("city-dispatch",), (ROADS,), 50_000, accountable=False),
        reason=_FOR_CITY_WORK,
        stricter={"stream_address": NOT_SHARED},
        graded={"location.longitude": 2, "location.latitude": 2},
    ),
)

DATASETS: tuple[DatasetDraft, ...] = (*_PEOPLE, *_FIRMS, *_STREETS)


def services(address: Callable[[str, str], str], credential: Callable[[str], Credential]) -> tuple[ServiceDraft, ...]:
    """One service per shared dataset, under its slug.

    `address(department, slug)` is the base URL at which the provider answers, `credential(department)` what it
    asks for.
    """
    titles = {(dataset.department, dataset.slug): dataset.title for dataset in DATASETS}
    return tuple(
        ServiceDraft(
            department=interface.department,
            slug=interface.slug,
            dataset=interface.slug,
            title=titles[interface.department, interface.slug],
            address=address(interface.department, interface.slug),
            credential=credential(interface.department),
            interface=interface.slug,
            interface_version=interface.document["info"]["version"],
            **_mapped(f"{interface.department}/{interface.slug}"),
        )
        for interface in INTERFACES
    )


def _mapped(id: str) -> dict[str, str]:
    mapping = MAPPED.get(id)
    return {} if mapping is None else {"mapping": mapping.slug, "mapping_version": mapping.version}
