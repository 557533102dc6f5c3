"""What keeps policies from being confirmed denies; what keeps quotas is exact; what is agreed is all that comes out."""

import asyncio
import sqlite3
import time
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from exchange.broker import pipeline
from exchange.connectors.memory import Answer
from policies import decisions, obligations
from tests.town import documents
from tests.town.documents import person
from tests.town.inside import MemoryNode, behave, over, reply_with, settings_for
from tests.town.people import Town, everything, nothing_of, problem_of

STATISTICS = {"hutong-purpose": "statistics"}
PEOPLE = "/x/health/people/v1/people"


class Outage:
    """exchange.db cannot be read."""

    def __init__(self, node: MemoryNode) -> None:
        self._engine = node.reading

    def __enter__(self) -> None:
        event.listen(self._engine, "before_cursor_execute", self._fail)

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._fail)

    def _fail(self, *_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")


async def test_a_snapshot_that_cannot_be_confirmed_ages_and_denies(town: Town, node, monkeypatch):
    await town.token("services/newborn")
    with Outage(node):
        await asyncio.sleep(1.2)  # one beat of the heart
        assert (await town.call()).status_code == 200, "it is not too old yet"
        monkeypatch.setattr(node.current, "_clock", lambda: time.monotonic() + 6)
        answer = await town.call()
        assert (answer.status_code, problem_of(answer)) == (503, "snapshot-unavailable")
        assert len(node.memory.received) == 1
        managed = await town.by("services/newborn", "GET", "/me")
        assert (managed.status_code, problem_of(managed)) == (503, "snapshot-unavailable")
        assert (await town.http.get("/readyz")).status_code == 503


async def test_the_snapshot_comes_back_with_the_database(town: Town, node):
    await town.token("services/newborn")
    with Outage(node):
        node.current.distrust()
        assert (await town.call()).status_code == 503
    node.loader.renew()
    assert (await town.call()).status_code == 200


async def test_a_change_that_cannot_be_taken_in_denies_at_once(town: Town, node, monkeypatch):
    """A revocation is committed and the snapshot cannot follow: nobody may be served on what it replaced."""
    await town.token("services/newborn")

    def fail(*_: object) -> None:
        raise ValueError("not to be read")

    with monkeypatch.context() as broken:
        broken.setattr(node.loader, "_changed", fail)
        broken.setattr(node.loader, "_whole", fail)
        path = f"/agreements/{town.ids['newborn']}/revoke"
        assert (await town.by("health", "POST", path, json={"reason": "ended"})).status_code == 200
        answer = await town.call()
        assert (answer.status_code, problem_of(answer)) == (503, "snapshot-unavailable")
    node.loader.renew()
    assert problem_of(await town.call()) == "refused"


async def test_idle_time_alone_does_not_age_the_snapshot(town: Town, node):
    await town.token("services/newborn")
    await asyncio.sleep(2.2)
    assert node.current.age < 1.5
    assert (await town.call()).status_code == 200


# -- quota -------------------------------------------------------------------------------------------------------------


async def count(town: Town, calls: int) -> list[int]:
    await town.token("services/stats")

    async def one() -> int:
        return (await town.call("services/stats", PEOPLE, "GET", headers=STATISTICS)).status_code

    return [*await asyncio.gather(*(one() for _ in range(calls)))]


async def test_a_quota_is_never_over_granted_at_64_calls_at_once(town: Town, node):
    node.memory.answer("GET", "/v1/people", Answer(body=b'{"items":[]}', delay=0.02))
    statuses = await count(town, 64)
    assert (statuses.count(200), statuses.count(429)) == (10, 54)
    assert len(node.memory.received) == 10
    answer = await town.call("services/stats", PEOPLE, "GET", headers=STATISTICS)
    assert problem_of(answer) == "quota-exhausted"
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["failed_checks"][0]["check"] == "quota"
    (leaf,) = await town.entries_of(answer.headers["hutong-call"], application="services/stats", type="refusal")
    assert leaf["agreement"] == {"id": town.ids["stats"]}


async def test_a_quota_survives_a_restart(template, tmp_path):
    template.copy(tmp_path)
    for used, left in ((7, 3), (10, 0)):
        node = MemoryNode.open(settings_for(tmp_path))
        behave(node.memory)
        try:
            async with over(node, template.keys, template.ids) as town:
                statuses = await count(town, 7)
                assert statuses.count(200) == (7 if left else 3)
                mine = await town.did("services/stats", "GET", "/me/agreements")
                assert mine["items"][0]["quota_left"] == left, used
        finally:
            node.close()


async def test_a_failing_provider_costs_quota_and_a_refusal_does_not(town: Town, node):
    node.memory.answer("GET", "/v1/people", Answer(500))
    assert (await count(town, 2)) == [502, 502]
    for _ in range(3):
        await town.call("services/stats", PEOPLE, "GET", headers=STATISTICS | {"hutong-fields": "phone"})
    mine = await town.did("services/stats", "GET", "/me/agreements")
    assert mine["items"][0]["quota_left"] == 8


# -- nothing but what was agreed ---------------------------------------------------------------------------------------

MARK = "SECRET-"
secret = st.integers(0, 10**9).map(lambda number: f"{MARK}{number}")
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | secret,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(secret, inner, max_size=3),
    max_leaves=8,
)
public = st.text("abc张", max_size=6)
records = st.fixed_dictionaries(
    {
        "id": st.integers(0, 999).map(documents.resident_id),
        "name": public,
        "phone": secret,
        "score": st.just(73.25),
        "address": st.fixed_dictionaries({"district": public, "street": secret}),
        "children": st.lists(st.fixed_dictionaries({"name": public, "born": secret}), max_size=4),
    }
)
broken = st.one_of(
    anything,
    records.flatmap(lambda record: anything.map(lambda more: {**record, f"{MARK}x": more})),
    records.flatmap(lambda record: anything.map(lambda value: {**record, "children": [{"name": value}]})),
    records.flatmap(lambda record: anything.map(lambda value: {**record, "score": value})),
)
replies = st.one_of(
    st.lists(records, max_size=4).map(lambda rows: {"items": rows}),
    st.lists(records | broken, max_size=4).map(lambda rows: {"items": rows}),
    broken,
)
statuses = st.sampled_from([200, 200, 200, 200, 404, 500])


