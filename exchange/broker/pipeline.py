"""One call in ten steps, in one function; each step lives in its own room and never calls back.

     1 identify   the application, and the responsible person it names
     2 resolve    department, service and operation in the snapshot
     3 check      the request against the interface specification
     4 decide     by the agreements; deny by default; quota reserved last
     5 record     the request, durably, before the provider hears of it
     6 fetch      from the provider
     7 check      the reply: envelope against the specification, records, mapped if need be, against the standard
     8 oblige     keep agreed fields, mask, filter, suppress
     9 record     the reply, durably, before the caller sees a byte of it
    10 release    with a receipt

No log, no data: what is released is in the ledger, always. A refusal stays a value until its entry is durable.
"""

import asyncio
import contextlib
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, NoReturn

import orjson
import structlog

from catalog.quality.tallies import UNMAPPED, Tally
from exchange.broker import request, trails
from exchange.broker.call import AUTHORIZATION, Call, Refused, Reply
from exchange.broker.observed import Observed
from exchange.broker.replies import Broken, ReplyLimits, Sound, judge
from exchange.broker.snapshot import Current, Reach, Stale
from exchange.broker.trails import Trail
from exchange.clock import milliseconds
from exchange.connectors.base import EgressForbidden, ProviderFailed, ProviderTooSlow, UpstreamReply, UpstreamRequest
from exchange.identity.tokens import TokenVerifier, Unidentified
from exchange.ledger.attempts import Attempts
from exchange.ledger.entries import Builder, Entry
from exchange.ledger.writer import Committed, Unavailable, Writer
from policies.decisions import Ask, Permit, Refusal, decide
from policies.obligations import Applied, ObligationFailed
from policies.quotas import Exhausted, Quotas
from standards.specification import MISSING, MalformedPath, Match, MethodNotAllowed, Operation
from standards.validation import Finding

log = structlog.get_logger("exchange.broker")

EXPLANATION_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Broker:
    """Everything a call needs; wired once, in `exchange.node`."""

    current: Current
    tokens: TokenVerifier
    quotas: Quotas
    ledger: Writer
    entries: Builder
    attempts: Attempts
    mask_key: Callable[[str], bytes]
    reply_limits: ReplyLimits
    observed: Observed
    ledger_seconds: float
    zone: tzinfo


async def handle(broker: Broker, call: Call) -> Reply:
    """The answer to a call. Every exit, refusals and crashes included, leaves its outcome behind.

    Where the ledger was too late to release, a `ledger-late` end follows and is the last word.
    """
    trail = Trail(call)
    try:
        return await _ten_steps(broker, call, trail)
    except Refused as refused:
        return await _refuse(broker, trail, refused)
    except asyncio.CancelledError:
        _abandon(broker, trail)
        raise
    except Exception as error:  # the last line of defence: nothing is released, the outcome is recorded
        log.error("call.crashed", call=call.id, error=type(error).__name__, at=traceback.format_tb(error.__traceback__))
        return await _refuse(broker, trail, Refused("internal"))


async def _ten_steps(broker: Broker, call: Call, trail: Trail) -> Reply:
    # 1 identify
    _identify(broker, trail)
    # 2 resolve
    match = _resolve(trail)
    # 3 check the request
    trail.asked = request.read_headers(call)
    body, value = await request.read_body(call, match.operation) if match else (None, MISSING)
    if body is not None:  # it may have taken seconds to come: whoever lost the right meanwhile is refused
        trail.at = milliseconds()
        _identify(broker, trail)
        match = _resolve(trail)
    _check_request(trail, match, body, value)
    # 4 decide
    permit, reach, match = _decide(broker, trail, match)
    # 5 record the request
    trail.request_entry = trails.request(broker.entries, trail, permit, match.operation)
    trail.recorded = await _durable(broker, trail.request_entry)
    # 6 fetch
    fetched = trail.fetched = await _fetch(broker, trail, reach, match, body)
    # 7 check the reply
    sound = await _check_reply(broker, trail, reach, match.operation, fetched)
    # 8 apply obligations
    applied = _oblige(broker, permit, sound.records)
    released = _assemble(trail, match.operation, sound.envelope, applied)
    # 9 record the reply
    delete_by = _delete_by(broker, permit) if applied is not None else None
    await _durable(broker, trails.released(broker.entries, trail, reach, fetched, applied, released, delete_by))
    # 10 release
    return _release(call, fetched.status, released, delete_by)


