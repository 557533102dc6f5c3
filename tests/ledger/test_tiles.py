"""Tile paths, widths, bundles, and the edge of a growing log against the naive definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.ledger import merkle, tiles
from exchange.ledger.tiles import BadBundle, BadPath, Coordinates, Edge

from .test_merkle import leaves, naive_root


def test_the_specified_spelling() -> None:
    assert tiles.path(Coordinates(0, 1234067)) == "tile/0/x001/x234/067"
    assert tiles.path(Coordinates(None, 1234067, 12)) == "tile/entries/x001/x234/067.p/12"
    assert tiles.path(Coordinates(2, 5)) == "tile/2/005"


@given(st.one_of(st.none(), st.integers(0, 7)), st.integers(0, 10**12), st.integers(1, 256))
def test_paths_round_trip(level: int | None, n: int, width: int) -> None:
    assert tiles.parse_path(tiles.path(Coordinates(level, n, width))) == Coordinates(level, n, width)


@pytest.mark.parametrize(
    "text",
    [
        "tile/0/1",
        "tile/0/0001",
        "tile/0/x000/001",
        "tile/8/001",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/257",
        "tile/0/001.p/012",
        "tile/0/001/",
        "/tile/0/001",
        "tile/0/../001",
        "tile/0/x001/x234/067.p/1/",
        "tile/-1/001",
        "tile/٠/001",
        "tile/0/" + "x001/" * 30 + "001",
    ],
)
def test_no_other_spelling(text: str) -> None:
    with pytest.raises(BadPath):
        tiles.parse_path(text)


@pytest.mark.parametrize(
    ("level", "n", "size", "width"),
    [(0, 0, 0, 0), (0, 0, 1, 1), (0, 0, 256, 256), (0, 1, 256, 0), (1, 0, 255, 0), (1, 0, 70_000, 256),
     (1, 1, 70_000, 17), (None, 1, 300, 44), (2, 0, 70_000, 1), (3, 0, 70_000, 0)],
)  # fmt: skip
def test_widths(level: int | None, n: int, size: int, width: int) -> None:
    assert tiles.width_at(level, n, size) == width


def test_layout_never_names_an_empty_tile() -> None:
    assert list(tiles.layout(0)) == []
    assert list(tiles.layout(256)) == [Coordinates(None, 0), Coordinates(0, 0), Coordinates(1, 0, 1)]


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_bundles_round_trip(entries: list[bytes]) -> None:
    raw = tiles.bundle(entries)
    assert tiles.parse_bundle(raw, len(entries)) == entries
    for wrong, width in (
        (raw[:-1], len(entries)),
        (raw + b"\0", len(entries)),
        (raw, len(entries) + 1),
        (raw, len(entries) - 1),
    ):
        with pytest.raises(BadBundle):
            tiles.parse_bundle(wrong, width)


@given(st.integers(0, 1500))
def test_the_edge_and_its_tiles(size: int) -> None:
    hashes, edge, full = leaves(size), Edge(), {}
    for value in hashes:
        full.update({(tile.level, tile.n): tile.hashes for tile in edge.append(value)})
    assert edge.root() == naive_root(hashes)
    assert set(full) == {
        (where.level, where.n) for where in tiles.layout(size) if where.level is not None and where.width == 256
    }
    again = tiles.edge_from([bytes(level) for level in edge.levels])
    assert (again.size, again.root(), again.levels) == (size, edge.root(), edge.levels)

    def tile(level: int, n: int) -> bytes:
        return full.get((level, n)) or bytes(edge.levels[level])

    assert merkle.tree_root(tiles.hash_reader(tile), size) == edge.root()


def test_a_tile_of_two_levels() -> None:
    edge, hashes = Edge(), leaves(65_536)
    made = [tile for value in hashes for tile in edge.append(value)]
    assert [(tile.level, tile.n) for tile in made[-2:]] == [(0, 255), (1, 0)]
    assert [len(level) for level in edge.levels] == [0, 0, 32]
    assert tiles.edge_from(edge.levels).root() == edge.root() == tiles.tile_root(made[-1].hashes)


def test_damaged_edges_and_tiles() -> None:
    for wrong in (b"x", b"x" * 8192):
        with pytest.raises(ValueError, match="whole hashes"):
            tiles.edge_from([wrong])
    with pytest.raises(LookupError):
        tiles.hash_reader(lambda level, n: b"")(0, 0)
