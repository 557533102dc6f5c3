import base64
import hmac
import json
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey

from exchange.identity import assertions, clients, keys
from exchange.identity.tokens import LEEWAY, LIFE, LONGEST, REASONS, TokenVerifier, Unidentified, issue

EMPTY = SimpleNamespace(clients={}, issuer_keys={})
ONE_KEY = SimpleNamespace(clients={}, issuer_keys={"k": ECKey.generate_key("P-256")})


@pytest.fixture
def verifier(issuer):
    return TokenVerifier(issuer)


@pytest.fixture
def signing_key(session, cipher):
    return keys.current(session, cipher)


@pytest.fixture
def key_id(key):
    return assertions.public_jwk(key)["kid"]


@pytest.fixture
def token(signing_key, issuer, client_id, key_id, at):
    return issue(signing_key, issuer, client_id, key_id, frozenset({"call"}), at)


@pytest.fixture
def claims(issuer, client_id, key_id, at):
    return {
        "iss": issuer,
        "aud": issuer,
        "sub": client_id,
        "client_id": client_id,
        "client_key": key_id,
        "scope": "call",
        "jti": "1",
        "iat": at,
        "exp": at + LIFE,
    }


@pytest.fixture
def sign(signing_key):
    def build(claims, header=None, key=signing_key, algorithm="ES256"):
        head = {"alg": algorithm, "typ": "at+jwt", "kid": signing_key.kid, **(header or {})}
        return jwt.encode({k: v for k, v in head.items() if v is not None}, claims, key, algorithms=[algorithm])

    return build


@pytest.fixture
def identify(verifier, directory, at):
    def run(token, seconds=0, view=None, using=verifier):
        value = token.encode() if isinstance(token, str) else token
        return using.identify(b"Bearer " + value, view or directory(), (at + seconds) * 1000)

    return run


@pytest.fixture
def refused(identify):
    def run(token, *args, **kwargs):
        with pytest.raises(Unidentified) as error:
            identify(token, *args, **kwargs)
        assert str(error.value) == REASONS[error.value.reason]
        return error.value.reason

    return run


def test_a_token_as_rfc_9068_has_it(token, issuer, client_id, key_id, at, signing_key):
    header, payload = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
    assert header == {"alg": "ES256", "typ": "at+jwt", "kid": signing_key.kid}
    assert len(payload.pop("jti")) == 32
    assert payload == {
        "iss": issuer,
        "aud": issuer,
        "sub": client_id,
        "client_id": client_id,
        "client_key": key_id,
        "scope": "call",
        "iat": at,
        "exp": at + 600,
    }


def test_the_caller_is_identified_again_and_again(identify, token, client_id, key_id):
    for _ in range(3):
        caller = identify(token)
        assert caller.client_id == client_id
        assert caller.application == "civil-affairs/newborn"
        assert caller.department == "civil-affairs"
        assert caller.scopes == {"call"}
        assert caller.key_id == key_id


def test_a_signature_is_verified_once(identify, token, monkeypatch):
    first = identify(token)
    monkeypatch.setattr(jws, "validate_compact", lambda *_: pytest.fail("verified again"))
    assert identify(token) == first


@pytest.mark.parametrize("scheme", [b"bearer ", b"BEARER "])
def test_the_scheme_ignores_case(verifier, directory, token, at, scheme):
    assert verifier.identify(scheme + token.encode(), directory(), at * 1000)


