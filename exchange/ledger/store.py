"""Reading ledger.db: entries, and any tile or bundle of any past size. Only full tiles are stored; the partial ones
are truncations, computed from what lies below them.

    NoSuchTile(LookupError)    beyond the end of the log
    NoSuchEntry(LookupError)
    LedgerDamaged(RuntimeError)  the file contradicts itself
"""

import hashlib
import sqlite3
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from exchange.ledger import tiles
from exchange.ledger.merkle import HASH_SIZE, HashReader, leaf_hash
from exchange.ledger.sqlite import connect_reading
from exchange.ledger.tiles import WIDTH, Edge

_MOST_ROOTS = 100_000
_roots: dict[bytes, bytes] = {}


class NoSuchTile(LookupError):
    """The log has not grown that far."""


class NoSuchEntry(LookupError):
    """The log has no entry of this index."""


class LedgerDamaged(RuntimeError):
    """The database file contradicts itself: it was changed by something else than the writer, or its disk failed."""


class Head(NamedTuple):
    size: int
    root: bytes
    last_change: int
    oldest_open: int


class Stored(NamedTuple):
    """An entry as stored; `at` is epoch milliseconds."""

    number: int
    at: int
    leaf: bytes


class Log:
    """One reader of one ledger file; for one thread at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    @classmethod
    def open(cls, path: Path) -> Self:
        return cls(connect_reading(path))

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def head(self) -> Head:
        row = self.connection.execute("SELECT size, root, last_change, oldest_open FROM head").fetchone()
        if row is None:
            raise LedgerDamaged("ledger.db has no head: restore it from a backup")
        return Head(*row)

    def entry(self, index: int) -> Stored:
        row = self.connection.execute("SELECT idx, at, leaf FROM entry WHERE idx = ?", (index,)).fetchone()
        if row is None:
            raise NoSuchEntry(f"the ledger has no entry {index}")
        return Stored(*row)

    def leaves(self, first: int, last: int) -> list[bytes]:
        """The leaf bytes of the entries `[first, last)`; every one must be there."""
        query = "SELECT leaf FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx"
        found = [leaf for (leaf,) in self.connection.execute(query, (first, last))]
        if len(found) != last - first:
            raise LedgerDamaged(f"entries are missing between {first} and {last}: restore ledger.db from a backup")
        return found

    def tile(self, level: int, n: int, width: int) -> bytes:
        """The first `width` hashes of a tile. Raises LedgerDamaged when what it is made of is not there."""
        query = "SELECT hashes FROM tile WHERE level = ? AND n = ?"
        row = self.connection.execute(query, (level, n)).fetchone()
        if row is not None:
            stored: bytes = row[0]
            return stored[: width * HASH_SIZE]
        if width == WIDTH:
            raise LedgerDamaged(f"tile {n} of level {level} is missing: restore ledger.db from a backup")
        first = n * WIDTH
        if level == 0:
            return b"".join(map(leaf_hash, self.leaves(first, first + width)))
        return b"".join(_root(self.tile(level - 1, at, WIDTH)) for at in range(first, first + width))

    def bundle(self, n: int, width: int) -> bytes:
        return tiles.bundle(self.leaves(n * WIDTH, n * WIDTH + width))

    def resource(self, path: str) -> bytes:
        """What stands under a tile or bundle path. Raises BadPath, and NoSuchTile beyond the end of the log."""
        where = tiles.parse_path(path)
        if where.width > tiles.width_at(where.level, where.n, self.head().size):
            raise NoSuchTile("the log has not grown to this tile: read the checkpoint for its size")
        if where.level is None:
            return self.bundle(where.n, where.width)
        return self.tile(where.level, where.n, where.width)

    def hash_reader(self, size: int) -> HashReader:
        """Subtree roots of the log as it was with `size` entries."""
        return tiles.hash_reader(lambda level, n: self.tile(level, n, tiles.width_at(level, n, size)))

    def edge(self, size: int) -> Edge:
        """The growing edge of the log, recomputed from the entries and tiles it is made of."""
        levels, level = [], 0
        while size >> 8 * level:
            total = size >> 8 * level
            width = total % WIDTH
            levels.append(self.tile(level, total // WIDTH, width) if width else b"")
            level += 1
        return tiles.edge_from(levels)


def _root(tile: bytes) -> bytes:
    """The root over a full tile, which anybody may ask for and which takes 255 hashes.

    Remembered by what the tile holds, not by where it stands: so a changed file is never answered from memory.
    """
    content = hashlib.sha256(tile).digest()
    root = _roots.get(content)
    if root is None:
        if len(_roots) >= _MOST_ROOTS:
            _roots.clear()
        root = _roots[content] = tiles.tile_root(tile)
    return root
