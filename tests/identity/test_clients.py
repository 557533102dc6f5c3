from datetime import timedelta

import pytest
from pydantic import ValidationError

from catalog.departments import UnknownApplication, deactivate
from catalog.registration import AlreadyRegistered, InvalidRegistration, Outdated
from exchange.identity import assertions, clients
from exchange.identity.callers import NotPermitted
from exchange.identity.models import ClientDraft
from exchange.identity.public_keys import UnacceptableKey


def new_key():
    return assertions.public_jwk(assertions.make_key())


def draft(application="housing/newborn", scopes=("call",), keys=None):
    return ClientDraft(application=application, scopes=list(scopes), keys=keys or [new_key()])


@pytest.mark.parametrize("scope", ["operator", "steward:housing"])
def test_an_operator_and_the_own_steward_register_applications(session, caller, now, scope):
    client = clients.register(session, draft(), caller(scope), now)
    assert (client.id, client.kind, client.department) == ("housing.newborn", "application", "housing")
    assert client.name == {"en": "Newborn", "zh": "出生一件事"}
    assert (client.scopes, client.enabled, client.revision) == (["call"], True, 1)
    assert client.created_by == "person-00000001"


@pytest.mark.parametrize("scopes", [(), ("call",), ("auditor",), ("steward:civil-affairs",)])
def test_nobody_else_does(session, caller, now, scopes):
    with pytest.raises(NotPermitted):
        clients.register(session, draft(), caller(*scopes), now)


@pytest.mark.parametrize("scopes", [["operator"], ["auditor"], ["steward:housing"], ["call", "auditor"]])
def test_only_an_operator_gives_more_than_call(session, caller, now, scopes):
    with pytest.raises(NotPermitted) as refused:
        clients.register(session, draft(scopes=scopes), caller("steward:housing"), now)
    assert refused.value.scope == "operator"
    assert clients.register(session, draft(scopes=scopes), caller("operator"), now).scopes == sorted(scopes)


@pytest.mark.parametrize("scope", ["steward:civil-affairs", "steward:", "admin", "call ", "", "CALL", "call\n"])
def test_scopes_that_do_not_fit_are_refused(session, caller, now, scope):
    with pytest.raises(InvalidRegistration) as refused:
        clients.register(session, draft(scopes=["call", scope]), caller("operator"), now)
    assert [finding.pointer for finding in refused.value.findings] == ["/scopes/1"]


def test_an_application_must_be_in_the_catalog(session, caller, now):
    with pytest.raises(UnknownApplication):
        clients.register(session, draft("housing/unheard-of"), caller("operator"), now)


def test_an_application_is_one_client(session, caller, now):
    with pytest.raises(AlreadyRegistered):
        clients.register(session, draft("civil-affairs/newborn"), caller("operator"), now)


def test_a_suspended_department_registers_nothing(session, caller, now):
    deactivate(session, "housing", "operator", now)
    with pytest.raises(InvalidRegistration):
        clients.register(session, draft(), caller("operator"), now)


def test_a_private_key_is_not_taken(session, caller, now):
    with pytest.raises(UnacceptableKey):
        clients.register(session, draft(keys=[assertions.make_key()]), caller("operator"), now)


def test_the_same_key_is_kept_once(session, caller, now):
    key = new_key()
    client = clients.register(session, draft(keys=[key, {**key, "kid": "alias"}]), caller("operator"), now)
    assert [kept["kid"] for kept in client.keys] == [key["kid"]]


def test_a_draft_does_not_show_its_keys_when_it_is_refused():
    secret = assertions.make_key()
    with pytest.raises(ValidationError) as refused:
        ClientDraft(application="housing/newborn", keys=[secret], scopes=[], surplus=1)
    assert secret["d"] not in str(refused.value)


def test_keys_are_added_and_removed(session, caller, now, client_id, key):
    later = now + timedelta(hours=1)
    added = new_key()
    client = clients.add_key(session, client_id, added, caller("operator"), later)
    assert clients.key_ids(client) == {assertions.public_jwk(key)["kid"], added["kid"]}
    assert (client.revision, client.changed_by, client.changed_at) == (2, "person-00000001", later)
    client = clients.remove_key(
        session, client_id, assertions.public_jwk(key)["kid"], caller("steward:civil-affairs"), later
    )
    assert clients.key_ids(client) == {added["kid"]}
    session.expire_all()
    assert clients.key_ids(clients.fetch(session, client_id)) == {added["kid"]}


