"""A connected socket to a host, through the gate: the address that is judged is the one that is connected to."""

import asyncio
import socket
from ipaddress import ip_address

from exchange.connectors.gate import AddressInfo, Gate


async def connect(gate: Gate, host: str, port: int, seconds: float) -> socket.socket:
    """The first of the host's allowed addresses that answers; each gets its share of the time.

    Raises EgressForbidden, TimeoutError, or the OSError of the last address.
    """
    addresses = await _addresses(gate, host, port)
    failure: OSError = OSError("the name has no address")
    for address in addresses:
        try:
            async with asyncio.timeout(seconds / len(addresses)):
                return await _connected(gate, address)
        except PermissionError:
            raise
        except OSError as error:  # TimeoutError is one
            failure = error
    raise failure


async def _addresses(gate: Gate, host: str, port: int) -> list[AddressInfo]:
    if _is_literal(host):
        return [_address(host, port)]
    return [_address(found, port) for found in await gate.resolve(host, port)]


def _address(host: str, port: int) -> AddressInfo:
    if ":" in host:
        return socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port, 0, 0)
    return socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port)


async def _connected(gate: Gate, address: AddressInfo) -> socket.socket:
    sock = gate.socket(address)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, address[4])
    except BaseException:
        sock.close()
        raise
    return sock


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
