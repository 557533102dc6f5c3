"""`create_app`: the one place where everything is wired to HTTP.

/x/…        the broker's raw ASGI endpoint
all else    FastAPI: management, tokens, ledger, health; behind `Intake`, which bounds and reads bodies
"""

from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from typing import Any

import structlog
from anyio import CapacityLimiter
from fastapi import FastAPI

from exchange.api import (
    agreement_versions,
    agreements,
    catalog,
    classification,
    clocks,
    consents,
    contracts,
    datasets,
    dcat,
    emergencies,
    errors,
    evidence,
    exports,
    guards,
    harvest,
    interfaces,
    ledger,
    mappings,
    notices,
    offers,
    openapi,
    parties,
    quality,
    reports,
    requests,
    reviews,
    search,
    standards,
    system,
    templates,
)
from exchange.api.intake import Intake
from exchange.broker.call import new_id
from exchange.broker.endpoint import PREFIX, Endpoint
from exchange.clock import milliseconds
from exchange.node import Node

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

DESCRIPTION = """
统一的数据标准、接口规范与调用规则；集中的目录；可核验的调用账本。

Unified data standards, interface specifications and calling rules; one catalog; a ledger that anyone can verify.
Calls go to `/x/{department}/{service}/…`; each service's own document is at `/x/{department}/{service}/openapi.json`.
"""

TOKEN_THREADS = 8
"""Of their own: whatever else keeps the exchange busy, applications get their tokens."""


class Exchange:
    """The ASGI application of a node."""

    def __init__(self, node: Node) -> None:
        most, seconds = node.settings.request_max_bytes, node.settings.request_seconds
        self._broker = Endpoint(node.broker, node.metrics, max_bytes=most, seconds=seconds)
        self._state = {"node": node, "token_threads": CapacityLimiter(TOKEN_THREADS)}
        self._management = Intake(
            management(),
            node.identifies,
            max_bytes=most,
            seconds=seconds,
            document_bytes=node.settings.document_max_bytes,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"only HTTP is served here, not {scope['type']}")
        if scope["raw_path"].startswith(PREFIX):
            await self._broker(scope, receive, send)
            return
        request_id = new_id(milliseconds())
        with structlog.contextvars.bound_contextvars(request=request_id):
            state = {**self._state, "call": request_id}
            await self._management({**scope, "state": state}, receive, _labelled(send, request_id))


def _labelled(send: Send, request_id: str) -> Send:
    """Every answer carries the id under which the logs speak of it."""
    labels = [(b"hutong-call", request_id.encode()), (b"hutong-source", b"exchange")]

    async def labelled(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *labels]
        await send(message)

    return labelled


@cache
def management() -> FastAPI:
    """Everything but the call path: the same for every node of this process, which comes with each request's state."""
    application = FastAPI(
        title="Hutong 互通",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=openapi.operation_id,
    )
    for part in (
        standards,
        interfaces,
        mappings,
        catalog,
        classification,
        datasets,
        contracts,
        search,
        evidence,
        reviews,
        parties,
        agreements,
        guards,
        consents,
        emergencies,
        agreement_versions,
        requests,
        offers,
        clocks,
        reports,
        notices,
        templates,
        ledger,
        exports,
        harvest,
        quality,
    ):
        application.include_router(part.router, prefix="/api/v1")
    application.include_router(ledger.log)
    application.include_router(dcat.router)
    application.include_router(dcat.importing, prefix="/api/v1")
    application.include_router(system.router)
    errors.install(application)
    openapi.describe(application)
    return application


def create_app(node: Node) -> Exchange:
    return Exchange(node)
