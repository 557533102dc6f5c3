from seeds.people import Record

Records = dict[str, list[Record]]


def test_owners_are_inhabitants_who_were_of_age(records: Records) -> None:
    people = {person["resident_id"]: person for person in records["public-security/population"]}
    for title in records["planning/real-estate-titles"]:
        for owner in title["owners"]:
            person = people[owner["resident_id"]]
            assert person["name"] == owner["name"]
            assert int(title["registered_on"][:4]) - int(person["birth_date"][:4]) >= 18


def test_shares_make_a_whole(records: Records) -> None:
    for title in records["planning/real-estate-titles"]:
        assert sum(owner["share_percent"] for owner in title["owners"]) == 100


def test_couples_own_together(records: Records) -> None:
    couples = {
        frozenset(spouse["resident_id"] for spouse in marriage["spouses"])
        for marriage in records["civil-affairs/marriage"]
    }
    shared = [title for title in records["planning/real-estate-titles"] if len(title["owners"]) == 2]
    assert len(shared) > 1000
    assert all(frozenset(owner["resident_id"] for owner in title["owners"]) in couples for title in shared)


def test_unit_codes_name_the_district(records: Records) -> None:
    assert all(
        title["unit_number"][:6] == title["place"]["district"] for title in records["planning/real-estate-titles"]
    )
