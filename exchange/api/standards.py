"""Data elements, code lists, standards and crosswalks: proposed here, governed as `exchange.api.governance` says."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from exchange.api import governance
from exchange.api.depends import Read, Reader, Revision, Who, Work
from exchange.api.governance import Governs, NewestWhenAbsent, Slug, Version
from exchange.identity.callers import Caller
from exchange.unit_of_work import UnitOfWork
from standards import codelists, crosswalks, elements, lives, schemas
from standards.models import CodeListDraft, CrosswalkDraft, ElementDraft, Proposal, StandardDraft

router = APIRouter(tags=["standards"])

ELEMENTS = Governs(elements.KIND, "/elements", {"zh": "数据元", "en": "Data element"})
CODE_LISTS = Governs(codelists.KIND, "/code-lists", {"zh": "代码集", "en": "Code list"})
STANDARDS = Governs(schemas.KIND, "/standards", {"zh": "数据标准", "en": "Standard"})
CROSSWALKS = Governs(crosswalks.KIND, "/crosswalks", {"zh": "代码对照", "en": "Crosswalk"})
ALL = (ELEMENTS, CODE_LISTS, STANDARDS, CROSSWALKS)


@router.post("/elements", status_code=201)
def propose_element(draft: ElementDraft, who: Who, session: Read, work: Work, response: Response) -> dict[str, Any]:
    """Draft a data element. Needs the `steward:` of the department it names, or `operator`."""
    return _propose(ELEMENTS, draft, who, session, work, response)


@router.put("/elements/{slug}/{version}")
def revise_element(
    slug: Slug,
    version: Version,
    draft: ElementDraft,
    revision: Revision,
    who: Who,
    session: Read,
    work: Work,
    response: Response,
) -> dict[str, Any]:
    """Replace the draft of a data element. Needs If-Match, and its department's `steward:` or `operator`."""
    return _revise(ELEMENTS, slug, version, draft, revision, who, session, work, response)


@router.post("/code-lists", status_code=201)
def propose_code_list(draft: CodeListDraft, who: Who, session: Read, work: Work, response: Response) -> dict[str, Any]:
    """Draft a code list. Needs the `steward:` of the department it names, or `operator`."""
    return _propose(CODE_LISTS, draft, who, session, work, response)


@router.put("/code-lists/{slug}/{version}")
def revise_code_list(
    slug: Slug,
    version: Version,
    draft: CodeListDraft,
    revision: Revision,
    who: Who,
    session: Read,
    work: Work,
    response: Response,
) -> dict[str, Any]:
    """Replace the draft of a code list. Needs If-Match, and its department's `steward:` or `operator`."""
    return _revise(CODE_LISTS, slug, version, draft, revision, who, session, work, response)


@router.get("/code-lists/{slug}/enum")
def read_enum(
    slug: Slug,
    who: Reader,
    session: Read,
    version: NewestWhenAbsent = None,
    day: Annotated[date | None, Query(description="only codes valid on this day")] = None,
) -> dict[str, Any]:
    """The codes as a JSON Schema enum: all of the version's, or those of one day."""
    row = governance.visible(session, CODE_LISTS, who, slug, version)
    return {"slug": slug, "version": row.version, "type": "string", "enum": codelists.enum(row, day)}


@router.post("/standards", status_code=201)
def propose_standard(draft: StandardDraft, who: Who, session: Read, work: Work, response: Response) -> dict[str, Any]:
    """Draft a standard. Needs the `steward:` of the department it names, or `operator`."""
    return _propose(STANDARDS, draft, who, session, work, response)


@router.put("/standards/{slug}/{version}")
def revise_standard(
    slug: Slug,
    version: Version,
    draft: StandardDraft,
    revision: Revision,
    who: Who,
    session: Read,
    work: Work,
    response: Response,
) -> dict[str, Any]:
    """Replace the draft of a standard. Needs If-Match, and its department's `steward:` or `operator`."""
    return _revise(STANDARDS, slug, version, draft, revision, who, session, work, response)


@router.post("/crosswalks", status_code=201)
def propose_crosswalk(draft: CrosswalkDraft, who: Who, session: Read, work: Work, response: Response) -> dict[str, Any]:
    """Draft a crosswalk between two code lists. Needs the `steward:` of the department it names, or `operator`."""
    return _propose(CROSSWALKS, draft, who, session, work, response)


@router.put("/crosswalks/{slug}/{version}")
def revise_crosswalk(
    slug: Slug,
    version: Version,
    draft: CrosswalkDraft,
    revision: Revision,
    who: Who,
    session: Read,
    work: Work,
    response: Response,
) -> dict[str, Any]:
    """Replace the draft of a crosswalk. Needs If-Match, and its department's `steward:` or `operator`."""
    return _revise(CROSSWALKS, slug, version, draft, revision, who, session, work, response)


@router.get("/crosswalks/{slug}/translate")
def translate_code(
    slug: Slug,
    who: Reader,
    session: Read,
    code: Annotated[str, Query(min_length=1, max_length=64, examples=["free"])],
    version: NewestWhenAbsent = None,
    inverse: Annotated[bool, Query(description="from the target list to the source")] = False,
) -> dict[str, Any]:
    """What a code becomes; `target` is null where only a person can say."""
    row = governance.visible(session, CROSSWALKS, who, slug, version)
    return {"code": code, "target": crosswalks.translate(row, code, inverse=inverse), "version": row.version}


for each in ALL:
    governance.govern(router, each)


def _propose(
    governs: Governs, draft: Proposal, who: Caller, session: Session, work: UnitOfWork, response: Response
) -> dict[str, Any]:
    """Judged in a session that only reads, before the one that writes begins: nobody waits for a heavy document."""
    governance.may_propose(who, draft.department)
    columns = governs.kind.columns(session, draft)
    row = lives.propose(work.session, governs.kind, draft, work.by, work.key, work.now, columns=columns)
    return governance.done(work, governs, "drafted", row, who, response)


def _revise(
    governs: Governs, slug: str, version: str, draft: Proposal, revision: int, who: Caller, session: Session,
    work: UnitOfWork, response: Response,
) -> dict[str, Any]:  # fmt: skip
    governance.may_revise(who, session, governs, slug, version)
    governance.may_propose(who, draft.department)
    columns = governs.kind.columns(session, draft)
    row = lives.revise(
        work.session, governs.kind, slug, version, draft, revision, work.by, work.key, work.now, columns=columns
    )
    return governance.done(work, governs, "revised", row, who, response)