# -- 1 to 4 ----------------------------------------------------------------------------------------------------------


def _identify(broker: Broker, trail: Trail) -> None:
    call = trail.call
    try:
        trail.snapshot = broker.current.get()
    except Stale as stale:
        raise Refused("snapshot-unavailable", str(stale)) from None
    if AUTHORIZATION in call.repeated:
        raise Refused("malformed-request", "The Authorization header came more than once.", reason="repeated")
    try:
        trail.caller = broker.tokens.identify(call.headers.get(AUTHORIZATION), trail.snapshot, trail.at)
    except Unidentified as error:
        told = b"" if error.reason == "missing" else b', error="invalid_token"'  # RFC 6750 section 3.1
        challenge = (b"www-authenticate", b'Bearer realm="hutong"' + told)
        raise Refused("unidentified", str(error), reason=error.reason, headers=[challenge]) from None


def _resolve(trail: Trail) -> Match | None:
    """The operation of the service; a dataset that is not shared has none."""
    call, snapshot, caller = trail.call, trail.snapshot, trail.caller
    assert snapshot is not None
    if caller is None or caller.application is None or "call" not in caller.scopes:
        raise Refused("refused", failed=[request.NOT_AN_APPLICATION])
    request.check_framing(call)
    name = f"{call.department}/{call.service}"
    service = snapshot.services.get(name)
    if service is not None and service.has_ended(trail.at):
        service = None
    trail.service = service
    if service is None:
        if name in snapshot.broken:
            raise Refused("snapshot-unavailable", "The service's registration cannot be used; the operator is told.")
        raise Refused("unknown-service")
    if service.reach is None:
        return None
    try:
        match = service.reach.specification.match(call.method, call.path)
    except MalformedPath as error:
        raise Refused("malformed-request", str(error)) from None
    if match is None:
        raise Refused("unknown-operation")
    if isinstance(match, MethodNotAllowed):
        allow = ", ".join(match.allow)
        raise Refused("method-not-allowed", f"The operation allows {allow}.", headers=[(b"allow", allow.encode())])
    return match


def _check_request(trail: Trail, match: Match | None, body: bytes | None, value: Any) -> None:
    """The whole request against the specification."""
    if match is None:
        return
    findings = match.operation.check(match.arguments, trail.call.query, value)
    if findings:
        raise Refused("invalid-request", errors=[finding.as_dict() for finding in findings])
    trail.body, trail.subjects = body or b"", request.subjects_of(match.operation, value)


def _decide(broker: Broker, trail: Trail, match: Match | None) -> tuple[Permit, Reach, Match]:
    snapshot, service, asked = trail.snapshot, trail.service, trail.asked
    assert snapshot is not None
    assert service is not None
    assert asked is not None
    application = trail.caller.application if trail.caller and trail.caller.application else ""
    ask = Ask(
        application=application,
        service=service.id,
        operation=match.operation.id if match else "",
        purpose=asked.purpose,
        basis=asked.basis,
        case=asked.case,
        actor=asked.actor,
        fields=asked.fields,
        at=trail.at,
        active=snapshot.is_active(trail.caller.department if trail.caller else None),
        subjects=tuple(trail.subjects),
        emergency=snapshot.emergency(asked.emergency),
    )
    agreements = snapshot.agreements(application, service.id)
    decision = decide(service.resource, agreements, snapshot.guards, ask, snapshot.consents)
    if isinstance(decision, Refusal):
        failed = [{"check": check.check, "satisfy": check.satisfy} for check in decision.failed]
        raise Refused("refused", failed=failed, agreement=decision.agreement)
    if service.reach is None or match is None:  # a permit without a way to the data would be a fault of ours
        raise Refused("internal")
    reserved = broker.quotas.reserve(decision.agreement, decision.limits, trail.at)
    if isinstance(reserved, Exhausted):
        _limited(reserved, decision, service.resource.contact)
    trail.reservation = reserved
    return decision, service.reach, match


