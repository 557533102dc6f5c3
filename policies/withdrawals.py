"""How a published dataset ends: at once, or at a moment that its users are told before, and that can be called off.

Until that moment nothing changes but what is shown. From it on no call is served, whoever looks first: the call path by
its snapshot, or the round that takes the dataset out (`exchange.jobs.withdrawals`).

ValueError
├── NotAhead        a withdrawal is announced for a moment to come
└── NotAnnounced    there is no announcement to call off
"""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session, col, select

from catalog import datasets, notices, reviews, versions
from catalog.models import Dataset, DatasetState
from policies.publication import consumers
from standards.validation import Finding

Told = tuple[Dataset, tuple[str, ...]]
"""The dataset, and the departments that were told."""


class NotAhead(ValueError):
    """Who is told of an end needs time before it."""

    def __init__(self, id: str) -> None:
        self.findings = (Finding("/on", "future", "a day after today; without a day it is withdrawn at once"),)
        super().__init__(f"{id} cannot be withdrawn in the past: name a day to come, or none.")


class NotAnnounced(ValueError):
    """Nothing is there to be called off."""

    def __init__(self, id: str) -> None:
        super().__init__(f"No withdrawal of {id} is announced: there is nothing to call off.")


def withdraw(
    session: Session,
    dataset_id: str,
    reason: Mapping[str, str],
    by: str,
    now: datetime,
    *,
    expected_revision: int | None = None,
) -> Told:
    """Ends all calls of the dataset, whatever was announced, and tells the departments that use it.

    The reason stays with what was said of the version. Raises UnknownDataset, Outdated, NotPublished, NoReason.
    """
    said = reviews.given(reason)
    dataset = datasets.withdraw(session, dataset_id, by, now, expected_revision=expected_revision)
    reviews.note_withdrawal(session, dataset, said, by, now)
    text = {
        "zh": f"{dataset_id} 已撤回，不能再调用：{_zh(said)}",
        "en": f"{dataset_id} is withdrawn and cannot be called any more: {_en(said)}",
    }
    return dataset, _tell(session, dataset, "withdrawn", text, now)


def announce(
    session: Session,
    dataset_id: str,
    reason: Mapping[str, str],
    at: datetime,
    by: str,
    now: datetime,
    *,
    expected_revision: int | None = None,
) -> Told:
    """Says that the dataset is withdrawn at `at`, in place of what was announced before; calls go on until then.

    Raises UnknownDataset, Outdated, NotPublished, NoReason, NotAhead.
    """
    said = reviews.given(reason)
    dataset = _published(session, dataset_id, expected_revision)
    if at <= now:
        raise NotAhead(dataset_id)
    _set(session, dataset, at, said, "withdrawal-announced", by, now)
    text = {
        "zh": f"{dataset_id} 将于 {_written(at)} 撤回，届时不能再调用：{_zh(said)}",
        "en": f"{dataset_id} will be withdrawn at {_written(at)} and cannot be called from then on: {_en(said)}",
    }
    return dataset, _tell(session, dataset, "withdrawal-announced", text, now)


def cancel(session: Session, dataset_id: str, by: str, now: datetime, *, expected_revision: int | None = None) -> Told:
    """Calls the announced withdrawal off, as long as it has not come.

    Raises UnknownDataset, Outdated, NotPublished, NotAnnounced.
    """
    dataset = _published(session, dataset_id, expected_revision)
    if dataset.withdraws_at is None or dataset.withdraws_at <= now:
        raise NotAnnounced(dataset_id)
    _set(session, dataset, None, None, "withdrawal-cancelled", by, now)
    text = {
        "zh": f"{dataset_id} 不再撤回，可继续调用。",
        "en": f"{dataset_id} will not be withdrawn after all: calls go on.",
    }
    return dataset, _tell(session, dataset, "withdrawal-cancelled", text, now)


def due(session: Session, now: datetime) -> list[str]:
    """The datasets whose announced moment has come, by id."""
    statement = select(Dataset.id).where(col(Dataset.withdraws_at) <= now, Dataset.state == DatasetState.PUBLISHED)
    return list(session.exec(statement.order_by(col(Dataset.id))).all())


def carry_out(session: Session, dataset_id: str, by: str, now: datetime) -> Dataset | None:
    """Takes the dataset out as it was announced, and tells its department too; None when that was done or called off.

    Raises UnknownDataset.
    """
    dataset = datasets.held(session, dataset_id)
    reason, at = dataset.withdrawal_reason, dataset.withdraws_at
    if dataset.state != DatasetState.PUBLISHED or at is None or at > now or not reason:
        return None
    dataset, _ = withdraw(session, dataset_id, reason, by, now)
    text = {
        "zh": f"{dataset_id} 已按 {_written(at)} 的预告撤回：{_zh(reason)}",
        "en": f"{dataset_id} is withdrawn, as was announced for {_written(at)}: {_en(reason)}",
    }
    notices.tell(session, dataset.department, "dataset.withdrawn", dataset_id, text, now)
    return dataset


def _published(session: Session, dataset_id: str, expected_revision: int | None) -> Dataset:
    dataset = datasets.held(session, dataset_id, expected_revision)
    if dataset.state != DatasetState.PUBLISHED:
        raise datasets.NotPublished(dataset_id, dataset.state)
    return dataset


def _set(
    session: Session,
    dataset: Dataset,
    at: datetime | None,
    reason: Mapping[str, str] | None,
    act: str,
    by: str,
    now: datetime,
) -> None:
    changes = datasets.announced(dataset, at, reason)
    version = versions.fetch(session, dataset.id, dataset.version)
    datasets.changed(session, dataset, by, now, version, act, changes)


def _tell(session: Session, dataset: Dataset, act: str, text: dict[str, str], now: datetime) -> tuple[str, ...]:
    users = consumers(session, dataset.id, now)
    for department in users:
        notices.tell(session, department, f"dataset.{act}", dataset.id, text, now)
    return users


def _written(at: datetime) -> str:
    return at.isoformat(timespec="minutes")


def _zh(said: Mapping[str, str]) -> str:
    return said.get("zh") or said["en"]


def _en(said: Mapping[str, str]) -> str:
    return said.get("en") or said["zh"]
