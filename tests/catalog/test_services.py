"""Services."""

import pytest
from pydantic import ValidationError

from catalog import datasets, departments, services
from catalog.models import Credential, ServiceDraft
from catalog.registration import AlreadyRegistered, InvalidRegistration, Outdated

BY = "person-00000001"
SECRET = {"header": "Authorization", "value": "Bearer s3cret"}
KINDS = {"rest", "memory"}


def pointers(refused):
    return [(finding.pointer, finding.rule) for finding in refused.value.findings]


@pytest.fixture
def births(register_dataset):
    return register_dataset()


@pytest.fixture
def revise(session, service_draft, now):
    def revise(sealed=None, expected=1, **changes):
        draft = service_draft(**changes)
        return services.revise(
            session, "health/birth-lookup", draft, sealed, expected, "person-00000002", now, connectors=KINDS
        )

    return revise


def test_a_service_is_registered_with_its_credential_sealed(session, births, register_service):
    service = register_service(b"sealed", credential=SECRET)
    assert services.fetch(session, "health/birth-lookup") is service
    assert (service.dataset_id, service.credential, service.revision) == ("health/births", b"sealed", 1)
    assert "s3cret" not in repr(service)


def test_unknown_services_and_datasets_say_so(session, births, register_service):
    with pytest.raises(services.UnknownService, match="health/nothing"):
        services.fetch(session, "health/nothing")
    with pytest.raises(datasets.UnknownDataset):
        register_service(dataset="nothing")
    with pytest.raises(departments.UnknownDepartment):
        register_service(department="nowhere")


def test_a_second_service_of_the_slug_is_refused(births, register_service):
    register_service()
    with pytest.raises(AlreadyRegistered, match="health/birth-lookup"):
        register_service()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"connector": "telepathy"}, ("/connector", "known")),
        ({"address": "ftp://health.example"}, ("/address", "address")),
        ({"interface": None}, ("/interface", "required")),
        ({"interface_version": None}, ("/interface_version", "required")),
        ({"interface": "no-such"}, ("/interface", "published")),
        ({"interface_version": "9.0.0"}, ("/interface", "published")),
    ],
)
def test_each_rule_of_a_service(births, register_service, changes, expected):
    with pytest.raises(InvalidRegistration) as refused:
        register_service(**changes)
    assert pointers(refused) == [expected]


def test_everything_wrong_is_told_at_once_and_no_secret(births, register_service):
    with pytest.raises(InvalidRegistration) as refused:
        register_service(address="ftp://u:s3cret@h.example?s3cret", connector="x", interface=None, credential=SECRET)
    assert {pointer for pointer, _ in pointers(refused)} == {"/address", "/connector", "/interface", "/credential"}
    assert len(refused.value.findings) == 6
    assert "s3cret" not in str(refused.value)


def test_a_credential_is_never_stored_in_clear_or_out_of_nothing(births, register_service):
    with pytest.raises(InvalidRegistration) as refused:
        register_service(None, credential=SECRET)
    assert pointers(refused) == [("/credential", "sealed")]
    with pytest.raises(InvalidRegistration):
        register_service(b"sealed")


@pytest.mark.parametrize(
    "header",
    [
        *("Host", "content-length", "Transfer-Encoding", "Hutong-Call", "traceparent", "Cookie", "Range", "User-Agent"),
        *("Proxy-Authorization", "X-Forwarded-For", "X-FORWARDED-HOST", "TE"),
    ],
)
def test_a_credential_cannot_steer_the_connection(births, register_service, header):
    with pytest.raises(InvalidRegistration) as refused:
        register_service(b"sealed", credential={"header": header, "value": "x"})
    assert pointers(refused) == [("/credential/header", "reserved")]


@pytest.mark.parametrize("value", ["s3cret\r\nHost: x", "s3cret ", " s3cret", "密s3cret", ""])
def test_a_malformed_credential_is_refused_without_repeating_it(service_draft, value):
    with pytest.raises(ValidationError) as refused:
        service_draft(credential={"header": "X-Key", "value": value})
    assert "s3cret" not in str(refused.value)
    with pytest.raises(ValidationError) as refused:
        Credential(header="X-Key", value=value)
    assert "s3cret" not in str(refused.value)


def test_a_credential_is_not_shown(service_draft):
    assert "s3cret" not in repr(service_draft(credential=SECRET))


def test_a_service_takes_no_name_of_another_not_shared_dataset(births, register_dataset, register_service):
    register_dataset(slug="credit", sharing_class="not-shared", items=[], calling_rule=None)
    register_dataset(slug="open")
    with pytest.raises(InvalidRegistration) as refused:
        register_service(slug="credit")
    assert pointers(refused) == [("/slug", "taken")]
    assert register_service(slug="open").slug == "open", "a shared dataset's slug is free"


def test_a_not_shared_dataset_takes_no_service(register_dataset, register_service):
    register_dataset(slug="credit", sharing_class="not-shared", items=[], calling_rule=None)
    for slug in ("credit-lookup", "credit"):
        with pytest.raises(InvalidRegistration) as refused:
            register_service(slug=slug, dataset="credit")
        assert pointers(refused) == [("/dataset", "not-shared")]


