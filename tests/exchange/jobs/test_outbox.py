"""Every change reaches the ledger once, in order, whenever the drain died."""

from datetime import UTC, datetime

import orjson
import pytest

from exchange.jobs.outbox import Drain
from exchange.ledger.store import Log
from exchange.ledger.writer import Unavailable
from tests.town.inside import MemoryNode, settings_for

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def logged(node):
    with Log.open(node.settings.ledger_database) as log:
        rows = log.connection.execute("SELECT leaf FROM entry ORDER BY idx").fetchall()
    leaves = [orjson.loads(leaf) for (leaf,) in rows]
    return [leaf["change"] for leaf in leaves if leaf["type"] == "change"]


def change(node, times=1):
    with node.units.begin("console", NOW) as work:
        for _ in range(times):
            work.record("test.done", "x", step=1)


@pytest.fixture
def quiet(node):
    """The node without its own drain; what is drained is up to the test."""
    node.drain.stop()
    return Drain(node.reading, node.ledger, node.entries)


def test_every_change_once_and_in_order(node, quiet):
    quiet.drain()
    before = node.ledger.last_change
    change(node, 3)
    change(node, 2)
    assert quiet.drain() == 5
    assert quiet.drain() == 0
    assert logged(node) == list(range(1, before + 6))


def test_more_than_a_page(node, quiet):
    change(node, 1100)
    quiet.drain()
    assert logged(node) == list(range(1, node.current.get().version + 1))


def test_a_drain_that_never_heard_of_its_success_repeats_nothing(node, quiet, monkeypatch):
    """The crash between the ledger's commit and the drain's return."""
    quiet.drain()
    change(node, 3)
    append = node.ledger.append

    def dies_after(entry, timeout=10.0):
        append(entry, timeout)
        raise Unavailable("it did not answer within 10 seconds")

    with monkeypatch.context() as dying:
        dying.setattr(node.ledger, "append", dies_after)
        with pytest.raises(Unavailable):
            quiet.drain()
    again = Drain(node.reading, node.ledger, node.entries)
    assert again.drain() == 2
    assert logged(node) == list(range(1, node.current.get().version + 1))


def test_a_stale_list_of_pending_changes_repeats_nothing(node, quiet, monkeypatch):
    quiet.drain()
    change(node, 3)
    pending = quiet._pending()
    quiet.drain()
    lists = iter([pending, []])
    monkeypatch.setattr(quiet, "_pending", lambda: next(lists))
    quiet.drain()
    assert logged(node) == list(range(1, node.current.get().version + 1))


def test_changes_committed_before_a_crash_are_in_the_ledger_after_the_restart(template, tmp_path):
    node = template.open(tmp_path)
    node.drain.stop()
    change(node, 4)
    expected = node.current.get().version
    assert node.ledger.last_change < expected
    node.close()
    again = MemoryNode.open(settings_for(tmp_path))
    again.close()
    assert logged(again) == list(range(1, expected + 1))


def test_the_thread_waits_for_a_ledger_that_does_not_write(node, monkeypatch):
    failing = [True]
    append = node.ledger.append

    def moody(entry, timeout=10.0):
        if failing[0]:
            raise Unavailable("its disk is full")
        return append(entry, timeout)

    monkeypatch.setattr(node.ledger, "append", moody)
    change(node)
    failing[0] = False
    node.drain.wake()
    node.drain.stop()
    node.drain.drain()
    assert logged(node) == list(range(1, node.current.get().version + 1))
