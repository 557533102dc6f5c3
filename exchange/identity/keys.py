"""Keys of the exchange itself: two files outside the data directory, and the keys that sign access tokens.

`kek` (64 hex digits) seals what is secret in the database; `ledger.key` (Ed25519, PKCS#8 PEM, RFC 8410) signs the
ledger's checkpoints. Both are made once and never overwritten. Token signing keys (ES256) live in the database, sealed.

    OSError
    ├── KeyFilesExist       FileExistsError: nothing is overwritten
    ├── KeyFileMissing      FileNotFoundError
    └── KeyFileExposed      PermissionError: others may read the file or change the directory
    ValueError
    └── KeyFileMalformed
    LookupError
    └── NoSigningKey
"""

import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from joserfc.jwk import ECKey
from sqlmodel import Session, col, select

from exchange.identity.models import SigningKey
from exchange.identity.secrets import KEK_BYTES, Cipher
from exchange.identity.tokens import LEEWAY, LIFE

KEK: Final = "kek"
LEDGER: Final = "ledger.key"

PUBLISHED_AFTER_RETIREMENT: Final = timedelta(seconds=LIFE + LEEWAY + 60)
"""Until the last token signed with it has expired; a minute more for a request that was signing meanwhile."""


class KeyFilesExist(FileExistsError):
    """Key files are never overwritten."""


class KeyFileMissing(FileNotFoundError):
    """A key file is not where it should be."""


class KeyFileExposed(PermissionError):
    """Others than the owner could read a key file or put another in its place."""


class KeyFileMalformed(ValueError):
    """A key file does not hold what its name says."""


class NoSigningKey(LookupError):
    """No key signs tokens yet."""

    def __init__(self) -> None:
        super().__init__("The exchange has no token signing key: make one with `hutong keys rotate`.")


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """The key-encryption key (32 bytes) and the ledger's signing key."""

    kek: bytes = field(repr=False)
    ledger: Ed25519PrivateKey = field(repr=False)


def create(directory: Path) -> KeyFiles:
    """Makes the key files, 0600, in a directory that is made 0700 when it is not there.

    A file that is there is used as it is: it is what an interrupted `create` left. So this is only for an exchange
    without any data. Raises KeyFilesExist when both files are there, KeyFileExposed when others can change the
    directory or read a file, KeyFileMalformed.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if all(os.path.lexists(directory / name) for name in (KEK, LEDGER)):
        raise KeyFilesExist(
            f"{directory} holds {KEK} and {LEDGER} already: key files are never overwritten. Use them, "
            "or name an empty directory."
        )
    _require_closed(directory)
    if not os.path.lexists(directory / KEK):
        _write(directory / KEK, os.urandom(KEK_BYTES).hex().encode() + b"\n")
    kek = _kek(directory / KEK)
    if not os.path.lexists(directory / LEDGER):
        fresh = Ed25519PrivateKey.generate()
        _write(directory / LEDGER, fresh.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return KeyFiles(kek, _ledger(directory / LEDGER))


def load(directory: Path) -> KeyFiles:
    """Reads both key files. Raises KeyFileMissing, KeyFileExposed, KeyFileMalformed; each says how to mend it."""
    if directory.is_dir():
        _require_closed(directory)
    return KeyFiles(_kek(directory / KEK), _ledger(directory / LEDGER))


def current(session: Session, cipher: Cipher) -> ECKey:
    """The private key that signs tokens now, with its kid. Raises NoSigningKey, Unsealable."""
    newest = select(SigningKey).where(col(SigningKey.retired_at).is_(None)).order_by(col(SigningKey.created_at).desc())
    row = session.exec(newest).first()
    if row is None:
        raise NoSigningKey
    return ECKey.import_key(cipher.open(row.private, _context(row.kid)), {"use": "sig", "kid": row.kid})


def rotate(session: Session, cipher: Cipher, now: datetime) -> SigningKey:
    """Makes a new signing key and retires all others; the first one is made the same way."""
    for row in session.exec(select(SigningKey).where(col(SigningKey.retired_at).is_(None))):
        row.retired_at = now
        session.add(row)
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    kid = key.thumbprint()
    fresh = SigningKey(
        kid=kid,
        public_jwk=dict(key.as_dict(private=False)),
        private=cipher.seal(key.as_pem(private=True), _context(kid)),
        created_at=now,
    )
    session.add(fresh)
    session.flush()
    return fresh


def published(session: Session, now: datetime) -> Mapping[str, ECKey]:
    """Public keys by kid, ready to verify: the current one, and retired ones whose tokens may still be valid."""
    living = col(SigningKey.retired_at).is_(None) | (col(SigningKey.retired_at) > now - PUBLISHED_AFTER_RETIREMENT)
    rows = session.exec(select(SigningKey).where(living).order_by(col(SigningKey.created_at).desc()))
    return {row.kid: ECKey.import_key(row.public_jwk) for row in rows}


def _context(kid: str) -> bytes:
    return b"signing-key:" + kid.encode()


def _require_closed(directory: Path) -> None:
    if directory.stat().st_mode & 0o022:
        raise KeyFileExposed(f"Others can change {directory}: run `chmod 700 {directory}` and check what is in it.")


def _write(path: Path, content: bytes) -> None:
    """The whole file or none: written beside its place (mkstemp gives 0600), synced, linked, which never replaces."""
    handle, beside = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(beside, path)
    except FileExistsError:
        raise KeyFilesExist(f"{path} was made by somebody else meanwhile: nothing was overwritten.") from None
    finally:
        os.unlink(beside)
    _sync(path.parent)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: Path) -> bytes:
    """The file's bytes, if it is a regular file that nobody but its owner can read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise KeyFileMissing(
            f"{path} is missing: restore it from your backup, or run `hutong init` for a new exchange."
        ) from None
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise KeyFileMalformed(f"{path} is not a regular file: put the key file there.")
        if status.st_mode & 0o077:
            raise KeyFileExposed(f"Others than its owner have access to {path}: run `chmod 600 {path}`.")
        return os.read(handle, 10_000)
    finally:
        os.close(handle)


def _kek(path: Path) -> bytes:
    text = _read(path).strip()
    try:
        kek = bytes.fromhex(text.decode("ascii"))
    except ValueError:
        kek = b""
    if len(kek) != KEK_BYTES:
        raise KeyFileMalformed(f"{path} does not hold {2 * KEK_BYTES} hex digits: restore it from your backup.")
    return kek


def _ledger(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileMalformed(f"{path} does not hold an unencrypted Ed25519 key in PEM: restore it from your backup.")
    return key
