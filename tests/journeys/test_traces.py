"""Who tries doors that are closed to them leaves a trace: in management as on the call path."""

import asyncio
from typing import Any

import pytest

from exchange.ledger.writer import Unavailable
from tests.town import documents
from tests.town.people import Town, nothing_of, problem_of


async def refusals(town: Town) -> list[dict[str, Any]]:
    return await town.found(type="refusal")


async def test_a_refused_act_is_an_entry_before_it_is_an_answer(town: Town, node):
    before = node.ledger.size
    answer = await town.by("justice", "POST", "/datasets/health/people/withdraw", json=documents.REASON)
    assert problem_of(answer) == "not-permitted"
    assert node.ledger.size > before
    (leaf,) = await refusals(town)
    client_id, key = town.keys["justice"]
    assert leaf["caller"] == {"department": "justice", "application": client_id, "key": key["kid"]}
    assert leaf["call"] == answer.headers["hutong-call"]
    assert (leaf["status"], leaf["problem"], leaf["failed"]) == (403, "not-permitted", ["steward:health"])
    assert leaf["snapshot"] == node.current.newest.version
    assert leaf["subjects"] == []
    assert await town.found(application=client_id) == [leaf]


async def test_an_application_that_asks_for_the_ledger_is_seen(town: Town):
    await town.by("services/newborn", "POST", "/api/v1/ledger/search", json={})
    (leaf,) = await refusals(town)
    assert (leaf["caller"]["application"], leaf["failed"]) == ("services/newborn", ["auditor"])


async def test_self_approval_is_an_entry_too(town: Town):
    draft = {"application": "justice/courts", "service": "health/people", "terms": documents.terms()}
    row = await town.did("health", "POST", "/agreements", json=draft)
    answer = await town.by("health", "POST", f"/agreements/{row['id']}/activate")
    assert problem_of(answer) == "not-permitted"
    assert [leaf["failed"] for leaf in await refusals(town)] == [["self-approval"]]


@pytest.mark.parametrize("department", [documents.resident_id(1), "zhang-wei", "x" * 5000])
async def test_what_stands_in_a_path_does_not_come_into_the_ledger(town: Town, department):
    answer = await town.by("health", "POST", f"/datasets/{department}/x/withdraw", json=documents.REASON)
    assert problem_of(answer) == "not-permitted"
    (leaf,) = await refusals(town)
    assert leaf["failed"] == ["steward"]
    nothing_of([department], str(leaf))


async def test_a_refusal_that_cannot_be_recorded_says_nothing(town: Town, node, monkeypatch):
    await town.token("justice")

    def closed(_entry: object) -> None:
        raise Unavailable("its disk is full")

    monkeypatch.setattr(node.ledger, "submit", closed)
    answer = await town.by("justice", "POST", "/datasets/health/people/withdraw", json=documents.REASON)
    assert (answer.status_code, problem_of(answer)) == (503, "ledger-unavailable")
    assert "steward" not in answer.json()["detail"]


async def test_nor_does_one_that_the_ledger_takes_too_long_for(town: Town, node, monkeypatch):
    await town.token("justice")
    monkeypatch.setattr(node, "settings", node.settings.model_copy(update={"ledger_seconds": 0.05}))
    monkeypatch.setattr(node.ledger, "submit", lambda _entry: asyncio.get_running_loop().create_future())
    answer = await town.by("justice", "POST", "/datasets/health/people/withdraw", json=documents.REASON)
    assert (answer.status_code, problem_of(answer)) == (503, "ledger-unavailable")


async def test_strangers_and_failed_tokens_are_counted(town: Town, node):
    for _ in range(2):
        await town.by(None, "POST", "/api/v1/ledger/search", json={})
    await town.by(None, "GET", "/me", headers={"authorization": "Bearer nonsense"})
    await town.http.post("/oauth/token", data={"grant_type": "client_credentials", "client_id": "person-00000000"})
    await town.http.post("/oauth/token", data={})
    used = town.assertion("health")
    await town.ask_token("health", used)
    assert (await town.ask_token("health", used)).status_code == 401
    node._hand_in_attempts(now=True)
    async with asyncio.timeout(5):
        while not (found := await town.found(type="attempts")):
            await asyncio.sleep(0.02)
    counts = {one["reason"]: one["count"] for one in found[0]["counts"]}
    assert counts == {"missing": 2, "malformed": 1, "invalid_client": 2, "invalid_request": 1}
    assert {one["network"] for one in found[0]["counts"]} == {"127.0.0.0/24"}
