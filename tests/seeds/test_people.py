from datetime import date
from random import Random

from seeds.districts import DISTRICTS
from seeds.people import FEMALE, MALE, Record, of_age, populate

Records = dict[str, list[Record]]


def test_facts_of_a_person_agree_with_the_resident_id(records: Records) -> None:
    for person in records["public-security/population"]:
        number = person["resident_id"]
        assert number[6:14] == person["birth_date"].replace("-", "")
        assert person["sex"] == (MALE if int(number[16]) % 2 else FEMALE)


def test_every_district_has_inhabitants(records: Records) -> None:
    lived_in = {person["domicile"]["district"] for person in records["public-security/population"]}
    assert lived_in == {district.code for district in DISTRICTS}


def test_couples_share_a_household_and_nobody_is_in_two() -> None:
    population = populate(Random(1), couples=50, singles=20)
    assert all(wife.household == husband.household for wife, husband in population.couples)
    assert all((wife.sex, husband.sex) == (FEMALE, MALE) for wife, husband in population.couples)
    everyone = list(population.everyone())
    assert len({person.resident_id for person in everyone}) == len(everyone) == 120


def test_people_come_of_age_after_their_birthday() -> None:
    people = list(populate(Random(2), couples=100, singles=0).everyone())
    for person in people:
        grown = of_age([person])
        birthday = date(person.birth.year + 18, person.birth.month, min(person.birth.day, 28))
        assert birthday < grown
        assert grown >= date(person.birth.year + 18, person.birth.month, 1)
    assert of_age(people) == max(of_age([person]) for person in people)