def test_a_service_joins_a_published_dataset_only_with_its_interface(session, births, register_service, now):
    bare = {"interface": None, "interface_version": None}
    assert register_service(slug="early", **bare).interface is None
    datasets.mark_published(session, births, BY, now)
    with pytest.raises(InvalidRegistration) as refused:
        register_service(slug="late", **bare)
    assert pointers(refused) == [("/interface", "required")]


def test_a_suspended_department_registers_no_service(session, births, register_service, now):
    departments.deactivate(session, "health", BY, now)
    with pytest.raises(InvalidRegistration) as refused:
        register_service()
    assert pointers(refused) == [("/department", "active")]


def test_a_service_is_revised(births, register_service, revise):
    register_service()
    service = revise(title={"en": "New"}, address="http://[::1]:9/", connector="memory", interface_version="1.1.0")
    assert (service.title, service.address, service.connector) == ({"en": "New"}, "http://[::1]:9", "memory")
    assert (service.interface_version, service.revision, service.changed_by) == ("1.1.0", 2, "person-00000002")


def test_a_lost_update_is_refused(births, register_service, revise):
    register_service()
    revise(title={"en": "First"})
    with pytest.raises(Outdated, match="revision 2") as refused:
        revise(title={"en": "Second"}, credential=Credential(**SECRET), sealed=b"sealed")
    expected = {"pointer": "/title/en", "old": "First", "new": "Second"}
    assert refused.value.changes == (expected,), "and nothing of the credential"


def test_a_revision_obeys_the_rules_of_a_registration(session, births, register_service, register_dataset, revise):
    register_service()
    register_dataset(slug="open")
    with pytest.raises(InvalidRegistration) as refused:
        revise(slug="x", dataset="open", address="nowhere")
    assert pointers(refused)[:2] == [("/slug", "fixed"), ("/dataset", "fixed")]
    assert pointers(refused)[2:] == [("/address", "address")] * 2


def test_a_credential_is_kept_replaced_or_taken_away(births, register_service, revise):
    register_service(b"old", credential=SECRET)
    assert revise(title={"en": "New"}).credential == b"old"
    assert revise(b"new", 2, credential=SECRET).credential == b"new"
    assert revise(None, 3, credential=None).credential is None


@pytest.mark.parametrize(
    "address", ["https://evil.example/api", "http://data.health.example/api", "https://data.health.example:444/api"]
)
def test_a_kept_credential_never_goes_to_another_origin(births, register_service, revise, address):
    register_service(b"old", credential=SECRET)
    with pytest.raises(InvalidRegistration) as refused:
        revise(address=address)
    assert pointers(refused) == [("/credential", "origin")]
    assert revise(b"new", address=address, credential=SECRET).credential == b"new"


def test_a_kept_credential_follows_a_path(births, register_service, revise):
    register_service(b"old", credential=SECRET)
    assert revise(address="https://data.health.example:443/v2").credential == b"old"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"connector": "memory"}, "connector"),
        ({"interface_version": "1.1.0"}, "interface_version"),
        ({"interface": None, "interface_version": None}, "interface, interface_version"),
    ],
)
def test_what_callers_rely_on_stays_while_published(session, births, register_service, revise, now, changes, named):
    register_service()
    datasets.mark_published(session, births, BY, now)
    with pytest.raises(datasets.StillPublished, match=f"changing {named}, then"):
        revise(**changes)
    assert revise(address="https://new.health.example").address == "https://new.health.example"


def test_services_are_paged_and_filtered(session, births, register_dataset, register_service):
    register_dataset(slug="open")
    for slug, dataset in [("c", "births"), ("a", "open"), ("b", "births")]:
        register_service(slug=slug, dataset=dataset)
    first, cursor = services.page(session, limit=2)
    rest, end = services.page(session, limit=2, cursor=cursor)
    assert ([row.slug for row in first], [row.slug for row in rest], end) == (["a", "b"], ["c"], None)
    assert [row.slug for row in services.page(session, dataset_id="health/births")[0]] == ["b", "c"]
    assert services.page(session, department="tax")[0] == []
    assert [row.slug for row in services.of_dataset(session, "health/open")] == ["a"]


def test_published_services_come_with_dataset_items_and_department(
    session, births, register_dataset, register_service, now
):
    register_dataset(slug="open")
    register_service(slug="b")
    register_service(slug="c", dataset="open")
    register_service(slug="bare", interface=None, interface_version=None)
    datasets.mark_published(session, births, BY, now)
    (found,) = services.published(session)
    assert (found.service.id, found.dataset.id, found.department.slug) == ("health/b", "health/births", "health")
    assert [row.path for row in found.items] == ["number", "child", "parents.name"]
    assert services.published(session, "health/b") == [found]
    assert services.published(session, "health/c") == []
    datasets.withdraw(session, births.id, BY, now)
    assert services.published(session) == []


def test_the_draft_has_no_member_that_is_not_declared():
    with pytest.raises(ValidationError):
        ServiceDraft.model_validate({"department": "health", "password": "x"})
