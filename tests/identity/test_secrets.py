import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.identity.secrets import Cipher, Unsealable

KEK = b"k" * 32


@given(st.binary(max_size=200), st.binary(max_size=40))
def test_what_was_sealed_opens_in_its_context_only(plaintext, context):
    cipher = Cipher(KEK)
    sealed = cipher.seal(plaintext, context)
    assert cipher.open(sealed, context) == plaintext
    assert len(sealed) == len(plaintext) + 29
    with pytest.raises(Unsealable):
        cipher.open(sealed, context + b"x")


def test_the_same_secret_is_sealed_differently_each_time():
    cipher = Cipher(KEK)
    assert cipher.seal(b"password", b"c") != cipher.seal(b"password", b"c")


def test_every_changed_byte_is_noticed():
    cipher = Cipher(KEK)
    sealed = cipher.seal(b"password", b"c")
    for position in range(len(sealed)):
        damaged = bytearray(sealed)
        damaged[position] ^= 1
        with pytest.raises(Unsealable):
            cipher.open(bytes(damaged), b"c")


@pytest.mark.parametrize("damaged", [b"", b"\x01", b"\x01" + b"0" * 27, b"\x02" + b"0" * 40])
def test_what_is_no_sealed_secret_does_not_open(damaged):
    with pytest.raises(Unsealable):
        Cipher(KEK).open(damaged, b"c")


def test_another_key_does_not_open():
    sealed = Cipher(KEK).seal(b"password", b"c")
    with pytest.raises(Unsealable) as refused:
        Cipher(b"l" * 32).open(sealed, b"c")
    assert "password" not in str(refused.value)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_only_a_key_of_32_bytes_is_taken(length):
    with pytest.raises(ValueError, match="32"):
        Cipher(b"k" * length)
