"""The last checkpoint, kept in a file outside the database, so that restoring an old copy of it is noticed.

RollbackDetected(RuntimeError)
"""

import os
from pathlib import Path

from exchange.ledger import merkle, note
from exchange.ledger.note import Checkpoint, VerifierKey
from exchange.ledger.store import Log

_WHAT_NEXT = (
    "Restore the newest copy of ledger.db. If there is none, this log has ended: keep the database as it is, every "
    "export of it and the checkpoint file for the auditors, and begin a new log under a new origin, with an empty data "
    "directory."
)


class RollbackDetected(RuntimeError):
    """The database holds less, or something else, than was already signed."""

    def __init__(self, what: str) -> None:
        super().__init__(f"rollback detected: {what}. {_WHAT_NEXT}")


def write(path: Path, checkpoint: bytes) -> None:
    """Replace the file in one step; it is on the disk when this returns. Raises OSError."""
    temporary = path.with_name(path.name + ".new")
    with open(temporary, "wb") as file:
        file.write(checkpoint)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def read(path: Path, key: VerifierKey) -> Checkpoint | None:
    """The checkpoint in the file, None when there is no file. Raises RollbackDetected when it is not ours."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return note.open_checkpoint(raw, key)
    except note.BadNote as error:
        raise RollbackDetected(f"the checkpoint in {path} is not signed by this log's key ({error})") from error


def compare(log: Log, size: int, path: Path, key: VerifierKey) -> None:
    """Raises RollbackDetected unless the log of `size` entries continues the checkpoint in the file.

    A missing file is accepted for an empty log only: whoever can restore an old database could remove the file too.
    """
    last = read(path, key)
    if last is None:
        if size:
            raise RollbackDetected(f"{path} is missing although the log holds {size} entries")
        return
    if last.size > size:
        raise RollbackDetected(f"{last.size} entries were signed, the database holds {size}")
    if merkle.tree_root(log.hash_reader(last.size), last.size) != last.root:
        raise RollbackDetected(f"the first {last.size} entries are not those that were signed")
