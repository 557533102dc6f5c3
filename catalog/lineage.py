"""Which dataset was made from which, and which others go with it.

A dataset's registration names what it is derived from (`derived_from`) and what is related (`related`); the links are
kept beside the row, so that they can be followed both ways. A link may name what is not registered (yet): it is then
shown to nobody. Nor is a dataset that the reader may not see, or anything that is reached only through it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import delete
from sqlmodel import Field, Session, SQLModel, col, select

from catalog.models import Dataset, DatasetDraft, DatasetState
from standards import paging
from standards.validation import Finding

MOST = 200
"""Datasets in one graph."""
DEEPEST = 10
_FOLLOWED = 5_000


class Link(StrEnum):
    DERIVED = "derived"
    RELATED = "related"


class DatasetLink(SQLModel, table=True):
    """One dataset names another; made again from the dataset's row at every change of it."""

    __tablename__ = "dataset_link"
    dataset_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    target_id: str = Field(primary_key=True, index=True)


@dataclass(frozen=True, slots=True)
class Graph:
    """`distance` by dataset: below nought upstream, above downstream. `edges` lead from a source to what uses it."""

    datasets: list[Dataset]
    distance: dict[str, int]
    edges: list[tuple[str, str]]
    complete: bool


def link(session: Session, dataset: Dataset) -> None:
    """Keeps the links that the row names now, in the transaction of its change."""
    session.execute(delete(DatasetLink).where(col(DatasetLink.dataset_id) == dataset.id))
    named = {Link.DERIVED: dataset.about.get("derived_from", ()), Link.RELATED: dataset.about.get("related", ())}
    session.add_all(
        DatasetLink(dataset_id=dataset.id, kind=kind, target_id=target)
        for kind, targets in named.items()
        for target in dict.fromkeys(targets)
    )
    session.flush()


def findings(session: Session, draft: DatasetDraft) -> list[Finding]:
    """What is wrong with the draft's `derived_from`: nothing is made from itself, at however many removes."""
    id, found = f"{draft.department}/{draft.slug}", []
    for index, source in enumerate(draft.derived_from):
        if source == id:
            found.append(Finding(f"/derived_from/{index}", "itself", "another dataset than this one"))
        elif id in _upstream(session, source):
            expected = f"a dataset that is not itself derived from {id}, directly or through others"
            found.append(Finding(f"/derived_from/{index}", "cycle", expected))
    found += [
        Finding(f"/related/{index}", "itself", "another dataset than this one")
        for index, other in enumerate(draft.related)
        if other == id
    ]
    return found


def dangling(session: Session, draft: DatasetDraft) -> list[Finding]:
    """Warnings: links to what is neither published nor the department's own, so that others will not see them."""
    named = [("derived_from", each) for each in draft.derived_from] + [("related", each) for each in draft.related]
    seen = {row.id for row in visible(session, {id for _, id in named}, [draft.department])}
    places = {"derived_from": 0, "related": 0}
    found = []
    for field, id in named:
        if id not in seen:
            expected = "the id of a published dataset; this link is shown when there is one"
            found.append(Finding(f"/{field}/{places[field]}", "unknown", expected))
        places[field] += 1
    return found


def graph(session: Session, dataset: Dataset, departments: Collection[str] | None, *, depth: int = 3) -> Graph:
    """What the dataset is made from and what is made from it, up to `depth` steps (at most 10) and 200 datasets.

    `departments` are those whose unpublished datasets are seen too; None sees all.
    """
    found, distance, edges = {dataset.id: dataset}, {dataset.id: 0}, dict[tuple[str, str], None]()
    complete = True
    for direction in (-1, 1):
        border = [dataset.id]
        for step in range(1, min(depth, DEEPEST) + 1):
            pairs = _step(session, border, upstream=direction < 0)
            seen = {row.id: row for row in visible(session, {end for _, end in pairs}, departments)}
            border = []
            for start, end in pairs:
                if end not in seen:
                    continue
                if end not in found and len(found) >= MOST:
                    complete = False
                    continue
                edges[(end, start) if direction < 0 else (start, end)] = None
                if end not in found:
                    found[end], distance[end] = seen[end], direction * step
                    border.append(end)
        if border and _step(session, border, upstream=direction < 0):
            complete = False
    rows = sorted(found.values(), key=lambda row: (distance[row.id], row.id))
    return Graph(rows, distance, list(edges), complete)


def declared(session: Session, dataset: Dataset) -> list[str]:
    """Ids that the dataset names as related, and of those that name it so."""
    columns = select(DatasetLink.dataset_id, DatasetLink.target_id).where(DatasetLink.kind == Link.RELATED)
    there = session.exec(columns.where(DatasetLink.dataset_id == dataset.id)).all()
    back = session.exec(columns.where(DatasetLink.target_id == dataset.id).limit(MOST)).all()
    return list(dict.fromkeys([*(target for _, target in there), *(source for source, _ in back)]))


def visible(session: Session, ids: Iterable[str], departments: Collection[str] | None) -> list[Dataset]:
    """Of these datasets those that the reader may see: published ones, and those of `departments`; None sees all."""
    wanted, found = sorted(set(ids)), list[Dataset]()
    for some in paging.portions(wanted):
        found += session.exec(select(Dataset).where(col(Dataset.id).in_(some))).all()
    if departments is None:
        return found
    return [row for row in found if row.state == DatasetState.PUBLISHED or row.department in departments]


def _step(session: Session, ids: Sequence[str], *, upstream: bool) -> list[tuple[str, str]]:
    """`(from, to)`, one step away from these datasets."""
    here, there = col(DatasetLink.dataset_id), col(DatasetLink.target_id)
    start, end = (here, there) if upstream else (there, here)
    pairs: list[tuple[str, str]] = []
    for some in paging.portions(ids):
        statement = select(start, end).where(DatasetLink.kind == Link.DERIVED, start.in_(some))
        pairs += [(a, b) for a, b in session.exec(statement.order_by(start, end).limit(_FOLLOWED))]
    return pairs


def _upstream(session: Session, id: str) -> set[str]:
    """Everything that the dataset is derived from, at any remove."""
    found, border = set[str](), [id]
    while border and len(found) < _FOLLOWED:
        ends: dict[str, Any] = dict.fromkeys(end for _, end in _step(session, border, upstream=True))
        border = [end for end in ends if end not in found]
        found.update(border)
    return found
