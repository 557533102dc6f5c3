"""The departments' own systems, simulated: `python -m seeds.simulators`, a process apart from the exchange.

Every providing department listens on a port of its own on 127.0.0.1 and answers as its interface specifications say, to
callers that show its credential. One more port takes the dials. When all of them listen, one line goes to stdout:

    {"control": 40001, "ports": {"public-security": 40002, …}}

Credentials and the control token are derived from `HUTONG_SIMULATOR_SECRET`. The process ends on SIGTERM, SIGINT and
when its standard input closes, so that it never outlives its parent.
"""

import argparse
import asyncio
import contextlib
import hmac
import os
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from random import Random
from typing import Any

import orjson
from aiohttp import web

from seeds.dials import Dials, UnknownDial
from seeds.forms import FORMS
from seeds.records import SEED, generate
from seeds.shelves import MOST, OPERATIONS, Shelf, fill

HOST = "127.0.0.1"
SECRET = "HUTONG_SIMULATOR_SECRET"  # noqa: S105  the name of a variable
CONTROL = "control"
DEPARTMENTS = tuple(dict.fromkeys(operation.dataset.split("/")[0] for operation in OPERATIONS))
_USUAL_LIMIT = 20
_PROBLEMS = {
    400: "The request does not follow the interface specification",
    401: "The credential is missing or wrong",
    404: "No such record",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def bearer(secret: str, name: str) -> str:
    """What callers of a department (or of `CONTROL`) show in `Authorization`."""
    return "Bearer " + hmac.digest(secret.encode(), name.encode(), "sha256").hex()


class Provider:
    """One department: its shelves behind one port, and how its dials stand."""

    def __init__(self, department: str, shelves: Iterable[Shelf], authorization: str) -> None:
        self.department = department
        self.port = 0
        self._dials = Dials()
        self._authorization = authorization
        self._random = Random(department)
        self._site: web.TCPSite | None = None
        self._place: socket.socket | None = None
        application = web.Application(middlewares=[self._behave], client_max_size=64 * 1024)
        for shelf in shelves:
            operation, slug = shelf.operation, shelf.operation.dataset.split("/")[1]
            application.router.add_route(operation.method, f"/{slug}{operation.path}", _answer(self, shelf))
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=0.5)

    @property
    def dials(self) -> Dials:
        return self._dials

    async def open(self, port: int) -> None:
        """Starts listening; port 0 takes a free one. The port stays ours while the provider refuses connections."""
        _require_free(port)
        self._place = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._place.bind((HOST, port))
        self.port = self._place.getsockname()[1]
        await self._runner.setup()
        await self._listen()

    async def close(self) -> None:
        await self._runner.cleanup()
        if self._place is not None:
            self._place.close()

    async def turn(self, dials: Dials) -> None:
        """Sets all dials at once; connections that callers keep open do not survive a provider going down."""
        self._dials = dials
        if dials.down == "refuse":
            await self._unlisten()
        else:
            await self._listen()
        if dials.down is not None:
            await self._hang_up()

    async def _hang_up(self) -> None:
        """Drops all connections and returns when they are gone, so that nobody can send one more request."""
        assert self._runner.server is not None
        dropped = self._runner.server.connections
        for connection in dropped:
            connection.force_close()
        while not {*dropped}.isdisjoint(self._runner.server.connections):  # noqa: ASYNC110  aiohttp tells nobody when
            await asyncio.sleep(0)

    async def _listen(self) -> None:
        if self._site is None:
            self._site = web.TCPSite(self._runner, HOST, self.port, reuse_port=True)
            await self._site.start()

    async def _unlisten(self) -> None:
        if self._site is not None:
            site, self._site = self._site, None
            await site.stop()

    @web.middleware
    async def _behave(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        dials = self._dials
        if dials.down is not None and request.transport is not None:
            request.transport.abort()
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), self._authorization.encode()):
            return problem(401)
        if dials.latency_ms:
            await asyncio.sleep(dials.latency_ms / 1000)
        if self._random.random() < dials.error_rate:
            return problem(dials.error_status)
        return await handler(request)


