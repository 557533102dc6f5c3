"""What each step of a call costs by itself: the pipeline's own functions, in process, on the data of the bench."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import uvloop

from exchange.broker import pipeline, request, trails
from exchange.broker.call import Call, new_id
from exchange.broker.pipeline import Broker
from exchange.broker.replies import ReplyLimits, Sound
from exchange.broker.trails import Trail
from exchange.clock import milliseconds
from exchange.connectors.base import UpstreamReply, UpstreamRequest
from exchange.connectors.egress import EgressRules
from exchange.ledger.entries import Entry
from exchange.ledger.writer import Committed
from exchange.node import TRANSPORTS, Node
from exchange.settings import Settings
from standards.strict_json import loads
from tests.bench import city
from tests.bench.load import CONNECTIONS

_ROUNDS, _EACH = 5, 2_000
Result = TypeVar("Result")


def breakdown(settings: Settings, token: str) -> dict[str, float]:
    """Microseconds of CPU per call by step; the exchange of these settings must not be running."""
    node = Node.open(settings)
    try:
        return _Steps(node, token).measure()
    finally:
        node.close()


def _call(token: str, case: str, body: bytes) -> Call:
    async def read() -> bytes:
        return body

    headers = {name.encode(): value.encode() for name, value in city.headers(token, case).items()}
    headers |= {b"host": b"127.0.0.1", b"content-length": str(len(body)).encode()}
    at = milliseconds()
    return Call(new_id(at), at, "POST", city.PROVIDER, city.DATASET, city.PATH, "", headers, (), "127.0.0.1", read)


class _Steps:
    """One call, taken through the steps; each is then repeated on what the ones before it gave."""

    def __init__(self, node: Node, token: str) -> None:
        case, body = city.questions(1)[0]
        self.broker: Broker = node.broker
        self.call, self.body = _call(token, case, body), body
        self.trail = Trail(self.call)

    def measure(self) -> dict[str, float]:
        broker, call, trail = self.broker, self.call, self.trail
        pipeline._identify(broker, trail)
        match = pipeline._resolve(trail)
        trail.asked = request.read_headers(call)
        assert match is not None
        pipeline._check_request(trail, match, *_finish(request.read_body(call, match.operation)))
        permit, reach, match = pipeline._decide(broker, trail, match)
        fetched = UpstreamReply(200, [], "application/json", city.reply())
        operation = match.operation
        envelope = loads(fetched.body)
        records = operation.records_of(envelope)
        expected = operation.reply(200)
        assert expected is not None
        assert expected.checker is not None
        checker = expected.checker
        applied = pipeline._oblige(broker, permit, records)
        released = pipeline._assemble(trail, operation, envelope, applied)
        trail.request_entry = trails.request(broker.entries, trail, permit, match.operation)
        trail.recorded = Committed(0, 1)
        assert isinstance(pipeline.judge(operation, reach.record, fetched, ReplyLimits(1 << 20, 1000)), Sound)

        def check() -> None:
            request.read_headers(call)
            pipeline._check_request(trail, match, *_finish(request.read_body(call, match.operation)))

        def validate() -> None:
            checker.valid(envelope)
            for record in records:
                reach.record.valid(record)

        def reply_entry() -> Entry:
            return trails.released(broker.entries, trail, reach, fetched, applied, released)

        def request_entry() -> Entry:
            return trails.request(broker.entries, trail, permit, match.operation)

        return {
            "1 identify": _each(lambda: pipeline._identify(broker, trail)),
            "2 resolve": _each(lambda: pipeline._resolve(trail)),
            "3 check the request": _each(check),
            "4 decide, quota": _each(lambda: pipeline._decide(broker, trail, match)),
            "5 request entry": _each(request_entry),
            "7 read the reply (strict JSON)": _each(lambda: loads(fetched.body)),
            "7 validate": _each(validate),
            "8 oblige": _each(lambda: pipeline._oblige(broker, permit, records)),
            "8 serialise": _each(lambda: pipeline._assemble(trail, operation, envelope, applied)),
            "9 reply entry, digests": _each(reply_entry),
            "5, 9 ledger, two entries": self._ledger(request_entry, reply_entry),
        }

    def _ledger(self, *builders: Callable[[], Entry]) -> float:
        """Commits, signatures and wake-ups of two entries a call, at as many calls at once as wrk has connections."""
        calls = 4_000
        prepared = iter([[_fresh(build()) for build in builders] for _ in range(calls)])

        async def one() -> None:
            for first, second in prepared:
                at = await self.broker.ledger.submit(first)
                second.request = at.index
                await self.broker.ledger.submit(second)

        async def all_of_them() -> float:
            began = time.process_time()
            await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
            return time.process_time() - began

        return 1e6 * uvloop.run(all_of_them()) / calls


def _fresh(entry: Entry) -> Entry:
    """The same entry as one of another call: the ledger indexes each call once."""
    entry.private.call = bytes.fromhex(new_id(milliseconds()))
    return entry


def _finish(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """The result of a coroutine that has nothing to wait for."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: Result = done.value
        return result
    raise RuntimeError("the step waited for something")


def _each(step: Callable[[], object]) -> float:
    """Microseconds of CPU, the best of some rounds: what is above it is the machine's other load."""
    best = float("inf")
    for _ in range(_ROUNDS):
        began = time.process_time()
        for _ in range(_EACH):
            step()
        best = min(best, time.process_time() - began)
    return 1e6 * best / _EACH


def transport(kind: str, provider: int) -> float:
    """Microseconds of CPU per fetch from the provider, 64 at once, uvloop."""
    return uvloop.run(_transport(kind, provider))


async def _transport(kind: str, provider: int) -> float:
    connector = TRANSPORTS[kind](EgressRules.parse([f"{city.PROVIDER}=127.0.0.1:{provider}"]))
    upstream = city.upstream(provider)
    asked = UpstreamRequest("POST", city.PATH, "", [("content-type", "application/json")], city.questions(1)[0][1])

    async def some(count: int) -> None:
        for _ in range(count):
            await connector.fetch(upstream, asked)

    async def burst(calls: int) -> float:
        began = time.process_time()
        await asyncio.gather(*(some(calls // CONNECTIONS) for _ in range(CONNECTIONS)))
        return 1e6 * (time.process_time() - began) / calls

    await burst(CONNECTIONS * 4)
    best = min([await burst(CONNECTIONS * 40) for _ in range(3)])
    await connector.close()
    return best
