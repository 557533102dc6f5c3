"""A provider on a real socket that does what it is told, however wrong: raw bytes, silence, or an early end."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from random import Random

import orjson

from tests.town.documents import person

Seen = tuple[bytes, bytes]
"""Head and body of one request."""
Behaviour = Callable[[asyncio.StreamWriter, Seen], Awaitable[None]]


def http(body: bytes, status: str = "200 OK", content_type: str = "application/json", *more: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *more]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def says(raw: bytes, *, close: bool = False) -> Behaviour:
    """These bytes, and with `close` the end of the connection."""

    async def behave(writer: asyncio.StreamWriter, _seen: Seen) -> None:
        writer.write(raw)
        await writer.drain()
        if close:
            writer.close()

    return behave


def stalls(raw: bytes = b"") -> Behaviour:
    """These bytes, then nothing."""

    async def behave(writer: asyncio.StreamWriter, _seen: Seen) -> None:
        writer.write(raw)
        await writer.drain()
        await asyncio.sleep(3600)

    return behave


async def good(writer: asyncio.StreamWriter, seen: Seen) -> None:
    head, body = seen
    if b"/lookups" in head:
        number = int(orjson.loads(body)["resident_id"][14:17])
        document: object = {"data": person(number)}
    else:
        document = {"items": [person(1), person(2)]}
    writer.write(http(orjson.dumps(document)))
    await writer.drain()


def slowly(seconds: float) -> Behaviour:
    """A good answer after up to this long."""

    async def behave(writer: asyncio.StreamWriter, seen: Seen) -> None:
        await asyncio.sleep(seconds * Random(seen[0]).random())
        await good(writer, seen)

    return behave


class ScriptedProvider:
    """Listens in a thread of its own; `behaviour` may be replaced at any time."""

    def __init__(self) -> None:
        self.behaviour: Behaviour = good
        self.seen: list[Seen] = []
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
                )
                seen = head, await reader.readexactly(length)
                self.seen.append(seen)
                await self.behaviour(writer, seen)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
