"""Off the call path, at a steady pace: what has to be confirmed again and again, such as the snapshot."""

import threading
from collections.abc import Callable, Sequence

import structlog

SECONDS = 1.0

log = structlog.get_logger("exchange.heartbeat")


class Heartbeat(threading.Thread):
    """Runs each duty at every beat; one that fails is logged and tried again at the next.

    What may wait for the database's write lock beats in a thread of its own: the snapshot must not age meanwhile.
    """

    def __init__(
        self, duties: Sequence[tuple[str, Callable[[], object]]], *, name: str = "heartbeat", seconds: float = SECONDS
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._duties = duties
        self._seconds = seconds
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(self._seconds):
            self.beat()

    def beat(self) -> None:
        for name, duty in self._duties:
            try:
                duty()
            except Exception as error:  # the other duties still have to be done
                log.error("heartbeat.failed", duty=name, error=type(error).__name__)

    def stop(self) -> None:
        self._stopped.set()
        self.join(timeout=10)
