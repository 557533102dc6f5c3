"""The published catalog as linked data (DCAT-AP 3.0.1), for everybody: in pages, or whole as a stream; and read in."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlmodel import Session, col, select

from catalog import imports
from catalog.dcat import apart, describing, gathering, vocabulary, writing
from catalog.dcat.describing import Node
from catalog.dcat.vocabulary import Names
from catalog.imports import Refused
from exchange.api.depends import Cursor, Read, ThisNode, Who, Work
from exchange.api.slots import IMPORTS
from exchange.node import Node as Here
from exchange.unit_of_work import Change
from policies.odrl import publishing
from standards.models import SLUG

router = APIRouter(tags=["catalog"])
importing = APIRouter(tags=["catalog"])

PAGE = 100
_BOTH: dict[int | str, dict[str, Any]] = {
    200: {"description": "DCAT-AP 3.0.1", "content": {kind: {} for kind in (writing.JSON_LD, writing.TURTLE)}}
}
_LINKED: dict[int | str, dict[str, Any]] = {200: {"description": "JSON-LD 1.1", "content": {writing.JSON_LD: {}}}}
_TURTLE: dict[int | str, dict[str, Any]] = {200: {"description": "Turtle 1.1", "content": {writing.TURTLE: {}}}}

Rows = Annotated[int | None, Query(ge=1, le=gathering.PAGE, description="datasets on a page")]


@router.get("/catalog", responses=_BOTH, response_class=Response)
def read_catalog(
    request: Request, here: ThisNode, session: Read, limit: Rows = None, cursor: Cursor = None
) -> Response:
    """A page of the catalog, as JSON-LD or, where `Accept` prefers it, as Turtle."""
    media_type = preferred(request.headers.get("accept", ""))
    return _page(request, here, session, media_type, limit or PAGE, cursor)


@router.get("/catalog.jsonld", responses=_LINKED, response_class=Response)
def read_json_ld(
    request: Request, here: ThisNode, session: Read, limit: Rows = None, cursor: Cursor = None
) -> Response:
    """The whole catalog as JSON-LD, streamed; a page of it with `limit` or `cursor`."""
    return _whole_or_page(request, here, session, writing.JSON_LD, limit, cursor)


@router.get("/catalog.ttl", responses=_TURTLE, response_class=Response)
def read_turtle(request: Request, here: ThisNode, session: Read, limit: Rows = None, cursor: Cursor = None) -> Response:
    """The whole catalog as Turtle, streamed; a page of it with `limit` or `cursor`."""
    return _whole_or_page(request, here, session, writing.TURTLE, limit, cursor)


@router.get("/catalog/context.jsonld", responses=_LINKED, response_class=Response)
def read_context() -> Response:
    """The JSON-LD context of the catalog; each document carries it already."""
    return Response(writing.context(), media_type=writing.JSON_LD, headers={"Cache-Control": "max-age=3600"})


@router.get("/catalog/odrl-profile.ttl", responses=_TURTLE, response_class=Response)
def read_profile() -> Response:
    """The words in which offers and agreements say what ODRL 2.2 has no words for."""
    return Response(publishing.profile(), media_type=writing.TURTLE, headers={"Cache-Control": "max-age=3600"})


@router.get("/catalog/datasets/{department}/{slug}", responses=_BOTH, response_class=Response)
def read_description(department: str, slug: str, request: Request, here: ThisNode, session: Read) -> Response:
    """One published dataset, under the IRI that names it."""
    entry = gathering.one(session, f"{department}/{slug}")
    media_type = preferred(request.headers.get("accept", ""))
    headers = {**_state(session, here, media_type, entry.dataset.id), "Vary": "Accept"}
    if _is_known(request, headers):
        return Response(status_code=304, headers=headers)
    node = _described(entry, Names(here.settings.issuer))
    return Response(writing.single(node, media_type), media_type=media_type, headers=headers)


async def body(_: Who, request: Request) -> bytes:
    """The document that was sent; who sends comes first."""
    return await request.body()


@importing.post(
    "/catalog/import-dcat",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {kind: {"schema": {"type": "string"}} for kind in (writing.TURTLE, writing.JSON_LD)},
        }
    },
)
def import_catalog(
    request: Request,
    department: Annotated[str, Query(pattern=SLUG, max_length=48, description="whose datasets they become")],
    document: Annotated[bytes, Depends(body)],
    who: Who,
    work: Work,
    here: ThisNode,
    dry_run: Annotated[bool, Query(description="say what would happen, and change nothing")] = False,
) -> dict[str, Any]:
    """Register or revise a department's datasets from a DCAT-AP document: all of them, or none and every reason.

    They become drafts; nothing is published. Needs the department's `steward:`.
    """
    who.require_steward(department)
    with IMPORTS.one():
        said = apart.read(document, request.headers.get("content-type", ""), program=publishing.CHILD)
    found = said.found
    if said.faults:
        raise Refused(said.faults)
    with Session(here.reading) as session:  # what takes time, before the writing connection is taken
        prepared = imports.prepare(session, found, department)
    if dry_run:
        return {"dry_run": True, **imports.report(prepared).as_dict()}
    report, rows = imports.take_prepared(work.session, prepared, department, work.by, work.now, key=work.key)
    created = set(report.created)
    for row in rows:
        act = "registered" if row.id in created else "revised"
        work.record(f"dataset.{act}", row.id, revision=row.revision)
    return {"dry_run": False, **report.as_dict()}


def preferred(accept: str) -> str:
    """The media type to answer with: JSON-LD unless Turtle is asked for with a greater weight (RFC 9110, 12.5.1)."""
    weights = dict(_weighted(part) for part in accept.lower().split(",")[:32])
    other = weights.get("*/*", 0.0)
    linked = max(weights.get(name, 0.0) for name in (writing.JSON_LD, "application/json", "application/*"))
    turtle = max(weights.get(name, 0.0) for name in (writing.TURTLE, "text/*"))
    return writing.TURTLE if turtle > max(linked, other if linked == 0 else 0.0) else writing.JSON_LD


def _weighted(part: str) -> tuple[str, float]:
    name, _, parameters = part.partition(";")
    for parameter in parameters.split(";"):
        key, _, value = parameter.strip().partition("=")
        if key == "q":
            try:
                return name.strip(), float(value)
            except ValueError:
                return name.strip(), 0.0
    return name.strip(), 1.0


def _whole_or_page(
    request: Request, here: Here, session: Session, media_type: str, limit: int | None, cursor: str | None
) -> Response:
    if limit is not None or cursor is not None:
        return _page(request, here, session, media_type, limit or PAGE, cursor)
    headers = _state(session, here, media_type, "whole")
    if _is_known(request, headers):
        return Response(status_code=304, headers=headers)
    names = Names(here.settings.issuer)
    write = writing.json_ld if media_type == writing.JSON_LD else writing.turtle
    pieces = write(_catalog(here, names, session), every(here, names))
    return StreamingResponse(pieces, media_type=media_type, headers=headers)


def _page(request: Request, here: Here, session: Session, media_type: str, limit: int, cursor: str | None) -> Response:
    headers = {**_state(session, here, media_type, f"{limit}/{cursor or ''}"), "Vary": "Accept"}
    if _is_known(request, headers):
        return Response(status_code=304, headers=headers)
    entries, following = gathering.page(session, limit=limit, cursor=cursor)
    names = Names(here.settings.issuer)
    address = here.settings.issuer + request.url.path
    this = f"{address}?limit={limit}" + (f"&cursor={quote(cursor)}" if cursor else "")
    then = f"{address}?limit={limit}&cursor={following}" if following else None
    if then:
        headers["Link"] = f'<{then}>; rel="next"'
    catalog = _catalog(here, names, session) | {"view": describing.view(names, this, then)}
    write = writing.json_ld if media_type == writing.JSON_LD else writing.turtle
    pieces = write(catalog, (_described(entry, names) for entry in entries))
    return Response(b"".join(pieces), media_type=media_type, headers=headers)


def every(here: Here, names: Names) -> Iterator[Node]:
    """Every published dataset, read page by page: no reading transaction lasts as long as a slow reader."""
    cursor: str | None = None
    while True:
        with Session(here.reading) as session:
            entries, cursor = gathering.page(session, cursor=cursor)
            nodes = [_described(entry, names) for entry in entries]
        yield from nodes
        if cursor is None:
            return


def _described(entry: gathering.Entry, names: Names) -> Node:
    return describing.dataset(entry, names, publishing.offer(entry, names))


def _catalog(here: Here, names: Names, session: Session) -> Node:
    title, publisher = (vocabulary.bilingual(text) for text in (here.settings.catalog_title, here.settings.publisher))
    return describing.catalog(names, title, publisher, modified=_changed(session)[1])


def _changed(session: Session) -> tuple[int, datetime]:
    """The newest change of anything: whatever the catalog tells has not changed since."""
    found = session.exec(select(Change.id, Change.at).order_by(col(Change.id).desc()).limit(1)).first()
    return (found[0] or 0, found[1]) if found else (0, datetime(1970, 1, 1, tzinfo=UTC))


def _state(session: Session, here: Here, media_type: str, what: str) -> dict[str, str]:
    """ETag and Last-Modified of a representation (RFC 9110, section 8.8)."""
    number, at = _changed(session)
    settings = here.settings
    said = f"{number}\n{media_type}\n{what}\n{settings.issuer}\n{settings.catalog_title}\n{settings.publisher}"
    tag = hashlib.sha256(said.encode()).hexdigest()[:24]
    return {"ETag": f'"{tag}"', "Last-Modified": format_datetime(at, usegmt=True), "Cache-Control": "no-cache"}


def _is_known(request: Request, headers: dict[str, Any]) -> bool:
    """Whether the reader has this state already (RFC 9110, section 13.1): If-None-Match counts before the date."""
    known = request.headers.get("if-none-match")
    if known is not None:
        tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
        return headers["ETag"] in tags or "*" in tags
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        return parsedate_to_datetime(headers["Last-Modified"]) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False
