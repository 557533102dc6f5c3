"""Who has consented to what, as calls ask for it: keyed digests in memory, never an identifier.

A consent is HMAC-SHA-256(key, subject, purpose, dataset, consuming department), cut to 16 bytes, and the moment until
which it holds. 16-byte key, number and place in the table cost about 160 bytes each: 100 000 consents are 16 MB. They
lie in 256 shards by the first byte of the digest, so that giving or withdrawing one copies a 256th of them.
"""

import hmac
from collections.abc import Iterable, Mapping
from typing import Final

import orjson

DIGEST_BYTES: Final = 16
FOREVER: Final = 2**62


class Consents:
    """Immutable; `with_consent` and `without` give changed ones. Moments in epoch milliseconds."""

    __slots__ = ("_key", "_shards")

    def __init__(self, key: bytes, shards: Mapping[int, Mapping[bytes, int]] | None = None) -> None:
        self._key = key
        self._shards = shards or {}

    @classmethod
    def of(cls, key: bytes, consents: Iterable[tuple[bytes, int | None]]) -> "Consents":
        """From (digest, until) pairs, None for no end."""
        shards: dict[int, dict[bytes, int]] = {}
        for digest, until in consents:
            shards.setdefault(digest[0], {})[digest] = FOREVER if until is None else until
        return cls(key, shards)

    def hold(self, subjects: Iterable[str], purpose: str, dataset: str, department: str, at: int) -> bool:
        """Whether every one of these subjects consents, at this moment; never for no subject at all."""
        asked = False
        for subject in subjects:
            asked = True
            digest = digest_of(self._key, subject, purpose, dataset, department)
            if at >= self._shards.get(digest[0], {}).get(digest, 0):
                return False
        return asked

    def with_consent(self, digest: bytes, until: int | None) -> "Consents":
        shard = {**self._shards.get(digest[0], {}), digest: FOREVER if until is None else until}
        return Consents(self._key, {**self._shards, digest[0]: shard})

    def without(self, digest: bytes) -> "Consents":
        shard = {one: until for one, until in self._shards.get(digest[0], {}).items() if one != digest}
        return Consents(self._key, {**self._shards, digest[0]: shard})

    def __len__(self) -> int:
        return sum(map(len, self._shards.values()))


NOBODY: Final = Consents(b"")
"""Nobody consents to anything."""


def digest_of(key: bytes, subject: str, purpose: str, dataset: str, department: str) -> bytes:
    """What a consent is kept and found by."""
    message = orjson.dumps(["hutong-consent", subject, purpose, dataset, department])
    return hmac.new(key, message, "sha256").digest()[:DIGEST_BYTES]
