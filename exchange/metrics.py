"""Figures for Prometheus. Labels are closed sets (statuses, outcomes): no name of a person, case or data subject.

Calls are counted in plain lists, which the library's collector reads when asked: the call path pays an addition.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from catalog.quality.tallies import BOUNDS


class Metrics(Collector):
    """What the exchange shows at /metrics; `gauges` are read when asked."""

    def __init__(self, gauges: dict[str, tuple[str, Callable[[], float]]]) -> None:
        self._statuses: Counter[int] = Counter()
        self._buckets = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0
        self._gauges = gauges
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def call(self, status: int, seconds: float) -> None:
        self._statuses[status] += 1
        self._buckets[bisect_left(BOUNDS, seconds)] += 1
        self._seconds += seconds

    def collect(self) -> Iterator[CounterMetricFamily | HistogramMetricFamily | GaugeMetricFamily]:
        calls = CounterMetricFamily("hutong_calls", "Brokered calls by HTTP status", labels=["status"])
        for status, count in sorted(self._statuses.items()):
            calls.add_metric([str(status)], count)
        yield calls
        total, buckets = 0, []
        for bound, count in zip([*map(str, BOUNDS), "+Inf"], self._buckets, strict=True):
            total += count
            buckets.append((bound, float(total)))
        yield HistogramMetricFamily(
            "hutong_call_seconds", "Duration of calls", buckets=buckets, sum_value=self._seconds
        )
        for name, (text, read) in self._gauges.items():
            yield GaugeMetricFamily(name, text, value=read())

    def exposition(self) -> bytes:
        """The text format of Prometheus, version 0.0.4."""
        return generate_latest(self._registry)
