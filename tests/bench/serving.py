"""One exchange as `hutong serve` runs it, settings from `HUTONG_*`; with `hello`, its server with nothing behind it."""

import asyncio
import signal
import sys
from typing import Any

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from exchange.server import serve
from exchange.settings import Settings


async def _hello(port: int, body: bytes) -> None:
    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    server = Server(answer, "127.0.0.1", port, interface=Interfaces.ASGINL, http=HTTPModes.http1, log_enabled=False)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
    await server.serve()


if __name__ == "__main__":
    if sys.argv[1:2] == ["hello"]:
        uvloop.run(_hello(int(sys.argv[2]), sys.argv[3].encode()))
    else:
        serve(Settings(), lambda url: print(f"ready: {url}", flush=True))
