import json
import logging
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from sqlmodel import select

from exchange.identity import assertions, keys, oauth
from exchange.identity.models import Client
from exchange.identity.tokens import TokenVerifier


def test_an_assertion_buys_a_token_that_identifies(ask, sign, claims, issuer, directory, at, client_id, key, form):
    status, document = ask(form(sign(claims)))
    assert status == 200
    assert document.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert (document["token_type"], document["expires_in"], document["scope"]) == ("Bearer", 600, "call")
    token = b"Bearer " + document["access_token"].encode()
    caller = TokenVerifier(issuer).identify(token, directory(), at * 1000)
    assert (caller.client_id, caller.key_id) == (client_id, assertions.public_jwk(key)["kid"])


def test_the_issuer_and_the_endpoint_are_the_audiences(ask, key, client_id, issuer, at, form):
    for audience in (issuer, f"{issuer}/oauth/token"):
        assert ask(form(assertions.make_assertion(key, client_id, audience, at)))[0] == 200


# Scope, grant and form


def test_the_scope_asked_for_is_granted_if_registered(ask, sign, claims, session, client_id, form):
    session.get(Client, client_id).scopes = ["auditor", "call"]
    assert ask(form(sign(claims)))[1]["scope"] == "auditor call"
    for number, (scope, granted) in enumerate(
        {"call": "call", " call  auditor ": "auditor call", "": "auditor call"}.items()
    ):
        status, document = ask(form(sign({**claims, "jti": str(number)}), scope=scope))
        assert (status, document["scope"]) == (200, granted)


@pytest.mark.parametrize(
    "scope", ["operator", "call operator", "steward:civil-affairs", "call,auditor", "CALL", "全部"]
)
def test_more_than_registered_is_refused(ask, sign, claims, scope, form):
    status, document = ask(form(sign(claims), scope=scope))
    assert (status, document["error"]) == (400, "invalid_scope")
    assert scope not in document["error_description"]


@pytest.mark.parametrize("grant", ["password", "authorization_code", "refresh_token", "é", "client_credentials "])
def test_other_grants_are_not_supported(ask, sign, claims, grant, form):
    status, document = ask({**form(sign(claims)), "grant_type": grant})
    assert (status, document["error"]) == (400, "unsupported_grant_type")
    assert grant == "client_credentials " or grant not in document["error_description"]


def test_the_grant_must_be_named(ask, sign, claims, form):
    sent = form(sign(claims))
    del sent["grant_type"]
    assert ask(sent)[1]["error"] == "invalid_request"


@pytest.mark.parametrize("name", ["grant_type", "client_assertion", "client_assertion_type", "scope", "foo"])
def test_a_parameter_twice_is_refused(ask, sign, claims, name, form):
    sent = [*form(sign(claims), scope="call", foo="1").items()]
    twice = [*sent, (name, dict(sent)[name])]
    assert ask(sent[:-1])[0] == 200
    status, document = ask(twice)
    assert (status, document["error"]) == (400, "invalid_request")


def test_only_forms_are_read(ask, sign, claims, form):
    for headers in ({}, {"content-type": "application/json"}, {"content-type": "multipart/form-data; boundary=x"}):
        assert ask(json.dumps(form(sign(claims))).encode(), headers=headers)[1]["error"] == "invalid_request"


def test_one_way_of_authentication_only(ask, sign, claims, form, form_headers):
    assert (
        ask(form(sign(claims)), headers={**form_headers, "authorization": "Basic eDp5"})[1]["error"]
        == "invalid_request"
    )
    assert ask(form(sign(claims), client_secret="x"))[1]["error"] == "invalid_request"


def test_no_log_holds_a_token_or_an_assertion(ask, sign, claims, caplog, form):
    caplog.set_level(logging.DEBUG)
    assertion = sign(claims)
    token = ask(form(assertion))[1]["access_token"]
    ask(form(assertion))
    ask(form(sign(claims, key=assertions.make_key())))
    assert token.split(".")[2] not in caplog.text
    assert assertion.split(".")[2] not in caplog.text


def test_without_a_signing_key_nothing_is_answered(endpoint, session, sign, claims, now, form, form_headers):
    for row in session.exec(select(keys.SigningKey)):
        session.delete(row)
    with pytest.raises(keys.NoSigningKey):
        endpoint.respond(session, urlencode(form(sign(claims))).encode(), form_headers, now)


# Where tokens may travel, and what is published


@pytest.mark.parametrize(
    "issuer", ["http://exchange.example", "http://10.0.0.5:8080", "http://0.0.0.0:8080", "exchange"]
)
def test_tokens_do_not_travel_in_the_clear(cipher, issuer):
    with pytest.raises(oauth.InsecureIssuer, match="HUTONG_URL"):
        oauth.TokenEndpoint(issuer, cipher)


@pytest.mark.parametrize("issuer", ["https://exchange.example", "http://localhost:8080", "http://[::1]:8080"])
def test_tls_and_the_loopback_are_taken(cipher, issuer):
    assert oauth.TokenEndpoint(issuer, cipher)


def test_the_metadata_is_what_rfc_8414_asks_for():
    document = oauth.metadata("https://exchange.example")
    AuthorizationServerMetadata(document).validate()
    assert document["token_endpoint"] == "https://exchange.example/oauth/token"
    assert document["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]


def test_the_jwks_holds_public_keys_only(session, cipher, now):
    keys.rotate(session, cipher, now)
    published = oauth.jwks(session, now)["keys"]
    assert len(published) == 2
    assert len(oauth.jwks(session, now + timedelta(hours=1))["keys"]) == 1
    for jwk in published:
        assert jwk.keys() == {"kty", "crv", "x", "y", "use", "alg", "kid"}
