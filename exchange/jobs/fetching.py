"""One GET of a catalog elsewhere, under the egress rules of `exchange.jobs.outbound`; what is read has a bound."""

import asyncio
from dataclasses import dataclass
from typing import Final

from catalog import addresses
from catalog.harvest.sources import target
from exchange.jobs.outbound import Failed, Sender, authority

SECONDS: Final = 60.0
"""For everything: resolving, connecting, and the whole answer."""
MAX_BYTES: Final = 16 << 20


@dataclass(frozen=True, slots=True)
class Fetched:
    media_type: str
    body: bytes


class Fetcher(Sender):
    """Fetches for one event loop; `close` ends it. Redirects are failures, as everywhere."""

    async def get(self, owner: str, address: str, accept: str, *, most: int = MAX_BYTES) -> Fetched:
        """What is at an http or https address without faults. `owner` is whose egress rules hold. Raises Failed."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._get(owner, address, accept, most)
        except TimeoutError:
            raise Failed("too-slow") from None

    async def _get(self, owner: str, address: str, accept: str, most: int) -> Fetched:
        import httpx

        for place in await self._places(owner, addresses.origin(address)):
            try:
                return await self._read(address, place, accept, most)
            except httpx.TimeoutException:
                raise Failed("too-slow") from None
            except (httpx.ProtocolError, httpx.DecodingError):
                raise Failed("malformed") from None
            except httpx.TransportError:  # perhaps the next address answers
                continue
        raise Failed("unreachable")

    async def _read(self, address: str, place: str, accept: str, most: int) -> Fetched:
        origin = addresses.origin(address)
        host = f"[{place}]" if ":" in place else place
        request = self._client().build_request(
            "GET",
            f"{origin.scheme}://{host}:{origin.port}{target(address)}",
            headers={"accept": accept, "accept-encoding": "identity", "host": authority(origin)},
            extensions={"sni_hostname": origin.host},
        )
        answer = await self._client().send(request, stream=True)
        try:
            if 300 <= answer.status_code < 400:
                raise Failed("redirect", answer.status_code)
            if answer.status_code != 200:
                raise Failed("status", answer.status_code)
            if answer.headers.get("content-encoding", "identity") != "identity":
                raise Failed("malformed")  # we asked for none: what it unpacks to has no bound
            body = bytearray()
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > most:
                    raise Failed("too-large")
            return Fetched(answer.headers.get("content-type", ""), bytes(body))
        finally:
            await answer.aclose()
