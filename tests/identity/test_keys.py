import os
import stat
import tempfile
import threading
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from sqlmodel import select

from exchange.identity import keys
from exchange.identity.models import SigningKey
from exchange.identity.secrets import Cipher, Unsealable


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def place(tmp_path):
    return tmp_path / "deep" / "keys"


def test_what_was_created_is_loaded(place):
    created = keys.create(place)
    loaded = keys.load(place)
    assert loaded.kek == created.kek
    assert len(loaded.kek) == 32
    assert loaded.ledger.public_key() == created.ledger.public_key()


def test_nobody_else_can_read_the_files_whatever_the_umask(place):
    before = os.umask(0)
    try:
        keys.create(place)
    finally:
        os.umask(before)
    assert mode(place) == 0o700
    assert {mode(path) for path in place.iterdir()} == {0o600}
    assert {path.name for path in place.iterdir()} == {"kek", "ledger.key"}


def test_nothing_is_overwritten(place):
    keys.create(place)
    before = {path.name: path.read_bytes() for path in place.iterdir()}
    with pytest.raises(keys.KeyFilesExist, match="never overwritten"):
        keys.create(place)
    assert {path.name: path.read_bytes() for path in place.iterdir()} == before


@pytest.mark.parametrize("name", ["kek", "ledger.key"])
def test_a_file_that_is_no_key_is_not_overwritten(place, name):
    place.mkdir(parents=True, mode=0o700)
    (place / name).write_bytes(b"precious")
    (place / name).chmod(0o600)
    with pytest.raises(keys.KeyFileMalformed, match=name):
        keys.create(place)
    assert (place / name).read_bytes() == b"precious"


def test_a_dangling_link_counts_as_a_file(place, tmp_path):
    place.mkdir(parents=True, mode=0o700)
    (place / "kek").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(keys.KeyFileMissing):
        keys.create(place)
    assert [path.name for path in place.iterdir()] == ["kek"]
    assert not (tmp_path / "elsewhere").exists()


def test_of_two_who_create_at_once_one_wins(place):
    made, refused = [], []
    barrier = threading.Barrier(4)

    def create():
        barrier.wait()
        try:
            made.append(keys.create(place))
        except keys.KeyFilesExist:
            refused.append(True)

    threads = [threading.Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(refused)) == (1, 3)
    assert keys.load(place).kek == made[0].kek
    assert {path.name for path in place.iterdir()} == {"kek", "ledger.key"}


KILLED = 9


def killed_at(place, step):
    """Make the keys in a process that ends before its system call number `step`; whether it had so many."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.wait()[1]) == KILLED
    seen = 0

    def counting(real):
        def call(*given, **named):
            nonlocal seen
            seen += 1
            if seen == step:
                os._exit(KILLED)
            return real(*given, **named)

        return call

    for module, name in ((os, "mkdir"), (tempfile, "mkstemp"), (os, "fsync"), (os, "link"), (os, "unlink")):
        setattr(module, name, counting(getattr(module, name)))
    try:
        keys.create(place)
    finally:
        os._exit(0)


@pytest.mark.parametrize("directory", ["new", "made by the operator"])
def test_what_was_interrupted_anywhere_is_completed_by_the_next(tmp_path, directory):
    step, left = 1, set()
    while True:
        place = tmp_path / str(step)
        if directory != "new":
            place.mkdir(mode=0o700)
        if not killed_at(place, step):
            break
        files = {name: (place / name).read_bytes() for name in ("kek", "ledger.key") if (place / name).exists()}
        left.add(len(files))
        made = keys.load(place) if len(files) == 2 else keys.create(place)
        assert keys.load(place).kek == made.kek
        assert keys.load(place).ledger.public_key() == made.ledger.public_key()
        assert {name: (place / name).read_bytes() for name in files} == files
        step += 1
    assert left == {0, 1, 2}


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o601])
@pytest.mark.parametrize("name", ["kek", "ledger.key"])
def test_a_file_that_others_have_access_to_is_refused(place, name, bits):
    keys.create(place)
    (place / name).chmod(bits)
    with pytest.raises(keys.KeyFileExposed, match=f"chmod 600 .*{name}"):
        keys.load(place)


def test_a_directory_that_others_can_change_is_refused(place):
    keys.create(place)
    place.chmod(0o770)
    with pytest.raises(keys.KeyFileExposed, match="chmod 700"):
        keys.load(place)


def test_no_keys_are_made_where_others_can_change_them(place):
    place.mkdir(parents=True)
    place.chmod(0o777)
    with pytest.raises(keys.KeyFileExposed):
        keys.create(place)
    assert mode(place) == 0o777


@pytest.mark.parametrize("name", ["kek", "ledger.key"])
def test_a_missing_file_is_named(place, name):
    keys.create(place)
    (place / name).unlink()
    with pytest.raises(keys.KeyFileMissing, match=f"{name} is missing"):
        keys.load(place)


def pem(key, encryption=None) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("kek", b""),
        ("kek", b"00" * 31),
        ("kek", b"00" * 33),
        ("kek", b"zz" * 32),
        ("kek", bytes(range(224, 256)) + b"\xff"),
        ("ledger.key", b""),
        ("ledger.key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
        ("ledger.key", pem(generate_private_key(SECP256R1()))),
        ("ledger.key", pem(Ed25519PrivateKey.generate(), BestAvailableEncryption(b"pass"))),
    ],
)
def test_a_wrong_format_is_refused_without_showing_it(place, name, content):
    keys.create(place)
    (place / name).write_bytes(content)
    with pytest.raises(keys.KeyFileMalformed, match=name) as refused:
        keys.load(place)
    assert content == b"" or repr(content)[2:20] not in str(refused.value)


def test_a_directory_in_place_of_a_file_is_refused(place):
    keys.create(place)
    (place / "kek").unlink()
    (place / "kek").mkdir(mode=0o700)
    with pytest.raises(keys.KeyFileMalformed):
        keys.load(place)


def test_keys_are_not_in_the_repr(place):
    created = keys.create(place)
    assert created.kek.hex() not in repr(created)
    assert repr(created.kek) not in repr(created)


def test_without_a_signing_key_the_message_says_how_to_make_one(session, cipher):
    session.delete(session.exec(select(SigningKey)).one())
    with pytest.raises(keys.NoSigningKey, match="hutong keys rotate"):
        keys.current(session, cipher)


def test_rotation_retires_the_old_key_and_signs_with_the_new(session, cipher, now):
    old = keys.current(session, cipher)
    new = keys.rotate(session, cipher, now + timedelta(hours=1))
    assert keys.current(session, cipher).kid == new.kid != old.kid
    assert keys.current(session, cipher).is_private


def test_a_retired_key_stays_published_until_its_tokens_have_expired(session, cipher, now):
    old = keys.current(session, cipher).kid
    keys.rotate(session, cipher, now)
    published = keys.published(session, now + timedelta(seconds=605))
    assert old in published
    assert not published[old].is_private
    assert old not in keys.published(session, now + timedelta(seconds=700))
    assert len(keys.published(session, now + timedelta(days=400))) == 1


def test_the_private_half_is_sealed_for_its_row(session, cipher, now):
    row = session.exec(select(SigningKey)).one()
    assert b"PRIVATE" not in row.private
    assert "d" not in row.public_jwk
    with pytest.raises(Unsealable):
        keys.current(session, Cipher(b"other key of 32 bytes, no more.."))
    other = keys.rotate(session, cipher, now)
    other.private = row.private
    session.add(other)
    session.flush()
    with pytest.raises(Unsealable):
        keys.current(session, cipher)
