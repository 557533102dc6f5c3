"""The REST connector against a provider that says anything: framing, time, size, reuse."""

import asyncio
import gzip
import ssl
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from exchange.connectors.base import ProviderFailed, ProviderTooSlow, UpstreamRequest
from exchange.connectors.egress import EgressRules
from exchange.connectors.http1 import Http1Connector

JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
GET = UpstreamRequest("GET", "/v1/people")
POST = UpstreamRequest("POST", "/v1/people", "", [("Content-Type", "application/json")], b'{"id":1}')

MALFORMED = {
    "not http": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "http 2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "length and chunked": JSON + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "chunked and length": JSON + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "two lengths": JSON + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
    "the same length twice": JSON + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "length list": JSON + b"Content-Length: 2, 2\r\n\r\n{}",
    "negative length": JSON + b"Content-Length: -2\r\n\r\n{}",
    "signed length": JSON + b"Content-Length: +2\r\n\r\n{}",
    "length is no number": JSON + b"Content-Length: two\r\n\r\n{}",
    "bad chunk size": JSON + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "chunk longer than said": JSON + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
    "header with a NUL": JSON + b"X-A: a\x00b\r\nContent-Length: 2\r\n\r\n{}",
    "header without colon": JSON + b"X-A\r\nContent-Length: 2\r\n\r\n{}",
    "one huge header": JSON + b"X-A: " + b"a" * 70_000 + b"\r\nContent-Length: 2\r\n\r\n{}",
    "thousands of headers": JSON + b"X-A: a\r\n" * 5_000 + b"Content-Length: 2\r\n\r\n{}",
    "endless status line": b"HTTP/1.1 200 " + b"O" * 70_000 + b"\r\n\r\n",
    "switching protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "status 600": b"HTTP/1.1 600 X\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
    "gzip": JSON
    + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(gzip.compress(b"{}")), gzip.compress(b"{}")),
    "gzip as transfer": JSON + b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED)
async def test_what_is_not_well_formed_is_refused(rest, upstream, provider, raw: bytes) -> None:
    provider.plays(raw)
    with pytest.raises(ProviderFailed) as failed:
        await rest.fetch(upstream, GET)
    assert failed.value.reason == "malformed"


BROKEN_LATER = {
    "chunk size": b"zz\r\n{}\r\n",
    "second chunk": b"1\r\n{\r\nzz\r\n}\r\n",
    "chunk longer than said": b"1\r\n{}\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("body", BROKEN_LATER.values(), ids=BROKEN_LATER)
@pytest.mark.parametrize("step", [1, 3, 1000])
async def test_framing_that_breaks_after_the_head_is_refused_at_once(
    rest, upstream, provider, drips, body: bytes, step: int
) -> None:
    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(JSON + b"Transfer-Encoding: chunked\r\n\r\n")
        await asyncio.sleep(0.01)
        await drips(body, every=0.002, step=step, hang=True)(writer)

    provider.plays(script)
    with pytest.raises(ProviderFailed) as failed:
        await rest.fetch(upstream, GET)
    assert failed.value.reason == "malformed"


EARLY = {
    "before a byte": b"",
    "in the status line": b"HTTP/1.1 20",
    "in the headers": JSON,
    "before the body": JSON + b"Content-Length: 5\r\n\r\n",
    "in the body": JSON + b"Content-Length: 5\r\n\r\n{",
    "in a chunk": JSON + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    "before the last chunk": JSON + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    "after an interim reply": b"HTTP/1.1 100 Continue\r\n\r\n",
}


@pytest.mark.parametrize("raw", EARLY.values(), ids=EARLY)
@pytest.mark.parametrize("request_", [GET, POST], ids=["get", "post"])
async def test_closing_early_is_said_and_not_repeated(rest, upstream, provider, says, raw, request_) -> None:
    provider.plays(says(raw, close=True))
    with pytest.raises(ProviderFailed) as failed:
        await rest.fetch(upstream, request_)
    assert failed.value.reason == "closed-early"
    assert len(provider.seen) == 1


ACCEPTED = {
    "with a length": JSON + b"Content-Length: 2\r\n\r\n{}",
    "chunked": JSON + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1;ext=1\r\n}\r\n0\r\n\r\n",
    "chunked with trailers": JSON + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Sum: 1\r\n\r\n",
    "after 100-continue": b"HTTP/1.1 100 Continue\r\n\r\n" + JSON + b"Content-Length: 2\r\n\r\n{}",
    "after early hints": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + JSON + b"Content-Length: 2\r\n\r\n{}",
    "bytes that are not UTF-8 in a header": JSON + b"X-A: \xff\xfe\xb2\xe2\r\nContent-Length: 2\r\n\r\n{}",
}


