"""What every connector does alike: the REST connector against real bytes, the in-memory one as it ships."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from exchange.connectors.base import (
    Connector,
    Limits,
    ProviderFailed,
    ProviderTooSlow,
    Upstream,
    UpstreamReply,
    UpstreamRequest,
)
from exchange.connectors.egress import EgressRules
from exchange.connectors.http1 import Http1Connector
from exchange.connectors.memory import Answer, MemoryConnector
from exchange.connectors.rest import RestConnector

LIMITS = Limits(connect=0.3, read=0.3, total=0.6, max_bytes=4096)
CREDENTIAL = (b"X-Api-Key", b"of-the-service")


@dataclass
class World:
    connector: Connector
    upstream: Upstream
    provider: object
    memory: MemoryConnector | None

    def answers(self, answer: Answer, method: str = "GET", path: str = "/v1/people") -> None:
        if self.memory is not None:
            self.memory.answer(method, "/base" + path, answer)
            return
        body = answer.body if not answer.size else b" " * answer.size
        head = b"".join(b"%s: %s\r\n" % pair for pair in answer.headers)
        raw = b"HTTP/1.1 %d X\r\n%sContent-Length: %d\r\n\r\n%s" % (answer.status, head, len(body), body)

        async def script(writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(answer.delay)
            writer.write(raw)
            await writer.drain()

        self.provider.scripts = [script]

    def arrived(self) -> tuple[str, dict[str, str], bytes]:
        """Method, target and headers of the last request as the provider saw it."""
        if self.memory is not None:
            last = self.memory.received[-1]
            target = last.path + (f"?{last.query}" if last.query else "")
            return f"{last.method} {target}", {k.lower(): v for k, v in last.headers.items()}, last.body or b""
        seen = self.provider.seen[-1]
        return seen.line.removesuffix(" HTTP/1.1"), {k.lower(): v for k, v in seen.headers}, seen.body

    async def get(self, **request: object) -> UpstreamReply:
        return await self.connector.fetch(self.upstream, UpstreamRequest("GET", "/v1/people", **request))


@pytest.fixture(params=["http1", "aiohttp", "memory"])
async def world(request: pytest.FixtureRequest, provider) -> AsyncIterator[World]:
    rules = EgressRules.parse([f"civil-affairs=127.0.0.1:{provider.port}"])
    memory = MemoryConnector() if request.param == "memory" else None
    transport = Http1Connector if request.param == "http1" else RestConnector
    connector = memory or transport(rules, connections_per_origin=2)
    address = f"http://127.0.0.1:{provider.port}/base"
    upstream = Upstream.at(address, department="civil-affairs", credential=CREDENTIAL, limits=LIMITS)
    yield World(connector, upstream, provider, memory)
    await connector.close()


async def test_a_json_reply_comes_back_whole(world: World) -> None:
    world.answers(Answer(body=b'{"a": 1}'))
    reply = await world.get()
    assert (reply.status, reply.body, reply.content_type) == (200, b'{"a": 1}', "application/json")
    assert reply.headers == [(b"content-type", b"application/json")]


@pytest.mark.parametrize("status", [201, 206, 400, 404, 422, 500, 503])
async def test_statuses_other_than_redirects_come_back(world: World, status: int) -> None:
    world.answers(Answer(status))
    assert (await world.get()).status == status


async def test_nothing_of_the_providers_headers_comes_back(world: World) -> None:
    names = (b"Set-Cookie", b"WWW-Authenticate", b"Server", b"Location", b"Via", b"X-Person", b"ETag", b"Connection")
    headers = [(b"Content-Type", b'application/json; charset="UTF-8"'), *((name, b"keep-alive") for name in names)]
    world.answers(Answer(headers=headers))
    assert (await world.get()).headers == [(b"content-type", b"application/json")]


async def test_only_listed_headers_and_the_credential_go_up(world: World) -> None:
    world.answers(Answer())
    await world.get(
        headers=[
            ("Authorization", "Bearer of-the-caller"),
            ("Cookie", "a=b"),
            ("Hutong-Purpose", "newborn"),
            ("Hutong-Actor", "someone"),
            ("X-Forwarded-For", "192.0.2.7"),
            ("X-Api-Key", "of-the-caller"),
            ("Connection", "tracestate"),
            ("TE", "trailers"),
            ("Upgrade", "h2c"),
            ("Transfer-Encoding", "chunked"),
            ("Content-Length", "7"),
            ("Host", "elsewhere.example"),
            ("tracestate", "a=1"),
            ("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
            ("Hutong-Call", "c" * 32),
            ("Accept", "application/json\r\nX-Evil: 1"),
        ]
    )
    _, headers, _ = world.arrived()
    assert headers.pop("x-api-key") == "of-the-service"
    assert headers.pop("hutong-call") == "c" * 32
    assert headers.pop("traceparent").startswith("00-0af7")
    assert headers.pop("host", "127.0.0.1").startswith("127.0.0.1")
    assert headers.keys() <= {"accept", "accept-encoding", "user-agent"}
    assert "of-the-caller" not in str(headers)
    assert "Evil" not in str(headers)


async def test_method_path_query_and_body_arrive_as_given(world: World) -> None:
    world.answers(Answer(), "POST", "/v1/a%20b/%E4%BA%BA;x=1")
    request = UpstreamRequest(
        "POST", "/v1/a%20b/%E4%BA%BA;x=1", "q=%2F&r=a+b", [("Content-Type", "application/json")], b'{"id": 1}'
    )
    await world.connector.fetch(world.upstream, request)
    line, headers, body = world.arrived()
    assert line == "POST /base/v1/a%20b/%E4%BA%BA;x=1?q=%2F&r=a+b"
    assert (body, headers["content-type"]) == (b'{"id": 1}', "application/json")


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
async def test_redirects_are_not_followed(world: World, status: int) -> None:
    location = (b"Location", f"http://127.0.0.1:{world.upstream.origin.port}/base/v1/people".encode())
    world.answers(Answer(status, headers=[location], body=b""))
    with pytest.raises(ProviderFailed) as failed:
        await world.get()
    assert (failed.value.reason, failed.value.status) == ("redirect", status)


@pytest.mark.parametrize(
    "content_type",
    [
        b"text/html",
        b"application/json; charset=gb18030",
        b"application/xml",
        b"application/json; a=b; c=d",
        b"json",
        b"",
    ],
)
async def test_other_content_than_json_in_utf8_is_malformed(world: World, content_type: bytes) -> None:
    world.answers(Answer(headers=[(b"Content-Type", content_type)]))
    with pytest.raises(ProviderFailed) as failed:
        await world.get()
    assert failed.value.reason == "malformed"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"Content-Type", b"application/json"), (b"Content-Type", b"application/json")],
        [(b"Content-Type", b"application/json"), (b"Content-Encoding", b"gzip")],
        [(b"Content-Type", b"application/json"), (b"Content-Encoding", b"identity"), (b"content-encoding", b"br")],
    ],
)
async def test_undeclared_doubly_declared_or_compressed_content_is_malformed(world: World, headers: list) -> None:
    world.answers(Answer(headers=headers))
    with pytest.raises(ProviderFailed) as failed:
        await world.get()
    assert failed.value.reason == "malformed"


async def test_the_size_limit_is_exact(world: World) -> None:
    world.answers(Answer(size=LIMITS.max_bytes))
    assert len((await world.get()).body) == LIMITS.max_bytes
    world.answers(Answer(size=LIMITS.max_bytes + 1))
    with pytest.raises(ProviderFailed) as failed:
        await world.get()
    assert failed.value.reason == "too-large"


async def test_a_slow_provider_is_given_up(world: World) -> None:
    world.answers(Answer(delay=60))
    began = time.monotonic()
    with pytest.raises(ProviderTooSlow):
        await world.get()
    assert time.monotonic() - began < 20


async def test_cancelling_frees_the_slot(world: World) -> None:
    world.answers(Answer(delay=5))
    for _ in range(4):
        waiting = asyncio.ensure_future(world.get())
        await asyncio.sleep(0.03)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    world.answers(Answer())
    assert (await world.get()).status == 200


async def test_a_closed_connector_refuses(world: World) -> None:
    await world.connector.close()
    with pytest.raises(RuntimeError):
        await world.get()


async def test_errors_carry_nothing_of_the_request_or_reply(world: World) -> None:
    secret = "110101199003070000"
    world.answers(Answer(body=secret.encode(), headers=[(b"Content-Type", b"text/" + secret.encode())]))
    with pytest.raises(ProviderFailed) as failed:
        await world.get(query=f"id={secret}", headers=[("tracestate", f"a={secret}")])
    text = f"{failed.value} {failed.value!r} {failed.value.args} {failed.value.__cause__!r}"
    assert secret not in text
    assert "of-the-service" not in text
