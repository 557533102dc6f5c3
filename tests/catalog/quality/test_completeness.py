"""What is missing is named, weighs what it weighs, and is gone once it is filled in."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import Session

from catalog import datasets
from catalog.quality.completeness import Completeness, completeness

FULL = {
    "title": {"zh": "出生医学证明", "en": "Birth certificates"},
    "description": {"zh": "每份证明一条记录，由助产机构填报。", "en": "One record for each certificate issued."},
    "keywords": ["出生"],
    "themes": ["health"],
    "category": "3/08",
    "spatial": ["310000"],
    "temporal": {"start": "2015-01-01"},
    "contact_point": {"name": {"zh": "数据科"}},
    "formats": ["json"],
    "legislation": ["母婴保健法"],
    "source_system": {"zh": "妇幼系统"},
}


@pytest.fixture
def judged(
    session: Session, register_dataset: Callable[..., Any], item: Callable[..., dict[str, Any]]
) -> Callable[..., Completeness]:
    def build(item_changes: dict[str, Any], **changes: Any) -> Completeness:
        items = [item(path, **item_changes) for path in ("number", "child", "parents.name")]
        dataset = register_dataset(**changes, items=items)
        return completeness(dataset, datasets.items(session, dataset.id))

    return build


ITEM = {"title": {"zh": "号", "en": "number"}, "data_type": "character", "element": "number"}


def test_everything_filled_in_is_all(judged: Callable[..., Completeness]) -> None:
    found = judged(ITEM, **FULL)
    assert found.points == ()
    assert found.score == pytest.approx(1)


@pytest.mark.parametrize("name", [name for name in FULL if name not in ("title", "description")])
def test_each_thing_missing_is_named(judged: Callable[..., Completeness], name: str) -> None:
    found = judged(ITEM, **{key: value for key, value in FULL.items() if key != name})
    assert [point.pointer for point in found.points] == [f"/{name}"]
    assert found.score == pytest.approx(1 - found.points[0].weight)
    assert set(found.points[0].fix) == {"zh", "en"}


@pytest.mark.parametrize("name", ITEM)
def test_items_count_too(judged: Callable[..., Completeness], name: str) -> None:
    changed = {**ITEM, name: {"zh": "号"} if name == "title" else None}
    assert [point.pointer for point in judged(changed, **FULL).points] == [f"/items/*/{name}"]


def test_no_items_is_nothing_said_of_items(session: Session, register_dataset: Callable[..., Any]) -> None:
    found = completeness(register_dataset(), [])
    assert {"/items/*/title", "/items/*/data_type"} <= {point.pointer for point in found.points}
    assert 0 < found.score < 0.5