def _limited(exhausted: Exhausted, permit: Permit, contact: str) -> NoReturn:
    """Too many for now, or for good: a total that is used up does not come back by waiting."""
    failed = [request.limit_reached(exhausted.check, exhausted.limit, contact)]
    if exhausted.retry_after is None:
        raise Refused("refused", failed=failed, agreement=permit.agreement)
    retry_after = (b"retry-after", str(exhausted.retry_after).encode())
    raise Refused("quota-exhausted", failed=failed, headers=[retry_after], agreement=permit.agreement)


# -- 5 to 7 ----------------------------------------------------------------------------------------------------------


async def _durable(broker: Broker, entry: Entry) -> Committed:
    """Wait until the entry is on the disk and signed for, but not for ever."""
    try:
        waiter = broker.ledger.submit(entry)
    except Unavailable:
        raise Refused("ledger-unavailable", outcome="ledger-late") from None
    timer = asyncio.get_running_loop().call_later(broker.ledger_seconds, _give_up, waiter)
    try:
        return await waiter
    except Unavailable:
        raise Refused("ledger-unavailable", outcome="ledger-late") from None
    finally:
        timer.cancel()


def _give_up(waiter: asyncio.Future[Committed]) -> None:
    if not waiter.done():
        waiter.set_exception(Unavailable("it did not answer in time"))


async def _fetch(broker: Broker, trail: Trail, reach: Reach, match: Match, body: bytes | None) -> UpstreamReply:
    call, operation, began = trail.call, match.operation, time.perf_counter()
    upstream = UpstreamRequest(
        method=operation.method,
        path=match.path,
        query=operation.query(call.query) if call.query else "",
        headers=request.upstream_headers(call, bool(body)),
        body=body or None,
    )
    try:
        fetched = await reach.connector.fetch(reach.upstream, upstream)
    except ProviderTooSlow as error:
        _tally(broker, trail, reach).unanswered += 1
        raise Refused("provider-too-slow", str(error), outcome="provider-too-slow") from None
    except ProviderFailed as error:
        if error.reason != "too-large":  # it answered, and callers can bring that about
            _tally(broker, trail, reach).unanswered += 1
        raise Refused("provider-failed", str(error), outcome="provider-failed") from None
    except EgressForbidden as error:
        raise Refused("provider-failed", str(error), outcome="provider-failed") from None
    tally = _tally(broker, trail, reach)
    if fetched.status < 500:
        tally.took(time.perf_counter() - began)
        tally.modified = fetched.modified or tally.modified
    else:
        tally.unanswered += 1
    return fetched


def _tally(broker: Broker, trail: Trail, reach: Reach) -> Tally:
    assert trail.service is not None
    return broker.observed.of(trail.service.id, reach.standard)


async def _check_reply(
    broker: Broker, trail: Trail, reach: Reach, operation: Operation, fetched: UpstreamReply
) -> Sound:
    judged = judge(operation, reach.record, fetched, broker.reply_limits, reach.mapping)
    for pointer, times in judged.unmapped.items():
        _tally(broker, trail, reach).count(pointer, UNMAPPED, times)
    if isinstance(judged, Sound):
        if judged.records:  # a page past the end says nothing of the provider
            _tally(broker, trail, reach).conforming += 1
        return judged
    errors = await _explain(judged)
    if judged.problem == "provider-broke-standard":  # not what a caller can bring about, such as too large a page
        _count_failure(_tally(broker, trail, reach), errors)
    outcome = "provider-failed" if judged.problem == "provider-failed" else "reply-invalid"
    raise Refused(judged.problem, judged.detail, outcome=outcome, errors=errors)


def _count_failure(tally: Tally, errors: Sequence[Mapping[str, str]]) -> None:
    """Each point once a reply."""
    tally.failing += 1
    for pointer, rule in {(error["pointer"], error["rule"]) for error in errors} or {("", "undeclared")}:
        tally.count(pointer, rule)