@pytest.mark.parametrize("raw", ACCEPTED.values(), ids=ACCEPTED)
async def test_well_formed_replies_are_read_and_the_connection_kept(rest, upstream, provider, raw: bytes) -> None:
    provider.plays(raw)
    for _ in range(3):
        assert (await rest.fetch(upstream, GET)).body == b"{}"
    assert provider.connections == 1


async def test_a_space_before_a_colon_is_mended_or_refused(rest, upstream, provider) -> None:
    """RFC 9112 §5.1 asks a proxy to mend it; our own client refuses, as it does whatever else is not well formed."""
    provider.plays(JSON + b"Content-Length : 2\r\n\r\n{}")
    if isinstance(rest, Http1Connector):
        with pytest.raises(ProviderFailed) as failed:
            await rest.fetch(upstream, GET)
        assert failed.value.reason == "malformed"
    else:
        assert (await rest.fetch(upstream, GET)).body == b"{}"


UNTIL_CLOSE = {
    "http 1.1": JSON + b"\r\n{}",
    "http 1.0": b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{}",
    "http 1.0 with a length": b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
}


@pytest.mark.parametrize("raw", UNTIL_CLOSE.values(), ids=UNTIL_CLOSE)
async def test_a_body_may_end_with_the_connection(rest, upstream, provider, says, raw: bytes) -> None:
    provider.plays(says(raw, close=True))
    for _ in range(2):
        assert (await rest.fetch(upstream, GET)).body == b"{}"
    assert provider.connections == 2


async def test_no_content_has_no_body_and_no_type(rest, upstream, provider) -> None:
    provider.plays(b"HTTP/1.1 204 No Content\r\n\r\n", JSON + b"Content-Length: 2\r\n\r\n{}")
    empty = await rest.fetch(upstream, GET)
    assert (empty.status, empty.body, empty.headers, empty.content_type) == (204, b"", [], "")
    assert (await rest.fetch(upstream, GET)).body == b"{}"


async def test_bytes_after_a_reply_never_become_the_next_one(rest, upstream, provider) -> None:
    smuggled = JSON + b'Content-Length: 9\r\n\r\n{"evil":1'
    for first in (b"HTTP/1.1 204 No Content\r\n\r\n", JSON + b"Content-Length: 2\r\n\r\n{}"):
        provider.plays(first + smuggled, JSON + b"Content-Length: 2\r\n\r\n[]")
        with suppress(ProviderFailed):  # refusing it is right as well
            assert b"evil" not in (await rest.fetch(upstream, GET)).body
        await asyncio.sleep(0.02)
        assert (await rest.fetch(upstream, GET)).body == b"[]"


