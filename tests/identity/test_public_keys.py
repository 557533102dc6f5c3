import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.util import int_to_base64

from exchange.identity.public_keys import UnacceptableKey, accept

# RFC 7638 §3.1: the example key and its thumbprint.
RFC_7638_N = (
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhM"
    "stn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5h"
    "ajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
)


def public(key, **parameters):
    return {**key.as_dict(private=False), **parameters}


def short_rsa_key():
    numbers = generate_private_key(65537, 1024).public_key().public_numbers()
    return {"kty": "RSA", "n": int_to_base64(numbers.n), "e": int_to_base64(numbers.e)}


def test_the_kid_is_the_thumbprint_of_rfc_7638():
    kept = accept({"kty": "RSA", "n": RFC_7638_N, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"})
    assert kept == {
        "kty": "RSA",
        "n": RFC_7638_N,
        "e": "AQAB",
        "use": "sig",
        "kid": "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
    }


@pytest.mark.parametrize(
    "key",
    [ECKey.generate_key("P-256"), OKPKey.generate_key("Ed25519"), RSAKey.generate_key(2048)],
    ids=["EC", "OKP", "RSA"],
)
def test_the_three_kinds_of_key_are_accepted(key):
    kept = accept(public(key, kid="mine", x5u="https://elsewhere.example/cert"))
    assert kept["kid"] == key.thumbprint()
    assert "x5u" not in kept
    assert accept(kept) == kept


@pytest.mark.parametrize(
    "key",
    [ECKey.generate_key("P-256"), OKPKey.generate_key("Ed25519"), RSAKey.generate_key(2048)],
    ids=["EC", "OKP", "RSA"],
)
def test_a_private_key_is_refused(key):
    private = key.as_dict(private=True)
    with pytest.raises(UnacceptableKey, match="private key; send the public one") as refused:
        accept(private)
    assert private["d"] not in str(refused.value)


def test_any_private_member_alone_is_refused():
    for member in ("d", "p", "q", "dp", "dq", "qi", "oth", "k"):
        with pytest.raises(UnacceptableKey, match="private"):
            accept({**public(ECKey.generate_key("P-256")), member: "AA"})


@pytest.mark.parametrize(
    "jwk",
    [
        {},
        {"kty": "oct"},
        OctKey.generate_key(256).as_dict(private=True),
        public(ECKey.generate_key("P-384")),
        public(ECKey.generate_key("secp256k1")),
        public(OKPKey.generate_key("X25519")),
        public(OKPKey.generate_key("Ed448")),
        short_rsa_key(),
        public(ECKey.generate_key("P-256"), use="enc"),
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-256", "x": base64.urlsafe_b64encode(b"1" * 32).decode().rstrip("="), "y": "AQ"},
        {"kty": "RSA", "n": "", "e": "AQAB"},
        {"kty": "RSA", "n": RFC_7638_N},
        {"kty": ["EC"]},
        {"kty": "OKP", "crv": "Ed25519", "x": "é"},
    ],
)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_other_keys_are_refused(jwk):
    with pytest.raises(UnacceptableKey):
        accept(jwk)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=2)
)


@given(st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "n", "e", "use", "kid"]), JSON))
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_nonsense_is_refused_and_never_crashes(jwk):
    for kind in ("EC", "RSA", "OKP", None):
        with pytest.raises(UnacceptableKey):
            accept(jwk if kind is None else {**jwk, "kty": kind})
