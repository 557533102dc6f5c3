"""Companies with their representatives, the people they insure, and what the tax office thinks of them."""

from datetime import date
from random import Random

from seeds.districts import DISTRICTS, District, address
from seeds.numbers import ENTERPRISE, credit_code
from seeds.people import TODAY, Person, Population, Record, day_between, of_age

_COMPANIES = 2200
_INSURED = 2600
_YOUNGEST = date(2026, 6, 30)
_NAMES_FIRST = "云海晨星远山清禾博文启航恒信嘉木同舟立方知行朗润"
_NAMES_SECOND = "达创联智盛和泽源通瑞科新宏利图锐"
_TRADES = {
    "C": "精密制造",
    "E": "建筑工程",
    "F": "商贸",
    "G": "物流",
    "H": "餐饮管理",
    "I": "信息科技",
    "L": "商务服务",
    "M": "检测技术",
    "N": "环境工程",
    "R": "文化传播",
}
_KINDS = ("limited-liability", "sole-shareholder", "joint-stock")
_INSURANCES = ("pension", "medical", "unemployment", "work-injury")


def company_records(random: Random, population: Population) -> list[Record]:
    """Records of the standard `company`; all representatives are inhabitants, the first one is the legal one."""
    adults = list(population.everyone())
    return [_company(random, serial, adults) for serial in range(1, _COMPANIES + 1)]


def _company(random: Random, serial: int, adults: list[Person]) -> Record:
    district = random.choice(DISTRICTS)
    industry = random.choice(tuple(_TRADES))
    people = random.sample(adults, random.choice((1, 1, 2, 3)))
    earliest = max(date(2005, 1, 4), of_age(people))
    return {
        "credit_code": credit_code(ENTERPRISE, district.code, serial),
        "name": _company_name(random, serial, industry),
        "kind": random.choice(_KINDS),
        "status": random.choices(("in-business", "suspended", "deregistered"), (92, 3, 5))[0],
        "industry": industry,
        "established_on": day_between(random, earliest, _YOUNGEST).isoformat(),
        "registered_capital_yuan": random.choice((100_000, 500_000, 1_000_000, 5_000_000, 20_000_000)),
        "premises": _premises(random, district),
        "representatives": _representatives(people),
    }


def _company_name(random: Random, serial: int, industry: str) -> str:
    """The word 示例 (sample) and a running number keep it from being anybody's firm."""
    word = random.choice(_NAMES_FIRST) + random.choice(_NAMES_SECOND)
    return f"上海示例{word}{serial}号{_TRADES[industry]}有限公司"


def _premises(random: Random, district: District) -> Record:
    return {"district": district.code, "address": f"{address(random, district)}{random.randint(1, 30)}层"}


def _representatives(people: list[Person]) -> list[Record]:
    roles = ("legal-representative", "director", "supervisor")
    return [
        {"role": role, "name": person.name, "resident_id": person.resident_id, "phone": person.phone}
        for role, person in zip(roles, people, strict=False)
    ]


def contribution_records(random: Random, population: Population, companies: list[Record]) -> list[Record]:
    """Records of the standard `insurance-contribution`: one job of one inhabitant at one of the companies."""
    workers = [person for person in population.everyone() if 1966 < person.birth.year < 2004]
    employers = [company for company in companies if company["status"] == "in-business"]
    return [_contribution(random, person, random.choice(employers)) for person in random.sample(workers, _INSURED)]


def _contribution(random: Random, person: Person, employer: Record) -> Record:
    now = TODAY.year * 12 + TODAY.month - 1
    year, month, _ = employer["established_on"].split("-")
    months = random.randint(1, min(120, now - int(year) * 12 - int(month)))
    start = now - months
    return {
        "resident_id": person.resident_id,
        "name": person.name,
        "employer": {"credit_code": employer["credit_code"], "name": employer["name"]},
        "kinds": list(_INSURANCES[: random.choice((3, 4, 4, 4))]),
        "insured_from": f"{start // 12}-{start % 12 + 1:02d}",
        "paid_until": "2026-10",
        "months_paid": months,
        "base_yuan": random.randint(74, 369) * 100,
        "status": "paying",
    }


def tax_credit_records(random: Random, companies: list[Record]) -> list[Record]:
    """Records of the standard `enterprise-tax-credit`, one a company."""
    grades = (("A", 90, 100), ("B", 70, 89), ("C", 40, 69), ("D", 0, 39))
    return [_tax_credit(random, company, random.choices(grades, (20, 60, 15, 5))[0]) for company in companies]


def _tax_credit(random: Random, company: Record, grade: tuple[str, int, int]) -> Record:
    letter, worst, best = grade
    return {
        "credit_code": company["credit_code"],
        "name": company["name"],
        "year": 2025,
        "grade": letter,
        "score": random.randint(worst, best),
        "arrears_yuan": 0 if letter in "AB" else random.randint(0, 800) * 1000,
    }
