"""Receipts that prove another thing, and logs that show two pasts: each is caught, and a fork is said loudly."""

import json
import multiprocessing
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from exchange.client import Answer, CheckpointMemory, Exchange, LogForked, Unreachable, Unverified
from exchange.client.checkpoints import watch
from exchange.ledger import merkle, note
from exchange.ledger.entries import keyed_digest
from tests.client.conftest import Pretended

CALL = "ab" * 16
BODY = b'{"data":{"name":"x"}}'
SECRET = bytes(range(32))
SIGNER = note.Signer("exchange.example/ledger", b"\x07" * 32)
VKEY = str(SIGNER.key)


def leaf(**changes: Any) -> dict[str, Any]:
    digest = keyed_digest(SECRET, BODY)
    known = {"v": 1, "type": "reply", "call": CALL, "outcome": "released", "status": 200, "released_body": digest}
    return {**known, **changes}


class Ledger:
    """A log small enough to be looked at, which can be told to lie."""

    def __init__(self, entries: Sequence[bytes], signer: note.Signer = SIGNER) -> None:
        self.entries = list(entries)
        self.signer = signer
        self.digest_key: bytes | None = SECRET
        self.altered: dict[str, Any] = {}

    def read(self, size: int) -> merkle.HashReader:
        hashes = [merkle.leaf_hash(entry) for entry in self.entries[:size]]
        return lambda height, index: merkle.root_of(hashes[index << height : (index + 1) << height])

    def checkpoint(self, size: int | None = None) -> bytes:
        size = len(self.entries) if size is None else size
        root = merkle.tree_root(self.read(size), size)
        return self.signer.sign(note.Checkpoint(self.signer.key.name, size, root).text)

    def receipt(self, index: int) -> dict[str, Any]:
        size = len(self.entries)
        hashes = merkle.inclusion_proof(self.read(size), index, size)
        proof = note.format_proof(note.Proof(self.entries[index], index, tuple(hashes), self.checkpoint()))
        key = None if self.digest_key is None else note.encode(self.digest_key)
        return {"proof": proof.decode(), "leaf": json.loads(self.entries[index]), "digest_key": key, **self.altered}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/ledger/receipts/"):
            return httpx.Response(200, json=self.receipt(len(self.entries) - 1))
        if request.url.path == "/ledger/checkpoint":
            return httpx.Response(200, content=self.checkpoint())
        if request.url.path == "/ledger/vkey":
            return httpx.Response(200, text=f"{self.signer.key}\n")
        return self.consistency(int(request.url.params["old"]), int(request.url.params["new"]))

    def consistency(self, old: int, new: int) -> httpx.Response:
        if new > len(self.entries):
            problem = {"type": "urn:hutong:problem:not-found", "title": "There is no such resource", "status": 404}
            return httpx.Response(404, headers={"content-type": "application/problem+json"}, json=problem)
        hashes = merkle.consistency_proof(self.read(new), old, new)
        return httpx.Response(200, json={"old": old, "new": new, "proof": list(map(note.encode, hashes))})


