"""What both sides of an agreement sign, and whether their signatures hold. Pure.

The statement is canonical JSON (RFC 8785); a signature is Ed25519 (RFC 8032) over its bytes, in base64url without
padding (RFC 7515 §2); a key is a public JWK (RFC 8037). The statement names exchange, agreement and version, so a
signature holds for nothing else. Which side signed is known by the key, so whoever checks a document without knowing
the keys learns only that it is consistent with itself.

ValueError
├── NotSignable         .findings: numbers and texts that have no canonical form
├── InvalidSignature    .findings: the one reason
└── NotADocument        it is no signed agreement
"""

import base64
import binascii
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal, NamedTuple

import rfc8785
from cryptography.exceptions import InvalidSignature as Mismatch
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import Field, ValidationError

from standards.models import Draft
from standards.validation import Finding

TYPE: Final = "urn:hutong:agreement:1"
LARGEST_INTEGER: Final = 2**53 - 1
_SIGNATURE_BYTES, _KEY_BYTES = 64, 32


class Side(StrEnum):
    """Who signs: the department whose application calls, and the one whose service answers."""

    CONSUMER = "consumer"
    PROVIDER = "provider"

    @property
    def other(self) -> "Side":
        return Side.PROVIDER if self is Side.CONSUMER else Side.CONSUMER


class Signer(NamedTuple):
    """Who signs, and the public JWK that vouched for them when they did."""

    by: str
    key: Mapping[str, Any]


class NotSignable(ValueError):
    """Two implementations could write these terms differently."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("The terms have no canonical form (RFC 8785): write what is listed as texts.")


class InvalidSignature(ValueError):
    """The signature holds for another statement, was made with another key, or is none."""

    def __init__(self, rule: str, expected: str, pointer: str = "/signature") -> None:
        self.findings = (Finding(pointer, rule, expected),)
        super().__init__(f"The signature does not hold: {expected}.")


class NotADocument(ValueError):
    """What was given is no signed agreement."""

    def __init__(self, findings: Sequence[Finding] = ()) -> None:
        self.findings = tuple(findings)
        super().__init__("This is no signed agreement: fetch it from GET /api/v1/agreements/{id}/signed.")


def statement(
    *, exchange: str, id: str, version: int, application: str, service: str, dataset: str, terms: Mapping[str, Any]
) -> dict[str, Any]:
    """What is signed. `exchange` is the origin of its ledger; `terms` stand as they were drafted."""
    return {
        "type": TYPE,
        "exchange": exchange,
        "id": id,
        "version": version,
        "application": application,
        "service": service,
        "dataset": dataset,
        "consumer": department_of(application),
        "provider": department_of(service),
        "terms": dict(terms),
    }


def department_of(id: str) -> str:
    """The department of an application or service."""
    return id.partition("/")[0]


def canonical(statement: Mapping[str, Any]) -> bytes:
    """The bytes that are signed. Raises NotSignable."""
    if found := list(unsignable(statement)):
        raise NotSignable(found)
    return rfc8785.dumps(dict(statement))


def digest(statement: Mapping[str, Any]) -> str:
    """SHA-256 of the bytes that are signed, in base64url: what the ledger keeps of them. Raises NotSignable."""
    return encoded(hashlib.sha256(canonical(statement)).digest())


def unsignable(value: Any, pointer: str = "") -> Iterator[Finding]:
    """Every place whose value has no canonical form that all implementations share."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield from unsignable(member, f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list | tuple):
        for index, member in enumerate(value):
            yield from unsignable(member, f"{pointer}/{index}")
    elif isinstance(value, int) and not -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
        yield Finding(pointer, "canonical", "an integer within ±(2^53 − 1), or a text")
    elif isinstance(value, float) and not -float("inf") < value < float("inf"):
        yield Finding(pointer, "canonical", "a finite number")
    elif isinstance(value, str) and not value.isascii() and any("\ud800" <= one <= "\udfff" for one in value):
        yield Finding(pointer, "canonical", "whole characters, no half of a surrogate pair")


def verify(statement: Mapping[str, Any], jwk: Mapping[str, Any], signature: str) -> None:
    """Raises InvalidSignature unless the key signed exactly this statement, and NotSignable."""
    try:
        public_key(jwk).verify(_decoded(signature, _SIGNATURE_BYTES), canonical(statement))
    except Mismatch:
        expected = "one by this key over the bytes of GET /agreements/{id}/statement, of this version and exchange"
        raise InvalidSignature("mismatch", expected) from None


