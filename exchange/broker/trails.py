"""What is known of a call so far, and the entries that it leaves in the ledger."""

from exchange.broker import request as asks
from exchange.broker.call import Call, Refused
from exchange.broker.snapshot import Reach, ServiceView, Snapshot
from exchange.clock import milliseconds
from exchange.connectors.base import UpstreamReply
from exchange.identity.callers import Caller
from exchange.ledger.entries import Builder, Entry
from exchange.ledger.writer import Committed
from policies.decisions import Permit
from policies.obligations import Applied
from policies.quotas import Reservation
from standards.specification import Operation


class Trail:
    """What is known of a call so far: enough to leave exactly one outcome wherever it ends."""

    __slots__ = (
        "asked",
        "at",
        "body",
        "call",
        "caller",
        "fetched",
        "recorded",
        "request_entry",
        "reservation",
        "service",
        "snapshot",
        "subjects",
    )

    def __init__(self, call: Call) -> None:
        self.call = call
        self.at = call.at
        self.snapshot: Snapshot | None = None
        self.caller: Caller | None = None
        self.service: ServiceView | None = None
        self.asked: asks.Asked | None = None
        self.body: bytes | None = None
        self.subjects: list[str] = []
        self.reservation: Reservation | None = None
        self.request_entry: Entry | None = None
        self.recorded: Committed | None = None
        self.fetched: UpstreamReply | None = None


def request(entries: Builder, trail: Trail, permit: Permit, operation: Operation) -> Entry:
    """A permitted call, about to be sent to its provider."""
    assert trail.snapshot is not None
    assert trail.caller is not None
    assert trail.service is not None
    assert trail.asked is not None
    return entries.request(
        call=trail.call.id,
        at=trail.at,
        snapshot=trail.snapshot.version,
        caller=_caller(trail.caller),
        actor=trail.asked.actor,
        provider=_provider(trail.service, operation.id),
        dataset=trail.service.resource.dataset,
        fields=permit.listed,
        sensitivity=permit.sensitivity,
        purpose=trail.asked.purpose,
        basis=permit.basis,
        agreement=permit.agreement,
        agreement_version=permit.version,
        case=trail.asked.case,
        subjects=trail.subjects,
        body=trail.body or b"",
        emergency=permit.emergency,
    )


def released(
    entries: Builder,
    trail: Trail,
    reach: Reach,
    fetched: UpstreamReply,
    applied: Applied | None,
    body: bytes,
    delete_by: str | None = None,
) -> Entry:
    """A reply that is released once this is durable; `delete_by` is the day by which its caller deletes it."""
    assert trail.request_entry is not None
    assert trail.recorded is not None
    assert trail.snapshot is not None
    return entries.reply(
        call=trail.call.id,
        at=milliseconds(),
        snapshot=trail.snapshot.version,
        request_index=trail.recorded.index,
        outcome="released",
        status=fetched.status,
        problem=None,
        records=len(applied.records) if applied else 0,
        dropped=applied.dropped if applied else 0,
        subjects=asks.identifiers(applied.kept, reach.identifying) if applied else [],
        provider_body=fetched.body,
        released_body=body,
        delete_by=delete_by,
        digest_key=trail.request_entry.digest_key,
    )


def outcome(entries: Builder, trail: Trail, refused: Refused) -> Entry:
    """A refusal when the provider was never contacted, else the reply that closes the recorded request."""
    assert trail.caller is not None
    assert trail.snapshot is not None
    if trail.request_entry is not None and trail.recorded is not None:
        provider_body = trail.fetched.body if trail.fetched is not None else None
        return _closed(entries, trail.snapshot, trail.request_entry, trail.recorded, refused, provider_body)
    asked, service = trail.asked, trail.service
    return entries.refusal(
        call=trail.call.id,
        at=trail.at,
        snapshot=trail.snapshot.version,
        caller=_caller(trail.caller),
        actor=asked.actor if asked else None,
        provider=_provider(service, "") if service else None,
        dataset=service.resource.dataset if service else None,
        purpose=asked.purpose if asked and asked.purpose in trail.snapshot.purposes else None,
        basis=None,
        case=asked.case if asked else None,
        subjects=trail.subjects,
        body=trail.body,
        status=refused.status,
        problem=refused.slug,
        failed=[str(check["check"]) for check in refused.failed],
        agreement=refused.agreement,
    )


def late(entries: Builder, snapshot: Snapshot, entry: Entry, committed: Committed) -> Entry:
    """Closes a request that became durable after its call had been answered with 503."""
    return _closed(entries, snapshot, entry, committed, Refused("ledger-unavailable", outcome="ledger-late"))


def _closed(
    entries: Builder,
    snapshot: Snapshot,
    entry: Entry,
    committed: Committed,
    refused: Refused,
    provider_body: bytes | None = None,
) -> Entry:
    """The end of a recorded request that released nothing; what the provider had sent is kept as its digest."""
    assert entry.call is not None
    return entries.reply(
        call=entry.call,
        at=milliseconds(),
        snapshot=snapshot.version,
        request_index=committed.index,
        outcome=refused.outcome,
        status=refused.status,
        problem=refused.slug,
        records=0,
        dropped=0,
        subjects=[],
        provider_body=provider_body,
        released_body=None,
        digest_key=entry.digest_key,
    )


def _caller(caller: Caller) -> dict[str, str]:
    return {
        "department": caller.department or "",
        "application": caller.application or caller.client_id,
        "key": caller.key_id,
    }


def _provider(service: ServiceView, operation: str) -> dict[str, str]:
    department, _, name = service.id.partition("/")
    version = service.reach.version if service.reach else ""
    return {"department": department, "service": name, "version": version, "operation": operation}
