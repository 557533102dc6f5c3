"""What live traffic shows of a dataset: a drifting provider, its numbers, its suspension, its return."""

import asyncio
import time
from typing import Any

import orjson
import pytest

from exchange.connectors.base import ProviderFailed
from exchange.connectors.memory import Answer
from tests.town.documents import person
from tests.town.inside import MemoryNode, behave, reply_with
from tests.town.people import Town, everything, nothing_of, problem_of

QUALITY = "/datasets/health/people/quality"
SECRET = "Nobody-Should-See-This"


def tag(revision: int) -> dict[str, str]:
    return {"if-match": f'"{revision}"'}


NO_FLOOR = tag(0)


def drifting(node: MemoryNode) -> None:
    """The provider's records lose their shape: a name becomes a number, and a value no standard knows comes in."""
    wrong = {**person(1), "name": 17, "resident_id": SECRET}
    behave(node.memory, Answer(body=orjson.dumps({"data": wrong})))


async def quality_once(town: Town, seen: Any, who: str | None = None) -> dict[str, Any]:
    """The report as soon as it shows what is waited for; at most five seconds."""
    patience = time.monotonic() + 30
    while True:
        report = await town.by(who, "GET", QUALITY)
        assert report.status_code == 200, report.text
        if seen(report.json()):
            return report.json()
        assert time.monotonic() < patience, report.text
        await asyncio.sleep(0.05)


async def test_a_drifting_provider_shows_within_five_seconds(town: Town, node: MemoryNode) -> None:
    for _ in range(4):
        assert (await town.call()).status_code == 200
    good = await quality_once(town, lambda report: report["conformance"]["replies"] == 4)
    assert good["conformance"]["share"] == 1.0
    assert 0.5 < good["conformance"]["lower"] < 0.52
    assert good["conformance"]["points"] == []
    drifting(node)
    for _ in range(2):
        assert (await town.call()).status_code == 502
    report = await quality_once(town, lambda report: report["conformance"]["failing"] == 2)
    found = {(point["pointer"], point["rule"], point["times"]) for point in report["conformance"]["points"]}
    assert ("/data/name", "type", 2) in found
    assert all(set(point["fix"]) == {"zh", "en"} for point in report["conformance"]["points"])
    assert report["conformance"]["recently"]["failing"] == 2
    nothing_of([SECRET], str(report), *(file.read_bytes() for file in node.settings.data.rglob("*") if file.is_file()))
    ranked = await town.did("operator", "GET", "/quality")
    assert ranked["items"][0]["dataset"] == "health/people"
    assert ranked["items"][0]["failing"] == 2


async def test_silence_is_the_service_level_and_not_the_conformance(town: Town, node: MemoryNode) -> None:
    behave(node.memory, Answer(status=503, body=b"{}"))
    assert (await town.call()).status_code == 502
    report = await quality_once(town, lambda report: report["service_level"]["calls"] == 1)
    assert report["service_level"]["availability"] == 0.0
    assert report["conformance"]["replies"] == 0
    assert report["conformance"]["share"] is None
    assert report["service_level"]["points"]


async def test_last_modified_says_how_fresh_the_data_is(town: Town, node: MemoryNode) -> None:
    stale = [(b"content-type", b"application/json"), (b"Last-Modified", b"Sun, 01 Nov 2020 08:00:00 GMT")]
    behave(node.memory, Answer(headers=stale, body=orjson.dumps({"data": person(1)})))
    assert (await town.call()).status_code == 200
    report = await quality_once(town, lambda report: report["service_level"]["modified"])
    assert report["service_level"]["modified"].startswith("2020-11-01T08:00:00")
    assert report["service_level"]["fresh"] is (
        None if report["service_level"]["update_cycle"] == "irregular" else False
    )


async def test_below_the_stewards_floor_calls_are_suspended_until_resumed(town: Town, node: MemoryNode) -> None:
    assert (
        problem_of(await town.by("services", "PUT", f"{QUALITY}/floor", json={"share": 0.9}, headers=NO_FLOOR))
        == "not-permitted"
    )
    await town.did("health", "PUT", f"{QUALITY}/floor", json={"share": 0.9, "replies": 10}, headers=NO_FLOOR)
    assert (await town.by(None, "GET", QUALITY)).json()["floor"] is None
    drifting(node)
    for _ in range(10):
        assert (await town.call()).status_code == 502
    report = await quality_once(town, lambda report: report["suspended"], "health")
    assert report["floor"]["sample"]["failing"] == 10
    refused = await town.call()
    assert refused.status_code == 403
    assert refused.json()["failed_checks"][0]["check"] == "suspended"
    nothing_of([SECRET], everything(refused))
    notices = await town.did("health", "GET", "/me/notices")
    assert "dataset.suspended" in [notice["kind"] for notice in notices["items"]]
    behave(node.memory, reply_with(person(1)))
    assert (
        problem_of(await town.by("services", "POST", "/datasets/health/people/resume", headers=tag(1)))
        == "not-permitted"
    )
    blind = await town.by("health", "POST", "/datasets/health/people/resume")
    assert problem_of(blind) == "precondition-required"
    read = await town.did("health", "GET", "/datasets/health/people")
    late = await town.by("health", "POST", "/datasets/health/people/resume", headers=tag(read["revision"] - 1))
    assert problem_of(late) == "outdated"
    await town.did("health", "POST", "/datasets/health/people/resume", headers=tag(read["revision"]))
    assert (await town.call()).status_code == 200
    assert (
        problem_of(await town.by("health", "POST", "/datasets/health/people/resume", headers=tag(read["revision"] + 1)))
        == "conflict"
    )
    changes = [leaf for leaf in await town.found() if leaf["type"] == "change"]
    assert [change["by"] for change in changes if change["kind"] == "dataset.suspended"] == ["exchange"]


