"""Tiles that are computed: what they cost the second time, and that a changed file is not answered from memory."""

import contextlib

import pytest

from exchange.ledger import store, tiles
from exchange.ledger.sqlite import connect_writing

from .conftest import Ledger, append_all, change


def filled(ledger: Ledger) -> None:
    writer = ledger.writer()
    append_all(writer, [change(number) for number in range(1, 3 * 256 + 2)])
    writer.stop()


@pytest.fixture(autouse=True)
def computed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The full tiles whose root was computed."""
    seen: list[bytes] = []
    real = tiles.tile_root

    def counting(tile: bytes) -> bytes:
        if len(tile) == tiles.TILE_BYTES:
            seen.append(tile)
        return real(tile)

    monkeypatch.setattr(tiles, "tile_root", counting)
    monkeypatch.setattr(store, "_roots", {})
    return seen


def test_a_full_tile_is_hashed_once_for_all_readers(ledger: Ledger, computed: list[bytes]) -> None:
    filled(ledger)
    computed.clear()
    store._roots.clear()
    found = set()
    for _ in range(3):
        with ledger.log() as log:
            found.add(log.resource("tile/1/000.p/3"))
    assert len(computed) == 3
    assert found == {b"".join(tiles.tile_root(tile) for tile in computed[:3])}


def test_a_changed_tile_is_not_answered_from_memory(ledger: Ledger) -> None:
    filled(ledger)
    with ledger.log() as log:
        before = log.resource("tile/1/000.p/3")
    with contextlib.closing(connect_writing(ledger.path)) as connection:
        connection.execute("UPDATE tile SET hashes = zeroblob(8192) WHERE level = 0 AND n = 1")
    with ledger.log() as log:
        after = log.resource("tile/1/000.p/3")
    assert (after[:32], after[64:]) == (before[:32], before[64:])
    assert after[32:64] == tiles.tile_root(bytes(8192)) != before[32:64]


def test_memory_is_bounded(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_MOST_ROOTS", 2)
    filled(ledger)
    with ledger.log() as log:
        assert len(set(tiles.hashes_of(log.resource("tile/1/000.p/3")))) == 3
    assert len(store._roots) <= 2
