from seeds.city import APPLICATIONS, DEPARTMENTS, OFFICIALS
from standards.identifiers import is_credit_code


def test_departments_bear_credit_codes_of_their_own() -> None:
    codes = [department.credit_code for department in DEPARTMENTS]
    assert len(set(codes)) == len(codes) == 11
    assert all(is_credit_code(code) and code.startswith("11310000HT") for code in codes)


def test_contacts_are_offices_that_no_mail_reaches() -> None:
    """RFC 2606 reserves `.example`."""
    assert all(department.contact.endswith(f"<data@{department.slug}.example>") for department in DEPARTMENTS)


def test_applications_belong_to_departments() -> None:
    departments = {department.slug for department in DEPARTMENTS}
    assert {application.department for application in APPLICATIONS} <= departments
    consumers = [application.department for application in APPLICATIONS]
    assert consumers.count("government-services") == 3


def test_every_department_has_a_steward_who_may_act_for_it_alone() -> None:
    scopes = {official.department: official.scopes for official in OFFICIALS if official.department is not None}
    assert scopes == {department.slug: (f"steward:{department.slug}",) for department in DEPARTMENTS}


def test_operator_reviewer_and_auditor_are_three() -> None:
    central = {official.slug: official.scopes for official in OFFICIALS if official.department is None}
    assert central == {"operator": ("operator",), "reviewer": ("operator",), "auditor": ("auditor",)}
