"""An agreement over HTTP from draft to end: signed by both sides, amended, suspended, over by itself."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import ECKey

from exchange.identity import assertions
from policies import signing
from policies.signing import Side
from tests.town import documents
from tests.town.people import Town, problem_of


@pytest.fixture
async def drafted(town: Town) -> str:
    draft = {"application": "justice/courts", "service": "health/people", "terms": documents.terms()}
    return str((await town.did("justice", "POST", "/agreements", json=draft))["id"])


async def refused_signatures(town: Town) -> list[tuple[str, int, list[str]]]:
    leaves = await town.found(type="refusal")
    return [(leaf["problem"], leaf["status"], leaf["failed"]) for leaf in leaves]


async def test_from_draft_to_a_document_that_is_checked_offline(town: Town, node, drafted: str):
    statement = await town.by("justice", "GET", f"/agreements/{drafted}/statement")
    said = statement.json()
    assert (said["exchange"], said["consumer"], said["provider"]) == (node.origin, "justice", "health")
    assert signing.canonical(said) == statement.content, "the bytes are the canonical ones"
    assert problem_of(await town.by("health", "POST", f"/agreements/{drafted}/activate")) == "invalid-request"
    await town.put_under(drafted, "justice", "health")
    assert (await town.call("justice/courts")).status_code == 200
    document = await town.did("auditor", "GET", f"/agreements/{drafted}/signed")
    keys = {
        side: assertions.public_jwk(town.keys[who][1]) for side, who in zip(Side, ("justice", "health"), strict=True)
    }
    verdict = signing.check(document, keys)
    assert (verdict.holds, verdict.confirmed) == (True, frozenset(Side))
    kinds = {"agreement.signed", "agreement.activated"}
    leaves = [leaf for leaf in await town.found(type="change") if leaf["id"] == drafted and leaf["kind"] in kinds]
    assert {leaf["details"]["statement"] for leaf in leaves} == {signing.digest(said)}, "the ledger keeps the digest"


async def test_who_signs_for_whom(town: Town, drafted: str):
    for who, side in (
        ("health", "consumer"),
        ("services", "consumer"),
        ("justice", "provider"),
        ("operator", "provider"),
    ):
        answer = await town.by(
            who, "POST", f"/agreements/{drafted}/signatures", json={"side": side, "signature": "x"}
        )  # fmt: skip
        assert problem_of(answer) == "not-permitted", (who, side)


async def test_altered_replayed_and_foreign_signatures_are_refused_and_leave_an_entry(town: Town, drafted: str):
    path = f"/agreements/{drafted}/signatures"
    key = town.keys["health"][1]
    raw = (await town.by("health", "GET", f"/agreements/{drafted}/statement")).content
    other = (await town.by("health", "GET", f"/agreements/{town.ids['newborn']}/statement")).content
    for signature in (
        assertions.sign_statement(key, raw + b" "),
        assertions.sign_statement(key, other),
        assertions.sign_statement(town.keys["justice"][1], raw),
        "A" * 86,
    ):
        answer = await town.by("health", "POST", path, json={"side": "provider", "signature": signature})
        assert (answer.status_code, problem_of(answer)) == (422, "invalid-signature")
        assert answer.json()["errors"][0]["pointer"] == "/signature"
    assert await refused_signatures(town) == [("invalid-signature", 422, ["signature"])] * 4
    assert (await town.did("health", "GET", f"/agreements/{drafted}"))["proposed"]["signatures"] == []


async def test_an_older_key_authenticates_but_does_not_sign(town: Town, drafted: str):
    """The refusal says which key to add."""
    key = dict(ECKey.generate_key("P-256", {"use": "sig"}, auto_kid=True).as_dict(private=True))
    draft = {"name": {"en": "x"}, "department": "health", "scopes": ["steward:health"]}
    person = await town.did("operator", "POST", "/people", json=draft | {"keys": [assertions.public_jwk(key)]})
    town.keys["elder"] = (person["id"], key)
    assert (await town.by("elder", "GET", f"/agreements/{drafted}/statement")).status_code == 200
    body = {"side": "provider", "signature": "A" * 86}
    answer = await town.by("elder", "POST", f"/agreements/{drafted}/signatures", json=body)
    assert (answer.status_code, problem_of(answer)) == (422, "invalid-signature")
    (finding,) = answer.json()["errors"]
    assert finding["rule"] == "key-type"
    assert "hutong client key" in finding["expected"]


@pytest.mark.parametrize("loss", ["disabled", "key-removed"])
async def test_a_signature_of_somebody_who_left_does_not_activate(town: Town, drafted: str, loss: str):
    await town.signed(drafted, "justice", "health-2")
    signer, key = town.keys["health-2"]
    if loss == "disabled":
        await town.did("operator", "POST", f"/clients/{signer}/disable")
    else:
        body, first = {"key": assertions.public_jwk(assertions.make_key())}, {"if-match": '"1"'}
        await town.did("operator", "POST", f"/clients/{signer}/keys", json=body, headers=first)
        path = f"/clients/{signer}/keys/{key['kid']}"
        await town.did("operator", "DELETE", path, headers={"if-match": '"2"'})
    answer = await town.by("health", "POST", f"/agreements/{drafted}/activate")
    assert (answer.status_code, problem_of(answer)) == (422, "invalid-request")
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/signatures/provider"]
    assert problem_of(await town.call("justice/courts")) == "refused"
    assert (await town.sign("health", drafted, "provider")).status_code == 201
    await town.did("health", "POST", f"/agreements/{drafted}/activate")
    assert (await town.call("justice/courts")).status_code == 200


async def test_of_two_at_once_one_wins_and_the_other_is_told(town: Town, drafted: str):
    await town.signed(drafted, "justice", "health")
    seen = await town.by("health", "GET", f"/agreements/{drafted}")
    tag = {"if-match": seen.headers["etag"]}
    path = f"/agreements/{drafted}/activate"
    assert (await town.by("health", "POST", path, headers=tag)).status_code == 200
    late = await town.by("health-2", "POST", path, headers=tag)
    assert (late.status_code, problem_of(late)) == (412, "outdated")
    untold = await town.by("health-2", "POST", path)
    assert (untold.status_code, problem_of(untold)) == (409, "conflict")


async def test_suspended_refuses_the_next_call_until_it_is_resumed(town: Town):
    path = f"/agreements/{town.ids['newborn']}"
    assert (await town.call()).status_code == 200
    await town.did("operator", "POST", f"{path}/suspend", json={"reason": "looked into"})
    answer = await town.call()
    assert answer.json()["failed_checks"][0]["check"] == "agreement"
    assert problem_of(await town.by("services", "POST", f"{path}/resume", json={"reason": "x"})) == "not-permitted"
    await town.did("health", "POST", f"{path}/resume", json={"reason": "in order"})
    assert (await town.call()).status_code == 200
    notices = await town.did("services", "GET", "/me/notices")
    told = [one["kind"] for one in notices["items"] if one["subject"] == town.ids["newborn"]]
    assert told[:2] == ["agreement.resumed", "agreement.suspended"]


async def test_either_side_says_that_the_purpose_is_achieved(town: Town):
    path = f"/agreements/{town.ids['newborn']}"
    assert problem_of(await town.by("operator", "POST", f"{path}/achieve")) == "not-permitted"
    assert (await town.did("services", "POST", f"{path}/achieve"))["state"] == "achieved"
    assert problem_of(await town.call()) == "refused"
    assert problem_of(await town.by("health", "POST", f"{path}/revoke", json={"reason": "x"})) == "conflict"


async def test_an_amendment_stands_beside_the_terms_in_force_and_keeps_the_count(town: Town):
    await town.did("health", "POST", f"/agreements/{town.ids['newborn']}/revoke", json={"reason": "anew"})
    id = await town.agree("services/newborn", quota={"count": 100, "window": "day"})
    path = f"/agreements/{id}"
    assert (await town.call()).status_code == 200
    terms = documents.terms(quota={"count": 1, "window": "day"})
    made = await town.did("services", "POST", f"{path}/amend", json={"terms": terms})
    assert (made["number"], made["state"]) == (2, "proposed")
    assert problem_of(await town.by("health", "POST", f"{path}/amend", json={"terms": terms})) == "conflict"
    assert (await town.call()).status_code == 200, "still under version 1"
    changes = (await town.did("health", "GET", f"{path}/diff", params={"from": 1, "to": 2}))["changes"]
    assert "/quota/count" in {one["pointer"] for one in changes}
    await town.put_under(id, "services", "health")
    answer = await town.call()
    assert (answer.status_code, problem_of(answer)) == (429, "quota-exhausted"), "the calls of version 1 count"
    versions = (await town.did("auditor", "GET", f"{path}/versions"))["items"]
    assert [(one["number"], one["state"]) for one in versions] == [(2, "in-force"), (1, "superseded")]
    old = await town.did("auditor", "GET", f"{path}/signed", params={"version": 1})
    assert (old["statement"]["version"], signing.check(old, {}).holds) == (1, True)
    assert problem_of(await town.by("auditor", "GET", f"{path}/versions/3")) == "not-found"


async def test_a_proposed_version_is_given_up(town: Town):
    path = f"/agreements/{town.ids['newborn']}"
    await town.did("health", "POST", f"{path}/amend", json={"terms": documents.terms()})
    assert (await town.did("services", "POST", f"{path}/discard"))["state"] == "discarded"
    answer = await town.sign("health-2", town.ids["newborn"], "provider")
    assert (answer.status_code, problem_of(answer)) == (409, "conflict")


async def test_what_is_over_by_itself_is_marked_and_told(town: Town, node):
    soon = (datetime.now(UTC) + timedelta(seconds=60)).isoformat()
    dated = await town.agree("justice/courts", valid_until=soon)
    await town.did("health", "POST", f"/agreements/{town.ids['newborn']}/revoke", json={"reason": "anew"})
    counted = await town.agree("services/newborn", total=2)
    for _ in range(2):
        assert (await town.call()).status_code == 200
    assert node.endings.look() == 1
    assert (await town.did("services", "GET", f"/agreements/{counted}"))["state"] == "exhausted"
    assert problem_of(await town.call()) == "refused"
    node.endings._clock = lambda: datetime.now(UTC) + timedelta(seconds=61)
    assert node.endings.look() == 1
    assert (await town.did("justice", "GET", f"/agreements/{dated}"))["state"] == "expired"
    assert node.endings.look() == 0
    kinds = {one["kind"] for one in (await town.did("justice", "GET", "/me/notices"))["items"]}
    assert "agreement.expired" in kinds


async def test_empty_terms_are_refused_at_the_draft(town: Town):
    terms = documents.terms(purposes=[], items=[], masks=[])
    draft = {"application": "justice/courts", "service": "health/people", "terms": terms}
    answer = await town.by("justice", "POST", "/agreements", json=draft)
    assert (answer.status_code, problem_of(answer)) == (422, "invalid-request")
    assert {one["pointer"] for one in answer.json()["errors"]} == {"/terms/purposes", "/terms/items"}
    assert json.dumps(answer.json()).count("empty") >= 2
