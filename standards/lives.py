"""The life of a data element, code list, standard or crosswalk: draft → review → published → deprecated → retired.

A draft can be revised and submitted. Somebody else, with another key, then publishes it or returns it with a reason;
from then on its content never changes. Deprecation names a successor (or why there is none) and a date, retirement
takes the version out of use. Who may do these things, and who uses a version, is asked in other rooms.

    LookupError
    └── Unknown…            of the kind: elements, codelists, schemas, crosswalks
    PermissionError
    └── SelfReview          whoever wrote or submitted it does not approve it
    ValueError
    ├── AlreadyPublished    (versions) the version exists
    ├── InvalidDeprecation  .findings
    ├── OutOfOrder          a higher version is published already
    ├── Outdated            .changes: what a refused revision differs in from what is there now
    ├── Renamed             .findings: a revision under another slug or version
    └── WrongState          the step does not start from the state it is in
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlmodel import Session

from standards import diffs, versions
from standards.diffs import Difference
from standards.models import Deprecation, Governed, Life, Proposal, Reference
from standards.validation import Finding
from standards.versions import IN_FORCE

Row = TypeVar("Row", bound=Governed)
P = TypeVar("P", bound=Proposal)

DRAFTED, REVISED, SUBMITTED, RETURNED = "drafted", "revised", "submitted", "returned"
_SHOWN = 100
AUTHORS = frozenset({DRAFTED, REVISED, SUBMITTED})


class SelfReview(PermissionError):
    """Nobody approves what they proposed."""

    def __init__(self) -> None:
        super().__init__(
            "Whoever wrote or submitted a version does not approve it, nor an account that they registered, that "
            "registered them or that has the same key: ask another operator."
        )


class WrongState(ValueError):
    """The step does not start from this state."""

    def __init__(self, name: str, state: str, step: str) -> None:
        super().__init__(f"{name} is in the state {state} and cannot be {step}: look at its state, then decide.")


class Outdated(ValueError):
    """Somebody else changed it since it was read; `changes` tell what the refused proposal differs in."""

    def __init__(self, name: str, revision: int, changes: Sequence[Difference] = ()) -> None:
        self.changes = tuple(change.as_dict() for change in changes[:_SHOWN])
        super().__init__(f"{name} is now at revision {revision}: read it again and repeat the change.")


class OutOfOrder(ValueError):
    """Versions of one major version are published in their order."""

    def __init__(self, slug: str, version: str, newest: str) -> None:
        super().__init__(f"{slug} {newest} is published already and {version} is not above it: take a higher version.")


class Renamed(ValueError):
    """A draft keeps its slug and version; another one is another draft."""

    def __init__(self, slug: str, version: str) -> None:
        self.findings = (Finding("/slug", "fixed", slug), Finding("/version", "fixed", version))
        super().__init__(f"This is the draft of {slug} {version}: draft another slug or version beside it.")


class InvalidDeprecation(ValueError):
    """A deprecation that leaves its users alone; `findings` say in what."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("The deprecation cannot be announced: mend every listed finding.")


@dataclass(frozen=True)
class Kind(Generic[Row, P]):
    """One kind of governed things. `name` begins the kinds of its recorded changes.

    `columns` gives everything that the row keeps of a proposal and raises when it cannot be published by itself;
    `follows` raises when it may not follow the published versions of its major version, lowest first.
    """

    name: str
    table: type[Row]
    draft: type[P]
    columns: Callable[[Session, P], dict[str, Any]]
    unknown: Callable[[str, str | None], LookupError]
    follows: Callable[[P, dict[str, Any], Sequence[Row]], None] = lambda draft, columns, earlier: None
    keyed: Callable[[dict[str, Any]], dict[str, Any]] = dict
    """Content in the shape in which two versions are compared: lists of things with names become objects."""
    compare: Callable[[Row, Row], dict[str, Any] | None] = lambda old, new: None
    """What a diff says beside the differences: of standards, whether the new version may take the old one's place."""
    refers: Callable[[Session, Row], Iterable[tuple[str, Governed]]] = lambda session, row: ()
    """What the row refers to, each with the place where it does."""


# -- finding ----------------------------------------------------------------------------------------------------------


def fetch(
    session: Session, kind: Kind[Row, P], slug: str, version: str | None = None, states: Collection[str] = IN_FORCE
) -> Row:
    """One version, the latest by default. Raises the kind's LookupError."""
    row = versions.find(session, kind.table, slug, version, states)
    if row is None:
        raise kind.unknown(slug, version)
    return row


def held(session: Session, kind: Kind[Row, P], slug: str, version: str, expected_revision: int | None = None) -> Row:
    """A version in whatever state, as the database has it now, held for a change. Raises the LookupError, Outdated."""
    session.flush()
    row = fetch(session, kind, slug, version, frozenset(Life))
    session.refresh(row, with_for_update=True)
    if expected_revision is not None and row.revision != expected_revision:
        raise Outdated(_named(row), row.revision)
    return row


