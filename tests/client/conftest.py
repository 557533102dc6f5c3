"""A live exchange with the demonstration city behind it, and a pretended one for what a real one does not do."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from exchange.client import Exchange
from exchange.identity import assertions
from exchange.node import Node
from exchange.settings import Settings
from seeds.datasets import services
from seeds.load import Loader
from seeds.providers import Providers
from seeds.records import Cast, cast, generate

SERVE = """
from exchange.server import serve
from exchange.settings import Settings
serve(Settings(), lambda url: print(url, flush=True))
"""
URL = "http://127.0.0.1:8999"
CLIENT = "government-services.newborn"
KEY = assertions.make_key()
TOKEN = "made-up-token-that-no-text-may-show"


@dataclass(frozen=True)
class City:
    """Where it answers, key files by official or application, its ledger's key, whom the records are about."""

    url: str
    keys: Mapping[str, Path]
    vkey: str
    cast: Cast
    providers: Providers

    def acting(self, who: str, **more: Any) -> Exchange:
        return Exchange.from_file(self.url, self.keys[who], **more)


@contextmanager
def serving(data: Path, egress: str) -> Iterator[str]:
    environment = {
        **os.environ,
        "HUTONG_DATA": str(data),
        "HUTONG_PORT": "0",
        "HUTONG_EGRESS": egress,
        "HUTONG_LOG_LEVEL": "error",
    }
    process = subprocess.Popen([sys.executable, "-c", SERVE], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        readable, _, _ = select.select([process.stdout], [], [], 30)
        url = process.stdout.readline().strip() if readable else ""
        assert url, "the exchange did not start"
        yield url
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    directory = tmp_path_factory.mktemp("city")
    data = directory / "var"
    with Providers() as providers:
        egress = ",".join(f"{name}=127.0.0.1:{port}" for name, port in providers.ports.items())
        node = Node.open(Settings(data=data, port=0))
        vkey = str(node.vkey)
        drafts = services(providers.address, providers.credential)
        loaded = Loader(node, directory / "clients", drafts, datetime.now(UTC)).load()
        node.close()
        with serving(data, egress) as url:
            yield City(url, loaded.keys, vkey, cast(generate()), providers)


Handler = Callable[[httpx.Request], httpx.Response]


class Pretended:
    """An exchange that hands out tokens and answers everything else with `handler`; it remembers what it was asked."""

    def __init__(self, handler: Handler, *, life: float = 600, issuer: str = URL) -> None:
        self.handler = handler
        self.life = life
        self.metadata = {"issuer": issuer, "token_endpoint": f"{issuer}/oauth/token"}
        self.tokens = 0
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/.well-known/oauth-authorization-server":
            return httpx.Response(200, json=self.metadata)
        if request.url.path == "/oauth/token":
            self.tokens += 1
            return httpx.Response(200, json={"access_token": f"{TOKEN}-{self.tokens}", "expires_in": self.life})
        self.asked.append(request)
        return self.handler(request)

    def client(self, **more: Any) -> Exchange:
        return Exchange(URL, CLIENT, KEY, transport=httpx.MockTransport(self), **more)


def released(body: Any = None, *, call: str = "ab" * 16, status: int = 200) -> httpx.Response:
    """A reply as the broker releases it."""
    headers = {
        "hutong-call": call,
        "hutong-source": "provider",
        "hutong-receipt": f"/ledger/receipts/{call}",
        "content-type": "application/json",
    }
    return httpx.Response(status, headers=headers, content=b"" if body is None else json.dumps(body).encode())
