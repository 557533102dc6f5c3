"""The versions of a registration: every one is kept, the proposed one beside the one in force.

    LookupError
    └── UnknownVersion

A version that no reviewer approved yet is mended in place; its trail keeps what each change changed. Once a review
approved it, a change makes the next version. Versions outlive a registration that is given up (`catalog.removal`); one
of the same name counts on from them. Whoever had a hand in a version stays its author, and that of the next
one too as long as none was published: what nobody else approved is not approved by them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from catalog import differences
from catalog.differences import Difference
from catalog.models import Dataset, DatasetVersion, Stage
from standards import paging

PENDING = (Stage.DRAFT, Stage.REGISTRATION_REVIEW, Stage.REGISTERED, Stage.PUBLICATION_REVIEW)
IN_REVIEW = (Stage.REGISTRATION_REVIEW, Stage.PUBLICATION_REVIEW)

_KEPT = 50
_LOOKED_AT = 5


class UnknownVersion(LookupError):
    """The dataset has no version of this number."""

    def __init__(self, dataset_id: str, number: int) -> None:
        super().__init__(f"{dataset_id} has no version {number}: list its versions for their numbers.")


def begin(
    session: Session, dataset_id: str, document: dict[str, Any], by: str, key: str, now: datetime, *, number: int = 1
) -> DatasetVersion:
    """A new draft version; the caller writes it down with what else it changes."""
    version = DatasetVersion(
        dataset_id=dataset_id,
        number=number,
        stage=Stage.DRAFT,
        document=document,
        reviews=[],
        trail=[],
        authors=[{"by": by, "key": key}],
        created_by=by,
        created_at=now,
        moved_at=now,
    )
    session.add(version)
    return version


def beginning(session: Session, dataset_id: str) -> tuple[int, int]:
    """The number and the revision that a new registration begins with.

    Both count on from a registration of this name that was given up, so that no ETag or number means two things.
    """
    found = _newest(session, dataset_id, 1)
    if not found:
        return 1, 1
    return found[0].number + 1, int(found[0].trail[-1]["revision"]) + 1


def pending(session: Session, dataset_id: str) -> DatasetVersion | None:
    """The version that is proposed and not published yet; None when nothing is proposed."""
    return pending_of(session, [dataset_id]).get(dataset_id)


def pending_of(session: Session, dataset_ids: Iterable[str]) -> dict[str, DatasetVersion]:
    """The pending versions of several datasets, by dataset, in a few queries."""
    wanted, found = sorted(set(dataset_ids)), {}
    for some in paging.portions(wanted):
        statement = select(DatasetVersion).where(
            col(DatasetVersion.dataset_id).in_(some), col(DatasetVersion.stage).in_(PENDING)
        )
        found.update({version.dataset_id: version for version in session.exec(statement).all()})
    return found


def fetch(session: Session, dataset_id: str, number: int) -> DatasetVersion:
    """Raises UnknownVersion."""
    statement = select(DatasetVersion).where(DatasetVersion.dataset_id == dataset_id, DatasetVersion.number == number)
    version = session.exec(statement).one_or_none()
    if version is None:
        raise UnknownVersion(dataset_id, number)
    return version


def next(
    session: Session, dataset_id: str, document: dict[str, Any], by: str, key: str, now: datetime
) -> DatasetVersion:
    """As `begin`, numbered after all the versions there are."""
    found = _newest(session, dataset_id, 1)
    return begin(session, dataset_id, document, by, key, now, number=found[0].number + 1 if found else 1)


def page(
    session: Session, dataset_id: str, *, published: bool = False, limit: int = 50, cursor: str | None = None
) -> tuple[list[DatasetVersion], str | None]:
    """The dataset's versions, newest first, or only those that ever were published.

    Raises standards.paging.InvalidCursor.
    """
    statement = select(DatasetVersion).where(DatasetVersion.dataset_id == dataset_id)
    if published:
        statement = statement.where(col(DatasetVersion.published_at).is_not(None))
    return paging.page(session, statement, [col(DatasetVersion.number)], limit=limit, cursor=cursor, descending=True)


def waiting(
    session: Session,
    stages: Sequence[Stage],
    departments: Iterable[str] | None = None,
    *,
    limit: int = 50,
    cursor: str | None = None,
) -> tuple[list[DatasetVersion], str | None]:
    """Pending versions at these stages, the one that came first first, of some departments or all.

    Raises standards.paging.InvalidCursor.
    """
    statement = (
        select(DatasetVersion)
        .join(Dataset, col(Dataset.id) == DatasetVersion.dataset_id)
        .where(col(DatasetVersion.stage).in_(stages))
    )
    if departments is not None:
        statement = statement.where(col(Dataset.department).in_(sorted(departments)))
    return paging.page(session, statement, [col(DatasetVersion.id)], limit=limit, cursor=cursor)


def move(version: DatasetVersion, stage: Stage, now: datetime) -> list[Difference]:
    """Brings the version to a stage; what that changed, for its trail."""
    before = version.stage
    version.stage, version.moved_at = stage, now
    return differences.between({"stage": str(before)}, {"stage": str(stage)})


def trace(
    version: DatasetVersion, dataset: Dataset, act: str, by: str, now: datetime, changes: Sequence[Difference]
) -> None:
    """Notes on the version what was just done, under the revision that the dataset has by it."""
    step = {
        "revision": dataset.revision,
        "act": act,
        "by": by,
        "at": now.isoformat(),
        "changes": differences.clipped(changes),
    }
    version.trail = [*version.trail, step][-_KEPT:]


def note(session: Session, dataset: Dataset, act: str, by: str, now: datetime, changes: Sequence[Difference]) -> None:
    """As `trace`, on the version in force: for what is done to the dataset beside its registration."""
    version = fetch(session, dataset.id, dataset.version)
    trace(version, dataset, act, by, now, changes)
    session.add(version)


def add_authors(version: DatasetVersion, authors: Iterable[Mapping[str, str]]) -> None:
    """Notes who had a hand in the version, each once with each key."""
    version.authors = joined(version.authors, authors)


def joined(known: Sequence[dict[str, str]], authors: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """The known authors and those who are new among the others."""
    found = [*known]
    found += [dict(author) for author in authors if author not in found]
    return found


def authors(version: DatasetVersion) -> list[Mapping[str, str]]:
    """Everybody who wrote or submitted the version, `{by, key}`: none of them reviews it."""
    return with_authors(version.authors, version.created_by)


def with_authors(known: Iterable[Mapping[str, str]], *accounts: str | None) -> list[Mapping[str, str]]:
    """The authors that are known, and these accounts where they are not among them: with a key that nobody recorded."""
    found = list(known)
    named = {author["by"] for author in found}
    return [*found, *({"by": by, "key": ""} for by in dict.fromkeys(accounts) if by is not None and by not in named)]


def changes_since(session: Session, dataset_id: str, revision: int) -> list[Difference]:
    """What was done to the dataset's newest versions after it had this revision, long values cut."""
    steps = [step for version in _newest(session, dataset_id, _LOOKED_AT) for step in version.trail]
    later = sorted((step for step in steps if step["revision"] > revision), key=lambda step: int(step["revision"]))
    return differences.merged(step["changes"] for step in later)


def _newest(session: Session, dataset_id: str, count: int) -> list[DatasetVersion]:
    statement = (
        select(DatasetVersion)
        .where(DatasetVersion.dataset_id == dataset_id)
        .order_by(col(DatasetVersion.number).desc())
        .limit(count)
    )
    return list(session.exec(statement).all())
