"""A client's private key in the forms that people have it: a key file, PEM text, a JWK."""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.jwk import ECKey, OKPKey, RSAKey

from exchange import keyfiles

_TYPES: dict[type, type[ECKey | OKPKey | RSAKey]] = {
    EllipticCurvePrivateKey: ECKey,
    Ed25519PrivateKey: OKPKey,
    RSAPrivateKey: RSAKey,
}


def private_jwk(client_id: str, key: str | PathLike[str] | Mapping[str, Any]) -> dict[str, Any]:
    """The private JWK of this client: from a JWK, PEM text (PKCS #8, not encrypted) or the path of a key file.

    Raises ValueError, in the texts of which nothing of the key is repeated; OSError, UnreadableKeyFile.
    """
    if isinstance(key, Mapping):
        if "d" not in key:
            raise ValueError("This JWK has no private part: give the key that `hutong client key` made.")
        return dict(key)
    if isinstance(key, str) and key.lstrip().startswith("-----BEGIN"):
        return _from_pem(key)
    credential = keyfiles.read(Path(key))
    if credential.client_id != client_id:
        raise ValueError(f"{key} is the key file of {credential.client_id}, not of {client_id}.")
    return credential.key


def _from_pem(text: str) -> dict[str, Any]:
    try:
        loaded = load_pem_private_key(text.strip().encode(), None)
    except (ValueError, TypeError):
        raise ValueError("The PEM text is no unencrypted private key.") from None
    for kind, jwk in _TYPES.items():
        if isinstance(loaded, kind):
            return dict(jwk.import_key(text.strip()).as_dict(private=True))
    raise ValueError("The key type is not accepted: use EC P-256, Ed25519 or RSA.")
