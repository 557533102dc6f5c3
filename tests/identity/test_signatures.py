"""Signed requests verify with another implementation of RFC 9421, and what was changed does not."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from types import SimpleNamespace

import pytest
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms
from http_message_signatures.exceptions import HTTPMessageSignaturesException
from joserfc.jwk import ECKey

from exchange.identity import signatures

BODY = b'{"id":"1"}'
KEY = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
OTHER = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)


class Published(HTTPSignatureKeyResolver):
    def __init__(self, *keys):
        self.keys = {key.thumbprint(): key.public_key for key in keys}

    def resolve_public_key(self, key_id):
        return self.keys[key_id]


def verify(headers, url="https://hooks.example/in", method="POST", keys=(KEY,)):
    message = SimpleNamespace(method=method, url=url, headers=headers)
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ECDSA_P256_SHA256, key_resolver=Published(*keys))
    (result,) = verifier.verify(message, max_age=timedelta(minutes=10), expect_tag=signatures.TAG)
    return result


def made(now=None, key=KEY, **changes):
    given = {
        "key": key, "method": "POST", "authority": "hooks.example", "path": "/in", "content_type": "application/json",
        "body": BODY, "nonce": "n-1", "now": now or datetime.now(UTC),
    }  # fmt: skip
    return signatures.signed(**(given | changes))


def test_another_implementation_verifies_it():
    now = datetime.now(UTC)
    result = verify(made(now))
    assert result.parameters["keyid"] == KEY.thumbprint()
    assert result.parameters["created"] == int(now.timestamp())
    assert result.parameters["expires"] == int(now.timestamp()) + 300
    assert (result.nonce, result.parameters["alg"]) == ("n-1", "ecdsa-p256-sha256")
    assert {name.strip('"') for name in result.covered_components} == {*signatures.COVERED, "@signature-params"}


@pytest.mark.parametrize(
    "changed",
    [
        {"content-digest": f"sha-256=:{signatures._base64(sha256(b'other').digest())}:"},
        {"content-type": "text/plain"},
        {"nonce": "n-2"},
        {"created": "1"},
    ],
)
def test_what_was_changed_does_not_verify(changed):
    headers = made()
    if "nonce" in changed:
        headers["signature-input"] = headers["signature-input"].replace("n-1", "n-2")
    elif "created" in changed:
        headers["signature-input"] = headers["signature-input"].replace("created=1", "created=0")
    else:
        headers |= changed
    with pytest.raises(HTTPMessageSignaturesException):
        verify(headers)


@pytest.mark.parametrize(
    "elsewhere",
    [{"url": "https://other.example/in"}, {"url": "https://hooks.example/out"}, {"method": "PUT"}],
)
def test_it_is_good_for_one_place_only(elsewhere):
    with pytest.raises(HTTPMessageSignaturesException):
        verify(made(), **elsewhere)


def test_an_old_one_is_refused():
    with pytest.raises(HTTPMessageSignaturesException):
        verify(made(datetime.now(UTC) - timedelta(minutes=6)))


def test_another_key_does_not_pass_for_ours():
    headers = made(key=OTHER)
    headers["signature-input"] = headers["signature-input"].replace(OTHER.thumbprint(), KEY.thumbprint())
    with pytest.raises(HTTPMessageSignaturesException):
        verify(headers)


def test_numbers_of_a_signature_keep_their_leading_zeros():
    """One in 128 signatures has a number that begins with a zero byte."""
    for number in range(300):
        assert verify(made(nonce=str(number)))
