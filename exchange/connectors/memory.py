"""A provider that lives in this process: answers as it is told to and keeps what it was asked.

It obeys the same contract test as the REST connector: limits, redirects, content types and headers are judged alike.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from exchange.connectors.base import ProviderFailed, ProviderTooSlow, Upstream, UpstreamReply, UpstreamRequest
from exchange.connectors.headers import credential, judge, modified, returned, upward

_JSON = ((b"content-type", b"application/json"),)


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back: after `delay` seconds either `error` is raised or the reply is given.

    `size` > 0 stands for a body of that many bytes without making it.
    """

    status: int = 200
    body: bytes = field(default=b"{}", repr=False)
    headers: Sequence[tuple[bytes, bytes]] = _JSON
    delay: float = 0.0
    error: Exception | None = None
    size: int = 0


@dataclass(frozen=True, slots=True)
class Received:
    """One request as the provider saw it: the path includes the base path, headers are those that went up."""

    upstream: Upstream
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes | None


class MemoryConnector:
    """Answers by method and path; a path nobody programmed is answered 404.

        provider = MemoryConnector()
        provider.answer("GET", "/v1/newborns", Answer(body=b"[]"))

    An answer may be a function of what was received. `received` lists every request, `waiting` counts those under way.
    """

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.waiting = 0
        self._answers: dict[tuple[str, str], Answer | Callable[[Received], Answer]] = {}
        self._closed = False

    def answer(self, method: str, path: str, answer: Answer | Callable[[Received], Answer]) -> None:
        """From now on requests of this method and path get this answer."""
        self._answers[method, path] = answer

    async def fetch(self, upstream: Upstream, request: UpstreamRequest) -> UpstreamReply:
        """As `base.Connector`: raises ProviderFailed, ProviderTooSlow, or whatever error was programmed."""
        if self._closed:
            raise RuntimeError("This connector is closed.")
        answer = self._receive(upstream, request)
        self.waiting += 1
        try:
            await _wait(answer.delay, upstream)
        finally:
            self.waiting -= 1
        if answer.error is not None:
            raise answer.error
        return _reply(answer, upstream.limits.max_bytes)

    async def close(self) -> None:
        self._closed = True

    def _receive(self, upstream: Upstream, request: UpstreamRequest) -> Answer:
        headers = dict([*upward(request.headers), *credential(upstream.credential)])
        path = upstream.base_path + request.path
        received = Received(upstream, request.method, path, request.query, headers, request.body)
        self.received.append(received)
        answer = self._answers.get((request.method, path))
        if answer is None:
            return Answer(404)
        return answer if isinstance(answer, Answer) else answer(received)


async def _wait(delay: float, upstream: Upstream) -> None:
    patience = min(upstream.limits.read, upstream.limits.total)
    await asyncio.sleep(min(delay, patience))
    if delay > patience:
        raise ProviderTooSlow


def _reply(answer: Answer, max_bytes: int) -> UpstreamReply:
    content_type = judge(answer.status, answer.headers)
    if max(answer.size, len(answer.body)) > max_bytes:
        raise ProviderFailed("too-large", status=answer.status)
    body = answer.body if not answer.size else b" " * answer.size
    return UpstreamReply(
        answer.status, returned(answer.status, content_type, body), content_type, body, modified(answer.headers)
    )
