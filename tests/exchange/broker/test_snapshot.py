"""Immutable, copied on write, and not given out when it is too old."""

import pytest

from exchange.broker.snapshot import Current, Snapshot, Stale


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def current(clock):
    made = Current(5, clock)
    made.swap(Snapshot(7), clock.now)
    return made


def test_without_a_snapshot_nothing_is_decided():
    with pytest.raises(Stale):
        Current(5).get()


def test_a_snapshot_lasts_as_long_as_its_age_allows(current, clock):
    clock.now += 5
    assert current.get().version == 7
    clock.now += 0.001
    with pytest.raises(Stale):
        current.get()
    assert current.newest.version == 7


def test_distrust_denies_at_once(current):
    current.distrust()
    assert current.age == float("inf")
    with pytest.raises(Stale):
        current.get()


def test_what_was_read_before_the_database_counts_from_then(current, clock):
    clock.now += 10
    current.swap(Snapshot(8), clock.now - 4.5)
    assert current.get().version == 8
    clock.now += 1
    with pytest.raises(Stale):
        current.get()


def test_a_change_copies_what_it_touches_and_leaves_the_old_one_alone():
    one = Snapshot(1, shards={"a": {"s": ("x",)}, "b": {"s": ("y",)}})
    two = one.with_shard("a", {"s": ("z",)}).at(2)
    assert one.agreements("a", "s") == ("x",)
    assert two.agreements("a", "s") == ("z",)
    assert two.shards["b"] is one.shards["b"]
    assert two.clients is one.clients
    assert two.services is one.services
    three = two.with_shard("a", {})
    assert "a" not in three.shards
    assert three.agreements("a", "s") == ()
    assert two.with_service("s", None).services == {}
    assert (one.version, two.version) == (1, 2)


def test_a_suspended_department_and_nobody_s_department_are_not_active():
    snapshot = Snapshot(1, suspended=frozenset({"health"}))
    assert snapshot.is_active("services")
    assert not snapshot.is_active("health")
    assert not snapshot.is_active(None)


def test_a_snapshot_cannot_be_changed():
    with pytest.raises(AttributeError):
        Snapshot(1).version = 2
