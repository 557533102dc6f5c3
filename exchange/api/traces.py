"""What refused management requests leave in the ledger: nobody tries doors unseen.

An identified caller's refusal is an entry of its own, durable before the answer; strangers are counted, as on the call
path. Used from the event loop only.
"""

import asyncio

from fastapi import Request

from exchange.broker.snapshot import Snapshot
from exchange.clock import milliseconds
from exchange.identity.callers import Caller, NotPermitted
from exchange.ledger.entries import Entry
from exchange.ledger.writer import Unavailable
from exchange.node import Node
from exchange.problems import KINDS
from policies.signing import InvalidSignature

SELF_APPROVAL = "self-approval"
SIGNATURE = "signature"


async def refusal(request: Request, caller: Caller, error: Exception, problem: str) -> None:
    """Record that this caller was refused. Raises Unavailable: what cannot be recorded is answered as 503."""
    here: Node = request.state.node
    waiter = here.ledger.submit(_entry(here, request.state.call, caller, error, problem))
    try:
        async with asyncio.timeout(here.settings.ledger_seconds):
            await waiter
    except TimeoutError:
        raise Unavailable("it did not answer in time") from None


def attempt(request: Request, reason: str) -> None:
    """Count a request that nobody can be held to; `reason` is from a fixed list of ours."""
    here: Node = request.state.node
    address = request.client.host if request.client else ""
    here.attempts.count(reason, address, milliseconds())


def _entry(here: Node, call: str, caller: Caller, error: Exception, problem: str) -> Entry:
    snapshot = here.current.newest
    assert snapshot is not None, "the caller was identified by one"
    return here.entries.refusal(
        call=call,
        at=milliseconds(),
        snapshot=snapshot.version,
        caller={
            "department": caller.department or "",
            "application": caller.application or caller.client_id,
            "key": caller.key_id,
        },
        actor=None,
        provider=None,
        dataset=None,
        purpose=None,
        basis=None,
        case=None,
        subjects=[],
        body=None,
        status=KINDS[problem].status,
        problem=problem,
        failed=[_needed(snapshot, error)],
        agreement=None,
    )


def _needed(snapshot: Snapshot, error: Exception) -> str:
    """The scope that was missing. Its department comes from the request: one that nobody belongs to is left out."""
    if isinstance(error, InvalidSignature):
        return SIGNATURE
    if not isinstance(error, NotPermitted):
        return SELF_APPROVAL
    name, _, department = error.scope.partition(":")
    known = department and any(client.department == department for client in snapshot.clients.values())
    return error.scope if known else name
