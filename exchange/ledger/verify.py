"""Verifying a ledger, or one receipt, offline: with public keys only, and independently of everything that wrote it.

Checked: the checkpoint's signature; every entry bundle and every tile, byte by byte, against the tree re-derived from
the entries; the root; that every earlier checkpoint given is a prefix of this log; that no other files stand among the
tiles. A receipt: signature, inclusion of the leaf, and with the digest key the released body.

NOT checked: that what the entries say is true; that the log holds every call (only that what it holds was never
changed); that others were shown the same log (compare checkpoints, or witnesses); and without a key from elsewhere,
whose log it is: then it is only consistent with itself. Signature lines of unknown keys are ignored, as signed notes
demand.
"""

import hmac
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from exchange.ledger import merkle, note, tiles
from exchange.ledger.note import BadNote, Checkpoint, VerifierKey
from exchange.ledger.tiles import WIDTH, BadBundle, Coordinates, Edge

MOST_FINDINGS = 20


class Missing(LookupError):
    """The source has no such file."""


class Unreadable(OSError):
    """The source cannot be read; nothing is said about the log. Try again, or check the address."""


class Source(Protocol):
    """Where the files of a log are read from."""

    def read(self, path: str) -> bytes:
        """The file's bytes. Raises Missing, Unreadable."""
        ...

    def names(self) -> Iterable[str] | None:
        """The paths of all files; None where they cannot be listed."""
        ...


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """What is wrong, and in which file (or `entry 17`)."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`ok` if there are no findings; `key_confirmed` if the key came from outside; `resume` to continue from here.

    `entries_read` is False when only hashes were: then the tree is sound, and nothing is said about what it covers.
    """

    size: int
    root: bytes
    findings: tuple[Discrepancy, ...]
    key_confirmed: bool
    resume: dict[str, Any] | None = None
    entries_read: bool = True

    @property
    def ok(self) -> bool:
        return not self.findings


@dataclass(frozen=True, slots=True)
class ReceiptVerdict:
    """The verdict on a receipt; `body_confirmed` is None when no body or no digest key was given."""

    findings: tuple[Discrepancy, ...]
    entry: int = 0
    size: int = 0
    leaf: dict[str, Any] = field(default_factory=dict)
    body_confirmed: bool | None = None

    @property
    def ok(self) -> bool:
        return not self.findings


class _Tampered(Exception):
    """Nothing further can be read from the log."""


class _Walk:
    """One pass over a log; collects what is wrong. Without `entries` it reads their hashes in their place."""

    def __init__(self, source: Source, entries: bool = True) -> None:
        self.source = source
        self.entries = entries
        self.findings: list[Discrepancy] = []

    def note(self, where: str, what: str) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Discrepancy(where, what))

    def read(self, where: str) -> bytes:
        try:
            return self.source.read(where)
        except Missing:
            self.note(where, "the file is missing")
            raise _Tampered from None

    def key(self, trusted: VerifierKey | None) -> VerifierKey:
        """The trusted key, or the one in the log; a key file that says something else is a finding."""
        try:
            raw = self.source.read("vkey")
            found = note.parse_key(raw.decode().removesuffix("\n"))
            if raw != f"{found}\n".encode():
                raise BadNote("a verifier key file is one line")
        except Missing:
            if trusted is None:
                self.note("vkey", "no key was given, and the log carries none")
                raise _Tampered from None
            return trusted
        except (BadNote, UnicodeDecodeError) as error:
            self.note("vkey", str(error))
            if trusted is None:
                raise _Tampered from None
            return trusted
        if trusted is not None and found != trusted:
            self.note("vkey", "the log carries another key than the one that was given")
        return trusted or found

    def checkpoint(self, raw: bytes, key: VerifierKey, where: str) -> Checkpoint:
        try:
            return note.open_checkpoint(raw, key)
        except BadNote as error:
            self.note(where, str(error))
            raise _Tampered from None

    def compare(self, where: Coordinates, expected: bytes) -> None:
        path = tiles.path(where)
        if self.read(path) != expected:
            self.note(path, "the tile does not agree with the entries below it")

    def leaves(self, n: int, width: int) -> list[bytes]:
        """The leaf hashes of a bundle, or those of the tile that stands for it."""
        if not self.entries:
            return self.hashes(n, width)
        path = tiles.path(Coordinates(None, n, width))
        try:
            return [merkle.leaf_hash(entry) for entry in tiles.parse_bundle(self.read(path), width)]
        except BadBundle as error:
            self.note(path, str(error))
            raise _Tampered from None

    def hashes(self, n: int, width: int) -> list[bytes]:
        path = tiles.path(Coordinates(0, n, width))
        raw = self.read(path)
        if len(raw) != width * merkle.HASH_SIZE:
            self.note(path, f"the tile does not hold {width} hashes")
            raise _Tampered
        return [raw[at : at + merkle.HASH_SIZE] for at in range(0, len(raw), merkle.HASH_SIZE)]

    def unexpected(self, size: int) -> None:
        names = self.source.names()
        if names is None:
            return
        expected = {"checkpoint", "vkey", *map(tiles.path, tiles.layout(size))}
        for name in sorted(set(names) - expected):
            self.note(name, "the file does not belong to this log")


