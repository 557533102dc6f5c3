"""One department's egress rules for one origin, at both places where an address becomes a connection."""

import socket

from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult

from exchange.connectors.base import EgressForbidden, Upstream
from exchange.connectors.egress import EgressRules


class Gate(AbstractResolver):
    """Asked twice: on every address that a name resolves to, and on the address of every socket."""

    def __init__(self, rules: EgressRules, upstream: Upstream, inner: AbstractResolver) -> None:
        self._rules = rules
        self._department = upstream.department
        self._host = upstream.origin.host
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The allowed addresses of this name. Raises EgressForbidden when it has only others."""
        found = await self._inner.resolve(host, port, family)
        allowed = [one for one in found if self._allow(one["host"], port)]
        if found and not allowed:
            raise EgressForbidden(self._department, found[0]["host"])
        return allowed

    def socket(self, info: AddrInfoType) -> socket.socket:
        """A socket for this address and no other; the last check, and the only one for literal addresses."""
        family, kind, protocol, _, address = info
        if not self._allow(str(address[0]), int(address[1])):
            raise EgressForbidden(self._department, str(address[0]))
        return socket.socket(family, kind, protocol)

    async def close(self) -> None:
        await self._inner.close()

    def _allow(self, address: str, port: int) -> bool:
        return self._rules.allow(self._department, self._host, port, address)
