"""The life of a registration: submitted, approved, returned, withdrawn; its versions, and whose turn it is."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from pydantic import Field
from sqlmodel import Session

from catalog import datasets, differences, reviews, versions
from catalog.models import Dataset, DatasetVersion, Review, Stage
from catalog.registration import InvalidRegistration
from exchange.api import shapes
from exchange.api.datasets import visible, whole
from exchange.api.depends import (
    Cursor,
    KnownRevision,
    Limit,
    Read,
    Reader,
    Revision,
    ThisNode,
    Who,
    Work,
    inside,
    listing,
    sees,
)
from exchange.identity import hands
from exchange.identity.callers import OPERATOR, Caller, NotPermitted
from policies import discards, publication, withdrawals
from standards.columns import LanguageMap
from standards.models import Draft
from standards.validation import Finding

router = APIRouter(tags=["datasets"])


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
    """Give the version up that is proposed beside the published one. Needs the department's `steward:`.

    A registration that was never published is given up as a whole, with its services and what was drafted on them:
    `state` is then `discarded`, and the slug may be registered anew.
    """
    who.require_steward(department)
    made = discards.discard(work.session, f"{department}/{slug}", work.by, work.now, expected_revision=revision)
    if isinstance(made, discards.GivenUp):
        gone = {"services": len(made.services), "agreements": len(made.agreements)}
        work.record("dataset.discarded", made.id, revision=made.revision, resource_code=made.resource_code, **gone)
        return {**asdict(made), "state": Stage.DISCARDED}
    work.record("dataset.discarded", made.id, revision=made.revision)
    return whole(work.session, made, who, response)


class Withdrawal(Reason):
    """Why a dataset ends, and from when on it is not served; without a day it ends at once."""

    on: date | None = Field(default=None, description="the first day without it, in the exchange's time zone")


@router.post("/datasets/{department}/{slug}/withdraw")
def withdraw_dataset(
    department: str,
    slug: str,
    why: Withdrawal,
    revision: KnownRevision,
    who: Who,
    work: Work,
    here: ThisNode,
    response: Response,
) -> dict[str, Any]:
    """Take a dataset out of the exchange, now or on a day to come. Needs the department's `steward:`.

    Whoever has agreements on it is told at once: `told` names the departments. Until the day comes calls go on, the
    catalog shows `withdraws_at` and `withdrawal_reason`, and the announcement can be replaced or called off.
    """
    who.require_steward(department)
    id, said = f"{department}/{slug}", _said(why)
    if why.on is None:
        row, users = withdrawals.withdraw(work.session, id, said, work.by, work.now, expected_revision=revision)
        work.record("dataset.withdrawn", id, revision=row.revision)
    else:
        at = _beginning(why.on, here.zone)
        row, users = withdrawals.announce(work.session, id, said, at, work.by, work.now, expected_revision=revision)
        work.record("dataset.withdrawal-announced", id, revision=row.revision, at=at.isoformat())
    return {**whole(work.session, row, who, response), "told": list(users)}


@router.delete("/datasets/{department}/{slug}/withdrawal")
def cancel_withdrawal(
    department: str, slug: str, revision: KnownRevision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Call an announced withdrawal off; whoever was told of it is told. Needs the department's `steward:`."""
    who.require_steward(department)
    id = f"{department}/{slug}"
    row, users = withdrawals.cancel(work.session, id, work.by, work.now, expected_revision=revision)
    work.record("dataset.withdrawal-cancelled", id, revision=row.revision)
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


def _beginning(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of the day; one that no time zone can hold in UTC is in the past or never comes."""
    try:
        return datetime.combine(day, time.min, zone).astimezone(UTC)
    except OverflowError:
        raise InvalidRegistration([Finding("/on", "future", "a day within the years 1970 to 9998")]) from None


def _said(why: Reason) -> dict[str, str]:
    return {str(language): text for language, text in why.reason.items()}


def _require_another_hand(who: Caller, session: Session, id: str) -> None:
    """Raises hands.SameHand."""
    version = versions.pending(session, id)
    authors = reviews.authors(session, version) if version else ()
    hands.require_another(session, who, authors, "Ask another operator to review it.")