def _require_free(port: int) -> None:
    """Raises OSError. Ports that may be shared would let two processes of simulators answer in turns."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of an earlier run may linger
        probe.bind((HOST, port))


def problem(status: int) -> web.Response:
    """A problem (RFC 9457) as the interface specifications declare it."""
    title = _PROBLEMS.get(status, "The provider failed")
    body = orjson.dumps({"type": "about:blank", "title": title, "status": status})
    return web.Response(status=status, body=body, content_type="application/problem+json")


def _answer(provider: Provider, shelf: Shelf) -> Handler:
    operation, form = shelf.operation, FORMS.get(shelf.operation.dataset)

    async def answer(request: web.Request) -> web.Response:
        try:
            found, envelope = await _find(request, shelf)
        except (ValueError, KeyError, TypeError):
            return problem(400)
        if not found and (operation.shape == "one" or operation.must_exist):
            return problem(404)
        if form is not None:
            found = [form(record) for record in found]
        if provider.dials.drift is not None:
            found = [provider.dials.drift.apply(record) for record in found]
        body = {"data": found[0]} if operation.shape == "one" else {"items": found, **envelope}
        return web.Response(body=orjson.dumps(body), content_type="application/json")

    return answer


async def _find(request: web.Request, shelf: Shelf) -> tuple[list[Any], dict[str, Any]]:
    """Records and what stands beside them in the envelope. Raises ValueError, KeyError, TypeError on a bad request."""
    operation = shelf.operation
    if operation.method == "GET":
        usual = _USUAL_LIMIT if operation.shape == "page" else MOST
        limit, start = int(request.query.get("limit", usual)), int(request.query.get("cursor", 0))
        if not (1 <= limit <= MOST and start >= 0):
            raise ValueError("limit or cursor out of bounds")
        if operation.shape == "page":
            records, following = shelf.page(request.query, limit, start)
            return records, {"next": following}
        found = shelf.find(request.match_info[operation.key])
        return found[start : start + limit], {"next": str(start + limit) if len(found) > start + limit else None}
    body = orjson.loads(await request.read())
    return shelf.find(body[operation.key]), {}


def control(providers: Mapping[str, Provider], authorization: str) -> web.Application:
    """`PUT /dials/{department}` sets all dials of a department: 204, or 400 with the reason."""

    async def turn(request: web.Request) -> web.Response:
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), authorization.encode()):
            return problem(401)
        provider = providers.get(request.match_info["department"])
        if provider is None:
            return problem(404)
        try:
            await provider.turn(Dials.read(orjson.loads(await request.read())))
        except (UnknownDial, orjson.JSONDecodeError) as error:
            return web.json_response({"detail": str(error)}, status=400)
        return web.Response(status=204)

    application = web.Application()
    application.router.add_put("/dials/{department}", turn)
    return application


async def serve(seed: int, ports: Mapping[str, int], secret: str) -> None:
    """Runs all providers until the process is told to end."""
    ended = asyncio.Event()
    _end_on(ended)
    shelves = fill(generate(seed))
    providers = {
        department: Provider(
            department,
            [shelf for shelf in shelves if shelf.operation.dataset.startswith(f"{department}/")],
            bearer(secret, department),
        )
        for department in DEPARTMENTS
    }
    runner = web.AppRunner(control(providers, bearer(secret, CONTROL)), access_log=None, handle_signals=False)
    try:
        for department, provider in providers.items():
            await provider.open(ports.get(department, 0))
        await runner.setup()
        await web.TCPSite(runner, HOST, ports.get(CONTROL, 0)).start()
        listening = {department: provider.port for department, provider in providers.items()}
        _print({"control": runner.addresses[0][1], "ports": listening})
        await ended.wait()
    finally:
        await runner.cleanup()
        await asyncio.gather(*(provider.close() for provider in providers.values()))


def _print(document: Mapping[str, Any]) -> None:
    sys.stdout.write(orjson.dumps(document).decode() + "\n")
    sys.stdout.flush()


def _end_on(ended: asyncio.Event) -> None:
    """Signals, and the end of standard input: whoever started this process holds its other end."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=watch, daemon=True).start()


def _ports(text: str) -> dict[str, int]:
    """`public-security=9001,control=9000` → ports by name."""
    pairs = (pair.partition("=") for pair in text.split(",") if pair)
    found = {name: int(port) for name, _, port in pairs}
    if unknown := found.keys() - {*DEPARTMENTS, CONTROL}:
        raise argparse.ArgumentTypeError(f"no provider is named {', '.join(sorted(unknown))}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m seeds.simulators", description="Simulated providers of the city.")
    parser.add_argument("--data-seed", type=int, default=SEED, help="the records' random seed")
    parser.add_argument("--ports", type=_ports, default={}, help="name=port,…; the others take free ones")
    arguments = parser.parse_args()
    secret = os.environ.get(SECRET, "")
    if len(secret) < 16:
        parser.error(f"set {SECRET} to a random secret of at least 16 characters")
    asyncio.run(serve(arguments.data_seed, arguments.ports, secret))


if __name__ == "__main__":
    main()
