"""Tiles and entry bundles of a tiled log (C2SP tlog-tiles 0.1): coordinates, paths, bytes, and the growing edge. Pure.

A full tile holds 256 hashes. Hash i of tile n at level l covers the entries `[(n·256+i)·256^l, (n·256+i+1)·256^l)`.

    BadPath(ValueError)     not the path of a tile or bundle
    BadBundle(ValueError)   bytes that are no entry bundle of the expected width
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from exchange.ledger.merkle import HASH_SIZE, Frontier, HashReader, root_of

WIDTH = 256
TILE_BYTES = WIDTH * HASH_SIZE
MAX_LEVEL = 7
MAX_ENTRY = 65_535

_PATH = re.compile(r"tile/(entries|[0-7])/((?:x\d{3}/)*\d{3})(?:\.p/([1-9]\d{0,2}))?", re.ASCII)


class BadPath(ValueError):
    """The path names no tile and no bundle."""


class BadBundle(ValueError):
    """The bytes are no entry bundle of the expected width."""


class Coordinates(NamedTuple):
    """A tile, or with level None an entry bundle; `width` is 1..256 entries."""

    level: int | None
    n: int
    width: int = WIDTH


class Tile(NamedTuple):
    """A full tile."""

    level: int
    n: int
    hashes: bytes


def path(where: Coordinates) -> str:
    """`tile/<L>/<N>[.p/<W>]`, with `entries` for the level of a bundle."""
    groups, rest = [f"{where.n % 1000:03}"], where.n // 1000
    while rest:
        groups.append(f"x{rest % 1000:03}")
        rest //= 1000
    level = "entries" if where.level is None else where.level
    partial = "" if where.width == WIDTH else f".p/{where.width}"
    return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"


def parse_path(text: str) -> Coordinates:
    """The inverse of `path`; any other spelling of the same tile is refused (BadPath)."""
    found = _PATH.fullmatch(text)
    if found is None or len(text) > 64:
        raise BadPath("a tile path reads tile/<level or entries>/<number in groups of three>[.p/<width>]")
    level, groups, width = found.groups()
    where = Coordinates(
        None if level == "entries" else int(level),
        int(groups.replace("x", "").replace("/", "")),
        int(width) if width else WIDTH,
    )
    if path(where) != text or where.width > WIDTH:
        raise BadPath("this is not the canonical path of the tile")
    return where


def width_at(level: int | None, n: int, size: int) -> int:
    """How many hashes (or entries) tile n holds in a log of `size` entries: 0 when it does not exist yet."""
    return max(0, min(WIDTH, (size >> 8 * (level or 0)) - n * WIDTH))


def layout(size: int) -> Iterator[Coordinates]:
    """Every bundle and tile of a log of `size` entries, bundles first, partial ones in their current width."""
    for level in (None, *range(MAX_LEVEL + 1)):
        total = size >> 8 * (level or 0)
        for n in range((total + WIDTH - 1) // WIDTH):
            yield Coordinates(level, n, width_at(level, n, size))


def bundle(entries: Sequence[bytes]) -> bytes:
    """(u16 big-endian length ‖ entry)*."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def parse_bundle(raw: bytes, width: int) -> list[bytes]:
    """The `width` entries of a bundle, which must be exactly these bytes. Raises BadBundle."""
    entries, at = [], 0
    for _ in range(width):
        end = at + 2 + int.from_bytes(raw[at : at + 2], "big")
        if end > len(raw) or at + 2 > len(raw):
            raise BadBundle("the bundle ends inside an entry")
        entries.append(raw[at + 2 : end])
        at = end
    if at != len(raw):
        raise BadBundle("bytes follow the last entry of the bundle")
    return entries


def hashes_of(tile: bytes) -> list[bytes]:
    return [tile[at : at + HASH_SIZE] for at in range(0, len(tile), HASH_SIZE)]


def tile_root(tile: bytes) -> bytes:
    """The root over a tile's hashes: for a full tile, its hash one level up."""
    return root_of(hashes_of(tile))


def hash_reader(tile: Callable[[int, int], bytes]) -> HashReader:
    """A HashReader over `tile(level, n) -> bytes` (partial tiles in their current width); remembers what it read."""
    seen: dict[tuple[int, int], bytes] = {}

    def read(height: int, index: int) -> bytes:
        level, inside = divmod(height, 8)
        n, offset = divmod(index << inside, WIDTH)
        found = seen.get((level, n))
        if found is None:
            found = seen[level, n] = tile(level, n)
        part = found[offset * HASH_SIZE : (offset + (1 << inside)) * HASH_SIZE]
        if len(part) != HASH_SIZE << inside:
            raise LookupError(f"tile {n} of level {level} is too short for the tree it belongs to")
        return part if inside == 0 else tile_root(part)

    return read


class Edge:
    """The growing right edge in tiles: what is not yet in a full tile, level by level, and the frontier above it."""

    __slots__ = ("frontier", "levels")

    def __init__(self) -> None:
        self.frontier = Frontier()
        self.levels = [bytearray()]

    @property
    def size(self) -> int:
        return self.frontier.size

    def root(self) -> bytes:
        return self.frontier.root()

    def append(self, leaf: bytes) -> Sequence[Tile]:
        """Add a leaf hash; return the tiles that became full, lowest level first."""
        completed = self.frontier.append(leaf)
        self.levels[0] += leaf
        return [self._close(level, root) for level, root in enumerate(completed)] if completed else ()

    def _close(self, level: int, root: bytes) -> Tile:
        full = Tile(level, (self.size >> 8 * (level + 1)) - 1, bytes(self.levels[level]))
        self.levels[level].clear()
        if level + 1 == len(self.levels):
            self.levels.append(bytearray())
        self.levels[level + 1] += root
        return full


def edge_from(levels: Sequence[bytes]) -> Edge:
    """The edge whose unfinished tiles, from level 0 upwards, are these (0..255 hashes each). Raises ValueError."""
    if any(len(level) % HASH_SIZE or len(level) >= TILE_BYTES for level in levels):
        raise ValueError("an unfinished tile holds 0 to 255 whole hashes")
    edge = Edge()
    edge.levels = [bytearray(level) for level in levels] or [bytearray()]
    nodes: list[bytes] = []
    for level in reversed(levels):
        hashes, at = hashes_of(level), 0
        for bit in reversed(range(8)):
            if len(hashes) >> bit & 1:
                nodes.append(root_of(hashes[at : at + (1 << bit)]))
                at += 1 << bit
    size = sum(len(level) // HASH_SIZE << 8 * at for at, level in enumerate(levels))
    edge.frontier = Frontier(size, nodes)
    return edge
