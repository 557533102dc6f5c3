"""What is told of each published dataset, read page by page in a few queries, however many datasets there are."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import tuple_
from sqlmodel import Session, col, select

from catalog import datasets
from catalog.models import DataItem, Dataset, DatasetState, Department, Service
from standards import codelists, paging
from standards.models import Standard

THEMES = "themes"
PAGE = paging.LARGEST

Texts = Mapping[str, str]


class Brief(NamedTuple):
    """As much of another published dataset as a reference to it needs."""

    title: Texts
    description: Texts


@dataclass(frozen=True, slots=True)
class Entry:
    """A published dataset with all that its description speaks of.

    `references` holds the published ones among the datasets it names: of others nothing is told. `standard` is the name
    of the standard it follows, `themes` the names of theme codes.
    """

    dataset: Dataset
    department: Department
    items: Sequence[DataItem]
    services: Sequence[Service]
    standard: Texts | None
    references: Mapping[str, Brief]
    themes: Mapping[str, Texts]


def page(session: Session, *, limit: int = PAGE, cursor: str | None = None) -> tuple[list[Entry], str | None]:
    """Published datasets by id. Raises standards.paging.InvalidCursor."""
    statement = select(Dataset).where(Dataset.state == DatasetState.PUBLISHED)
    rows, following = paging.page(session, statement, [col(Dataset.id)], limit=limit, cursor=cursor)
    return _entries(session, rows), following


def one(session: Session, id: str) -> Entry:
    """One published dataset. Raises UnknownDataset, also for one that is not published."""
    row = datasets.fetch(session, id)
    if row.state != DatasetState.PUBLISHED:
        raise datasets.UnknownDataset(id)
    return _entries(session, [row])[0]


def departments(session: Session) -> dict[str, Department]:
    """Every department, by slug."""
    return {row.slug: row for row in session.exec(select(Department)).all()}


def _entries(session: Session, rows: Sequence[Dataset]) -> list[Entry]:
    ids = [row.id for row in rows]
    items = datasets.items_by_dataset(session, ids)
    services = _services(session, ids)
    names = _standards(session, rows)
    briefs = _briefs(session, {id for row in rows for id in references(row)})
    known, themes = departments(session), _themes(session)
    return [
        Entry(
            dataset=row,
            department=known[row.department],
            items=items[row.id],
            services=services[row.id],
            standard=names.get((row.standard, row.standard_version)),
            references={id: briefs[id] for id in references(row) if id in briefs},
            themes=themes,
        )
        for row in rows
    ]


def references(row: Dataset) -> Iterator[str]:
    """The datasets that this one names."""
    yield from row.about.get("derived_from", ())
    yield from row.about.get("related", ())


def _services(session: Session, ids: Sequence[str]) -> Mapping[str, list[Service]]:
    found = defaultdict[str, list[Service]](list)
    statement = select(Service).where(
        col(Service.dataset_id).in_(ids),
        col(Service.interface).is_not(None),
        col(Service.approved_version).is_not(None),
    )
    for row in session.exec(statement.order_by(col(Service.id))).all():
        found[row.dataset_id].append(row)
    return found


def _standards(session: Session, rows: Sequence[Dataset]) -> dict[tuple[str | None, str | None], Texts]:
    wanted = {(row.standard, row.standard_version) for row in rows if row.standard}
    statement = select(Standard.slug, Standard.version, Standard.name).where(
        tuple_(col(Standard.slug), col(Standard.version)).in_(wanted)
    )
    return {(slug, version): name for slug, version, name in session.exec(statement).all()}


def _briefs(session: Session, ids: Iterable[str]) -> dict[str, Brief]:
    wanted, found = sorted(ids), dict[str, Brief]()
    for some in paging.portions(wanted):
        statement = select(Dataset.id, Dataset.title, Dataset.description).where(
            col(Dataset.id).in_(some), Dataset.state == DatasetState.PUBLISHED
        )
        found.update({id: Brief(title, description) for id, title, description in session.exec(statement).all()})
    return found


def _themes(session: Session) -> dict[str, Texts]:
    try:
        return {code["code"]: code["name"] for code in codelists.fetch(session, THEMES).codes}
    except codelists.UnknownCodeList:
        return {}
