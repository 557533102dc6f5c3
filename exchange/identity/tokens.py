"""Access tokens: RFC 9068 JWTs, signed ES256, valid ten minutes, for this exchange only.

`issue` signs one, `TokenVerifier.identify` turns an Authorization header into a `Caller` or refuses. Verified claims
are remembered by the token's SHA-256, so that a signature is checked once; whatever can be taken back (the client, its
key, its scopes, the issuer's key) is looked up in the directory on every call.

Checked: length, typ, alg (ES256 and nothing else), kid, signature, iss, aud, sub = client_id, exp, iat, nbf, cnf
absent, client_key, scope. Not checked: jti (a bearer token is used many times; replay is refused where assertions
come in).

    PermissionError
    └── Unidentified    `.reason` is one of REASONS
"""

import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final, Protocol

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from exchange.identity.callers import Caller, Kind

LIFE: Final = 600
"""Seconds that a token is valid."""
LEEWAY: Final = 5
"""Seconds by which the clock of the node that issued a token may run ahead. Expiry knows no leeway."""
LONGEST: Final = 4096
"""Bytes of a token; longer ones are refused unread."""
ALGORITHM: Final = "ES256"
TYPE: Final = "at+jwt"

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing": "The request carries no access token: get one at /oauth/token and send it as a Bearer token.",
        "not-bearer": "The Authorization header has another scheme than Bearer: send the access token as Bearer.",
        "malformed": "What the Authorization header carries is not a token of this exchange: get one at /oauth/token.",
        "wrong-type": "This is not an access token (typ at+jwt): exchange the assertion for one at /oauth/token.",
        "wrong-algorithm": "Access tokens are signed with ES256 only: get a token at this exchange's /oauth/token.",
        "unknown-key": "The token was signed with a key that this exchange does not publish: get a new token.",
        "bad-signature": "The token's signature does not verify: send the token exactly as it was issued.",
        "wrong-issuer": "The token was issued by another server: get one at this exchange's /oauth/token.",
        "wrong-audience": "The token is meant for another audience: get one at this exchange's /oauth/token.",
        "unsupported-confirmation": "The token is bound to a key (cnf), which is not supported: get a bearer token.",
        "not-yet-valid": "The token was issued in the future: set the clocks of both sides by a common time server.",
        "expired": "The token has expired: get a new one; tokens are valid for ten minutes.",
        "client-unknown": "The client of this token is not registered here: ask the department's steward.",
        "client-disabled": "The client of this token is disabled: ask the department's steward or an operator.",
        "client-key-removed": "The key that asked for this token was removed: get a token with a registered key.",
        "scope-withdrawn": "The token carries a scope that the client no longer has: get a new token.",
    }
)


