"""Room for what takes long: when there is none, the request is told so at once, and holds no thread.

RuntimeError
└── Busy    come again later
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Busy(RuntimeError):
    """As many of these are under way as there may be."""

    def __init__(self) -> None:
        super().__init__("Others are importing just now, as many as may at once: send it again in a little while.")


class Slots:
    """At most `most` at once."""

    def __init__(self, most: int) -> None:
        self._free = threading.BoundedSemaphore(most)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Raises Busy."""
        if not self._free.acquire(blocking=False):
            raise Busy
        try:
            yield
        finally:
            self._free.release()


IMPORTS = Slots(4)
"""Sheets and linked data together: each holds a thread, and some memory, for up to a minute."""
