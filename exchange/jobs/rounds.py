"""A thread with an event loop of its own that looks for what is due, again and again, and does it side by side."""

import asyncio
import contextlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Hashable
from functools import partial
from typing import Any

import structlog

log = structlog.get_logger("exchange.rounds")


class Rounds(threading.Thread, ABC):
    """`look` starts what is due with `begin`, `close` gives up what the thread holds.

    A look that fails is logged and repeated: a thread that dies silently would leave everything undone.
    """

    every = 1.0
    """Seconds between two looks, unless it is woken."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = False
        self._under_way: dict[Any, asyncio.Task[None]] = {}
        self._woken = asyncio.Event()

    @abstractmethod
    def look(self) -> None: ...

    @abstractmethod
    async def close(self) -> None: ...

    def run(self) -> None:
        asyncio.run(self._main())

    def wake(self) -> None:
        """Something may be due. From any thread."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it has just ended
                self._loop.call_soon_threadsafe(self._woken.set)

    def stop(self) -> None:
        """Ends what is under way; what is left goes on with the next start."""
        self._ended = True
        self.wake()
        if self.is_alive():
            self.join(timeout=10)

    def begin(self, key: Hashable, work: Coroutine[Any, Any, None]) -> None:
        """Do this beside the others; only one of a key is under way."""
        task = asyncio.create_task(work)
        self._under_way[key] = task
        task.add_done_callback(partial(self._finished, key))

    async def one_round(self) -> int:
        """One look, and all that is under way to its end; how many those were."""
        self.look()
        tasks = list(self._under_way.values())
        await asyncio.gather(*tasks)
        await asyncio.sleep(0)  # for what is done when a task is
        return len(tasks)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        while not self._ended:
            try:
                self.look()
            except Exception as error:
                log.error("rounds.failed", duty=self.name, error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.every):
                    await self._woken.wait()
            self._woken.clear()
        for task in self._under_way.values():
            task.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        await self.close()

    def _finished(self, key: Hashable, _: asyncio.Task[None]) -> None:
        del self._under_way[key]
        self._woken.set()