async def _explain(broken: Broken) -> list[dict[str, str]]:
    """Where and how the first failing value breaks its schema: off the event loop, capped, never the value itself."""
    try:
        findings = await asyncio.wait_for(asyncio.to_thread(broken.explain), EXPLANATION_SECONDS)
    except TimeoutError:
        findings = (Finding("", "schema", "a value that the schema allows"),)
    return [{**finding.as_dict(), "pointer": broken.pointer + finding.pointer} for finding in findings]


# -- 8 to 10 ---------------------------------------------------------------------------------------------------------


def _oblige(broker: Broker, permit: Permit, records: list[Any] | None) -> Applied | None:
    if records is None:
        return None
    try:
        return permit.plan.apply(records, broker.mask_key(permit.agreement))
    except ObligationFailed as error:
        raise Refused("obligation-failed", str(error), outcome="obligation-failed") from None


def _assemble(trail: Trail, operation: Operation, envelope: Any, applied: Applied | None) -> bytes:
    """The bytes to release: the envelope with what is left of its records."""
    if applied is None:
        return b"" if envelope is None else orjson.dumps(envelope)
    if not operation.many and not applied.records:
        assert trail.service is not None
        failed = [request.outside_rows(trail.service.resource.contact)]
        raise Refused("refused", failed=failed, outcome="withheld")
    return orjson.dumps(operation.with_records(envelope, applied.records))


def _delete_by(broker: Broker, permit: Permit) -> str | None:
    """The last day, in the exchange's time zone, on which the caller may keep what is released now."""
    if permit.delete_after_days is None:
        return None
    today = datetime.fromtimestamp(milliseconds() / 1000, broker.zone).date()
    return (today + timedelta(days=permit.delete_after_days)).isoformat()


def _release(call: Call, status: int, body: bytes, delete_by: str | None) -> Reply:
    call_id = call.id.encode()
    headers = [
        (b"hutong-call", call_id),
        (b"hutong-source", b"provider"),
        (b"hutong-receipt", b"/ledger/receipts/" + call_id),
        (b"cache-control", b"no-store"),
    ]
    if body:
        headers.append((b"content-type", b"application/json"))
    if delete_by is not None:
        headers.append((b"hutong-delete-by", delete_by.encode()))
    return Reply(status, headers, body)


# -- refusals ----------------------------------------------------------------------------------------------------------


async def _refuse(broker: Broker, trail: Trail, refused: Refused) -> Reply:
    """Record the refusal, then give it to the caller; one that cannot be recorded becomes a 503 without detail."""
    if trail.caller is None:
        broker.attempts.count(refused.reason, trail.call.network, trail.call.at)
        return refused.reply(trail.call)
    if trail.recorded is None and trail.reservation is not None:
        broker.quotas.release(trail.reservation)
    if refused.slug == "ledger-unavailable":
        _record_later(broker, trail, refused)
        return refused.reply(trail.call)
    try:
        await _durable(broker, trails.outcome(broker.entries, trail, refused))
    except Refused as unavailable:
        return unavailable.reply(trail.call)
    return refused.reply(trail.call)


def _abandon(broker: Broker, trail: Trail) -> None:
    """The server gave the call up: its outcome is queued all the same, which nothing can cancel."""
    if trail.caller is not None:
        _record_later(broker, trail, Refused("internal", outcome="abandoned"))


def _record_later(broker: Broker, trail: Trail, refused: Refused) -> None:
    """Queue the outcome without waiting; a request that is not durable yet is closed by `close_late` when it is."""
    if trail.request_entry is None or trail.recorded is not None:
        _submit(broker, trails.outcome(broker.entries, trail, refused))


def close_late(broker: Broker, entry: Entry, committed: Committed) -> None:
    """A request became durable after nobody waited for it any more: its provider was never contacted; say so."""
    snapshot = broker.current.newest
    if entry.kind == "request" and snapshot is not None:
        _submit(broker, trails.late(broker.entries, snapshot, entry, committed))


def _submit(broker: Broker, entry: Entry) -> None:
    """Hand an entry in that nobody waits for; one that the ledger cannot take is closed at its next start."""
    with contextlib.suppress(Unavailable):
        broker.ledger.submit(entry).add_done_callback(lambda done: done.cancelled() or done.exception())
