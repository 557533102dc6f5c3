"""Signed notes, keys, checkpoints and proofs, against the example of the C2SP specification and every flipped byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.ledger import note
from exchange.ledger.merkle import EMPTY_ROOT
from exchange.ledger.note import BadNote, Checkpoint, NotSigned, Proof, Signer

# The example of golang.org/x/mod/sumdb/note, from which the signed-note specification was written down.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
SIGNER = Signer("log.example/a", b"s" * 32)
CHECKPOINT = Checkpoint("log.example/a", 5, b"r" * 32)


def test_the_published_example_verifies() -> None:
    key = note.parse_key(GO_KEY)
    assert str(key) == GO_KEY
    assert note.verify(GO_NOTE.encode(), key).startswith("If you think")


def test_signing_is_deterministic_and_verifies() -> None:
    signed = SIGNER.sign(CHECKPOINT.text)
    assert signed == Signer("log.example/a", b"s" * 32).sign(CHECKPOINT.text)
    assert note.open_checkpoint(signed, note.parse_key(str(SIGNER.key))) == CHECKPOINT


def test_every_flipped_bit_of_a_signed_checkpoint_is_noticed() -> None:
    signed = SIGNER.sign(CHECKPOINT.text)
    for at in range(len(signed)):
        for bit in range(8):
            flipped = signed[:at] + bytes([signed[at] ^ 1 << bit]) + signed[at + 1 :]
            with pytest.raises(BadNote):
                note.open_checkpoint(flipped, SIGNER.key)


def test_every_shortened_checkpoint_is_noticed() -> None:
    signed = SIGNER.sign(CHECKPOINT.text)
    for end in range(len(signed)):
        with pytest.raises(BadNote):
            note.open_checkpoint(signed[:end], SIGNER.key)


def test_another_key_of_the_same_name_does_not_count() -> None:
    forged = Signer("log.example/a", b"f" * 32).sign(CHECKPOINT.text)
    with pytest.raises(NotSigned):
        note.verify(forged, SIGNER.key)


def test_other_signatures_are_ignored_but_our_failing_one_is_not() -> None:
    signed = SIGNER.sign(CHECKPOINT.text)
    other = Signer("witness.example", b"w" * 32).sign(CHECKPOINT.text).split(b"\n\n")[1]
    assert note.open_checkpoint(signed + other, SIGNER.key) == CHECKPOINT
    wrong = SIGNER.sign("another text\n").split(b"\n\n")[1]
    with pytest.raises(NotSigned):
        note.open_checkpoint(signed + wrong, SIGNER.key)


def test_a_checkpoint_of_another_origin_is_refused() -> None:
    with pytest.raises(BadNote):
        note.open_checkpoint(SIGNER.sign(Checkpoint("log.example/b", 5, b"r" * 32).text), SIGNER.key)


def test_extension_lines_are_kept() -> None:
    extended = Checkpoint("log.example/a", 5, b"r" * 32, ("more", "lines"))
    assert note.open_checkpoint(SIGNER.sign(extended.text), SIGNER.key) == extended


@pytest.mark.parametrize(
    "text",
    ["o\n05\n{}\n", "o\n+5\n{}\n", "o\n5\nAAAA\n", "o\n5\n{}", "\n5\n{}\n", "o\n5\n", "o\n٥\n{}\n", "o\n5\n{}\n\nx\n"],
)
def test_misspelt_checkpoints(text: str) -> None:
    with pytest.raises(BadNote):
        note.parse_checkpoint(text.format(note.encode(EMPTY_ROOT)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a+b",
        GO_KEY.replace("c74f20a3", "c74f20a4"),
        GO_KEY.replace("PeterNeumann", "Peter Neumann"),
        GO_KEY[:-4],
        GO_KEY.replace("+AR", "+BR"),
        GO_KEY + " ",
    ],
)
def test_misspelt_keys(text: str) -> None:
    with pytest.raises(BadNote):
        note.parse_key(text)


def test_base64_has_one_spelling() -> None:
    assert note.decode("AA==") == b"\0"
    for other in ("AB==", "AA", "AA=", "A A==", "AA==\n", "-_=="):
        with pytest.raises(BadNote):
            note.decode(other)


@given(
    st.one_of(st.none(), st.binary(max_size=200)),
    st.integers(0, 10**18),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
)
def test_proofs_round_trip(extra: bytes | None, index: int, hashes: list[bytes]) -> None:
    proof = Proof(extra, index, tuple(hashes), SIGNER.sign(CHECKPOINT.text))
    assert note.parse_proof(note.format_proof(proof)) == proof


@pytest.mark.parametrize(
    "text",
    [
        "c2sp.org/tlog-proof@v2\nindex 0\n\nx",
        "c2sp.org/tlog-proof@v1\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 00\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 0\nextra AA==\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 0\n",
    ],
)
def test_misspelt_proofs(text: str) -> None:
    with pytest.raises(BadNote):
        note.parse_proof(text.encode())
