"""The harvest: operators register catalogs elsewhere; what was taken from them, run by run, is there to be read."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from catalog.harvest import runs, sources
from catalog.harvest.models import HarvestRecord, HarvestRun, HarvestSource, RecordState, SourceDraft
from exchange.api.depends import Cursor, Limit, Read, Revision, Who, Work, listing, tag
from exchange.identity.callers import Caller
from standards.models import Draft

router = APIRouter(prefix="/harvest", tags=["harvest"])

RunId = Annotated[int, Path(ge=1, lt=2**31)]


class RunRequest(Draft):
    """`accept_deletions` believes a source from which most records are gone."""

    accept_deletions: bool = Field(default=False)


@router.post("/sources", status_code=201)
def register_harvest_source(draft: SourceDraft, who: Who, work: Work, response: Response) -> dict[str, Any]:
    """Register a CKAN site or a DCAT catalog to harvest from. Needs `operator`."""
    who.require_operator()
    row = sources.register(work.session, draft, work.by, work.now)
    work.record("harvest-source.registered", row.id, address=row.address)
    return _source(row, response)


@router.get("/sources")
def list_harvest_sources(who: Who, session: Read, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """Sources of the harvest by id. Needs `operator`."""
    who.require_operator()
    rows, following = sources.page(session, limit=limit, cursor=cursor)
    return listing(([row.model_dump(mode="json") for row in rows], following))


@router.get("/sources/{source}")
def read_harvest_source(source: str, who: Who, session: Read, response: Response) -> dict[str, Any]:
    """One source. Needs `operator`, or the `steward:` of its department."""
    return _source(_seen(sources.fetch(session, source), who), response)


@router.put("/sources/{source}")
def revise_harvest_source(
    source: str, draft: SourceDraft, revision: Revision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Change a source's title, address, schedule, or switch it off. Needs `operator` and If-Match."""
    who.require_operator()
    row = sources.revise(work.session, source, draft, revision, work.by, work.now)
    work.record("harvest-source.revised", row.id, revision=row.revision)
    return _source(row, response)


@router.post("/sources/{source}/run", status_code=202)
def run_harvest(source: str, who: Who, work: Work, asked: RunRequest | None = None) -> dict[str, Any]:
    """Harvest a source now. Needs `operator`, or the `steward:` of its department."""
    _seen(sources.fetch(work.session, source), who)
    accept = asked is not None and asked.accept_deletions
    run = runs.ask(work.session, source, work.by, work.now, accept_deletions=accept)
    work.record("harvest-run.asked", f"{source}:{run.id}", accept_deletions=accept)
    return _run(run)


@router.get("/sources/{source}/records")
def list_harvest_records(
    source: str,
    who: Who,
    session: Read,
    state: Annotated[RecordState | None, Query(description="deleted: tombstones")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """What came from a source, and as which datasets. Needs `operator`, or the `steward:` of its department."""
    row = _seen(sources.fetch(session, source), who)
    rows, following = sources.records(session, row.id, state=state, limit=limit, cursor=cursor)
    return listing(([_record(record) for record in rows], following))


@router.get("/runs")
def list_harvest_runs(
    who: Who,
    session: Read,
    source: Annotated[str | None, Query(max_length=48, description="of one source")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Runs of the harvest, the newest first. Needs `operator`, or the `steward:` of the named source's department."""
    if source is None:
        who.require_operator()
    else:
        _seen(sources.fetch(session, source), who)
    rows, following = runs.page(session, source, limit=limit, cursor=cursor)
    return listing(([_run(row) for row in rows], following))


@router.get("/runs/{run}")
def read_harvest_run(run: RunId, who: Who, session: Read) -> dict[str, Any]:
    """How far a run is. Needs `operator`, or the `steward:` of its source's department."""
    return _run(_seen_run(session, run, who))


@router.get("/runs/{run}/faults")
def list_harvest_faults(
    run: RunId, who: Who, session: Read, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """What was wrong with single records, or left out of them. Needs as the run itself."""
    row = _seen_run(session, run, who)
    rows, following = runs.faults(session, row.id or 0, limit=limit, cursor=cursor)
    return listing(([fault.model_dump(exclude={"id", "run_id"}, mode="json") for fault in rows], following))


@router.post("/runs/{run}/stop")
def stop_harvest_run(run: RunId, who: Who, work: Work) -> dict[str, Any]:
    """End a run before its time; what it took so far stays. Needs `operator`."""
    who.require_operator()
    row = runs.stop(work.session, run, work.now)
    work.record("harvest-run.stopped", f"{row.source_id}:{row.id}")
    return _run(row)


def _seen(row: HarvestSource, who: Caller) -> HarvestSource:
    who.require_steward_or_operator(row.department)
    return row


def _seen_run(session: Read, id: int, who: Caller) -> HarvestRun:
    run = runs.fetch(session, id)
    _seen(sources.fetch(session, run.source_id), who)
    return run


def _source(row: HarvestSource, response: Response) -> dict[str, Any]:
    tag(response, row.revision)
    return row.model_dump(mode="json")


def _run(row: HarvestRun) -> dict[str, Any]:
    return row.model_dump(exclude={"holder", "leased_until"}, mode="json")


def _record(row: HarvestRecord) -> dict[str, Any]:
    return row.model_dump(exclude={"id", "source_id", "digest", "said"}, mode="json")