class Unidentified(PermissionError):
    """Nobody vouches for this request; `reason` is one of `REASONS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(REASONS[reason])
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ClientView:
    """What a call needs to know of a registered client."""

    client_id: str
    kind: Kind
    department: str | None
    application: str | None
    scopes: frozenset[str]
    key_ids: frozenset[str]
    enabled: bool


class Directory(Protocol):
    """Clients by id and published issuer keys by kid, as they are now."""

    @property
    def clients(self) -> Mapping[str, ClientView]: ...

    @property
    def issuer_keys(self) -> Mapping[str, ECKey]: ...


@dataclass(frozen=True, slots=True)
class _Verified:
    """Claims of a token whose signature was verified; times in epoch milliseconds, `until` excluded."""

    client_id: str
    client_key: str
    issuer_key: str
    scopes: frozenset[str]
    since: int
    until: int


def issue(key: ECKey, issuer: str, client_id: str, client_key: str, scopes: frozenset[str], now: int) -> str:
    """A token for this client; `key` is the private signing key with its kid, `now` epoch seconds.

    `client_key` is the thumbprint of the key that authenticated the client: removing it ends the token.
    """
    header = {"alg": ALGORITHM, "typ": TYPE, "kid": key.kid}
    claims = {
        "iss": issuer,
        "aud": issuer,
        "sub": client_id,
        "client_id": client_id,
        "client_key": client_key,
        "scope": " ".join(sorted(scopes)),
        "jti": secrets.token_hex(16),
        "iat": now,
        "exp": now + LIFE,
    }
    return jwt.encode(header, claims, key, algorithms=[ALGORITHM])


class TokenVerifier:
    """Identifies callers by the tokens of one issuer. Safe to share between threads."""

    def __init__(self, issuer: str, remembered: int = 20_000) -> None:
        """At most `remembered` verified tokens are kept, the oldest given up first."""
        self._issuer = issuer
        self._remembered = remembered
        self._verified: dict[bytes, tuple[_Verified, ClientView, Caller]] = {}
        self._lock = threading.Lock()

    def identify(self, authorization: bytes | None, directory: Directory, at_ms: int) -> Caller:
        """The caller whom this Authorization header identifies at `at_ms` (epoch milliseconds).

        Raises Unidentified; its text never repeats what was sent.
        """
        if authorization is None:
            raise Unidentified("missing")
        if len(authorization) > LONGEST + 7:
            raise Unidentified("malformed")
        digest = sha256(authorization).digest()
        remembered = self._verified.get(digest)
        if remembered is None:
            token = _verify(_bearer(authorization), self._issuer, directory.issuer_keys)
            client = _confirm(token, directory, at_ms)
            return self._remember(digest, token, client, at_ms)
        token, known_client, caller = remembered
        client = _confirm(token, directory, at_ms)
        if client is known_client:
            return caller
        return self._remember(digest, token, client, at_ms)

    def _remember(self, digest: bytes, token: _Verified, client: ClientView, at_ms: int) -> Caller:
        caller = Caller(
            client_id=client.client_id,
            kind=client.kind,
            department=client.department,
            application=client.application,
            scopes=token.scopes,
            key_id=token.client_key,
        )
        with self._lock:
            self._verified.pop(digest, None)
            self._forget(at_ms)
            self._verified[digest] = (token, client, caller)
        return caller

    def _forget(self, at_ms: int) -> None:
        """Makes room: whatever has expired among the oldest, and the oldest themselves when it is full."""
        while self._verified:
            oldest = next(iter(self._verified))
            if self._verified[oldest][0].until > at_ms and len(self._verified) < self._remembered:
                return
            del self._verified[oldest]


def _confirm(token: _Verified, directory: Directory, at_ms: int) -> ClientView:
    """Everything that time or a change can take back. Raises Unidentified."""
    if at_ms >= token.until:
        raise Unidentified("expired")
    if at_ms < token.since:
        raise Unidentified("not-yet-valid")
    if token.issuer_key not in directory.issuer_keys:
        raise Unidentified("unknown-key")
    client = directory.clients.get(token.client_id)
    if client is None:
        raise Unidentified("client-unknown")
    if not client.enabled:
        raise Unidentified("client-disabled")
    if token.client_key not in client.key_ids:
        raise Unidentified("client-key-removed")
    if not token.scopes <= client.scopes:
        raise Unidentified("scope-withdrawn")
    return client


def _bearer(authorization: bytes) -> bytes:
    """RFC 6750 §2.1: the scheme, one space, the token. Raises Unidentified."""
    scheme, _, token = authorization.partition(b" ")
    if scheme.lower() != b"bearer":
        raise Unidentified("not-bearer" if scheme else "missing")
    if not token:
        raise Unidentified("missing")
    return token


def _verify(unverified_token: bytes, issuer: str, issuer_keys: Mapping[str, ECKey]) -> _Verified:
    """The claims, once type, algorithm, key and signature are right. Raises Unidentified."""
    try:
        unverified = jws.extract_compact(unverified_token)
        header = unverified.headers()
        if header.get("typ") != TYPE:
            raise Unidentified("wrong-type")
        if header.get("alg") != ALGORITHM:
            raise Unidentified("wrong-algorithm")
        kid = header.get("kid")
        key = issuer_keys.get(kid) if isinstance(kid, str) else None
        if key is None:
            raise Unidentified("unknown-key")
        if not jws.validate_compact(unverified, key, [ALGORITHM]):
            raise Unidentified("bad-signature")
        return _read(json.loads(unverified.payload), str(kid), issuer)
    except (JoseError, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        raise Unidentified("malformed") from None


def _read(claims: Any, issuer_key: str, issuer: str) -> _Verified:
    """Claims of a token with a good signature. Raises Unidentified."""
    if not isinstance(claims, dict):
        raise Unidentified("malformed")
    if claims.get("iss") != issuer:
        raise Unidentified("wrong-issuer")
    if claims.get("aud") != issuer:
        raise Unidentified("wrong-audience")
    if "cnf" in claims:
        raise Unidentified("unsupported-confirmation")
    client_id, client_key, scope = claims.get("client_id"), claims.get("client_key"), claims.get("scope")
    if not (isinstance(client_id, str) and isinstance(client_key, str) and isinstance(scope, str)):
        raise Unidentified("malformed")
    if claims.get("sub") != client_id:
        raise Unidentified("malformed")
    issued, expires, valid_from = _time(claims, "iat"), _time(claims, "exp"), _time(claims, "nbf", claims.get("iat"))
    since = (max(issued, valid_from) - LEEWAY) * 1000
    return _Verified(client_id, client_key, issuer_key, frozenset(scope.split()), since, expires * 1000)


def _time(claims: dict[str, Any], name: str, default: Any = None) -> int:
    """A NumericDate in whole seconds. Raises Unidentified."""
    value = claims.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Unidentified("malformed")
    return int(value)
