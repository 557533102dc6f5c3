"""Credentials that are missing, forged, stale or somebody else's: 401, counted, and no word of what was sent."""

import time

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from exchange.clock import milliseconds
from exchange.identity import assertions, tokens
from exchange.identity.keys import current
from tests.town.documents import LEAK
from tests.town.inside import MemoryNode, over, settings_for
from tests.town.people import CALL, Town, everything, nothing_of, problem_of

URL = "http://127.0.0.1:8999"


@pytest.fixture
def claims(town: Town):
    """Claims of a good token for the newborn desk; changes make it bad."""
    client_id, key = town.keys["services/newborn"]

    def make(**changes):
        now = int(time.time())
        given = {
            "iss": URL, "aud": URL, "sub": client_id, "client_id": client_id, "client_key": key["kid"],
            "scope": "call", "jti": LEAK, "iat": now, "exp": now + 600,
        }  # fmt: skip
        return {name: value for name, value in (given | changes).items() if value is not None}

    return make


@pytest.fixture
def sign(node):
    """A token signed with the exchange's own key, unless another one is given."""

    def make(claims, key=None, **header):
        if key is None:
            with node.units.begin("test", None) as work:
                key = current(work.session, node.cipher)
        head = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid} | header
        return jwt.encode(head, claims, key, algorithms=["ES256"])

    return make


async def refused(town: Town, node, log, authorization: str | None, reason: str) -> None:
    """401 on the call path and on management; counted under its reason, without an entry of its own."""
    headers = CALL | ({"authorization": authorization} if authorization is not None else {})
    before = node.ledger.size
    answer = await town.http.post("/x/health/people/v1/lookups", json={}, headers=headers)
    assert (answer.status_code, problem_of(answer)) == (401, "unidentified")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    managed = await town.http.get("/api/v1/me", headers=headers)
    assert (managed.status_code, problem_of(managed)) == (401, "unidentified")
    sent = [LEAK, authorization.split()[1][-40:]] if authorization and len(authorization.split()) > 1 else [LEAK]
    nothing_of(sent, everything(answer), everything(managed), "".join(log()))
    assert node.ledger.size == before
    counted = {key[0]: count for key, count in node.attempts._counts.items()}
    assert counted == {reason: 2}
    assert not node.memory.received


@pytest.fixture
def log(capsys):
    return capsys.readouterr


HEADERS = {
    "none": (None, "missing"),
    "empty": ("", "missing"),
    "basic": (f"Basic {LEAK}", "not-bearer"),
    "no token": ("Bearer ", "missing"),
    "not a token": (f"Bearer {LEAK}", "malformed"),
    "three dots": ("Bearer a.b.c", "malformed"),
    "overlong": ("Bearer " + LEAK * 2000, "malformed"),
    "two tokens": (f"Bearer {LEAK} {LEAK}", "malformed"),
}


@pytest.mark.parametrize("name", HEADERS)
async def test_a_header_that_identifies_nobody(town: Town, node, log, name):
    await refused(town, node, log, *HEADERS[name])


CLAIMS = {
    "another audience": ({"aud": "https://elsewhere.example"}, "wrong-audience"),
    "several audiences": ({"aud": [URL, "https://elsewhere.example"]}, "wrong-audience"),
    "another issuer": ({"iss": "https://elsewhere.example"}, "wrong-issuer"),
    "expired": ({"iat": 1_000_000_000, "exp": 1_000_000_600}, "expired"),
    "no expiry": ({"exp": None}, "malformed"),
    "an expiry that is text": ({"exp": "tomorrow"}, "malformed"),
    "from the future": ({"iat": int(time.time()) + 3600, "exp": int(time.time()) + 7200}, "not-yet-valid"),
    "not valid yet": ({"nbf": int(time.time()) + 3600}, "not-yet-valid"),
    "bound to a key we do not check": ({"cnf": {"jkt": "x"}}, "unsupported-confirmation"),
    "an unknown client": ({"client_id": "services.nobody", "sub": "services.nobody"}, "client-unknown"),
    "another subject": ({"sub": "services.stats"}, "malformed"),
    "a key the client never had": ({"client_key": "x"}, "client-key-removed"),
    "a scope never granted": ({"scope": "call operator"}, "scope-withdrawn"),
}


