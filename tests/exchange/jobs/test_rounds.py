"""A look that fails is repeated; what is begun runs side by side, and an end waits for nothing that hangs."""

import asyncio
import threading

from structlog.testing import capture_logs

from exchange.jobs.rounds import Rounds
from tests.town.outside import eventually


class Counting(Rounds):
    every = 0.01

    def __init__(self) -> None:
        super().__init__("counting")
        self.looks = 0
        self.closed = False

    def look(self) -> None:
        self.looks += 1
        if self.looks == 1:
            raise OSError("the database is busy")

    async def close(self) -> None:
        self.closed = True


def test_a_failed_look_is_told_and_repeated() -> None:
    job = Counting()
    with capture_logs() as logged:
        job.start()
        eventually(lambda: job.looks > 2)
        job.stop()
    assert [line["event"] for line in logged] == ["rounds.failed"]
    assert job.closed
    assert job not in threading.enumerate()


class Hanging(Counting):
    def look(self) -> None:
        if "one" not in self._under_way:
            self.looks += 1
            self.begin("one", asyncio.sleep(3600))


def test_what_hangs_is_cancelled_at_the_end() -> None:
    job = Hanging()
    job.start()
    eventually(lambda: job.looks)
    job.stop()
    assert job.closed
    assert job.looks == 1
