"""A provider that misbehaves, over real sockets: one problem, one closing entry, and not a byte of what it sent."""

import asyncio
import time

import orjson
import pytest

from tests.town.documents import LEAK, person, resident_id, service
from tests.town.outside import LiveExchange
from tests.town.people import Town, everything, nothing_of, problem_of
from tests.town.provider import Behaviour, http, says, stalls

GOOD = orjson.dumps({"data": person(1)})


def with_person(**changes: object) -> bytes:
    return orjson.dumps({"data": person(1, **changes)})


def chunked(*chunks: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)


async def drips(writer: asyncio.StreamWriter, _seen: object) -> None:
    """Never silent for long, and never done."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n")
    for byte in GOOD:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def endless(writer: asyncio.StreamWriter, _seen: object) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    writer.write(head)
    while not writer.is_closing():
        writer.write(b"1000\r\n" + LEAK.encode().ljust(4096) + b"\r\n")
        await writer.drain()


def deep(levels: int) -> bytes:
    return b'{"data":' + b'{"name":' * levels + b'"x"' + b"}" * (levels + 1)


FAILED, BROKE, SLOW = (502, "provider-failed"), (502, "provider-broke-standard"), (504, "provider-too-slow")
CASES: dict[str, tuple[Behaviour, tuple[int, str], str]] = {
    "silent": (stalls(), SLOW, "provider-too-slow"),
    "hanging in its head": (stalls(b"HTTP/1.1 200 OK\r\nContent-Ty"), SLOW, "provider-too-slow"),
    "hanging in its body": (stalls(http(GOOD)[:-40]), SLOW, "provider-too-slow"),
    "dripping": (drips, SLOW, "provider-too-slow"),
    "closing at once": (says(b"", close=True), FAILED, "provider-failed"),
    "closing in its body": (says(http(GOOD)[:-40], close=True), FAILED, "provider-failed"),
    "closing in a chunk": (says(chunked(GOOD)[:-40], close=True), FAILED, "provider-failed"),
    "failing": (says(http(GOOD, "500 Oh no")), FAILED, "provider-failed"),
    "overloaded": (says(http(GOOD, f"503 {LEAK}")), FAILED, "provider-failed"),
    "redirecting": (
        says(http(GOOD, "302 Found", "application/json", f"Location: http://127.0.0.1:1/{LEAK}")),
        FAILED,
        "provider-failed",
    ),
    "announcing too much": (says(http(b" " * 70_000)), FAILED, "provider-failed"),
    "sending too much": (endless, FAILED, "provider-failed"),
    "not HTTP": (says(f"{LEAK}\r\n\r\n".encode(), close=True), FAILED, "provider-failed"),
    "HTML": (says(http(f"<p>{LEAK}".encode(), content_type="text/html")), FAILED, "provider-failed"),
    "wrong charset": (says(http(GOOD, content_type="application/json; charset=gb18030")), FAILED, "provider-failed"),
    "compressed": (
        says(http(GOOD, "200 OK", "application/json", "Content-Encoding: gzip")), FAILED, "provider-failed",
    ),
    "undeclared 4xx": (says(http(GOOD, "418 Teapot")), FAILED, "provider-failed"),
    "undeclared 2xx": (says(http(GOOD, "201 Created")), FAILED, "provider-failed"),
    "empty": (says(http(b"")), BROKE, "reply-invalid"),
    "not JSON": (says(http(f'{{"data": {LEAK}'.encode())), BROKE, "reply-invalid"),
    "not UTF-8": (says(http(GOOD.replace(b"Person", b"\xff\xfe"))), BROKE, "reply-invalid"),
    "duplicate keys": (says(http(GOOD.replace(b'"score"', b'"name":"B","score"'))), BROKE, "reply-invalid"),
    "duplicate keys, escaped": (
        says(http(GOOD.replace(b'"score"', b'"na\\u006de":"B","score"'))), BROKE, "reply-invalid",
    ),
    "NaN": (says(http(GOOD.replace(b"73.25", b"NaN"))), BROKE, "reply-invalid"),
    "infinite": (says(http(GOOD.replace(b"73.25", b"1e999"))), BROKE, "reply-invalid"),
    "lone surrogate": (says(http(GOOD.replace(b"Person", b"\\ud800"))), BROKE, "reply-invalid"),
    "too deep": (says(http(deep(70))), BROKE, "reply-invalid"),
    "far too deep": (says(http(deep(6000))), BROKE, "reply-invalid"),
    "against the standard": (says(http(with_person(score=LEAK))), BROKE, "reply-invalid"),
    "lacking a field": (says(http(orjson.dumps({"data": {"id": resident_id(1)}}))), BROKE, "reply-invalid"),
    "an undeclared field": (says(http(with_person(**{LEAK: 1}))), BROKE, "reply-invalid"),
    "against the envelope": (says(http(orjson.dumps({"data": person(1), "debug": LEAK}))), BROKE, "reply-invalid"),
    "a list for a record": (says(http(orjson.dumps({"data": [person(1)]}))), BROKE, "reply-invalid"),
    "a declared 4xx with more in it": (
        says(http(orjson.dumps({"title": "none", "trace": LEAK}), "404 Not Found", "application/problem+json")),
        BROKE,
        "reply-invalid",
    ),
}  # fmt: skip
MARKERS = (LEAK, resident_id(1), "Person 1")


@pytest.mark.parametrize("name", CASES)
async def test_a_misbehaving_provider_releases_nothing(live: LiveExchange, name):
    behaviour, expected, outcome = CASES[name]
    live.provider.behaviour = behaviour
    started = time.monotonic()
    async with live.town() as town:
        answer = await town.call()
        assert (answer.status_code, problem_of(answer)) == expected, answer.text
        assert time.monotonic() - started < 20
        assert answer.headers["hutong-source"] == "exchange"
        assert "hutong-receipt" not in answer.headers
        nothing_of(MARKERS, everything(answer))
        request, reply = await town.entries_of(answer.headers["hutong-call"], case="CASE-1")
        assert (request["type"], reply["type"]) == ("request", "reply")
        assert (reply["outcome"], reply["status"], reply["problem"]) == (outcome, *expected)
        assert "released_body" not in reply
    assert len(live.provider.seen) == 1, "a provider hears of a call once"
    nothing_of(MARKERS, live.log.read_bytes(), live.stored())


async def move(town: Town, address: str) -> None:
    tag = {"if-match": (await town.by(None, "GET", "/services/health/people")).headers["etag"]}
    await town.did("health", "PUT", "/services/health/people", json=service(address, "rest"), headers=tag)


@pytest.mark.parametrize(("port", "why"), [(1, "refused"), (9, "egress")])
async def test_a_provider_that_cannot_or_must_not_be_reached_is_a_502(live: LiveExchange, port, why):
    """The operator lists port 1, where nobody listens, and not port 9."""
    async with live.town() as town:
        await move(town, f"http://127.0.0.1:{port}")
        try:
            answer = await town.call()
            assert (answer.status_code, problem_of(answer)) == (502, "provider-failed")
            assert why in answer.json()["detail"]
            assert f":{port}" not in answer.text
            trial = {"method": "GET", "path": "/v1/people"}
            report = await town.did("health", "POST", "/services/health/people/test", json=trial)
            assert report["conforms"] is False
        finally:
            await move(town, live.provider.address)
        assert (await town.call()).status_code == 200


async def test_the_finding_points_at_the_field_and_not_at_its_value(live: LiveExchange):
    live.provider.behaviour = says(http(with_person(score=LEAK)))
    async with live.town() as town:
        answer = await town.call(headers={"accept-language": "zh-CN"})
    document = answer.json()
    assert document["errors"] == [{"pointer": "/data/score", "rule": "type", "expected": "type: number"}]
    assert document["title"] == "提供方的回复不符合数据标准"


async def test_a_data_valued_name_in_a_pointer_becomes_a_star(live: LiveExchange):
    live.provider.behaviour = says(http(with_person(**{LEAK: 1})))
    async with live.town() as town:
        answer = await town.call()
    assert LEAK not in answer.text


async def test_a_declared_4xx_is_relayed(live: LiveExchange):
    body = orjson.dumps({"title": "No such person"})
    live.provider.behaviour = says(http(body, "404 Not Found", "application/problem+json"))
    async with live.town() as town:
        answer = await town.call()
        assert (answer.status_code, answer.content) == (404, body)
        assert answer.headers["hutong-source"] == "provider"
        reply = (await town.entries_of(answer.headers["hutong-call"], case="CASE-1"))[-1]
        assert (reply["outcome"], reply["status"], reply["records"]) == ("released", 404, 0)


async def test_of_the_providers_headers_none_but_the_content_type_comes_back(live: LiveExchange):
    more = [f"Set-Cookie: s={LEAK}", f"Server: {LEAK}", f"X-Person: {LEAK}", "Connection: keep-alive", "ETag: x"]
    live.provider.behaviour = says(http(GOOD, "200 OK", "application/json", *more))
    async with live.town() as town:
        answer = await town.call()
    assert answer.status_code == 200
    names = {"hutong-call", "hutong-source", "hutong-receipt", "cache-control", "content-type", "content-length"}
    assert set(answer.headers) - {"server", "date"} == names
    nothing_of([LEAK], everything(answer))


async def test_of_the_callers_headers_the_provider_sees_the_trace_only(live: LiveExchange):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    sent = {"traceparent": trace, "cookie": "c=1", "x-forwarded-for": "9.9.9.9", "x-anything": "1", "te": "trailers"}
    async with live.town() as town:
        answer = await town.call(headers=sent)
        token = await town.token("services/newborn")
    assert answer.status_code == 200
    head = live.provider.seen[-1][0].decode().lower()
    assert head.startswith("post /v1/lookups http/1.1\r\n")
    assert f"authorization: bearer upstream-{LEAK}".lower() in head
    assert "traceparent: 00-0af7651916cd43dd8448eb211c80319c-" in head
    assert "b7ad6b7169203331" not in head, "the provider's parent is this call"
    assert f"hutong-call: {answer.headers['hutong-call']}" in head
    nothing_of([token.lower(), "cookie", "forwarded", "x-anything", "hutong-case", "hutong-actor", "clerk-17"], head)
