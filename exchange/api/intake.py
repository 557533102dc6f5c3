"""What every management request passes first: no header twice that decides, a limit of bytes and of time, strict JSON.

A raw ASGI wrapper around FastAPI, because no server limits bodies and FastAPI's own reader accepts duplicate keys. A
body is JSON whatever its Content-Type claims, but at the one endpoint that takes a form and at those that take a whole
document of another format, which may be larger.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from exchange import problems
from standards.strict_json import UnreadableJson, loads

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


ONCE = (b"content-type", b"content-length", b"authorization")
"""Headers that one reader would take the first of, another the last: sent twice, they are refused."""
FORM_PATH = "/oauth/token"
DOCUMENT_PATHS = frozenset({"/api/v1/catalog/import", "/api/v1/catalog/import-dcat"})
"""Here bodies are read by the domain, within bounds of its own."""
API = "/api/"


class TooLarge(Exception):
    pass


class CutOff(Exception):
    """The caller hung up: what came of the body may look whole, and nobody waits for an answer."""


class Intake:
    """Reads the whole body of a request before the application sees it."""

    def __init__(
        self,
        application: Application,
        identified: Callable[[bytes | None], bool],
        *,
        max_bytes: int,
        seconds: float,
        document_bytes: int = 0,
    ) -> None:
        """`identified` says whether an Authorization header is anybody's: identity comes before the body.

        `document_bytes` bounds the body at DOCUMENT_PATHS, where it is more than `max_bytes`.
        """
        self._application = application
        self._identified = identified
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._document_bytes = max(document_bytes, max_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        if repeated := _repeated(scope):
            await _refuse(scope, send, "malformed-request", f"Send the header {repeated} once.")
            return
        if headers.get(b"content-length", b"0") == b"0" and b"transfer-encoding" not in headers:
            await self._application(scope, receive, send)
            return
        if scope["path"].startswith(API) and not self._identified(headers.get(b"authorization")):
            await self._application(scope, _replay(b"", receive), send)  # which refuses it, and leaves a trace
            return
        document = scope["path"] in DOCUMENT_PATHS
        most = self._document_bytes if document else self._max_bytes
        try:
            async with asyncio.timeout(self._seconds):
                body = await self._read(receive, most)
            if body and not document and scope["path"] != FORM_PATH:
                loads(body, max_bytes=self._max_bytes)
        except CutOff:
            return
        except TooLarge:
            await _refuse(scope, send, "body-too-large", f"A request body may have {most} bytes.")
        except TimeoutError:
            await _refuse(scope, send, "malformed-request", f"The body did not arrive within {self._seconds:g} s.")
        except UnreadableJson as error:
            finding = {"pointer": "", "rule": error.reason, "expected": "strict JSON in UTF-8"}
            await _refuse(scope, send, "malformed-json", "", errors=[finding])
        else:
            await self._application(scope, _replay(body, receive), send)

    async def _read(self, receive: Receive, most: int) -> bytes:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise CutOff
            body += message.get("body", b"")
            if len(body) > most:
                raise TooLarge
            if not message.get("more_body"):
                return bytes(body)


def _repeated(scope: Scope) -> str:
    """The first header of `ONCE` that is there more than once."""
    names = [name for name, _ in scope["headers"]]
    return next((name.decode() for name in ONCE if names.count(name) > 1), "")


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> MutableMapping[str, Any]:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _refuse(scope: Scope, send: Send, slug: str, detail: str, **members: Any) -> None:
    body = problems.encode(problems.document(slug, detail, call=scope["state"]["call"], **members))
    headers = [(b"content-type", problems.MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": problems.KINDS[slug].status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