def proposal(kind: Kind[Row, P], row: Row) -> P:
    """What was proposed, read back from the row."""
    return kind.draft.model_validate({name: getattr(row, name) for name in kind.draft.model_fields})


def content(kind: Kind[Row, P], row: Row) -> dict[str, Any]:
    """What two versions are compared by: everything that was proposed but the version itself."""
    return kind.keyed(_told(proposal(kind, row)))


def authors(row: Governed) -> list[Mapping[str, str]]:
    """The acts by which the row came to be what it is: `{act, by, key, at}`."""
    return [act for act in row.history if act["act"] in AUTHORS]


# -- before publication -----------------------------------------------------------------------------------------------


def propose(
    session: Session, kind: Kind[Row, P], draft: P, by: str, key: str, now: datetime,
    *, columns: Mapping[str, Any] | None = None,
) -> Row:  # fmt: skip
    """A new draft; `columns` are those of the kind where they are known. Raises what that raises, AlreadyPublished."""
    kept = kind.columns(session, draft) if columns is None else columns
    row = kind.table(**kept, state=Life.DRAFT, history=[_act(DRAFTED, by, key, now)])
    return versions.add(session, row)


def revise(
    session: Session, kind: Kind[Row, P], slug: str, version: str, draft: P, expected_revision: int, by: str, key: str,
    now: datetime, *, columns: Mapping[str, Any] | None = None,
) -> Row:  # fmt: skip
    """Another content for a draft. Raises the LookupError, Renamed, Outdated, WrongState and what `columns` raises."""
    row = held(session, kind, slug, version)
    if (draft.slug, draft.version) != (slug, version):
        raise Renamed(slug, version)
    if row.revision != expected_revision:
        there, sent = content(kind, row), kind.keyed(_told(draft))
        raise Outdated(_named(row), row.revision, diffs.between(there, sent))
    _require(row, "revised", Life.DRAFT)
    for name, value in (kind.columns(session, draft) if columns is None else columns).items():
        setattr(row, name, value)
    return _done(session, row, _act(REVISED, by, key, now))


def judge(session: Session, kind: Kind[Row, P], slug: str, version: str) -> None:
    """Raise beforehand what `submit` and `approve` would of the content, so that no lock is held while judging."""
    row = versions.find(session, kind.table, slug, version, (Life.DRAFT, Life.REVIEW))
    if row is not None:
        _publishable(session, kind, proposal(kind, row))


def submit(
    session: Session, kind: Kind[Row, P], slug: str, version: str, by: str, key: str, now: datetime,
    *, expected_revision: int | None = None,
) -> Row:  # fmt: skip
    """Ask for the review. Raises as `publish` would, so that reviewers see nothing that cannot be published."""
    row = held(session, kind, slug, version, expected_revision)
    _require(row, "submitted", Life.DRAFT)
    _publishable(session, kind, proposal(kind, row))
    row.state = Life.REVIEW
    return _done(session, row, _act(SUBMITTED, by, key, now))


def send_back(
    session: Session, kind: Kind[Row, P], slug: str, version: str, reason: str, by: str, key: str, now: datetime,
    *, expected_revision: int | None = None,
) -> Row:  # fmt: skip
    """Return what was submitted to its author, who may revise and submit it again."""
    row = held(session, kind, slug, version, expected_revision)
    _require(row, "returned", Life.REVIEW)
    row.state = Life.DRAFT
    return _done(session, row, {**_act(RETURNED, by, key, now), "reason": reason})


def discard(
    session: Session, kind: Kind[Row, P], slug: str, version: str, *, expected_revision: int | None = None
) -> None:
    """Give up what was never published; its version is free again. Raises the LookupError, Outdated, WrongState."""
    row = held(session, kind, slug, version, expected_revision)
    _require(row, "discarded", Life.DRAFT, Life.REVIEW)
    session.delete(row)
    session.flush()


def approve(
    session: Session, kind: Kind[Row, P], slug: str, version: str, by: str, key: str, now: datetime,
    *, expected_revision: int | None = None,
) -> Row:  # fmt: skip
    """Publish what somebody else submitted; everything is checked again, for what it refers to may have changed.

    Raises the LookupError, Outdated, WrongState, SelfReview, OutOfOrder and what the kind's checks raise.
    """
    row = held(session, kind, slug, version, expected_revision)
    _require(row, "published", Life.REVIEW)
    if any(by == act["by"] or (key and key == act["key"]) for act in authors(row)):
        raise SelfReview
    for name, value in _publishable(session, kind, proposal(kind, row)).items():
        setattr(row, name, value)
    row.state, row.published_by, row.published_at = Life.PUBLISHED, by, now
    return _done(session, row, _act(Life.PUBLISHED, by, key, now))


