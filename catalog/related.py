"""Datasets that go with one, each with the reasons: named so, made from it, the same elements, themes or keywords."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlmodel import Session, col, func, select

from catalog import lineage
from catalog.models import DataItem, Dataset
from catalog.search import engine, index, words

MOST = 20
_CANDIDATES = 60
_WEIGHTS = {"declared": 8.0, "derived": 6.0, "keywords": 1.5, "themes": 0.5}
_MOST_KEYWORDS = 10


@dataclass(slots=True)
class Related:
    """A dataset and why it is related: values by reason (`declared`, `derived`, `elements`, `keywords`, `themes`)."""

    dataset: Dataset
    reasons: dict[str, list[str]] = field(default_factory=dict)
    rarity: float = 0.0

    @property
    def score(self) -> float:
        """Elements count by how rare they are; of everything else, each value counts alike."""
        others = {reason: values for reason, values in self.reasons.items() if reason != "elements"}
        return self.rarity + sum(_WEIGHTS[reason] * max(1, len(values)) for reason, values in others.items())


def of(session: Session, dataset: Dataset, departments: Collection[str] | None, limit: int = MOST) -> list[Related]:
    """The most related datasets first. `departments` are those whose unpublished datasets are seen; None sees all."""
    reasons: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for id in lineage.declared(session, dataset):
        reasons[id]["declared"] = []
    for start, end in lineage.graph(session, dataset, departments, depth=1).edges:
        reasons[end if start == dataset.id else start]["derived"] = []
    alike, rarity = _sharing_elements(session, dataset)
    for id, elements in alike.items():
        reasons[id]["elements"] = elements
    for id in _alike(session, dataset, departments):
        reasons.setdefault(id, {})  # what it shares is read from its row below
    reasons.pop(dataset.id, None)
    found = [
        Related(row, reasons[row.id], rarity.get(row.id, 0.0)) for row in lineage.visible(session, reasons, departments)
    ]
    for each in found:
        for reason in ("keywords", "themes"):
            if shared := sorted({*dataset.about.get(reason, ())} & {*each.dataset.about.get(reason, ())}):
                each.reasons[reason] = shared
    found = [each for each in found if each.reasons]
    return sorted(found, key=lambda each: (-each.score, each.dataset.id))[:limit]


def _sharing_elements(session: Session, dataset: Dataset) -> tuple[dict[str, list[str]], dict[str, float]]:
    """Other datasets with the same elements, and how rare those are together: 4 for one that only the two have.

    An element that more than a thousand items have, such as a date, makes none of them related.
    """
    mine = select(DataItem.element).where(DataItem.dataset_id == dataset.id, col(DataItem.element).is_not(None))
    having = func.count(func.distinct(DataItem.dataset_id))
    columns = select(DataItem.element, having).where(col(DataItem.element).in_(mine)).group_by(col(DataItem.element))
    weights = {
        element or "": 4 / (n - 1) for element, n in session.exec(columns.having(func.count() <= 1_000)) if n > 1
    }
    pairs = select(DataItem.dataset_id, DataItem.element).distinct()
    pairs = pairs.where(col(DataItem.element).in_(sorted(weights)), DataItem.dataset_id != dataset.id)
    found: dict[str, list[str]] = {}
    for id, element in session.exec(pairs.order_by(col(DataItem.dataset_id), col(DataItem.element))):
        found.setdefault(id, []).append(element or "")
    rarity = {id: sum(weights[element] for element in elements) for id, elements in found.items()}
    best = sorted(found, key=lambda id: (-rarity[id], id))[:_CANDIDATES]
    return {id: found[id] for id in best}, rarity


def _alike(session: Session, dataset: Dataset, departments: Collection[str] | None) -> list[str]:
    """Candidates: datasets with one of the keywords, then with one of the themes."""
    seen_by = None if departments is None else tuple(sorted(departments))
    phrases = (words.phrase(keyword, quoted=True) for keyword in dataset.about.get("keywords", ())[:_MOST_KEYWORDS])
    ways = tuple((phrase,) for phrase in phrases if phrase)
    numbers: list[int] = []
    if ways:
        wanted = engine.Wanted(ways, departments=seen_by)
        numbers += [hit.number for hit in engine.best(session, wanted, _CANDIDATES, fields="keywords")]
    themes = tuple(("theme", theme) for theme in dataset.about.get("themes", ()))
    if themes:
        numbers += engine.newest(session, engine.Wanted((), (themes,), seen_by), _CANDIDATES)
    return index.identified(session, list(dict.fromkeys(numbers)))
