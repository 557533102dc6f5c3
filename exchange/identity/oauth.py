"""The token endpoint: client credentials authenticated by `private_key_jwt`, on Authlib's AuthorizationServer.

What Authlib leaves open is closed here and in `authentication`: tokens of ten minutes, parameters once, no token in a
debug log, texts of our own where the library's repeat what was sent.

Sources: RFC 6749 §4.4 and §5, RFC 8414, RFC 7517 §5.

    ValueError
    └── InsecureIssuer    tokens would travel over plain HTTP, off the loopback
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749.errors import InsecureTransportError
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750.token import BearerTokenGenerator
from sqlmodel import Session

from exchange.identity import keys, tokens
from exchange.identity.authentication import METHOD, SIGNING_ALGORITHMS, ClientAssertion, RegisteredClient
from exchange.identity.forms import UnreadableForm, read_form
from exchange.identity.secrets import Cipher

GRANT: Final = "client_credentials"
_HEADERS: Final = (("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("Pragma", "no-cache"))


class InsecureIssuer(ValueError):
    """Tokens would travel in the clear."""

    def __init__(self, issuer: str) -> None:
        super().__init__(
            f"Tokens of {issuer} would travel in the clear: put a reverse proxy with TLS in front and set HUTONG_URL "
            "to its https address, or listen on the loopback."
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer in JSON that nobody may store."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class TokenEndpoint:
    """`POST /oauth/token`. Safe to share between threads: each request has a server of its own."""

    def __init__(self, issuer: str, cipher: Cipher) -> None:
        """`issuer` is the exchange's public URL without a slash at its end. Raises InsecureIssuer."""
        try:
            InsecureTransportError.check(issuer)
        except InsecureTransportError:
            raise InsecureIssuer(issuer) from None
        self._issuer = issuer
        self._cipher = cipher

    def respond(self, session: Session, body: bytes, headers: Mapping[str, str], now: datetime) -> Answer:
        """Answers a token request; `headers` has lower-case names or ignores case.

        Whatever the answer, the caller commits the session before sending it: the use of an assertion is remembered
        in this transaction, and one that is rolled back could be repeated. Raises NoSigningKey, Unsealable.
        """
        try:
            form = read_form(body, headers.get("content-type"))
        except UnreadableForm as error:
            return _refusal("invalid_request", str(error))
        if "authorization" in headers or "client_secret" in form:
            return _refusal("invalid_request", f"Authenticate in one way only: {METHOD}, in the form.")
        if "grant_type" not in form:
            return _refusal("invalid_request", f"Send grant_type={GRANT}.")
        if form["grant_type"] != GRANT:
            return _refusal("unsupported_grant_type", f"Only grant_type={GRANT} is supported.")
        answer: Answer = _Server(session, self._issuer, self._cipher, now).create_token_response(form)
        return answer


def metadata(issuer: str) -> dict[str, Any]:
    """RFC 8414 §2. Without an authorization endpoint the response type is `none`: an empty list is not allowed."""
    return {
        "issuer": issuer,
        "token_endpoint": token_url(issuer),
        "jwks_uri": f"{issuer}/oauth/jwks.json",
        "scopes_supported": ["call", "operator", "auditor"],
        "response_types_supported": ["none"],
        "grant_types_supported": [GRANT],
        "token_endpoint_auth_methods_supported": [METHOD],
        "token_endpoint_auth_signing_alg_values_supported": list(SIGNING_ALGORITHMS),
    }


def jwks(session: Session, now: datetime) -> dict[str, Any]:
    """RFC 7517 §5: the public keys that valid tokens are signed with."""
    return {"keys": [key.as_dict(private=False) for key in keys.published(session, now).values()]}


def token_url(issuer: str) -> str:
    return f"{issuer}/oauth/token"


class _Request(OAuth2Request):  # type: ignore[misc]  # Authlib has no types
    """The form as Authlib wants to see it."""

    def __init__(self, url: str, form: dict[str, str]) -> None:
        super().__init__("POST", url)
        self.payload = BasicOAuth2Payload(form)

    @property
    def form(self) -> dict[str, str]:
        data: dict[str, str] = self.payload.data
        return data


class _Grant(ClientCredentialsGrant):  # type: ignore[misc]  # Authlib has no types
    """Client credentials (RFC 6749 §4.4)."""

    TOKEN_ENDPOINT_AUTH_METHODS = (METHOD,)

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """As Authlib's, which writes the token to its debug log."""
        token = self.generate_token(scope=self.request.payload.scope, include_refresh_token=False)
        return 200, token, []


class _Server(AuthorizationServer):  # type: ignore[misc]  # Authlib has no types
    """Authlib's server, for one request."""

    def __init__(self, session: Session, issuer: str, cipher: Cipher, now: datetime) -> None:
        super().__init__()
        self._session = session
        self._issuer = issuer
        self._cipher = cipher
        self._now = now
        self._assertion = ClientAssertion(session, [issuer, token_url(issuer)], now)
        self.register_client_auth_method(METHOD, self._assertion)
        self.register_grant(_Grant)
        self.register_token_generator("default", BearerTokenGenerator(self._sign, expires_generator=tokens.LIFE))

    def query_client(self, client_id: str) -> RegisteredClient:
        return self._assertion.find(client_id)

    def create_oauth2_request(self, request: dict[str, str]) -> _Request:
        return _Request(token_url(self._issuer), request)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: dict[str, Any], headers: Any) -> Answer:
        return _answer(status, body)

    def _sign(self, client: RegisteredClient, grant_type: str, user: None, scope: str) -> str:
        key = keys.current(self._session, self._cipher)
        scopes = frozenset(scope.split())
        now = int(self._now.timestamp())
        return tokens.issue(key, self._issuer, client.row.id, self._assertion.key_id, scopes, now)


def _refusal(error: str, description: str) -> Answer:
    return _answer(400, {"error": error, "error_description": description})


def _answer(status: int, body: dict[str, Any]) -> Answer:
    """RFC 6749 §5.1 and §5.2; a client that is not authenticated gets 401 and the method to use (RFC 9110 §15.5.2)."""
    if body.get("error") != "invalid_client":
        return Answer(status, list(_HEADERS), orjson.dumps(body))
    return Answer(401, [*_HEADERS, ("WWW-Authenticate", f'{METHOD} realm="token"')], orjson.dumps(body))
