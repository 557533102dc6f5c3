"""The wall clock of the call path, in the ledger's unit."""

import time


def milliseconds() -> int:
    """Since the epoch, UTC."""
    return time.time_ns() // 1_000_000
