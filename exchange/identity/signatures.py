"""Signed HTTP requests: RFC 9421 with `ecdsa-p256-sha256`, the content bound by its digest (RFC 9530). Pure.

Covered: `@method`, `@authority`, `@path`, `content-type`, `content-digest`; the parameters name the moment of signing,
the end of validity, the key as /oauth/jwks.json publishes it, and a nonce. Not covered: the scheme, which a proxy in
front of the receiver may change. A receiver refuses what has expired, and does nothing on a nonce that it has seen.
"""

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey

COVERED: Final = ("@method", "@authority", "@path", "content-type", "content-digest")
LABEL: Final = "hutong"
TAG: Final = "hutong-webhook"
ALGORITHM: Final = "ecdsa-p256-sha256"
VALID: Final = timedelta(minutes=5)
_HALF = 32
"""Bytes of each of the two numbers of a signature with P-256 (RFC 9421 §3.3.4)."""


def signed(
    key: ECKey, method: str, authority: str, path: str, content_type: str, body: bytes, nonce: str, now: datetime
) -> dict[str, str]:
    """The headers that make the request a signed one, with its Content-Type and Content-Digest.

    `authority` is what the Host header says: host in small letters, and the port unless it is the scheme's own.
    `key` is a private one with its `kid`.
    """
    headers = {"content-type": content_type, "content-digest": f"sha-256=:{_base64(sha256(body).digest())}:"}
    parameters = _parameters(key, nonce, now)
    base = signature_base({"@method": method, "@authority": authority, "@path": path, **headers}, parameters)
    return {
        **headers,
        "signature-input": f"{LABEL}={parameters}",
        "signature": f"{LABEL}=:{_base64(_sign(key, base))}:",
    }


def signature_base(components: Mapping[str, str], parameters: str) -> bytes:
    """What is signed (RFC 9421 §2.5): a line for each covered component, and the parameters last."""
    lines = [f'"{name}": {components[name]}' for name in COVERED]
    return "\n".join([*lines, f'"@signature-params": {parameters}']).encode("ascii")


def _parameters(key: ECKey, nonce: str, now: datetime) -> str:
    covered = " ".join(f'"{name}"' for name in COVERED)
    created, expires = int(now.timestamp()), int((now + VALID).timestamp())
    return (
        f'({covered});created={created};expires={expires};nonce="{nonce}";'
        f'keyid="{key.kid}";alg="{ALGORITHM}";tag="{TAG}"'
    )


def _sign(key: ECKey, base: bytes) -> bytes:
    private = key.private_key
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    r, s = utils.decode_dss_signature(private.sign(base, ec.ECDSA(SHA256())))
    return r.to_bytes(_HALF) + s.to_bytes(_HALF)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