def encoded(document: dict[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def ledger(*, before: int = 3, tag: str = "", **changes: Any) -> Ledger:
    """`before` other entries, then the reply's."""
    return Ledger([*(f'{{"n":{n}{tag}}}'.encode() for n in range(before)), encoded(leaf(**changes))])


def answer(body: bytes = BODY, status: int = 200) -> Answer:
    return Answer(status, json.loads(BODY), CALL, f"/ledger/receipts/{CALL}", httpx.Headers(), body)


def client(log: Ledger, memory: CheckpointMemory | None = None) -> Exchange:
    return Pretended(log).client(vkey=VKEY, memory=memory)


# -- receipts ----------------------------------------------------------------------------------------------------------


def test_a_good_receipt_proves_the_answer() -> None:
    with client(ledger()) as exchange:
        verified = exchange.verify(answer())
    assert (verified.call, verified.entry, verified.size) == (CALL, 3, 4)
    assert verified.leaf == leaf()


@pytest.mark.parametrize("position", range(len(BODY)))
def test_a_body_altered_by_one_byte(position: int) -> None:
    altered = bytearray(BODY)
    altered[position] ^= 1
    with client(ledger()) as exchange, pytest.raises(Unverified, match="not the body"):
        exchange.verify(answer(bytes(altered)))


@pytest.mark.parametrize("body", [b"", BODY[:-1], BODY + b"\n"])
def test_a_body_cut_or_lengthened(body: bytes) -> None:
    with client(ledger()) as exchange, pytest.raises(Unverified, match="not the body"):
        exchange.verify(answer(body))


@pytest.mark.parametrize("key", [bytes(32), SECRET[:31], b""])
def test_a_wrong_digest_key(key: bytes) -> None:
    log = ledger()
    log.digest_key = key
    with client(log) as exchange, pytest.raises(Unverified):
        exchange.verify(answer())


def test_a_receipt_that_binds_no_body_proves_nothing() -> None:
    log = ledger()
    log.digest_key = None
    with client(log) as exchange, pytest.raises(Unverified, match="no digest key"):
        exchange.verify(answer())


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"call": "cd" * 16}, "another call"),
        ({"status": 404}, "another status"),
        ({"outcome": "obligation-failed"}, "does not say that a reply was released"),
        ({"type": "refusal"}, "does not say that a reply was released"),
        ({"released_body": None}, "not the body"),
        ({"released_body": keyed_digest(SECRET, b"{}")}, "not the body"),
    ],
)
def test_a_true_entry_of_something_else(changes: dict[str, Any], finding: str) -> None:
    with client(ledger(**changes)) as exchange, pytest.raises(Unverified, match=finding) as caught:
        exchange.verify(answer())
    assert caught.value.call == CALL
    assert caught.value.findings


def test_a_receipt_forged_under_another_key() -> None:
    log = ledger()
    log.signer = note.Signer(SIGNER.key.name, b"\x08" * 32)
    with client(log) as exchange, pytest.raises(Unverified, match="no signature"):
        exchange.verify(answer())


def test_every_forged_byte_of_a_proof_is_seen() -> None:
    log = ledger()
    proof = log.receipt(3)["proof"]
    for position in range(len(proof)):
        forged = proof[:position] + ("B" if proof[position] == "A" else "A") + proof[position + 1 :]
        log.altered = {"proof": forged}
        with client(log) as exchange, pytest.raises(Unverified):
            exchange.verify(answer())


@pytest.mark.parametrize("altered", [{"leaf": {"call": CALL}}, {"proof": None}, {"proof": ""}, {"digest_key": 7}])
def test_a_receipt_of_another_form(altered: dict[str, Any]) -> None:
    log = ledger()
    log.altered = altered
    with client(log) as exchange, pytest.raises(Unverified):
        exchange.verify(answer())


# -- the memory of checkpoints -----------------------------------------------------------------------------------------


def memory_of(log: Ledger, size: int | None = None) -> CheckpointMemory:
    memory = CheckpointMemory()
    memory.advance(None, log.checkpoint(size))
    return memory


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 7, 8, 11, 12])
def test_a_log_that_grew_is_remembered(size: int) -> None:
    log = ledger(before=11)
    memory = memory_of(log, size)
    with client(log, memory) as exchange:
        exchange.verify(answer())
    assert memory.checkpoint == log.checkpoint()


@pytest.mark.parametrize("size", [1, 4, 7, 11, 12])
def test_a_forked_log_is_said_loudly_with_both_checkpoints(size: int) -> None:
    seen, other = ledger(before=11), ledger(before=11, tag=',"x":1')
    memory = memory_of(other, size)
    with client(seen, memory) as exchange, pytest.raises(LogForked, match="THE LEDGER WAS REWRITTEN") as caught:
        exchange.verify(answer())
    assert (caught.value.remembered, caught.value.seen) == (other.checkpoint(size), seen.checkpoint())
    assert memory.checkpoint == other.checkpoint(size)


def test_a_log_that_shrank() -> None:
    longer = ledger(before=11)
    shorter = Ledger(longer.entries[:6])
    memory = memory_of(longer)
    with client(shorter, memory) as exchange, pytest.raises(LogForked, match="has fewer"):
        exchange.watch_ledger()
    assert memory.checkpoint == longer.checkpoint()


def test_an_older_checkpoint_of_the_same_log_does_not_take_the_newest_ones_place() -> None:
    log = ledger(before=11)
    memory = memory_of(log)
    watch(memory, log.checkpoint(5), SIGNER.key, lambda old, new: _hashes(log, old, new))
    assert memory.checkpoint == log.checkpoint()


