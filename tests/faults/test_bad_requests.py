"""Requests that no honest client sends: a clear problem, an entry where the caller was identified, nothing leaked."""

import asyncio
import time

import pytest

from tests.town.documents import LEAK, resident_id
from tests.town.inside import raw
from tests.town.outside import LiveExchange
from tests.town.people import CALL, LOOKUP, Town, everything, nothing_of, problem_of
from tests.town.provider import slowly

PHONE = "13812345678"
GOOD = f'{{"resident_id":"{resident_id(1)}"}}'.encode()
JSON = {"content-type": "application/json"}

HEADERS = {
    "no purpose": ({"hutong-purpose": None}, 400, "missing-purpose"),
    "unknown purpose": ({"hutong-purpose": f"unknown-{LEAK}"}, 403, "refused"),
    "purpose outside the agreement": ({"hutong-purpose": "school-entry"}, 403, "refused"),
    "empty purpose": ({"hutong-purpose": ""}, 400, "missing-purpose"),
    "overlong purpose": ({"hutong-purpose": LEAK * 10}, 400, "malformed-request"),
    "purpose not ASCII": ({"hutong-purpose": "新生儿".encode()}, 400, "malformed-request"),
    "basis outside the agreement": ({"hutong-basis": f"law-{LEAK}"}, 403, "refused"),
    "overlong basis": ({"hutong-basis": "x" * 129}, 400, "malformed-request"),
    "overlong case": ({"hutong-case": "x" * 65}, 400, "malformed-request"),
    "overlong actor": ({"hutong-actor": "x" * 65}, 400, "malformed-request"),
    "a resident id for a case": ({"hutong-case": f"c-{resident_id(1)}"}, 400, "malformed-request"),
    "a phone number for an actor": ({"hutong-actor": PHONE}, 400, "malformed-request"),
    "fields that are none": ({"hutong-fields": f"name;{LEAK}"}, 400, "malformed-request"),
    "no fields": ({"hutong-fields": ""}, 400, "malformed-request"),
    "too much of headers": ({"x-anything": LEAK * 2000}, 400, "malformed-request"),
    "another content type": ({"content-type": "text/plain"}, 415, "unsupported-media-type"),
    "another charset": ({"content-type": "application/json; charset=gbk"}, 415, "unsupported-media-type"),
    "a compressed body": ({"content-encoding": "gzip"}, 415, "unsupported-media-type"),
}


async def recorded(town: Town, call: str) -> dict[str, object]:
    """The one entry of a refused call, as the auditor finds it."""
    (leaf,) = [one for one in await town.found(application="services/newborn") if one.get("call") == call]
    assert leaf["type"] == "refusal"
    assert leaf["caller"] == {
        "department": "services",
        "application": "services/newborn",
        "key": town.keys["services/newborn"][1]["kid"],
    }
    return leaf


async def refused(town: Town, node, answer, status: int, slug: str) -> dict[str, object]:
    assert (answer.status_code, problem_of(answer)) == (status, slug), answer.text
    assert answer.headers["hutong-source"] == "exchange"
    assert answer.json()["call"] == answer.headers["hutong-call"]
    nothing_of([LEAK, resident_id(1), PHONE], everything(answer))
    assert not node.memory.received
    leaf = await recorded(town, answer.headers["hutong-call"])
    assert (leaf["status"], leaf["problem"]) == (status, slug)
    nothing_of([LEAK, resident_id(1), PHONE], str(leaf))
    return leaf


@pytest.fixture
def log(capsys):
    """What was logged so far."""
    return lambda: "".join(capsys.readouterr())


@pytest.mark.parametrize("name", HEADERS)
async def test_a_bad_header(town: Town, node, log, name):
    headers, status, slug = HEADERS[name]
    answer = await town.call(content=GOOD, headers=JSON | headers)
    await refused(town, node, answer, status, slug)
    nothing_of([LEAK, resident_id(1), PHONE], log())


@pytest.mark.parametrize("name", ["Authorization", "Hutong-Purpose", "Hutong-Case", "Hutong-Actor", "hutong-basis"])
async def test_a_header_that_comes_twice(town: Town, name):
    headers = JSON | CALL | await town.bearer("services/newborn")
    value = headers.get(name.lower(), "x")
    answer = await town.http.post(LOOKUP, content=GOOD, headers=[*headers.items(), (name, value), (name, value)])
    assert (answer.status_code, problem_of(answer)) == (400, "malformed-request")


BODIES = {
    "not JSON": (b"{resident_id", 400, "malformed-json"),
    "half of it": (GOOD[:-3], 400, "malformed-json"),
    "duplicate keys": (GOOD[:-1] + b"," + GOOD[1:], 400, "malformed-json"),
    "NaN": (b'{"resident_id":NaN}', 400, "malformed-json"),
    "not UTF-8": (b'{"resident_id":"\xff"}', 400, "malformed-json"),
    "a lone surrogate": (b'{"resident_id":"\\ud800"}', 400, "malformed-json"),
    "with a BOM": (b"\xef\xbb\xbf" + GOOD, 400, "malformed-json"),
    "too deep": (b"[" * 5000 + b"]" * 5000, 400, "malformed-json"),
    "an integer beyond 64 bit": (b'{"resident_id":123456789012345678901234567890}', 400, "malformed-json"),
    "empty": (b"", 422, "invalid-request"),
    "an array": (b"[]", 422, "invalid-request"),
    "a wrong check digit": (f'{{"resident_id":"{resident_id(1)[:-1]}X"}}'.encode(), 422, "invalid-request"),
    "more than is asked": (GOOD[:-1] + f',"{LEAK}":1}}'.encode(), 422, "invalid-request"),
    "less than is asked": (b"{}", 422, "invalid-request"),
}


