"""Signed notes, verifier keys, checkpoints and receipts (C2SP signed-note, tlog-checkpoint, tlog-proof). Pure; no I/O.

BadNote(ValueError)       not a note, checkpoint, key or proof in its one accepted spelling
NotSigned(BadNote)        no signature by the given key, or one that fails
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from exchange.ledger.merkle import HASH_SIZE

ED25519 = b"\x01"
MAX_NOTE = 64 * 1024
MAX_SIGNATURES = 64
MAX_PROOF = 63
PROOF_HEADER = "c2sp.org/tlog-proof@v1"

_KEY_NAME = re.compile(r"[^\s+]+")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


class BadNote(ValueError):
    """The text is not in the one accepted spelling of its format."""


class NotSigned(BadNote):
    """The note carries no valid signature of the key it was checked with."""


class VerifierKey(NamedTuple):
    """An Ed25519 public key (32 raw bytes) under the name it signs for."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, ED25519, self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{encode(ED25519 + self.public)}"


class Signer:
    """An Ed25519 key pair (32-byte seed) under a name; the same text always gets the same signature."""

    def __init__(self, name: str, seed: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.key = VerifierKey(check_name(name), self._private.public_key().public_bytes_raw())

    def sign(self, text: str) -> bytes:
        """The note of this text (which ends in a line feed), signed."""
        signature = self.key.key_id + self._private.sign(text.encode())
        return f"{text}\n— {self.key.name} {encode(signature)}\n".encode()


class Checkpoint(NamedTuple):
    """What a log commits to; `text` is its note text. Extension lines are kept, not understood."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in (self.origin, self.size, encode(self.root), *self.extensions))


@dataclass(frozen=True, slots=True)
class Proof:
    """A parsed tlog-proof. `unverified_checkpoint` is the signed note exactly as it stood."""

    extra: bytes | None
    index: int
    hashes: tuple[bytes, ...]
    unverified_checkpoint: bytes


def encode(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).decode()


def decode(text: str) -> bytes:
    """Padded standard base64 in its one canonical spelling. Raises BadNote."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise BadNote("a base64 value is malformed") from error
    if encode(raw) != text:
        raise BadNote("a base64 value is not in its canonical spelling")
    return raw


def key_id(name: str, kind: bytes, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + kind + public).digest()[:4]


def check_name(name: str) -> str:
    if not _KEY_NAME.fullmatch(name):
        raise BadNote("a key name is not empty and has neither spaces nor a plus sign")
    return name


def parse_key(text: str) -> VerifierKey:
    """`<name>+<hex key id>+<base64(type ‖ public key)>`. Raises BadNote, also when the key id is not this key's."""
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise BadNote("a verifier key reads <name>+<key id>+<key>")
    raw = decode(parts[2])
    if len(raw) != 33 or raw[:1] != ED25519:
        raise BadNote("only Ed25519 verifier keys (type 1, 32 bytes) are supported")
    key = VerifierKey(check_name(parts[0]), raw[1:])
    if key.key_id.hex() != parts[1]:
        raise BadNote("the key id does not belong to this verifier key: it was damaged or mistyped")
    return key


def split(note: bytes) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """A note's text and its signatures as (key name, key id, signature), all unverified. Raises BadNote."""
    if len(note) > MAX_NOTE:
        raise BadNote("the note is too long")
    try:
        whole = note.decode()
    except UnicodeDecodeError as error:
        raise BadNote("the note is not UTF-8") from error
    if any(ord(char) < 32 and char != "\n" for char in whole):
        raise BadNote("the note holds control characters")
    text, gap, signatures = whole.rpartition("\n\n")
    lines = signatures.split("\n")
    if not gap or lines.pop() != "" or not 0 < len(lines) <= MAX_SIGNATURES:
        raise BadNote("a note is text, an empty line, and signature lines")
    return text + "\n", [_signature(line) for line in lines]


def _signature(line: str) -> tuple[str, bytes, bytes]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—":
        raise BadNote("a signature line reads — <key name> <base64>")
    raw = decode(parts[2])
    if len(raw) < 5:
        raise BadNote("a signature is too short")
    return check_name(parts[1]), raw[:4], raw[4:]


def verify(note: bytes, key: VerifierKey) -> str:
    """The text of a note that `key` signed. Signatures of other keys are ignored. Raises BadNote, NotSigned."""
    text, signatures = split(note)
    ours = [signature for name, kid, signature in signatures if name == key.name and kid == key.key_id]
    if not ours:
        raise NotSigned(f"the note carries no signature of {key.name} by the given key")
    public = Ed25519PublicKey.from_public_bytes(key.public)
    for signature in ours:
        try:
            public.verify(signature, text.encode())
        except InvalidSignature as error:
            raise NotSigned(f"the signature of {key.name} does not fit the note") from error
    return text


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint in a note's text. Raises BadNote."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() != "" or not all(lines):
        raise BadNote("a checkpoint is three or more lines: origin, size, root")
    root = decode(lines[2])
    if len(root) != HASH_SIZE:
        raise BadNote("the root of a checkpoint is 32 bytes")
    return Checkpoint(lines[0], number(lines[1]), root, tuple(lines[3:]))


def open_checkpoint(note: bytes, key: VerifierKey) -> Checkpoint:
    """The checkpoint that `key` signed for the origin of its name. Raises BadNote, NotSigned."""
    checkpoint = parse_checkpoint(verify(note, key))
    if checkpoint.origin != key.name:
        raise BadNote("the checkpoint is of another log than the key")
    return checkpoint


def number(text: str) -> int:
    """A decimal without sign and leading zeros, below 10^19. Raises BadNote."""
    if not _NUMBER.fullmatch(text):
        raise BadNote("a number is decimal, without sign or leading zeros")
    return int(text)


def format_proof(proof: Proof) -> bytes:
    extra = [] if proof.extra is None else [f"extra {encode(proof.extra)}"]
    lines = [PROOF_HEADER, *extra, f"index {proof.index}", *map(encode, proof.hashes), "", ""]
    return "\n".join(lines).encode() + proof.unverified_checkpoint


def parse_proof(raw: bytes) -> Proof:
    """A tlog-proof, nothing of it verified. Raises BadNote."""
    head, gap, checkpoint = raw.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise BadNote("a proof is ASCII up to its checkpoint") from error
    if not gap or lines.pop(0) != PROOF_HEADER:
        raise BadNote(f"a proof begins with the line {PROOF_HEADER}")
    extra = decode(lines.pop(0)[6:]) if lines and lines[0].startswith("extra ") else None
    if not lines or not lines[0].startswith("index ") or len(lines) > MAX_PROOF + 1:
        raise BadNote("a proof names its index, then at most 63 hashes")
    hashes = tuple(map(decode, lines[1:]))
    if any(len(value) != HASH_SIZE for value in hashes):
        raise BadNote("a hash of the proof is not 32 bytes")
    return Proof(extra, number(lines[0][6:]), hashes, checkpoint)
