"""Quality of datasets: three numbers for everybody, and the floor below which its steward wants no calls."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from catalog import datasets
from catalog.quality import ranking, report, suspension
from catalog.quality.models import ConformanceFloor, FloorDraft
from exchange.api.datasets import visible, whole
from exchange.api.depends import (
    Cursor,
    Limit,
    Read,
    Reader,
    Revision,
    Who,
    Work,
    listing,
    sees,
    tag,
)

router = APIRouter(tags=["quality"])

Days = Annotated[int, Query(ge=1, le=90, description="how far back live traffic is looked at")]


@router.get("/datasets/{department}/{slug}/quality")
def read_quality(department: str, slug: str, who: Reader, session: Read, days: Days = 7) -> dict[str, Any]:
    """Metadata completeness, observed conformance and service level, each with what to mend; never a value."""
    dataset = visible(session, f"{department}/{slug}", who)
    inside = sees(who, department)
    found = report.report(session, dataset, datasets.items(session, dataset.id), datetime.now(UTC), days)
    return {**found, "floor": _floor(suspension.floor(session, dataset.id)) if inside else None}


@router.get("/quality")
def list_quality(
    session: Read, department: str | None = None, days: Days = 7, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """Published datasets that were called, those that surely conform least first."""
    now = datetime.now(UTC)
    return listing(ranking.worst(session, now, days, department=department, limit=limit, cursor=cursor))


@router.put("/datasets/{department}/{slug}/quality/floor")
def set_floor(
    department: str, slug: str, draft: FloorDraft, revision: Revision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Suspend calls automatically below this share of conforming replies. Needs the department's `steward:`.

    If-Match is the floor's revision, "0" where there is none yet.
    """
    who.require_steward(department)
    dataset = datasets.held(work.session, f"{department}/{slug}")
    floor = suspension.set_floor(work.session, dataset, draft, work.by, work.now, expected_revision=revision)
    work.record("floor.set", dataset.id, permille=floor.permille, replies=floor.replies)
    tag(response, floor.revision)
    return {"dataset": dataset.id, **_shown(floor)}


@router.delete("/datasets/{department}/{slug}/quality/floor", status_code=204)
def drop_floor(department: str, slug: str, revision: Revision, who: Who, work: Work) -> None:
    """No automatic suspension any more. Needs the floor's revision in If-Match, and the department's `steward:`."""
    who.require_steward(department)
    dataset = datasets.held(work.session, f"{department}/{slug}")
    suspension.drop_floor(work.session, dataset.id, expected_revision=revision)
    work.record("floor.dropped", f"{department}/{slug}")


@router.post("/datasets/{department}/{slug}/resume")
def resume_dataset(
    department: str, slug: str, revision: Revision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Let calls of a suspended dataset, as it was read (If-Match), through again. Needs the department's `steward:`."""
    who.require_steward(department)
    dataset = datasets.held(work.session, f"{department}/{slug}", revision)
    suspension.resume(work.session, dataset, work.by, work.now)
    work.record("dataset.resumed", dataset.id, revision=dataset.revision)
    return whole(work.session, dataset, who, response)


def _floor(floor: ConformanceFloor | None) -> dict[str, Any] | None:
    return None if floor is None else _shown(floor)


def _shown(floor: ConformanceFloor) -> dict[str, Any]:
    sample = {"since": floor.since.isoformat(), "conforming": floor.conforming, "failing": floor.failing}
    return {"share": floor.permille / 1000, "replies": floor.replies, "revision": floor.revision, "sample": sample}
