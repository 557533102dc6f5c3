"""A provider that speaks exactly the bytes it is told to, on 127.0.0.1."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
import uvloop

from exchange.connectors.base import Connector, Limits, Upstream
from exchange.connectors.egress import EgressRules
from exchange.connectors.http1 import Http1Connector
from exchange.connectors.rest import RestConnector

Script = Callable[[asyncio.StreamWriter], Awaitable[None]]


def says(raw: bytes, *, close: bool = False) -> Script:
    """Send these bytes; then close, or wait for the next request on the same connection."""

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()
        if close:
            writer.close()

    return script


def drips(raw: bytes, *, every: float, step: int = 1, hang: bool = False) -> Script:
    """Send these bytes `step` by `step`, `every` so many seconds; then hang until the other side gives up."""

    async def script(writer: asyncio.StreamWriter) -> None:
        for at in range(0, len(raw), step):
            writer.write(raw[at : at + step])
            await writer.drain()
            await asyncio.sleep(every)
        if hang:
            await asyncio.Event().wait()

    return script


def endless(head: bytes, piece: bytes) -> Script:
    """Send the head, then the piece again and again."""

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.001)

    return script


@dataclass
class Seen:
    """One request as it stood on the wire."""

    line: str
    headers: list[tuple[str, str]]
    body: bytes
    connection: int

    def header(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]


@dataclass
class Provider:
    """Plays one script for every request, the last one again when they run out."""

    scripts: list[Script] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    hung_up: int = 0
    port: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def plays(self, *scripts: Script | bytes) -> None:
        self.scripts = [says(script) if isinstance(script, bytes) else script for script in scripts]

    async def start(self, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", port, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        number = self.connections
        try:
            while not writer.is_closing():
                self.seen.append(await _request(reader, number))
                script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
                playing = asyncio.ensure_future(script(writer))
                gone = asyncio.ensure_future(_gone(reader, writer))
                await asyncio.wait({playing, gone}, return_when=asyncio.FIRST_COMPLETED)
                playing.cancel()
                gone.cancel()
                await asyncio.gather(playing, gone, return_exceptions=True)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.hung_up += 1
            writer.close()


async def _gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while not (reader.at_eof() or writer.is_closing()):
        await asyncio.sleep(0.005)


async def _request(reader: asyncio.StreamReader, connection: int) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *fields = head[:-4].split("\r\n")
    headers = [(name, value.strip()) for name, _, value in (one.partition(":") for one in fields)]
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    return Seen(line, headers, await reader.readexactly(length), connection)


@pytest.fixture(name="says")
def says_fixture() -> Callable[..., Script]:
    return says


@pytest.fixture(name="drips")
def drips_fixture() -> Callable[..., Script]:
    return drips


@pytest.fixture(name="endless")
def endless_fixture() -> Callable[..., Script]:
    return endless


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    provider = Provider()
    await provider.start()
    yield provider
    await provider.stop()


TRANSPORTS = {"aiohttp": RestConnector, "http1": Http1Connector}


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> type[RestConnector] | type[Http1Connector]:
    """Every HTTP client that the setting `transport` offers."""
    return TRANSPORTS[request.param]


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Whatever a connector does, it does on both loops."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
async def rest(provider: Provider, transport) -> AsyncIterator[Connector]:
    connector = transport(EgressRules.parse([f"civil-affairs=127.0.0.1:{provider.port}"]), connections_per_origin=4)
    yield connector
    await connector.close()


@pytest.fixture
def upstream(provider: Provider) -> Upstream:
    return Upstream.at(
        f"http://127.0.0.1:{provider.port}/base",
        department="civil-affairs",
        credential=(b"Authorization", b"Bearer of-the-service"),
        limits=Limits(connect=0.3, read=0.3, total=0.6, max_bytes=4096),
    )
