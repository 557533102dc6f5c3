"""The town as a process of its own on a free port, to be called over sockets and killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from exchange.node import Node
from exchange.settings import Settings
from tests.town.people import Keys, Town, first_operator
from tests.town.provider import ScriptedProvider

PATIENCE = 20.0


class LiveExchange:
    """One data directory, and the process that serves it; what the process logs is kept in `log`."""

    def __init__(self, directory: Path, provider: ScriptedProvider, **environment: Any) -> None:
        self.directory = directory
        self.provider = provider
        self.keys: Keys = {}
        self.ids: dict[str, str] = {}
        self.log = directory / "log"
        self.environment = {name: str(value) for name, value in environment.items()}
        self.process: subprocess.Popen[bytes] | None = None
        self.url = ""

    @property
    def data(self) -> Path:
        return self.directory / "var"

    def found(self) -> None:
        """Initialise the directory and register the first operator at the console."""
        node = Node.open(Settings(data=self.data))
        try:
            self.keys = first_operator(node)
            self.vkey = str(node.vkey)
        finally:
            node.close()

    def start(self, **more: Any) -> None:
        """Start and wait until it answers. Raises AssertionError with what it wrote."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HUTONG_")},
            "HUTONG_DATA": str(self.data),
            "HUTONG_PORT": "0",
            "HUTONG_EGRESS": f"health=127.0.0.1:{self.provider.port}",
            **self.environment,
            **{name: str(value) for name, value in more.items()},
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.town.serve"],
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
                cwd=Path(__file__).parents[2],
            )
        overdue = threading.Timer(PATIENCE, self.process.kill)
        overdue.start()
        try:
            assert self.process.stdout is not None
            line = self.process.stdout.readline().decode()
        finally:
            overdue.cancel()
        assert line.startswith("ready "), f"it did not start: {line} {self.log.read_text()[-2000:]}"
        self.url = line.split()[1]

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self._ended()

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self._ended()

    def _ended(self) -> int:
        assert self.process is not None
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            if self.process.stdout is not None:
                self.process.stdout.close()

    @asynccontextmanager
    async def town(self, **more: Any) -> AsyncIterator[Town]:
        """The town over a client of its own; `more` are settings of that client."""
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
        async with httpx.AsyncClient(
            base_url=self.url, timeout=30, trust_env=False, **{"limits": limits, **more}
        ) as http:
            yield Town(http, self.url, self.keys, self.ids)

    async def build(self) -> None:
        async with self.town() as town:
            await town.build(self.provider.address, "rest")
            self.keys, self.ids = town.keys, town.ids

    def stored(self) -> bytes:
        """Every byte on its disk but the key files."""
        return b"".join(file.read_bytes() for file in sorted(self.data.rglob("*")) if file.is_file())


def eventually(condition: Any, seconds: float = 10.0) -> Any:
    """What `condition` gives once it is true; AssertionError when that takes too long."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return found