Progress = Callable[[int, int], None]


def verify_log(
    source: Source,
    vkey: str | None = None,
    *,
    checkpoints: Sequence[bytes] = (),
    progress: Progress | None = None,
    resume: dict[str, Any] | None = None,
    entries: bool = True,
) -> Verdict:
    """The verdict on a whole log. `resume` is an earlier verdict's: what it covered is not read again.

    Without `entries` only the tree is verified, for those who may not read the entries; there is no `resume` then.
    `progress(entries verified, entries in all)`. Raises BadNote for a `vkey` that is none, Unreadable.
    """
    trusted = None if vkey is None else note.parse_key(vkey.strip())
    walk = _Walk(source, entries)
    size, root, edge = 0, merkle.EMPTY_ROOT, None
    try:
        key = walk.key(trusted)
        checkpoint = walk.checkpoint(walk.read("checkpoint"), key, "checkpoint")
        size, root = checkpoint.size, checkpoint.root
        earlier = _earlier(walk, checkpoints, key, size)
        edge = _begin(walk, resume, checkpoint)
        _verify_skipped(walk, earlier, edge.size, checkpoint)
        _verify_entries(walk, edge, size, earlier, progress)
        if edge.root() != root:
            walk.note("checkpoint", "the entries lead to another root than the one that was signed")
        walk.unexpected(size)
    except _Tampered:
        edge = None
    state = None if edge is None or walk.findings or not entries else _frozen(edge, checkpoint.origin)
    return Verdict(size, root, tuple(walk.findings), trusted is not None, state, entries)


def _earlier(walk: _Walk, raw: Sequence[bytes], key: VerifierKey, size: int) -> list[tuple[str, Checkpoint]]:
    """The earlier checkpoints that the log can be compared with; the others are findings."""
    usable = []
    for at, one in enumerate(raw, 1):
        where = f"earlier checkpoint {at}"
        try:
            checkpoint = walk.checkpoint(one, key, where)
        except _Tampered:
            continue
        if checkpoint.size > size:
            walk.note(where, f"it covers {checkpoint.size} entries, this log has only {size}: entries were cut off")
        else:
            usable.append((where, checkpoint))
    return usable


def _begin(walk: _Walk, resume: dict[str, Any] | None, checkpoint: Checkpoint) -> Edge:
    if resume is None:
        return Edge()
    edge = tiles.edge_from([note.decode(level) for level in resume["levels"]])
    if resume["origin"] != checkpoint.origin:
        walk.note("checkpoint", "this is another log than the one verified before")
        raise _Tampered
    if edge.size > checkpoint.size:
        walk.note("checkpoint", f"{edge.size} entries were verified before: entries were cut off")
        raise _Tampered
    return edge


def _verify_skipped(walk: _Walk, earlier: list[tuple[str, Checkpoint]], verified: int, now: Checkpoint) -> None:
    """Checkpoints inside what was verified before are compared by a consistency proof made from the tiles."""
    reader = tiles.hash_reader(lambda level, n: walk.read(_tile_path(level, n, now.size)))
    for where, old in earlier:
        if old.size >= verified:
            continue
        try:
            proof = merkle.consistency_proof(reader, old.size, now.size)
            merkle.verify_consistency(old.size, now.size, old.root, now.root, proof)
        except (merkle.BadProof, LookupError) as error:
            walk.note(where, f"this log does not continue it: {error}")


