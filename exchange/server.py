"""`hutong serve`: one process, one event loop, granian embedded in it.

The node is opened before the socket is: when anything fails, the process says why and ends with a non-zero status.
"""

import asyncio
import contextlib
import errno
import gc
import ipaddress
import signal
import socket
from collections.abc import Callable

import structlog
import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from exchange import logs
from exchange.app import create_app
from exchange.node import Node
from exchange.settings import Settings

HEADER_MILLISECONDS = 10_000
MAX_HEAD_BYTES = 64 * 1024

log = structlog.get_logger("exchange.server")


class UnsafeBinding(RuntimeError):
    """Bearer tokens would cross a network in clear (security note 2)."""


class PortTaken(OSError):
    """Another process listens there."""


def serve(settings: Settings, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; `ready` hears the URL once calls are answered.

    Raises whatever kept the node from opening, `UnsafeBinding`, `PortTaken`, or OSError for an
    address that is not of this machine.
    """
    logs.configure(settings.log_level)
    settings = _bound(settings)
    uvloop.run(_serve(settings, ready))


def _bound(settings: Settings) -> Settings:
    """The settings with a real port, after asking whether the address may be listened on at all."""
    if not settings.tls and not _is_loopback(settings.host):
        raise UnsafeBinding(
            f"{settings.host} is not a loopback address and HUTONG_TLS is not set: put a reverse proxy that speaks TLS "
            "in front and set HUTONG_TLS=true, or listen on 127.0.0.1"
        )
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise PortTaken(
                f"{settings.host}:{settings.port} is taken by another process: stop what listens there, or choose "
                "another port with --port or HUTONG_PORT (0 takes a free one)"
            ) from None
        port = probe.getsockname()[1]
    return settings.model_copy(update={"port": port})


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _serve(settings: Settings, ready: Callable[[str], None]) -> None:
    loop = asyncio.get_running_loop()
    node = await loop.run_in_executor(None, Node.open, settings)
    beside = asyncio.create_task(node.run())
    try:
        server = Server(
            create_app(node),
            settings.host,
            settings.port,
            interface=Interfaces.ASGINL,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS, max_buffer_size=MAX_HEAD_BYTES),
            websockets=False,
            backlog=2048,
            log_enabled=False,
        )
        _settle_memory()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, server.stop)
        serving = asyncio.create_task(server.serve())
        await _answers(settings, serving)
        ready(settings.issuer)
        await serving
    finally:
        beside.cancel()
        await asyncio.gather(beside, return_exceptions=True)
        await node.connectors.close()
        await loop.run_in_executor(None, node.close)


def _settle_memory() -> None:
    """What was made to start lives as long as the process: the collector need not walk it again on every round."""
    gc.collect()
    gc.freeze()


async def _answers(settings: Settings, serving: asyncio.Task[None]) -> None:
    """Wait until the socket accepts; a server that ended before that failed."""
    while True:
        if serving.done():
            serving.result()
            raise RuntimeError("the server ended before it served")
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(settings.host, settings.port)
            writer.close()
            return
        await asyncio.sleep(0.02)