SLOW = {
    "silence": (b"", 0),
    "headers dripping": (JSON + b"X-A: " + b"a" * 500, 0.02),
    "hanging in the headers": (JSON, 0),
    "hanging in the body": (JSON + b"Content-Length: 10\r\n\r\n{", 0),
    "hanging in a chunk": (JSON + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{", 0),
    "body dripping": (JSON + b"Content-Length: 500\r\n\r\n" + b" " * 500, 0.02),
    "interim replies without end": (b"HTTP/1.1 102 Processing\r\n\r\n" * 100, 0.02),
}


@pytest.mark.parametrize(("raw", "every"), SLOW.values(), ids=SLOW)
async def test_slowness_ends_within_the_limits(rest, upstream, provider, drips, raw: bytes, every: float) -> None:
    provider.plays(drips(raw, every=every or 0, step=1 if every else 10_000, hang=True))
    began = time.monotonic()
    with pytest.raises(ProviderTooSlow):
        await rest.fetch(upstream, GET)
    assert time.monotonic() - began < 9
    await asyncio.sleep(0.05)
    assert provider.hung_up == 1


LARGE = {
    "declared": (JSON + b"Content-Length: 5000\r\n\r\n", b" " * 5000),
    "declared and never sent": (JSON + b"Content-Length: 99999999999\r\n\r\n", b""),
    "chunked": (JSON + b"Transfer-Encoding: chunked\r\n\r\n", b"400\r\n" + b" " * 1024 + b"\r\n"),
    "until close": (JSON + b"\r\n", b" " * 1024),
}


@pytest.mark.parametrize(("head", "piece"), LARGE.values(), ids=LARGE)
async def test_too_large_stops_reading(rest, upstream, provider, endless, head: bytes, piece: bytes) -> None:
    provider.plays(endless(head, piece))
    with pytest.raises(ProviderFailed) as failed:
        await rest.fetch(upstream, GET)
    assert failed.value.reason == "too-large"
    await asyncio.sleep(0.05)
    assert provider.hung_up == 1


@pytest.mark.parametrize("over", [0, 1])
async def test_the_size_limit_of_chunks_is_exact(rest, upstream, provider, over: int) -> None:
    body = b" " * (upstream.limits.max_bytes + over)
    provider.plays(JSON + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
    if not over:
        assert (await rest.fetch(upstream, GET)).body == body
        return
    with pytest.raises(ProviderFailed) as failed:
        await rest.fetch(upstream, GET)
    assert failed.value.reason == "too-large"


async def test_trailers_without_end_are_given_up(rest, upstream, provider, endless) -> None:
    provider.plays(
        endless(JSON + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"X-A: " + b"a" * 2048 + b"\r\n")
    )
    with pytest.raises((ProviderFailed, ProviderTooSlow)):
        await rest.fetch(upstream, GET)
    await asyncio.sleep(0.05)
    assert provider.hung_up == 1


async def test_a_reply_before_the_request_was_sent_does_not_free_the_connection(upstream, transport) -> None:
    """What is left of the body would be read as the next request."""
    connections = 0

    async def answer_the_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(JSON + b"Content-Length: 2\r\n\r\n{}")
        with suppress(ConnectionError):
            await writer.drain()
            await asyncio.sleep(2)

    server = await asyncio.start_server(answer_the_head, "127.0.0.1", 0, limit=1024)
    port = server.sockets[0].getsockname()[1]
    connector = transport(EgressRules.parse([f"*=127.0.0.1:{port}"]))
    there = replace(upstream, origin=upstream.origin._replace(port=port))
    with suppress(ProviderFailed, ProviderTooSlow):
        await connector.fetch(there, replace(POST, body=b'"' + b"a" * 30_000_000 + b'"'))
    assert (await connector.fetch(there, GET)).body == b"{}"
    assert connections == 2
    await connector.close()
    server.close()


async def test_a_body_in_many_pieces_is_put_together(rest, upstream, provider, drips) -> None:
    body = bytes(range(32, 127)) * 10
    provider.plays(drips(JSON + b"Content-Length: %d\r\n\r\n%s" % (len(body), body), every=0.001, step=50))
    assert (await rest.fetch(upstream, GET)).body == body


async def test_a_kept_connection_that_was_closed_meanwhile_is_replaced(rest, upstream, provider, says) -> None:
    async def closes_later(writer: asyncio.StreamWriter) -> None:
        writer.write(JSON + b"Content-Length: 2\r\n\r\n{}")
        await asyncio.sleep(0.02)
        writer.close()

    provider.plays(closes_later)
    assert (await rest.fetch(upstream, GET)).body == b"{}"
    await asyncio.sleep(0.05)
    assert (await rest.fetch(upstream, GET)).body == b"{}"
    assert provider.connections == 2


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
async def test_a_kept_connection_that_breaks_is_not_tried_twice(rest, upstream, provider, says, method: str) -> None:
    provider.plays(JSON + b"Content-Length: 2\r\n\r\n{}", says(b"", close=True))
    request = UpstreamRequest(method, "/v1/people")
    assert (await rest.fetch(upstream, request)).body == b"{}"
    with pytest.raises(ProviderFailed) as failed:
        await rest.fetch(upstream, request)
    assert failed.value.reason == "closed-early"
    await asyncio.sleep(0.05)
    assert [one.connection for one in provider.seen] == [1, 1]


async def test_cancelling_mid_body_closes_the_connection_and_frees_the_slot(rest, upstream, provider, drips) -> None:
    provider.plays(drips(JSON + b"Content-Length: 10\r\n\r\n{", every=0, step=10_000, hang=True))
    for _ in range(8):  # twice the pool
        waiting = asyncio.ensure_future(rest.fetch(upstream, POST))
        await asyncio.sleep(0.02)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    provider.plays(JSON + b"Content-Length: 2\r\n\r\n{}")
    assert (await rest.fetch(upstream, GET)).body == b"{}"
    await asyncio.sleep(0.05)
    assert provider.hung_up == 8


async def test_a_cancelled_request_leaves_nothing_behind_for_the_next_caller(rest, upstream, provider) -> None:
    async def late(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        writer.write(JSON + b'Content-Length: 12\r\n\r\n"of another"')

    provider.plays(late, JSON + b"Content-Length: 2\r\n\r\n[]")
    waiting = asyncio.ensure_future(rest.fetch(upstream, GET))
    await asyncio.sleep(0.02)
    waiting.cancel()
    assert (await rest.fetch(upstream, GET)).body == b"[]"
    await asyncio.sleep(0.1)
    assert (await rest.fetch(upstream, GET)).body == b"[]"


async def test_the_pool_is_bounded_and_waiting_for_it_is_limited(rest, upstream, provider, drips) -> None:
    provider.plays(drips(b"", every=0, hang=True))
    results = await asyncio.gather(*(rest.fetch(upstream, GET) for _ in range(12)), return_exceptions=True)
    assert all(isinstance(result, ProviderTooSlow) for result in results)
    assert provider.connections <= 8  # the pool holds 4; a second wave may begin when the first gave up


async def test_a_huge_request_body_is_sent_whole_or_given_up(rest, upstream, provider) -> None:
    body = b'"' + b"a" * 3_000_000 + b'"'
    provider.plays(JSON + b"Content-Length: 2\r\n\r\n{}")
    assert (await rest.fetch(upstream, replace(POST, body=body))).body == b"{}"
    assert provider.seen[-1].body == body


async def test_the_request_stands_on_the_wire_as_one(rest, upstream, provider) -> None:
    provider.plays(JSON + b"Content-Length: 2\r\n\r\n{}")
    await rest.fetch(upstream, POST)
    (seen,) = provider.seen
    assert seen.line == "POST /base/v1/people HTTP/1.1"
    assert sorted(name.lower() for name, _ in seen.headers) == sorted(
        ["host", "accept", "accept-encoding", "user-agent", "authorization", "content-type", "content-length"]
    )
    assert seen.header("accept-encoding") == ["identity"]
    assert seen.header("authorization") == ["Bearer of-the-service"]
    assert seen.header("user-agent") == ["hutong"]


async def test_the_exchange_keeps_no_cookies(rest, upstream, provider) -> None:
    provider.plays(JSON + b"Set-Cookie: a=b; Path=/\r\nContent-Length: 2\r\n\r\n{}")
    for _ in range(2):
        await rest.fetch(upstream, GET)
    assert provider.seen[-1].header("cookie") == []


ESCAPES = [
    "",
    "v1",
    "@elsewhere.example/",
    "//../x",
    "/v1/../x",
    "/v1/%2e%2E/x",
    "/./x",
    "/v1/..",
    "/v1?x",
    "/v1#x",
    "/ü",
    "/a b",
    "/a\r\nb",
    "/a\\b",
    "/a\x00",
]


@pytest.mark.parametrize("path", ESCAPES)
async def test_a_path_cannot_leave_its_place(rest, upstream, provider, path: str) -> None:
    with pytest.raises(ValueError, match="percent-encoded"):
        await rest.fetch(upstream, UpstreamRequest("GET", path))
    assert provider.connections == 0


@pytest.mark.parametrize("query", ["a=b#c", "a=b c", "a=\r\nb", "a=ü"])
async def test_a_query_cannot_end_the_request(rest, upstream, provider, query: str) -> None:
    with pytest.raises(ValueError, match="percent-encoded"):
        await rest.fetch(upstream, UpstreamRequest("GET", "/v1/people", query))
    assert provider.connections == 0


async def test_a_proxy_in_the_environment_is_ignored(rest, upstream, provider, monkeypatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    provider.plays(JSON + b"Content-Length: 2\r\n\r\n{}")
    assert (await rest.fetch(upstream, GET)).status == 200


async def test_a_closed_port_is_refused(rest, upstream, provider) -> None:
    await provider.stop()
    with pytest.raises(ProviderFailed) as failed:
        await rest.fetch(upstream, GET)
    assert failed.value.reason == "refused"
    assert failed.value.__cause__ is None  # aiohttp's own error names the URL
    assert failed.value.__suppress_context__


async def test_a_certificate_nobody_vouches_for_is_unreachable(rest, upstream, provider, tmp_path) -> None:
    await provider.stop()
    await provider.start(_self_signed(tmp_path), provider.port)
    provider.plays(JSON + b"Content-Length: 2\r\n\r\n{}")
    with pytest.raises(ProviderFailed) as failed:
        await rest.fetch(replace(upstream, origin=upstream.origin._replace(scheme="https")), GET)
    assert failed.value.reason == "unreachable"
    assert provider.seen == []


def _self_signed(directory: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")]), datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    certificate = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    key_bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (directory / "pem").write_bytes(key_bytes + certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "pem")
    return context
