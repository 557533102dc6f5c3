import base64
import hmac
import json
import threading
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key
from sqlmodel import Session, SQLModel, select

from exchange.db import writing_engine
from exchange.identity import assertions, clients, replay
from exchange.identity.models import AssertionUse
from exchange.identity.tokens import TokenVerifier


@pytest.mark.parametrize(
    ("made", "algorithm"),
    [
        (RSAKey.generate_key(2048), "PS256"),
        (RSAKey.generate_key(2048), "RS256"),
        (OKPKey.generate_key("Ed25519"), "Ed25519"),
        (OKPKey.generate_key("Ed25519"), "EdDSA"),
    ],
)
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_every_accepted_kind_of_key_authenticates(
    ask, sign, claims, session, caller, now, client_id, made, algorithm, issuer, directory, at, form
):
    public = clients.public_keys.accept(made.as_dict(private=False))
    clients.add_key(session, client_id, public, caller("operator"), now)
    status, document = ask(form(sign(claims, key=made, algorithm=algorithm)))
    assert status == 200
    token = b"Bearer " + document["access_token"].encode()
    assert TokenVerifier(issuer).identify(token, directory(), at * 1000).key_id == public["kid"]


def test_without_kid_the_only_key_is_meant(ask, sign, claims, session, caller, now, client_id, refused, form):
    assert ask(form(sign(claims, {"kid": None})))[0] == 200
    clients.add_key(session, client_id, assertions.public_jwk(assertions.make_key()), caller("operator"), now)
    assert refused(sign({**claims, "jti": "two"}, {"kid": None}))


def test_client_id_may_be_named_and_must_be_the_same(ask, sign, claims, refused, client_id, form):
    assert ask(form(sign(claims), client_id=client_id))[0] == 200
    assert "client_id" in refused(sign({**claims, "jti": "two"}), client_id="housing.newborn")


# Assertions that authenticate nobody


def test_no_assertion(ask):
    for sent in (
        {"grant_type": "client_credentials"},
        {"grant_type": "client_credentials", "client_id": "civil-affairs.newborn"},
        {"grant_type": "client_credentials", "client_assertion_type": assertions.TYPE},
        {"grant_type": "client_credentials", "client_assertion": "a.b.c"},
        {"grant_type": "client_credentials", "client_assertion": "a.b.c", "client_assertion_type": "other"},
    ):
        status, document = ask(sent)
        assert (status, document["error"]) == (401, "invalid_client")
        assert "client_assertion" in document["error_description"]


@pytest.mark.parametrize(
    "assertion", ["x", "x.y.z", "..", "a.b.c.d.e", "中文.中文.中文", "\x00", "x" * 5000, "[" * 400]
)
def test_a_malformed_assertion(refused, assertion):
    assert refused(assertion)


def test_an_oversize_assertion_is_refused_unread(refused, sign, claims):
    assert "longer" in refused(sign({**claims, "padding": "x" * 4000}))


def part(value) -> str:
    return (
        base64.urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode())
        .rstrip(b"=")
        .decode()
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@given(header=JSON, payload=JSON, member=JSON)
@SHARED
def test_arbitrary_assertions_never_crash_the_endpoint(ask, header, payload, member, form):
    for head in (header, {"alg": member}, {"alg": "Ed25519", "kid": member, "crit": header}):
        for body in (payload, {"sub": member}, {"sub": "civil-affairs.newborn", "iss": payload}):
            status, document = ask(form(f"{part(head)}.{part(body)}.AA"))
            assert (status, document["error"]) == (401, "invalid_client")


