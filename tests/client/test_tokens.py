"""Tokens are kept until shortly before they end and renewed once on 401; keys are shown to one exchange only."""

import threading
import time
from urllib.parse import parse_qs

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import import_key

from exchange import problems
from exchange.client import NotAnExchange, Unidentified
from exchange.client.tokens import Tokens
from exchange.identity import assertions
from tests.client.conftest import CLIENT, KEY, TOKEN, URL, Pretended, released

UNIDENTIFIED = {"content-type": problems.MEDIA_TYPE, "hutong-source": "exchange"}


def unidentified() -> httpx.Response:
    return httpx.Response(401, headers=UNIDENTIFIED, content=problems.encode(problems.document("unidentified")))


def tokens_of(pretended: Pretended, clock: list[float]) -> Tokens:
    http = httpx.Client(base_url=URL, transport=httpx.MockTransport(pretended))
    return Tokens(http, URL, CLIENT, KEY, clock=lambda: clock[0])


@pytest.mark.parametrize(("life", "good_for"), [(600, 570), (40, 20), (10, 5)])
def test_a_token_is_kept_until_shortly_before_it_ends(life: float, good_for: float) -> None:
    pretended, clock = Pretended(lambda request: released(), life=life), [1000.0]
    tokens = tokens_of(pretended, clock)
    assert tokens.get() == f"{TOKEN}-1"
    clock[0] += good_for - 0.1
    assert tokens.get() == f"{TOKEN}-1"
    clock[0] += 0.1
    assert tokens.get() == f"{TOKEN}-2"


def test_the_assertion_is_for_this_exchange_and_signed_by_the_key() -> None:
    pretended, forms = Pretended(lambda request: released()), []

    def recorded(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            forms.append(parse_qs(request.content.decode()))
        return pretended(request)

    Tokens(httpx.Client(base_url=URL, transport=httpx.MockTransport(recorded)), URL, CLIENT, KEY, scope="call").get()
    (form,) = forms
    assert (form["client_id"], form["scope"]) == ([CLIENT], ["call"])
    claims = jwt.decode(form["client_assertion"][0], import_key(assertions.public_jwk(KEY)), ["Ed25519"]).claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == (CLIENT, CLIENT, URL)
    assert claims["exp"] - time.time() <= 60


def test_a_rejected_token_is_renewed_once_and_the_call_sent_again() -> None:
    pretended = Pretended(lambda request: unidentified() if len(pretended.asked) == 1 else released({"data": 1}))
    with pretended.client() as exchange:
        answer = exchange.call("health", "births", "POST", "/v1/lookups", json={"a": 1}, purpose="statistics")
    assert answer.data == {"data": 1}
    assert [one.headers["authorization"] for one in pretended.asked] == [f"Bearer {TOKEN}-1", f"Bearer {TOKEN}-2"]
    assert pretended.asked[0].content == pretended.asked[1].content == b'{"a":1}'


def test_a_client_that_stays_rejected_gives_up() -> None:
    pretended = Pretended(lambda request: unidentified())
    with pretended.client() as exchange, pytest.raises(Unidentified):
        exchange.get("/api/v1/me")
    assert len(pretended.asked) == pretended.tokens == 2


def test_a_providers_own_401_is_an_answer() -> None:
    pretended = Pretended(lambda request: released({"title": "no"}, status=401))
    with pretended.client() as exchange:
        answer = exchange.call("health", "births", "GET", "/v1/births", purpose="statistics")
    assert (answer.status, answer.ok, len(pretended.asked)) == (401, False, 1)


def test_threads_that_are_rejected_together_ask_for_one_token() -> None:
    pretended = Pretended(lambda request: released())
    tokens = tokens_of(pretended, [0.0])
    first, renewed = tokens.get(), []
    threads = [threading.Thread(target=lambda: renewed.append(tokens.renew(first))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert renewed == [f"{TOKEN}-2"] * 8
    assert pretended.tokens == 2


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://other.example", "token_endpoint": f"{URL}/oauth/token"},
        {"issuer": "https://other.example", "token_endpoint": "https://other.example/oauth/token"},
        {"issuer": URL, "token_endpoint": "https://other.example/oauth/token"},
        {"issuer": URL, "token_endpoint": f"{URL}.other.example/oauth/token"},
        {"issuer": URL},
        {},
    ],
)
def test_no_key_is_shown_to_anyone_but_the_given_exchange(metadata: dict[str, str]) -> None:
    pretended = Pretended(lambda request: released())
    pretended.metadata = metadata
    with pretended.client() as exchange, pytest.raises(NotAnExchange):
        exchange.token()
    assert pretended.tokens == 0


@pytest.mark.parametrize("answer", [{"access_token": "t"}, {"expires_in": 5}, {"access_token": "t", "expires_in": "x"}])
def test_half_an_answer_is_no_token(answer: dict[str, object]) -> None:
    def endpoint(request: httpx.Request) -> httpx.Response:
        found = {"issuer": URL, "token_endpoint": f"{URL}/oauth/token"}
        return httpx.Response(200, json=answer if request.method == "POST" else found)

    http = httpx.Client(base_url=URL, transport=httpx.MockTransport(endpoint))
    with pytest.raises(NotAnExchange):
        Tokens(http, URL, CLIENT, KEY).get()


def test_neither_key_nor_token_shows() -> None:
    with Pretended(lambda request: released()).client() as exchange:
        exchange.token()
        assert TOKEN not in repr(exchange)
        assert KEY["d"] not in repr(exchange) + repr(exchange._tokens)
