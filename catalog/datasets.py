"""Datasets and their data items: registered, revised, withdrawn. Reviews are `policies.publication`.

LookupError
└── UnknownDataset
ValueError
├── StillPublished        a service's change needs its dataset withdrawn first
├── NotPublished          only a published dataset can be withdrawn
├── NothingPending        no version is proposed
├── AlreadyRegistered     (catalog.registration)
├── InvalidRegistration   (catalog.registration)
└── Outdated              (catalog.registration)

The row mirrors the version in force (or that was, before it was withdrawn); as long as none was published, the one
that is proposed. A change of a published dataset is a proposal beside it (`catalog.versions`) and touches no call.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, insert, or_, update
from sqlmodel import Session, col, select

from catalog import departments, differences, drafts, lineage, versions
from catalog.differences import Difference
from catalog.models import (
    DataItem,
    Dataset,
    DatasetDraft,
    DatasetState,
    DatasetVersion,
    Department,
    Metadata,
    Service,
    SharingClass,
    Stage,
)
from catalog.registration import AlreadyRegistered, Outdated, accept, lock, mark
from catalog.search import index
from standards import paging
from standards.validation import Finding

UNPUBLISHED = (DatasetState.DRAFT, DatasetState.REGISTERED)


class UnknownDataset(LookupError):
    """No dataset has this id."""

    def __init__(self, id: str) -> None:
        super().__init__(f"No dataset is registered as {id!r}: ids are <department>/<dataset>.")


class StillPublished(ValueError):
    """A published dataset keeps the services that callers rely on."""

    def __init__(self, id: str, fields: Iterable[str]) -> None:
        super().__init__(f"{id} is published: withdraw it before changing {', '.join(fields)}, then publish it again.")


class NotPublished(ValueError):
    """Only a published dataset can be withdrawn."""

    def __init__(self, id: str, state: str) -> None:
        super().__init__(f"{id} is not published but {state}: there is nothing to withdraw.")


class NothingPending(ValueError):
    """There is no proposed version to review or discard."""

    def __init__(self, id: str) -> None:
        super().__init__(f"{id} has no proposed version: revise it first.")


@dataclass(frozen=True, slots=True)
class NotShared:
    """A published dataset that is not shared: calls to `/x/{department}/{dataset slug}` are refused with its law."""

    dataset: Dataset
    items: tuple[DataItem, ...]
    department: Department


def register(session: Session, draft: DatasetDraft, by: str, now: datetime, *, key: str = "") -> Dataset:
    """`key` is the thumbprint of the key that vouched for `by`, here and below.

    Raises UnknownDepartment, AlreadyRegistered, InvalidRegistration.
    """
    department = departments.fetch(session, draft.department)
    id = f"{draft.department}/{draft.slug}"
    if session.get(Dataset, id) is not None:
        raise AlreadyRegistered(f"A dataset {id!r} is already registered: revise it or take another slug.")
    accept(_wrong(session, department, draft))
    document = draft.model_dump(mode="json")
    number, revision = versions.beginning(session, id)
    dataset = Dataset(
        id=id,
        department=draft.department,
        slug=draft.slug,
        version=number,
        revision=revision,
        created_at=now,
        created_by=by,
        changed_at=now,
        changed_by=by,
        **_columns(document),
    )
    session.add(dataset)
    session.flush()
    version = versions.begin(session, id, document, by, key, now, number=number)
    versions.trace(version, dataset, "registered", by, now, [])
    session.flush()
    _insert_items(session, id, document["items"])
    lineage.link(session, dataset)
    index.refresh(session, id)
    return dataset


def revise(
    session: Session, id: str, draft: DatasetDraft, expected_revision: int, by: str, now: datetime, *, key: str = ""
) -> Dataset:
    """Proposes the draft in place of what is registered; a published dataset stays in force as it is until then.

    A version that is under review comes back to its steward by it. Nothing happens when nothing differs.
    Raises UnknownDataset, Outdated, InvalidRegistration.
    """
    dataset = held(session, id, expected_revision)
    accept([*_fixed(dataset, draft), *_wrong(session, departments.fetch(session, dataset.department), draft)])
    document = draft.model_dump(mode="json")
    pending = versions.pending(session, id)
    before = pending or versions.fetch(session, id, dataset.version)
    changes = differences.between(before.document, document)
    if not changes:
        return dataset
    version = _proposed(session, dataset, pending, by, key, now)
    version.document = document
    moved = versions.move(version, Stage.DRAFT, now)
    if dataset.state in UNPUBLISHED:
        _mirror(session, dataset, version)
    return changed(session, dataset, by, now, version, "revised", [*moved, *changes])


def discard(session: Session, id: str, by: str, now: datetime, *, expected_revision: int | None = None) -> Dataset:
    """Gives the proposed version up; the published one stays as it is.

    Raises UnknownDataset, Outdated, NothingPending, also for a dataset that was never published: that one is given up
    as a whole (`catalog.removal`).
    """
    dataset = held(session, id, expected_revision)
    version = versions.pending(session, id)
    if version is None or dataset.state in UNPUBLISHED:
        raise NothingPending(id)
    moved = versions.move(version, Stage.DISCARDED, now)
    return changed(session, dataset, by, now, version, "discarded", moved)


def withdraw(session: Session, id: str, by: str, now: datetime, *, expected_revision: int | None = None) -> Dataset:
    """Takes the dataset out of the exchange: its services are unknown until it is published again.

    Raises UnknownDataset, Outdated, NotPublished.
    """
    dataset = held(session, id, expected_revision)
    if dataset.state != DatasetState.PUBLISHED:
        raise NotPublished(id, dataset.state)
    dataset.state = DatasetState.WITHDRAWN
    version = versions.fetch(session, id, dataset.version)
    changes = [*versions.move(version, Stage.WITHDRAWN, now), *announced(dataset, None, None)]
    return changed(session, dataset, by, now, version, "withdrawn", changes)


def announced(dataset: Dataset, at: datetime | None, reason: Mapping[str, str] | None) -> list[Difference]:
    """Notes on the row when its withdrawal is announced for, or that none is; what that changed, for the trail."""
    before = {"withdraws_at": _shown(dataset.withdraws_at), "withdrawal_reason": dataset.withdrawal_reason}
    dataset.withdraws_at, dataset.withdrawal_reason = at, None if reason is None else dict(reason)
    return differences.between(before, {"withdraws_at": _shown(at), "withdrawal_reason": dataset.withdrawal_reason})


def mark_published(session: Session, dataset: Dataset, by: str, now: datetime) -> Dataset:
    """The last step of publication: the proposed version takes the place of the one in force, and with it comes into
    force every service of the dataset.

    `policies.publication.approve` asks first whether everything is there. Raises NothingPending.
    """
    version = versions.pending(session, dataset.id)
    if version is None:
        raise NothingPending(dataset.id)
    if dataset.state == DatasetState.PUBLISHED:
        versions.move(versions.fetch(session, dataset.id, dataset.version), Stage.SUPERSEDED, now)
    version.published_at = dataset.published_at = now
    if dataset.version != version.number:
        _mirror(session, dataset, version)
    dataset.state = DatasetState.PUBLISHED
    offered = update(Service).where(col(Service.dataset_id) == dataset.id)
    session.execute(offered.values(approved_version=version.number))
    return changed(session, dataset, by, now, version, "published", versions.move(version, Stage.PUBLISHED, now))


def changed(
    session: Session,
    dataset: Dataset,
    by: str,
    now: datetime,
    version: DatasetVersion,
    act: str,
    changes: Sequence[Difference],
) -> Dataset:
    """Counts the revision, notes the act on the version, and brings both and the search index to the database."""
    mark(dataset, by, now)
    versions.trace(version, dataset, act, by, now, changes)
    session.add_all([dataset, version])
    session.flush()
    lineage.link(session, dataset)
    index.refresh(session, dataset.id)
    return dataset


def held(session: Session, id: str, expected_revision: int | None = None) -> Dataset:
    """The dataset as the database has it now, held for a change. Raises UnknownDataset, Outdated with what changed."""
    dataset = lock(session, Dataset, id)
    if dataset is None:
        raise UnknownDataset(id)
    if expected_revision is not None and dataset.revision != expected_revision:
        raise Outdated(id, dataset.revision, versions.changes_since(session, id, expected_revision))
    return dataset


def fetch(session: Session, id: str) -> Dataset:
    """Raises UnknownDataset."""
    dataset = session.get(Dataset, id)
    if dataset is None:
        raise UnknownDataset(id)
    return dataset


def items(session: Session, dataset_id: str) -> list[DataItem]:
    """The dataset's items in the order in which they were registered."""
    statement = select(DataItem).where(DataItem.dataset_id == dataset_id).order_by(col(DataItem.id))
    return list(session.exec(statement).all())


