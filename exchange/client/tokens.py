"""Access tokens: asked for with a signed assertion (RFC 7523), kept until shortly before they expire.

Where to ask is read from the exchange's metadata (RFC 8414), whose issuer must be the address that the caller gave:
otherwise somebody else's exchange could be asking.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx

from exchange.client import errors
from exchange.client.errors import NotAnExchange
from exchange.identity import assertions

METADATA: Final = "/.well-known/oauth-authorization-server"
MARGIN: Final = 30
"""Seconds before its end at which a token is not used any more."""


class Tokens:
    """One client's tokens. Safe to share between threads; one of them asks, the others wait."""

    def __init__(
        self,
        http: httpx.Client,
        issuer: str,
        client_id: str,
        key: Mapping[str, Any],
        *,
        scope: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._issuer = issuer
        self._client_id = client_id
        self._key = key
        self._scope = scope
        self._clock = clock
        self._lock = threading.Lock()
        self._endpoint: str | None = None
        self._token = ""
        self._until = 0.0

    def get(self) -> str:
        """A token that is good for some time. Raises Unidentified, Unreachable, NotAnExchange."""
        with self._lock:
            if self._clock() >= self._until:
                self._ask()
            return self._token

    def renew(self, rejected: str) -> str:
        """Another token than `rejected`, which may be there already."""
        with self._lock:
            if self._token == rejected or self._clock() >= self._until:
                self._ask()
            return self._token

    def _ask(self) -> None:
        endpoint = self._endpoint = self._endpoint or self._discover()
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_assertion_type": assertions.TYPE,
            "client_assertion": assertions.make_assertion(self._key, self._client_id, self._issuer, int(time.time())),
        }
        if self._scope is not None:
            form["scope"] = self._scope
        sent = self._clock()
        response = _send(self._http, "POST", endpoint, data=form)
        if response.status_code != httpx.codes.OK:
            raise errors.of_token_response(response)
        try:
            document = response.json()
            self._token, life = str(document["access_token"]), float(document["expires_in"])
        except (ValueError, KeyError, TypeError):
            raise NotAnExchange(f"{endpoint} did not answer with a token.") from None
        self._until = sent + life - min(MARGIN, life / 2)

    def _discover(self) -> str:
        response = _send(self._http, "GET", METADATA)
        try:
            document = response.raise_for_status().json()
            issuer, endpoint = str(document["issuer"]), str(document["token_endpoint"])
        except (httpx.HTTPStatusError, ValueError, KeyError, TypeError):
            raise NotAnExchange(f"{self._issuer} does not describe an exchange at {METADATA}.") from None
        if issuer != self._issuer:
            raise NotAnExchange(f"The exchange at {self._issuer} calls itself {issuer}: use that address.")
        if not endpoint.startswith(f"{issuer}/"):
            raise NotAnExchange(f"The exchange at {issuer} has its tokens from elsewhere, where no key is shown.")
        return endpoint


def _send(http: httpx.Client, method: str, url: str, **more: Any) -> httpx.Response:
    try:
        return http.request(method, url, **more)
    except httpx.RequestError as error:
        raise errors.of_transport(error, http.base_url) from None
