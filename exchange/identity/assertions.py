"""What a client does to prove who it is: make a key, show its public half, sign an assertion (RFC 7523 §3), sign an
agreement's statement (RFC 8032).

For the SDK, the command and tests; the exchange's own side is `oauth`. Keys are JWKs (RFC 7517), named by their
RFC 7638 thumbprint.
"""

import base64
import secrets
from collections.abc import Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import Key, OKPKey, import_key

from exchange.identity.public_keys import ALGORITHMS

LIFE: Final = 60
"""Seconds that an assertion is valid: it is used at once."""
TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def make_key() -> dict[str, Any]:
    """A new private Ed25519 JWK (RFC 8037) with its kid: it authenticates, and signs agreements.

    Keep it in a file of mode 0600; register `public_jwk` of it.
    """
    key = OKPKey.generate_key("Ed25519", {"use": "sig"}, auto_kid=True)
    return dict(key.as_dict(private=True))


def public_jwk(key: Mapping[str, Any]) -> dict[str, Any]:
    """The public half of a private or public JWK, with its thumbprint as kid. Raises JoseError, ValueError."""
    imported = import_key(dict(key))
    return {**imported.as_dict(private=False), "use": "sig", "kid": imported.thumbprint()}


def make_assertion(key: Mapping[str, Any], client_id: str, audience: str, now: int, *, life: int = LIFE) -> str:
    """A signed assertion for one use, valid `life` seconds from `now` (epoch seconds).

    `audience` is the exchange's issuer or its token endpoint. Raises joserfc.errors.JoseError or ValueError for a
    JWK that cannot sign.
    """
    private: Key = import_key(dict(key))
    algorithm = ALGORITHMS[private.key_type][0]
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": secrets.token_hex(16),
        "iat": now,
        "exp": now + life,
    }
    return jwt.encode({"alg": algorithm, "kid": private.thumbprint()}, claims, private, algorithms=[algorithm])


def sign_statement(key: Mapping[str, Any], statement: bytes) -> str:
    """The signature of an agreement's statement, over exactly these bytes; base64url without padding.

    Raises joserfc.errors.JoseError or ValueError for a JWK that is no private Ed25519 key.
    """
    private = import_key(dict(key))
    signer = private.raw_value if "d" in key else None
    if not isinstance(signer, Ed25519PrivateKey):
        raise ValueError(
            "Agreements are signed with an Ed25519 key, which this is not: make one with `hutong client key FILE "
            "--client YOUR-ID`, have an operator add its public half to your account, and sign with that file."
        )
    return base64.urlsafe_b64encode(signer.sign(statement)).decode().rstrip("=")
