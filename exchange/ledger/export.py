"""The log as static files in C2SP layout: `checkpoint`, `vkey`, `tile/…`, `tile/entries/…`, for any web server.

An export can be interrupted and continued: every file appears whole or not at all, what is there and right is kept, and
the checkpoint is written last.
"""

import os
from collections.abc import Callable
from pathlib import Path

from exchange.ledger import note, tiles
from exchange.ledger.note import Checkpoint, VerifierKey
from exchange.ledger.store import Log
from exchange.ledger.tiles import Coordinates

Progress = Callable[[int, int], None]
_EVERY = 256


def export(
    log: Log, directory: Path, checkpoint: bytes, key: VerifierKey, progress: Progress | None = None
) -> Checkpoint:
    """Write the log as of this signed checkpoint; `progress(entries done, entries in all)`. Raises BadNote, OSError."""
    covered = note.open_checkpoint(checkpoint, key)
    _place(directory / "vkey", f"{key}\n".encode())
    for at, where in enumerate(tiles.layout(covered.size)):
        raw = log.bundle(where.n, where.width) if where.level is None else log.tile(*_of_level(where))
        _place(directory / tiles.path(where), raw)
        if progress and where.level is None and at % _EVERY == 0:
            progress(where.n * tiles.WIDTH + where.width, covered.size)
    _remove_outgrown(directory, covered.size)
    _place(directory / "checkpoint", checkpoint)
    if progress:
        progress(covered.size, covered.size)
    return covered


def _of_level(where: Coordinates) -> tuple[int, int, int]:
    return where.level or 0, where.n, where.width


def _place(path: Path, raw: bytes) -> None:
    try:
        if path.read_bytes() == raw:
            return
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    with open(temporary, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def _remove_outgrown(directory: Path, size: int) -> None:
    """Partial tiles of an earlier export: files that stand for a smaller log, and for nothing else."""
    wanted = {tiles.path(where) for where in tiles.layout(size)}
    for file in sorted((directory / "tile").rglob("*.p/*")):
        name = file.relative_to(directory).as_posix()
        if name in wanted:
            continue
        file.unlink()
        if not any(file.parent.iterdir()):
            file.parent.rmdir()
