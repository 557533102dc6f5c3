"""Limits: how often an agreement may be used. State in memory, no Session; rebuilt from the ledger at start.

Three kinds, reserved together or not at all: a *quota* of calls per window of the calendar, a *rate* of calls in any
stretch of seconds, and a *total* over the agreement's whole life. Every call counts towards all windows and the total,
so that an amended agreement goes on with what was used.

Windows are aligned to the exchange's time zone and shared by all agreements, so that dropping a past window is dropping
one dict. A window is only ever left for a later one: a clock that steps back goes on counting in the later window and
opens none afresh. All operations are atomic between threads.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from threading import Lock
from typing import Final, NamedTuple

_LENGTHS: Final = {"minute": 60_000, "hour": 3_600_000}
WINDOWS: Final = ("minute", "hour", "day", "month")
LONGEST_RATE: Final = 3600
"""Seconds: how far back a rate may look."""


@dataclass(frozen=True, slots=True)
class Quota:
    """At most `count` calls per window, which is one of WINDOWS."""

    count: int
    window: str


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` calls in any stretch of `seconds`, LONGEST_RATE at most."""

    count: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds the calls under one agreement; None bounds nothing."""

    quota: Quota | None = None
    rate: Rate | None = None
    total: int | None = None


UNLIMITED: Final = Limits()


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
    windows: tuple[_Window, ...]
    stamp: int
    held: bool = True


class Exhausted(NamedTuple):
    """`check` is quota, rate or total; `retry_after` in whole seconds, at least 1, None when waiting does not help."""

    retry_after: int | None
    limit: int
    check: str = "quota"


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
        self._current = tuple(self._windows.values())
        self._next_end = 0
        self._totals: dict[str, int] = {}
        self._stamps: dict[str, deque[int]] = {}
        self._before: dict[str, list[tuple[int, int]]] = {}

    def reserve(self, agreement: str, limits: Limits, at: int) -> Reservation | Exhausted:
        """Counts one call at epoch millisecond `at`, unless one of the limits is reached; then nothing is counted."""
        with self._lock:
            if at >= self._next_end:
                self._open_due(at)
            stamps = self._stamps_of(agreement) if limits.rate is not None else None
            exhausted = self._exhausted(agreement, limits, stamps, at)
            if exhausted is not None:
                return exhausted
            for window in self._current:
                window.used[agreement] = window.used.get(agreement, 0) + 1
            self._totals[agreement] = self._totals.get(agreement, 0) + 1
            stamp = at
            if stamps is not None:
                stamp = max(at, stamps[-1]) if stamps else at
                stamps.append(stamp)
            return Reservation(agreement, self._current, stamp)

    def release(self, reservation: Reservation) -> None:
        """Gives a reservation back, once; later windows are not touched."""
        with self._lock:
            if not reservation.held:
                return
            reservation.held = False
            for window in reservation.windows:
                window.used[reservation.agreement] -= 1
            self._totals[reservation.agreement] -= 1
            stamps = self._stamps.get(reservation.agreement)
            if stamps is not None and reservation.stamp in stamps:
                stamps.remove(reservation.stamp)

    def left(self, agreement: str, quota: Quota, at: int) -> int:
        """Calls still possible in the window around `at`."""
        with self._lock:
            window = self._windows[quota.window]
            used = window.used.get(agreement, 0) if at < window.end else 0
            return max(0, quota.count - used)

    def used_in_all(self, agreement: str) -> int:
        """Calls made over the agreement's whole life."""
        with self._lock:
            return self._totals.get(agreement, 0)

    def preload(self, rows: Iterable[tuple[str, int, int]], totals: Iterable[tuple[str, int]] = ()) -> None:
        """Counts calls made before this start: (agreement, a minute in epoch milliseconds, calls in it), in any order.

        Feed the rows of the current month, so that every kind of window is whole, and with `totals` the calls of each
        agreement's whole life. A rate takes the calls of a past minute to have been made at its end, so that a restart
        never lets more through.
        """
        with self._lock:
            for agreement, minute, calls in rows:
                for name in WINDOWS:
                    window = self._windows[name]
                    if minute >= window.end:
                        window = self._open(name, minute)
                    if minute >= window.start:
                        window.used[agreement] = window.used.get(agreement, 0) + calls
                self._before.setdefault(agreement, []).append((minute, calls))
            self._totals.update(totals)
            newest = max((minute for past in self._before.values() for minute, _ in past), default=0)
            oldest = newest - LONGEST_RATE * 1000 - _LENGTHS["minute"]
            recent = {name: [one for one in past if one[0] > oldest] for name, past in self._before.items()}
            self._before = {name: past for name, past in recent.items() if past}

    def _exhausted(self, agreement: str, limits: Limits, stamps: deque[int] | None, at: int) -> Exhausted | None:
        """The first limit that is reached. Called with the lock held."""
        if limits.total is not None and self._totals.get(agreement, 0) >= limits.total:
            return Exhausted(None, limits.total, "total")
        if limits.quota is not None:
            window = self._windows[limits.quota.window]
            if window.used.get(agreement, 0) >= limits.quota.count:
                return Exhausted(_seconds_until(window.end, at), limits.quota.count, "quota")
        if limits.rate is not None and stamps is not None:
            span = limits.rate.seconds * 1000
            while stamps and stamps[0] <= at - LONGEST_RATE * 1000:
                stamps.popleft()
            if len(stamps) >= limits.rate.count and (oldest := stamps[-limits.rate.count]) > at - span:
                return Exhausted(_seconds_until(oldest + span, at), limits.rate.count, "rate")
            while len(stamps) > limits.rate.count:
                stamps.popleft()
        return None

    def _stamps_of(self, agreement: str) -> deque[int]:
        """When the agreement was used lately, oldest first. Called with the lock held."""
        stamps = self._stamps.get(agreement)
        if stamps is None:
            stamps = self._stamps[agreement] = deque()
            for minute, calls in sorted(self._before.pop(agreement, ())):
                stamps.extend([minute + _LENGTHS["minute"] - 1] * calls)
        return stamps

    def _open_due(self, at: int) -> None:
        for name in WINDOWS:
            if at >= self._windows[name].end:
                self._open(name, at)

    def _open(self, name: str, at: int) -> _Window:
        """The next window; the counters of the one before are dropped with it. Called with the lock held."""
        self._windows[name] = window = _Window(*window_bounds(name, at, self._timezone))
        self._current = tuple(self._windows.values())
        self._next_end = min(one.end for one in self._current)
        return window


def _seconds_until(end: int, at: int) -> int:
    return max(1, -((at - end) // 1000))