@pytest.mark.parametrize("name", BODIES)
async def test_a_bad_body(town: Town, node, name):
    content, status, slug = BODIES[name]
    answer = await town.call(content=content, headers=JSON)
    await refused(town, node, answer, status, slug)
    assert answer.json()["errors"]


async def test_a_body_where_none_belongs(town: Town, node):
    answer = await town.call(path="/x/health/people/v1/people", method="GET", content=GOOD, headers=JSON)
    await refused(town, node, answer, 422, "invalid-request")


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_body_that_is_too_large(town: Town, node, streamed):
    async def pieces():
        for _ in range(40):
            yield LEAK.encode().ljust(65536)

    content = pieces() if streamed else LEAK.encode().ljust(2_000_000)
    answer = await town.call(content=content, headers=JSON)
    await refused(town, node, answer, 413, "body-too-large")


PATHS = {
    "an encoded slash": ("v1/districts/East%2Fpeople", 400, "malformed-request"),
    "an encoded backslash": ("v1/districts/East%5Cpeople", 400, "malformed-request"),
    "an encoded NUL": ("v1/districts/East%00/people", 400, "malformed-request"),
    "encoded dots": ("v1/districts/%2e%2e/people", 400, "malformed-request"),
    "half-encoded dots": ("v1/districts/.%2E/people", 400, "malformed-request"),
    "a double slash": ("v1//people", 400, "malformed-request"),
    "a broken escape": ("v1/districts/%zz/people", 400, "malformed-request"),
    "not UTF-8": ("v1/districts/%ff%fe/people", 400, "malformed-request"),
    "an overlong one": ("v1/districts/" + "x" * 2100 + "/people", 400, "malformed-request"),
    "an unknown operation": ("v1/nowhere", 404, "unknown-operation"),
    "a slash at the end": ("v1/people/", 400, "malformed-request"),
    "none": ("", 400, "malformed-request"),
    "another case": ("V1/people", 404, "unknown-operation"),
    "the wrong method": ("v1/lookups", 405, "method-not-allowed"),
    "an argument too long": ("v1/districts/" + "x" * 41 + "/people", 422, "invalid-request"),
    "an unknown parameter": ("v1/people?token=1", 422, "invalid-request"),
    "a repeated parameter": ("v1/people?limit=1&limit=2", 422, "invalid-request"),
    "a parameter of the wrong type": (f"v1/people?limit={LEAK}", 422, "invalid-request"),
    "a parameter out of bounds": ("v1/people?limit=101", 422, "invalid-request"),
}


@pytest.mark.parametrize("name", PATHS)
async def test_a_bad_path(town: Town, node, log, name):
    path, status, slug = PATHS[name]
    answer = await raw_get(town, f"/x/health/people/{path}")
    await refused(town, node, answer, status, slug)
    assert ("allow" in answer.headers) == (status == 405)
    nothing_of([LEAK], log())


async def raw_get(town: Town, target: str):
    """A GET whose target is sent as it stands: httpx would mend it."""
    headers = CALL | await town.bearer("services/newborn")
    return await raw(town, "GET", target, headers)


@pytest.mark.parametrize("path", ["/x/health/nothing/v1/people", "/x/nobody/people/v1/people", "/x/health/people2"])
async def test_an_unknown_department_or_service(town: Town, node, path):
    answer = await town.call(path=path, method="GET")
    await refused(town, node, answer, 404, "unknown-service")


@pytest.mark.parametrize("path", ["/x/", "/x/health", "/x//people/v1/people", "/x/he%61lth/people/v1/people"])
async def test_a_name_that_is_none(town: Town, node, path):
    answer = await raw_get(town, path)
    await refused(town, node, answer, 400, "malformed-request")


async def test_identity_comes_before_everything_else(town: Town, node):
    for path, method in (("/x/nobody/nothing", "GET"), (LOOKUP, "DELETE"), ("/x/health/people/v1/%2e%2e", "GET")):
        answer = await town.call(None, path, method)
        assert (answer.status_code, problem_of(answer)) == (401, "unidentified"), path


async def test_a_not_shared_dataset_is_refused_with_its_law(town: Town, node):
    answer = await town.call(path="/x/health/sealed/v1/anything", method="GET")
    leaf = await refused(town, node, answer, 403, "refused")
    assert leaf["failed"] == ["sharing-class"]
    (check,) = answer.json()["failed_checks"]
    assert "Archives Law" in check["satisfy"]["en"]
    assert "档案法" in check["satisfy"]["zh"]


