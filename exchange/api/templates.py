"""The national catalog sheet (政务信息资源目录) over HTTP: empty, filled in, and taken in again."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from catalog.template import csv, exporting, importing, sheet
from catalog.template.grids import WORKBOOK
from catalog.template.importing import Report
from exchange.api.depends import ThisNode, Who, sees
from exchange.api.slots import IMPORTS
from exchange.identity.callers import Caller, NotPermitted, steward_of
from exchange.node import Node
from standards.models import SLUG

router = APIRouter(tags=["catalog"])

Language = Annotated[Literal["zh", "en"], Query(description="of headings and of the values to choose from")]
Department = Annotated[str | None, Query(pattern=SLUG, max_length=48, description="its datasets only")]
Empty = Annotated[bool, Query(description="the headings only, to be filled in")]
Working = Annotated[
    bool, Query(description="also what is not published, as it was last proposed; for the department's people")
]
CSV = "text/csv; charset=utf-8"
FILES = {
    "requestBody": {
        "required": True,
        "content": {
            media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in (WORKBOOK, "text/csv")
        },
    }
}


@router.get("/catalog/template.xlsx", response_class=StreamingResponse)
def export_xlsx(
    who: Who,
    here: ThisNode,
    department: Department = None,
    language: Language = "zh",
    empty: Empty = False,
    working: Working = False,
) -> StreamingResponse:
    """The catalog as a workbook of the national sheet, streamed; the empty template with `empty`."""
    from catalog.template import xlsx  # 15 MB that only who sends or asks for a workbook pays

    rows = _rows(here, who, department, language, empty, working)
    return _file(xlsx.write(rows, language), WORKBOOK, "catalog.xlsx")


@router.get("/catalog/template.csv", response_class=StreamingResponse)
def export_csv(
    who: Who,
    here: ThisNode,
    department: Department = None,
    language: Language = "zh",
    empty: Empty = False,
    working: Working = False,
) -> StreamingResponse:
    """The catalog as CSV of the national sheet, streamed; the empty template with `empty`."""
    rows = _rows(here, who, department, language, empty, working)
    return _file(csv.write(_headed(rows, language)), CSV, "catalog.csv")


@router.post("/catalog/import", openapi_extra=FILES)
async def import_sheet(
    request: Request,
    who: Who,
    here: ThisNode,
    department: Annotated[str, Query(pattern=SLUG, max_length=48, description="whose datasets these are")],
    dry_run: Annotated[bool, Query(description="say what would come of it, and change nothing")] = False,
) -> dict[str, Any]:
    """Register and revise datasets from a sheet, all or none. Needs the department's `steward:`.

    The body is the file, .xlsx or CSV (UTF-8, GBK). Everything that is wrong is listed with its cell.
    """
    who.require_steward(department)
    content = await request.body()
    report = await run_in_threadpool(_import, here, who, department, content, dry_run)
    return {
        "dry_run": dry_run,
        "created": sorted(report.created),
        "changed": sorted(report.changed),
        "unchanged": sorted(report.unchanged),
        "warnings": report.warnings,
    }


def _import(here: Node, who: Caller, department: str, content: bytes, dry_run: bool) -> Report:
    with IMPORTS.one():
        grid = importing.read(content)
        layout, found = importing.understand(grid)
    with Session(here.reading) as session:  # what takes time, before the writing connection is taken
        prepared = importing.prepare(session, department, grid, layout, found)
    if dry_run:
        return importing.rehearse(prepared)
    with here.units.begin(who.client_id, datetime.now(UTC), who.key_id) as work:
        report = importing.apply(work.session, prepared, work.by, work.now, key=work.key)
        for id in report.created:
            work.record("dataset.registered", id)
        for id, revision in report.changed.items():
            work.record("dataset.revised", id, revision=revision)
    return report


def _rows(
    here: Node, who: Caller, department: str | None, language: str, empty: bool, working: bool
) -> Iterator[list[str | int]]:
    """Raises NotPermitted before anything is sent."""
    if working and not (who.is_operator or (department is not None and sees(who, department))):
        raise NotPermitted(steward_of(department or "<department>"))
    return iter(()) if empty else _read(here, language, department, working)


def _read(here: Node, language: str, department: str | None, working: bool) -> Iterator[list[str | int]]:
    after: str | None = ""
    while after is not None:
        with Session(here.reading) as session:
            rows, after = exporting.page(session, language, after=after, department=department, working=working)
        yield from rows


def _headed(rows: Iterator[list[str | int]], language: str) -> Iterator[list[str | int]]:
    yield [*sheet.headings(language)]
    yield from rows


def _file(pieces: Iterator[bytes], media_type: str, name: str) -> StreamingResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(pieces, media_type=media_type, headers=headers)