@given(changes=st.dictionaries(st.sampled_from(["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "", "value"]), JSON))
@SHARED
def test_arbitrary_signed_claims_never_crash_the_endpoint(ask, sign, claims, changes, form):
    status, _ = ask(form(sign({**claims, **changes})))
    assert status == 401 or (status == 200 and not {"iss", "sub", "aud"} & changes.keys())


def test_a_wrong_key_and_an_unknown_client_read_the_same(refused, sign, claims):
    other = assertions.make_key()
    texts = {
        refused(sign(claims, key=other)),
        refused(sign(claims, {"kid": "foreign"})),
        refused(sign(claims, {"kid": assertions.public_jwk(other)["kid"]})),
        refused(sign({**claims, "iss": "no.body", "sub": "no.body"})),
        refused(sign({**claims, "sub": "' OR 1=1 --"})),
        refused(sign({**claims, "sub": "\ud800"})),
    }
    assert len(texts) == 1


def test_a_wrong_signature_under_the_right_kid(refused, sign, claims, key):
    good = sign(claims)
    assert refused(sign(claims, {"kid": assertions.public_jwk(key)["kid"]}, key=ECKey.generate_key("P-256")))
    assert refused(good[:-8] + ("A" * 8))


def test_alg_none_and_a_mac_under_the_public_key(refused, claims, key):
    public = import_key(assertions.public_jwk(key))
    for header, secret in (
        ({"alg": "none", "kid": public.kid}, None),
        ({"alg": "HS256", "kid": public.kid}, public.as_pem()),
        ({"alg": "HS256", "kid": public.kid}, json.dumps(assertions.public_jwk(key)).encode()),
        ({"alg": 'é"\\', "kid": public.kid}, b"x"),
    ):
        body = f"{part(header)}.{part(claims)}"
        signature = part(hmac.digest(secret, body.encode(), "sha256")) if secret else ""
        assert refused(f"{body}.{signature}")


def test_a_key_in_the_header_is_not_trusted(refused, sign, claims):
    own = ECKey.generate_key("P-256", auto_kid=True)
    assert refused(sign(claims, {"jwk": own.as_dict(private=False)}, key=own))


def test_an_access_token_is_no_assertion(ask, sign, claims, refused, form):
    token = ask(form(sign(claims)))[1]["access_token"]
    assert refused(token)


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"iss": "housing.newborn"}, "iss"),
        ({"iss": None}, "iss"),
        ({"aud": "https://elsewhere.example"}, "aud"),
        ({"aud": ["http://127.0.0.1:8080"]}, "aud"),
        ({"aud": ["http://127.0.0.1:8080", "https://elsewhere.example"]}, "aud"),
        ({"aud": None}, "aud"),
        ({"aud": "http://127.0.0.1:8080/"}, "aud"),
        ({"jti": None}, "jti"),
        ({"jti": ""}, "jti"),
        ({"jti": 1}, "jti"),
        ({"jti": "x" * 300}, "jti"),
        ({"exp": None}, "exp"),
        ({"exp": "soon"}, "exp"),
        ({"exp": True}, "exp"),
        ({"exp": 10**400}, "exp"),
        ({"iat": "now"}, "iat"),
    ],
)
def test_every_claim_is_checked(refused, sign, claims, changes, hint):
    assert hint in refused(sign({**claims, **changes}))


@pytest.mark.parametrize("member", ["iss", "aud", "exp", "jti"])
def test_every_claim_is_needed(refused, sign, claims, member):
    del claims[member]
    assert member in refused(sign(claims))


@pytest.mark.parametrize(("ahead", "hint"), [(0, "expired"), (-1, "expired"), (-29, "expired"), (-3600, "expired")])
def test_an_expired_assertion(refused, sign, claims, at, ahead, hint):
    assert hint in refused(sign({**claims, "exp": at + ahead}))


def test_expiry_lies_at_most_five_minutes_ahead(ask, refused, sign, claims, at, form):
    assert ask(form(sign({**claims, "exp": at + 300})))[0] == 200
    assert "300" in refused(sign({**claims, "exp": at + 301, "jti": "two"}))


@pytest.mark.parametrize("member", ["iat", "nbf"])
def test_an_assertion_from_the_future(ask, refused, sign, claims, at, member, form):
    assert ask(form(sign({**claims, member: at + 30})))[0] == 200
    assert member in refused(sign({**claims, member: at + 31, "jti": "two"}))


