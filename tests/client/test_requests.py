"""What leaves the SDK goes to the exchange, stays under the service, and its headers are one line each."""

import httpx
import pytest

from exchange.client import Exchange
from exchange.client.requests import exchange_url, own_path
from tests.client.conftest import CLIENT, KEY, URL, Pretended, released


def call(path: str = "/v1/x", *, department: str = "health", service: str = "births", **more: object) -> httpx.Request:
    pretended = Pretended(lambda request: released())
    with pretended.client() as exchange:
        exchange.call(department, service, "GET", path, **{"purpose": "statistics", **more})  # type: ignore[arg-type]
    return pretended.asked[0]


def test_a_call_as_it_goes_out() -> None:
    trace = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"
    sent = call(
        "/v1/districts/%E6%B5%A6%E4%B8%9C/people",
        params={"limit": 5}, basis="Act-1", case="C-1", actor="clerk-1", fields=["a", "b.c"], trace=trace,
    )  # fmt: skip
    assert sent.url.raw_path == b"/x/health/births/v1/districts/%E6%B5%A6%E4%B8%9C/people?limit=5"
    wanted = {
        "hutong-purpose": "statistics",
        "hutong-basis": "Act-1",
        "hutong-case": "C-1",
        "hutong-actor": "clerk-1",
        "hutong-fields": "a,b.c",
        "traceparent": trace,
        "accept-encoding": "identity",
    }
    assert {name: sent.headers[name] for name in wanted} == wanted


def test_what_is_not_given_is_not_sent() -> None:
    sent = call()
    assert [name for name in sent.headers if name.startswith("hutong-")] == ["hutong-purpose"]
    assert "traceparent" not in sent.headers
    assert sent.content == b""


@pytest.mark.parametrize(
    "path",
    [
        "v1/x", "", "//other.example/x", "/v1/../../../api/v1/me", "/v1/./x", "/v1/%2e%2E/x", "/v1//x", "/v1/x?a=1",
        "/v1/x#f", "/v1/x\r\nHost: y", "/v1/浦东", "/v1/a b", "/v1\\..\\x", "https://other.example/x",
    ],
)  # fmt: skip
def test_paths_that_could_lead_elsewhere_are_not_sent(path: str) -> None:
    pretended = Pretended(lambda request: released())
    with pretended.client() as exchange:
        with pytest.raises(ValueError):
            exchange.call("health", "births", "GET", path, purpose="statistics")
        with pytest.raises(ValueError):
            exchange.get(path)
        with pytest.raises(ValueError):
            exchange.post(path, {})
    assert not pretended.asked
    assert pretended.tokens == 0


@pytest.mark.parametrize("slug", ["", "..", "a/b", "A", "a%2fb", "a_b", "-a"])
def test_departments_and_services_are_slugs(slug: str) -> None:
    with pytest.raises(ValueError, match="slugs"):
        call(department=slug)
    with pytest.raises(ValueError, match="slugs"):
        call(service=slug)


@pytest.mark.parametrize("name", ["purpose", "basis", "case", "actor", "fields", "trace"])
@pytest.mark.parametrize("value", ["a\r\nx: y", "张三", "a\x00", "a\tb"])
def test_headers_are_visible_ascii_and_errors_do_not_repeat_them(name: str, value: str) -> None:
    with pytest.raises(ValueError) as caught:
        call(**{name: value})
    assert value not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/", "http://localhost", "http://[::1]:80", "https://x.example/p"]
)
def test_addresses(url: str) -> None:
    assert exchange_url(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://exchange.example", "http://127.0.0.1.example", "ftp://127.0.0.1", "127.0.0.1:8080", "",
        "https://user:pass@x.example", "https://x.example?a=1", "https://", "http://10.0.0.1",
    ],
)  # fmt: skip
def test_addresses_that_would_show_tokens_or_are_none(url: str) -> None:
    with pytest.raises(ValueError) as caught:
        Exchange(url, CLIENT, KEY)
    assert "pass" not in str(caught.value)


def test_a_redirect_takes_no_token_along() -> None:
    def elsewhere(request: httpx.Request) -> httpx.Response:
        return httpx.Response(307, headers={"location": "https://other.example/"})

    pretended = Pretended(elsewhere)
    with pretended.client() as exchange, pytest.raises(Exception, match="did not come from an exchange"):
        exchange.get("/api/v1/me")
    assert [one.url.host for one in pretended.asked] == ["127.0.0.1"]


def test_the_environment_is_left_alone_unless_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with Exchange(URL, CLIENT, KEY) as exchange:
        assert not exchange._http._mounts
    with Exchange(URL, CLIENT, KEY, environment=True) as exchange:
        assert exchange._http._mounts


def test_if_match_of_a_revision_and_of_an_etag() -> None:
    pretended = Pretended(lambda request: httpx.Response(200, json={}))
    with pretended.client() as exchange:
        exchange.put("/api/v1/datasets/a/b", {}, 3)
        exchange.put("/api/v1/datasets/a/b", {}, '"4"')
        exchange.post("/api/v1/clients/a.b/disable")
    assert [one.headers.get("if-match") for one in pretended.asked] == ['"3"', '"4"', None]


def test_pages_follow_next_to_the_end() -> None:
    pages = {None: {"items": [{"n": 1}, {"n": 2}], "next": "c"}, "c": {"items": [{"n": 3}], "next": None}}
    pretended = Pretended(lambda request: httpx.Response(200, json=pages[request.url.params.get("cursor")]))
    with pretended.client() as exchange:
        assert [row["n"] for row in exchange.pages("/api/v1/datasets", {"limit": 2})] == [1, 2, 3]
    assert [str(one.url.params) for one in pretended.asked] == ["limit=2", "limit=2&cursor=c"]


def test_a_trailing_slash_is_kept_for_the_exchange_to_judge() -> None:
    assert own_path("/v1/x/") == "/v1/x/"


def test_nobody_sends_no_token_and_may_read_in_clear() -> None:
    pretended = Pretended(lambda request: httpx.Response(200, json={"items": [], "next": None}))
    with Exchange.anonymous("http://exchange.example", transport=httpx.MockTransport(pretended)) as exchange:
        assert list(exchange.pages("/api/v1/datasets")) == []
        assert b"".join(exchange.download("/catalog.ttl"))
        with pytest.raises(ValueError, match="no token"):
            exchange.token()
    assert pretended.tokens == 0
    assert all("authorization" not in request.headers for request in pretended.asked)
    for client, key in ((CLIENT, None), (None, KEY)):
        with pytest.raises(ValueError):
            Exchange(URL, client, key)
