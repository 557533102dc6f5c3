"""One department's egress rules for one origin, at both places where an address becomes a connection."""

import asyncio
import socket
from typing import Any, Protocol

from exchange.connectors.base import EgressForbidden, Upstream
from exchange.connectors.egress import EgressRules

AddressInfo = tuple[int, int, int, str, tuple[Any, ...]]
"""One answer of `socket.getaddrinfo`: family, kind, protocol, canonical name, socket address."""


class Resolver(Protocol):
    """Finds the addresses of a name. Raises OSError."""

    async def resolve(self, host: str, port: int) -> list[str]: ...


class SystemResolver:
    """Asks as every other program of this machine does, on a thread."""

    async def resolve(self, host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Gate:
    """Asked twice: on every address that a name resolves to, and on the address of every socket."""

    def __init__(self, rules: EgressRules, upstream: Upstream, inner: Resolver | None = None) -> None:
        self._rules = rules
        self._department = upstream.department
        self._host = upstream.origin.host
        self._inner = inner or SystemResolver()

    async def resolve(self, host: str, port: int) -> list[str]:
        """The allowed addresses of this name. Raises EgressForbidden when it has only others."""
        found = await self._inner.resolve(host, port)
        allowed = [address for address in found if self._allow(address, port)]
        if found and not allowed:
            raise EgressForbidden(self._department, found[0])
        return allowed

    def socket(self, info: AddressInfo) -> socket.socket:
        """A socket for this address and no other; the last check, and the only one for literal addresses."""
        family, kind, protocol, _, address = info
        if not self._allow(str(address[0]), int(address[1])):
            raise EgressForbidden(self._department, str(address[0]))
        return socket.socket(family, kind, protocol)

    def _allow(self, address: str, port: int) -> bool:
        return self._rules.allow(self._department, self._host, port, address)
