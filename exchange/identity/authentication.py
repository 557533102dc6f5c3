"""Authentication of clients by a signed assertion, `private_key_jwt`, on Authlib's class for it.

What Authlib leaves open is closed here: `client_id` of the form equals the assertion's `sub` and `iss`; one audience, a
string, this issuer or its token endpoint; `exp` at most five minutes ahead; `jti` required and remembered until then.
The texts are our own: those of the libraries repeat what was sent, and may hold characters that an error description
must not have (RFC 6749 §5.2), which Authlib answers with a ValueError.

Sources: RFC 7521 §4.2; RFC 7523 §2.2 and §3.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from authlib.oauth2.rfc6749 import InvalidClientError, InvalidScopeError, OAuth2Request
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc import jwt
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError
from joserfc.jwk import KeySet
from sqlmodel import Session

from exchange.identity import replay
from exchange.identity.models import CLIENT_ID, Client
from exchange.identity.public_keys import ALGORITHMS

METHOD: Final = "private_key_jwt"
SIGNING_ALGORITHMS: Final = tuple(name for names in ALGORITHMS.values() for name in names)
FURTHEST_EXPIRY: Final = 300
"""Seconds ahead that an assertion may expire: for so long its use is remembered."""
LEEWAY: Final = 30
"""Seconds by which a client's clock may run ahead; expiry knows no leeway."""
LONGEST_ASSERTION: Final = 4096
LONGEST_JTI: Final = 255


class RegisteredClient:
    """A client as Authlib wants to see it; every client has the one method and the one grant there are."""

    def __init__(self, row: Client) -> None:
        self.row = row

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return True

    def check_grant_type(self, grant_type: str) -> bool:
        return True

    def get_allowed_scope(self, scope: str | None) -> str:
        """The scope asked for, in full, or everything registered when none is named. Raises InvalidScopeError."""
        wanted = set((scope or "").split())
        if not wanted <= set(self.row.scopes):
            raise InvalidScopeError("A scope was asked for that the client does not have: ask for less or for none.")
        return " ".join(sorted(wanted or self.row.scopes))


class ClientAssertion(JWTBearerClientAssertion):  # type: ignore[misc]  # Authlib has no types
    """Authenticates the client of one request.

    `key_id` is the client's key that signed, once the assertion is verified. The use of the assertion is remembered
    in the session's transaction; the caller commits it. Raises InvalidClientError, whose texts repeat nothing.
    """

    CLIENT_AUTH_METHOD = METHOD

    def __init__(self, session: Session, audiences: list[str], now: datetime) -> None:
        super().__init__(leeway=LEEWAY)
        self._session = session
        self._audiences = audiences
        self._now = now
        self._claimed_client: str | None = None
        self.key_id = ""

    def __call__(self, query_client: Callable[[str], RegisteredClient], request: OAuth2Request) -> RegisteredClient:
        self._claimed_client = request.payload.client_id
        client: RegisteredClient | None = super().__call__(query_client, request)
        if client is None:
            raise InvalidClientError("Send client_assertion and client_assertion_type (RFC 7523).")
        return client

    def find(self, claimed_id: str) -> RegisteredClient:
        """The client that an assertion names."""
        row = self._session.get(Client, claimed_id) if re.fullmatch(CLIENT_ID, claimed_id) else None
        if row is None:
            raise _not_verified()
        return RegisteredClient(row)

    def extract_assertion(self, assertion: str) -> Any:
        """Header and claims, unverified."""
        if len(assertion) > LONGEST_ASSERTION:
            raise InvalidClientError(f"The assertion is longer than {LONGEST_ASSERTION} bytes.")
        try:
            return super().extract_assertion(assertion)
        except (InvalidClientError, ValueError, TypeError, RecursionError):
            raise InvalidClientError("The assertion is not a signed JWT.") from None

    def resolve_client_public_key(self, client: RegisteredClient) -> KeySet:
        return KeySet.import_key_set({"keys": client.row.keys})

    def process_assertion_claims(self, assertion: str, resolve_key: KeySet) -> None:
        try:
            token = jwt.decode(assertion, resolve_key, algorithms=SIGNING_ALGORITHMS)
        except (JoseError, ValueError, TypeError, RecursionError):
            raise _not_verified() from None
        self._check_claims(token.claims)
        self._remember(token.claims)
        self.key_id = str(token.header.get("kid") or resolve_key.keys[0].kid)

    def authenticate_client(self, client: RegisteredClient) -> RegisteredClient:
        if not client.row.enabled:
            raise InvalidClientError("The client is disabled: ask the department's steward or an operator.")
        return client

    def _check_claims(self, claims: dict[str, Any]) -> None:
        seconds = int(self._now.timestamp())
        registry = jwt.JWTClaimsRegistry(
            seconds,
            LEEWAY,
            iss={"essential": True},
            sub={"essential": True},
            aud={"essential": True, "values": self._audiences},
            exp={"essential": True},
            jti={"essential": True},
        )
        try:
            registry.validate(claims)
        except ExpiredTokenError:
            raise _expired() from None
        except ClaimError as error:
            raise InvalidClientError(f"Missing or wrong in the assertion: {error.claim}.") from None
        if claims["iss"] != claims["sub"] or self._claimed_client not in (None, claims["sub"]):
            raise InvalidClientError("iss, sub and client_id must name the same client.")
        if not isinstance(claims["aud"], str):
            raise InvalidClientError("aud must be one string: the issuer or its token endpoint.")
        if claims["exp"] <= seconds:
            raise _expired()
        if claims["exp"] > seconds + FURTHEST_EXPIRY:
            raise InvalidClientError(f"exp must lie at most {FURTHEST_EXPIRY} seconds ahead.")

    def _remember(self, claims: dict[str, Any]) -> None:
        if len(claims["jti"]) > LONGEST_JTI:
            raise InvalidClientError(f"jti must have at most {LONGEST_JTI} characters.")
        # Whole seconds decide about expiry, and a node's clock may lag: remembered a little longer than it is valid.
        until = datetime.fromtimestamp(int(claims["exp"]) + 1 + LEEWAY, UTC)
        if not replay.use_once(self._session, claims["sub"], claims["jti"], until, self._now):
            raise InvalidClientError("The assertion was used before: sign a new one for each request.")


def _expired() -> InvalidClientError:
    return InvalidClientError("The assertion has expired: sign a new one for each request, and check your clock.")


def _not_verified() -> InvalidClientError:
    """One text for an unknown client, an unknown key and a wrong signature: it tells strangers nothing."""
    return InvalidClientError("The assertion does not verify with a key that is registered for the client it names.")
