"""Calls that no application can be held to, counted into one entry a minute, so that strangers cannot fill the disk."""

import ipaddress
from collections import Counter

from exchange.ledger.entries import Builder, Entry

WINDOW_MS = 60_000
MOST_KEYS = 32
OTHER = "other"


class Attempts:
    """Counts by reason and network; past 32 distinct pairs in a minute, the rest by reason only, then together.

    Used from the event loop only.
    """

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._counts: Counter[tuple[str, str]] = Counter()
        self._since = 0

    def count(self, reason: str, address: str, at: int) -> None:
        """`reason` is a problem's slug, `address` the peer's, `at` epoch milliseconds."""
        if not self._counts:
            self._since = at
        key = (reason, network_of(address))
        for candidate in (key, (reason, OTHER)):
            if candidate in self._counts or len(self._counts) < MOST_KEYS:
                self._counts[candidate] += 1
                return
        self._counts[OTHER, OTHER] += 1

    def due(self, at: int, *, now: bool = False) -> Entry | None:
        """The entry of the past minute once it is over (at once with `now`, as when stopping); None when nothing came.

        Its counts begin anew: whoever takes the entry hands it in.
        """
        if not self._counts or (at - self._since < WINDOW_MS and not now):
            return None
        counts: list[dict[str, str | int]] = [
            {"reason": reason, "network": network, "count": count}
            for (reason, network), count in sorted(self._counts.items())
        ]
        self._counts.clear()
        return self._builder.attempts(at=at, since=self._since, until=at, counts=counts)


def network_of(address: str) -> str:
    """The /24 (IPv4) or /48 (IPv6) of an address; `other` when it is none."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return OTHER
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    prefix = 24 if parsed.version == 4 else 48
    return str(ipaddress.ip_network((parsed, prefix), strict=False))
