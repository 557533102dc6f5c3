"""What is kept secret at rest: AES-256-GCM under the key-encryption key, bound to where it belongs.

A sealed secret is one version byte, a 12-byte random nonce, ciphertext and tag (NIST SP 800-38D). The context (say,
the id of the row) is authenticated with it, so that a secret moved to another row does not open there.

    ValueError
    └── Unsealable    another key, another context, or damaged bytes
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEK_BYTES = 32
_VERSION = b"\x01"
_NONCE_BYTES = 12
_TAG_BYTES = 16


class Unsealable(ValueError):
    """The secret does not open with this key in this context."""

    def __init__(self) -> None:
        super().__init__(
            "A sealed secret does not open: use the key directory that belongs to this data directory, or enter "
            "the secret again."
        )


class Cipher:
    """Seals and opens small secrets under one key-encryption key of 32 bytes."""

    def __init__(self, kek: bytes) -> None:
        """Raises ValueError for a key of another length."""
        if len(kek) != KEK_BYTES:
            raise ValueError(f"The key-encryption key has {len(kek)} bytes: give one of {KEK_BYTES}.")
        self._aead = AESGCM(kek)

    def seal(self, plaintext: bytes, context: bytes) -> bytes:
        """The sealed secret, 29 bytes longer than the plaintext; it opens with the same context only."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._aead.encrypt(nonce, plaintext, _VERSION + context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """The plaintext. Raises Unsealable."""
        body = sealed[1:]
        if sealed[:1] != _VERSION or len(body) < _NONCE_BYTES + _TAG_BYTES:
            raise Unsealable
        try:
            return self._aead.decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], _VERSION + context)
        except InvalidTag:
            raise Unsealable from None
