"""The ledger over HTTP: tiles and checkpoint for everybody, entries for auditors, receipts for those concerned.

Whatever an auditor or steward reads is an entry itself, durable before the answer. Identifiers stand in bodies only, so
that no log or history keeps them.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import PlainTextResponse
from pydantic import AfterValidator, Field

from exchange.api.depends import Cursor, Limit, Moment, ThisNode, Who
from exchange.clock import milliseconds
from exchange.identity.callers import Caller
from exchange.identity.models import APPLICATION_ID
from exchange.ledger import note, reading, receipts
from exchange.ledger.receipts import NoReceipt
from exchange.ledger.secrets import Secrets
from exchange.ledger.store import Log, NoSuchEntry
from exchange.node import Node
from standards.identifiers import looks_like_personal
from standards.models import SLUG, Draft

router = APIRouter(tags=["ledger"])
log = APIRouter(prefix="/ledger", tags=["ledger"])

IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}
ANYTHING = reading.Query()
OCTETS = "application/octet-stream"


CALLER = rf"{APPLICATION_ID}|^person-[0-9a-f]{{8}}$"
EntryKind = Literal["request", "reply", "refusal", "unknown", "attempts", "change", "export", "read"]


def impersonal(text: str) -> str:
    """What is searched for stands in the ledger for ever, so it must not be a person. Raises ValueError."""
    if looks_like_personal(text):
        raise ValueError("no personal identifier: search for a person by subject or actor, which are not kept in clear")
    return text


class Search(Draft):
    """What to find; everything given must hold. `subject` and `actor` are identifiers in clear, in this body only."""

    case: Annotated[str, AfterValidator(impersonal)] | None = Field(default=None, max_length=64)
    actor: str | None = Field(default=None, max_length=64)
    subject: str | None = Field(default=None, max_length=200)
    application: Annotated[str, AfterValidator(impersonal)] | None = Field(
        default=None, max_length=100, pattern=CALLER, description="or the client id of a person who was refused"
    )
    department: Annotated[str, AfterValidator(impersonal)] | None = Field(
        default=None, max_length=48, pattern=SLUG, description="the provider"
    )
    type: EntryKind | None = None
    since: Moment | None = None
    until: Moment | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=100)


Index = Annotated[int, Path(ge=0, lt=2**63)]


def open_log(here: ThisNode) -> Iterator[Log]:
    with Log.open(here.settings.ledger_database) as opened:
        yield opened


Ledger = Annotated[Log, Depends(open_log)]


@log.get("/checkpoint", response_class=PlainTextResponse)
def checkpoint(here: ThisNode) -> Response:
    """The newest signed checkpoint (C2SP tlog-checkpoint)."""
    return Response(
        here.ledger.checkpoint, media_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-cache"}
    )


@log.get("/vkey", response_class=PlainTextResponse)
def verifier_key(here: ThisNode) -> Response:
    """The verifier key, to compare with the one you were given on paper."""
    return Response(f"{here.vkey}\n", media_type="text/plain; charset=utf-8")


@log.get("/tile/entries/{path:path}")
def entry_bundle(path: str, here: ThisNode, who: Who, opened: Ledger) -> Response:
    """A bundle of entries. Needs `auditor`."""
    who.require_auditor()
    bundle = opened.resource(f"tile/entries/{path}")  # only what is there is recorded: a path can hold any number
    here.ledger.append(here.entries.read(at=milliseconds(), by=who.client_id, key=who.key_id, what={"bundle": path}))
    return Response(bundle, media_type=OCTETS, headers=IMMUTABLE)


@log.get("/tile/{path:path}")
def tile(path: str, opened: Ledger) -> Response:
    """A tile of hashes (C2SP tlog-tiles)."""
    return Response(opened.resource(f"tile/{path}"), media_type=OCTETS, headers=IMMUTABLE)


@log.get("/consistency")
def consistency(
    here: ThisNode,
    opened: Ledger,
    old: Annotated[int, Query(ge=0)],
    new: Annotated[int | None, Query(ge=0)] = None,
) -> dict[str, Any]:
    """The proof that the log of `new` entries continues that of `old`; without `new`, the newest checkpoint's."""
    newest = here.ledger.checkpoint
    size = note.open_checkpoint(newest, here.vkey).size
    until = size if new is None else new
    if not old <= until <= size:
        raise NoSuchEntry(f"the ledger has {size} entries: ask for 0 ≤ old ≤ new ≤ {size}")
    proof = receipts.consistency(opened, old, until) if old else []
    return {"old": old, "new": until, "proof": [note.encode(one) for one in proof], "checkpoint": newest.decode()}