def public_key(jwk: Mapping[str, Any]) -> Ed25519PublicKey:
    """Raises InvalidSignature for a key of another kind."""
    if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519":
        expected = (
            "one by an Ed25519 key. Make one with `hutong client key FILE --client YOUR-ID`, have an operator add it "
            "with POST /api/v1/clients/YOUR-ID/keys, then act and sign with it"
        )
        raise InvalidSignature("key-type", expected, "/key")
    try:
        return Ed25519PublicKey.from_public_bytes(_decoded(jwk.get("x"), _KEY_BYTES))
    except InvalidSignature:
        raise InvalidSignature("key", "one by a valid Ed25519 key", "/key") from None


def _decoded(text: Any, length: int) -> bytes:
    expected = f"base64url without padding, of {length} bytes"
    if not isinstance(text, str) or not text.isascii():
        raise InvalidSignature("encoding", expected)
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise InvalidSignature("encoding", expected) from None
    if len(raw) != length or encoded(raw) != text:  # one signature has one text
        raise InvalidSignature("encoding", expected)
    return raw


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def same_key(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two JWKs are one Ed25519 key, whatever else they say."""
    return all(one.get(name) == other.get(name) for name in ("kty", "crv", "x"))


# -- the signed agreement, for those who keep it ---------------------------------------------------------------------


class Statement(Draft):
    """As `statement` makes it; terms are taken as they are, so that later exchanges' documents can be checked."""

    type: Literal["urn:hutong:agreement:1"]
    exchange: str
    id: str
    version: int = Field(ge=1)
    application: str
    service: str
    dataset: str
    consumer: str
    provider: str
    terms: dict[str, Any]


class Signature(Draft):
    """`at` and `by` are what the exchange noted; neither is signed."""

    side: Side
    by: str
    key: dict[str, Any]
    signature: str
    at: str


class SignedAgreement(Draft):
    statement: Statement
    signatures: list[Signature] = Field(max_length=8)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`findings` is empty when nothing speaks against the document; `confirmed` are the sides whose key was known."""

    findings: tuple[Finding, ...]
    confirmed: frozenset[Side]

    @property
    def holds(self) -> bool:
        return not self.findings


def check(document: Any, keys: Mapping[Side, Mapping[str, Any]]) -> Verdict:
    """Whether both sides signed what the document states; `keys` are those that the reader knows to be theirs.

    Not checked, since the document cannot tell: whether the signers might sign for their departments, and whether the
    agreement was activated or has ended since. Raises NotADocument.
    """
    try:
        signed = SignedAgreement.model_validate(document)
    except ValidationError as error:
        raise NotADocument([_misshapen(found) for found in error.errors()[:20]]) from None
    said = document["statement"]
    found = [*_parties(signed.statement), *_sides(signed.signatures)]
    for index, one in enumerate(signed.signatures):
        found += _signature(said, one, keys, f"/signatures/{index}")
    return Verdict(tuple(found), frozenset(keys) if not found else frozenset())


def _misshapen(found: Any) -> Finding:
    return Finding("".join(f"/{step}" for step in found["loc"]), str(found["type"]), str(found["msg"])[:300])


def _parties(statement: Statement) -> list[Finding]:
    wanted = {"consumer": department_of(statement.application), "provider": department_of(statement.service)}
    return [
        Finding(f"/statement/{side}", "party", f"the department of the {what}")
        for (side, department), what in zip(wanted.items(), ("application", "service"), strict=True)
        if getattr(statement, side) != department
    ]


def _sides(signatures: Sequence[Signature]) -> list[Finding]:
    found = [
        Finding("/signatures", "sides", f"one signature of the {side}")
        for side in Side
        if sum(one.side == side for one in signatures) != 1
    ]
    if len({one.by for one in signatures}) < len(signatures):
        found.append(Finding("/signatures", "one-hand", "signatures of different persons"))
    if len({str(one.key.get("x")) for one in signatures}) < len(signatures):
        found.append(Finding("/signatures", "one-hand", "signatures by different keys"))
    return found


def _signature(
    statement: Mapping[str, Any], one: Signature, keys: Mapping[Side, Mapping[str, Any]], pointer: str
) -> list[Finding]:
    try:
        verify(statement, one.key, one.signature)
    except (InvalidSignature, NotSignable) as error:
        return [Finding(f"{pointer}{found.pointer}", found.rule, found.expected) for found in error.findings]
    known = keys.get(one.side)
    if known is None or same_key(known, one.key):
        return []
    other = keys.get(one.side.other)
    if other is not None and same_key(other, one.key):
        return [Finding(f"{pointer}/side", "side", f"{one.side.other}: the key is that side's")]
    return [Finding(f"{pointer}/key", "key", f"the {one.side}'s key, as it was given")]
