"""Datasets and their data items: registered, revised, withdrawn. Publication is `policies.publication`.

LookupError
└── UnknownDataset
ValueError
├── StillPublished        the change needs the dataset withdrawn first
├── NotPublished          only a published dataset can be withdrawn
├── AlreadyRegistered     (catalog.registration)
├── InvalidRegistration   (catalog.registration)
└── Outdated              (catalog.registration)
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from catalog import departments, drafts
from catalog.models import DataItem, Dataset, DatasetDraft, DatasetState, Department, ItemDraft, Metadata, SharingClass
from catalog.registration import AlreadyRegistered, accept, expect, lock, mark
from standards import paging
from standards.validation import Finding

# What agreements and the broker rely on: it stays as it was published until the dataset is withdrawn.
RELIED_ON = ("sharing_class", "sharing_reason", "standard", "standard_version", "calling_rule")


class UnknownDataset(LookupError):
    """No dataset has this id."""

    def __init__(self, id: str) -> None:
        super().__init__(f"No dataset is registered as {id!r}: ids are <department>/<dataset>.")


class StillPublished(ValueError):
    """A published dataset keeps what callers rely on."""

    def __init__(self, id: str, fields: Iterable[str]) -> None:
        super().__init__(f"{id} is published: withdraw it before changing {', '.join(fields)}, then publish it again.")


class NotPublished(ValueError):
    """Only a published dataset can be withdrawn."""

    def __init__(self, id: str, state: str) -> None:
        super().__init__(f"{id} is not published but {state}: there is nothing to withdraw.")


@dataclass(frozen=True, slots=True)
class NotShared:
    """A published dataset that is not shared: calls to `/x/{department}/{dataset slug}` are refused with its law."""

    dataset: Dataset
    items: tuple[DataItem, ...]
    department: Department


def register(session: Session, draft: DatasetDraft, by: str, now: datetime) -> Dataset:
    """Raises UnknownDepartment, AlreadyRegistered, InvalidRegistration."""
    department = departments.fetch(session, draft.department)
    id = f"{draft.department}/{draft.slug}"
    if session.get(Dataset, id) is not None:
        raise AlreadyRegistered(f"A dataset {id!r} is already registered: revise it or take another slug.")
    accept([*departments.suspension(department), *drafts.findings(session, draft)])
    dataset = Dataset(
        id=id, department=draft.department, slug=draft.slug, created_at=now, created_by=by, **_columns(draft)
    )
    session.add(dataset)
    session.flush()
    _replace_items(session, id, draft.items)
    return dataset


def revise(session: Session, id: str, draft: DatasetDraft, expected_revision: int, by: str, now: datetime) -> Dataset:
    """Replaces what is registered by the draft; of a published dataset only texts and the update cycle.

    Raises UnknownDataset, Outdated, InvalidRegistration, StillPublished.
    """
    dataset = held(session, id, expected_revision)
    accept([*_fixed(dataset, draft), *drafts.findings(session, draft)])
    columns = _columns(draft)
    changed = [name for name in RELIED_ON if getattr(dataset, name) != columns[name]]
    if _relied_on(draft.items) != _relied_on(items(session, id)):
        changed.append("items")
    if dataset.state == DatasetState.PUBLISHED and changed:
        raise StillPublished(id, changed)
    for name, value in columns.items():
        setattr(dataset, name, value)
    _replace_items(session, id, draft.items)
    return _changed(session, dataset, by, now)


def withdraw(session: Session, id: str, by: str, now: datetime, *, expected_revision: int | None = None) -> Dataset:
    """Takes the dataset out of the exchange: its services are unknown until it is published again.

    Raises UnknownDataset, Outdated, NotPublished.
    """
    dataset = held(session, id, expected_revision)
    if dataset.state != DatasetState.PUBLISHED:
        raise NotPublished(id, dataset.state)
    dataset.state = DatasetState.WITHDRAWN
    return _changed(session, dataset, by, now)


def mark_published(session: Session, dataset: Dataset, by: str, now: datetime) -> Dataset:
    """The last step of publication; `policies.publication.publish` asks first whether everything is there."""
    dataset.state = DatasetState.PUBLISHED
    dataset.published_at = now
    return _changed(session, dataset, by, now)


def held(session: Session, id: str, expected_revision: int | None = None) -> Dataset:
    """The dataset as the database has it now, held for a change. Raises UnknownDataset, Outdated."""
    dataset = lock(session, Dataset, id)
    if dataset is None:
        raise UnknownDataset(id)
    expect(dataset, id, expected_revision)
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


def page(
    session: Session,
    *,
    department: str | None = None,
    state: DatasetState | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> tuple[list[Dataset], str | None]:
    """Datasets by id, filtered. Raises standards.paging.InvalidCursor."""
    statement = select(Dataset)
    if department is not None:
        statement = statement.where(Dataset.department == department)
    if state is not None:
        statement = statement.where(Dataset.state == state)
    return paging.page(session, statement, [col(Dataset.id)], limit=limit, cursor=cursor)


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
    for start in range(0, len(wanted), 500):  # databases bound the number of parameters of one query
        some = wanted[start : start + 500]
        statement = select(DataItem).where(col(DataItem.dataset_id).in_(some)).order_by(col(DataItem.id))
        for item in session.exec(statement).all():
            found[item.dataset_id].append(item)
    return {id: tuple(found[id]) for id in wanted}


def _columns(draft: DatasetDraft) -> dict[str, Any]:
    columns = draft.model_dump(mode="json", exclude={"department", "slug", "items", *Metadata.model_fields})
    return {**columns, "about": draft.model_dump(mode="json", include=set(Metadata.model_fields))}


def _item(dataset_id: str, draft: ItemDraft) -> DataItem:
    described = {"description", "data_type", "length", "open_class"}
    columns = draft.model_dump(mode="json", exclude=described)
    return DataItem(dataset_id=dataset_id, about=draft.model_dump(mode="json", include=described), **columns)


def _fixed(dataset: Dataset, draft: DatasetDraft) -> list[Finding]:
    return [
        Finding(f"/{name}", "fixed", f"the {name} the dataset was registered with")
        for name in ("department", "slug")
        if getattr(draft, name) != getattr(dataset, name)
    ]


def _relied_on(found: Iterable[ItemDraft | DataItem]) -> set[tuple[str, str, int, str]]:
    return {(item.path, str(item.sharing_class), item.sensitivity, str(item.identifies)) for item in found}


def _replace_items(session: Session, dataset_id: str, wanted: Iterable[ItemDraft]) -> None:
    for row in items(session, dataset_id):
        session.delete(row)
    session.flush()
    session.add_all(_item(dataset_id, item) for item in wanted)
    session.flush()


def _changed(session: Session, dataset: Dataset, by: str, now: datetime) -> Dataset:
    mark(dataset, by, now)
    session.add(dataset)
    session.flush()
    return dataset