def _verify_entries(
    walk: _Walk, edge: Edge, size: int, earlier: list[tuple[str, Checkpoint]], progress: Progress | None
) -> None:
    for n in range(edge.size // WIDTH, (size + WIDTH - 1) // WIDTH):
        width = tiles.width_at(None, n, size)
        known = edge.size - n * WIDTH
        leaves = walk.leaves(n, width)
        if b"".join(leaves[:known]) != bytes(edge.levels[0]):
            walk.note(tiles.path(Coordinates(None, n, width)), "entries verified before are not the same any more")
        _check_earlier(walk, edge, earlier)
        for leaf in leaves[known:]:
            for full in edge.append(leaf):
                walk.compare(Coordinates(full.level, full.n), full.hashes)
            _check_earlier(walk, edge, earlier)
        if progress:
            progress(edge.size, size)
    for level, hashes in enumerate(edge.levels):
        if hashes:
            walk.compare(Coordinates(level, size >> 8 * (level + 1), len(hashes) // merkle.HASH_SIZE), bytes(hashes))
    _check_earlier(walk, edge, earlier)


def _check_earlier(walk: _Walk, edge: Edge, earlier: list[tuple[str, Checkpoint]]) -> None:
    for at in reversed(range(len(earlier))):
        where, old = earlier[at]
        if old.size == edge.size:
            del earlier[at]
            if old.root != edge.root():
                walk.note(where, "this log has other entries than the checkpoint covers: the past was rewritten")


def _tile_path(level: int, n: int, size: int) -> str:
    return tiles.path(Coordinates(level, n, tiles.width_at(level, n, size)))


def _frozen(edge: Edge, origin: str) -> dict[str, Any]:
    return {"origin": origin, "levels": [note.encode(bytes(level)) for level in edge.levels]}


def verify_receipt(text: bytes, vkey: str, *, body: bytes | None = None, key: bytes | None = None) -> ReceiptVerdict:
    """The verdict on a receipt: tlog-proof text, or its JSON form, which carries the digest key for `body`.

    `body` is the reply exactly as it was released. Raises BadNote for a `vkey` that is none.
    """
    trusted = note.parse_key(vkey.strip())
    try:
        raw, claimed_leaf, claimed_key = _unfold(text)
        proof = note.parse_proof(raw)
        checkpoint = note.open_checkpoint(proof.unverified_checkpoint, trusted)
        if proof.extra is None:
            raise BadNote("the receipt carries no leaf, so there is nothing to prove")
        leaf = merkle.leaf_hash(proof.extra)
        merkle.verify_inclusion(proof.index, checkpoint.size, leaf, proof.hashes, checkpoint.root)
        content = json.loads(proof.extra)
        if claimed_leaf is not None and claimed_leaf != content:
            raise BadNote("the leaf beside the proof is not the one that is proven")
    except (ValueError, RecursionError) as error:
        return ReceiptVerdict((Discrepancy("receipt", str(error)),))
    confirmed = _check_body(content, key or claimed_key, body)
    findings = () if confirmed is not False else (Discrepancy("body", "this is not the body that was released"),)
    return ReceiptVerdict(findings, proof.index, checkpoint.size, content, confirmed)


def body_matches(leaf: dict[str, Any], key: bytes, body: bytes, member: str = "released_body") -> bool:
    """Whether the leaf's keyed digest (`released_body`, `provider_body` or `request_body`) is of this body."""
    recorded = leaf.get(member)
    if len(key) != 32 or not isinstance(recorded, dict) or recorded.get("size") != len(body):
        return False
    return hmac.compare_digest(str(recorded.get("digest")), note.encode(hmac.digest(key, body, "sha256")))


def _check_body(leaf: dict[str, Any], key: bytes | None, body: bytes | None) -> bool | None:
    if body is None or key is None:
        return None
    return body_matches(leaf, key, body)


def _unfold(text: bytes) -> tuple[bytes, Any, bytes | None]:
    """The tlog-proof, and from the JSON form the leaf and the digest key, all unverified."""
    if not text.lstrip().startswith(b"{"):
        return text, None, None
    document = json.loads(text)
    proof, key = document.get("proof"), document.get("digest_key")
    if not isinstance(proof, str) or not isinstance(key, str | None):
        raise BadNote("a receipt in JSON has the members proof, leaf and digest_key")
    return proof.encode(), document.get("leaf"), None if key is None else note.decode(key)
