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
_WEIGHTS = {"declared": 8.0, "derived": 6.0, "elements": 1.0, "keywords": 1.5, "themes": 0.5}
_MOST_KEYWORDS = 10


@dataclass(slots=True)
class Related:
    """A dataset and why it is related: values by reason (`declared`, `derived`, `elements`, `keywords`, `themes`)."""

    dataset: Dataset
    reasons: dict[str, list[str]] = field(default_factory=dict)

    @property
    def score(self) -> float:
        return sum(_WEIGHTS[reason] * max(1, len(values)) for reason, values in self.reasons.items())


def of(session: Session, dataset: Dataset, departments: Collection[str] | None, limit: int = MOST) -> list[Related]:
    """The most related datasets first. `departments` are those whose unpublished datasets are seen; None sees all."""
    reasons: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for id in lineage.declared(session, dataset):
        reasons[id]["declared"] = []
    for start, end in lineage.graph(session, dataset, departments, depth=1).edges:
        reasons[end if start == dataset.id else start]["derived"] = []
    for id, elements in _sharing_elements(session, dataset).items():
        reasons[id]["elements"] = elements
    for id in _alike(session, dataset, departments):
        reasons.setdefault(id, {})  # what it shares is read from its row below
    reasons.pop(dataset.id, None)
    found = [Related(row, reasons[row.id]) for row in lineage.visible(session, reasons, departments)]
    for each in found:
        for reason in ("keywords", "themes"):
            if shared := sorted({*dataset.about.get(reason, ())} & {*each.dataset.about.get(reason, ())}):
                each.reasons[reason] = shared
    found = [each for each in found if each.reasons]
    return sorted(found, key=lambda each: (-each.score, each.dataset.id))[:limit]


def _sharing_elements(session: Session, dataset: Dataset) -> dict[str, list[str]]:
    """Other datasets with the same elements, those with the most of them first.

    An element that very many datasets have, such as the resident id, makes none of them related.
    """
    mine = select(DataItem.element).where(DataItem.dataset_id == dataset.id, col(DataItem.element).is_not(None))
    common = (
        select(DataItem.element)
        .where(col(DataItem.element).in_(mine))
        .group_by(col(DataItem.element))
        .having(func.count() <= 1_000)
    )
    amount = func.count(func.distinct(DataItem.element))
    best = (
        select(DataItem.dataset_id)
        .where(col(DataItem.element).in_(common), DataItem.dataset_id != dataset.id)
        .group_by(DataItem.dataset_id)
        .order_by(amount.desc(), col(DataItem.dataset_id))
        .limit(_CANDIDATES)
    )
    ids = list(session.exec(best).all())
    rows = select(DataItem.dataset_id, DataItem.element).where(
        col(DataItem.dataset_id).in_(ids), col(DataItem.element).in_(mine)
    )
    found: dict[str, list[str]] = {}
    for id, element in session.exec(rows.distinct().order_by(col(DataItem.dataset_id), col(DataItem.element))):
        found.setdefault(id, []).append(element or "")
    return found


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
