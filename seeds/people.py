"""The inhabitants: married couples and people on their own, with names from Faker's Chinese lists.

Names are drawn from the lists directly: asking Faker for each would cost more than all the rest of the generation.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from faker.providers.person.zh_CN import Provider as Names

from seeds.districts import DISTRICTS, District, home
from seeds.numbers import ResidentIds

MALE, FEMALE = "1", "2"
HAN = "01"
TODAY = date(2026, 11, 1)
"""The day on which all records were taken. Records never move; only agreements are dated by the load."""

_SURNAMES = tuple(Names.last_names)
_SURNAME_WEIGHTS = tuple(Names.last_names.values())
_GIVEN = {MALE: tuple(Names.first_names_male), FEMALE: tuple(Names.first_names_female)}

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """One inhabitant. `sex` after GB/T 2261.1, `ethnic_group` after GB/T 3304."""

    resident_id: str
    family: str
    name: str
    sex: str
    birth: date
    ethnic_group: str
    district: District
    address: str
    phone: str
    household: str


@dataclass(frozen=True, slots=True)
class Population:
    """`couples` are (wife, husband); nobody stands in two places."""

    couples: tuple[tuple[Person, Person], ...]
    singles: tuple[Person, ...]

    def everyone(self) -> Iterator[Person]:
        for wife, husband in self.couples:
            yield wife
            yield husband
        yield from self.singles


@dataclass(frozen=True, slots=True)
class _Household:
    number: str
    district: District
    address: str


class _Registry:
    """Registers people one after another; everything random comes from the one generator given in."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._ids = ResidentIds()
        self._households = 0
        self._phones = 0

    def household(self) -> _Household:
        self._households += 1
        district = self._random.choice(DISTRICTS)
        return _Household(f"{district.code}{self._households:09d}", district, home(self._random, district))

    def person(self, household: _Household, sex: str, birth: date) -> Person:
        born_in = self._random.choice(DISTRICTS).code
        family = surname(self._random)
        return Person(
            resident_id=self._ids.next(born_in, birth, male=sex == MALE),
            family=family,
            name=name(self._random, family, sex),
            sex=sex,
            birth=birth,
            ethnic_group=self._ethnic_group(),
            district=household.district,
            address=household.address,
            phone=self._phone(),
            household=household.number,
        )

    def _ethnic_group(self) -> str:
        return HAN if self._random.random() < 0.9 else f"{self._random.randint(2, 56):02d}"

    def _phone(self) -> str:
        """Numbers that begin with 154 have not been given to any operator."""
        self._phones += 1
        return f"154{self._phones:04d}{self._random.randint(0, 9999):04d}"


def surname(random: Random) -> str:
    return random.choices(_SURNAMES, _SURNAME_WEIGHTS)[0]


def name(random: Random, family: str, sex: str) -> str:
    """A full name; one in four given names is doubled up from two of the list."""
    given = random.choice(_GIVEN[sex])
    if len(given) == 1 and random.random() < 0.25:
        given += random.choice(_GIVEN[sex])[0]
    return family + given


def day_between(random: Random, first: date, last: date) -> date:
    """A day from `first` to `last`, both included."""
    return first + timedelta(days=random.randint(0, (last - first).days))


def of_age(people: Iterable[Person], years: int = 18) -> date:
    """The first day on which all of them are at least `years` old."""
    youngest = max(person.birth for person in people)
    return youngest.replace(year=youngest.year + years, day=min(youngest.day, 28)) + timedelta(days=4)


def populate(random: Random, couples: int, singles: int) -> Population:
    """Couples of an age to have children, and singles of every adult age."""
    registry = _Registry(random)
    return Population(
        couples=tuple(_couple(random, registry) for _ in range(couples)),
        singles=tuple(_single(random, registry) for _ in range(singles)),
    )


def _couple(random: Random, registry: _Registry) -> tuple[Person, Person]:
    household = registry.household()
    born = day_between(random, date(1984, 1, 1), date(2002, 12, 31))
    older = born - timedelta(days=random.randint(-300, 2900))
    return registry.person(household, FEMALE, born), registry.person(household, MALE, older)


def _single(random: Random, registry: _Registry) -> Person:
    born = day_between(random, date(1946, 1, 1), date(2004, 12, 31))
    return registry.person(registry.household(), random.choice((MALE, FEMALE)), born)


def population_records(random: Random, population: Population) -> list[Record]:
    """Records of the standard `person-basics`."""
    return [
        {
            "resident_id": person.resident_id,
            "name": person.name,
            "sex": person.sex,
            "birth_date": person.birth.isoformat(),
            "ethnic_group": person.ethnic_group,
            "domicile": {"district": person.district.code, "address": person.address},
            "household_number": person.household,
            "phone": person.phone,
            "updated_on": day_between(random, date(2019, 1, 1), TODAY).isoformat(),
        }
        for person in population.everyone()
    ]