def test_no_value_outside_the_agreement_is_in_any_released_byte(template, tmp_path_factory):
    """Values outside the agreement are marked; the marks must be in no body and no header, errors included."""
    node = template.open(tmp_path_factory.mktemp("generated"))
    outcomes: set[int] = set()

    async def play(status: int, reply: object) -> None:
        node.memory.answer("GET", "/v1/people", Answer(status, orjson.dumps(reply)))
        async with over(node, template.keys, template.ids) as town:
            town.tokens.update(kept)
            answer = await town.call(path=PEOPLE, method="GET")
            kept.update(town.tokens)
        outcomes.add(answer.status_code)
        nothing_of([MARK, "73.25", '"phone"', '"street"', '"born"'], everything(answer))
        if answer.status_code == 200:
            ids = [row["id"] for row in answer.json()["items"]]
            assert all(set(masked[:-4]) == {"*"} for masked in ids)
        assert answer.status_code in (200, 502)

    kept: dict = {}

    @settings(max_examples=150, deadline=None)
    @given(statuses, replies)
    def run(status: int, reply: object) -> None:
        asyncio.run(play(status, reply))

    try:
        run()
    finally:
        node.close()
    assert outcomes == {200, 502}, "both ways were tried"


async def test_a_mask_that_cannot_be_put_on_releases_nothing(town: Town, node, monkeypatch):
    def fail(*_: object) -> None:
        raise obligations.ObligationFailed("The mask of item id needs text.")

    monkeypatch.setattr(obligations.Plan, "apply", fail)
    answer = await town.call()
    assert (answer.status_code, problem_of(answer)) == (503, "obligation-failed")
    nothing_of([documents.LEAK, "Person"], everything(answer))
    leaf = (await town.entries_of(answer.headers["hutong-call"], case="CASE-1"))[-1]
    assert (leaf["outcome"], leaf["problem"]) == ("obligation-failed", "obligation-failed")


async def test_a_record_outside_the_agreed_rows_is_refused_and_said_to_be(town: Town, node):
    await town.did("health", "POST", f"/agreements/{town.ids['newborn']}/revoke", json={"reason": "narrower"})
    await town.agree("services/newborn", row_filter={"item": "address.district", "op": "eq", "value": "West"})
    answer = await town.call()
    assert (answer.status_code, problem_of(answer)) == (403, "refused")
    assert answer.json()["failed_checks"][0]["check"] == "rows"
    nothing_of([documents.LEAK, "East", "Person 1"], everything(answer))
    listed = await town.call(path=PEOPLE, method="GET")
    assert listed.json() == {"items": []}


@pytest.mark.parametrize("step", ["decide", "judge", "oblige"])
async def test_a_crash_of_any_step_is_a_500_that_releases_nothing(town: Town, node, monkeypatch, capsys, step):

    def crash(*_: object, **__: object) -> None:
        raise ZeroDivisionError(documents.LEAK)

    place = {"decide": (pipeline, "decide"), "judge": (pipeline, "judge"), "oblige": (pipeline, "_oblige")}[step]
    monkeypatch.setattr(*place, crash)
    answer = await town.call()
    assert (answer.status_code, problem_of(answer)) == (500, "internal")
    nothing_of([documents.LEAK, "ZeroDivision"], everything(answer))
    logged = "".join(capsys.readouterr())
    assert "call.crashed" in logged
    assert documents.LEAK not in logged
    leaves = await town.entries_of(answer.headers["hutong-call"], application="services/newborn")
    assert leaves[-1]["problem"] == "internal"
    assert leaves[-1]["type"] == ("refusal" if step == "decide" else "reply")


