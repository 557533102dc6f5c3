"""Interface specifications: a department's steward or an operator publishes, everybody reads."""

from typing import Any

from fastapi import APIRouter

from exchange.api import shapes
from exchange.api.depends import Cursor, Limit, Read, Who, Work, listing
from standards import interfaces
from standards.models import InterfaceDraft

router = APIRouter(tags=["standards"])


@router.post("/interfaces", status_code=201)
def publish_interface(draft: InterfaceDraft, who: Who, work: Work) -> dict[str, Any]:
    """Publish an interface specification (OpenAPI 3.1, or 3.0, which is translated).

    Needs the department's `steward:` or `operator`; with `overrides`, `operator`.
    """
    who.require_steward_or_operator(draft.department)
    if draft.overrides:
        who.require_operator()
    row = interfaces.publish(work.session, draft, work.by, work.now)
    let_off = {"overrides": {each["rule"]: each["reason"] for each in row.overrides}} if row.overrides else {}
    work.record("interface.published", f"{row.slug}:{row.version}", **let_off)
    return shapes.interface(row)


@router.get("/interfaces")
def list_interfaces(session: Read, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """Interface specifications, without their documents."""
    rows, following = interfaces.page(session, limit=limit, cursor=cursor)
    return listing(([shapes.brief(row) for row in rows], following))


@router.get("/interfaces/{slug}")
def read_interface(slug: str, session: Read, version: str | None = None) -> dict[str, Any]:
    """One interface specification."""
    return shapes.interface(interfaces.fetch(session, slug, version))
