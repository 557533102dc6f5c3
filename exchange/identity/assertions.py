"""What a client does to prove who it is: make a key, show its public half, sign an assertion (RFC 7523 §3).

For the SDK, the command and tests; the exchange's own side is `oauth`. Keys are JWKs (RFC 7517), named by their
RFC 7638 thumbprint.
"""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from joserfc import jwt
from joserfc.jwk import ECKey, Key, import_key

from exchange.identity.public_keys import ALGORITHMS

LIFE: Final = 60
"""Seconds that an assertion is valid: it is used at once."""
TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def make_key() -> dict[str, Any]:
    """A new private JWK for ES256 with its kid. Keep it in a file of mode 0600; register `public_jwk` of it."""
    key = ECKey.generate_key("P-256", {"use": "sig"}, auto_kid=True)
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
