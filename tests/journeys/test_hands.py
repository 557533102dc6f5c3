"""Nobody approves what they asked for: not through a second account, and not with another's key."""

import asyncio
from typing import Any

import httpx
import pytest

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


async def planted(town: Town, by: str) -> None:
    """Under `ghost`, the second steward of health with a key that `by` made and gave that account."""
    steward, ghost = town.keys["health-2"][0], assertions.make_key()
    body = {"key": assertions.public_jwk(ghost)}
    await town.did(by, "POST", f"/clients/{steward}/keys", json=body, headers=await etag(town, steward))
    town.keys["ghost"] = (steward, ghost)


async def removed(town: Town, by: str) -> None:
    steward, ghost = town.keys["ghost"]
    headers = await etag(town, steward)
    await town.did(by, "DELETE", f"/clients/{steward}/keys/{ghost['kid']}", headers=headers)


async def etag(town: Town, client: str) -> dict[str, str]:
    return {"if-match": (await town.by("operator", "GET", f"/clients/{client}")).headers["etag"]}


async def proposed_dataset(town: Town, who: str, url: str = "/datasets/health/people") -> None:
    headers = {"if-match": (await town.by(who, "GET", url)).headers["etag"]}
    await town.did(who, "PUT", url, json=documents.dataset(title={"en": "Ghost written"}), headers=headers)
    await town.submitted(who, url)


async def approved_dataset(town: Town, who: str, url: str = "/datasets/health/people") -> int:
    headers = {"if-match": (await town.by("operator", "GET", url)).headers["etag"]}
    return refused_or(await town.by(who, "POST", f"{url}/approve", headers=headers))


ELEMENT = "/elements/{slug}/{version}".format(**documents.PROPOSALS["elements"])


async def proposed_element(town: Town, who: str) -> None:
    await town.did(who, "POST", "/elements", json=documents.PROPOSALS["elements"])
    await town.stepped(who, ELEMENT, "submit")


async def approved_element(town: Town, who: str) -> int:
    return refused_or(await town.step(who, ELEMENT, "approve"))


def refused_or(answer: httpx.Response) -> int:
    assert answer.is_success or problem_of(answer) == "not-permitted"
    return answer.status_code


GOVERNED = {
    "dataset": (proposed_dataset, approved_dataset),
    "element": (proposed_element, approved_element),
}


@pytest.mark.parametrize(("propose", "approve"), GOVERNED.values(), ids=GOVERNED)
async def test_nor_what_was_written_with_a_key_that_they_gave_and_took_back(town: Town, propose, approve):
    """The key that vouched for the author is what counts, not whether the account still has it."""
    await person(town, "operator", "operator-3", "operator")
    await planted(town, "operator-2")
    await propose(town, "ghost")
    assert await approve(town, "operator-2") == 403
    await removed(town, "operator-2")
    assert await approve(town, "operator-2") == 403
    assert await approve(town, "operator-3") == 200, "who had nothing to do with the key"


@pytest.mark.parametrize(("propose", "approve"), GOVERNED.values(), ids=GOVERNED)
async def test_nor_when_an_account_of_theirs_gave_the_key(town: Town, propose, approve):
    await person(town, "operator-2", "operator-3", "operator")
    await planted(town, "operator-3")
    await propose(town, "ghost")
    await removed(town, "operator-3")
    assert await approve(town, "operator-2") == 403


async def test_nor_when_the_key_was_one_of_theirs(town: Town):
    """Registered with it, rid of it, then the steward is given it."""
    await person(town, "operator", "operator-3", "operator")
    own, old = town.keys["operator-3"]
    fresh = {"key": assertions.public_jwk(assertions.make_key())}
    await town.did("operator", "POST", f"/clients/{own}/keys", json=fresh, headers=await etag(town, own))
    await town.did("operator", "DELETE", f"/clients/{own}/keys/{old['kid']}", headers=await etag(town, own))
    steward = town.keys["health-2"][0]
    given = {"key": assertions.public_jwk(old)}
    await town.did("operator", "POST", f"/clients/{steward}/keys", json=given, headers=await etag(town, steward))
    town.keys["ghost"] = (steward, old)
    await proposed_dataset(town, "ghost")
    await removed(town, "operator")
    fresh = assertions.make_key()
    body = {"key": assertions.public_jwk(fresh)}
    await town.did("operator", "POST", f"/clients/{own}/keys", json=body, headers=await etag(town, own))
    town.keys["operator-3"] = (own, fresh)
    assert await approved_dataset(town, "operator-3") == 403


async def test_nor_an_agreement_drafted_with_a_key_that_they_gave_and_took_back(town: Town):
    await person(town, "operator", "giver", "operator", "steward:health")
    await planted(town, "giver")
    id = await drafted(town, "ghost")
    assert await agreed(town, "giver", id) == 403
    await removed(town, "giver")
    assert await agreed(town, "giver", id) == 403
    assert await agreed(town, "health", id) == 200


async def test_a_key_that_was_given_and_never_used_hinders_nobody_once_it_is_gone(town: Town):
    await planted(town, "operator-2")
    await proposed_dataset(town, "health-2")
    assert await approved_dataset(town, "operator-2") == 403, "it could still be used"
    await removed(town, "operator-2")
    assert await approved_dataset(town, "operator-2") == 200


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
