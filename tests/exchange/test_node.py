"""Opened whole or not at all, and never on a past that was put back."""

import shutil
import threading
from datetime import UTC, datetime

import pytest

from exchange import node as rooms
from exchange.db import DirectoryInUse, DirectoryLock
from exchange.identity.keys import KeyFileMissing
from exchange.ledger.outside import RollbackDetected
from exchange.ledger.writer import Unavailable
from exchange.node import Node, derived_keys
from exchange.origin import OriginFixed
from exchange.settings import Settings
from tests.town.inside import MemoryNode, over, settings_for


def threads():
    return {thread.name for thread in threading.enumerate()} & {"ledger-writer", "outbox-drain", "heartbeat"}


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (rooms, "migrate"),
        (rooms.schema, "migrate"),
        (rooms, "Writer"),
        (rooms, "EgressRules"),
        (rooms.SnapshotLoader, "load"),
        (rooms, "TokenEndpoint"),
        (rooms.Drain, "start"),
        (rooms.Heartbeat, "start"),
    ],
)
def test_a_start_that_fails_anywhere_closes_everything_again(template, tmp_path, monkeypatch, place, name):
    template.copy(tmp_path)

    class Broken(Exception):
        pass

    class Fails:
        def __init__(self, *_args, **_more):
            raise Broken

        @staticmethod
        def parse(*_args):
            raise Broken

    def fail(*_args, **_more):
        raise Broken

    with monkeypatch.context() as broken:
        broken.setattr(place, name, Fails if name[0].isupper() else fail)
        with pytest.raises(Broken):
            MemoryNode.open(settings_for(tmp_path))
    assert not threads()
    lock = DirectoryLock(tmp_path / "var")
    lock.acquire()
    lock.release()
    MemoryNode.open(settings_for(tmp_path)).close()
    assert not threads()


def test_a_second_node_on_the_same_directory_is_refused(template, tmp_path):
    node = template.open(tmp_path)
    try:
        with pytest.raises(DirectoryInUse, match="HUTONG_DATA"):
            MemoryNode.open(settings_for(tmp_path))
    finally:
        node.close()


async def _change_something(node, template):
    async with over(node, template.keys) as town:
        await town.did("operator", "POST", "/keys/rotate")
        await town.call()


@pytest.fixture
async def aged(template, tmp_path):
    """Copies of both databases from before some changes; the node is closed."""
    node = template.open(tmp_path)
    node.close()
    for name in ("exchange.db", "ledger.db"):
        shutil.copy(tmp_path / "var" / name, tmp_path / name)
    node = MemoryNode.open(settings_for(tmp_path))
    try:
        await _change_something(node, template)
    finally:
        node.close()
    return tmp_path


def restore(directory, name):
    for leftover in (directory / "var").glob(f"{name}-*"):
        leftover.unlink()
    shutil.copy(directory / name, directory / "var" / name)


async def test_an_older_ledger_is_refused(aged):
    restore(aged, "ledger.db")
    with pytest.raises(RollbackDetected, match="rollback detected"):
        MemoryNode.open(settings_for(aged))
    assert not threads()


async def test_an_older_exchange_database_is_refused(aged):
    restore(aged, "exchange.db")
    with pytest.raises(RollbackDetected, match=r"exchange\.db ends at change"):
        MemoryNode.open(settings_for(aged))
    assert not threads()


async def test_both_older_together_are_refused_too(aged):
    restore(aged, "exchange.db")
    restore(aged, "ledger.db")
    with pytest.raises(RollbackDetected):
        MemoryNode.open(settings_for(aged))


async def test_a_missing_last_checkpoint_is_refused(aged):
    (aged / "var.keys" / "last-checkpoint").unlink()
    with pytest.raises(RollbackDetected, match="missing"):
        MemoryNode.open(settings_for(aged))


@pytest.mark.parametrize("name", ["kek", "ledger.key"])
async def test_missing_key_files_are_never_made_anew_beside_data(aged, name):
    (aged / "var.keys" / name).unlink()
    with pytest.raises(KeyFileMissing):
        MemoryNode.open(settings_for(aged))
    assert not (aged / "var.keys" / name).exists()


