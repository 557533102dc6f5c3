"""After every kind of change the snapshot is what a fresh start would make of the database."""

from datetime import UTC, datetime

import pytest

from exchange.broker.snapshot_loader import SnapshotLoader
from exchange.identity import assertions
from exchange.unit_of_work import UnitsOfWork
from policies import decisions
from standards.validation import Finding
from tests.town import documents
from tests.town.inside import ADDRESS


def picture(snapshot):
    """What a snapshot says, comparable: compiled things by what they were compiled from."""
    return {
        "version": snapshot.version,
        "clients": {id: (view.enabled, view.key_ids, view.scopes) for id, view in snapshot.clients.items()},
        "keys": set(snapshot.issuer_keys),
        "services": {
            id: (view.resource, view.reach and (view.reach.version, view.reach.upstream, view.reach.identifying))
            for id, view in snapshot.services.items()
        },
        "agreements": {
            (application, service): {(one.id, one.version, frozenset(one.operations)) for one in compiled}
            for application, shard in snapshot.shards.items()
            for service, compiled in shard.items()
        },
        "purposes": snapshot.purposes,
        "suspended": snapshot.suspended,
    }


async def _etag(town, path):
    return {"if-match": (await town.by("operator", "GET", path)).headers["etag"]}


async def register_department(town):
    draft = {"slug": "new", "name": {"en": "x"}, "contact": "x", "credit_code": documents.credit_code(99)}
    await town.did("operator", "POST", "/departments", json=draft)


async def suspend(town):
    await town.did("operator", "POST", "/departments/health/deactivate")


async def revise_department(town):
    draft = {"slug": "health", "name": {"en": "x"}, "contact": "new desk", "credit_code": documents.credit_code(1)}
    await town.did(
        "operator", "PUT", "/departments/health", json=draft, headers=await _etag(town, "/departments/health")
    )


async def register_application(town):
    await town.register_application("health/clinic")


async def register_person(town):
    draft = {"name": {"en": "x"}, "keys": [assertions.public_jwk(assertions.make_key())], "scopes": ["auditor"]}
    await town.did("operator", "POST", "/people", json=draft)


async def disable(town):
    await town.did("operator", "POST", f"/clients/{town.keys['services/newborn'][0]}/disable")


async def add_key(town):
    path = f"/clients/{town.keys['services/newborn'][0]}"
    body = {"key": assertions.public_jwk(assertions.make_key())}
    await town.did("operator", "POST", f"{path}/keys", json=body, headers=await _etag(town, path))


async def draft_only(town):
    draft = {"application": "justice/courts", "service": "health/people", "terms": documents.terms()}
    await town.did("justice", "POST", "/agreements", json=draft)


async def agree(town):
    await town.agree("justice/courts")


async def revoke(town):
    await town.did("health", "POST", f"/agreements/{town.ids['newborn']}/revoke", json={"reason": "x"})


async def revise_service(town):
    draft = documents.service(f"{ADDRESS}/moved")
    headers = await _etag(town, "/services/health/people")
    await town.did("health", "PUT", "/services/health/people", json=draft, headers=headers)


async def register_service(town):
    await town.did("health", "POST", "/services", json=documents.service(ADDRESS, slug="second"))


async def touch_the_service_of_a_closed_dataset(town):
    """A dataset that closed under its own service's name; its steward tries the service all the same."""
    await withdraw(town)
    law = {"en": "Archives Law"}
    draft = documents.dataset(
        sharing_class="not-shared", sharing_reason=law, calling_rule=None,
        items=[documents.item(path) | {"sharing_class": "not-shared"} for path in documents.ITEMS],
    )  # fmt: skip
    headers = await _etag(town, "/datasets/health/people")
    await town.did("health", "PUT", "/datasets/health/people", json=draft, headers=headers)
    await town.put_in_force("health/people")
    assert (await town.call()).json()["failed_checks"][0]["check"] == "sharing-class"
    await try_service(town)
    assert (await town.call()).json()["failed_checks"][0]["check"] == "sharing-class"


async def try_service(town):
    trial = {"method": "GET", "path": "/v1/people"}
    await town.did("health", "POST", "/services/health/people/test", json=trial)


async def withdraw(town):
    await town.did("health", "POST", "/datasets/health/people/withdraw", json=documents.REASON)


async def publish_again(town):
    await withdraw(town)
    await town.put_in_force("health/people")


async def close_dataset(town):
    await town.did("health", "POST", "/datasets", json=documents.secret_dataset("more"))
    await town.put_in_force("health/more")


async def new_purposes(town):
    draft = {"slug": "purposes", "version": "1.1.0", "name": {"en": "P"}, "codes": [
        {"code": code, "name": {"en": code}} for code in (*documents.PURPOSES, "one-more")]}  # fmt: skip
    await town.govern("/code-lists", draft)


async def publish_standard(town):
    await town.govern("/standards", documents.STANDARD | {"version": "1.1.0"})


async def rotate(town):
    await town.did("operator", "POST", "/keys/rotate")


ACTS = (
    register_department, suspend, revise_department, register_application, register_person, disable, add_key,
    draft_only, agree, revoke, revise_service, register_service, touch_the_service_of_a_closed_dataset,
    try_service, withdraw,
    publish_again, close_dataset, new_purposes, publish_standard, rotate,
)  # fmt: skip


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
async def test_taking_a_change_in_equals_building_everything_anew(town, node, act):
    before = node.current.get().version
    await act(town)
    taken_in = node.current.get()
    node.loader.load()
    assert taken_in.version > before
    assert picture(taken_in) == picture(node.current.get())


async def test_changes_of_others_are_taken_in_with_ones_own(town, node):
    """A unit of work that never told the snapshot, as after a crash between commit and notice."""
    silent = UnitsOfWork(node.writing, lambda changes: None)
    with silent.begin("console", datetime.now(UTC)) as work:
        work.record("client.touched", town.keys["auditor"][0])
    behind = node.current.get().version
    await register_person(town)
    assert node.current.get().version == behind + 2


async def test_a_version_is_never_claimed_that_was_not_read(town, node, monkeypatch):
    """More changes than one page of the outbox: all of them are in."""
    with node.units.begin("console", datetime.now(UTC)) as work:
        for _ in range(1203):
            work.record("client.touched", "nobody")
        expected = node.current.get().version + 1203
    assert node.current.get().version == expected


async def test_an_unknown_kind_of_change_rebuilds_everything(town, node, monkeypatch):
    built = []
    whole = SnapshotLoader._whole
    monkeypatch.setattr(SnapshotLoader, "_whole", lambda self, session: built.append(1) or whole(self, session))
    with node.units.begin("console", datetime.now(UTC)) as work:
        work.record("weather.changed", "sunny")
    assert built == [1]
    with node.units.begin("console", datetime.now(UTC)) as work:
        work.record("client.touched", "nobody")
    assert built == [1]


async def test_an_agreement_that_cannot_be_enforced_denies_and_harms_no_other(town, node, monkeypatch):
    compile_ = decisions.compile

    def picky(terms, **facts):
        if facts["id"] == town.ids["newborn"]:
            raise decisions.Unenforceable([Finding("/masks", "known", "a mask that there is")])
        return compile_(terms, **facts)

    monkeypatch.setattr(decisions, "compile", picky)
    node.loader.load()
    assert (await town.call()).status_code == 403
    statistics = {"hutong-purpose": "statistics"}
    assert (await town.call("services/stats", "/x/health/people/v1/people", "GET", headers=statistics)).is_success
