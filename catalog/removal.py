"""A registration that was never published, given up: everything that hangs on its row goes, what is history stays.

Gone are the row, its items, its services with their sealed credentials, its own links, its floor and its place in the
index. Kept are its versions, the resource code in their trail (it is issued to nobody else), and the numbers: a new
registration of the name counts on. What others say by name stays theirs and shows nothing as long as there is nothing:
links of other datasets, proofs of service items. A harvested record is not taken again until its source says otherwise.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import Session, col

from catalog import datasets, versions
from catalog.differences import Difference
from catalog.harvest.models import HarvestRecord, RecordState
from catalog.lineage import DatasetLink
from catalog.models import DataItem, Dataset, DatasetVersion, Service, Stage
from catalog.quality.models import ConformanceFloor
from catalog.registration import mark
from catalog.search import index

_HANGING = (DatasetLink, DataItem, ConformanceFloor, Service)


def remove(session: Session, dataset: Dataset, by: str, now: datetime) -> DatasetVersion:
    """Takes away a dataset that is held for a change, and gives its last version. Raises NothingPending.

    Whatever else refers to its services has to be gone before.
    """
    version = versions.pending(session, dataset.id)
    if version is None or dataset.state not in datasets.UNPUBLISHED:
        raise datasets.NothingPending(dataset.id)
    mark(dataset, by, now)
    moved = versions.move(version, Stage.DISCARDED, now)
    versions.trace(version, dataset, "discarded", by, now, [*moved, *_code(dataset)])
    session.add(version)
    for table in _HANGING:
        session.execute(delete(table).where(col(table.dataset_id) == dataset.id))
    _let_go(session, dataset.id)
    session.delete(dataset)
    index.refresh(session, dataset.id)
    return version


def _code(dataset: Dataset) -> Sequence[Difference]:
    return [{"pointer": "/resource_code", "old": dataset.resource_code}] if dataset.resource_code else []


def _let_go(session: Session, id: str) -> None:
    """The harvest's records of the dataset: a registration of the same name by hand is none of theirs."""
    given_up = {"state": RecordState.DISCARDED, "dataset_id": None, "said": None}
    session.execute(update(HarvestRecord).where(col(HarvestRecord.dataset_id) == id).values(**given_up))
