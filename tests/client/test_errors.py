"""Each slug of the exchange becomes its error; what is no problem document becomes none of them."""

import httpx
import pytest

from exchange import problems
from exchange.client import (
    ExchangeError,
    InvalidRequest,
    NotAnExchange,
    QuotaExhausted,
    Refused,
    Unavailable,
    Unidentified,
    Unreachable,
)
from exchange.client.errors import BY_SLUG
from tests.client.conftest import TOKEN, URL, Pretended

CALL = "cd" * 16


def refusing(slug: str, *, headers: dict[str, str] | None = None, language: str = "en", **members: object) -> Pretended:
    body = problems.encode(problems.document(slug, language=language, call=CALL, **members))
    told = {"content-type": problems.MEDIA_TYPE, "hutong-call": CALL, "hutong-source": "exchange", **(headers or {})}
    return Pretended(lambda request: httpx.Response(problems.KINDS[slug].status, headers=told, content=body))


def caught(pretended: Pretended) -> ExchangeError:
    with pretended.client() as exchange, pytest.raises(ExchangeError) as found:
        exchange.call("health", "births", "GET", "/v1/births", purpose="statistics")
    return found.value


def test_every_slug_has_an_error_and_none_is_left_over() -> None:
    assert BY_SLUG.keys() == problems.KINDS.keys()


@pytest.mark.parametrize("slug", sorted(problems.KINDS))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_problem_becomes_its_error(slug: str, language: str) -> None:
    error = caught(refusing(slug, language=language))
    assert type(error) is BY_SLUG[slug]
    assert (error.slug, error.status, error.call) == (slug, problems.KINDS[slug].status, CALL)
    assert error.problem == problems.document(slug, language=language, call=CALL)
    assert problems.KINDS[slug].title[language] in str(error)
    assert problems.KINDS[slug].advice[language] in str(error)
    assert TOKEN not in str(error) + repr(error) + repr(vars(error))


def test_failed_checks_and_what_would_satisfy_them() -> None:
    failed = [{"check": "purpose", "satisfy": {"en": "Ask the health steward.", "zh": "请咨询卫健委。"}}]
    error = caught(refusing("refused", failed_checks=failed))
    assert isinstance(error, Refused)
    assert error.failed_checks == failed
    assert "purpose: Ask the health steward." in str(error)
    assert "请咨询卫健委。" in str(caught(refusing("refused", language="zh", failed_checks=failed)))


def test_findings_with_their_pointers() -> None:
    findings = [{"pointer": "/resident_id", "rule": "format", "expected": "resident-id"}]
    error = caught(refusing("invalid-request", errors=findings))
    assert isinstance(error, InvalidRequest)
    assert error.errors == findings
    assert "/resident_id: resident-id (format)" in str(error)


@pytest.mark.parametrize(("header", "seconds"), [("17", 17), ("", 0), ("-1", 0), ("soon", 0)])
def test_retry_after(header: str, seconds: int) -> None:
    error = caught(refusing("quota-exhausted", headers={"retry-after": header}))
    assert isinstance(error, QuotaExhausted)
    assert error.retry_after == seconds


def test_a_problem_of_a_later_exchange_is_still_an_error() -> None:
    body = b'{"type":"urn:hutong:problem:never-heard-of","title":"New","status":418,"failed_checks":"odd","errors":[1]}'
    headers = {"content-type": problems.MEDIA_TYPE}
    error = caught(Pretended(lambda request: httpx.Response(418, headers=headers, content=body)))
    assert type(error) is ExchangeError
    assert (error.slug, error.failed_checks, error.errors) == ("never-heard-of", [], [])


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(502, html="<h1>Bad Gateway</h1>"),
        httpx.Response(500, headers={"content-type": problems.MEDIA_TYPE}, content=b"[" * 50_000),
        httpx.Response(302, headers={"location": "https://elsewhere.example/"}),
        httpx.Response(200, json={"captive": "portal"}),
        httpx.Response(200, headers={"hutong-source": "provider"}, json={}),
    ],
)
def test_what_an_exchange_never_says(response: httpx.Response) -> None:
    assert isinstance(caught(Pretended(lambda request: response)), NotAnExchange)


def test_no_answer() -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout(f"sent {request.headers['authorization']}", request=request)

    error = caught(Pretended(silent))
    assert isinstance(error, Unreachable)
    assert URL in str(error)
    assert TOKEN not in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_the_token_endpoint_says_no() -> None:
    def endpoint(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            return httpx.Response(401, json={"error": "invalid_client", "error_description": "Register this key."})
        return httpx.Response(200, json=pretended.metadata)

    pretended = Pretended(endpoint)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pretended, "__call__", lambda self, request: endpoint(request))
        error = caught(pretended)
    assert isinstance(error, Unidentified)
    assert "Register this key." in str(error)


def test_the_exchange_cannot_give_tokens_now() -> None:
    body = problems.encode(problems.document("ledger-unavailable"))

    def endpoint(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            return httpx.Response(503, headers={"content-type": problems.MEDIA_TYPE}, content=body)
        return httpx.Response(200, json=pretended.metadata)

    pretended = Pretended(endpoint)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pretended, "__call__", lambda self, request: endpoint(request))
        assert isinstance(caught(pretended), Unavailable)
