"""One HTTP/1.1 connection and the reply it waits for: llhttp (`httptools`) frames, this judges.

Refused: two lengths, a length beside chunks, a head or a body beyond its limit, other content than plain JSON, an
upgrade, and, stricter than RFC 9112 §5.1 asks of a proxy, a space before a header's colon.

Sources: RFC 9110, RFC 9112.
"""

import asyncio
from typing import cast

import httptools

from exchange.connectors.base import Limits, ProviderFailed, ProviderTooSlow, UpstreamReply
from exchange.connectors.headers import judge, modified, returned

MAX_HEAD_BYTES = 32 * 1024
MAX_FIELDS = 128
MOST_FRAMING = 8
"""Bytes on the wire per byte of body allowed: chunks of one byte have six, and trailers must end."""
IDLE_SECONDS = 15.0
"""An idle connection older than this is not used again: its provider may be about to close it."""


class Connection(asyncio.Protocol):
    """One connection, and the one reply it waits for; the methods named `on_…` are called by the parser."""

    _transport: asyncio.Transport
    _parser: httptools.HttpResponseParser
    _timer: asyncio.TimerHandle

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._reply: asyncio.Future[None] | None = None
        self._heard = loop.time()
        self._whole = self._keep = self._surplus = False

    async def ask(self, raw: bytes, limits: Limits) -> UpstreamReply:
        """Send a request and take in its reply. Raises ProviderFailed, ProviderTooSlow."""
        self._begin(limits)
        self._transport.write(raw)
        assert self._reply is not None
        try:
            await self._reply
        finally:
            self._timer.cancel()
            self._reply = None
        body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        return UpstreamReply(
            self._status,
            returned(self._status, self._content_type, body),
            self._content_type,
            body,
            modified(self._fields),
        )

    def fresh(self) -> bool:
        return not self._transport.is_closing() and self._loop.time() - self._heard < IDLE_SECONDS

    def reusable(self) -> bool:
        """The reply is whole, nothing came after it, nothing is left to send, and both sides want to go on."""
        if not (self._whole and self._keep) or self._surplus or self._transport.is_closing():
            return False
        return self._transport.get_write_buffer_size() == 0

    def abort(self) -> None:
        self._transport.abort()

    def _begin(self, limits: Limits) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._fields: list[tuple[bytes, bytes]] = []
        self._chunks: list[bytes] = []
        self._limits, self._left = limits, limits.max_bytes
        self._status = self._wire = 0
        self._content_type = ""
        self._framed = self._whole = self._keep = self._surplus = False
        self._heard = now = self._loop.time()
        self._deadline = now + limits.total
        self._timer = self._loop.call_at(min(self._deadline, now + limits.read), self._watch)
        self._reply = self._loop.create_future()

    def _watch(self) -> None:
        """The total time is over, or nothing was heard for too long; else look again when that may be."""
        due = min(self._deadline, self._heard + self._limits.read)
        if self._loop.time() >= due:
            self._fail(ProviderTooSlow())
        else:
            self._timer = self._loop.call_at(due, self._watch)

    def _fail(self, error: Exception) -> None:
        self._transport.abort()
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(error)

    # -- the transport ------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name

    def data_received(self, data: bytes) -> None:
        if self._reply is None or self._reply.done():  # nobody asked for this
            self._transport.abort()
            return
        self._heard = self._loop.time()
        self._wire += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            self._fail(cause if isinstance(cause, ProviderFailed) else ProviderFailed("malformed"))
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            if not self._whole:
                self._fail(ProviderFailed("malformed"))
            self._surplus = True
        if not self._status and self._wire > MAX_HEAD_BYTES:
            self._fail(ProviderFailed("malformed"))
        if self._wire > MAX_HEAD_BYTES + MOST_FRAMING * self._limits.max_bytes:
            self._fail(ProviderFailed("too-large", status=self._status))
        if self._whole and not self._reply.done():
            self._reply.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if self._reply is None or self._reply.done():
            return
        if error is None and self._status and not self._framed:  # the body ends with the connection
            self._whole = True
            self._reply.set_result(None)
        else:
            self._reply.set_exception(ProviderFailed("closed-early"))

    # -- the parser ---------------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._surplus = self._surplus or self._whole

    def on_status(self, reason: bytes) -> None:
        if len(reason) > MAX_HEAD_BYTES:
            raise ProviderFailed("malformed")

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._whole or self._status:  # after the reply, or a trailer
            return
        if len(self._fields) >= MAX_FIELDS or len(name) + len(value) > MAX_HEAD_BYTES:
            raise ProviderFailed("malformed")
        self._fields.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self._whole or (status < 200 and status != 101):
            return
        self._content_type = judge(status, self._fields)
        self._status = status
        for name, value in self._fields:
            if name == b"content-length" and int(value) > self._left:
                raise ProviderFailed("too-large", status=status)
            self._framed = self._framed or name in (b"content-length", b"transfer-encoding")

    def on_body(self, data: bytes) -> None:
        if self._whole:
            return
        self._left -= len(data)
        if self._left < 0:
            raise ProviderFailed("too-large", status=self._status)
        self._chunks.append(data)

    def on_message_complete(self) -> None:
        if self._whole:
            return
        if not self._status:  # an interim reply
            self._fields = []
            return
        self._whole, self._keep = True, self._parser.should_keep_alive()