def test_a_key_that_is_there_or_not_there(session, caller, now, client_id, key):
    with pytest.raises(AlreadyRegistered):
        clients.add_key(session, client_id, assertions.public_jwk(key), caller("operator"), now)
    with pytest.raises(clients.UnknownKey):
        clients.remove_key(session, client_id, "nonsense", caller("operator"), now)


def test_the_last_key_stays(session, caller, now, client_id, key):
    with pytest.raises(clients.LastKey):
        clients.remove_key(session, client_id, assertions.public_jwk(key)["kid"], caller("operator"), now)


def test_eight_keys_are_enough(session, caller, now, client_id):
    for _ in range(7):
        clients.add_key(session, client_id, new_key(), caller("operator"), now)
    with pytest.raises(UnacceptableKey, match="remove one"):
        clients.add_key(session, client_id, new_key(), caller("operator"), now)


def test_a_client_is_disabled_and_enabled(session, caller, now, client_id):
    steward = caller("steward:civil-affairs")
    assert not clients.view(clients.disable(session, client_id, steward, now)).enabled
    again = clients.disable(session, client_id, steward, now)
    assert again.revision == 2
    assert clients.view(clients.enable(session, client_id, steward, now)).enabled


ACTS = {
    "add": lambda session, id, caller, now: clients.add_key(session, id, new_key(), caller, now),
    "remove": lambda session, id, caller, now: clients.remove_key(session, id, "any", caller, now),
    "disable": clients.disable,
    "enable": clients.enable,
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
@pytest.mark.parametrize("scope", ["call", "auditor", "steward:housing"])
def test_others_change_nothing(session, caller, now, client_id, act, scope):
    with pytest.raises(NotPermitted):
        act(session, client_id, caller(scope), now)
    with pytest.raises(clients.UnknownClient):
        act(session, "no.body", caller("operator"), now)


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_a_steward_has_no_hand_in_a_client_beyond_call(session, caller, now, act):
    """Whoever adds a key to an auditor can act as that auditor."""
    auditor = clients.register(session, draft(scopes=["call", "auditor"]), caller("operator"), now)
    with pytest.raises(NotPermitted) as refused:
        act(session, auditor.id, caller("steward:housing"), now)
    assert refused.value.scope == "operator"


def test_nobody_widens_their_own_rights(session, caller, now):
    client = clients.register(session, draft(scopes=["operator"]), caller("operator"), now)
    itself = caller("operator", client_id=client.id)
    with pytest.raises(NotPermitted, match="another operator"):
        clients.add_key(session, client.id, new_key(), itself, now)
    with pytest.raises(NotPermitted, match="another operator"):
        clients.enable(session, client.id, itself, now)
    assert not clients.disable(session, client.id, itself, now).enabled


def test_a_lost_update_is_noticed(session, caller, now, client_id):
    operator = caller("operator")
    clients.add_key(session, client_id, new_key(), operator, now, expected_revision=1)
    for act in (
        lambda: clients.add_key(session, client_id, new_key(), operator, now, expected_revision=1),
        lambda: clients.remove_key(session, client_id, "any", operator, now, expected_revision=1),
        lambda: clients.disable(session, client_id, operator, now, expected_revision=1),
        lambda: clients.enable(session, client_id, operator, now, expected_revision=1),
    ):
        with pytest.raises(Outdated):
            act()


def test_pages_by_kind_and_department(session, caller, now, client_id):
    clients.register(session, draft(), caller("operator"), now)
    first, cursor = clients.page(session, limit=1)
    second, end = clients.page(session, limit=1, cursor=cursor)
    assert [client.id for client in first + second] == [client_id, "housing.newborn"]
    assert end is None
    assert [client.id for client in clients.page(session, department="housing")[0]] == ["housing.newborn"]
    assert clients.page(session, kind="person") == ([], None)


def test_the_view_is_what_calls_need(session, client_id, key):
    view = clients.view(clients.fetch(session, client_id))
    assert view.application == "civil-affairs/newborn"
    assert view.key_ids == {assertions.public_jwk(key)["kid"]}
    assert view.scopes == {"call"}