@pytest.mark.parametrize(
    ("authorization", "reason"),
    [
        (None, "missing"),
        (b"", "missing"),
        (b"Bearer", "missing"),
        (b"Bearer ", "missing"),
        (b"Basic dXNlcjpwYXNz", "not-bearer"),
        (b"DPoP x.y.z", "not-bearer"),
        (b"Bearerx.y.z", "not-bearer"),
        (b"Bearer x", "malformed"),
        (b"Bearer x.y.z", "malformed"),
        (b"Bearer  a.b.c", "malformed"),
        (b"Bearer a.b.c.d.e", "malformed"),
        (b"Bearer ..", "malformed"),
        (b"Bearer \xff\xfe.\x00.\x00", "malformed"),
        (b"Bearer " + b"a" * LONGEST, "malformed"),
        (b"Bearer " + b"a" * 10_000_000, "malformed"),
    ],
)
def test_what_is_no_token_is_refused(verifier, directory, at, authorization, reason):
    with pytest.raises(Unidentified) as error:
        verifier.identify(authorization, directory(), at * 1000)
    assert error.value.reason == reason


def test_an_oversize_token_is_refused_unread(refused, sign, claims):
    assert refused(sign({**claims, "padding": "x" * 4000})) == "malformed"


@given(st.binary(max_size=300), st.binary(max_size=100))
def test_arbitrary_bytes_never_crash_the_verifier(left, right):
    verifier = TokenVerifier("http://127.0.0.1:8080")
    header = base64.urlsafe_b64encode(left).rstrip(b"=")

    for authorization in (left, b"Bearer " + left, b"Bearer " + header + b"." + right + b"." + right):
        with pytest.raises(Unidentified):
            verifier.identify(authorization, EMPTY, 0)


@given(
    st.recursive(st.none() | st.integers() | st.text(max_size=9), lambda s: st.lists(s) | st.dictionaries(st.text(), s))
)
def test_arbitrary_headers_never_crash_the_verifier(member):
    verifier = TokenVerifier("http://127.0.0.1:8080")
    for header in (member, {"alg": member, "typ": "at+jwt"}, {"alg": "ES256", "typ": member}):
        for more in ({}, {"kid": "k"}, {"kid": member}, {"kid": "k", "crit": member}, {"kid": "k", "b64": member}):
            whole = {**header, **more} if isinstance(header, dict) else header
            segment = base64.urlsafe_b64encode(json.dumps(whole).encode()).rstrip(b"=")
            with pytest.raises(Unidentified):
                verifier.identify(b"Bearer " + segment + b".e30." + b"A" * 86, ONE_KEY, 0)


def test_the_largest_header_nesting_is_refused(refused):
    header = base64.urlsafe_b64encode(b"[" * 380).rstrip(b"=").decode()
    assert refused(f"{header}.e30.AA") == "malformed"


def test_every_changed_character_is_noticed(token, verifier, directory, at):
    view = directory()
    for position in range(len(token)):
        other = "A" if token[position] != "A" else "B"
        changed = token[:position] + other + token[position + 1 :]
        with pytest.raises(Unidentified):
            verifier.identify(b"Bearer " + changed.encode(), view, at * 1000)


def part(value) -> str:
    return (
        base64.urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode())
        .rstrip(b"=")
        .decode()
    )


def test_alg_none_is_refused(refused, claims, signing_key):
    for algorithm in ("none", "None", "NONE", ""):
        header = {"alg": algorithm, "typ": "at+jwt", "kid": signing_key.kid}
        assert refused(f"{part(header)}.{part(claims)}.") == "wrong-algorithm"


def test_a_mac_under_the_public_key_is_refused(refused, claims, signing_key):
    public = ECKey.import_key(signing_key.as_dict(private=False))
    body = f"{part({'alg': 'HS256', 'typ': 'at+jwt', 'kid': signing_key.kid})}.{part(claims)}"
    for secret in (public.as_pem(), public.as_der(), json.dumps(public.as_dict()).encode(), b""):
        assert refused(f"{body}.{part(hmac.digest(secret, body.encode(), 'sha256'))}") == "wrong-algorithm"


def test_another_algorithm_is_refused(refused, sign, claims):
    assert refused(sign(claims, key=RSAKey.generate_key(2048), algorithm="RS256")) == "wrong-algorithm"


