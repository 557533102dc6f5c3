"""`hutong client probe` against a live exchange: a healthy provider passes, one that drifts is told where."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from exchange import keyfiles
from exchange.cli import probing
from standards.identifiers import FORMATS, holds_mobile_number, holds_resident_id, is_resident_id
from tests.cli.conftest import Hutong, Ran
from tests.town.documents import person
from tests.town.outside import LiveExchange
from tests.town.provider import ScriptedProvider, good, http, says

VALUE = "Nobody-Should-See-This"
OPERATIONS = ["lookUp", "listPeople", "listDistrict"]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveExchange]:
    provider = ScriptedProvider()
    made = LiveExchange(tmp_path_factory.mktemp("live"), provider)
    made.found()
    made.start()
    try:
        asyncio.run(made.build())
        for who in ("services/newborn", "services/stats", "justice/courts", "auditor"):
            keyfiles.write(made.directory / f"{who.replace('/', '.')}.json", *made.keys[who])
        yield made
    finally:
        made.stop()
        provider.close()


@pytest.fixture
def probe(hutong: Hutong, live: LiveExchange) -> Any:
    live.provider.behaviour = good
    live.provider.seen.clear()

    def run(*words: object, who: str = "services.newborn", purpose: str = "newborn-registration") -> Ran:
        key = live.directory / f"{who}.json"
        told = ("--purpose", purpose, "--case", "CASE-1", "--actor", "clerk-17")
        return hutong("client", "probe", "health/people", "--as", key, "--url", live.url, *told, *words)

    return run


def verdicts(ran: Ran) -> dict[str, str]:
    return {one["operation"]: one["verdict"] for one in ran.document["operations"]}


async def calls_in_the_ledger(live: LiveExchange) -> int:
    async with live.town() as town:
        return len(await town.found(type="request"))


def test_a_healthy_provider_passes_within_the_bound_and_every_call_is_recorded(probe: Any, live: LiveExchange) -> None:
    before = asyncio.run(calls_in_the_ledger(live))
    ran = probe("--json", "--examples", 2)
    assert ran.code == 0, ran.out
    assert verdicts(ran) == dict.fromkeys(OPERATIONS, "conforms")
    assert "recorded" in ran.err
    assert 3 <= len(live.provider.seen) <= 6
    assert ran.document["calls"] == sum(one["calls"] for one in ran.document["operations"]) <= 6
    assert asyncio.run(calls_in_the_ledger(live)) - before == len(live.provider.seen)
    assert all(one["statuses"]["200"] > 0 for one in ran.document["operations"])


def test_a_drifting_provider_is_told_where_and_by_no_value(probe: Any, live: LiveExchange) -> None:
    wrong = person(1) | {"name": 17, "phone": VALUE}

    async def drifts(writer: Any, seen: Any) -> None:
        if b"/lookups" not in seen[0]:
            return await good(writer, seen)
        writer.write(http(orjson.dumps({"data": wrong})))
        return await writer.drain()

    live.provider.behaviour = drifts
    ran = probe("--json", "--examples", 2)
    assert ran.code == 1
    assert verdicts(ran) == {"lookUp": "deviates", "listPeople": "conforms", "listDistrict": "conforms"}
    one = ran.document["operations"][0]
    (finding,) = one["findings"]
    assert (finding["status"], finding["problem"]) == (502, "provider-broke-standard")
    assert (finding["pointer"], finding["rule"]) == ("/data/name", "type")
    assert one["call"]
    ran_as_text = probe("--examples", 1)
    assert ran_as_text.code == 1
    assert "/data/name" in ran_as_text.out
    sent = [orjson.loads(body)["resident_id"] for _, body in live.provider.seen if body]
    for text in (ran.out, ran.err, ran_as_text.out, ran_as_text.err, live.log.read_text()):
        assert not any(value in text for value in (VALUE, person(1)["id"], *sent))


def test_identifiers_that_are_sent_are_nobodys(probe: Any, live: LiveExchange) -> None:
    probe("--examples", 5, "--operation", "lookUp")
    sent = [orjson.loads(body)["resident_id"] for _, body in live.provider.seen]
    assert len(set(sent)) > 1
    assert all(is_resident_id(number) and not holds_resident_id(number) for number in sent)
    for name, strategy in probing._formats().items():
        values: list[str] = []
        probing._each(strategy, 20, values.append)
        assert values
        assert all(FORMATS[name](value) and not holds_mobile_number(value) for value in values)


def test_a_provider_that_fails_deviates(probe: Any, live: LiveExchange) -> None:
    live.provider.behaviour = says(http(b"{}", "500 Internal Server Error"))
    ran = probe("--json", "--examples", 1)
    assert (ran.code, set(verdicts(ran).values())) == (1, {"deviates"})
    assert {one["findings"][0]["problem"] for one in ran.document["operations"]} == {"provider-failed"}


def test_who_has_no_agreement_learns_that_nothing_was_judged(probe: Any, live: LiveExchange) -> None:
    ran = probe("--json", who="justice.courts")
    assert (ran.code, set(verdicts(ran).values())) == (1, {"unjudged"})
    assert [one["calls"] for one in ran.document["operations"]] == [1, 1, 1], "one refusal says it all"
    assert ran.document["operations"][0]["findings"][0]["problem"] == "refused"
    assert live.provider.seen == []


def test_nothing_more_is_called_once_the_quota_is_used_up(probe: Any, live: LiveExchange) -> None:
    ran = probe("--json", "--examples", 12, who="services.stats", purpose="statistics")
    assert ran.code == 1
    assert len(live.provider.seen) <= 10
    last = ran.document["operations"][-1]
    assert (last["verdict"], last["calls"]) == ("unjudged", 0)
    found = [one for each in ran.document["operations"] for one in each["findings"]]
    assert [one["problem"] for one in found if one["status"] == 429] == ["quota-exhausted"]


def test_one_operation_alone_and_a_misspelt_one(probe: Any, live: LiveExchange) -> None:
    ran = probe("--json", "--operation", "listPeople", "--examples", 1)
    assert (ran.code, verdicts(ran)) == (0, {"listPeople": "conforms"})
    assert len(live.provider.seen) == 1
    ran = probe("--json", "--operation", "listpeople")
    assert ran.code == 2
    assert "listPeople" in ran.document["detail"]


def test_what_cannot_be_probed(hutong: Hutong, probe: Any, live: LiveExchange, monkeypatch: pytest.MonkeyPatch) -> None:
    key = live.directory / "services.newborn.json"
    told = ("--as", key, "--url", live.url, "--purpose", "statistics", "--json")
    assert hutong("client", "probe", "health", *told).code == 2
    unknown = hutong("client", "probe", "health/nothing", *told)
    assert (unknown.code, unknown.document["type"]) == (1, "urn:hutong:problem:unknown-service")
    assert hutong("client", "probe", "health/people", *told[:2], "--url", "http://127.0.0.1:9", *told[4:]).code == 2
    monkeypatch.setattr(probing.importlib.util, "find_spec", lambda name: None)
    missing = probe("--json")
    assert missing.code == 2
    assert "hutong[onboarding]" in missing.document["detail"]


def test_operations_that_change_something_are_called_by_name_only(live: LiveExchange) -> None:
    operation = {"operationId": "change", "responses": {"200": {"description": "changed"}}}
    document = {
        "openapi": "3.1.0", "info": {"title": "t", "version": "1.0.0"}, "paths": {"/v1/things": {"put": operation}},
    }  # fmt: skip
    sent: list[str] = []

    def send(method: str, path: str, query: Any, body: Any) -> Any:
        sent.append(f"{method} {path}")
        raise ValueError

    (left,) = probing.probe(document, send, examples=2)
    assert (left.verdict, sent) == ("left-out", [])
    (named,) = probing.probe(document, send, examples=2, only=["change"])
    assert (named.verdict, set(sent)) == ("unjudged", {"PUT /v1/things"})


def test_examples_of_the_document_come_first_and_a_cursor_is_not_made_up() -> None:
    parameters = [
        {"name": "cursor", "in": "query", "schema": {"type": "string", "minLength": 1, "maxLength": 9}},
        {
            "name": "of",
            "in": "query",
            "required": True,
            "schema": {"type": "string", "maxLength": 9},
            "example": "east",
        },
    ]
    answers = {"200": {"description": "found"}}
    operation = {"operationId": "list", "parameters": parameters, "responses": answers}
    document = {
        "openapi": "3.1.0", "info": {"title": "t", "version": "1.0.0"}, "paths": {"/v1/things": {"get": operation}},
    }  # fmt: skip
    asked: list[dict[str, Any]] = []

    def send(method: str, path: str, query: Any, body: Any) -> Any:
        asked.append(dict(query))
        raise ValueError

    probing.probe(document, send, examples=4)
    assert asked[0] == {"of": "east"}
    assert 1 < len(asked) <= 4
    assert not any("cursor" in query for query in asked)


def test_the_tool_is_imported_when_it_is_asked_for_only() -> None:
    code = "import sys, exchange.cli.client; print({'schemathesis', 'hypothesis'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.strip() == "set()", done.stderr
