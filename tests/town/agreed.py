"""Agreements signed by both sides and put into force by rows alone; `Town.agree` does it over HTTP.

Whoever signs here has a key made from their name, and nobody doubts them: who may sign is not what these tests ask.
"""

import hashlib
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import Session

from policies import activation, agreements, signatures, signing, versions
from policies.models import Agreement, AgreementVersion
from policies.signing import Side, Signer

ORIGIN = "town.example/ledger"
CONSUMER, PROVIDER = "person-00000011", "person-00000012"
"""Two stewards who sign, one for each side."""


def key_of(by: str) -> tuple[Ed25519PrivateKey, dict[str, Any]]:
    """Their private key, and the public JWK."""
    private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(by.encode()).digest())
    x = signing.encoded(private.public_key().public_bytes_raw())
    return private, {"kty": "OKP", "crv": "Ed25519", "x": x, "use": "sig", "kid": f"key-of-{by}"}


def sign(
    session: Session, id: str, side: Side, by: str, now: datetime, *, origin: str = ORIGIN, **more: Any
) -> AgreementVersion:
    """One side's signature under what is proposed."""
    agreement = agreements.fetch(session, id)
    version = versions.require_proposed(session, id)
    private, public = key_of(by)
    raw = signing.canonical(signatures.statement(session, agreement, version, origin))
    signature = signing.encoded(private.sign(raw))
    return signatures.sign(session, id, side, Signer(by, public), signature, now, exchange=origin, **more)


def sign_both(session: Session, id: str, now: datetime, *, origin: str = ORIGIN) -> None:
    sign(session, id, Side.CONSUMER, CONSUMER, now, origin=origin)
    sign(session, id, Side.PROVIDER, PROVIDER, now, origin=origin)


def activate(session: Session, id: str, by: str, now: datetime, *, origin: str = ORIGIN, **more: Any) -> Agreement:
    """Without doubting those who signed."""
    doubts = more.pop("doubts", lambda signature, department: None)
    return activation.activate(session, id, by, now, exchange=origin, doubts=doubts, **more)


def agree(session: Session, id: str, by: str, now: datetime, *, origin: str = ORIGIN) -> Agreement:
    """Both signatures, then in force."""
    sign_both(session, id, now, origin=origin)
    return activate(session, id, by, now, origin=origin)