# -- over a real socket ------------------------------------------------------------------------------------------------


async def exchange_bytes(live: LiveExchange, raw: bytes, seconds: float = 5.0) -> bytes:
    """What comes back for these very bytes, until the server closes or is silent."""
    host, port = live.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(raw)
    received = b""
    try:
        while chunk := await asyncio.wait_for(reader.read(65536), seconds):
            received += chunk
            if b"\r\n\r\n" in received and received.endswith((b"}", b"\r\n\r\n")):
                break
    except (TimeoutError, ConnectionError):
        pass
    writer.close()
    return received


def request_bytes(target: str, headers: dict[str, str], body: bytes = GOOD, method: str = "POST") -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: x", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    ("target", "extra"),
    [
        (LOOKUP + "\x00", {}),
        (LOOKUP + " x", {}),
        (LOOKUP, {"Hutong-Case": "a\x00b"}),
        (LOOKUP, {"Hutong-Case": "a\rX-Injected: 1"}),
        (LOOKUP, {"Hutong-Case": "a\nHutong-Actor: b"}),
        (LOOKUP, {"Hutong Case": "a"}),
        (LOOKUP, {"Content-Length": "5, 6"}),
        (LOOKUP, {"Content-Length": "-1"}),
        (LOOKUP, {"Transfer-Encoding": "gzip"}),
        (LOOKUP, {"X-Long": "x" * 200_000}),
        ("/x/" + "y" * 100_000, {}),
    ],
)
async def test_bytes_that_are_not_http_reach_no_provider(live: LiveExchange, target, extra):
    async with live.town() as town:
        headers = JSON | CALL | await town.bearer("services/newborn") | {"Content-Length": str(len(GOOD))} | extra
        before = len(live.provider.seen)
        answer = await exchange_bytes(live, request_bytes(target, headers), 3)
        assert not answer or int(answer.split()[1]) >= 400, answer[:200]
        assert b"x-injected" not in answer.lower()
        assert len(live.provider.seen) == before
        assert (await town.call()).status_code == 200, "the exchange goes on"
    nothing_of([resident_id(1)], live.log.read_bytes())


@pytest.mark.parametrize("smuggle", [{"Transfer-Encoding": "chunked"}, {"transfer-encoding": "identity"}])
async def test_two_framings_smuggle_no_second_request(live: LiveExchange, smuggle):
    async with live.town() as town:
        headers = JSON | CALL | await town.bearer("services/newborn")
        inner = request_bytes("/x/health/people/v1/people", headers | {"Content-Length": "0"}, b"", "GET")
        body = b"0\r\n\r\n" + inner
        outer = request_bytes(LOOKUP, headers | {"Content-Length": str(len(body))} | smuggle, body)
        answer = await exchange_bytes(live, outer, 1)
        assert answer.count(b"HTTP/1.1 200") == 0, answer
    assert not [head for head, _ in live.provider.seen if head.startswith(b"GET")]


async def test_a_body_that_never_comes_is_not_waited_for(live: LiveExchange):
    async with live.town() as town:
        headers = JSON | CALL | await town.bearer("services/newborn") | {"Content-Length": "500"}
        started = time.monotonic()
        answer = await exchange_bytes(live, request_bytes(LOOKUP, headers, GOOD[:10]))
        assert b" 400 " in answer.split(b"\r\n")[0]
        assert b"malformed-request" in answer
        assert time.monotonic() - started < 20
        call = answer.lower().split(b"hutong-call: ")[1][:32].decode()
        assert (await recorded(town, call))["problem"] == "malformed-request"
    assert not live.provider.seen


async def test_a_large_body_is_refused_before_it_is_read(live: LiveExchange):
    async with live.town() as town:
        headers = JSON | CALL | await town.bearer("services/newborn") | {"Content-Length": "900000000"}
        answer = await exchange_bytes(live, request_bytes(LOOKUP, headers, b"{"))
        assert b" 413 " in answer.split(b"\r\n")[0]
        management = await town.bearer("health") | JSON | {"Content-Length": "900000000"}
        answer = await exchange_bytes(live, request_bytes("/api/v1/datasets", management, b" " * 70_000))
        assert b" 413 " in answer.split(b"\r\n")[0]
    assert not live.provider.seen


async def test_a_caller_who_hangs_up_does_not_stop_the_entry(live: LiveExchange):
    live.provider.behaviour = slowly(0.4)
    async with live.town() as town:
        headers = JSON | CALL | await town.bearer("services/newborn") | {"hutong-case": "HANGS-UP"}
        headers["Content-Length"] = str(len(GOOD))
        host, port = live.url.removeprefix("http://").split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(request_bytes(LOOKUP, headers))
        await writer.drain()
        while not live.provider.seen:
            await asyncio.sleep(0.005)
        writer.transport.abort()
        for _ in range(100):
            leaves = await town.found(case="HANGS-UP")
            if len(leaves) == 2:
                break
            await asyncio.sleep(0.05)
    assert [leaf["type"] for leaf in leaves] == ["reply", "request"]
    assert leaves[0]["outcome"] == "released"
