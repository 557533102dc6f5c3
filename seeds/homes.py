"""Real-estate titles of the inhabitants."""

from datetime import date
from random import Random

from seeds.districts import DISTRICTS, District, home, location
from seeds.people import TODAY, Person, Population, Record, day_between, of_age

_TITLES = 2200


def title_records(random: Random, population: Population) -> list[Record]:
    """Records of the standard `real-estate-title`: homes of couples (half and half) and of people on their own."""
    owners = [*population.couples, *((person,) for person in population.singles if person.birth.year < 1998)]
    return [_title(random, number, people) for number, people in enumerate(random.sample(owners, _TITLES), 1)]


def _title(random: Random, number: int, owners: tuple[Person, ...]) -> Record:
    at_home = random.random() < 0.7
    district = owners[0].district if at_home else random.choice(DISTRICTS)
    day = day_between(random, max(date(2008, 1, 2), of_age(owners)), TODAY)
    return {
        "title_number": f"沪({day.year}){district.zh[:1]}字不动产权第{number:06d}号",
        "unit_number": _unit_number(random, district, number),
        "usage": random.choices(("residential", "commercial", "office"), (90, 6, 4))[0],
        "area_square_metres": round(random.uniform(38, 190), 2),
        "place": {
            "district": district.code,
            "address": owners[0].address if at_home else home(random, district),
            **location(random, district),
        },
        "owners": [
            {"resident_id": person.resident_id, "name": person.name, "share_percent": 100 // len(owners)}
            for person in owners
        ],
        "mortgaged": random.random() < 0.4,
        "registered_on": day.isoformat(),
    }


def _unit_number(random: Random, district: District, number: int) -> str:
    """A real-estate unit code of 28 signs (GB/T 37346): parcel of 19, fixture of 9."""
    return f"{district.code}{random.randint(1, 20):03d}{random.randint(1, 99):03d}GB{number % 100000:05d}F{number:08d}"
