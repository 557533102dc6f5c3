"""Fresh random bytes for the call path, taken from the system in larger pieces.

`os.urandom` gives the interpreter's lock away each time; with the ledger's writer waiting for it, a call would change
threads at every key it makes. No two callers, in whatever threads, get the same bytes; a forked child starts anew.
"""

import os
from collections import deque

SIZE = 32
_PIECES = 256

_unused: deque[bytes] = deque()
os.register_at_fork(after_in_child=_unused.clear)


def fresh() -> bytes:
    """32 bytes from the system's generator that nobody else was given."""
    while True:
        try:
            return _unused.popleft()
        except IndexError:
            raw = os.urandom(SIZE * _PIECES)
            _unused.extend(raw[at : at + SIZE] for at in range(0, len(raw), SIZE))
