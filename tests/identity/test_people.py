import re

import pytest

from catalog.departments import UnknownDepartment
from catalog.registration import InvalidRegistration
from exchange.identity import assertions, clients, people
from exchange.identity.callers import NotPermitted, at_the_console
from exchange.identity.models import PersonDraft


def draft(*scopes, department=None):
    key = assertions.public_jwk(assertions.make_key())
    return PersonDraft(name={"zh": "值班操作员"}, department=department, keys=[key], scopes=list(scopes))


def test_the_console_registers_the_first_operator(session, now):
    person = people.register(session, draft("operator"), at_the_console(), now)
    assert re.fullmatch("person-[0-9a-f]{8}", person.id)
    assert (person.kind, person.application_id, person.created_by) == ("person", None, "console")
    assert clients.view(person).application is None


@pytest.mark.parametrize("scope", ["auditor", "steward:housing", "call"])
def test_only_operators_register_people(session, caller, now, scope):
    with pytest.raises(NotPermitted):
        people.register(session, draft("steward:housing", department="housing"), caller(scope), now)


def test_a_steward_belongs_to_the_department(session, caller, now):
    operator = caller("operator")
    assert people.register(session, draft("steward:housing", department="housing"), operator, now).scopes
    for department in (None, "civil-affairs"):
        with pytest.raises(InvalidRegistration):
            people.register(session, draft("steward:housing", department=department), operator, now)


def test_people_do_not_call_services(session, caller, now):
    with pytest.raises(InvalidRegistration) as refused:
        people.register(session, draft("call"), caller("operator"), now)
    assert refused.value.findings[0].pointer == "/scopes/0"


def test_the_department_must_exist(session, caller, now):
    with pytest.raises(UnknownDepartment):
        people.register(session, draft("auditor", department="unheard-of"), caller("operator"), now)


def test_an_id_in_use_is_not_given_twice(session, caller, now, monkeypatch):
    ids = iter(["00000001", "00000001", "00000002"])
    monkeypatch.setattr("exchange.identity.people.secrets.token_hex", lambda n: next(ids))
    registered = [people.register(session, draft("auditor"), caller("operator"), now).id for _ in range(2)]
    assert registered == ["person-00000001", "person-00000002"]


def test_the_list_of_people_has_no_applications(session, caller, now):
    person = people.register(session, draft("auditor"), caller("operator"), now)
    assert [row.id for row in people.page(session)[0]] == [person.id]
    assert people.page(session, department="housing") == ([], None)
