"""What a client remembers of the ledger, so that nobody can show it two pasts.

A memory on disk is a directory with the two files of an exported log: `checkpoint`, the newest signed one seen, and
`vkey`, only where a key was trusted on first use. `hutong ledger verify --checkpoint` reads it.
"""

import fcntl
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from exchange.client.errors import LogForked, Unverified
from exchange.ledger import merkle, note
from exchange.ledger.merkle import BadProof
from exchange.ledger.note import BadNote, Checkpoint, VerifierKey

Prove = Callable[[int, int], list[bytes] | None]
"""The hashes that show a log of `old` entries in one of `new`; None when the log says that it has not so many."""

_ROUNDS = 8


class CheckpointMemory:
    """The newest checkpoint seen: in a directory, or for the life of this object."""

    def __init__(self, directory: str | os.PathLike[str] | None = None) -> None:
        self._directory = None if directory is None else Path(directory)
        self._held: dict[str, bytes] = {}
        self._lock = threading.Lock()
        if self._directory is not None:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def checkpoint(self) -> bytes | None:
        """The signed note."""
        return self._read("checkpoint")

    @property
    def vkey(self) -> str | None:
        """The key that was trusted on first use."""
        raw = self._read("vkey")
        return None if raw is None else raw.decode("utf-8", "replace").strip()

    def pin(self, vkey: str) -> str:
        """Trust this key from now on, unless one is trusted already; the one that is."""
        with self._exclusive():
            if self.vkey is None:
                self._write("vkey", f"{vkey}\n".encode())
        return self.vkey or vkey

    def advance(self, known: bytes | None, newest: bytes) -> bool:
        """Remember `newest` if `known` is still what is remembered; False when it is not."""
        with self._exclusive():
            if self.checkpoint != known:
                return False
            self._write("checkpoint", newest)
            return True

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Alone among the threads of this process and, with a directory, among all processes."""
        with self._lock:
            if self._directory is None:
                yield
                return
            handle = os.open(self._directory, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                yield
            finally:
                os.close(handle)

    def _read(self, name: str) -> bytes | None:
        if self._directory is None:
            return self._held.get(name)
        try:
            return (self._directory / name).read_bytes()
        except FileNotFoundError:
            return None

    def _write(self, name: str, content: bytes) -> None:
        if self._directory is None:
            self._held[name] = content
            return
        with tempfile.NamedTemporaryFile(dir=self._directory, delete=False) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(file.name, self._directory / name)


def watch(memory: CheckpointMemory, seen: bytes, key: VerifierKey, prove: Prove) -> Checkpoint:
    """Hold a signed checkpoint against the remembered one; the newer of both is remembered.

    Raises LogForked when they contradict each other or the log cannot show that they do not, Unverified when one of
    them is not signed by `key`.
    """
    for _ in range(_ROUNDS):
        known = memory.checkpoint
        newer = seen
        checkpoint = _opened(seen, key, "The checkpoint")
        if known is not None:
            earlier = _opened(known, key, "The remembered checkpoint")
            _require_one_history(earlier, checkpoint, known, seen, prove)
            newer = seen if checkpoint.size > earlier.size else known
        if memory.advance(known, newer):
            return checkpoint
    raise Unverified("Other processes change the checkpoint memory faster than it can be read: try again.")


def _opened(raw: bytes, key: VerifierKey, which: str) -> Checkpoint:
    try:
        return note.open_checkpoint(raw, key)
    except BadNote as error:
        raise Unverified(f"{which} does not stand under {key.name}'s given key: {error}.") from None


def _require_one_history(known: Checkpoint, seen: Checkpoint, known_raw: bytes, seen_raw: bytes, prove: Prove) -> None:
    old, new = sorted((known, seen), key=lambda one: one.size)
    hashes: list[bytes] | None = []
    if 0 < old.size < new.size:
        hashes = prove(old.size, new.size)
        if hashes is None:
            text = f"it signed {new.size} entries and now says that it has fewer"
            raise LogForked(text, known_raw, seen_raw)
    try:
        merkle.verify_consistency(old.size, new.size, old.root, new.root, hashes or [])
    except BadProof as error:
        text = f"its {new.size} entries do not continue its first {old.size} ({error})"
        raise LogForked(text, known_raw, seen_raw) from None
