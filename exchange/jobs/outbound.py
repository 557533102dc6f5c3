"""One signed POST to an address that the operator allows, with every wait bounded.

The name is resolved here, each of its addresses is judged by the egress rules, and the connection goes to the very
address that was judged (security note 5). No redirect is followed, no proxy asked, no body of an answer read.

    Failed (ConnectionError)    `.reason` is one of REASONS, `.status` what was answered
"""

import asyncio
import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from catalog import addresses
from catalog.addresses import Origin
from exchange.connectors.egress import EgressRules
from exchange.connectors.gate import Resolver, SystemResolver

if TYPE_CHECKING:
    import httpx

SECONDS: Final = 10.0
"""For everything: resolving, connecting, sending, and the head of the answer."""
REASONS: Final = {
    "forbidden-address": "the operator's egress list does not name this address and port for its owner",
    "unknown-host": "the name has no address",
    "unreachable": "no connection, or no TLS that can be trusted",
    "too-slow": "no answer in time",
    "malformed": "the answer is no HTTP",
    "too-large": "the answer is larger than what is read of it",
    "redirect": "redirects are never followed: register the final address",
    "status": "the answer is neither success nor redirect",
}


class Failed(ConnectionError):
    """The request was not taken."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(REASONS[reason])
        self.reason = reason
        self.status = status


def authority(origin: Origin) -> str:
    """What the Host header says: the port only where it is not the scheme's own (RFC 9110 §4.2)."""
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    return host if origin.port == {"http": 80, "https": 443}[origin.scheme] else f"{host}:{origin.port}"


class Sender:
    """Posts for one event loop; `close` ends it."""

    def __init__(self, rules: EgressRules, resolver: Resolver | None = None, seconds: float = SECONDS) -> None:
        self._rules = rules
        self._resolver = resolver or SystemResolver()
        self._seconds = seconds
        self._http: httpx.AsyncClient | None = None

    async def post(self, owner: str, address: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status of success. `owner` is whose egress rules hold. Raises Failed."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(owner, addresses.origin(address), addresses.base_path(address), headers, body)
        except TimeoutError:
            raise Failed("too-slow") from None

    async def close(self) -> None:
        if self._http is not None:
            await self._http.aclose()

    async def _post(self, owner: str, origin: Origin, path: str, headers: Mapping[str, str], body: bytes) -> int:
        import httpx

        places = await self._places(owner, origin)
        for place in places:
            try:
                return await self._send(origin, place, path, headers, body)
            except httpx.TimeoutException:
                raise Failed("too-slow") from None
            except (httpx.ProtocolError, httpx.DecodingError):
                raise Failed("malformed") from None
            except httpx.TransportError:  # perhaps the next address answers
                continue
        raise Failed("unreachable")

    async def _places(self, owner: str, origin: Origin) -> list[str]:
        try:
            found = [str(ip_address(origin.host))]
        except ValueError:
            try:
                found = await self._resolver.resolve(origin.host, origin.port)
            except OSError:
                raise Failed("unknown-host") from None
        allowed = [place for place in found if self._rules.allow(owner, origin.host, origin.port, place)]
        if not allowed:
            raise Failed("forbidden-address" if found else "unknown-host")
        return allowed[:4]

    async def _send(self, origin: Origin, place: str, path: str, headers: Mapping[str, str], body: bytes) -> int:
        host = f"[{place}]" if ":" in place else place
        request = self._client().build_request(
            "POST",
            f"{origin.scheme}://{host}:{origin.port}{path or '/'}",
            content=body,
            headers={**headers, "host": authority(origin)},
            extensions={"sni_hostname": origin.host},
        )
        answer = await self._client().send(request, stream=True)
        await answer.aclose()
        if 300 <= answer.status_code < 400:
            raise Failed("redirect", answer.status_code)
        if not answer.is_success:
            raise Failed("status", answer.status_code)
        return answer.status_code

    def _client(self) -> "httpx.AsyncClient":
        if self._http is None:
            import httpx  # only who sends anything pays for it

            # No connection is kept: two names behind one address must not share one.
            limits = httpx.Limits(max_keepalive_connections=0)
            tls = ssl.create_default_context()
            self._http = httpx.AsyncClient(
                trust_env=False, follow_redirects=False, verify=tls, limits=limits, timeout=self._seconds
            )
        return self._http
