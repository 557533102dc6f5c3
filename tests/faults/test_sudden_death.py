"""kill -9 under load: what an outside client holds verifies for ever, and what was released is in the ledger."""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field

import httpx
import orjson
import pytest

from exchange.ledger import merkle, note
from exchange.ledger.export import export
from exchange.ledger.sources import DirectorySource
from exchange.ledger.store import Log
from exchange.ledger.verify import verify_log, verify_receipt
from tests.town import documents
from tests.town.outside import LiveExchange
from tests.town.people import CALL, LOOKUP
from tests.town.provider import slowly

IN_FLIGHT = 40


@dataclass
class Held:
    """What an external client kept: released bodies by call id, receipts, and every checkpoint it saw."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    receipts: dict[str, bytes] = field(default_factory=dict)
    checkpoints: list[bytes] = field(default_factory=list)
    under_way: int = 0


async def caller(http: httpx.AsyncClient, headers: dict[str, str], number: int, held: Held) -> None:
    """Calls as fast as it can until the exchange is gone, fetching a receipt now and then."""
    count = 0
    while True:
        held.under_way += 1
        try:
            body = {"resident_id": documents.resident_id(number)}
            answer = await http.post(LOOKUP, json=body, headers=headers)
        finally:
            held.under_way -= 1
        assert answer.status_code == 200, answer.text
        held.bodies[answer.headers["hutong-call"]] = answer.content
        count += 1
        if count % 8 == 0:
            receipt = await http.get(f"{answer.headers['hutong-receipt']}.json", headers=headers)
            if receipt.status_code == 200:
                held.receipts[answer.headers["hutong-call"]] = receipt.content
        if count % 8 == 4:
            held.checkpoints.append((await http.get("/ledger/checkpoint")).content)


async def load_and_kill(live: LiveExchange, held: Held, seconds: float) -> int:
    """Load from many callers at once, then kill -9; how many calls were under way at that moment."""
    async with live.town() as town:
        headers = CALL | await town.bearer("services/newborn")
        callers = [asyncio.create_task(caller(town.http, headers, number, held)) for number in range(1, IN_FLIGHT + 1)]
        since = len(held.bodies)
        await asyncio.sleep(seconds)
        deadline = time.monotonic() + 10  # a busy machine takes longer to answer the first ones
        while (held.under_way < 32 or len(held.bodies) < since + 8) and time.monotonic() < deadline:
            await asyncio.sleep(0)
        under_way = held.under_way
        live.kill()
        for task in callers:
            with contextlib.suppress(httpx.HTTPError):
                await asyncio.wait_for(task, 10)
        return under_way


async def check(live: LiveExchange, held: Held, since: int) -> int:
    """Everything held verifies against the restarted exchange; the number of calls that were closed as unknown."""
    async with live.town() as town:
        auditor = await town.bearer("auditor")
        ids = list(held.bodies)[since:]
        for call in ids:
            fetched = await town.http.get(f"/ledger/receipts/{call}.json", headers=auditor)
            assert fetched.status_code == 200, f"a released reply is not in the ledger: {call}"
            verdict = verify_receipt(fetched.content, live.vkey, body=held.bodies[call])
            assert verdict.ok, verdict
            assert verdict.body_confirmed
            assert verdict.leaf["outcome"] == "released"
        for call, receipt in held.receipts.items():
            verdict = verify_receipt(receipt, live.vkey, body=held.bodies[call])
            assert verdict.ok
            assert verdict.body_confirmed
        await _consistent(town.http, held, live.vkey)
        return len(await town.found(type="unknown"))


async def _consistent(http: httpx.AsyncClient, held: Held, vkey: str) -> None:
    key = note.parse_key(vkey)
    for raw in held.checkpoints[-3:]:
        old = note.open_checkpoint(raw, key)
        answer = (await http.get("/ledger/consistency", params={"old": old.size})).json()
        new = note.open_checkpoint(answer["checkpoint"].encode(), key)
        proof = [note.decode(one) for one in answer["proof"]]
        merkle.verify_consistency(old.size, new.size, old.root, new.root, proof)


def verify_whole(live: LiveExchange, held: Held) -> None:
    """The stopped exchange's log, exported and verified with the public key and every checkpoint that was seen."""
    target = live.directory / "exported"
    checkpoint = (live.data.with_name("var.keys") / "last-checkpoint").read_bytes()
    with Log.open(live.data / "ledger.db") as log:
        export(log, target, checkpoint, note.parse_key(live.vkey))
        rows = log.connection.execute("SELECT leaf FROM entry ORDER BY idx").fetchall()
    verdict = verify_log(DirectorySource(target), live.vkey, checkpoints=held.checkpoints)
    assert verdict.ok, verdict.findings
    assert verdict.key_confirmed
    leaves = [orjson.loads(leaf) for (leaf,) in rows]
    ends = [leaf["request"] for leaf in leaves if leaf["type"] in ("reply", "unknown")]
    requests = [index for index, leaf in enumerate(leaves) if leaf["type"] == "request"]
    assert sorted(ends) == requests, "every request has exactly one end"


async def rounds(live: LiveExchange, number: int) -> None:
    await live.build()
    live.provider.behaviour = slowly(0.15)  # so that the calls in flight wait inside the exchange, not at its door
    held = Held()
    unknown = 0
    for turn in range(number):
        since = len(held.bodies)
        under_way = await load_and_kill(live, held, 0.25 + 0.05 * (turn % 5))
        assert under_way >= 32
        assert len(held.bodies) > since, "nothing was answered before the kill"
        live.start()
        unknown = await check(live, held, since)
    assert unknown, "no call was cut off between its two entries: the kills came too late"
    assert live.stop() == 0
    verify_whole(live, held)


async def test_every_reply_held_verifies_after_five_kills(new_live):
    await rounds(new_live(), 5)


@pytest.mark.long
async def test_every_reply_held_verifies_after_twenty_kills(new_live):
    await rounds(new_live(), 20)
