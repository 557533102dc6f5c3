"""Who takes part: departments, their applications, and the officials who act for them.

Departments bear the names of their tasks. Officials are offices, not persons.
"""

from dataclasses import dataclass

from catalog.models import ApplicationDraft, DepartmentDraft
from seeds.numbers import GOVERNMENT_BODY, SHANGHAI, credit_code

OPERATOR = "operator"
REVIEWER = "reviewer"
"""A second operator: nobody approves what they proposed."""
AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Official:
    """An office that holds a key; `slug` is what the rest of the seeds call it by."""

    slug: str
    name: dict[str, str]
    department: str | None
    scopes: tuple[str, ...]


def _department(serial: int, slug: str, zh: str, en: str) -> DepartmentDraft:
    return DepartmentDraft(
        slug=slug,
        name={"zh": zh, "en": en},
        credit_code=credit_code(GOVERNMENT_BODY, SHANGHAI, serial),
        contact=f"数据共享专员 data steward <data@{slug}.example>",
    )


def _application(department: str, slug: str, zh: str, en: str) -> ApplicationDraft:
    return ApplicationDraft(department=department, slug=slug, name={"zh": zh, "en": en})


DEPARTMENTS = (
    _department(1, "public-security", "公安局", "Public Security"),
    _department(2, "civil-affairs", "民政局", "Civil Affairs"),
    _department(3, "health", "卫生健康委", "Health"),
    _department(4, "market-regulation", "市场监管局", "Market Regulation"),
    _department(5, "social-security", "人力资源社会保障局", "Human Resources and Social Security"),
    _department(6, "planning", "规划资源局", "Planning and Natural Resources"),
    _department(7, "transport", "交通委", "Transport"),
    _department(8, "ecology", "生态环境局", "Ecology and Environment"),
    _department(9, "city-operations", "城市运行管理中心", "City Operations"),
    _department(10, "tax", "税务局", "Tax"),
    _department(11, "government-services", "政务服务办", "Government Services"),
)

APPLICATIONS = (
    _application("government-services", "newborn", "出生“一件事”", "Newborn, in one go"),
    _application("government-services", "company-opening", "企业开办“一件事”", "Opening a company, in one go"),
    _application("government-services", "housing", "购房资格核验", "Housing purchase"),
    _application("city-operations", "dispatch", "城市运行派单", "Dispatching work orders"),
    _application("city-operations", "dashboard", "城市体征", "Vital signs of the city"),
    _application("ecology", "inspection", "污染执法", "Pollution inspection"),
)


def steward(department: str) -> str:
    """The slug of the official who acts for a department."""
    return f"steward-{department}"


OFFICIALS = (
    Official(OPERATOR, {"zh": "大数据管理局运行岗", "en": "Operator of the data bureau"}, None, ("operator",)),
    Official(REVIEWER, {"zh": "大数据管理局标准审核岗", "en": "Reviewer of standards"}, None, ("operator",)),
    Official(AUDITOR, {"zh": "审计岗", "en": "Auditor"}, None, ("auditor",)),
    *(
        Official(
            steward(department.slug),
            {"zh": f"{department.name['zh']}数据专员", "en": f"Data steward of {department.name['en']}"},
            department.slug,
            (f"steward:{department.slug}",),
        )
        for department in DEPARTMENTS
    ),
)
