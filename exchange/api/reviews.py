"""The life of a registration: submitted, approved, returned, withdrawn; its versions, and whose turn it is."""

from collections.abc import Collection
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from catalog import datasets, differences, reviews, versions
from catalog.models import Dataset, DatasetVersion, Review, Stage
from exchange.api import shapes
from exchange.api.datasets import visible, whole
from exchange.api.depends import Cursor, KnownRevision, Limit, Read, Reader, Revision, Who, Work, inside, listing, sees
from exchange.identity import clients
from exchange.identity.callers import OPERATOR, Caller, NotPermitted
from policies import publication
from standards.columns import LanguageMap
from standards.models import Draft

router = APIRouter(tags=["datasets"])

SAME_HAND = (
    "You and whoever proposed this version count as one hand: one of you registered the other or gave it a key, or "
    "both hold the same key. Ask another operator to review it."
)


class Submission(Draft):
    """What is asked for; without it, the next review. A draft submitted for publication passes both at once."""

    review: Review | None = None


class Reason(Draft):
    """Why, in one language or both; no data about persons."""

    reason: LanguageMap


@router.post("/datasets/{department}/{slug}/submit")
def submit_dataset(
    department: str,
    slug: str,
    revision: Revision,
    who: Who,
    work: Work,
    response: Response,
    submission: Submission | None = None,
) -> dict[str, Any]:
    """Hand the proposed version that was read (If-Match) to the operators; what is missing is said at once.

    Needs the department's `steward:`.
    """
    who.require_steward(department)
    id, asked = f"{department}/{slug}", submission.review if submission else None
    review = publication.submit(
        work.session, id, work.by, work.now, review=asked, key=work.key, expected_revision=revision
    )
    work.record("dataset.submitted", id, review=review)
    return whole(work.session, datasets.fetch(work.session, id), who, response)


@router.post("/datasets/{department}/{slug}/approve")
def approve_dataset(
    department: str, slug: str, revision: Revision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Approve what was submitted and read (If-Match). Needs `operator`, in another hand than its authors'.

    `approved` names the reviews that are passed by it; after publication the version is in force.
    """
    who.require_operator()
    id = f"{department}/{slug}"
    _require_another_hand(who, work.session, id)
    passed = publication.approve(work.session, id, work.by, work.now, key=work.key, expected_revision=revision)
    row = datasets.fetch(work.session, id)
    if Review.REGISTRATION in passed:
        work.record("dataset.approved", id, review=Review.REGISTRATION, resource_code=row.resource_code)
    if Review.PUBLICATION in passed:
        work.record("dataset.published", id, version=row.version, revision=row.revision)
    return {**whole(work.session, row, who, response), "approved": list(passed)}


@router.post("/datasets/{department}/{slug}/return")
def return_dataset(
    department: str, slug: str, why: Reason, revision: Revision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Give what was submitted and read (If-Match) back to its steward, with the reason. Needs `operator`."""
    who.require_operator()
    id = f"{department}/{slug}"
    review = publication.send_back(work.session, id, _said(why), work.by, work.now, expected_revision=revision)
    work.record("dataset.returned", id, review=review)
    return whole(work.session, datasets.fetch(work.session, id), who, response)


@router.post("/datasets/{department}/{slug}/discard")
def discard_dataset(
    department: str, slug: str, revision: KnownRevision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Give the version up that is proposed beside the published one. Needs the department's `steward:`."""
    who.require_steward(department)
    row = datasets.discard(work.session, f"{department}/{slug}", work.by, work.now, expected_revision=revision)
    work.record("dataset.discarded", row.id, revision=row.revision)
    return whole(work.session, row, who, response)


@router.post("/datasets/{department}/{slug}/withdraw")
def withdraw_dataset(
    department: str, slug: str, why: Reason, revision: KnownRevision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Take a dataset out of the exchange; whoever has agreements on it is told why. Needs the `steward:`.

    `told` names the departments that were told.
    """
    who.require_steward(department)
    id = f"{department}/{slug}"
    row, users = publication.withdraw(work.session, id, _said(why), work.by, work.now, expected_revision=revision)
    work.record("dataset.withdrawn", id, revision=row.revision)
    return {**whole(work.session, row, who, response), "told": list(users)}


@router.get("/reviews")
def list_reviews(
    who: Who,
    session: Read,
    turn: Annotated[Literal["steward", "operator"] | None, Query(description="whose turn it is")] = None,
    department: str | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Proposed versions and whose turn it is: to operators all, to stewards those of their departments."""
    seen = inside(who)
    if seen is not None and not seen:
        raise NotPermitted(OPERATOR, "This needs the scope of a department's steward or operator.")
    departments: Collection[str] | None = seen
    if department is not None:
        departments = {department} if seen is None else {department} & set(seen)
    stages: tuple[Stage, ...] = reviews.TURNS[turn] if turn else versions.PENDING
    rows, following = versions.waiting(session, stages, departments, limit=limit, cursor=cursor)
    return listing(([shapes.version(row, inside=True) for row in rows], following))


@router.get("/datasets/{department}/{slug}/versions")
def list_versions(
    department: str, slug: str, who: Reader, session: Read, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """All versions, newest first; outside of the department and its operators those that were published."""
    row = visible(session, f"{department}/{slug}", who)
    seen = sees(who, row.department)
    rows, following = versions.page(session, row.id, published=not seen, limit=limit, cursor=cursor)
    return listing(([shapes.version(each, inside=seen) for each in rows], following))


@router.get("/datasets/{department}/{slug}/versions/{number}")
def read_version(department: str, slug: str, number: int, who: Reader, session: Read) -> dict[str, Any]:
    """One version with its document."""
    row = visible(session, f"{department}/{slug}", who)
    found = _version(session, row, number, who)
    return {**shapes.version(found, inside=sees(who, row.department)), "document": found.document}


@router.get("/datasets/{department}/{slug}/versions/{number}/diff")
def compare_versions(
    department: str,
    slug: str,
    number: int,
    who: Reader,
    session: Read,
    with_: Annotated[int | None, Query(alias="with", description="the older one; default: the one in force")] = None,
) -> dict[str, Any]:
    """What this version changes, as `{pointer, old, new}`."""
    row = visible(session, f"{department}/{slug}", who)
    newer = _version(session, row, number, who)
    older = _version(session, row, row.version if with_ is None else with_, who)
    return {
        "dataset": row.id,
        "old": older.number,
        "new": newer.number,
        "changes": differences.between(older.document, newer.document),
    }


def _version(session: Session, row: Dataset, number: int, who: Caller | None) -> DatasetVersion:
    if not 0 < number < 2**31:
        raise versions.UnknownVersion(row.id, number)
    found = versions.fetch(session, row.id, number)
    if found.published_at is None and not sees(who, row.department):
        raise versions.UnknownVersion(row.id, number)
    return found


def _said(why: Reason) -> dict[str, str]:
    return {str(language): text for language, text in why.reason.items()}


def _require_another_hand(who: Caller, session: Session, id: str) -> None:
    """Nobody whom an author of the version could act as. Raises NotPermitted."""
    version = versions.pending(session, id)
    authors = {author["by"] for author in versions.authors(version)} - {who.client_id} if version else ()
    if any(clients.same_hand(session, who.client_id, author) for author in authors):
        raise NotPermitted(OPERATOR, SAME_HAND)
