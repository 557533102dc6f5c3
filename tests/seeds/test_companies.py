from seeds.people import Record

Records = dict[str, list[Record]]


def test_representatives_are_grown_inhabitants_and_one_is_the_legal_one(records: Records) -> None:
    people = {person["resident_id"]: person for person in records["public-security/population"]}
    for company in records["market-regulation/companies"]:
        roles = [representative["role"] for representative in company["representatives"]]
        assert roles.count("legal-representative") == 1
        for representative in company["representatives"]:
            person = people[representative["resident_id"]]
            assert (person["name"], person["phone"]) == (representative["name"], representative["phone"])
            assert int(company["established_on"][:4]) - int(person["birth_date"][:4]) >= 18


def test_the_insured_are_inhabitants_at_running_companies(records: Records) -> None:
    people = {person["resident_id"]: person["name"] for person in records["public-security/population"]}
    companies = {company["credit_code"]: company for company in records["market-regulation/companies"]}
    for contribution in records["social-security/contributions"]:
        employer = companies[contribution["employer"]["credit_code"]]
        assert people[contribution["resident_id"]] == contribution["name"]
        assert (employer["name"], employer["status"]) == (contribution["employer"]["name"], "in-business")
        assert contribution["insured_from"] >= employer["established_on"][:7]


def test_months_paid_fill_the_time_from_first_to_last(records: Records) -> None:
    for contribution in records["social-security/contributions"]:
        first, last = (_months(contribution[name]) for name in ("insured_from", "paid_until"))
        assert contribution["months_paid"] == last - first + 1


def test_tax_credit_is_given_to_every_company(records: Records) -> None:
    rated = {(record["credit_code"], record["name"]) for record in records["tax/enterprise-tax-credit"]}
    assert rated == {(record["credit_code"], record["name"]) for record in records["market-regulation/companies"]}


def test_no_company_bears_a_name_of_the_real_world(records: Records) -> None:
    assert all("示例" in company["name"] for company in records["market-regulation/companies"])


def _months(text: str) -> int:
    year, month = text.split("-")
    return int(year) * 12 + int(month)
