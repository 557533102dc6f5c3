"""Automatic suspension: a dataset whose replies surely conform too rarely is not called until its steward resumes it.

ValueError
└── NotSuspended     there is nothing to resume
LookupError
└── NoFloor          the dataset has no floor
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from catalog import differences, versions
from catalog.differences import Difference
from catalog.models import Dataset, DatasetState, Service
from catalog.quality import report
from catalog.quality.conformance import share
from catalog.quality.models import ConformanceFloor, FloorDraft
from catalog.quality.tallies import Tally
from catalog.registration import Outdated

WINDOW = timedelta(hours=1)
EXCHANGE = "exchange"
"""Who suspends."""


class NotSuspended(ValueError):
    def __init__(self, dataset_id: str) -> None:
        super().__init__(f"{dataset_id} is not suspended: there is nothing to resume.")


class NoFloor(LookupError):
    def __init__(self, dataset_id: str) -> None:
        super().__init__(f"{dataset_id} has no conformance floor: its steward may set one.")


def set_floor(
    session: Session,
    dataset: Dataset,
    draft: FloorDraft,
    by: str,
    now: datetime,
    *,
    expected_revision: int,
) -> ConformanceFloor:
    """Sets or replaces the dataset's floor; its sample begins anew. Revision 0 is that of none.

    Raises catalog.registration.Outdated.
    """
    before = floor(session, dataset.id)
    revision = 0 if before is None else before.revision
    if expected_revision != revision:
        wanted = {"share": draft.share, "replies": draft.replies}
        changes = differences.between(_said(before), wanted)
        raise Outdated(f"the floor of {dataset.id}", revision, changes)
    made = ConformanceFloor(
        dataset_id=dataset.id,
        permille=round(draft.share * 1000),
        replies=draft.replies,
        revision=revision + 1,
        standard=report.standard_of(dataset),
        since=now,
        set_by=by,
        set_at=now,
    )
    made = session.merge(made)
    session.flush()
    return made


def floor(session: Session, dataset_id: str) -> ConformanceFloor | None:
    return session.get(ConformanceFloor, dataset_id)


def drop_floor(session: Session, dataset_id: str, *, expected_revision: int) -> None:
    """Raises NoFloor, catalog.registration.Outdated."""
    found = floor(session, dataset_id)
    if found is None:
        raise NoFloor(dataset_id)
    if expected_revision != found.revision:
        changes = differences.between(_said(found), {})
        raise Outdated(f"the floor of {dataset_id}", found.revision, changes)
    session.delete(found)
    session.flush()


def _said(floor: ConformanceFloor | None) -> dict[str, Any]:
    return {} if floor is None else {"share": floor.permille / 1000, "replies": floor.replies}


def judge(session: Session, taken: Mapping[tuple[str, str], Tally], now: datetime) -> list[Dataset]:
    """Adds what was counted to the floors it concerns; the datasets that fell below theirs are suspended.

    A floor's sample begins anew an hour after it began, once it is large enough to have been judged, and when the
    dataset follows another version of the standard.
    """
    fallen = []
    for floor, dataset, tally in _concerned(session, taken):
        judged = floor.conforming + floor.failing >= floor.replies
        if (now - floor.since > WINDOW and judged) or floor.standard != report.standard_of(dataset):
            _begin(floor, now)
            floor.standard = report.standard_of(dataset)
        floor.conforming += tally.conforming
        floor.failing += tally.failing
        session.add(floor)
        if dataset.suspended is None and _below(floor):
            _suspend(session, dataset, floor, now)
            fallen.append(dataset)
    session.flush()
    return fallen


def resume(session: Session, dataset: Dataset, by: str, now: datetime) -> Dataset:
    """Lets calls through again; what was counted before does not suspend it anew. Raises NotSuspended."""
    if dataset.suspended is None:
        raise NotSuspended(dataset.id)
    lifted: Difference = {"pointer": "/suspended", "old": dataset.suspended, "new": None}
    dataset.suspended = None
    if (found := floor(session, dataset.id)) is not None:
        _begin(found, now)
        session.add(found)
    dataset.changed_by, dataset.changed_at = by, now
    dataset.revision += 1
    versions.note(session, dataset, "resumed", by, now, [lifted])
    session.add(dataset)
    session.flush()
    return dataset


def _concerned(
    session: Session, taken: Mapping[tuple[str, str], Tally]
) -> Iterator[tuple[ConformanceFloor, Dataset, Tally]]:
    if not taken:
        return
    statement = (
        select(ConformanceFloor, Dataset, Service.id)
        .join(Dataset, col(Dataset.id) == ConformanceFloor.dataset_id)
        .join(Service, col(Service.dataset_id) == Dataset.id)
        .where(Dataset.state == DatasetState.PUBLISHED)
    )
    for floor, dataset, service in session.exec(statement).all():
        tally = taken.get((service, report.standard_of(dataset) or ""))
        if tally is not None:
            yield floor, dataset, tally


def _below(floor: ConformanceFloor) -> bool:
    total = floor.conforming + floor.failing
    return total >= floor.replies and share(floor.conforming, total).upper < floor.permille / 1000


def _suspend(session: Session, dataset: Dataset, floor: ConformanceFloor, now: datetime) -> None:
    percent = f"{100 * floor.conforming / (floor.conforming + floor.failing):.1f} %"
    dataset.suspended = {
        "zh": f"近期应答符合标准的比例为{percent}，低于数源部门设定的下限",
        "en": f"{percent} of its recent replies conform to the standard, below the floor that its steward set",
    }
    dataset.revision += 1
    versions.note(session, dataset, "suspended", EXCHANGE, now, [{"pointer": "/suspended", "new": dataset.suspended}])
    session.add(dataset)


def _begin(floor: ConformanceFloor, now: datetime) -> None:
    floor.since, floor.conforming, floor.failing = now, 0, 0
