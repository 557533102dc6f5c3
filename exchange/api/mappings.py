"""Mapping documents: a department's steward publishes; whose they are and what they make, everybody reads.

The document itself names the columns of a department's own system: its stewards and operators see it.
"""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from exchange.api import shapes
from exchange.api.depends import Cursor, Limit, Owner, Read, Reader, Slug, Versions, Who, Words, Work, listing
from exchange.identity.callers import OPERATOR, STEWARD_OF, Caller, NotPermitted
from standards import mappings, versions
from standards.mapping.document import schema
from standards.mapping.models import MappingDraft, PublishedMapping
from standards.mapping.rules import Counts
from standards.mapping.simulation import simulate
from standards.models import Draft

router = APIRouter(tags=["standards"])
MOST_TRIED = 100


class MappingTrial(Draft):
    """A document, published or not, and records to try it on; nothing of it is kept."""

    document: dict[str, Any]
    records: list[Any] = Field(min_length=1, max_length=MOST_TRIED)


class Tried(BaseModel):
    """What became of one record: null where it could not be mapped."""

    record: Any
    failures: list[dict[str, str]]


class MappingReport(BaseModel):
    """`mapped` counts the records that came out as records of the standard."""

    standard: str
    mapped: int
    failed: int
    unmapped: dict[str, int] = Field(description="codes that no table has, by target")
    records: list[Tried]


@router.post("/mappings", status_code=201)
def publish_mapping(draft: MappingDraft, who: Who, session: Read, work: Work) -> dict[str, Any]:
    """Publish a mapping; its examples must pass. Needs the department's `steward:` or `operator`."""
    who.require_steward_or_operator(draft.department)
    judged = mappings.judge(session, draft)  # may take a second: before anything is locked
    row = mappings.publish(work.session, draft, work.by, work.now, judged)
    work.record("mapping.published", f"{row.slug}:{row.version}")
    return shapes.mapping(row, inside=True)


@router.post("/mappings/try")
def try_mapping(trial: MappingTrial, who: Who, session: Read) -> MappingReport:
    """Map some records as the broker would and hold them against the standard; nothing is kept. Needs a `steward:`
    or `operator`.
    """
    if not (who.is_operator or any(scope.startswith(STEWARD_OF) for scope in who.scopes)):
        raise NotPermitted(STEWARD_OF, f"This needs the scope of any steward, or {OPERATOR}.")
    mapping, standard = mappings.ready(session, trial.document)
    counts = Counts()
    outcomes = [simulate(mapping, standard, record, counts) for record in trial.records]
    failed = sum(bool(outcome.failures) for outcome in outcomes)
    return MappingReport(
        standard=":".join(mapping.standard),
        mapped=len(outcomes) - failed,
        failed=failed,
        unmapped=counts.unmapped,
        records=[Tried(record=each.record, failures=[one.as_dict() for one in each.failures]) for each in outcomes],
    )


@router.get("/mappings")
def list_mappings(
    session: Read,
    q: Words = None,
    slug: Slug = None,
    department: Owner = None,
    sort: Versions = "id",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Mappings, without their documents."""
    rows, following = versions.page(
        session, PublishedMapping, limit, cursor, slug=slug, words=q, department=department,
        by_slug=sort.endswith("slug"), descending=sort.startswith("-"),
    )  # fmt: skip
    return listing(([shapes.brief(row) for row in rows], following))


@router.get("/mappings/schema")
def read_mapping_schema() -> dict[str, Any]:
    """The JSON Schema of mapping documents."""
    return schema()


@router.get("/mappings/{slug}")
def read_mapping(slug: str, who: Reader, session: Read, version: str | None = None) -> dict[str, Any]:
    """One mapping; the department's steward and operators see its document."""
    row = mappings.fetch(session, slug, version)
    return shapes.mapping(row, inside=_inside(who, row))


def _inside(who: Caller | None, row: PublishedMapping) -> bool:
    return who is not None and (who.is_operator or who.is_steward(row.department))
