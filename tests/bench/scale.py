"""What must not grow with the city: a decision among many agreements; and how fast the ledger writes at all."""

import asyncio
import json
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import uvloop

from catalog.models import SharingClass
from exchange.broker.call import new_id
from exchange.broker.snapshot import Snapshot
from exchange.clock import milliseconds
from exchange.identity.secrets import Cipher
from exchange.ledger import schema
from exchange.ledger.entries import Builder, Entry
from exchange.ledger.note import Signer
from exchange.ledger.writer import Writer
from policies.decisions import Ask, CompiledAgreement, Item, Permit, Resource, compile, decide
from standards.mapping import compile as compile_mapping
from tests.bench import city, own

SERVICES = 100
_ITEMS = {name: Item(SharingClass.UNCONDITIONAL, 2, "nobody") for name in city.PROPERTIES}


def decisions(agreements: int, asked: int = 20_000) -> float:
    """Microseconds of a whole decision, agreements looked up at random; 100 services to an application."""
    snapshot = _snapshot(agreements)
    dice = random.Random(7)
    asks = [_ask(dice.randrange(agreements)) for _ in range(asked)]
    resources = {ask.service: _resource(ask.service) for ask in asks}
    best = float("inf")
    for _ in range(5):
        began = time.process_time()
        for ask in asks:
            decide(resources[ask.service], snapshot.agreements(ask.application, ask.service), (), ask)
        best = min(best, time.process_time() - began)
    if not all(
        isinstance(decide(resources[a.service], snapshot.agreements(a.application, a.service), (), a), Permit)
        for a in asks
    ):
        raise RuntimeError("a decision of the bench is not the permit that it should be")
    return 1e6 * best / asked


def reading_a_request(times: int = 20_000) -> float:
    """Microseconds of `json.loads` of the bench's request body, which a decision should not exceed."""
    body = city.questions(1)[0][1]
    began = time.process_time()
    for _ in range(times):
        json.loads(body)
    return 1e6 * (time.process_time() - began) / times


def mapping(times: int = 20_000) -> tuple[float, float]:
    """Microseconds of one record of 12 fields through a mapping with every kind of rule, and of reading its JSON."""
    compiled, record = compile_mapping(own.DOCUMENT), own.RECORD
    raw = orjson.dumps(record)
    if compiled.apply(record) != own.MAPPED:
        raise RuntimeError("the mapping of the bench does not make the record that it should")

    def fastest(step: Callable[[], object]) -> float:
        best = float("inf")
        for _ in range(5):
            began = time.process_time()
            for _ in range(times):
                step()
            best = min(best, time.process_time() - began)
        return 1e6 * best / times

    return fastest(lambda: compiled.apply(record)), fastest(lambda: orjson.loads(raw))


def _names(number: int) -> tuple[str, str]:
    return f"consumer/application-{number // SERVICES}", f"provider/service-{number % SERVICES}"


def _ask(number: int) -> Ask:
    application, service = _names(number)
    return Ask(
        application, service, city.OPERATION, city.PURPOSE, None, "CASE-1", "clerk-17", None, milliseconds(), True
    )


def _resource(service: str) -> Resource:
    return Resource(
        service, service, city.PROVIDER, SharingClass.UNCONDITIONAL, None, True, "data@bench.example", _ITEMS, city.NAME
    )


def _snapshot(agreements: int) -> Snapshot:
    terms, zone = city.terms(datetime.now(UTC)), ZoneInfo("Asia/Shanghai")
    shards: dict[str, dict[str, tuple[CompiledAgreement, ...]]] = {}
    for number in range(agreements):
        application, service = _names(number)
        compiled = compile(
            terms,
            id=f"agr-{number:016x}",
            version=1,
            application=application,
            service=service,
            items=_ITEMS,
            timezone=zone,
        )
        shards.setdefault(application, {})[service] = (compiled,)
    return Snapshot(1, shards=shards)


def ledger(home: Path, calls: int = 8_000, at_once: int = 256) -> float:
    """Durable entries per second: each is handed in when the one before it is on the disk, 256 at once."""
    home.mkdir()
    schema.migrate(home / "ledger.db")
    writer = Writer(home / "ledger.db", signer=Signer("bench", bytes(32)), cipher=Cipher(bytes(32)), node="bench")
    writer.start()
    try:
        return uvloop.run(_write(writer, calls, at_once))
    finally:
        writer.stop()


async def _write(writer: Writer, calls: int, at_once: int) -> float:
    builder = Builder("bench")
    entries = [_entry(builder) for _ in range(calls)]
    waiting = iter(entries)

    async def one() -> None:
        for entry in waiting:
            await writer.submit(entry)

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(at_once)))
    return calls / (time.perf_counter() - began)


def _entry(builder: Builder) -> Entry:
    at = milliseconds()
    department, application = "government-services", "government-services/bench"
    return builder.request(
        call=new_id(at),
        at=at,
        snapshot=1,
        caller={"department": department, "application": application, "key": "k"},
        actor="clerk-17",
        provider={
            "department": city.PROVIDER,
            "service": city.DATASET,
            "version": "1.0.0",
            "operation": city.OPERATION,
        },
        dataset=city.SERVICE,
        fields=city.AGREED,
        sensitivity=2,
        purpose=city.PURPOSE,
        basis=city.BASIS,
        agreement="agr-0000000000000001",
        agreement_version=1,
        case="CASE-1",
        subjects=("310101199003079954",),
        body=b"{}",
    )
