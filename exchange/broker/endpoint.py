"""Bytes in, bytes out: the raw ASGI side of the broker at `/x/{department}/{service}/{operation path}`.

The server decodes `path`; only `raw_path` is looked at here. A client that hangs up does not cancel the call: the
server goes on with it, and the reply's entry is written (security note 9).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog

from exchange.broker.call import ONCE, Call, Refused, Reply, new_id
from exchange.broker.pipeline import Broker, handle
from exchange.clock import milliseconds
from exchange.metrics import Metrics

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PREFIX = b"/x/"
SPECIFICATION = "/openapi.json"

log = structlog.get_logger("exchange.broker")


class Endpoint:
    """The ASGI application of the call path."""

    def __init__(self, broker: Broker, metrics: Metrics, *, max_bytes: int, seconds: float) -> None:
        self._broker = broker
        self._metrics = metrics
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._log = log.bind()  # what structlog would otherwise do anew for every call

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        call = self._call(scope, receive)
        if call.path == SPECIFICATION and call.method in ("GET", "HEAD"):
            reply = self._specification(call)
        else:
            reply = await handle(self._broker, call)
            seconds = time.perf_counter() - started
            self._metrics.call(reply.status, seconds)
            self._log.debug("call", call=call.id, service=f"{call.department}/{call.service}", status=reply.status)
        await _answer(call, reply, send)

    def _call(self, scope: Scope, receive: Receive) -> Call:
        raw: bytes = scope["raw_path"]
        department, _, rest = raw[len(PREFIX) :].decode("latin-1").partition("/")
        service, slash, path = rest.partition("/")
        headers: dict[bytes, bytes] = {}
        repeated: list[bytes] = []
        for name, value in scope["headers"]:
            if name in headers:
                if name in ONCE:
                    repeated.append(name)
                continue
            headers[name] = value
        at = milliseconds()
        return Call(
            new_id(at),
            at,
            scope["method"],
            department,
            service,
            slash + path,
            scope["query_string"].decode("latin-1"),
            headers,
            repeated,
            scope["client"][0] if scope.get("client") else "",
            lambda: self._read(headers, receive),
        )

    async def _read(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        """The whole body, within the limits of bytes and of time."""
        announced = headers.get(b"content-length", b"")
        if announced.isdigit() and int(announced) > self._max_bytes:
            raise self._too_large()
        try:
            async with asyncio.timeout(self._seconds):
                return await self._drain(receive)
        except TimeoutError:
            raise Refused("malformed-request", f"The body did not arrive within {self._seconds:g} s.") from None

    async def _drain(self, receive: Receive) -> bytes:
        message = await receive()
        body: bytes = message.get("body", b"")
        while message.get("more_body"):
            message = await receive()
            body += message.get("body", b"")
            if len(body) > self._max_bytes:
                raise self._too_large()
        if message["type"] != "http.request":
            raise Refused("malformed-request", "The connection ended before the body did.")
        if len(body) > self._max_bytes:
            raise self._too_large()
        return body

    def _too_large(self) -> Refused:
        return Refused("body-too-large", f"A request body may have {self._max_bytes} bytes.")

    def _specification(self, call: Call) -> Reply:
        snapshot = self._broker.current.newest
        service = snapshot.services.get(f"{call.department}/{call.service}") if snapshot else None
        if service is None or service.reach is None:
            return Refused("unknown-service").reply(call)
        headers = [(b"content-type", b"application/json"), (b"hutong-call", call.id.encode())]
        return Reply(200, [*headers, (b"hutong-source", b"exchange")], service.reach.openapi)


async def _answer(call: Call, reply: Reply, send: Send) -> None:
    headers = [*reply.headers, (b"content-length", str(len(reply.body)).encode())]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if call.method == "HEAD" else reply.body})