@log.get("/receipts/{call}.json")
def receipt_json(call: str, here: ThisNode, who: Who, opened: Ledger) -> dict[str, Any]:
    """The receipt with the key that binds the body: to the caller, the provider and auditors."""
    return _receipt(here, who, opened, call).json()


@log.get("/receipts/{call}")
def receipt(call: str, here: ThisNode, who: Who, opened: Ledger) -> Response:
    """The receipt as a tlog-proof: to the caller, the provider and auditors."""
    return Response(_receipt(here, who, opened, call).proof, media_type="text/plain; charset=utf-8")


@router.post("/ledger/search")
def search(wanted: Search, here: ThisNode, who: Who, opened: Ledger) -> dict[str, Any]:
    """Entries, newest first. Needs `auditor`; the search is recorded, persons as commitments."""
    who.require_auditor()
    return _find(here, who, opened, _query(wanted), wanted.limit, wanted.cursor)


@router.get("/ledger/entries/{index}")
def entry(index: Index, here: ThisNode, who: Who, opened: Ledger) -> dict[str, Any]:
    """One entry. Needs `auditor`."""
    who.require_auditor()
    leaf = reading.entry(opened, index)  # only what is there is recorded: an index can be anybody's number
    here.ledger.append(here.entries.read(at=milliseconds(), by=who.client_id, key=who.key_id, what={"index": index}))
    return {"index": index, "leaf": leaf}


@router.get("/departments/{department}/calls")
def department_calls(
    department: str,
    here: ThisNode,
    who: Who,
    opened: Ledger,
    since: Moment | None = None,
    until: Moment | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Who called this department's data, newest first. Needs its `steward:`."""
    who.require_steward(department)
    query = _query(Search(department=department, since=since, until=until))
    return _find(here, who, opened, query, limit, cursor)


def _query(wanted: Search) -> reading.Query:
    bounds = {}
    if wanted.since is not None:
        bounds["since"] = int(wanted.since.timestamp() * 1000)
    if wanted.until is not None:
        bounds["until"] = int(wanted.until.timestamp() * 1000)
    return reading.Query(
        case=wanted.case,
        actor=wanted.actor,
        subject=wanted.subject,
        application=wanted.application,
        department=wanted.department,
        type=wanted.type,
        **bounds,
    )


def _find(here: Node, who: Caller, opened: Log, query: reading.Query, limit: int, cursor: str | None) -> dict[str, Any]:
    """Record the search, then do it."""
    what = {
        name: value
        for name in ("case", "application", "department", "type", "since", "until")
        if (value := getattr(query, name)) != getattr(ANYTHING, name)
    }
    people = [(kind, value) for kind in ("actor", "subject") if (value := getattr(query, kind)) is not None]
    here.ledger.append(here.entries.read(at=milliseconds(), by=who.client_id, key=who.key_id, what=what, people=people))
    page = reading.find(opened, Secrets(here.cipher), query, limit=limit, cursor=cursor)
    return {"items": [{"index": index, "leaf": leaf} for index, leaf in page.items], "next": page.next}


def _receipt(here: Node, who: Caller, opened: Log, call: str) -> receipts.Receipt:
    """An unknown call and one that is none of the asker's business look the same."""
    found = receipts.receipt(opened, Secrets(here.cipher), call, here.ledger.checkpoint)
    caller, provider = found.request["caller"], found.request.get("provider", {})
    if (who.application or who.client_id) == caller["application"]:
        return found
    concerned = (caller["department"], provider.get("department"))
    if not who.is_auditor and not any(who.is_steward(one) for one in concerned if one):
        raise NoReceipt("the ledger knows no such call")
    here.ledger.append(here.entries.read(at=milliseconds(), by=who.client_id, key=who.key_id, what={"receipt": call}))
    return found
