"""Nobody approves what they asked for: not through a second account, and not with another's key."""

import asyncio
from typing import Any

from exchange.identity import assertions
from tests.town import documents
from tests.town.people import Town, problem_of


async def person(town: Town, by: str, name: str, *scopes: str, key=None) -> str:
    """Registers a person under this name; a key given is registered once more."""
    key = key or assertions.make_key()
    department = next((scope.partition(":")[2] for scope in scopes if ":" in scope), None)
    draft = {"name": {"en": name}, "keys": [assertions.public_jwk(key)], "scopes": scopes, "department": department}
    row = await town.did(by, "POST", "/people", json=draft)
    town.keys[name] = (row["id"], key)
    return str(row["id"])


async def drafted(town: Town, by: str) -> str:
    await town.did("health", "POST", f"/agreements/{town.ids['newborn']}/revoke", json={"reason": "anew"})
    draft = {"application": "services/newborn", "service": "health/people", "terms": documents.terms()}
    return str((await town.did(by, "POST", "/agreements", json=draft))["id"])


async def agreed(town: Town, by: str, id: str) -> int:
    """The provider's signature, then its word; what is refused is refused at both."""
    drafted = await town.did("operator", "GET", f"/agreements/{id}")
    if not any(one["side"] == "consumer" for one in drafted["proposed"]["signatures"]):
        await town.sign("services", id, "consumer")
    statuses = []
    for answer in (await town.sign(by, id, "provider"), await town.by(by, "POST", f"/agreements/{id}/activate")):
        statuses.append(answer.status_code)
        if not answer.is_success:
            assert problem_of(answer) == "not-permitted"
            assert "one hand" in answer.json()["detail"]
            assert "another steward" in answer.json()["detail"].lower()
    assert statuses in ([201, 200], [403, 403])
    return statuses[-1]


async def test_nobody_activates_through_an_account_that_they_registered(town: Town):
    await person(town, "operator-2", "own", "steward:health")
    id = await drafted(town, "operator-2")
    assert await agreed(town, "own", id) == 403
    assert await agreed(town, "health", id) == 200, "whom another operator registered"


async def test_nor_through_an_account_behind_an_account(town: Town):
    await person(town, "operator-2", "operator-3", "operator")
    await person(town, "operator-3", "own", "steward:health")
    assert await agreed(town, "own", await drafted(town, "operator-2")) == 403


async def test_nor_when_the_drafter_is_the_account_that_was_registered(town: Town):
    await person(town, "operator-2", "both", "operator", "steward:health")
    await person(town, "both", "own", "steward:services")
    assert await agreed(town, "both", await drafted(town, "own")) == 403


async def test_nor_with_one_key_under_two_names(town: Town):
    await person(town, "operator", "first", "steward:services")
    await person(town, "operator", "second", "steward:health", key=town.keys["first"][1])
    assert await agreed(town, "second", await drafted(town, "first")) == 403


async def test_nor_with_a_key_that_they_gave_to_a_steward(town: Town):
    """As long as the steward has it; and every change says whose key acted."""
    steward, own = town.keys["health"]
    planted = assertions.make_key()
    tag = {"if-match": '"1"'}
    body = {"key": assertions.public_jwk(planted)}
    await town.did("operator-2", "POST", f"/clients/{steward}/keys", json=body, headers=tag)
    id = await drafted(town, "operator-2")
    town.keys["planted"] = (steward, planted)
    assert await agreed(town, "planted", id) == 403
    assert await agreed(town, "health", id) == 403
    tag = {"if-match": '"2"'}
    await town.did("operator", "DELETE", f"/clients/{steward}/keys/{planted['kid']}", headers=tag)
    assert await agreed(town, "health", id) == 200
    changes = await changes_of(town, 6)
    assert [(leaf["kind"], leaf["key"]) for leaf in changes] == [
        ("agreement.activated", own["kid"]),
        ("agreement.signed", own["kid"]),
        ("client.key-removed", town.keys["operator"][1]["kid"]),
        ("agreement.signed", town.keys["services"][1]["kid"]),
        ("agreement.drafted", town.keys["operator-2"][1]["kid"]),
        ("agreement.revoked", own["kid"]),
    ]
    assert changes[2]["details"]["kids"] == [planted["kid"]]


async def changes_of(town: Town, count: int) -> list[dict[str, Any]]:
    """The newest changes, newest first, once the outbox has brought the last of them."""
    async with asyncio.timeout(5):
        while True:
            found = await town.found(type="change")
            if found[0]["kind"] == "agreement.activated":
                return found[:count]
            await asyncio.sleep(0.02)


async def test_reading_and_exporting_name_the_key_too(town: Town):
    await town.did("auditor", "POST", "/api/v1/ledger/exports")
    kid = town.keys["auditor"][1]["kid"]
    for kind in ("export", "read"):
        newest = (await town.found(type=kind))[0]
        assert (newest["by"], newest["key"]) == (town.keys["auditor"][0], kid), kind
