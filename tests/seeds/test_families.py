from datetime import date, datetime, timedelta

from seeds.people import TODAY, Record

Records = dict[str, list[Record]]


def test_spouses_are_inhabitants_and_of_age(records: Records) -> None:
    people = {person["resident_id"]: person for person in records["public-security/population"]}
    for marriage in records["civil-affairs/marriage"]:
        for spouse in marriage["spouses"]:
            assert people[spouse["resident_id"]].items() >= spouse.items()
            years = 20 if spouse["sex"] == "2" else 22
            grown = date.fromisoformat(spouse["birth_date"]) + timedelta(days=int(years * 365.2))
            assert date.fromisoformat(marriage["registered_on"]) >= grown


def test_a_marriage_ends_after_it_began_and_only_when_dissolved(records: Records) -> None:
    dissolved = [marriage for marriage in records["civil-affairs/marriage"] if marriage["status"] == "dissolved"]
    assert len(dissolved) > 50
    for marriage in records["civil-affairs/marriage"]:
        assert ("dissolved_on" in marriage) == (marriage["status"] == "dissolved")
        assert marriage["registered_on"] <= marriage.get("dissolved_on", "2026-11-01") <= TODAY.isoformat()


def test_nobody_is_married_twice_at_once(records: Records) -> None:
    standing = [marriage for marriage in records["civil-affairs/marriage"] if marriage["status"] == "married"]
    spouses = [spouse["resident_id"] for marriage in standing for spouse in marriage["spouses"]]
    assert len(set(spouses)) == len(spouses)


def test_parents_of_newborns_are_inhabitants_and_married_to_each_other(records: Records) -> None:
    people = {person["resident_id"]: person["name"] for person in records["public-security/population"]}
    couples = {
        frozenset(spouse["resident_id"] for spouse in marriage["spouses"]): marriage
        for marriage in records["civil-affairs/marriage"]
    }
    for birth in records["health/birth-certificates"]:
        parents = [birth[role] for role in ("mother", "father") if role in birth]
        assert all(people[parent["resident_id"]] == parent["name"] for parent in parents)
        if "father" in birth:
            marriage = couples[frozenset(parent["resident_id"] for parent in parents)]
            assert marriage["status"] == "married"
            assert marriage["registered_on"] < birth["born_at"][:10]
            assert birth["child"]["name"].startswith(birth["father"]["name"][0])


def test_some_newborns_have_no_father_on_record(records: Records) -> None:
    alone = [birth for birth in records["health/birth-certificates"] if "father" not in birth]
    assert 20 <= len(alone) < len(records["health/birth-certificates"]) / 10


def test_certificates_are_issued_after_birth_and_before_the_records_were_taken(records: Records) -> None:
    for birth in records["health/birth-certificates"]:
        assert datetime.fromisoformat(birth["born_at"]).date() < date.fromisoformat(birth["issued_on"]) <= TODAY