def test_another_key_under_the_right_kid_is_refused(refused, sign, claims):
    assert refused(sign(claims, key=ECKey.generate_key("P-256"))) == "bad-signature"


@pytest.mark.parametrize("kid", ["foreign", "", None])
def test_a_foreign_kid_is_refused(refused, sign, claims, kid):
    assert refused(sign(claims, {"kid": kid})) == "unknown-key"


def test_a_key_in_the_header_is_not_trusted(refused, sign, claims):
    own = ECKey.generate_key("P-256", auto_kid=True)
    header = {"kid": own.kid, "jwk": own.as_dict(private=False), "jku": "https://elsewhere.example/jwks"}
    assert refused(sign(claims, header, key=own)) == "unknown-key"


@pytest.mark.parametrize("typ", ["JWT", "AT+JWT", None, "application/at+jwt"])
def test_another_type_is_refused(refused, signing_key, claims, typ):
    header = {"alg": "ES256", "kid": signing_key.kid} | ({"typ": typ} if typ else {})
    assert refused(jwt.encode(header, claims, signing_key, default_type=None)) == "wrong-type"


def test_an_assertion_is_no_access_token(refused, key, client_id, issuer, at):
    assert refused(assertions.make_assertion(key, client_id, issuer, at)) == "wrong-type"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"iss": "https://elsewhere.example"}, "wrong-issuer"),
        ({"iss": None}, "wrong-issuer"),
        ({"iss": ["http://127.0.0.1:8080"]}, "wrong-issuer"),
        ({"aud": "https://elsewhere.example"}, "wrong-audience"),
        ({"aud": "http://127.0.0.1:8080/"}, "wrong-audience"),
        ({"aud": ["http://127.0.0.1:8080"]}, "wrong-audience"),
        ({"aud": ["http://127.0.0.1:8080", "https://elsewhere.example"]}, "wrong-audience"),
        ({"cnf": {"jkt": "x"}}, "unsupported-confirmation"),
        ({"cnf": None}, "unsupported-confirmation"),
        ({"client_id": "no.body", "sub": "no.body"}, "client-unknown"),
        ({"sub": "no.body"}, "malformed"),
        ({"client_id": 1}, "malformed"),
        ({"client_key": "foreign"}, "client-key-removed"),
        ({"client_key": None}, "malformed"),
        ({"scope": "call operator"}, "scope-withdrawn"),
        ({"scope": ["call"]}, "malformed"),
        ({"exp": True}, "malformed"),
        ({"exp": "tomorrow"}, "malformed"),
        ({"iat": None}, "malformed"),
        ({"nbf": "now"}, "malformed"),
    ],
)
def test_every_claim_is_checked(refused, sign, claims, change, reason):
    assert refused(sign({**claims, **change})) == reason


@pytest.mark.parametrize("member", ["iss", "aud", "sub", "client_id", "client_key", "scope", "iat", "exp"])
def test_every_claim_is_needed(refused, sign, claims, member):
    del claims[member]
    assert refused(sign(claims)) in {"malformed", "wrong-issuer", "wrong-audience"}


@pytest.mark.parametrize("payload", [b"[]", b"1", b"null", b"", b"{", b'{"exp": NaN}', b"[" * 2000, b"\xff"])
def test_a_signed_payload_that_holds_no_claims_is_refused(refused, signing_key, payload):
    header = {"alg": "ES256", "typ": "at+jwt", "kid": signing_key.kid}
    assert refused(jws.serialize_compact(header, payload, signing_key)) in {"malformed", "wrong-issuer"}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e400"])
def test_times_that_are_no_numbers_are_refused(refused, signing_key, claims, number):
    payload = json.dumps({**claims, "exp": 0}).replace('"exp": 0', f'"exp": {number}').encode()
    header = {"alg": "ES256", "typ": "at+jwt", "kid": signing_key.kid}
    assert refused(jws.serialize_compact(header, payload, signing_key)) == "malformed"


