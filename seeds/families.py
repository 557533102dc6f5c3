"""Marriages and births of the inhabitants: every parent is in the population, every father is the mother's husband."""

from datetime import date, datetime, time, timedelta, timezone
from random import Random

from seeds.districts import DISTRICTS
from seeds.people import FEMALE, MALE, TODAY, Person, Population, Record, day_between, name, of_age

SHANGHAI_TIME = timezone(timedelta(hours=8))
_LEGAL_AGE = {FEMALE: 20, MALE: 22}
_FIRST_BIRTH, _LAST_BIRTH = date(2026, 5, 1), date(2026, 10, 25)
_CHILDREN_OF_COUPLES = 2050
_CHILDREN_OF_SINGLES = 50
_DIVORCES = 120


def marriage_records(random: Random, population: Population) -> list[Record]:
    """Records of the standard `marriage-registration`: all couples, and some singles who once were one."""
    standing = [_marriage(random, number, couple, TODAY) for number, couple in enumerate(population.couples, 1)]
    women = [person for person in population.singles if _could_have_divorced(person, FEMALE)]
    men = [person for person in population.singles if _could_have_divorced(person, MALE)]
    first = len(standing) + 1
    former = list(zip(women, men, strict=False))[:_DIVORCES]
    return standing + [_divorce(random, number, couple) for number, couple in enumerate(former, first)]


def _could_have_divorced(person: Person, sex: str) -> bool:
    return person.sex == sex and person.birth.year < 1990


def _marriage(random: Random, number: int, couple: tuple[Person, Person], last: date) -> Record:
    day = day_between(random, _may_marry(couple), last - timedelta(days=210))
    registry = random.choice(DISTRICTS).code
    return {
        "certificate_number": f"J{registry}-{day.year}-{number:06d}",
        "status": "married",
        "registered_on": day.isoformat(),
        "registry_district": registry,
        "spouses": [
            {"resident_id": person.resident_id, "name": person.name, "sex": person.sex, "birth_date": str(person.birth)}
            for person in couple
        ],
    }


def _divorce(random: Random, number: int, couple: tuple[Person, Person]) -> Record:
    marriage = _marriage(random, number, couple, date(2020, 1, 1))
    day = day_between(random, date(2020, 1, 1), TODAY)
    return marriage | {"status": "dissolved", "dissolved_on": day.isoformat()}


def _may_marry(couple: tuple[Person, Person]) -> date:
    """The first day on which both have the age of article 1047 of the Civil Code."""
    return max(of_age([person], _LEGAL_AGE[person.sex]) for person in couple)


def birth_records(random: Random, population: Population) -> list[Record]:
    """Records of the standard `birth-certificate`; those of unmarried mothers name no father."""
    mothers = [person for person in population.singles if person.sex == FEMALE and 1984 <= person.birth.year <= 2002]
    parents: list[tuple[Person, Person | None]] = [*population.couples[:_CHILDREN_OF_COUPLES]]
    parents += [(mother, None) for mother in mothers[:_CHILDREN_OF_SINGLES]]
    return [_birth(random, number, *pair) for number, pair in enumerate(parents, 1)]


def _birth(random: Random, number: int, mother: Person, father: Person | None) -> Record:
    day = day_between(random, _FIRST_BIRTH, _LAST_BIRTH)
    minute = time(random.randint(0, 23), random.randint(0, 59), tzinfo=SHANGHAI_TIME)
    record: Record = {
        "certificate_number": f"Z31{number:07d}",
        "born_at": datetime.combine(day, minute).isoformat(),
        "issued_on": (day + timedelta(days=random.randint(1, 6))).isoformat(),
        "hospital": {"name": f"示例第{random.randint(1, 60)}妇产医院", "district": random.choice(DISTRICTS).code},
        "child": _child(random, father.family if father else mother.family),
        "mother": _parent(mother) | {"address": mother.address},
    }
    return record if father is None else record | {"father": _parent(father)}


def _child(random: Random, family: str) -> Record:
    sex = random.choice((MALE, FEMALE))
    return {
        "name": name(random, family, sex),
        "sex": sex,
        "gestational_weeks": random.choices((36, 37, 38, 39, 40, 41), (3, 8, 20, 35, 26, 8))[0],
        "weight_grams": round(random.gauss(3300, 380)),
        "length_millimetres": round(random.gauss(500, 18)),
    }


def _parent(person: Person) -> Record:
    return {"resident_id": person.resident_id, "name": person.name}
