"""Datasets: stewards register and revise them; what is published everybody reads.

What is not published, and what is proposed beside what is, only the department's stewards and operators see.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from sqlmodel import Session

from catalog import datasets, differences, drafts, lineage, sources, versions
from catalog.models import Dataset, DatasetDraft, DatasetState, SharingClass, Stage, UpdateCycle
from exchange.api import shapes
from exchange.api.depends import Cursor, Limit, Moment, Read, Reader, Revision, Who, Work, inside, listing, sees, tag
from exchange.identity.callers import Caller
from policies import publication

router = APIRouter(tags=["datasets"])


@router.post("/datasets", status_code=201)
def register_dataset(draft: DatasetDraft, who: Who, work: Work, response: Response) -> dict[str, Any]:
    """Register a dataset with its items, as a draft. Needs the department's `steward:`."""
    who.require_steward(draft.department)
    row = datasets.register(work.session, draft, work.by, work.now, key=work.key)
    work.record("dataset.registered", row.id)
    return {**whole(work.session, row, who, response), "warnings": warnings(work.session, draft)}


@router.post("/datasets/check")
def check_dataset(draft: DatasetDraft, who: Who, session: Read) -> dict[str, Any]:
    """Say everything that is wrong with a registration, what its reviews would miss and what it would change.

    Nothing is changed. Needs the department's `steward:`.
    """
    who.require_steward(draft.department)
    found = drafts.findings(session, draft)
    known = session.get(Dataset, f"{draft.department}/{draft.slug}")
    pending = versions.pending(session, known.id) if known else None
    newest = known and (pending or versions.fetch(session, known.id, known.version))
    return {
        "findings": [finding.as_dict() for finding in found],
        "warnings": warnings(session, draft),
        "missing": [finding.as_dict() for finding in publication.missing(session, draft, datetime.now(UTC))],
        "revision": known and known.revision,
        "stage": pending and pending.stage,
        "changes": newest and differences.between(newest.document, draft.model_dump(mode="json")),
    }


@router.put("/datasets/{department}/{slug}")
def revise_dataset(
    department: str, slug: str, draft: DatasetDraft, revision: Revision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Propose a new version; what is published stays in force until it passes its reviews.

    Needs the department's `steward:` and If-Match; a lost update is refused with what was changed meanwhile.
    """
    who.require_steward(department)
    id = f"{department}/{slug}"
    row = datasets.revise(work.session, id, draft, revision, work.by, work.now, key=work.key)
    if row.revision != revision:
        work.record("dataset.revised", row.id, revision=row.revision)
    return {**whole(work.session, row, who, response), "warnings": warnings(work.session, draft)}


def wanted(
    who: Reader,
    department: str | None = None,
    state: DatasetState | None = None,
    stage: Annotated[Stage | None, Query(description="of a version, for its stewards and operators")] = None,
    category: Annotated[str | None, Query(pattern="^[0-9]{1,18}$", description="and what is below it")] = None,
    theme: Annotated[str | None, Query(max_length=200)] = None,
    update_cycle: UpdateCycle | None = None,
    sharing_class: SharingClass | None = None,
    updated_since: Moment | None = None,
) -> datasets.Wanted:
    return datasets.Wanted(
        inside(who), department, state, stage, category, theme, update_cycle, sharing_class, updated_since
    )


@router.get("/datasets")
def list_datasets(
    who: Reader,
    session: Read,
    narrowed: Annotated[datasets.Wanted, Depends(wanted)],
    sort: datasets.Order = datasets.Order.ID,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Datasets: those that are published, and to stewards and operators their own others, with whose turn it is."""
    rows, following = datasets.page(session, wanted=narrowed, order=sort, limit=limit, cursor=cursor)
    pending = versions.pending_of(session, (row.id for row in rows if sees(who, row.department)))
    shown = [shapes.dataset(row, inside=sees(who, row.department), pending=pending.get(row.id)) for row in rows]
    return listing((shown, following))


@router.get("/datasets/{department}/{slug}")
def read_dataset(department: str, slug: str, who: Reader, session: Read, response: Response) -> dict[str, Any]:
    """One dataset with its items; to its stewards and operators also what is proposed and whose turn it is."""
    return whole(session, visible(session, f"{department}/{slug}", who), who, response)


def warnings(session: Session, draft: DatasetDraft) -> list[dict[str, Any]]:
    """What keeps nobody from registering: another source of an element, links to nothing, a standard that may end."""
    found = [
        *sources.warnings(session, draft),
        *lineage.dangling(session, draft),
        *drafts.deprecated(session, draft),
    ]
    return [finding.as_dict() for finding in found]


def visible(session: Session, id: str, who: Caller | None) -> Dataset:
    """The dataset if this reader may see it. Raises UnknownDataset: what is hidden looks as if it were not there."""
    row = datasets.fetch(session, id)
    if row.state != DatasetState.PUBLISHED and not sees(who, row.department):
        raise datasets.UnknownDataset(id)
    return row


def whole(session: Session, row: Dataset, who: Caller | None, response: Response) -> dict[str, Any]:
    """The dataset with its items, as this reader sees it, and its ETag."""
    tag(response, row.revision)
    seen = sees(who, row.department)
    pending = versions.pending(session, row.id) if seen else None
    return shapes.dataset(row, datasets.items(session, row.id), inside=seen, pending=pending)
