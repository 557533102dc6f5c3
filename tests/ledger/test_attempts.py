"""Attempts of strangers: one entry a minute, however many there are."""

import json

import pytest

from exchange.ledger.attempts import MOST_KEYS, Attempts, network_of

from .conftest import NOW, builder


def test_a_minute_of_attempts_is_one_entry() -> None:
    attempts = Attempts(builder)
    assert attempts.due(NOW) is None
    for at in range(500):
        attempts.count("token-expired", f"192.0.2.{at % 250}", NOW + at)
    attempts.count("token-missing", "198.51.100.7", NOW + 500)
    assert attempts.due(NOW + 59_999) is None
    entry = attempts.due(NOW + 60_000)
    assert entry is not None
    assert json.loads(entry.leaf)["counts"] == [
        {"reason": "token-expired", "network": "192.0.2.0/24", "count": 500},
        {"reason": "token-missing", "network": "198.51.100.0/24", "count": 1},
    ]
    assert attempts.due(NOW + 120_000) is None


def test_a_whole_internet_of_strangers_stays_one_small_entry() -> None:
    attempts = Attempts(builder)
    for at in range(20_000):
        attempts.count(f"reason-{at % 100}", f"10.{at // 250 % 250}.{at % 250}.1", NOW)
    entry = attempts.due(NOW, now=True)
    assert entry is not None
    counts = json.loads(entry.leaf)["counts"]
    assert len(counts) <= MOST_KEYS + 1
    assert sum(one["count"] for one in counts) == 20_000
    assert len(entry.leaf) <= 4096


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", "other"),
        ("unix:", "other"),
    ],
)
def test_networks(address: str, network: str) -> None:
    assert network_of(address) == network
