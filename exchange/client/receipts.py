"""Does a receipt prove this answer? Offline, with the ledger's verifier key that the user was given.

Beyond `ledger.verify.verify_receipt`: the proven entry is of this call, says that the reply was released with this
status, and its keyed digest is of exactly the bytes that arrived.
"""

import json
from typing import Any, NamedTuple

from exchange.client.answers import Answer
from exchange.client.errors import Unverified
from exchange.ledger import note, verify


class Verified(NamedTuple):
    """What is proven: the entry's number, the log's size at its checkpoint, the entry, the signed checkpoint."""

    call: str
    entry: int
    size: int
    leaf: dict[str, Any]
    checkpoint: bytes


def verify_answer(answer: Answer, receipt: bytes, vkey: str) -> Verified:
    """`receipt` is the JSON form. Raises Unverified; BadNote for a `vkey` that is none."""
    verdict = verify.verify_receipt(receipt, vkey, body=answer.body)
    findings: list[object] = list(verdict.findings)
    if not findings:
        findings += _differences(answer, verdict)
    if findings:
        told = "; ".join(one if isinstance(one, str) else f"{one.where}: {one.what}" for one in findings)  # type: ignore[attr-defined]
        raise Unverified(f"The receipt of call {answer.call} proves nothing: {told}.", findings, call=answer.call)
    proof = note.parse_proof(json.loads(receipt)["proof"].encode())
    return Verified(answer.call, verdict.entry, verdict.size, verdict.leaf, proof.unverified_checkpoint)


def _differences(answer: Answer, verdict: verify.ReceiptVerdict) -> list[str]:
    leaf, found = verdict.leaf, []
    if leaf.get("call") != answer.call:
        found.append("it is of another call")
    if leaf.get("type") != "reply" or leaf.get("outcome") != "released":
        found.append("its entry does not say that a reply was released")
    if leaf.get("status") != answer.status:
        found.append("its entry has another status")
    if verdict.body_confirmed is None:
        found.append("it carries no digest key, so the body is not bound")
    return found
