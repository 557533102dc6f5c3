"""Data elements, code lists and standards: operators publish, everybody reads."""

from typing import Any

from fastapi import APIRouter

from exchange.api import shapes
from exchange.api.depends import Cursor, Limit, Read, Who, Work, listing
from standards import codelists, elements, schemas
from standards.models import CodeListDraft, ElementDraft, StandardDraft

router = APIRouter(tags=["standards"])


@router.post("/elements", status_code=201)
def publish_element(draft: ElementDraft, who: Who, work: Work) -> dict[str, Any]:
    """Publish a data element. Needs `operator`."""
    who.require_operator()
    row = elements.publish(work.session, draft, work.by, work.now)
    work.record("element.published", f"{row.slug}:{row.version}")
    return shapes.element(row)


@router.get("/elements")
def list_elements(session: Read, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """Data elements, newest version of each slug last."""
    rows, following = elements.page(session, limit=limit, cursor=cursor)
    return listing(([shapes.brief(row) for row in rows], following))


@router.get("/elements/{slug}")
def read_element(slug: str, session: Read, version: str | None = None) -> dict[str, Any]:
    """One data element; its newest version unless `version` is given."""
    return shapes.element(elements.fetch(session, slug, version))


@router.post("/code-lists", status_code=201)
def publish_code_list(draft: CodeListDraft, who: Who, work: Work) -> dict[str, Any]:
    """Publish a code list. Needs `operator`."""
    who.require_operator()
    row = codelists.publish(work.session, draft, work.by, work.now)
    work.record("code-list.published", f"{row.slug}:{row.version}")
    return shapes.code_list(row)


@router.get("/code-lists")
def list_code_lists(session: Read, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """Code lists, without their codes."""
    rows, following = codelists.page(session, limit=limit, cursor=cursor)
    return listing(([shapes.brief(row) for row in rows], following))


@router.get("/code-lists/{slug}")
def read_code_list(slug: str, session: Read, version: str | None = None) -> dict[str, Any]:
    """One code list with its codes."""
    return shapes.code_list(codelists.fetch(session, slug, version))


@router.post("/standards", status_code=201)
def publish_standard(draft: StandardDraft, who: Who, work: Work) -> dict[str, Any]:
    """Publish a standard. Needs `operator`."""
    who.require_operator()
    row = schemas.publish(work.session, draft, work.by, work.now)
    work.record("standard.published", f"{row.slug}:{row.version}")
    return shapes.standard(row)


@router.get("/standards")
def list_standards(session: Read, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """Standards, without their documents."""
    rows, following = schemas.page(session, limit=limit, cursor=cursor)
    return listing(([shapes.brief(row) for row in rows], following))


@router.get("/standards/{slug}")
def read_standard(slug: str, session: Read, version: str | None = None) -> dict[str, Any]:
    """One standard, as authored and bundled with its data elements."""
    return shapes.standard(schemas.fetch(session, slug, version))
