"""Receipts: the proof that how a call ended stands in the ledger, built when somebody asks.

NoReceipt(LookupError)   an unknown call, or one that has not ended
"""

from dataclasses import dataclass
from typing import Any

import orjson

from exchange.ledger import merkle, note
from exchange.ledger.note import Proof, encode
from exchange.ledger.secrets import Secrets
from exchange.ledger.store import Log


class NoReceipt(LookupError):
    """The ledger holds no end of this call."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """`proof` is the tlog-proof text of the reply (or refusal) and `leaf` its content; `request` is the leaf that names
    caller and provider (the same one for a refusal)."""

    proof: bytes
    leaf: dict[str, Any]
    request: dict[str, Any]
    digest_key: bytes | None

    def json(self) -> dict[str, Any]:
        """The form that also binds the body: `{"proof", "leaf", "digest_key"}`."""
        key = None if self.digest_key is None else encode(self.digest_key)
        return {"proof": self.proof.decode(), "leaf": self.leaf, "digest_key": key}


def receipt(log: Log, secrets: Secrets, call: str, checkpoint: bytes) -> Receipt:
    """The receipt of a call under this signed checkpoint, which must cover its end. Raises NoReceipt."""
    rows = log.connection.execute(
        "SELECT idx, digest_key FROM call WHERE call = ? ORDER BY idx", (_call_bytes(call),)
    ).fetchall()
    if not rows:
        raise NoReceipt("the ledger knows no such call")
    (first, sealed), (last, _) = rows[0], rows[-1]
    begin, end = log.entry(first), log.entry(last)
    leaf = orjson.loads(end.leaf)
    if leaf["type"] == "request":
        raise NoReceipt("the call has not ended yet: ask again when it has")
    key = None
    if sealed is not None:
        key = secrets.month(log.connection, begin.at).open_digest_key(_call_bytes(call), sealed)
    return Receipt(prove(log, last, checkpoint), leaf, orjson.loads(begin.leaf), key)


def prove(log: Log, index: int, checkpoint: bytes) -> bytes:
    """The tlog-proof of one entry, its leaf bytes in `extra`. Raises NoReceipt when the checkpoint is older than it."""
    size = note.parse_checkpoint(note.split(checkpoint)[0]).size
    if index >= size:
        raise NoReceipt("the entry is younger than the checkpoint: ask again in a moment")
    hashes = merkle.inclusion_proof(log.hash_reader(size), index, size)
    return note.format_proof(Proof(log.entry(index).leaf, index, tuple(hashes), checkpoint))


def consistency(log: Log, old: int, new: int) -> list[bytes]:
    """The proof that the log of `new` entries continues that of `old`. Raises IndexError beyond the end."""
    if new > log.head().size:
        raise IndexError(f"the ledger has not grown to {new} entries")
    return merkle.consistency_proof(log.hash_reader(new), old, new)


def _call_bytes(call: str) -> bytes:
    try:
        return bytes.fromhex(call)
    except ValueError:
        raise NoReceipt("a call id is 32 hexadecimal digits") from None
