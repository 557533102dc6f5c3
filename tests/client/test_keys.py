"""A private key in each form that people have it; errors never repeat any of it."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from exchange import keyfiles
from exchange.client.keys import private_jwk
from exchange.identity import assertions
from exchange.identity.public_keys import accept

PKCS8 = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)


@pytest.mark.parametrize(
    "made",
    [
        ec.generate_private_key(ec.SECP256R1()),
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(65537, 2048),
    ],
    ids=["EC", "OKP", "RSA"],
)
def test_pem_text(made: ec.EllipticCurvePrivateKey) -> None:
    pem = made.private_bytes(*PKCS8, serialization.NoEncryption()).decode()
    jwk = private_jwk("a.b", pem)
    assert assertions.make_assertion(jwk, "a.b", "http://x", 0)
    assert accept(assertions.public_jwk(jwk))


def test_a_key_file_and_whose_it_is(tmp_path: Path) -> None:
    key = assertions.make_key()
    keyfiles.write(tmp_path / "k.json", "a.b", key)
    assert private_jwk("a.b", tmp_path / "k.json") == private_jwk("a.b", str(tmp_path / "k.json")) == key
    with pytest.raises(ValueError, match=r"key file of a\.b"):
        private_jwk("c.d", tmp_path / "k.json")


def test_what_is_no_private_key(tmp_path: Path) -> None:
    key = assertions.make_key()
    with pytest.raises(ValueError, match="no private part"):
        private_jwk("a.b", assertions.public_jwk(key))
    encrypted = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        *PKCS8, serialization.BestAvailableEncryption(b"pass")
    )
    for pem in (encrypted.decode(), "-----BEGIN PRIVATE KEY-----\nMIGSECRET\n-----END PRIVATE KEY-----"):
        with pytest.raises(ValueError, match="no unencrypted private key") as caught:
            private_jwk("a.b", pem)
        assert "SECRET" not in str(caught.value)
    with pytest.raises(FileNotFoundError):
        private_jwk("a.b", tmp_path / "none.json")
    (tmp_path / "open.json").write_text("{}")
    (tmp_path / "open.json").chmod(0o644)
    with pytest.raises(keyfiles.UnreadableKeyFile, match="chmod 600"):
        private_jwk("a.b", tmp_path / "open.json")
