"""HTTP/1.1 sources through aiohttp: pooled, bounded in time and size, never redirected, never repeated.

Every department has pools of its own, one per origin, so a connection opened under one department's egress rules never
serves another. The rules are asked twice: on every address a name resolves to, and on the address of every socket.
"""

import socket
from functools import lru_cache

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict
from yarl import URL

from catalog.addresses import Origin
from exchange.connectors.base import (
    EgressForbidden,
    ProviderFailed,
    ProviderTooSlow,
    Upstream,
    UpstreamReply,
    UpstreamRequest,
    target,
)
from exchange.connectors.egress import EgressRules
from exchange.connectors.gate import Gate, Resolver
from exchange.connectors.headers import credential, judge, modified, returned, upward

# What aiohttp would add otherwise; a compressed reply is refused, so none is asked for.
_OWN = (("accept", "application/json, application/problem+json"), ("accept-encoding", "identity"))
_AGENT = ("user-agent", "hutong")


class RestConnector:
    """See `base.Connector`. Made and used on one event loop."""

    def __init__(
        self, rules: EgressRules, *, connections_per_origin: int = 64, resolver: Resolver | None = None
    ) -> None:
        self._rules = rules
        self._connections = connections_per_origin
        self._resolver = resolver
        self._sessions: dict[tuple[str, Origin], aiohttp.ClientSession] = {}
        self._place = lru_cache(maxsize=4096)(self._prepare)
        self._closed = False

    async def fetch(self, upstream: Upstream, request: UpstreamRequest) -> UpstreamReply:
        """One request, one complete reply. The provider sees it at most once."""
        place = self._place(upstream)
        url = URL(place.origin + target(upstream, request), encoded=True)
        headers = place.headers.copy()
        headers.update(upward(request.headers))
        try:
            response = await place.session.request(
                request.method, url, headers=headers, data=request.body, allow_redirects=False, timeout=place.timeout
            )
            try:
                return await _read(response, upstream.limits.max_bytes)
            except BaseException:
                response.close()
                raise
        except (TimeoutError, aiohttp.ClientError, HttpProcessingError) as error:
            raise _translated(error) from None

    async def close(self) -> None:
        self._closed = True
        self._place.cache_clear()
        while self._sessions:
            _, session = self._sessions.popitem()
            await session.close()

    def _prepare(self, upstream: Upstream) -> "_Place":
        if self._closed:
            raise RuntimeError("This connector is closed.")
        key = upstream.department, upstream.origin
        if key not in self._sessions:
            self._sessions[key] = self._session(upstream)
        return _Place(upstream, self._sessions[key])

    def _session(self, upstream: Upstream) -> aiohttp.ClientSession:
        gate = Gate(self._rules, upstream, self._resolver)
        pool = aiohttp.TCPConnector(limit=self._connections, resolver=_Names(gate), socket_factory=gate.socket)
        return aiohttp.ClientSession(
            connector=pool,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            middlewares=(_once,),
        )


class _Names(AbstractResolver):
    """The gate, as aiohttp asks for names."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in await self._gate.resolve(host, port)
        ]

    async def close(self) -> None:
        """Nothing is held open."""


class _Place:
    """What is the same for every call of one upstream, made once."""

    __slots__ = ("headers", "origin", "session", "timeout")

    def __init__(self, upstream: Upstream, session: aiohttp.ClientSession) -> None:
        limits = upstream.limits
        self.session = session
        self.origin = str(upstream.origin)
        self.headers = CIMultiDict((*_OWN, _AGENT, *credential(upstream.credential)))
        self.timeout = aiohttp.ClientTimeout(
            total=limits.total, connect=limits.connect, sock_connect=limits.connect, sock_read=limits.read
        )


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """aiohttp repeats an idempotent request whose reused connection broke; one entry in the ledger is one request."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _Broken from error


class _Broken(aiohttp.ClientConnectionError):
    """The connection went away before the reply's head: an error aiohttp does not answer with a second request."""


async def _read(response: aiohttp.ClientResponse, max_bytes: int) -> UpstreamReply:
    """Judge the head, then take the body in as it comes, never more of it than the limit."""
    status, content = response.status, response.content
    content_type = judge(status, response.raw_headers)
    if not content.is_eof():
        _watch_framing(response)
        if (response.content_length or 0) > max_bytes:
            raise ProviderFailed("too-large", status=status)
    chunks: list[bytes] = []
    while chunk := content.read_nowait() if content.is_eof() else await content.readany():
        chunks.append(chunk)
        max_bytes -= len(chunk)
        if max_bytes < 0:
            raise ProviderFailed("too-large", status=status)
    body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    return UpstreamReply(
        status, returned(status, content_type, body), content_type, body, modified(response.raw_headers)
    )


def _watch_framing(response: aiohttp.ClientResponse) -> None:
    """aiohttp tells a framing error after the head to the connection only; pass it on to whoever reads the body."""
    connection = response.connection
    protocol = None if connection is None else connection.protocol
    if protocol is None:  # never `not protocol`: it has a length
        return

    def pass_on(_: object = None) -> None:
        error = protocol.exception()
        if isinstance(error, HttpProcessingError) and response.content.exception() is None:
            response.content.set_exception(error)

    closed = protocol.closed
    if closed is None:
        pass_on()
    else:
        closed.add_done_callback(pass_on)


def _translated(error: Exception) -> Exception:
    """aiohttp's error as ours. Its text is dropped: it carries the URL, and may carry bytes of the reply."""
    if isinstance(error, TimeoutError):
        return ProviderTooSlow()
    if isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error
        if isinstance(cause, EgressForbidden):
            return cause
        return ProviderFailed("refused" if isinstance(cause, ConnectionRefusedError) else "unreachable")
    if isinstance(error, (HttpProcessingError, aiohttp.ClientResponseError)):
        return ProviderFailed("malformed")
    if isinstance(error, aiohttp.InvalidURL):
        return ProviderFailed("unreachable")
    return ProviderFailed("closed-early")
