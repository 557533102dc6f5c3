"""HTTP/1.1 sources through a small client around llhttp (`httptools`): the transport of the call path (ADR 0003).

One request is written once, in one piece. A connection goes back to its pool only when it is `reusable`; whatever else
happens, an error, a time-out, a cancelled call, closes it. Every department has pools of its own, one per origin, so a
connection opened under one department's egress rules never serves another.
"""

import asyncio
import ssl
from collections import deque
from functools import lru_cache

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
from exchange.connectors.connection import Connection
from exchange.connectors.egress import EgressRules
from exchange.connectors.gate import Gate, Resolver
from exchange.connectors.headers import credential, upward
from exchange.connectors.sockets import connect

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})

_OWN = "accept-encoding: identity\r\nuser-agent: hutong\r\n"
_ACCEPT = "accept: application/json, application/problem+json\r\n"


class Http1Connector:
    """See `base.Connector`. Made and used on one event loop."""

    def __init__(
        self, rules: EgressRules, *, connections_per_origin: int = 64, resolver: Resolver | None = None
    ) -> None:
        self._rules = rules
        self._most = connections_per_origin
        self._resolver = resolver
        self._pools: dict[tuple[str, Origin], _Pool] = {}
        self._place = lru_cache(maxsize=4096)(self._prepare)
        self._closed = False

    async def fetch(self, upstream: Upstream, request: UpstreamRequest) -> UpstreamReply:
        """One request, one complete reply. The provider sees it at most once."""
        pool, fixed = self._place(upstream)
        raw = _written(upstream, request, fixed)
        connection = pool.idle() or await pool.open(upstream.limits.connect)
        try:
            return await connection.ask(raw, upstream.limits)
        finally:
            pool.take_back(connection)

    async def close(self) -> None:
        self._closed = True
        self._place.cache_clear()
        while self._pools:
            _, pool = self._pools.popitem()
            pool.close()

    def _prepare(self, upstream: Upstream) -> "tuple[_Pool, str]":
        """The pool, and the header lines that are the same for every call of one upstream."""
        if self._closed:
            raise RuntimeError("This connector is closed.")
        lines = "".join(f"{name}: {value}\r\n" for name, value in credential(upstream.credential))
        key = upstream.department, upstream.origin
        if key not in self._pools:
            gate = Gate(self._rules, upstream, self._resolver)
            self._pools[key] = _Pool(upstream.origin, gate, self._most)
        return self._pools[key], f"host: {_authority(upstream.origin)}\r\n{_OWN}{lines}"


def _authority(origin: Origin) -> str:
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    return host if origin.port == (443 if origin.scheme == "https" else 80) else f"{host}:{origin.port}"


def _written(upstream: Upstream, request: UpstreamRequest, fixed: str) -> bytes:
    """The request as it goes over the wire. Raises ValueError for what would not be one request to this place."""
    if request.method not in METHODS:
        raise ValueError(f"An upstream method is one of {', '.join(sorted(METHODS))}.")
    body = request.body or b""
    lines = [f"{request.method} {target(upstream, request)} HTTP/1.1\r\n", fixed]
    sent = upward(request.headers)
    lines += [f"{name}: {value}\r\n" for name, value in sent]
    if "accept" not in dict(sent):
        lines.append(_ACCEPT)
    if request.body is not None or request.method != "GET":
        lines.append(f"content-length: {len(body)}\r\n")
    lines.append("\r\n")
    return "".join(lines).encode("ascii") + body


class _Pool:
    """Connections of one department to one origin: at most `most`, in use and idle together."""

    def __init__(self, origin: Origin, gate: Gate, most: int) -> None:
        self._origin = origin
        self._gate = gate
        self._most = most
        self._taken = 0
        self._idle: deque[Connection] = deque()
        self._busy: set[Connection] = set()
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._loop = asyncio.get_running_loop()

    def idle(self) -> Connection | None:
        """The connection that was used last, if it can still be used."""
        while self._idle:
            connection = self._idle.pop()
            if connection.fresh():
                self._busy.add(connection)
                return connection
            connection.abort()
            self._taken -= 1
        return None

    async def open(self, seconds: float) -> Connection:
        """A new connection, or one that another call gives back. Raises ProviderTooSlow, ProviderFailed, …"""
        try:
            async with asyncio.timeout(seconds):
                connection = await self._slot()
                if connection is not None and not connection.fresh():
                    connection.abort()
                    connection = None
                connection = connection or await self._dial(seconds)
        except TimeoutError:
            raise ProviderTooSlow from None
        self._busy.add(connection)
        return connection

    def take_back(self, connection: Connection) -> None:
        """For the next call if nothing speaks against it, else only its slot."""
        self._busy.discard(connection)
        if connection.reusable():
            self._hand_on(connection)
        else:
            connection.abort()
            self._hand_on(None)

    def close(self) -> None:
        for connection in (*self._busy, *self._idle):
            connection.abort()
        self._idle.clear()

    async def _slot(self) -> Connection | None:
        """The right to one connection, and perhaps the connection itself, in the order of asking."""
        if self._taken < self._most:
            self._taken += 1
            return None
        waiter: asyncio.Future[Connection | None] = self._loop.create_future()
        self._waiting.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled():  # handed on in the very moment of giving up
                self._hand_on(waiter.result())
            raise

    def _hand_on(self, connection: Connection | None) -> None:
        """To the call that waits longest; without one, the connection is kept, or the slot given up."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        if connection is None:
            self._taken -= 1
        else:
            self._idle.append(connection)

    async def _dial(self, seconds: float) -> Connection:
        try:
            sock = await connect(self._gate, self._origin.host, self._origin.port, seconds)
            tls = self._origin.scheme == "https"
            _, connection = await self._loop.create_connection(
                lambda: Connection(self._loop),
                sock=sock,
                ssl=_trust() if tls else None,
                server_hostname=self._origin.host if tls else None,
            )
        except BaseException as error:
            self._hand_on(None)
            raise _translated(error) from None
        return connection


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def _translated(error: BaseException) -> BaseException:
    if isinstance(error, ConnectionRefusedError):
        return ProviderFailed("refused")
    if isinstance(error, OSError | ValueError) and not isinstance(error, EgressForbidden | TimeoutError):
        return ProviderFailed("unreachable")
    return error
