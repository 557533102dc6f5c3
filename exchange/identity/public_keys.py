"""The public keys that clients register: which are accepted, and in which form they are kept.

Accepted: EC P-256 (ES256), OKP Ed25519 (Ed25519, EdDSA), RSA of 2048 to 4096 bits (PS256, RS256). What is kept is the
bare key material of RFC 7517 with `use` and the RFC 7638 thumbprint as `kid`, whatever kid it came with.

    ValueError
    └── UnacceptableKey
"""

from collections.abc import Mapping
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

ALGORITHMS: Final[Mapping[str, tuple[str, ...]]] = {
    "EC": ("ES256",),
    "OKP": ("Ed25519", "EdDSA"),
    "RSA": ("PS256", "RS256"),
}
"""By key type; the first is what this project's own clients sign with."""

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_KEY_TYPES: Final[Mapping[str, type[ECKey | OKPKey | RSAKey]]] = {"EC": ECKey, "OKP": OKPKey, "RSA": RSAKey}
_MATERIAL: Final[Mapping[str, tuple[str, ...]]] = {"EC": ("crv", "x", "y"), "OKP": ("crv", "x"), "RSA": ("n", "e")}


class UnacceptableKey(ValueError):
    """The key cannot be registered; the message says which to send instead."""


def accept(jwk: Mapping[str, Any]) -> dict[str, Any]:
    """The key as it is kept. Raises UnacceptableKey; the text repeats nothing of the key."""
    if _PRIVATE & jwk.keys():
        raise UnacceptableKey(
            "This holds the private key; send the public one, and make a new key if this one travelled."
        )
    kind = jwk.get("kty")
    if not isinstance(kind, str) or kind not in ALGORITHMS:
        raise UnacceptableKey("The key type is not accepted: send an EC P-256, Ed25519 or RSA public key as a JWK.")
    if jwk.get("use", "sig") != "sig":
        raise UnacceptableKey('The key is meant for encryption: send one with "use": "sig".')
    key = _import(kind, {name: jwk.get(name) for name in ("kty", *_MATERIAL[kind])})
    _require_strength(key)
    kept = _KEY_TYPES[kind].import_key(key.raw_value)  # written anew, so that one key has one thumbprint
    return {**kept.as_dict(private=False), "use": "sig", "kid": kept.thumbprint()}


def _import(kind: str, material: dict[str, Any]) -> Any:
    try:
        return _KEY_TYPES[kind].import_key(material)
    except (JoseError, ValueError, TypeError, KeyError):
        raise UnacceptableKey("The key is not a valid JWK of its type: export the public key again.") from None


def _require_strength(key: Any) -> None:
    if isinstance(key, RSAKey):
        if not 2048 <= key.raw_value.key_size <= 4096:
            raise UnacceptableKey("An RSA key needs 2048 to 4096 bits: send a longer one, or an EC P-256 key.")
    elif key.curve_name not in ("P-256", "Ed25519"):
        raise UnacceptableKey("The curve is not accepted: send an EC P-256 or an Ed25519 key.")
