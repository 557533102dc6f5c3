"""Figures are right, and no label names a person, case, department or call."""

import re

from exchange.metrics import BOUNDS, Metrics


def test_calls_are_counted_by_status_and_sorted_into_buckets():
    metrics = Metrics({"hutong_x": ("x", lambda: 7.0)})
    for seconds in (0.0005, 0.001, 0.0011, 99.0):
        metrics.call(200, seconds)
    metrics.call(403, 0.02)
    text = metrics.exposition().decode()
    assert 'hutong_calls_total{status="200"} 4.0' in text
    assert 'hutong_calls_total{status="403"} 1.0' in text
    assert 'hutong_call_seconds_bucket{le="0.001"} 2.0' in text
    assert 'hutong_call_seconds_bucket{le="0.0025"} 3.0' in text
    assert 'hutong_call_seconds_bucket{le="+Inf"} 5.0' in text
    assert "hutong_call_seconds_count 5.0" in text
    assert "hutong_x 7.0" in text
    assert list(BOUNDS) == sorted(BOUNDS)


async def test_what_is_shown_names_nobody(town):
    await town.call()
    await town.call(headers={"hutong-purpose": "none"})
    text = (await town.http.get("/metrics")).text
    assert set(re.findall(r'(\w+)="', text)) <= {"status", "le"}
    for word in ("CASE-1", "clerk-17", "newborn", "health/"):
        assert word not in text
    assert "hutong_ledger_healthy 1.0" in text
