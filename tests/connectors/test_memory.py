"""What the in-memory provider does beside the contract."""

import asyncio

import pytest

from exchange.connectors.base import Limits, ProviderFailed, Upstream, UpstreamRequest
from exchange.connectors.memory import Answer, MemoryConnector, Received

UPSTREAM = Upstream.at("http://a.example/base", department="health", limits=Limits(max_bytes=100))


async def test_a_path_nobody_programmed_is_not_found() -> None:
    reply = await MemoryConnector().fetch(UPSTREAM, UpstreamRequest("GET", "/v1/x"))
    assert (reply.status, reply.body) == (404, b"{}")


async def test_an_answer_may_depend_on_what_was_received() -> None:
    provider = MemoryConnector()

    def echo(received: Received) -> Answer:
        return Answer(body=received.body or b"null")

    provider.answer("POST", "/base/v1/x", echo)
    reply = await provider.fetch(UPSTREAM, UpstreamRequest("POST", "/v1/x", body=b'"hello"'))
    assert reply.body == b'"hello"'
    assert provider.received[0].upstream is UPSTREAM


async def test_an_error_is_raised_after_its_delay_and_waiting_is_counted() -> None:
    provider = MemoryConnector()
    provider.answer("GET", "/base/v1/x", Answer(error=ProviderFailed("refused"), delay=0.02))
    asking = asyncio.ensure_future(provider.fetch(UPSTREAM, UpstreamRequest("GET", "/v1/x")))
    await asyncio.sleep(0.01)
    assert provider.waiting == 1
    with pytest.raises(ProviderFailed):
        await asking
    assert provider.waiting == 0