def test_a_proof_of_other_sizes_or_none_at_all() -> None:
    log = ledger(before=11)
    for wrong in ({"old": 4, "new": 12, "proof": []}, {"old": 5, "new": 12, "proof": "x"}, {}, {"old": 5, "new": 12}):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(log, "consistency", lambda old, new, wrong=wrong: httpx.Response(200, json=wrong))
            with client(log, memory_of(log, 5)) as exchange, pytest.raises(Unverified) as caught:
                exchange.verify(answer())
        assert type(caught.value) is Unverified  # unreadable, but no sign of a fork


def test_a_network_that_fails_is_no_fork() -> None:
    log = ledger(before=11)

    def broken(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/ledger/consistency":
            raise httpx.ReadTimeout("", request=request)
        return log(request)

    with Pretended(broken).client(vkey=VKEY, memory=memory_of(log, 5)) as exchange, pytest.raises(Unreachable):
        exchange.verify(answer())


def test_a_memory_of_another_log_is_not_taken_for_this_one() -> None:
    foreign = ledger()
    foreign.signer = note.Signer("other.example/ledger", b"\x09" * 32)
    with client(ledger(), memory_of(foreign)) as exchange, pytest.raises(Unverified, match="remembered checkpoint"):
        exchange.verify(answer())


def test_trust_on_first_use_pins_and_keeps() -> None:
    log, memory = ledger(), CheckpointMemory()
    with Pretended(log).client(memory=memory) as exchange:
        exchange.verify(answer(), trust_on_first_use=True)
        assert memory.vkey == VKEY
        log.signer = note.Signer(SIGNER.key.name, b"\x08" * 32)
        with pytest.raises(Unverified):
            exchange.verify(answer(), trust_on_first_use=True)
    assert memory.vkey == VKEY


def test_no_key_is_fetched_unless_asked_for() -> None:
    pretended, memory = Pretended(ledger()), CheckpointMemory()
    with pretended.client(memory=memory) as exchange, pytest.raises(ValueError, match="Give vkey"):
        exchange.verify(answer())
    assert not pretended.asked
    assert memory.vkey is None


def test_a_pinned_key_stays(tmp_path: Path) -> None:
    for memory in (CheckpointMemory(), CheckpointMemory(tmp_path)):
        assert memory.pin("first") == "first"
        assert memory.pin("second") == "first"
        assert memory.vkey == "first"


def test_a_directory_remembers_privately(tmp_path: Path) -> None:
    log = ledger()
    with Pretended(log).client(vkey=VKEY, memory=tmp_path / "new" / "memory") as exchange:
        exchange.verify(answer())
    assert CheckpointMemory(tmp_path / "new" / "memory").checkpoint == log.checkpoint()
    assert [entry.name for entry in os.scandir(tmp_path / "new" / "memory")] == ["checkpoint"]
    assert (tmp_path / "new" / "memory").stat().st_mode & 0o077 == 0


def test_advance_only_from_what_is_remembered(tmp_path: Path) -> None:
    for memory in (CheckpointMemory(), CheckpointMemory(tmp_path)):
        assert memory.advance(None, b"one")
        assert not memory.advance(None, b"two")
        assert memory.advance(b"one", b"two")
        assert memory.checkpoint == b"two"


def test_a_checkpoint_that_came_in_between_is_held_against_too() -> None:
    """Two processes that were shown two pasts: the second to write notices."""
    seen, other = ledger(before=11), ledger(before=11, tag=',"x":1')
    raced: list[bool] = []

    class Raced(CheckpointMemory):
        def advance(self, known: bytes | None, newest: bytes) -> bool:
            if not raced:
                raced.append(super().advance(known, other.checkpoint()))
            return super().advance(known, newest)

    memory = Raced()
    with client(seen, memory) as exchange, pytest.raises(LogForked):
        exchange.verify(answer())


def _hashes(log: Ledger, old: int, new: int) -> list[bytes]:
    return merkle.consistency_proof(log.read(new), old, new)


def _advance_often(directory: Path, times: int) -> None:
    memory = CheckpointMemory(directory)
    done = 0
    while done < times:
        known = memory.checkpoint
        done += memory.advance(known, str(int(known or b"0") + 1).encode())


def test_processes_do_not_overwrite_each_other(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    others = [context.Process(target=_advance_often, args=(tmp_path, 20)) for _ in range(2)]
    for other in others:
        other.start()
    for other in others:
        other.join(20)
    assert CheckpointMemory(tmp_path).checkpoint == b"40"