@pytest.mark.parametrize("share", [0, 1, 1.5, 0.9999, 0.0004, "much"])
async def test_a_floor_is_a_share(town: Town, share: Any) -> None:
    refused = await town.by("health", "PUT", f"{QUALITY}/floor", json={"share": share}, headers=NO_FLOOR)
    assert problem_of(refused) == "invalid-request"


async def test_a_floor_can_be_dropped(town: Town) -> None:
    assert problem_of(await town.by("health", "DELETE", f"{QUALITY}/floor", headers=tag(1))) == "not-found"
    await town.did("health", "PUT", f"{QUALITY}/floor", json={"share": 0.9}, headers=NO_FLOOR)
    assert problem_of(await town.by("health", "DELETE", f"{QUALITY}/floor")) == "precondition-required"
    late = await town.by("health", "DELETE", f"{QUALITY}/floor", headers=tag(7))
    assert (late.status_code, problem_of(late)) == (412, "outdated")
    assert {"pointer": "/share", "old": 0.9} in late.json()["changes"]
    assert (await town.by("health", "DELETE", f"{QUALITY}/floor", headers=tag(1))).status_code == 204


async def test_what_callers_bring_about_does_not_count_against_the_provider(town: Town, node: MemoryNode) -> None:
    behave(node.memory, Answer(status=418, body=b"{}"))
    assert (await town.call()).status_code == 502
    many = [person(1)] * (node.settings.reply_max_records + 1)
    behave(node.memory, Answer(body=orjson.dumps({"items": many})))
    assert (await town.call("services/stats", "/x/health/people/v1/people", "GET")).status_code in (502, 403)
    report = await quality_once(town, lambda report: report["service_level"]["calls"] >= 1)
    assert report["conformance"]["failing"] == 0
    assert report["conformance"]["points"] == []


async def test_suspension_is_told_to_all_whom_it_concerns(town: Town, node: MemoryNode) -> None:
    await town.did("health", "PUT", f"{QUALITY}/floor", json={"share": 0.9, "replies": 10}, headers=NO_FLOOR)
    drifting(node)
    for _ in range(10):
        await town.call()
    await quality_once(town, lambda report: report["suspended"], "health")
    for who in ("health", "services", "operator"):
        notices = await town.did(who, "GET", "/me/notices")
        assert "dataset.suspended" in [notice["kind"] for notice in notices["items"]], who


async def test_a_floor_changes_only_under_the_revision_that_was_read(town: Town) -> None:
    first = await town.by("health", "PUT", f"{QUALITY}/floor", json={"share": 0.9}, headers=NO_FLOOR)
    assert first.headers["etag"] == '"1"'
    late = await town.by("health", "PUT", f"{QUALITY}/floor", json={"share": 0.5}, headers={"if-match": '"0"'})
    assert problem_of(late) == "outdated"
    assert late.json()["changes"] == [{"pointer": "/share", "old": 0.9, "new": 0.5}]
    assert (
        problem_of(await town.by("health", "PUT", f"{QUALITY}/floor", json={"share": 0.5})) == "precondition-required"
    )
    second = await town.by("health", "PUT", f"{QUALITY}/floor", json={"share": 0.5}, headers={"if-match": '"1"'})
    assert second.json()["revision"] == 2


async def test_a_withdrawn_dataset_has_no_public_quality(town: Town) -> None:
    assert (await town.by(None, "GET", QUALITY)).status_code == 200
    await town.did("health", "POST", "/datasets/health/people/withdraw", json={"reason": {"en": "no longer kept"}})
    assert (await town.by(None, "GET", QUALITY)).status_code == 404
    assert (await town.by("health", "GET", QUALITY)).status_code == 200


async def test_what_callers_bring_about_counts_neither_for_nor_against_a_provider(town: Town, node: MemoryNode) -> None:
    behave(node.memory, reply_with())
    for _ in range(3):
        assert (await town.call(path="/x/health/people/v1/people", method="GET")).status_code == 200
    behave(node.memory, Answer(error=ProviderFailed("too-large", status=200)))
    assert (await town.call()).status_code == 502
    report = await quality_once(town, lambda report: report["service_level"]["calls"] >= 3)
    assert report["conformance"]["replies"] == 0
    assert report["service_level"]["availability"] == 1.0
