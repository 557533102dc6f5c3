import base64
import json

import pytest
from joserfc.jwk import ECKey, RSAKey

from exchange.identity import assertions
from exchange.identity.public_keys import accept


def test_the_public_half_is_what_the_exchange_keeps():
    key = assertions.make_key()
    public = assertions.public_jwk(key)
    assert (key["kty"], key["crv"]) == ("OKP", "Ed25519")
    assert "d" in key
    assert "d" not in public
    assert accept(public) == public
    assert public["kid"] == key["kid"]


def test_two_keys_are_two_keys():
    assert assertions.make_key()["d"] != assertions.make_key()["d"]


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (assertions.make_key(), "Ed25519"),
        (ECKey.generate_key("P-256").as_dict(private=True), "ES256"),
        (RSAKey.generate_key(2048).as_dict(private=True), "PS256"),
    ],
)
def test_an_assertion_names_key_client_and_audience(key, algorithm):
    made = [assertions.make_assertion(key, "a.b", "https://exchange.example", 1000, life=30) for _ in range(2)]
    header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in made[0].split(".")[:2])
    assert header == {"typ": "JWT", "alg": algorithm, "kid": assertions.public_jwk(key)["kid"]}
    assert len(claims.pop("jti")) == 32
    assert claims == {"iss": "a.b", "sub": "a.b", "aud": "https://exchange.example", "iat": 1000, "exp": 1030}
    assert made[0] != made[1]


def test_a_public_key_signs_nothing():
    with pytest.raises(Exception, match="public"):
        assertions.make_assertion(assertions.public_jwk(assertions.make_key()), "a.b", "x", 1000)
