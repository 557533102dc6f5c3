"""Quotas: how often an agreement may be used. State in memory, no Session; rebuilt from the ledger at start.

Windows are aligned to the exchange's time zone and shared by all agreements, so that dropping a past window is dropping
one dict. A window is only ever left for a later one: a clock that steps back goes on counting in the later window and
opens none afresh. All operations are atomic between threads.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from threading import Lock
from typing import Final, NamedTuple

_LENGTHS: Final = {"minute": 60_000, "hour": 3_600_000}
WINDOWS: Final = ("minute", "hour", "day", "month")


@dataclass(frozen=True, slots=True)
class Quota:
    """At most `count` calls per window, which is one of WINDOWS."""

    count: int
    window: str


@dataclass(slots=True)
class _Window:
    """Calls counted from `start` until before `end`, both in epoch milliseconds."""

    start: int
    end: int
    used: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Reservation:
    """One call counted. Give it back with `Quotas.release` only when the provider was never contacted."""

    agreement: str
    window: _Window
    held: bool = True


class Exhausted(NamedTuple):
    """`retry_after` in whole seconds, at least 1."""

    retry_after: int
    limit: int


def window_bounds(window: str, at: int, timezone: tzinfo) -> tuple[int, int]:
    """Start and end of the window around `at`, in epoch milliseconds: start <= at < end.

    Minutes and hours follow the offset in force; days and months begin at the local midnight, the first of two.
    """
    local = datetime.fromtimestamp(at // 1000, timezone)
    if window in _LENGTHS:
        length, offset = _LENGTHS[window], _milliseconds(local.utcoffset() or timedelta())
        start = (at + offset) // length * length - offset
        return start, start + length
    midnight = local.replace(hour=0, minute=0, second=0, fold=0)
    if window == "day":
        return _epoch(midnight), _epoch(midnight + timedelta(days=1))
    if window == "month":
        first = midnight.replace(day=1)
        return _epoch(first), _epoch((first + timedelta(days=31)).replace(day=1))
    raise ValueError("A quota's window is one of " + ", ".join(WINDOWS) + ".")


def _epoch(local: datetime) -> int:
    return int(local.timestamp()) * 1000


def _milliseconds(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)


class Quotas:
    """The counters of one process."""

    def __init__(self, timezone: tzinfo) -> None:
        self._timezone = timezone
        self._lock = Lock()
        self._windows = {window: _Window(0, 0) for window in WINDOWS}

    def reserve(self, agreement: str, quota: Quota, at: int) -> Reservation | Exhausted:
        """Counts one call at epoch millisecond `at`, unless the quota is used up."""
        with self._lock:
            window = self._windows[quota.window]
            if at >= window.end:
                window = self._open(quota.window, at)
            used = window.used.get(agreement, 0)
            if used >= quota.count:
                return Exhausted(max(1, -((at - window.end) // 1000)), quota.count)
            window.used[agreement] = used + 1
            return Reservation(agreement, window)

    def release(self, reservation: Reservation) -> None:
        """Gives a reservation back, once; later windows are not touched."""
        with self._lock:
            if reservation.held:
                reservation.held = False
                reservation.window.used[reservation.agreement] -= 1

    def left(self, agreement: str, quota: Quota, at: int) -> int:
        """Calls still possible in the window around `at`."""
        with self._lock:
            window = self._windows[quota.window]
            used = window.used.get(agreement, 0) if at < window.end else 0
            return max(0, quota.count - used)

    def preload(self, rows: Iterable[tuple[str, int, int]]) -> None:
        """Counts calls made before this start: (agreement, a minute in epoch milliseconds, calls in it), in any order.

        Feed the rows of the current month, so that every kind of window is whole.
        """
        with self._lock:
            for agreement, minute, calls in rows:
                for name in WINDOWS:
                    window = self._windows[name]
                    if minute >= window.end:
                        window = self._open(name, minute)
                    if minute >= window.start:
                        window.used[agreement] = window.used.get(agreement, 0) + calls

    def _open(self, name: str, at: int) -> _Window:
        """The next window; the counters of the one before are dropped with it. Called with the lock held."""
        self._windows[name] = window = _Window(*window_bounds(name, at, self._timezone))
        return window