def test_a_disabled_client_is_told_once_it_has_proved_who_it_is(session, caller, now, refused, sign, claims, client_id):
    clients.disable(session, client_id, caller("operator"), now)
    assert "disabled" in refused(sign(claims))
    assert "disabled" not in refused(sign(claims, key=assertions.make_key()))


def test_a_removed_key_buys_nothing(session, caller, now, refused, sign, claims, client_id, key):
    other = assertions.public_jwk(assertions.make_key())
    clients.add_key(session, client_id, other, caller("operator"), now)
    clients.remove_key(session, client_id, assertions.public_jwk(key)["kid"], caller("operator"), now)
    assert refused(sign(claims))


# Replay


def test_an_assertion_is_used_once(ask, refused, sign, claims, form):
    assertion = sign(claims)
    assert ask(form(assertion))[0] == 200
    assert "used before" in refused(assertion)
    assert "used before" in refused(sign(claims))


def test_it_is_used_up_even_if_no_token_came_of_it(ask, refused, sign, claims, form):
    assertion = sign(claims)
    assert ask(form(assertion, scope="operator"))[1]["error"] == "invalid_scope"
    assert "used before" in refused(assertion)


def test_what_did_not_verify_uses_nothing_up(ask, refused, sign, claims, session, form):
    assert refused(sign(claims, key=assertions.make_key()))
    assert refused(sign({**claims, "aud": "https://elsewhere.example"}))
    assert session.exec(select(AssertionUse)).all() == []
    assert ask(form(sign(claims)))[0] == 200


def test_each_client_has_its_own_jtis(session, now):
    for client_id, jti in (("a", "b"), ("b", "b"), ("a", "bb"), ("ab", "b"), ("a", "\ud800")):
        assert replay.use_once(session, client_id, jti, now + timedelta(seconds=60), now)
        assert not replay.use_once(session, client_id, jti, now + timedelta(seconds=60), now)


def test_a_use_is_remembered_for_as_long_as_it_could_be_repeated(ask, refused, sign, claims, at, now, session, form):
    """Fractions of a second included: expiry is judged in whole ones."""
    assertion = sign({**claims, "exp": at + 60.5})
    assert ask(form(assertion))[0] == 200
    for milliseconds in (60_000, 60_400, 60_600, 60_999):
        assert "used before" in refused(assertion, at=now + timedelta(milliseconds=milliseconds))
    assert "expired" in refused(assertion, at=now + timedelta(seconds=61))


def test_expired_uses_are_forgotten(ask, sign, claims, now, session, at, form):
    ask(form(sign(claims)))
    later = now + timedelta(seconds=400)
    ask(form(sign({**claims, "iat": at + 400, "exp": at + 460, "jti": "two"})), at=later)
    assert len(session.exec(select(AssertionUse)).all()) == 1


@pytest.fixture
def database(tmp_path, filled, key):
    engine = writing_engine(tmp_path / "exchange.db")
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        filled(session, key)
        session.commit()
    yield tmp_path / "exchange.db"
    engine.dispose()


def test_of_two_uses_at_once_exactly_one_wins(database, endpoint, sign, claims, now, form, form_headers):
    """Two connections of their own, as of two processes."""
    body = urlencode(form(sign(claims))).encode()
    statuses: list[int] = []
    barrier = threading.Barrier(4)

    def use():
        engine = writing_engine(database)
        with Session(engine) as session:
            barrier.wait()
            answer = endpoint.respond(session, body, form_headers, now)
            session.commit()
            statuses.append(answer.status)
        engine.dispose()

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 401, 401, 401]


def test_a_use_survives_a_restart(database, endpoint, sign, claims, now, form, form_headers):
    body = urlencode(form(sign(claims))).encode()
    statuses = []
    for _ in range(2):
        engine = writing_engine(database)
        with Session(engine) as session:
            statuses.append(endpoint.respond(session, body, form_headers, now).status)
            session.commit()
        engine.dispose()
    assert statuses == [200, 401]
