"""Receipts, and tiles over HTTP semantics, from the database."""

import json

import pytest

from exchange.ledger import merkle, note, receipts, tiles, verify
from exchange.ledger.receipts import NoReceipt
from exchange.ledger.store import NoSuchTile
from exchange.ledger.tiles import BadPath

from .conftest import Ledger, append_all, builder, change, play, refusal, request


def test_every_call_gets_a_receipt_that_verifies(ledger: Ledger) -> None:
    writer = ledger.writer()
    calls = play(writer, 150)
    with ledger.log() as log:
        for entry in calls:
            receipt = receipts.receipt(log, ledger.secrets, entry.call or "", writer.checkpoint)
            verdict = verify.verify_receipt(receipt.proof, ledger.vkey)
            assert verdict.ok
            assert verdict.size == 300
            assert verdict.leaf == receipt.leaf
            assert receipt.leaf["type"] == "reply"
            assert receipt.request["caller"]["application"] == "civil-affairs/newborn"
            assert receipt.digest_key == entry.digest_key


def test_the_json_form_binds_the_body(ledger: Ledger) -> None:
    writer = ledger.writer()
    (asked,) = play(writer, 1)
    with ledger.log() as log:
        text = json.dumps(receipts.receipt(log, ledger.secrets, asked.call or "", writer.checkpoint).json()).encode()
    assert verify.verify_receipt(text, ledger.vkey, body=b"what was released").body_confirmed is True
    assert verify.verify_receipt(text, ledger.vkey).body_confirmed is None
    other = verify.verify_receipt(text, ledger.vkey, body=b"what was releasex")
    assert (other.ok, other.body_confirmed) == (False, False)
    wrong_key = verify.verify_receipt(text, ledger.vkey, body=b"what was released", key=b"x" * 32)
    assert not wrong_key.ok
    document = json.loads(text)
    document["leaf"]["status"] = 204
    assert not verify.verify_receipt(json.dumps(document).encode(), ledger.vkey).ok
    for broken in ({"proof": 1}, {"proof": document["proof"], "digest_key": 7}, {}):
        assert not verify.verify_receipt(json.dumps(broken).encode(), ledger.vkey).ok


def test_every_flipped_byte_of_a_receipt_is_noticed(ledger: Ledger) -> None:
    writer = ledger.writer()
    asked = play(writer, 5)[3]
    with ledger.log() as log:
        proof = receipts.receipt(log, ledger.secrets, asked.call or "", writer.checkpoint).proof
    assert verify.verify_receipt(proof, ledger.vkey).ok
    for at in range(len(proof)):
        flipped = proof[:at] + bytes([proof[at] ^ 1]) + proof[at + 1 :]
        assert not verify.verify_receipt(flipped, ledger.vkey).ok
    other = note.Signer(ledger.signer.key.name, b"f" * 32)
    assert not verify.verify_receipt(proof, str(other.key)).ok


def test_refusals_and_closed_calls_have_receipts_open_ones_have_none(ledger: Ledger) -> None:
    writer = ledger.writer()
    refused, lost = refusal(), request()
    append_all(writer, [refused, lost])
    with ledger.log() as log:
        receipt = receipts.receipt(log, ledger.secrets, refused.call or "", writer.checkpoint)
        assert receipt.leaf == receipt.request
        assert receipt.digest_key == refused.digest_key
        with pytest.raises(NoReceipt, match="not ended"):
            receipts.receipt(log, ledger.secrets, lost.call or "", writer.checkpoint)
        for unknown in ("0" * 32, "", "zz"):
            with pytest.raises(NoReceipt):
                receipts.receipt(log, ledger.secrets, unknown, writer.checkpoint)
    writer.stop()
    writer = ledger.writer()
    with ledger.log() as log:
        assert receipts.receipt(log, ledger.secrets, lost.call or "", writer.checkpoint).leaf["type"] == "unknown"


def test_a_checkpoint_that_is_too_old_proves_nothing(ledger: Ledger) -> None:
    writer = ledger.writer()
    early = writer.checkpoint
    (asked,) = play(writer, 1)
    with ledger.log() as log, pytest.raises(NoReceipt, match="younger"):
        receipts.receipt(log, ledger.secrets, asked.call or "", early)


def test_consistency_between_any_two_checkpoints(ledger: Ledger) -> None:
    writer = ledger.writer()
    seen = [note.open_checkpoint(writer.checkpoint, ledger.signer.key)]
    for count in (1, 3, 252, 1, 300, 211):
        append_all(writer, [builder.unknown(call="00" * 16, at=0, request_index=0)] * count)
        seen.append(note.open_checkpoint(writer.checkpoint, ledger.signer.key))
    with ledger.log() as log:
        for at, old in enumerate(seen):
            for new in seen[at:]:
                proof = receipts.consistency(log, old.size, new.size)
                merkle.verify_consistency(old.size, new.size, old.root, new.root, proof)
        with pytest.raises(IndexError):
            receipts.consistency(log, 0, 769)


def test_tiles_of_the_past_are_truncations(ledger: Ledger) -> None:
    writer = ledger.writer()
    append_all(writer, [change(at + 1) for at in range(600)])
    with ledger.log() as log:
        hashes = [merkle.leaf_hash(leaf) for leaf in log.leaves(0, 600)]
        assert log.resource("tile/0/000") == b"".join(hashes[:256])
        assert log.resource("tile/0/000.p/3") == b"".join(hashes[:3])
        assert log.resource("tile/0/002.p/88") == b"".join(hashes[512:])
        assert log.resource("tile/1/000.p/2") == merkle.root_of(hashes[:256]) + merkle.root_of(hashes[256:512])
        assert tiles.parse_bundle(log.resource("tile/entries/002.p/88"), 88) == log.leaves(512, 600)
        for beyond in ("tile/0/002", "tile/0/002.p/89", "tile/0/003.p/1", "tile/1/000.p/3", "tile/2/000.p/1"):
            with pytest.raises(NoSuchTile):
                log.resource(beyond)
        with pytest.raises(BadPath):
            log.resource("tile/0/000.p/256")
