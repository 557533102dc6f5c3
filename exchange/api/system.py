"""Health, readiness, metrics and the token endpoint."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import orjson
from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from exchange.api import traces
from exchange.api.depends import Read, ThisNode, Who, Work
from exchange.identity import keys, oauth
from exchange.node import Node

router = APIRouter()

_TOKEN_ERROR = {
    "description": "An OAuth error (RFC 6749 §5.2)",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
                "required": ["error"],
            }
        }
    },
}
_TOKEN_ERRORS: dict[int | str, dict[str, Any]] = {400: _TOKEN_ERROR, 401: _TOKEN_ERROR, 503: _TOKEN_ERROR}

NO_STORE = {"Cache-Control": "no-store"}


@router.get("/healthz", tags=["system"])
def healthz() -> dict[str, str]:
    """The process lives."""
    return {"status": "ok"}


@router.get("/readyz", tags=["system"])
def readyz(here: ThisNode, response: Response) -> dict[str, Any]:
    """Calls can be served: the snapshot is confirmed and the ledger writes. 503 and the reasons when not."""
    faults = here.faults()
    response.status_code = 503 if faults else 200
    return {"status": "unready" if faults else "ready", "faults": faults}


@router.get("/metrics", tags=["system"], response_class=PlainTextResponse)
def metrics(here: ThisNode) -> Response:
    """Figures for Prometheus."""
    return Response(here.metrics.exposition(), media_type="text/plain; version=0.0.4")


@router.get("/.well-known/oauth-authorization-server", tags=["identity"])
def metadata(here: ThisNode) -> dict[str, Any]:
    """RFC 8414."""
    return oauth.metadata(here.settings.issuer)


@router.get("/oauth/jwks.json", tags=["identity"])
def jwks(session: Read) -> dict[str, Any]:
    """The keys that access tokens are signed with (RFC 7517)."""
    return oauth.jwks(session, datetime.now(UTC))


@router.post("/oauth/token", tags=["identity"], responses=_TOKEN_ERRORS)
async def token(request: Request, here: ThisNode) -> Response:
    """Client credentials for an access token; the client shows itself by `private_key_jwt` (RFC 7523)."""
    work = partial(_respond, here, await request.body(), request.headers)
    answer = await to_thread.run_sync(work, limiter=request.state.token_threads)
    if answer.status >= 400:
        traces.attempt(request, orjson.loads(answer.body)["error"])
    return Response(answer.body, answer.status, dict(answer.headers))


def _respond(here: Node, body: bytes, headers: Mapping[str, str]) -> oauth.Answer:
    now = datetime.now(UTC)
    with here.units.begin("token-endpoint", now) as unit:  # the replay store is kept whether or not a token results
        return here.token_endpoint.respond(unit.session, body, headers, now)


@router.post("/api/v1/keys/rotate", status_code=201, tags=["identity"])
def rotate(who: Who, work: Work, here: ThisNode) -> dict[str, Any]:
    """Sign tokens with a new key from now on; the old one verifies until its tokens expire. Needs `operator`."""
    who.require_operator()
    row = keys.rotate(work.session, here.cipher, work.now)
    work.record("signing-key.rotated", row.kid)
    return {"kid": row.kid, "created_at": row.created_at}
