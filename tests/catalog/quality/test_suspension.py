"""A floor bites when it surely was broken, once, and begins anew when the steward resumes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from catalog import versions
from catalog.models import Dataset, DatasetState
from catalog.quality import suspension
from catalog.quality.models import FloorDraft
from catalog.quality.tallies import Tally

KEY = ("health/birth-lookup", "birth-certificate:1.0.0")


@pytest.fixture
def dataset(
    session: Session, register_dataset: Callable[..., Any], register_service: Callable[..., Any], now: datetime
) -> Dataset:
    made: Dataset = register_dataset()
    register_service()
    made.state = DatasetState.PUBLISHED
    session.add(made)
    suspension.set_floor(session, made, FloorDraft(share=0.9, replies=20), "person-00000001", now, expected_revision=0)
    return made


def judge(session: Session, now: datetime, conforming: int, failing: int) -> list[str]:
    counted = {KEY: Tally(conforming=conforming, failing=failing)}
    return [dataset.id for dataset in suspension.judge(session, counted, now)]


def test_surely_below_is_suspended_once(session: Session, dataset: Dataset, now: datetime) -> None:
    assert judge(session, now, 10, 10) == [dataset.id]
    assert dataset.suspended is not None
    assert "50.0 %" in dataset.suspended["en"]
    assert judge(session, now, 0, 10) == []


@pytest.mark.parametrize(("conforming", "failing"), [(0, 19), (17, 3), (100, 0)])
def test_too_few_perhaps_or_fine_is_not(
    session: Session, dataset: Dataset, now: datetime, conforming: int, failing: int
) -> None:
    assert judge(session, now, conforming, failing) == []
    assert dataset.suspended is None


def test_small_batches_add_up(session: Session, dataset: Dataset, now: datetime) -> None:
    fallen = [judge(session, now + timedelta(seconds=second), 1, 1) for second in range(10)]
    assert [bool(one) for one in fallen] == [False] * 9 + [True]


def test_an_hour_later_old_replies_no_longer_count(session: Session, dataset: Dataset, now: datetime) -> None:
    assert judge(session, now, 1000, 0) == []
    assert judge(session, now + timedelta(hours=2), 10, 10) == [dataset.id]


def test_resuming_begins_anew(session: Session, dataset: Dataset, now: datetime) -> None:
    judge(session, now, 0, 100)
    suspension.resume(session, dataset, "person-00000001", now)
    assert dataset.suspended is None
    assert judge(session, now, 1, 0) == []
    with pytest.raises(suspension.NotSuspended):
        suspension.resume(session, dataset, "person-00000001", now)


def test_without_a_floor_nothing_is_suspended(session: Session, dataset: Dataset, now: datetime) -> None:
    suspension.drop_floor(session, dataset.id, expected_revision=1)
    assert judge(session, now, 0, 100) == []
    with pytest.raises(suspension.NoFloor):
        suspension.drop_floor(session, dataset.id, expected_revision=1)


def test_replies_under_another_standard_do_not_count(session: Session, dataset: Dataset, now: datetime) -> None:
    assert suspension.judge(session, {(KEY[0], "birth-certificate:2.0.0"): Tally(failing=100)}, now) == []


def test_a_new_version_of_the_standard_begins_anew(session: Session, dataset: Dataset, now: datetime) -> None:
    assert judge(session, now, 0, 15) == []
    dataset.standard_version = "2.0.0"
    session.add(dataset)
    counted = {(KEY[0], "birth-certificate:2.0.0"): Tally(failing=15)}
    assert suspension.judge(session, counted, now) == []
    assert [one.id for one in suspension.judge(session, counted, now)] == [dataset.id]


def test_both_are_told_to_who_changes_the_dataset_meanwhile(session: Session, dataset: Dataset, now: datetime) -> None:
    """Each leaves its trace on the version in force, under the revision that the dataset has by it."""
    judge(session, now, 10, 10)
    [told] = versions.changes_since(session, dataset.id, dataset.revision - 1)
    assert (told["pointer"], "50.0 %" in told["new"]["en"]) == ("/suspended", True)
    suspension.resume(session, dataset, "person-00000001", now)
    trail = versions.fetch(session, dataset.id, dataset.version).trail
    assert [(step["act"], step["by"], step["revision"]) for step in trail[1:]] == [
        ("suspended", suspension.EXCHANGE, dataset.revision - 1),
        ("resumed", "person-00000001", dataset.revision),
    ]