def test_expiry_has_no_leeway_and_bites_on_remembered_tokens(identify, refused, token):
    assert identify(token, LIFE - 1)
    assert refused(token, LIFE) == "expired"
    assert refused(token, LIFE) == "expired"


def test_a_token_expired_before_it_was_ever_seen(refused, token):
    assert refused(token, LIFE) == "expired"


def test_a_token_from_the_future_is_refused(identify, refused, token):
    assert refused(token, -LEEWAY - 1) == "not-yet-valid"
    assert identify(token, -LEEWAY)
    assert refused(token, -LEEWAY - 1) == "not-yet-valid"


def test_a_token_that_is_not_valid_yet_is_refused(identify, refused, sign, claims, at):
    later = sign({**claims, "nbf": at + 60})
    assert refused(later) == "not-yet-valid"
    assert identify(later, 60 - LEEWAY)


def test_disabling_bites_on_the_next_call(session, caller, now, identify, refused, token, client_id):
    assert identify(token)
    clients.disable(session, client_id, caller("operator"), now)
    assert refused(token) == "client-disabled"
    clients.enable(session, client_id, caller("operator"), now)
    assert identify(token)


def test_removing_the_key_bites_on_the_next_call(session, caller, now, identify, refused, token, client_id, key_id):
    assert identify(token)
    other = assertions.public_jwk(assertions.make_key())
    clients.add_key(session, client_id, other, caller("operator"), now)
    assert identify(token)
    clients.remove_key(session, client_id, key_id, caller("operator"), now)
    assert refused(token) == "client-key-removed"


def test_losing_the_scope_or_the_client_bites_on_the_next_call(identify, refused, token, directory, client_id):
    assert identify(token)
    view = directory()
    without = {client_id: replace(view.clients[client_id], scopes=frozenset({"auditor"}))}
    assert refused(token, view=replace(view, clients=without)) == "scope-withdrawn"
    assert refused(token, view=replace(view, clients={})) == "client-unknown"
    assert identify(token)


def test_a_rotated_issuer_key_serves_until_its_tokens_have_expired(
    session, cipher, now, identify, refused, token, directory
):
    assert identify(token)
    keys.rotate(session, cipher, now)
    assert identify(token, LIFE - 1, directory(now + timedelta(seconds=LIFE - 1)))
    assert refused(token, 1, directory(now + timedelta(seconds=2 * LIFE))) == "unknown-key"


def test_the_caller_follows_the_directory(identify, token, directory, client_id):
    assert identify(token).department == "civil-affairs"
    view = directory()
    moved = {client_id: replace(view.clients[client_id], department="housing")}
    assert identify(token, view=replace(view, clients=moved)).department == "housing"


def test_the_memory_is_bounded_and_gives_up_the_oldest(issuer, identify, sign, claims, monkeypatch):
    small = TokenVerifier(issuer, remembered=3)
    tokens = [sign({**claims, "jti": str(number)}) for number in range(5)]
    for token in tokens:
        identify(token, using=small)
    assert len(small._verified) == 3
    monkeypatch.setattr(jws, "validate_compact", lambda *_: pytest.fail("verified again"))
    for token in tokens[2:]:
        identify(token, using=small)


def test_expired_tokens_leave_the_memory(verifier, identify, sign, claims, at):
    for number in range(5):
        identify(sign({**claims, "jti": str(number)}))
    identify(sign({**claims, "iat": at + LIFE, "exp": at + 2 * LIFE}), LIFE)
    assert len(verifier._verified) == 1


def test_refused_tokens_are_not_remembered(verifier, refused, sign, claims):
    assert refused(sign(claims, key=ECKey.generate_key("P-256"))) == "bad-signature"
    assert refused(sign({**claims, "client_key": "foreign"})) == "client-key-removed"
    assert verifier._verified == {}


def test_every_reason_says_what_to_do():
    for text in REASONS.values():
        assert ":" in text
        assert text.endswith(".")
