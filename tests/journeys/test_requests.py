"""From a request to an agreement, in legal time: completed once, granted in part, refused with reasons, or at once."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from exchange.identity import assertions
from exchange.jobs.deadlines import Deadlines
from tests.town import documents
from tests.town.inside import ADDRESS
from tests.town.people import Town, problem_of

REASONS = {"reasons": {"zh": "电话与办理事项无关。", "en": "The phone number has nothing to do with it."}}


MASKS = {"masks": [{"item": "id", "function": "keep-last", "arguments": {"count": 4}}]}


async def requested(town: Town, **changes: Any) -> dict[str, Any]:
    """A request of the justice department that was submitted."""
    row = await town.did("justice", "POST", "/requests", json=documents.request(**changes))
    return await town.did("justice", "POST", f"/requests/{row['id']}/submit")


async def step(town: Town, who: str, row: dict[str, Any], act: str, **more: Any) -> httpx.Response:
    tag = {"if-match": f'"{row["revision"]}"'}
    return await town.by(who, "POST", f"/requests/{row['id']}/{act}", headers=tag, **more)


async def stepped(town: Town, who: str, row: dict[str, Any], act: str, **more: Any) -> dict[str, Any]:
    answer = await step(town, who, row, act, **more)
    assert answer.is_success, answer.text
    return dict(answer.json())


async def told(town: Town, who: str, id: str) -> list[str]:
    found = (await town.did(who, "GET", "/me/notices?limit=200"))["items"]
    return [notice["kind"] for notice in reversed(found) if notice["subject"] == id]


async def test_a_request_is_granted_in_part_and_ends_in_calls(town: Town, node) -> None:
    row = await requested(town)
    assert (row["state"], row["turn"]["who"], row["turn"]["departments"]) == ("submitted", "provider", ["health"])
    (clock,) = row["deadlines"]
    assert (clock["clock"], clock["days"], clock["due_on"]) == ("answer-conditional", 10, row["turn"]["due_on"])

    less = {"items": ["id", "name"], "purposes": ["newborn-registration"], "quota": {"count": 2, "window": "day"}}
    unexplained = await step(town, "health", row, "grant", json=MASKS | less)
    assert (unexplained.status_code, problem_of(unexplained)) == (422, "invalid-request")
    row = await stepped(town, "health", row, "grant", json=MASKS | less | REASONS)
    assert (row["state"], row["turn"]["who"]) == ("granted-in-part", "both")
    assert [(one["clock"], one["late"]) for one in row["deadlines"]] == [
        ("answer-conditional", False),
        ("deliver", None),
    ]

    agreement = await town.did("justice", "GET", f"/agreements/{row['agreement_id']}")
    assert agreement["state"] == "draft"
    assert agreement["terms"]["items"] == ["id", "name"]
    assert agreement["terms"]["safeguards"] == ["access is logged"]
    await town.put_under(row["agreement_id"], "justice", "health-2")
    answer = await town.call("justice/courts")
    assert answer.status_code == 200, answer.text
    assert set(answer.json()["data"]) == {"id", "name"}

    Deadlines(node.reading, node.units).look()
    row = await town.did("justice", "GET", f"/requests/{row['id']}")
    assert [(one["clock"], one["late"]) for one in row["deadlines"]][1] == ("deliver", False)
    for who in ("justice", "health"):
        assert await told(town, who, row["id"]) == ["request.submitted", "request.granted-in-part"]
    await recorded(town, row, "request.drafted", "request.submitted", "request.granted-in-part")


async def recorded(town: Town, row: dict[str, Any], *kinds: str) -> None:
    """Every step is an entry of the ledger."""
    async with asyncio.timeout(5):
        while True:
            found = [leaf["kind"] for leaf in await town.found(type="change") if leaf["id"] == row["id"]]
            if found[::-1] == list(kinds):
                return
            await asyncio.sleep(0.02)


async def test_what_is_missing_is_said_all_at_once(town: Town) -> None:
    bare = {"application": "justice/courts", "service": "health/people"}
    row = await town.did("justice", "POST", "/requests", json=bare)
    answer = await town.by("justice", "POST", f"/requests/{row['id']}/submit")
    assert problem_of(answer) == "invalid-request"
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {
        *("/bases", "/scenario", "/operations", "/purposes", "/items", "/valid_from", "/valid_until"),
        *("/safeguards", "/contact"),
    }
    unknown = {"items": ["id", "salary"], "operations": ["deleteAll"], "row_filter": {"item": "salary"}}
    tag = {"if-match": f'"{row["revision"]}"'}
    row = await town.did("justice", "PUT", f"/requests/{row['id']}", json=documents.request(**unknown), headers=tag)
    answer = await town.by("justice", "POST", f"/requests/{row['id']}/submit")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/items/1", "/operations/0", "/row_filter"]


async def test_it_is_returned_once_and_the_clock_stands_meanwhile(town: Town) -> None:
    row = await requested(town)
    missing = {"missing": [{"pointer": "/safeguards", "need": {"en": "say who has access"}}]}
    row = await stepped(town, "health", row, "return", json=missing)
    assert (row["state"], row["turn"]["who"], row["turn"]["until"]) == ("returned", "consumer", None)
    assert row["deadlines"][0]["pausing"]
    assert row["returned"]["missing"][0]["need"] == {"en": "say who has access"}
    tag = {"if-match": f'"{row["revision"]}"'}
    body = documents.request(safeguards=["access is logged", "two clerks have access"])
    row = await town.did("justice", "PUT", f"/requests/{row['id']}", json=body, headers=tag)
    row = await stepped(town, "justice", row, "submit")
    assert (row["state"], row["deadlines"][0]["pausing"]) == ("submitted", False)
    assert row["turn"]["until"]
    again = await step(town, "health", row, "return", json=missing)
    assert (again.status_code, problem_of(again)) == (409, "conflict")
    expected = ["request.submitted", "request.returned", "request.resubmitted"]
    assert await told(town, "justice", row["id"]) == expected


async def test_a_refusal_has_written_reasons(town: Town) -> None:
    row = await requested(town)
    for bad in ({}, {"reasons": {"en": " "}}):
        assert problem_of(await step(town, "health", row, "refuse", json=bad)) == "invalid-request"
    row = await stepped(town, "health", row, "refuse", json=REASONS)
    assert (row["state"], row["answer"], row["turn"]) == ("refused", REASONS, None)
    assert row["deadlines"][0]["met_at"]
    late = await step(town, "health", row, "grant", json=MASKS)
    assert (late.status_code, problem_of(late)) == (409, "conflict")


@pytest.mark.parametrize(
    ("wider", "pointer"),
    [
        ({"items": ["id", "score"]}, "/items/1"),
        ({"purposes": ["school-entry"]}, "/purposes/0"),
        ({"items": []}, "/items"),
        ({"quota": {"count": 1001, "window": "day"}}, "/quota"),
        ({"quota": {"count": 1000, "window": "hour"}}, "/quota"),
        ({"valid_until": "2099-01-01T00:00:00Z"}, "/valid_until"),
        ({"valid_from": "2000-01-01T00:00:00Z"}, "/valid_from"),
    ],
)
async def test_nothing_is_granted_that_nobody_asked_for(town: Town, wider, pointer) -> None:
    row = await requested(town)
    answer = await step(town, "health", row, "grant", json=MASKS | REASONS | wider)
    assert problem_of(answer) == "invalid-request"
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_grant_from_which_no_agreement_could_come_changes_nothing(town: Town) -> None:
    row = await requested(town)
    answer = await step(town, "health", row, "grant", json={})  # the calling rule wants a mask
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/terms/masks"]
    row = await town.did("health", "GET", f"/requests/{row['id']}")
    assert (row["state"], row["agreement_id"]) == ("submitted", None)


async def test_neighbours_neither_see_nor_answer(town: Town) -> None:
    row = await requested(town)
    assert problem_of(await town.by("services", "GET", f"/requests/{row['id']}")) == "not-permitted"
    for act, body in (
        ("grant", MASKS),
        ("refuse", REASONS),
        ("return", {"missing": [{"pointer": "", "need": {"en": "x"}}]}),
    ):
        for who in ("services", "justice", "operator", "auditor", "justice/courts"):
            assert problem_of(await step(town, who, row, act, json=body)) == "not-permitted", (who, act)
    assert problem_of(await town.by("services", "POST", "/requests", json=documents.request())) == "not-permitted"
    assert problem_of(await step(town, "health", row, "withdraw")) == "not-permitted"
    assert (await town.did("services", "GET", "/requests"))["items"] == []
    assert problem_of(await town.by("services", "GET", f"/deadlines/{row['deadlines'][0]['id']}")) == "not-permitted"


async def test_a_draft_is_its_departments_own(town: Town) -> None:
    row = await town.did("justice", "POST", "/requests", json=documents.request())
    for who in ("health", "operator", "auditor"):
        assert problem_of(await town.by(who, "GET", f"/requests/{row['id']}")) == "not-permitted"
        assert (await town.did(who, "GET", "/requests"))["items"] == []
    assert problem_of(await step(town, "health", row, "grant", json=MASKS)) == "not-permitted"
    assert len((await town.did("justice", "GET", "/requests?turn=consumer"))["items"]) == 1


async def test_nobody_answers_what_their_other_hand_wrote(town: Town) -> None:
    """One key under two names."""
    key = assertions.make_key()
    for name, department in (("asker", "justice"), ("answerer", "health")):
        draft = {"name": {"en": name}, "keys": [assertions.public_jwk(key)], "department": department}
        person = await town.did("operator", "POST", "/people", json=draft | {"scopes": [f"steward:{department}"]})
        town.keys[name] = (person["id"], key)
    row = await town.did("asker", "POST", "/requests", json=documents.request())
    row = await stepped(town, "justice", row, "submit")
    refused = await step(town, "answerer", row, "grant", json=MASKS)
    assert problem_of(refused) == "not-permitted"
    assert "one hand" in refused.json()["detail"]
    await stepped(town, "health", row, "grant", json=MASKS)


async def test_of_two_answers_at_once_one_wins_and_the_other_is_told(town: Town) -> None:
    row = await requested(town)
    both = await asyncio.gather(
        step(town, "health", row, "grant", json=MASKS), step(town, "health-2", row, "refuse", json=REASONS)
    )
    assert sorted(answer.status_code for answer in both) == [200, 412]
    loser = next(answer for answer in both if answer.status_code == 412)
    assert problem_of(loser) == "outdated"
    now = await town.did("health", "GET", f"/requests/{row['id']}")
    assert now["state"] == next(answer for answer in both if answer.status_code == 200).json()["state"]


async def test_a_withdrawn_request_has_no_clock(town: Town) -> None:
    row = await requested(town)
    row = await stepped(town, "justice", row, "withdraw")
    assert (row["state"], row["turn"], row["deadlines"][0]["days_left"]) == ("withdrawn", None, None)
    assert row["deadlines"][0]["stopped_at"]
    assert problem_of(await step(town, "justice", row, "withdraw")) == "conflict"


async def test_overdue_requests_are_told_counted_and_extended_with_consent(town: Town, node) -> None:
    row = await requested(town)
    clock = row["deadlines"][0]
    later = datetime.fromisoformat(clock["due_at"]) + timedelta(hours=1)
    Deadlines(node.reading, node.units, lambda: later).look()
    assert await told(town, "health", row["id"]) == ["request.submitted", "deadline.escalated"]
    assert await told(town, "operator", row["id"]) == ["deadline.escalated"]
    path = f"/deadlines/{clock['id']}"
    body = {"days": 5, "reason": "the source system is being moved"}
    assert problem_of(await town.by("justice", "POST", f"{path}/extension", json=body)) == "not-permitted"
    await town.did("health", "POST", f"{path}/extension", json=body)
    said = {"granted": True, "reason": "agreed"}
    assert problem_of(await town.by("health", "POST", f"{path}/extension/answer", json=said)) == "not-permitted"
    extended = await town.did("operator-2", "POST", f"{path}/extension/answer", json=said)
    assert (extended["days"], extended["escalated_at"], extended["extension"]["answered_by"]) == (
        15,
        None,
        town.keys["operator-2"][0],
    )
    assert extended["due_on"] > clock["due_on"]
    assert problem_of(await town.by("health", "POST", f"{path}/extension", json=body)) == "conflict"
    table = (await town.did("operator", "GET", "/deadlines/overdue"))["items"]
    assert [(line["department"], line["open"], line["overdue"]) for line in table] == [("health", 1, 0)]
    assert (await town.did("justice", "GET", "/deadlines/overdue"))["items"] == []
    assert len((await town.did("health", "GET", "/deadlines?open=true&clock=answer-conditional"))["items"]) == 1
    assert (await town.did("health", "GET", "/deadlines?overdue=true"))["items"] == []


# -- standing offers --

OFFER = documents.offer()


@pytest.fixture
async def open_town(town: Town) -> Town:
    """A town with an unconditional dataset beside the conditional one."""
    items = [documents.item(path) | {"sharing_class": "unconditional"} for path in documents.ITEMS]
    draft = documents.dataset(slug="open", sharing_class="unconditional", sharing_reason=None, items=items)
    draft["calling_rule"] = draft["calling_rule"] | {"masks": {}}
    await town.did("health", "POST", "/datasets", json=draft)
    service = documents.service(ADDRESS, "memory", slug="open", dataset="open")
    await town.did("health", "POST", "/services", json=service)
    await town.put_in_force("health/open")
    return town


def within(**changes: Any) -> dict[str, Any]:
    given = {"service": "health/open", "items": ["name"], "purposes": ["statistics"], "operations": ["listPeople"]}
    return given | changes


async def test_a_request_within_a_standing_offer_is_granted_at_once(open_town: Town) -> None:
    town = open_town
    offer = await town.did("health", "POST", "/offers", json={"service": "health/open", "terms": OFFER})
    row = await requested(town, **within())
    assert (row["state"], row["offer_id"], row["answered_by"]) == ("granted", offer["id"], town.keys["health"][0])
    agreement = await town.did("justice", "GET", f"/agreements/{row['agreement_id']}")
    assert agreement["terms"]["items"] == ["name"]
    answered = row["deadlines"][0]
    assert (answered["clock"], answered["late"]) == ("answer-unconditional", False)
    (shown,) = (await town.http.get("/api/v1/offers?service=health/open")).json()["items"]
    assert shown["id"] == offer["id"]
    assert "published_by" not in shown


@pytest.mark.parametrize(
    "beyond",
    [
        {"items": ["name", "phone"]},
        {"purposes": ["newborn-registration"]},
        {"quota": {"count": 5001, "window": "day"}},
        {"valid_until": (datetime.now(UTC) + timedelta(days=366)).isoformat()},
    ],
)
async def test_a_request_beyond_it_waits_for_an_answer(open_town: Town, beyond) -> None:
    await open_town.did("health", "POST", "/offers", json={"service": "health/open", "terms": OFFER})
    row = await requested(open_town, **within(**beyond))
    assert (row["state"], row["offer_id"]) == ("submitted", None)
    assert row["deadlines"][0]["clock"] == "answer-unconditional"


async def test_a_withdrawn_offer_gives_nothing(open_town: Town) -> None:
    town = open_town
    offer = await town.did("health", "POST", "/offers", json={"service": "health/open", "terms": OFFER})
    assert problem_of(await town.by("justice", "POST", f"/offers/{offer['id']}/withdraw")) == "not-permitted"
    await town.did("health", "POST", f"/offers/{offer['id']}/withdraw")
    assert problem_of(await town.by("health", "POST", f"/offers/{offer['id']}/withdraw")) == "conflict"
    assert (await requested(town, **within()))["state"] == "submitted"


async def test_what_is_conditional_is_not_offered_to_everybody(town: Town) -> None:
    body = {"service": "health/people", "terms": OFFER}
    answer = await town.by("health", "POST", "/offers", json=body)
    assert "/service" in [error["pointer"] for error in answer.json()["errors"]]
    assert problem_of(await town.by("justice", "POST", "/offers", json=body)) == "not-permitted"


# -- clocks --


async def test_a_profile_with_a_check_has_its_clock_and_its_step(town: Town) -> None:
    assert problem_of(await town.by("health", "PUT", "/clock-profiles/in-force", json={"profile": "gaoping"})) == (
        "not-permitted"
    )
    await town.did("operator", "PUT", "/clock-profiles/in-force", json={"profile": "gaoping"})
    row = await requested(town)
    clocks = {one["clock"]: (one["days"], one["department"]) for one in row["deadlines"]}
    assert clocks == {"answer-conditional": (7, "health"), "check": (2, "operator")}
    row = await stepped(town, "operator-2", row, "accept")
    met = {one["clock"]: one["met_at"] is not None for one in row["deadlines"]}
    assert met == {"answer-conditional": False, "check": True}
    assert problem_of(await step(town, "operator-2", row, "accept")) == "conflict"


async def test_an_operator_imports_a_year_and_open_deadlines_follow(town: Town) -> None:
    shown = (await town.http.get("/api/v1/calendar/2025")).json()
    assert (shown["source"], "2025-10-08" in shown["holidays"], "2025-10-11" in shown["workdays"]) == (
        "shipped", True, True,
    )  # fmt: skip
    assert (await town.http.get("/api/v1/calendar/2040")).json()["source"] == "assumed"
    row = await requested(town)
    due = row["deadlines"][0]["due_on"]
    year = int(due[:4])
    body = {"holidays": [due]}
    assert problem_of(await town.by("health", "PUT", f"/calendar/{year}", json=body)) == "not-permitted"
    moved = await town.did("operator", "PUT", f"/calendar/{year}", json=body)
    assert moved["moved"] == [row["deadlines"][0]["id"]]
    after = (await town.did("justice", "GET", f"/requests/{row['id']}"))["deadlines"][0]
    assert after["due_on"] != due
    bad = await town.by("operator", "PUT", "/calendar/2040", json={"holidays": ["2041-01-01"]})
    assert problem_of(bad) == "invalid-request"
    await town.did("operator", "DELETE", f"/calendar/{year}")
    assert problem_of(await town.by("operator", "DELETE", f"/calendar/{year}")) == "not-found"


async def test_a_completion_that_asks_for_stricter_items_has_the_time_of_these(open_town: Town) -> None:
    town = open_town
    draft = documents.dataset(slug="open", sharing_class="unconditional", sharing_reason=None)
    known = await town.did("health", "GET", "/datasets/health/open")
    items = [documents.item(path) | {"sharing_class": "unconditional"} for path in documents.ITEMS if path != "phone"]
    draft |= {"items": [*items, documents.item("phone")], "calling_rule": draft["calling_rule"] | {"masks": {}}}
    tag = {"if-match": f'"{known["revision"]}"'}
    await town.did("health", "PUT", "/datasets/health/open", json=draft, headers=tag)
    await town.put_in_force("health/open")
    row = await requested(town, **within())
    missing = {"missing": [{"pointer": "/items", "need": {"en": "name all of them"}}]}
    row = await stepped(town, "health", row, "return", json=missing)
    tag = {"if-match": f'"{row["revision"]}"'}
    body = documents.request(**within(items=["name", "phone"]))
    row = await town.did("justice", "PUT", f"/requests/{row['id']}", json=body, headers=tag)
    row = await stepped(town, "justice", row, "submit")
    assert row["sharing_class"] == "conditional"
    assert [(one["clock"], one["stopped_at"] is not None) for one in row["deadlines"]] == [
        ("answer-unconditional", True),
        ("answer-conditional", False),
    ]
    row = await stepped(town, "health", row, "refuse", json=REASONS)
    assert row["deadlines"][1]["met_at"]
