"""Interface specifications: a department's steward or an operator publishes, everybody reads."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from exchange.api import shapes
from exchange.api.depends import Cursor, Limit, Owner, Read, Slug, Versions, Who, Words, Work, listing
from standards import interfaces, lint, overrides, versions
from standards.models import VERSION, Interface, InterfaceDraft

Version = Annotated[str, Query(pattern=VERSION, max_length=64, description="a semantic version")]

router = APIRouter(tags=["standards"])


@router.post("/interfaces", status_code=201)
def publish_interface(draft: InterfaceDraft, who: Who, session: Read, work: Work) -> dict[str, Any]:
    """Publish an interface specification (OpenAPI 3.1, or 3.0, which is translated).

    Needs the department's `steward:` or `operator`; with `overrides`, `operator`. Refused with every finding of the
    lint, and with what breaks for users of the same major version.
    """
    who.require_steward_or_operator(draft.department)
    if draft.overrides:
        who.require_operator()
    judgement = interfaces.judge(session, draft, work.now)  # may take a second: before anything is locked
    row = interfaces.publish(work.session, draft, work.by, work.now, judgement)
    let_off = {"overrides": {each["rule"]: each["reason"] for each in row.overrides}} if row.overrides else {}
    work.record("interface.published", f"{row.slug}:{row.version}", **let_off)
    return shapes.interface(row)


@router.get("/interface-rules")
def list_interface_rules() -> dict[str, Any]:
    """The rules that interface specifications obey: why, how to mend, and whether an operator may let one off."""
    return {"items": [*(rule.as_dict() for rule in lint.RULES), overrides.BREAKING], "next": None}


@router.get("/interfaces")
def list_interfaces(
    session: Read,
    q: Words = None,
    slug: Slug = None,
    department: Owner = None,
    sort: Versions = "id",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Interface specifications, without their documents."""
    rows, following = versions.page(
        session, Interface, limit, cursor, slug=slug, words=q, department=department,
        by_slug=sort.endswith("slug"), descending=sort.startswith("-"),
    )  # fmt: skip
    return listing(([shapes.brief(row) for row in rows], following))


@router.get("/interfaces/{slug}/breaking")
def read_breaking_changes(slug: str, session: Read, old: Version, new: Version) -> dict[str, Any]:
    """What version `new` breaks for callers of version `old`: each change with its place and, if found, a witness."""
    found = interfaces.compare(session, slug, old, new)
    return {"slug": slug, "old": old, "new": new, "breaks": bool(found), "items": [each.as_dict() for each in found]}


@router.get("/interfaces/{slug}")
def read_interface(slug: str, session: Read, version: str | None = None) -> dict[str, Any]:
    """One interface specification."""
    return shapes.interface(interfaces.fetch(session, slug, version))