@pytest.mark.parametrize("name", ["kek", "ledger.key"])
async def test_missing_key_files_are_never_made_anew_beside_a_last_checkpoint(aged, name):
    shutil.rmtree(settings_for(aged).data)
    (aged / "var.keys" / name).unlink()
    with pytest.raises(KeyFileMissing):
        MemoryNode.open(settings_for(aged))
    assert not (aged / "var.keys" / name).exists()


@pytest.mark.parametrize("name", ["kek", "ledger.key"])
async def test_an_interrupted_first_start_is_completed(aged, name):
    shutil.rmtree(settings_for(aged).data)
    (aged / "var.keys" / "last-checkpoint").unlink()
    (aged / "var.keys" / name).unlink()
    MemoryNode.open(settings_for(aged)).close()
    assert (aged / "var.keys" / name).exists()


async def test_untouched_data_opens_again_and_goes_on(aged, template):
    node = MemoryNode.open(settings_for(aged))
    try:
        size = node.ledger.size
        await _change_something(node, template)
        assert node.ledger.size > size
    finally:
        node.close()


def test_the_name_of_the_log_is_fixed_by_the_first_start(tmp_path):
    Node.open(Settings(data=tmp_path / "var", origin="city.test/ledger")).close()
    node = Node.open(Settings(data=tmp_path / "var"))
    name = node.vkey.name
    node.close()
    assert name == "city.test/ledger"
    with pytest.raises(OriginFixed):
        Node.open(Settings(data=tmp_path / "var", origin="other.test/ledger"))
    Node.open(Settings(data=tmp_path / "var", port=9999, host="localhost")).close()


def test_what_a_first_start_leaves_is_closed_to_others(tmp_path):
    Node.open(Settings(data=tmp_path / "var")).close()
    for path in (tmp_path / "var", tmp_path / "var.keys", *(tmp_path / "var.keys").iterdir()):
        if path.name != "last-checkpoint":
            assert path.stat().st_mode & 0o077 == 0, path


def test_closing_writes_what_was_counted_and_changed(template, tmp_path):
    node = template.open(tmp_path)
    with node.units.begin("console", datetime.now(UTC)) as work:
        work.record("test.done", "x")
        expected = node.current.get().version
    node.close()
    again = MemoryNode.open(settings_for(tmp_path))
    assert again.ledger.last_change >= expected
    again.close()


async def test_attempts_are_handed_in_when_the_node_ends(template, tmp_path):
    node = template.open(tmp_path)
    async with over(node, template.keys) as town:
        await town.call(None)
    node.close()
    again = MemoryNode.open(settings_for(tmp_path))
    async with over(again, template.keys) as town:
        assert len(await town.found(type="attempts")) == 1
    again.close()


async def test_a_full_queue_does_not_end_the_counting(town, node, monkeypatch):
    """The entry that found no room is not lost, and neither is the task that hands it in."""

    await town.call(None)

    def full(_entry):
        raise Unavailable("too many entries wait already")

    with monkeypatch.context() as busy:
        busy.setattr(node.ledger, "submit", full)
        node._hand_in_attempts(now=True)
    node._hand_in_attempts(now=True)
    (leaf,) = await town.found(type="attempts")
    assert leaf["counts"][0]["count"] == 1


def test_mask_keys_differ_by_agreement_and_by_key(tmp_path):
    one, other = derived_keys(b"1" * 32, "mask"), derived_keys(b"2" * 32, "mask")
    assert len({one("a"), one("b"), other("a"), other("b")}) == 4
    assert one("a") == derived_keys(b"1" * 32, "mask")("a")
    assert len(one("a")) == 32


async def test_readiness_says_what_is_wrong(town, node):
    assert (await town.http.get("/readyz")).json() == {"status": "ready", "faults": []}
    node.current.distrust()
    answer = await town.http.get("/readyz")
    assert answer.status_code == 503
    assert "snapshot" in answer.json()["faults"][0]
