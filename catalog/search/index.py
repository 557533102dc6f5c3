"""What is indexed of a dataset, in the same transaction as the change: call `refresh` after every change of its row.

Everybody may find what is published; what is not is found by its department and the operators only. The index holds
what the dataset's row shows, which is the published version as soon as there is one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete
from sqlmodel import Session, SQLModel, col, func, select

from catalog.models import DataItem, Dataset, DatasetState, Department
from catalog.search import engine, tokens
from catalog.search.models import PUBLIC, Indexed, Tally
from standards import versions
from standards.models import Standard

FACETS = ("theme", "department", "sharing_class", "update_cycle", "format", "sensitivity", "state")
PHRASE = "phrase"
"""The kind of the tally's rows that count titles and keywords."""

_LONGEST_PHRASE = 60
_KEY = ("kind", "folded", "label", "audience")


class _Item(NamedTuple):
    path: str
    title: Mapping[str, str]
    sensitivity: int
    about: Mapping[str, Any]


def refresh(session: Session, dataset_id: str) -> None:
    """Brings the index to what the dataset's row says now; a dataset that is gone is taken out."""
    session.flush()
    tally: Counter[tuple[str, str, str, str]] = Counter()
    known = session.connection().execute(_KNOWN, {"id": dataset_id}).first()
    if known is not None:
        tally.subtract(_counted(known.audience, known.facets, known.phrases))
        engine.drop(session, known.number)
        session.connection().execute(_FORGET, {"of_number": known.number})
    dataset = session.get(Dataset, dataset_id)
    if dataset is not None:
        tally.update(_counted(*_add(session, dataset)))
    _count(session, tally)


def refresh_department(session: Session, department: str) -> None:
    """Brings all datasets of a department to its new name; they stay in their order."""
    mine = select(Indexed.dataset_id).join(Dataset, col(Dataset.id) == Indexed.dataset_id)
    ids = session.exec(mine.where(Dataset.department == department).order_by(col(Indexed.number))).all()
    for id in ids:
        refresh(session, id)


def rebuild(session: Session, ids: Iterable[str]) -> None:
    """Indexes these datasets again; `clear` first, and take them in the order of `in_order_of_change`."""
    for id in ids:
        refresh(session, id)
    session.expire_all()


def clear(session: Session) -> None:
    """Empties the index."""
    engine.clear(session)
    session.execute(delete(Indexed))
    session.execute(delete(Tally))


def identified(session: Session, numbers: Sequence[int]) -> list[str]:
    """The ids of the datasets under these numbers (a few hundred at most), in the order of the numbers."""
    rows = dict(session.exec(select(Indexed.number, Indexed.dataset_id).where(col(Indexed.number).in_(numbers))).all())
    return [rows[number] for number in numbers if number in rows]


def in_order_of_change(session: Session) -> list[str]:
    """All datasets, the one that was changed first at first: in this order their numbers say which is newest."""
    changed = func.coalesce(col(Dataset.changed_at), col(Dataset.created_at))
    return list(session.exec(select(Dataset.id).order_by(changed, col(Dataset.id))).all())


def is_complete(session: Session) -> bool:
    """Whether as many datasets are indexed as there are; fewer are after an upgrade from a version without search."""
    indexed, there = select(func.count()).select_from(Indexed), select(func.count()).select_from(Dataset)
    return session.exec(indexed).one() == session.exec(there).one()


def _add(session: Session, dataset: Dataset) -> tuple[str, str, str]:
    """Adds it under the next number; its audience, facets and phrases."""
    columns = select(DataItem.path, DataItem.title, DataItem.sensitivity, DataItem.about)
    items = [_Item(*row) for row in session.exec(columns.where(DataItem.dataset_id == dataset.id)).all()]
    facets = _facets(dataset, max((item.sensitivity for item in items), default=None))
    row = {
        "dataset_id": dataset.id,
        "audience": PUBLIC if dataset.state == DatasetState.PUBLISHED else dataset.department,
        "title": _sorted_by(dataset.title.get("zh") or dataset.title.get("en") or ""),
        "facets": "\n".join(f"{facet}={value}" for facet, value in facets),
        "phrases": "\n".join(_phrases(dataset)),
    }
    number = session.connection().execute(_KEEP, row).scalar_one()
    only_for = None if row["audience"] == PUBLIC else dataset.department
    engine.put(session, number, _fields(session, dataset, items), facets, only_for=only_for)
    return row["audience"], row["facets"], row["phrases"]