class Order(StrEnum):
    """In which order a list comes; a minus means backwards."""

    ID = "id"
    NEWEST = "-changed_at"
    OLDEST = "changed_at"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; None narrows nothing. `inside` are the departments whose unpublished datasets the
    reader may see too, None for all of them.
    """

    inside: Collection[str] | None = None
    department: str | None = None
    state: DatasetState | None = None
    stage: Stage | None = None
    category: str | None = None
    theme: str | None = None
    update_cycle: str | None = None
    sharing_class: str | None = None
    updated_since: datetime | None = None


def page(
    session: Session,
    *,
    department: str | None = None,
    state: DatasetState | None = None,
    wanted: Wanted | None = None,
    order: Order = Order.ID,
    limit: int = 50,
    cursor: str | None = None,
) -> tuple[list[Dataset], str | None]:
    """Datasets in this order, narrowed down. Raises standards.paging.InvalidCursor."""
    conditions = _conditions(wanted or Wanted(department=department, state=state))
    statement = select(Dataset).where(*conditions)
    keys = [col(Dataset.id)] if order is Order.ID else [col(Dataset.changed_at), col(Dataset.id)]
    return paging.page(session, statement, keys, limit=limit, cursor=cursor, descending=order is Order.NEWEST)


def not_shared(session: Session, dataset_id: str | None = None) -> list[NotShared]:
    """Published datasets that are not shared, all or the one named, with what a refusal tells about them."""
    statement = (
        select(Dataset, Department)
        .join(Department, col(Department.slug) == Dataset.department)
        .where(Dataset.state == DatasetState.PUBLISHED, Dataset.sharing_class == SharingClass.NOT_SHARED)
        .order_by(col(Dataset.id))
    )
    if dataset_id is not None:
        statement = statement.where(Dataset.id == dataset_id)
    rows = session.exec(statement).all()
    found = items_by_dataset(session, {dataset.id for dataset, _ in rows})
    return [NotShared(dataset, found[dataset.id], department) for dataset, department in rows]


def items_by_dataset(session: Session, ids: Iterable[str]) -> dict[str, tuple[DataItem, ...]]:
    """The items of several datasets, in a few queries; a dataset without items has an empty tuple."""
    wanted, found = sorted(set(ids)), defaultdict[str, list[DataItem]](list)
    for some in paging.portions(wanted):
        statement = select(DataItem).where(col(DataItem.dataset_id).in_(some)).order_by(col(DataItem.id))
        for item in session.exec(statement).all():
            found[item.dataset_id].append(item)
    return {id: tuple(found[id]) for id in wanted}


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    simple: list[tuple[Any, Any]] = [
        (Dataset.department, wanted.department),
        (Dataset.state, wanted.state),
        (Dataset.update_cycle, wanted.update_cycle),
        (Dataset.sharing_class, wanted.sharing_class),
    ]
    found = [column == value for column, value in simple if value is not None]
    if wanted.inside is not None:
        inside = col(Dataset.department).in_(sorted(wanted.inside))
        found.append(or_(col(Dataset.state) == DatasetState.PUBLISHED, inside) if wanted.stage is None else inside)
    if wanted.stage is not None:
        at_stage = select(DatasetVersion.dataset_id).where(DatasetVersion.stage == wanted.stage)
        found.append(col(Dataset.id).in_(at_stage))
    if wanted.category is not None:
        found.append(col(Dataset.about)["category"].as_string().startswith(wanted.category, autoescape=True))
    if wanted.theme is not None:
        themes = func.json_each(col(Dataset.about), "$.themes").table_valued("value")
        found.append(exists(select(themes.c.value).where(themes.c.value == wanted.theme)))
    if wanted.updated_since is not None:
        found.append(col(Dataset.changed_at) >= wanted.updated_since)
    return found


def _proposed(
    session: Session, dataset: Dataset, pending: DatasetVersion | None, by: str, key: str, now: datetime
) -> DatasetVersion:
    """The version that a change goes into: the pending one while nobody approved it, else the next one."""
    if pending is not None and pending.registered_at is None:
        pending.submitted_by = pending.submitted_key = pending.submitted_at = None
        versions.add_authors(pending, [{"by": by, "key": key}])
        return pending
    version = versions.next(session, dataset.id, {}, by, key, now)
    if pending is not None:
        versions.move(pending, Stage.SUPERSEDED, now)
        versions.add_authors(version, versions.authors(pending))
        session.add(pending)
    return version


def _mirror(session: Session, dataset: Dataset, version: DatasetVersion) -> None:
    """Brings row and items to what the version says."""
    document = DatasetDraft.model_validate(version.document).model_dump(mode="json")
    for name, value in _columns(document).items():
        setattr(dataset, name, value)
    dataset.version = version.number
    session.execute(delete(DataItem).where(col(DataItem.dataset_id) == dataset.id))
    _insert_items(session, dataset.id, document["items"])


def _columns(document: Mapping[str, Any]) -> dict[str, Any]:
    """The row's columns of a whole registration, as JSON."""
    about = {name: document[name] for name in Metadata.model_fields}
    others = document.keys() - about.keys() - {"department", "slug", "items"}
    return {**{name: document[name] for name in others}, "about": about}


def _insert_items(session: Session, dataset_id: str, documents: Iterable[Mapping[str, Any]]) -> None:
    """All of them by one statement, without an object for each: catalogs are loaded by the ten thousand."""
    described = ("description", "data_type", "length", "open_class")
    rows = [
        {
            "dataset_id": dataset_id,
            **{name: value for name, value in document.items() if name not in described},
            "about": {name: document[name] for name in described},
        }
        for document in documents
    ]
    if rows:
        session.execute(insert(DataItem), rows)


def _shown(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _wrong(session: Session, department: Department, draft: DatasetDraft) -> list[Finding]:
    return [*departments.suspension(department), *drafts.findings(session, draft)]


def _fixed(dataset: Dataset, draft: DatasetDraft) -> list[Finding]:
    return [
        Finding(f"/{name}", "fixed", f"the {name} the dataset was registered with")
        for name in ("department", "slug")
        if getattr(draft, name) != getattr(dataset, name)
    ]
