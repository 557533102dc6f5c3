"""How a dataset ends, over HTTP: a registration that is given up, a withdrawal that is announced."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from rdflib import Graph, URIRef
from sqlmodel import Session

from catalog import datasets
from exchange.api import examples
from exchange.jobs.withdrawals import Withdrawals
from policies import withdrawals
from tests.journeys.test_reviews import OUTSIDE, tag
from tests.town import documents
from tests.town.inside import ADDRESS, MemoryNode, settings_for
from tests.town.people import Town, problem_of

URL = "/datasets/health/more"


@pytest.fixture
async def drafted(town: Town) -> Town:
    """A second dataset of the health department with its service, as a draft."""
    await town.did("health", "POST", "/datasets", json=documents.dataset(slug="more", title={"en": "Sundry"}))
    await town.did("health", "POST", "/services", json=documents.service(ADDRESS, slug="more", dataset="more"))
    return town


async def test_nobody_but_its_steward_gives_a_registration_up(drafted: Town):
    for who in (None, "justice", "operator", "operator-2", "auditor", "services/newborn"):
        answer = await drafted.by(who, "POST", f"{URL}/discard")
        assert answer.status_code == (401 if who is None else 403), who
        answer = await drafted.by(who, "POST", "/datasets/health/nothing/discard")
        assert answer.status_code == (401 if who is None else 403), "and nobody learns what is there"
    assert (await drafted.by("health", "POST", "/datasets/health/nothing/discard")).status_code == 404
    assert (await drafted.did("health", "GET", URL))["state"] == "draft"


async def test_a_registration_is_given_up_and_its_name_is_free_again(drafted: Town, node):
    row = await drafted.submitted("health", URL, json={"review": "registration"})
    row = await drafted.did("operator-2", "POST", f"{URL}/approve", headers=tag(row))
    code, before = row["resource_code"], node.current.newest.services
    late = await drafted.by("health", "POST", f"{URL}/discard", headers={"if-match": '"1"'})
    assert (late.status_code, problem_of(late)) == (412, "outdated")
    gone = await drafted.did("health", "POST", f"{URL}/discard", headers=tag(row))
    assert gone == {
        "id": "health/more", "state": "discarded", "revision": row["revision"] + 1, "resource_code": code,
        "services": ["health/more"], "agreements": [],
    }  # fmt: skip
    assert node.current.newest.services is before, "calls never heard of it"
    for who in (*OUTSIDE, "health", "operator"):
        assert (await drafted.by(who, "GET", URL)).status_code == 404
        assert (await drafted.by(who, "GET", f"{URL}/versions")).status_code == 404
        listed = (await drafted.by(who, "GET", "/datasets")).json()["items"]
        assert "health/more" not in [each["id"] for each in listed]
        assert (await drafted.by(who, "GET", "/search", params={"q": "sundry"})).json()["total"] == 0
    assert (await drafted.by("health", "GET", "/services/health/more")).status_code == 404
    assert (await drafted.by("health", "POST", f"{URL}/discard")).status_code == 404

    node.drain.drain()
    leaf = next(one for one in await drafted.found(type="change") if one["kind"] == "dataset.discarded")
    assert leaf["details"]["resource_code"] == code

    row = await drafted.did("health", "POST", "/datasets", json=documents.dataset(slug="more"))
    assert (row["version"], row["revision"], row["resource_code"]) == (2, gone["revision"] + 1, None)
    stages = (await drafted.did("health", "GET", f"{URL}/versions"))["items"]
    assert [(one["number"], one["stage"]) for one in stages] == [(2, "draft"), (1, "discarded")]
    row = await drafted.submitted("health", URL, json={"review": "registration"})
    row = await drafted.did("operator-2", "POST", f"{URL}/approve", headers=tag(row))
    assert row["resource_code"] > code, "that one is given to nobody again"


PEOPLE = "/datasets/health/people"
MORE = examples.WITHDRAWAL["reason"]["en"]


def announce_in_the_past(node, ago: timedelta) -> datetime:
    """As a steward did two days ago, for a moment that has come since."""
    now = datetime.now(UTC)
    with node.units.begin("person-00000001", now - timedelta(days=2)) as work:
        withdrawals.announce(work.session, "health/people", {"en": "ends"}, now - ago, work.by, work.now)
        work.record("dataset.withdrawal-announced", "health/people")
    return now


async def test_a_withdrawal_is_announced_shown_and_called_off(town: Town, node):
    day = (datetime.now(node.zone) + timedelta(days=30)).date()
    for who in (None, "justice", "operator", "services/newborn"):
        for method, path in (("POST", "withdraw"), ("DELETE", "withdrawal")):
            body = {"json": examples.ANNOUNCEMENT} if method == "POST" else {}
            assert (await town.by(who, method, f"{PEOPLE}/{path}", **body)).status_code == (403 if who else 401)
    today = datetime.now(node.zone).date()
    for wrong in (today, today - timedelta(days=1), "0001-01-01"):
        answer = await town.by("health", "POST", f"{PEOPLE}/withdraw", json=examples.WITHDRAWAL | {"on": str(wrong)})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/on"), wrong
    body = examples.WITHDRAWAL | {"on": str(day)}
    late = await town.by("health", "POST", f"{PEOPLE}/withdraw", json=body, headers={"if-match": '"1"'})
    assert (late.status_code, problem_of(late)) == (412, "outdated")
    row = await town.did("health", "POST", f"{PEOPLE}/withdraw", json=body)
    assert (row["state"], row["told"], row["withdrawal_reason"]) == ("published", ["services"], body["reason"])
    at = datetime.fromisoformat(row["withdraws_at"])
    assert at.astimezone(node.zone).isoformat()[:19] == f"{day}T00:00:00", "the first moment of that day, here"
    assert (await town.call()).status_code == 200, "calls go on"
    (notice,) = (await town.did("services", "GET", "/me/notices"))["items"][:1]
    assert notice["kind"] == "dataset.withdrawal-announced"
    assert str(at.date()) in notice["message"]["en"]
    assert MORE in notice["message"]["en"]
    shown = (await town.by(None, "GET", PEOPLE)).json()
    assert (shown["withdraws_at"], shown["withdrawal_reason"]) == (row["withdraws_at"], body["reason"])
    graph = Graph().parse(data=(await town.http.get("/catalog.ttl")).text, format="turtle")
    told = list(graph.objects(None, URIRef("urn:hutong:vocabulary#withdrawsAt")))
    assert [one.toPython() for one in told] == [at]
    contract = (await town.by(None, "GET", f"{PEOPLE}/contract.yaml")).text
    assert "endOfLife" in contract

    row = await town.did("health", "DELETE", f"{PEOPLE}/withdrawal", headers=tag(row))
    assert (row["state"], row["told"], row["withdraws_at"]) == ("published", ["services"], None)
    again = await town.by("health", "DELETE", f"{PEOPLE}/withdrawal")
    assert (again.status_code, problem_of(again)) == (409, "conflict")
    Withdrawals(node.reading, node.units, lambda: at + timedelta(days=1)).look()
    assert (await town.call()).status_code == 200, "it was called off"


async def test_on_the_day_it_is_withdrawn_by_the_exchange_and_that_is_recorded(town: Town, node):
    day = (datetime.now(node.zone) + timedelta(days=30)).date()
    row = await town.did("health", "POST", f"{PEOPLE}/withdraw", json=examples.WITHDRAWAL | {"on": str(day)})
    at = datetime.fromisoformat(row["withdraws_at"])
    Withdrawals(node.reading, node.units, lambda: at - timedelta(seconds=1)).look()
    assert (await town.call()).status_code == 200
    Withdrawals(node.reading, node.units, lambda: at).look()
    assert problem_of(await town.call()) == "unknown-service"
    assert (await town.by(None, "GET", PEOPLE)).status_code == 404
    row = await town.did("health", "GET", PEOPLE)
    assert (row["state"], row["withdraws_at"]) == ("withdrawn", None)
    node.drain.drain()
    leaf = next(one for one in await town.found(type="change") if one["kind"] == "dataset.withdrawn")
    assert (leaf["id"], leaf["by"], leaf["details"]["announced"]) == ("health/people", "exchange", True)


async def test_no_call_is_served_from_the_moment_on_even_if_nobody_carries_it_out(town: Town, node):
    node.withdrawals.stop()
    announce_in_the_past(node, timedelta(days=-1))
    assert (await town.call()).status_code == 200
    announce_in_the_past(node, timedelta(milliseconds=1))
    served = len(node.memory.received)
    assert problem_of(await town.call()) == "unknown-service"
    assert len(node.memory.received) == served, "its provider hears of nothing"
    assert (await town.did("health", "GET", PEOPLE))["state"] == "published", "although it is not done yet"


async def test_what_came_while_the_process_was_down_is_done_before_calls_are_served(template, tmp_path):
    with closing(template.open(tmp_path)) as before:
        before.withdrawals.stop()
        announce_in_the_past(before, timedelta(hours=1))
    with closing(MemoryNode.open(settings_for(tmp_path))) as node:
        assert "health/people" not in node.current.newest.services
        with Session(node.reading) as session:
            assert datasets.fetch(session, "health/people").state == "withdrawn"


async def test_one_that_cannot_be_withdrawn_keeps_no_other_in(node, monkeypatch):
    node.withdrawals.stop()
    now = announce_in_the_past(node, timedelta(hours=1))
    done, real = [], withdrawals.carry_out

    def carry_out(session, id, by, at):
        if id == "a/broken":
            raise RuntimeError
        done.append(id)
        return real(session, id, by, at)

    monkeypatch.setattr(withdrawals, "due", lambda session, at: ["a/broken", "health/people"])
    monkeypatch.setattr(withdrawals, "carry_out", carry_out)
    Withdrawals(node.reading, node.units, lambda: now).look()
    assert done == ["health/people"]
