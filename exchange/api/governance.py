"""The life of standards over HTTP: the same steps for data elements, code lists, standards and crosswalks.

A department's steward (for their department) or an operator drafts, revises, submits and discards; another operator
approves or returns; operators deprecate and retire. Drafts are seen by operators and the department that proposes them.
Every step names in If-Match the revision that was read, so that nobody decides on content that they have not seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field
from sqlmodel import Session

from catalog import notices
from exchange.api import shapes
from exchange.api.depends import Cursor, Limit, Read, Reader, Revision, Who, Work, listing, tag
from exchange.identity import hands
from exchange.identity.callers import OPERATOR, STEWARD_OF, Caller, NotPermitted
from exchange.unit_of_work import UnitOfWork
from policies import retirement, usage
from standards import diffs, lives, versions
from standards.lives import Kind
from standards.models import Deprecation, Draft, Governed, Life

Slug = Annotated[str, Path(max_length=64, examples=["person"])]
Version = Annotated[str, Path(max_length=32, examples=["1.0.0"])]
NewestWhenAbsent = Annotated[str | None, Query(max_length=32, description="the latest in force when absent")]

_HIDDEN = (Life.DRAFT, Life.REVIEW)
_SEEN = tuple(sorted(versions.IN_FORCE))


@dataclass(frozen=True)
class Governs:
    """One kind and how the API speaks of it: its path, and its name in both languages."""

    kind: Kind[Any, Any]
    path: str
    title: Mapping[str, str]


class Return(Draft):
    """Why a proposal is not published; its author reads this."""

    reason: str = Field(min_length=1, max_length=2000, examples=["Give the definition in Chinese too."])


class Notice(Deprecation):
    """A deprecation. `acknowledged_users` is the number of users that the list of them showed."""

    acknowledged_users: int | None = Field(default=None, ge=0, examples=[0])


def departments_of(who: Caller | None) -> list[str] | None:
    """The departments whose drafts the caller sees; None for operators, who see all."""
    if who is None:
        return []
    scopes = sorted(who.scopes)
    return None if who.is_operator else [s.removeprefix(STEWARD_OF) for s in scopes if s.startswith(STEWARD_OF)]


def sees(who: Caller | None, row: Governed) -> bool:
    """Whether the caller may know of the row."""
    return row.state not in _HIDDEN or _inside(who, row)


def may_propose(who: Caller, department: str | None) -> None:
    """The steward of the department that is named, or an operator. Raises NotPermitted."""
    if department is None:
        if not who.is_operator:
            raise NotPermitted(OPERATOR, "Name your department in the proposal, or ask an operator to make it.")
    else:
        who.require_steward_or_operator(department)


def may_revise(who: Caller, session: Session, governs: Governs, slug: str, version: str) -> Governed:
    """The proposal, for its side. Others are not even told whether it is there. Raises NotPermitted, LookupError."""
    row = versions.find(session, governs.kind.table, slug, version, frozenset(Life))
    if not who.is_operator and (row is None or not _inside(who, row)):
        raise NotPermitted(OPERATOR, "This needs an operator, or a steward of the department that proposed it.")
    if row is None:
        raise governs.kind.unknown(slug, version)
    return row  # type: ignore[no-any-return]


def shown(session: Session, governs: Governs, row: Any, who: Caller | None, response: Response) -> dict[str, Any]:
    """One version with its ETag, and warnings about what it refers to."""
    tag(response, row.revision)
    warnings = [found.as_dict() for found in lives.warnings(session, governs.kind, row)]
    return {**shapes.governed(row, inside=_inside(who, row)), "warnings": warnings}


def done(work: UnitOfWork, governs: Governs, act: str, row: Any, who: Caller, response: Response) -> dict[str, Any]:
    """Record the act, and show what became of the row."""
    work.record(f"{governs.kind.name}.{act}", f"{row.slug}:{row.version}", revision=row.revision)
    return shown(work.session, governs, row, who, response)


def tell(work: UnitOfWork, governs: Governs, to: str | None, act: str, row: Any, zh: str, en: str) -> None:
    """A notice to a department or the operators, if there is anybody to tell."""
    if to is None:
        return
    subject = f"{row.slug} {row.version}"
    text = {"zh": f"{governs.title['zh']} {subject} {zh}", "en": f"{governs.title['en']} {subject} {en}"}
    notices.tell(work.session, to, f"{governs.kind.name}.{act}", f"{row.slug}:{row.version}", text, work.now)


def govern(router: APIRouter, governs: Governs) -> None:
    """Every route of the kind but those with a body of its own: proposing and revising."""
    _reading(router, governs)
    _comparing(router, governs)
    _proposing(router, governs)
    _reviewing(router, governs)
    _ending(router, governs)


def _reading(router: APIRouter, governs: Governs) -> None:
    kind = governs.kind
    title = governs.title["en"].lower()

    @router.get(governs.path, description=f"Every {title} in force, or in the states asked for, without its content.")
    def list_versions(
        who: Reader,
        session: Read,
        state: Annotated[list[Life] | None, Query(description="published and deprecated when absent")] = None,
        q: Annotated[str | None, Query(max_length=100, description="words of the slug or the name")] = None,
        slug: Annotated[str | None, Query(max_length=64)] = None,
        sort: Literal["id", "-id", "slug", "-slug"] = "id",
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> dict[str, Any]:
        rows, following = versions.page(
            session, kind.table, limit, cursor, states=state or _SEEN, slug=slug, words=q,
            departments=departments_of(who), by_slug=sort.endswith("slug"), descending=sort.startswith("-"),
        )  # fmt: skip
        return listing(([shapes.brief(row) for row in rows], following))

    @router.get(f"{governs.path}/{{slug}}", description=f"One {title}: its newest version, unless one is named.")
    def read_version(
        slug: Slug, who: Reader, session: Read, response: Response, version: NewestWhenAbsent = None
    ) -> dict[str, Any]:
        row = visible(session, governs, who, slug, version)
        return shown(session, governs, row, who, response)

    @router.get(f"{governs.path}/{{slug}}/versions", description="All its versions, in the order in which they came.")
    def list_all_versions(
        slug: Slug, who: Reader, session: Read, limit: Limit = 50, cursor: Cursor = None
    ) -> dict[str, Any]:
        rows, following = versions.page(
            session, kind.table, limit, cursor, states=tuple(Life), slug=slug, departments=departments_of(who)
        )
        if not rows and cursor is None:
            raise kind.unknown(slug, None)
        return listing(([shapes.brief(row) for row in rows], following))


def _comparing(router: APIRouter, governs: Governs) -> None:
    kind = governs.kind

    @router.get(f"{governs.path}/{{slug}}/diff", description="What changed between two versions, place by place.")
    def compare_versions(
        slug: Slug,
        who: Reader,
        session: Read,
        old: Annotated[str, Query(max_length=32, examples=["1.0.0"])],
        new: Annotated[str, Query(max_length=32, examples=["1.1.0"])],
    ) -> dict[str, Any]:
        was, now = (visible(session, governs, who, slug, version) for version in (old, new))
        found = diffs.between(lives.content(kind, was), lives.content(kind, now), diffs.MOST + 1)
        return {
            "slug": slug,
            "old": old,
            "new": new,
            "changes": [change.as_dict() for change in found[: diffs.MOST]],
            "complete": len(found) <= diffs.MOST,
            "compatibility": kind.compare(was, now),
        }

    @router.get(
        f"{governs.path}/{{slug}}/{{version}}/users",
        description="Who uses this version, down to the agreements that rest on it. Needs `operator` or `auditor`.",
    )
    def list_users(
        slug: Slug, version: Version, who: Who, session: Read, limit: Limit = 50, cursor: Cursor = None
    ) -> dict[str, Any]:
        if not (who.is_operator or who.is_auditor):
            raise NotPermitted(OPERATOR)
        found = usage.of(session, lives.fetch(session, kind, slug, version, frozenset(Life)))
        users, following = found.page(limit, cursor)
        shown = [user.as_dict() for user in users]
        return {"counts": found.counts, "total": len(found.users), **listing((shown, following))}


def _proposing(router: APIRouter, governs: Governs) -> None:
    kind = governs.kind

    @router.post(f"{governs.path}/{{slug}}/{{version}}/submit", description="Ask for the review of a draft.")
    def submit(
        slug: Slug, version: Version, revision: Revision, who: Who, session: Read, work: Work, response: Response
    ) -> dict[str, Any]:
        may_revise(who, session, governs, slug, version)
        lives.judge(session, kind, slug, version)
        row = lives.submit(
            work.session, kind, slug, version, work.by, work.key, work.now, expected_revision=revision
        )  # fmt: skip
        tell(work, governs, notices.OPERATOR, "submitted", row, "已提交，等待审核。", "was submitted for review.")
        return done(work, governs, "submitted", row, who, response)

    @router.delete(
        f"{governs.path}/{{slug}}/{{version}}", status_code=204, description="Give up what was never published."
    )
    def discard(slug: Slug, version: Version, revision: Revision, who: Who, work: Work) -> None:
        may_revise(who, work.session, governs, slug, version)
        lives.discard(work.session, kind, slug, version, expected_revision=revision)
        work.record(f"{kind.name}.discarded", f"{slug}:{version}")


def _reviewing(router: APIRouter, governs: Governs) -> None:
    kind = governs.kind

    @router.post(
        f"{governs.path}/{{slug}}/{{version}}/approve",
        description="Publish what somebody else submitted. Needs `operator`, in another hand than the author's.",
    )
    def approve(
        slug: Slug, version: Version, revision: Revision, who: Who, session: Read, work: Work, response: Response
    ) -> dict[str, Any]:
        who.require_operator()
        lives.judge(session, kind, slug, version)
        authors = lives.authors(lives.fetch(work.session, kind, slug, version, frozenset(Life)))
        hands.require_another(work.session, who, authors, "Ask another operator to approve it.")
        row = lives.approve(
            work.session, kind, slug, version, work.by, work.key, work.now, expected_revision=revision
        )  # fmt: skip
        tell(work, governs, row.department, "published", row, "已发布。", "is published.")
        return done(work, governs, "published", row, who, response)

    @router.post(
        f"{governs.path}/{{slug}}/{{version}}/return",
        description="Return a proposal to its author with a reason. Needs `operator`.",
    )
    def send_back(
        slug: Slug, version: Version, said: Return, revision: Revision, who: Who, work: Work, response: Response
    ) -> dict[str, Any]:
        who.require_operator()
        row = lives.send_back(
            work.session, kind, slug, version, said.reason, work.by, work.key, work.now, expected_revision=revision
        )
        tell(work, governs, row.department, "returned", row, "已退回，请查看原因。", "was returned: read why.")
        return done(work, governs, "returned", row, who, response)


def _ending(router: APIRouter, governs: Governs) -> None:
    kind = governs.kind

    @router.post(
        f"{governs.path}/{{slug}}/{{version}}/deprecate",
        description="Tell everybody to move on, having seen who uses it (409 shows the number). Needs `operator`.",
    )
    def deprecate(
        slug: Slug, version: Version, notice: Notice, revision: Revision, who: Who, work: Work, response: Response
    ) -> dict[str, Any]:
        who.require_operator()
        announced = Deprecation.model_validate(notice.model_dump(exclude={"acknowledged_users"}))
        row, found = retirement.deprecate(
            work.session, kind, slug, version, announced, notice.acknowledged_users, work.by, work.key, work.now,
            expected_revision=revision,
        )  # fmt: skip
        zh, en = f"将于 {announced.sunset} 起停用。", f"may end from {announced.sunset} on: move to its successor."
        for department in sorted({user.department for user in found.users if user.department}):
            tell(work, governs, department, "deprecated", row, zh, en)
        return done(work, governs, "deprecated", row, who, response)

    @router.post(
        f"{governs.path}/{{slug}}/{{version}}/retire",
        description="Take a deprecated version out of use, when nothing published rests on it. Needs `operator`.",
    )
    def retire(
        slug: Slug, version: Version, revision: Revision, who: Who, work: Work, response: Response
    ) -> dict[str, Any]:
        who.require_operator()
        row = retirement.retire(
            work.session, kind, slug, version, work.by, work.key, work.now, expected_revision=revision
        )  # fmt: skip
        return done(work, governs, "retired", row, who, response)


def visible(session: Session, governs: Governs, who: Caller | None, slug: str, version: str | None) -> Any:
    """The version, the latest in force by default, as far as the caller may know of it. Raises the LookupError."""
    states = versions.IN_FORCE if version is None else frozenset(Life)
    row = lives.fetch(session, governs.kind, slug, version, states)
    if not sees(who, row):
        raise governs.kind.unknown(slug, version)
    return row


def _inside(who: Caller | None, row: Governed) -> bool:
    departments = departments_of(who)
    return departments is None or (row.department is not None and row.department in departments)
