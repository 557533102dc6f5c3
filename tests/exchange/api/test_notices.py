"""Notices and webhooks over HTTP: each sees their own, and a webhook is its owner's."""

from datetime import UTC, datetime

import pytest

from catalog import notices
from tests.town.documents import WEBHOOK
from tests.town.people import Town, problem_of

TEXT = {"zh": "已撤回", "en": "withdrawn"}


@pytest.fixture
def told(node):
    with node.units.begin("console", datetime.now(UTC)) as work:
        for to in ("health", "health", "justice", "operator"):
            notices.tell(work.session, to, "test.told", "health/people", TEXT, work.now)


async def recipients(town, who, **query):
    """Of the notices of these tests; building the town told others."""
    rows = (await town.did(who, "GET", "/me/notices", params=query))["items"]
    return [row["recipient"] for row in rows if row["kind"] == "test.told"]


async def test_strangers_have_none(town: Town, told):
    answer = await town.by(None, "GET", "/me/notices")
    assert problem_of(answer) == "unidentified"


async def test_everybody_sees_their_own(town: Town, told):
    assert await recipients(town, "health") == ["health", "health"]
    assert await recipients(town, "justice") == ["justice"]
    assert await recipients(town, "operator") == ["operator"]
    for who in ("auditor", "services/newborn"):
        assert await recipients(town, who) == []


async def test_what_one_has_read_the_other_has_not(town: Town, told):
    before = await town.did("health", "GET", "/me/notices/counts")
    newest = (await town.did("health", "GET", "/me/notices"))["items"][0]
    assert newest["message"] == TEXT
    assert newest["read_at"] is None
    assert await town.did("health", "POST", "/me/notices/read", json={"ids": [newest["id"]]}) == {"marked": 1}
    assert (await town.did("health", "GET", "/me/notices"))["items"][0]["read_at"] is not None
    after = await town.did("health", "GET", "/me/notices/counts")
    assert (after["unread"], after["all"]) == (before["unread"] - 1, before["all"])
    assert len(await recipients(town, "health", unread=True)) == 1
    assert await town.did("health-2", "GET", "/me/notices/counts") == before
    until = await town.did("health", "POST", "/me/notices/read", json={"until": newest["id"]})
    assert until == {"marked": before["unread"] - 1}
    assert (await town.did("health", "GET", "/me/notices/counts"))["recipients"] == {
        "health": {"unread": 0, "all": before["all"]}
    }


async def test_a_foreign_notice_is_marked_by_nobody(town: Town, told):
    newest = (await town.did("justice", "GET", "/me/notices"))["items"][0]
    answer = await town.by("health", "POST", "/me/notices/read", json={"ids": [newest["id"]]})
    assert (answer.status_code, problem_of(answer)) == (404, "not-found")


@pytest.mark.parametrize(
    "body", [{"ids": [0]}, {"ids": [2**63]}, {"ids": list(range(1, 202))}, {"until": "x"}, {"x": 1}]
)
async def test_what_is_no_list_of_notices_is_refused(town: Town, body):
    answer = await town.by("health", "POST", "/me/notices/read", json=body)
    assert (answer.status_code, problem_of(answer)) == (422, "invalid-request")


# -- webhooks ---------------------------------------------------------------------------------------------------------


async def test_a_webhook_from_registration_to_removal(town: Town, node):
    assert problem_of(await town.by(None, "POST", "/webhooks", json=WEBHOOK)) == "unidentified"
    assert problem_of(await town.by("justice", "POST", "/webhooks", json=WEBHOOK)) == "not-permitted"
    assert problem_of(await town.by("operator", "POST", "/webhooks", json=WEBHOOK)) == "not-permitted"
    made = await town.did("health", "POST", "/webhooks", json=WEBHOOK)
    where = f"/webhooks/{made['id']}"
    assert made["health"] == {"failures": 0, "succeeded_at": None, "failed_at": None}
    assert problem_of(await town.by("justice", "GET", where)) == "not-permitted"
    assert (await town.did("justice", "GET", "/webhooks"))["items"] == []
    assert [row["url"] for row in (await town.did("health", "GET", "/webhooks"))["items"]] == [WEBHOOK["url"]]
    changed = WEBHOOK | {"url": "https://hooks.health.example/other"}
    assert problem_of(await town.by("health", "PUT", where, json=changed)) == "precondition-required"
    stale = await town.by("health", "PUT", where, json=changed, headers={"if-match": '"7"'})
    assert problem_of(stale) == "outdated"
    revised = await town.did("health", "PUT", where, json=changed, headers={"if-match": '"1"'})
    assert (revised["url"], revised["revision"]) == (changed["url"], 2)
    assert not (await town.did("health", "POST", f"{where}/disable"))["enabled"]
    assert (await town.did("health", "POST", f"{where}/enable"))["enabled"]
    assert problem_of(await town.by("health", "DELETE", where)) == "precondition-required"
    await town.did("health", "DELETE", where, headers={"if-match": '"4"'})
    assert problem_of(await town.by("health", "GET", where)) == "not-found"


async def test_operators_have_webhooks_of_their_own(town: Town):
    draft = WEBHOOK | {"owner": "operator"}
    assert problem_of(await town.by("health", "POST", "/webhooks", json=draft)) == "not-permitted"
    made = await town.did("operator", "POST", "/webhooks", json=draft)
    assert [row["id"] for row in (await town.did("operator", "GET", "/webhooks"))["items"]] == [made["id"]]


async def test_a_test_is_tried_once_and_says_why_it_failed(town: Town, node):
    node.webhooks.stop()
    made = await town.did("health", "POST", "/webhooks", json=WEBHOOK | {"url": "http://127.0.0.1:9/in"})
    where = f"/webhooks/{made['id']}"
    queued = await town.did("health", "POST", f"{where}/test")
    assert (queued["kind"], queued["state"]) == ("webhook.test", "pending")
    await node.webhooks.one_round()
    ended = await town.did("health", "GET", f"{where}/deliveries/{queued['id']}")
    assert (ended["state"], ended["failure"], ended["attempts"]) == ("dead", "forbidden-address", 1)
    assert len((await town.did("health", "GET", f"{where}/deliveries?state=dead"))["items"]) == 1
    assert (await town.did("health", "GET", f"{where}/deliveries?state=delivered"))["items"] == []
    again = await town.did("health", "POST", f"{where}/deliveries/{queued['id']}/retry")
    assert again["state"] == "pending"
    assert problem_of(await town.by("health", "POST", f"{where}/deliveries/{queued['id']}/retry")) == "conflict"
    assert problem_of(await town.by("health", "GET", f"{where}/deliveries/none")) == "not-found"


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "https://a.example/?key=1"}, {"url": "gopher://a.example"}, {"kinds": ["Dataset"]}, {"owner": "../x"},
        {"kinds": ["dataset.*"] * 51}, {"url": "x" * 501},
    ],
)  # fmt: skip
async def test_a_webhook_that_cannot_be(town: Town, changes):
    answer = await town.by("health", "POST", "/webhooks", json=WEBHOOK | changes)
    assert answer.status_code in (403, 422), answer.text
