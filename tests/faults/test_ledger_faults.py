"""No log, no data: whatever keeps the ledger from writing keeps every byte of the provider's with us."""

import asyncio
import contextlib
import sqlite3
import threading
import time

import pytest

from exchange.ledger import batch
from tests.town.documents import LEAK, person, resident_id
from tests.town.inside import MemoryNode, over, reply_with, settings_for
from tests.town.people import Town, everything, nothing_of, problem_of

PROVIDERS = (LEAK, resident_id(1), resident_id(1)[-4:], "Person 1", "East", "Child")


class Sabotage:
    """Stands in for `batch.write`, the one place where entries go to the database."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.kinds: set[str] | None = None
        self.gate = threading.Event()
        self.gate.set()
        self._write = batch.write

    def __call__(self, connection, state, secrets, entries):
        self.gate.wait(10)
        if self.error is not None and (self.kinds is None or any(entry.kind in self.kinds for entry in entries)):
            raise self.error
        return self._write(connection, state, secrets, entries)


@pytest.fixture
def sabotage(monkeypatch):
    made = Sabotage()
    monkeypatch.setattr(batch, "write", made)
    yield made
    made.gate.set()


@pytest.mark.parametrize("kind", ["request", "reply"])
async def test_an_injected_commit_error_is_a_503_with_no_byte_of_the_reply(town: Town, node, sabotage, kind):
    await town.call()
    asked = len(node.memory.received)
    sabotage.error, sabotage.kinds = sqlite3.OperationalError("disk I/O error"), {kind}
    answer = await town.call()
    assert (answer.status_code, problem_of(answer)) == (503, "ledger-unavailable")
    assert "hutong-receipt" not in answer.headers
    nothing_of(PROVIDERS, everything(answer))
    assert len(node.memory.received) == asked + (kind == "reply")


async def test_after_an_io_error_the_ledger_stays_closed_and_says_why(town: Town, node, sabotage):
    await town.token("services/newborn")
    sabotage.error = sqlite3.OperationalError("disk I/O error")
    await town.call()
    sabotage.error = None
    asked = len(node.memory.received)
    answer = await town.call()
    assert (answer.status_code, problem_of(answer)) == (503, "ledger-unavailable")
    assert len(node.memory.received) == asked
    ready = await town.http.get("/readyz")
    assert ready.status_code == 503
    assert "ledger" in ready.json()["faults"][0]
    assert (await town.http.get("/healthz")).status_code == 200


async def test_a_full_disk_refuses_and_recovers_by_itself(town: Town, node, sabotage):
    await town.call()
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    sabotage.error = full
    answer = await town.call()
    assert (answer.status_code, problem_of(answer)) == (503, "ledger-unavailable")
    assert (await town.http.get("/readyz")).status_code == 503
    sabotage.error = None
    for _ in range(60):
        answer = await town.call()
        if answer.status_code == 200:
            break
        await asyncio.sleep(0.05)
    assert answer.status_code == 200, "it goes on by itself"
    assert (await town.http.get("/readyz")).status_code == 200


async def test_a_full_disk_at_the_reply_closes_the_request(template, tmp_path, sabotage):
    node = template.open(tmp_path)
    try:
        async with over(node, template.keys, template.ids) as town:
            full = sqlite3.OperationalError("database or disk is full")
            full.sqlite_errorcode = sqlite3.SQLITE_FULL
            sabotage.error, sabotage.kinds = full, {"reply"}
            answer = await town.call(headers={"hutong-case": "FULL"})
            assert answer.status_code == 503
            nothing_of(PROVIDERS, everything(answer))
    finally:
        sabotage.error = None
        node.close()
    again = MemoryNode.open(settings_for(tmp_path))
    try:
        async with over(again, template.keys) as town:
            leaves = await town.found(case="FULL")
            assert [leaf["type"] for leaf in leaves][-1] == "request"
            assert len(leaves) == 2, "after a restart at the latest the request has its end"
            assert leaves[0]["type"] in ("unknown", "reply")
            assert leaves[0].get("outcome") != "released"
    finally:
        again.close()


async def test_a_hung_ledger_is_a_503_in_time_and_the_request_is_closed_as_late(template, tmp_path, sabotage):
    node = template.open(tmp_path, ledger_seconds=0.3)
    try:
        async with over(node, template.keys, template.ids) as town:
            await town.token("services/newborn")
            await town.token("auditor")
            await asyncio.sleep(0.1)
            sabotage.gate.clear()
            started = time.monotonic()
            answer = await town.call(headers={"hutong-case": "HUNG"})
            assert (answer.status_code, problem_of(answer)) == (503, "ledger-unavailable")
            assert time.monotonic() - started < 20
            assert not node.memory.received, "the provider hears of nothing that is not recorded"
            sabotage.gate.set()
            for _ in range(40):
                leaves = await town.found(case="HUNG")
                if len(leaves) == 2:
                    break
                await asyncio.sleep(0.05)
            assert [(leaf["type"], leaf.get("outcome")) for leaf in leaves] == [
                ("reply", "ledger-late"),
                ("request", None),
            ]
    finally:
        node.close()


async def test_a_ledger_that_hangs_at_the_reply_releases_nothing(template, tmp_path, sabotage):
    node = template.open(tmp_path, ledger_seconds=0.3)

    def hang(received):
        sabotage.gate.clear()
        return reply_with(person(1))(received)

    node.memory.answer("POST", "/v1/lookups", hang)
    try:
        async with over(node, template.keys, template.ids) as town:
            await town.token("auditor")
            answer = await town.call(headers={"hutong-case": "HUNG"})
            assert (answer.status_code, problem_of(answer)) == (503, "ledger-unavailable")
            nothing_of(PROVIDERS, everything(answer))
            sabotage.gate.set()
            for _ in range(40):
                leaves = await town.found(case="HUNG")
                if leaves and leaves[0].get("outcome") == "ledger-late":
                    break
                await asyncio.sleep(0.05)
            ends = [leaf.get("outcome") for leaf in leaves if leaf["type"] == "reply"]
            assert ends[0] == "ledger-late", "the last word is that nothing was released"
            receipt = await town.by("auditor", "GET", f"/ledger/receipts/{answer.headers['hutong-call']}.json")
            assert receipt.json()["leaf"]["outcome"] == "ledger-late"
    finally:
        node.close()


async def test_a_refusal_that_cannot_be_recorded_says_nothing_of_the_policy(town: Town, sabotage):
    await town.token("justice/courts")
    sabotage.error = sqlite3.OperationalError("disk I/O error")
    answer = await town.call("justice/courts")
    assert (answer.status_code, problem_of(answer)) == (503, "ledger-unavailable")
    assert "failed_checks" not in answer.json()


async def test_reads_of_an_auditor_are_refused_when_they_cannot_be_recorded(town: Town, sabotage):
    await town.call()
    await town.token("auditor")
    sabotage.error = sqlite3.OperationalError("disk I/O error")
    answer = await town.by("auditor", "POST", "/api/v1/ledger/search", json={})
    assert (answer.status_code, problem_of(answer)) == (503, "ledger-unavailable")


async def test_a_permit_that_could_not_be_recorded_costs_no_quota(template, tmp_path, sabotage):
    node = template.open(tmp_path)
    try:
        async with over(node, template.keys, template.ids) as town:
            await town.token("services/stats")
            full = sqlite3.OperationalError("database or disk is full")
            full.sqlite_errorcode = sqlite3.SQLITE_FULL
            sabotage.error, sabotage.kinds = full, {"request"}
            for _ in range(3):
                purpose = {"hutong-purpose": "statistics"}
                answer = await town.call("services/stats", "/x/health/people/v1/people", "GET", headers=purpose)
                assert answer.status_code == 503
            sabotage.error = None
            mine = await town.did("services/stats", "GET", "/me/agreements")
            assert mine["items"][0]["quota_left"] == 10
    finally:
        node.close()


async def test_a_disk_that_is_really_full(new_live):
    """RLIMIT_FSIZE stands in for a full disk: the kernel refuses the write, nothing is released, nothing is lost."""
    live = new_live()
    await live.build()
    live.stop()
    largest = max(file.stat().st_size for file in live.data.rglob("*"))
    live.start(TOWN_FILE_BYTES=largest + 150_000)
    answers = []
    async with live.town() as town:
        headers = {"hutong-case": "x" * 60, "hutong-actor": "y" * 60}
        with contextlib.suppress(AssertionError):
            for _ in range(600):
                answers.append(await town.call(headers=headers))
                if answers[-1].status_code == 503:
                    break
    assert answers[-1].status_code == 503, "the disk never filled"
    assert problem_of(answers[-1]) == "ledger-unavailable"
    nothing_of(PROVIDERS, everything(answers[-1]))
    released = [answer.headers["hutong-call"] for answer in answers if answer.status_code == 200]
    assert released
    live.stop()
    live.start()
    async with live.town() as town:
        for call in released[-20:]:
            assert (await town.by("auditor", "GET", f"/ledger/receipts/{call}")).status_code == 200
        assert (await town.call()).status_code == 200
