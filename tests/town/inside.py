"""The town inside the test's process: a node whose providers answer from memory, and HTTP without a socket."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson

from exchange.app import create_app
from exchange.connectors.memory import Answer, MemoryConnector, Received
from exchange.node import Node
from exchange.settings import Settings
from tests.town.documents import person
from tests.town.people import Keys, Town, first_operator

ADDRESS = "http://provider.test"
URL = "http://127.0.0.1:8999"


class MemoryNode(Node):
    """A node with the shipped in-memory connector beside the REST one."""

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        self.memory = MemoryConnector()
        super().__init__(settings, stack)

    def _register_connectors(self) -> None:
        super()._register_connectors()
        self.connectors.register("memory", lambda: self.memory)


def settings_for(directory: Path, **changes: Any) -> Settings:
    return Settings(data=directory / "var", url=URL, **changes)


def reply_with(*records: dict[str, Any]) -> Callable[[Received], Answer]:
    """One record under `data` for a look-up, all under `items` for a list."""

    def answer(received: Received) -> Answer:
        one = received.path.endswith("/lookups")
        return Answer(body=orjson.dumps({"data": records[0]} if one else {"items": list(records)}))

    return answer


def behave(memory: MemoryConnector, answer: Answer | Callable[[Received], Answer] | None = None) -> None:
    """All operations answer alike; by default with one good record."""
    for method, path in (("POST", "/v1/lookups"), ("GET", "/v1/people"), ("GET", "/v1/districts/East/people")):
        memory.answer(method, path, answer or reply_with(person(1), person(2)))


@asynccontextmanager
async def over(node: Node, keys: Keys, ids: dict[str, str] | None = None) -> AsyncIterator[Town]:
    """HTTP into this node for as long as the block runs."""
    beside = asyncio.create_task(node.run())
    await asyncio.sleep(0)
    transport = httpx.ASGITransport(create_app(node), raise_app_exceptions=False)
    try:
        async with httpx.AsyncClient(transport=transport, base_url=URL) as http:
            yield Town(http, URL, dict(keys), dict(ids or {}))
    finally:
        beside.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beside


class Template:
    """A town that was built once; copies of it are opened in a moment."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        with contextlib.closing(MemoryNode.open(settings_for(directory))) as node:
            behave(node.memory)
            self.keys = first_operator(node)
            asyncio.run(self._build(node))

    async def _build(self, node: Node) -> None:
        async with over(node, self.keys) as town:
            await town.build(ADDRESS)
            self.keys, self.ids = town.keys, town.ids

    def copy(self, directory: Path) -> Path:
        for name in ("var", "var.keys"):
            shutil.copytree(self.directory / name, directory / name)
        return directory

    def open(self, directory: Path, **changes: Any) -> MemoryNode:
        """A node on a copy."""
        node = MemoryNode.open(settings_for(self.copy(directory), **changes))
        behave(node.memory)
        return node


async def raw(town: Town, method: str, target: str, headers: dict[str, str]) -> httpx.Response:
    """A request whose target is sent as it stands: a client would mend or refuse it."""
    request = town.http.build_request(method, "/", headers=headers)
    request.url = _Raw(request.url, target)  # type: ignore[assignment]
    return await town.http.send(request)


class _Raw(httpx.URL):
    """A URL whose raw path is whatever we say."""

    def __init__(self, base: httpx.URL, target: str) -> None:
        super().__init__(base)
        self._target = target.encode()

    @property
    def raw_path(self) -> bytes:
        return self._target

    @property
    def query(self) -> bytes:
        return self._target.partition(b"?")[2]
