"""What no management endpoint ever sees: bodies too large, too slow, cut off, or not strict JSON."""

import asyncio

import orjson
import pytest

from exchange.api.intake import Intake


class Reached:
    def __init__(self):
        self.bodies = []

    async def __call__(self, scope, receive, send):
        message = await receive()
        self.bodies.append(message.get("body", b""))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def ask(messages, headers, seconds=0.2, most=100, path="/api/v1/elements", known=True):
    reached, sent = Reached(), []
    incoming = iter(messages)

    async def receive():
        try:
            return next(incoming)
        except StopIteration:
            await asyncio.sleep(60)

    async def send(message):
        sent.append(message)

    intake = Intake(reached, lambda authorization: known, max_bytes=most, seconds=seconds, document_bytes=2 * most)
    scope = {"type": "http", "path": path, "headers": headers, "state": {"call": "0" * 32}}
    await intake(scope, receive, send)
    return reached.bodies, sent


def part(body, more=False):
    return {"type": "http.request", "body": body, "more_body": more}


FORM = (b"content-type", b"application/x-www-form-urlencoded")
JSON = (b"content-type", b"application/json")
CHUNKED = (b"transfer-encoding", b"chunked")


async def test_a_good_body_arrives_whole():
    bodies, sent = await ask([part(b'{"a":', True), part(b"1}")], [JSON, CHUNKED])
    assert bodies == [b'{"a":1}']
    assert sent[0]["status"] == 204


@pytest.mark.parametrize(
    ("messages", "headers", "status", "slug"),
    [
        ([part(b"x" * 101)], [(b"content-length", b"101")], 413, "body-too-large"),
        ([part(b"x" * 60, True), part(b"x" * 60)], [CHUNKED], 413, "body-too-large"),
        ([part(b"{", True)], [JSON, CHUNKED], 400, "malformed-request"),
        ([part(b'{"a":1,"a":2}')], [JSON, (b"content-length", b"13")], 400, "malformed-json"),
        (
            [part(b"{]")],
            [(b"content-type", b"application/problem+json"), (b"content-length", b"2")],
            400,
            "malformed-json",
        ),
    ],
)
async def test_a_bad_body_reaches_nobody(messages, headers, status, slug):
    bodies, sent = await ask(messages, headers)
    assert bodies == []
    assert sent[0]["status"] == status
    document = orjson.loads(sent[1]["body"])
    assert document["type"] == f"urn:hutong:problem:{slug}"
    assert dict(sent[0]["headers"])[b"content-length"] == str(len(sent[1]["body"])).encode()


TWICE = b'{"a":1,"a":2}'


@pytest.mark.parametrize("types", [[], [FORM], [(b"content-type", b"text/plain")], [(b"content-type", b"")]])
async def test_no_content_type_leads_past_the_strict_reader(types):
    bodies, sent = await ask([part(TWICE)], [*types, (b"content-length", b"13")])
    assert (bodies, sent[0]["status"]) == ([], 400)
    assert b"malformed-json" in sent[1]["body"]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        (b"content-type", (b"application/json", b"text/plain")),
        (b"content-type", (b"text/plain", b"application/json")),
        (b"content-length", (b"13", b"0")),
        (b"content-length", (b"13", b"13")),
        (b"authorization", (b"Bearer a", b"Bearer b")),
    ],
)
async def test_a_header_that_decides_is_refused_when_it_is_repeated(name, values):
    bodies, sent = await ask([part(TWICE)], [(name, value) for value in values])
    assert (bodies, sent[0]["status"]) == ([], 400)
    document = orjson.loads(sent[1]["body"])
    assert document["type"] == "urn:hutong:problem:malformed-request"
    assert name.decode() in document["detail"]


async def test_the_token_endpoint_reads_a_form():
    bodies, _ = await ask([part(b"a=1")], [FORM, (b"content-length", b"3")], path="/oauth/token")
    assert bodies == [b"a=1"]


async def test_a_body_that_was_cut_off_reaches_nobody():
    """What came so far may well be a whole form, or whole JSON."""
    messages = [part(b'{"a":1}', True), {"type": "http.disconnect"}]
    bodies, sent = await ask(messages, [JSON, (b"content-length", b"90")])
    assert bodies == []
    assert sent == []


async def test_without_a_body_nothing_is_read():
    bodies, _ = await ask([part(b"")], [])
    assert bodies == [b""]


async def test_the_body_of_a_stranger_is_not_read():
    """Identity comes first: the application refuses who asks, whatever the body holds."""
    bodies, sent = await ask([part(b"x" * 101)], [(b"content-length", b"101")], known=False)
    assert bodies == [b""]
    assert sent[0]["status"] == 204


async def test_a_document_is_no_json_and_may_be_larger():
    path = "/api/v1/catalog/import-dcat"
    bodies, sent = await ask([part(b"@prefix" + b" " * 143)], [(b"content-length", b"150")], path=path)
    assert (len(bodies[0]), sent[0]["status"]) == (150, 204)
    bodies, sent = await ask([part(b" " * 201)], [(b"content-length", b"201")], path=path)
    assert (bodies, sent[0]["status"]) == ([], 413)
    bodies, _ = await ask([part(b"@prefix")], [(b"content-length", b"7")], path=path, known=False)
    assert bodies == [b""], "a stranger's document is not read"