def test_the_decision_itself_never_raises():
    """Whatever it is given, `decide` answers, and the answer is no."""
    refusal = decisions.decide(None, None, None, None)  # type: ignore[arg-type]
    assert [check.check for check in refusal.failed] == ["internal"]


async def test_a_cancelled_call_leaves_its_outcome(town: Town, node):
    node.memory.answer("POST", "/v1/lookups", Answer(delay=5))
    await town.token("services/newborn")
    task = asyncio.create_task(town.call(headers={"hutong-case": "CANCELLED"}))
    deadline = time.monotonic() + 5
    while not node.memory.waiting and time.monotonic() < deadline:
        await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    leaves = []
    while len(leaves) < 2 and time.monotonic() < deadline:
        leaves = await town.found(case="CANCELLED")
    assert [(leaf["type"], leaf.get("outcome")) for leaf in leaves] == [("reply", "abandoned"), ("request", None)]


async def _held(act):
    """A body of which a part comes late: `act` happens in between."""
    yield b'{"resident_id":'
    await act()
    yield orjson.dumps(documents.resident_id(1)) + b"}"


@pytest.mark.parametrize("loss", ["agreement", "client", "department"])
async def test_a_right_that_is_lost_while_the_body_comes_is_lost(loss: str, town: Town, node):
    """Else a caller could keep a call open over its own revocation."""
    acts = {
        "agreement": lambda: town.did(
            "health", "POST", f"/agreements/{town.ids['newborn']}/revoke", json={"reason": "purpose achieved"}
        ),
        "client": lambda: town.did("services", "POST", "/clients/services.newborn/disable"),
        "department": lambda: town.did("operator", "POST", "/departments/services/deactivate"),
    }
    for who in ("health", "services", "operator", "services/newborn"):
        await town.token(who)
    headers = {"content-type": "application/json", "hutong-case": "HELD"}
    answer = await town.call(content=_held(acts[loss]), headers=headers)
    assert answer.status_code == (401 if loss == "client" else 403)
    assert not node.memory.received
    assert [leaf["type"] for leaf in await town.found(case="HELD")] == ["refusal"]


async def test_a_snapshot_that_aged_while_the_body_came_decides_nothing(town: Town, node, monkeypatch):
    async def age():
        monkeypatch.setattr(node.current, "_clock", lambda: time.monotonic() + 60)

    await town.token("services/newborn")
    answer = await town.call(content=_held(age), headers={"content-type": "application/json"})
    assert (answer.status_code, problem_of(answer)) == (503, "snapshot-unavailable")
    assert not node.memory.received


async def test_a_reply_of_too_many_records_is_not_released(town: Town, node):
    many = [person(number) for number in range(node.reply_limits.records + 1)]
    behave(node.memory, reply_with(*many))
    answer = await town.call("services/stats", PEOPLE, "GET", headers=STATISTICS | {"hutong-case": "MANY"})
    assert (answer.status_code, problem_of(answer)) == (502, "provider-failed")
    leaves = await town.found(case="MANY")
    assert leaves[0]["outcome"] == "provider-failed"
    assert leaves[0]["provider_body"]["size"] > 1000, "the provider cannot deny what it sent"


async def test_a_service_that_cannot_be_prepared_stops_no_other_and_comes_back_mended(template, tmp_path):
    node = template.open(tmp_path)
    database = sqlite3.connect(node.settings.exchange_database, isolation_level=None)
    (sound,) = database.execute("SELECT credential FROM service WHERE id = 'health/people'").fetchone()
    database.execute("UPDATE service SET credential = x'0102' WHERE id = 'health/people'")
    node.loader.load()
    behave(node.memory)
    try:
        async with over(node, template.keys, template.ids) as town:
            answer = await town.call()
            assert (answer.status_code, problem_of(answer)) == (503, "snapshot-unavailable")
            assert (await town.http.get("/readyz")).status_code == 200
            assert "hutong_services_broken 1.0" in (await town.http.get("/metrics")).text
            database.execute("UPDATE service SET credential = ? WHERE id = 'health/people'", (sound,))
            with node.units.begin("tests", datetime.now(UTC)) as work:
                work.record("service.revised", "health/people")
            assert (await town.call()).status_code == 200, "its agreements are back with it"
    finally:
        node.close()
        database.close()
