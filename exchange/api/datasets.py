"""Datasets: stewards register, everybody reads."""

from typing import Any

from fastapi import APIRouter, Response

from catalog import datasets
from catalog.models import Dataset, DatasetDraft, DatasetState
from exchange.api import shapes
from exchange.api.depends import Cursor, KnownRevision, Limit, Read, Revision, Who, Work, listing, tag
from policies import publication

router = APIRouter(tags=["datasets"])


@router.post("/datasets", status_code=201)
def register_dataset(draft: DatasetDraft, who: Who, work: Work, response: Response) -> dict[str, Any]:
    """Register a dataset with its items. Needs the department's `steward:`."""
    who.require_steward(draft.department)
    row = datasets.register(work.session, draft, work.by, work.now)
    work.record("dataset.registered", row.id)
    return _dataset(work.session, row, response)


@router.put("/datasets/{department}/{slug}")
def revise_dataset(
    department: str, slug: str, draft: DatasetDraft, revision: Revision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Replace a registration. Needs the department's `steward:` and If-Match."""
    who.require_steward(department)
    row = datasets.revise(work.session, f"{department}/{slug}", draft, revision, work.by, work.now)
    work.record("dataset.revised", row.id, revision=row.revision)
    return _dataset(work.session, row, response)


@router.post("/datasets/{department}/{slug}/publish")
def publish_dataset(
    department: str, slug: str, revision: KnownRevision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Publish: standard, interface specification and calling rule must be there. Needs the `steward:`."""
    who.require_steward(department)
    row = publication.publish(work.session, f"{department}/{slug}", work.by, work.now, expected_revision=revision)
    work.record("dataset.published", row.id, revision=row.revision)
    return _dataset(work.session, row, response)


@router.post("/datasets/{department}/{slug}/withdraw")
def withdraw_dataset(
    department: str, slug: str, revision: KnownRevision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Take a dataset out of the exchange. Needs the department's `steward:`."""
    who.require_steward(department)
    row = datasets.withdraw(work.session, f"{department}/{slug}", work.by, work.now, expected_revision=revision)
    work.record("dataset.withdrawn", row.id, revision=row.revision)
    return _dataset(work.session, row, response)


@router.get("/datasets")
def list_datasets(
    session: Read,
    department: str | None = None,
    state: DatasetState | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Datasets by id, filtered by department and state."""
    rows, following = datasets.page(session, department=department, state=state, limit=limit, cursor=cursor)
    return listing(([shapes.dataset(row) for row in rows], following))


@router.get("/datasets/{department}/{slug}")
def read_dataset(department: str, slug: str, session: Read, response: Response) -> dict[str, Any]:
    """One dataset with its items."""
    return _dataset(session, datasets.fetch(session, f"{department}/{slug}"), response)


def _dataset(session: Any, row: Dataset, response: Response) -> dict[str, Any]:
    tag(response, row.revision)
    return shapes.dataset(row, datasets.items(session, row.id))
