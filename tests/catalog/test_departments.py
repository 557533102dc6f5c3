"""Departments and applications."""

import pytest

from catalog import departments
from catalog.registration import AlreadyRegistered, InvalidRegistration, Outdated
from standards.paging import InvalidCursor

BY = "person-00000001"


def test_a_department_is_registered_and_fetched(session, department_draft, now):
    registered = departments.register(session, department_draft(), BY, now)
    assert departments.fetch(session, "health") is registered
    assert (registered.active, registered.revision, registered.created_by, registered.created_at) == (True, 1, BY, now)


def test_a_second_department_of_the_slug_is_refused(session, health, department_draft, credit_code, now):
    with pytest.raises(AlreadyRegistered, match="slug"):
        departments.register(session, department_draft(credit_code=credit_code(2)), BY, now)


def test_a_second_department_of_the_credit_code_is_refused(session, health, department_draft, now):
    with pytest.raises(AlreadyRegistered, match="credit code"):
        departments.register(session, department_draft(slug="health-2"), BY, now)


def test_a_credit_code_with_a_wrong_check_character_is_refused(session, department_draft, credit_code, now):
    code = credit_code(1)
    wrong = code[:-1] + ("1" if code[-1] != "1" else "2")
    with pytest.raises(InvalidRegistration) as refused:
        departments.register(session, department_draft(credit_code=wrong), BY, now)
    assert [finding.pointer for finding in refused.value.findings] == ["/credit_code"]
    assert wrong not in str(refused.value)


def test_unknown_departments_and_applications_say_so(session):
    with pytest.raises(departments.UnknownDepartment, match="nowhere"):
        departments.fetch(session, "nowhere")
    with pytest.raises(departments.UnknownApplication, match="nowhere/desk"):
        departments.fetch_application(session, "nowhere/desk")


def test_name_and_contact_are_revised(session, health, department_draft, now):
    revised = departments.revise(session, "health", department_draft(contact="new desk"), 1, "person-2", now)
    assert (revised.contact, revised.revision, revised.changed_by, revised.changed_at) == (
        "new desk",
        2,
        "person-2",
        now,
    )


def test_a_lost_update_is_refused(session, health, department_draft, now):
    departments.revise(session, "health", department_draft(contact="first"), 1, BY, now)
    with pytest.raises(Outdated, match="revision 2") as refused:
        departments.revise(session, "health", department_draft(contact="second"), 1, BY, now)
    assert refused.value.changes == ({"pointer": "/contact", "old": "first", "new": "second"},)
    assert departments.fetch(session, "health").contact == "first"


def test_slug_and_credit_code_stay(session, health, department_draft, credit_code, now):
    with pytest.raises(InvalidRegistration) as refused:
        departments.revise(
            session, "health", department_draft(slug="sanitation", credit_code=credit_code(2)), 1, BY, now
        )
    assert [finding.pointer for finding in refused.value.findings] == ["/slug", "/credit_code"]


def test_a_department_is_suspended_and_comes_back(session, health, now):
    assert departments.deactivate(session, "health", BY, now).active is False
    assert departments.deactivate(session, "health", BY, now).revision == 2, "a second time changes nothing"
    with pytest.raises(Outdated):
        departments.reactivate(session, "health", BY, now, expected_revision=1)
    assert departments.reactivate(session, "health", BY, now, expected_revision=2).active is True


def test_an_application_is_registered_under_its_department(session, health, application_draft, now):
    application = departments.register_application(session, application_draft(), BY, now)
    assert application.id == "health/newborn"
    assert departments.fetch_application(session, "health/newborn") is application


def test_an_application_needs_a_department_that_is_there_and_active(session, health, application_draft, now):
    with pytest.raises(departments.UnknownDepartment):
        departments.register_application(session, application_draft(department="nowhere"), BY, now)
    departments.deactivate(session, "health", BY, now)
    with pytest.raises(InvalidRegistration, match="not suspended"):
        departments.register_application(session, application_draft(), BY, now)


def test_a_second_application_of_the_slug_is_refused(session, health, application_draft, now):
    departments.register_application(session, application_draft(), BY, now)
    with pytest.raises(AlreadyRegistered, match="health/newborn"):
        departments.register_application(session, application_draft(), BY, now)


def test_departments_are_paged_in_order(session, department_draft, credit_code, now):
    for number, slug in enumerate(["tax", "health", "police"], start=1):
        departments.register(session, department_draft(slug=slug, credit_code=credit_code(number)), BY, now)
    first, cursor = departments.page(session, limit=2)
    second, end = departments.page(session, limit=2, cursor=cursor)
    assert [row.slug for row in first + second] == ["health", "police", "tax"]
    assert end is None


def test_applications_are_paged_per_department(session, health, department_draft, application_draft, credit_code, now):
    departments.register(session, department_draft(slug="tax", credit_code=credit_code(2)), BY, now)
    for department, slug in [("health", "b"), ("tax", "c"), ("health", "a")]:
        departments.register_application(session, application_draft(department=department, slug=slug), BY, now)
    assert [row.id for row in departments.page_applications(session)[0]] == ["health/a", "health/b", "tax/c"]
    assert [row.id for row in departments.page_applications(session, department="tax")[0]] == ["tax/c"]
    with pytest.raises(InvalidCursor):
        departments.page_applications(session, cursor="not a cursor")
