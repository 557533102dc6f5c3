"""Exports of the ledger: recorded before anything is copied."""

from typing import Any

from fastapi import APIRouter

from exchange.api.depends import ThisNode, Who
from exchange.clock import milliseconds
from exchange.ledger import note
from exchange.ledger.entries import Builder
from exchange.ledger.note import VerifierKey
from exchange.ledger.writer import Writer

router = APIRouter(tags=["ledger"])


@router.post("/ledger/exports", status_code=201)
def export(who: Who, here: ThisNode) -> dict[str, Any]:
    """Record an export of the ledger as of the checkpoint that is answered. Needs `auditor`."""
    who.require_auditor()
    checkpoint, index = record(here.ledger, here.entries, here.vkey, who.client_id, who.key_id)
    return {"checkpoint": checkpoint.decode(), "vkey": str(here.vkey), "entry": index}


def record(ledger: Writer, entries: Builder, vkey: VerifierKey, by: str, key: str = "") -> tuple[bytes, int]:
    """The checkpoint to export, and the index of the entry that says so, which comes after it. Raises Unavailable.

    `key` is the thumbprint of the key that vouched for `by`: none at the console.
    """
    checkpoint = ledger.checkpoint
    covered = note.open_checkpoint(checkpoint, vkey)
    entry = entries.export(at=milliseconds(), by=by, key=key, size=covered.size, root=covered.root)
    return checkpoint, ledger.append(entry).index