def publish(session: Session, kind: Kind[Row, P], draft: P, by: str, now: datetime) -> Row:
    """Publish at once, with every check but the second person's: for what was reviewed before it came here.

    No route and no command does this. Raises AlreadyPublished, OutOfOrder and what the kind's checks raise.
    """
    known = versions.find(session, kind.table, draft.slug, draft.version, frozenset(Life))
    if known is not None:
        raise versions.AlreadyPublished(draft.slug, draft.version, known.state)
    columns = _publishable(session, kind, draft)
    acts = [_act(Life.PUBLISHED, by, "", now)]
    row = kind.table(**columns, state=Life.PUBLISHED, history=acts, published_by=by, published_at=now)
    return versions.add(session, row)


# -- after publication ------------------------------------------------------------------------------------------------


def deprecate(
    session: Session, kind: Kind[Row, P], slug: str, version: str, notice: Deprecation, by: str, key: str,
    now: datetime, *, expected_revision: int | None = None,
) -> Row:  # fmt: skip
    """Tell everybody to move on; it stays in force until it is retired.

    Raises the LookupError, Outdated, WrongState, InvalidDeprecation.
    """
    row = held(session, kind, slug, version, expected_revision)
    _require(row, "deprecated", Life.PUBLISHED)
    if found := _findings(session, kind, row, notice, now):
        raise InvalidDeprecation(found)
    row.state, row.deprecation = Life.DEPRECATED, notice.model_dump(mode="json")
    return _done(session, row, _act(Life.DEPRECATED, by, key, now))


def retire(
    session: Session, kind: Kind[Row, P], slug: str, version: str, by: str, key: str, now: datetime,
    *, expected_revision: int | None = None,
) -> Row:  # fmt: skip
    """The end: nothing new can refer to it. Raises the LookupError, Outdated, WrongState, InvalidDeprecation."""
    row = held(session, kind, slug, version, expected_revision)
    _require(row, "retired", Life.DEPRECATED)
    sunset = (row.deprecation or {}).get("sunset", "")
    if now.date().isoformat() < sunset:
        raise InvalidDeprecation([Finding("/sunset", "date", f"its users were told {sunset}: wait until then")])
    row.state = Life.RETIRED
    return _done(session, row, _act(Life.RETIRED, by, key, now))


def warning(row: Governed, at: str = "") -> Finding | None:
    """What to tell whoever refers to a deprecated version at this place; None for one that is not."""
    if row.state != Life.DEPRECATED:
        return None
    notice = Deprecation.model_validate(row.deprecation)
    instead = "nothing takes its place" if notice.successor is None else f"refer to {_name_of(notice.successor)}"
    return Finding(at, "deprecated", f"{_named(row)} may end from {notice.sunset.isoformat()} on: {instead}")


def warnings(session: Session, kind: Kind[Row, P], row: Row) -> list[Finding]:
    """What the row refers to and should not for long."""
    return [found for at, other in kind.refers(session, row) if (found := warning(other, at))]


def _findings(session: Session, kind: Kind[Row, P], row: Governed, notice: Deprecation, now: datetime) -> list[Finding]:
    found = []
    if notice.sunset < now.date():
        found.append(Finding("/sunset", "date", "a day that is still to come, or today"))
    if notice.successor is None and notice.reason is None:
        found.append(Finding("/successor", "required", "the version that takes its place, or the reason why none does"))
    if notice.successor is not None:
        other = versions.find(session, kind.table, notice.successor.slug, notice.successor.version, {Life.PUBLISHED})
        if other is None or other.id == row.id:
            found.append(Finding("/successor", "published", f"another published version of a {kind.name}"))
    return found


def _publishable(session: Session, kind: Kind[Row, P], draft: P) -> dict[str, Any]:
    """The columns of the row. Raises when the proposal cannot be published now."""
    columns = kind.columns(session, draft)
    number = versions.order(draft.version)
    earlier = versions.in_force(session, kind.table, draft.slug, number[0])
    if earlier and versions.order(earlier[-1].version) >= number:
        raise OutOfOrder(draft.slug, draft.version, earlier[-1].version)
    kind.follows(draft, columns, earlier)
    return columns


def _require(row: Governed, step: str, *states: Life) -> None:
    if row.state not in states:
        raise WrongState(_named(row), row.state, step)


def _done(session: Session, row: Row, act: dict[str, str]) -> Row:
    row.history = [*row.history, act]
    row.revision += 1
    session.add(row)
    session.flush()
    return row


def _act(act: str, by: str, key: str, now: datetime) -> dict[str, str]:
    return {"act": str(act), "by": by, "key": key, "at": now.isoformat()}


def _told(draft: Proposal) -> dict[str, Any]:
    return draft.model_dump(mode="json", exclude={"slug", "version", "department"}, exclude_none=True)


def _named(row: Governed) -> str:
    return f"{row.slug} {row.version}"


def _name_of(reference: Reference) -> str:
    return f"{reference.slug} {reference.version}"
