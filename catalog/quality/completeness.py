"""Metadata completeness: how much of what people search and judge by is filled in. Pure.

The weights follow the Metadata Quality Assessment of data.europa.eu in spirit (findability before reuse before
context); its points for access are not ours, since every published dataset is reached through the exchange.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.models import DataItem, Dataset

LanguageMap = Mapping[str, str]
ENOUGH = 20
"""Characters of a description that says something."""


@dataclass(frozen=True, slots=True)
class Point:
    """Something that is missing: where, how much it weighs (of the whole, 0 to 1), and how to fix it."""

    pointer: str
    weight: float
    fix: LanguageMap

    def as_dict(self) -> dict[str, Any]:
        return {"pointer": self.pointer, "weight": round(self.weight, 4), "fix": dict(self.fix)}


@dataclass(frozen=True, slots=True)
class Completeness:
    """`score` from 0 to 1; `points` are what is missing, the heaviest first."""

    score: float
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One thing wanted: the share of it that is there, from 0 to 1."""

    pointer: str
    weight: int
    zh: str
    en: str
    there: Callable[[Dataset, Sequence[DataItem]], float]


def _about(name: str) -> Callable[[Dataset, Sequence[DataItem]], float]:
    return lambda dataset, items: float(bool(dataset.about.get(name)))


def _both(name: str) -> Callable[[Dataset, Sequence[DataItem]], float]:
    return lambda dataset, items: len([text for text in getattr(dataset, name).values() if text.strip()]) / 2


def _described(dataset: Dataset, items: Sequence[DataItem]) -> float:
    return float(max((len(text) for text in dataset.description.values()), default=0) >= ENOUGH)


def _of_items(there: Callable[[DataItem], bool]) -> Callable[[Dataset, Sequence[DataItem]], float]:
    return lambda dataset, items: sum(map(there, items)) / len(items) if items else 0.0


_WANTED = (
    _Wanted("/title", 8, "中英文名称都写", "give the title in Chinese and English", _both("title")),
    _Wanted("/description", 6, "中英文摘要都写", "describe it in Chinese and English", _both("description")),
    _Wanted("/description", 6, f"摘要至少{ENOUGH}个字", f"describe it in {ENOUGH} characters or more", _described),
    _Wanted("/keywords", 10, "写关键词，便于检索", "give keywords, so that it is found", _about("keywords")),
    _Wanted("/themes", 8, "选择主题", "choose its themes", _about("themes")),
    _Wanted("/category", 8, "选择类、项、目、细目", "choose its place in the classification", _about("category")),
    _Wanted("/spatial", 4, "写明区划范围", "name the divisions it covers", _about("spatial")),
    _Wanted("/temporal", 4, "写明时间范围", "name the time it covers", _about("temporal")),
    _Wanted("/contact_point", 8, "写明联系人", "name whom to ask", _about("contact_point")),
    _Wanted("/formats", 4, "写明格式", "name its formats", _about("formats")),
    _Wanted("/legislation", 6, "写明适用法规", "name the law it rests on", _about("legislation")),
    _Wanted("/source_system", 4, "写明所属信息系统", "name the system it comes from", _about("source_system")),
    _Wanted(
        "/items/*/title", 8, "信息项中英文名称都写", "name each item in Chinese and English",
        _of_items(lambda item: {"zh", "en"} <= item.title.keys()),
    ),
    _Wanted(
        "/items/*/data_type", 8, "写明每个信息项的数据类型", "give each item its data type",
        _of_items(lambda item: bool(item.about.get("data_type"))),
    ),
    _Wanted(
        "/items/*/element", 8, "把信息项对应到数据元", "link each item to its data element",
        _of_items(lambda item: item.element is not None),
    ),
)  # fmt: skip
_WHOLE = sum(wanted.weight for wanted in _WANTED)


def completeness(dataset: Dataset, items: Sequence[DataItem]) -> Completeness:
    """The score, and each thing that is missing or only partly there."""
    points, score = [], 0.0
    for wanted in _WANTED:
        weight, there = wanted.weight / _WHOLE, wanted.there(dataset, items)
        score += weight * there
        if there < 1:
            points.append(Point(wanted.pointer, weight * (1 - there), {"zh": wanted.zh, "en": wanted.en}))
    return Completeness(score, tuple(sorted(points, key=lambda point: -point.weight)))