@pytest.mark.parametrize("name", CLAIMS)
async def test_claims_that_do_not_hold(town: Town, node, log, claims, sign, name):
    changes, reason = CLAIMS[name]
    await refused(town, node, log, f"Bearer {sign(claims(**changes))}", reason)


async def test_the_fixture_makes_good_tokens(town: Town, claims, sign):
    """Otherwise the refusals above would prove nothing."""
    headers = CALL | {"authorization": f"Bearer {sign(claims())}"}
    assert (await town.call(headers=headers)).status_code == 200


async def test_a_token_signed_by_a_stranger(town: Town, node, log, claims, sign):
    stranger = ECKey.generate_key("P-256", auto_kid=True)
    await refused(town, node, log, f"Bearer {sign(claims(), stranger)}", "unknown-key")


async def test_a_strangers_signature_under_our_key_id(town: Town, node, log, claims, sign):
    stranger = ECKey.generate_key("P-256", auto_kid=True)
    kid = next(iter(node.current.get().issuer_keys))
    await refused(town, node, log, f"Bearer {sign(claims(), stranger, kid=kid)}", "bad-signature")


async def test_a_token_without_signature(town: Town, node, log, claims, sign):
    _, body, _ = sign(claims()).split(".")
    none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0"
    await refused(town, node, log, f"Bearer {none}.{body}.", "wrong-algorithm")


async def test_a_token_with_one_bit_changed(town: Town, node, log, claims, sign):
    head, body, signature = sign(claims()).split(".")
    flipped = signature[:10] + ("A" if signature[10] != "A" else "B") + signature[11:]
    await refused(town, node, log, f"Bearer {head}.{body}.{flipped}", "bad-signature")


async def test_an_assertion_is_no_token(town: Town, node, log):
    await refused(town, node, log, f"Bearer {town.assertion('services/newborn')}", "wrong-type")


@pytest.mark.parametrize(("offset", "accepted"), [(-30, True), (30, True), (-3600, False), (3600, False)])
async def test_a_callers_clock_may_be_wrong_by_seconds_only(town: Town, offset, accepted):
    assertion = town.assertion("services/newborn", int(time.time()) + offset)
    answer = await town.ask_token("services/newborn", assertion)
    assert (answer.status_code == 200) is accepted, answer.text


async def test_a_cached_token_expires_all_the_same(town: Town, node):
    token = await town.token("services/newborn")
    snapshot = node.current.get()
    assert node.tokens.identify(f"Bearer {token}".encode(), snapshot, milliseconds()).application == "services/newborn"
    with pytest.raises(tokens.Unidentified, match="expired"):
        node.tokens.identify(f"Bearer {token}".encode(), snapshot, milliseconds() + tokens.LIFE * 1000)


async def test_an_assertion_is_used_once_even_after_a_restart(template, tmp_path):
    template.copy(tmp_path)
    assertion = None
    for expected in (200, 401):
        node = MemoryNode.open(settings_for(tmp_path))
        try:
            async with over(node, template.keys) as town:
                assertion = assertion or town.assertion("services/newborn")
                answer = await town.ask_token("services/newborn", assertion)
                assert answer.status_code == expected
                again = await town.ask_token("services/newborn", assertion)
                assert (again.status_code, again.json()["error"]) == (401, "invalid_client")
                nothing_of([assertion[-30:]], everything(again))
        finally:
            node.close()


async def test_an_assertion_of_anothers_key_gets_no_token(town: Town):
    forged = assertions.make_assertion(
        town.keys["services/stats"][1], town.keys["services/newborn"][0], f"{URL}/oauth/token", int(time.time())
    )
    answer = await town.ask_token("services/newborn", forged)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_an_assertion_for_another_audience_gets_no_token(town: Town):
    client_id, key = town.keys["services/newborn"]
    for audience in ("https://elsewhere.example", f"{URL}/", f"{URL}/oauth/token/"):
        forged = assertions.make_assertion(key, client_id, audience, int(time.time()))
        assert (await town.ask_token("services/newborn", forged)).status_code == 401, audience


async def test_attempts_of_strangers_become_one_entry(town: Town, node):
    for _ in range(50):
        await town.call(None)
    before = node.ledger.size
    node._hand_in_attempts(now=True)
    (leaf,) = await town.found(type="attempts")
    assert leaf["counts"] == [{"reason": "missing", "network": "127.0.0.0/24", "count": 50}]
    assert node.ledger.size <= before + 3