def _fields(session: Session, dataset: Dataset, items: Iterable[_Item]) -> dict[str, str]:
    department, about = session.get(Department, dataset.department), dataset.about
    texts: Mapping[str, Iterable[str | None]] = {
        "title": dataset.title.values(),
        "keywords": about.get("keywords", ()),
        "names": [
            *(dataset.slug, dataset.resource_code, about.get("category"), dataset.standard),
            *(department.name.values() if department else ()),
            *_standard(session, dataset),
        ],
        "items": [each for item in items for each in (item.path, *item.title.values(), *_texts(item.about))],
        "description": [*dataset.description.values(), *_texts(about), *(dataset.sharing_reason or {}).values()],
    }
    return {name: _joined(some) for name, some in texts.items()}


def _sorted_by(title: str) -> str:
    """Printable, so that a cursor can carry it."""
    return "".join(one for one in " ".join(tokens.fold(title).split()) if one.isprintable())[:200]


def _facets(dataset: Dataset, sensitivity: int | None) -> list[tuple[str, str]]:
    values: Mapping[str, Iterable[Any]] = {
        "theme": dataset.about.get("themes", ()),
        "department": (dataset.department,),
        "sharing_class": (dataset.sharing_class,),
        "update_cycle": (dataset.update_cycle,),
        "format": sorted({each.lower() for each in dataset.about.get("formats", ())}),
        "sensitivity": () if sensitivity is None else (str(sensitivity),),
        "state": (dataset.state,),
    }
    texts = ((facet, str(value).replace("\n", " ")) for facet in FACETS for value in values[facet])
    return list(dict.fromkeys(texts))


def _phrases(dataset: Dataset) -> list[str]:
    texts = (" ".join(each.split()) for each in (*dataset.title.values(), *dataset.about.get("keywords", ())))
    return list(dict.fromkeys(each for each in texts if each and len(each) <= _LONGEST_PHRASE))


def _standard(session: Session, dataset: Dataset) -> Iterable[str]:
    if dataset.standard is None:
        return ()
    found = versions.find(session, Standard, dataset.standard, dataset.standard_version)
    return found.name.values() if found else ()


def _texts(about: Mapping[str, Any]) -> Iterable[str]:
    for name in ("description", "source_system", "provenance"):
        yield from (about.get(name) or {}).values()


def _joined(texts: Iterable[str | None]) -> str:
    return f" {tokens.BARRIER} ".join(" ".join(words) for each in texts if each and (words := tokens.words(each)))


def _counted(audience: str, facets: str, phrases: str) -> Iterable[tuple[str, str, str, str]]:
    for line in facets.split("\n"):
        facet, _, value = line.partition("=")
        yield facet, value, value, audience
    yield from ((PHRASE, tokens.fold(phrase), phrase, audience) for phrase in phrases.split("\n") if phrase)


def _count(session: Session, tally: Counter[tuple[str, str, str, str]]) -> None:
    changes = [dict(zip((*_KEY, "amount"), (*key, amount), strict=True)) for key, amount in tally.items() if amount]
    if changes:
        engine.add_up(session, changes)
    fewer = [dict(zip((f"of_{name}" for name in _KEY), key, strict=True)) for key, n in tally.items() if n < 0]
    if fewer:
        session.connection().execute(_DROP, fewer)


_DOCUMENTS, _TALLY = (SQLModel.metadata.tables[table] for table in ("search_document", "search_tally"))
_KNOWN = _DOCUMENTS.select().where(_DOCUMENTS.c.dataset_id == bindparam("id"))
_FORGET = _DOCUMENTS.delete().where(_DOCUMENTS.c.number == bindparam("of_number"))
_KEEP = _DOCUMENTS.insert().returning(_DOCUMENTS.c.number)
_DROP = _TALLY.delete().where(*(_TALLY.c[name] == bindparam(f"of_{name}") for name in _KEY), _TALLY.c.amount <= 0)
