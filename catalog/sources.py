"""One element, one source (一数一源): which dataset is the source of a data element, and where two claim to be.

An item that is marked `authoritative` says that its dataset is the one source of the item's element. Two departments
that say so of the same element are reported; so is a form that asks people for what a dataset has already.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field as Shape
from pydantic import model_validator
from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, func, select

from catalog.models import DataItem, Dataset, DatasetDraft, DatasetState, SharingClass
from catalog.search import engine, highlights, index, tokens, words
from standards import paging
from standards.models import SLUG, DataElement, Draft
from standards.validation import Finding

MOST = 100
"""Sources of one element, or of one asked item, that are shown."""
_CANDIDATES = 20


@dataclass(frozen=True, slots=True)
class Source:
    """An item that holds an element, and its dataset."""

    item: DataItem
    dataset: Dataset


class AskedItem(Draft):
    """One item that a form asks for: a data element by its slug, or a text such as the label beside the field."""

    element: str | None = Shape(default=None, pattern=SLUG, max_length=64)
    text: str | None = Shape(default=None, min_length=1, max_length=words.LONGEST)

    @model_validator(mode="after")
    def _one_of_them(self) -> "AskedItem":
        if (self.element is None) == (self.text is None):
            raise ValueError("give either the slug of a data element, or a text")
        return self


class Form(Draft):
    """What a form asks of people or companies."""

    items: list[AskedItem] = Shape(min_length=1, max_length=200)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known already of one asked item: the sources that hold it, the authoritative one first."""

    asked: AskedItem
    sources: list[Source]

    @property
    def can_be_shared(self) -> bool:
        return any(is_shared(source) for source in self.sources)


def of_element(session: Session, element: str, departments: Collection[str] | None = ()) -> list[Source]:
    """Items that hold the element, authoritative ones first; of what is not published, those of `departments` only."""
    statement = select(DataItem, Dataset).join(Dataset, col(Dataset.id) == DataItem.dataset_id)
    statement = statement.where(DataItem.element == element, *_visible(departments))
    rows = session.exec(statement.order_by(col(DataItem.authoritative).desc(), col(Dataset.id)).limit(MOST)).all()
    return [Source(item, dataset) for item, dataset in rows]


def contested(
    session: Session, departments: Collection[str] | None = (), *, limit: int = 50, cursor: str | None = None
) -> tuple[list[str], str | None]:
    """Elements of which more than one department says to be the source, by slug. Raises paging.InvalidCursor."""
    first = (
        select(func.min(col(DataItem.id)))
        .join(Dataset, col(Dataset.id) == DataItem.dataset_id)
        .where(col(DataItem.authoritative).is_(True), col(DataItem.element).is_not(None), *_visible(departments))
        .where(Dataset.state != DatasetState.WITHDRAWN)
        .group_by(col(DataItem.element))
        .having(func.count(func.distinct(Dataset.department)) > 1)
    )
    statement = select(DataItem).where(col(DataItem.id).in_(first))
    rows, following = paging.page(session, statement, [col(DataItem.element)], limit=limit, cursor=cursor)
    return [row.element or "" for row in rows], following


def warnings(session: Session, draft: DatasetDraft) -> list[Finding]:
    """Each item of the draft that claims an element which another dataset is the source of already.

    A dataset that is not published is not named, for the draft's steward may not see it.
    """
    id, found = f"{draft.department}/{draft.slug}", list[Finding]()
    for at, item in enumerate(draft.items):
        if item.element is None or not item.authoritative:
            continue
        for other in of_element(session, item.element, None):
            if claims(other) and other.dataset.id != id:
                found.append(Finding(f"/items/{at}/authoritative", "once-only", _instead(draft, other)))
    return found


def known(session: Session, form: Form) -> list[Known]:
    """For each item of the form, where published datasets hold it already. Raises words.Unsearchable."""
    named = {
        tokens.fold(name): slug
        for slug, names in session.exec(select(DataElement.slug, DataElement.name).distinct())
        for name in names.values()
    }
    return [Known(asked, _holding(session, asked, named)) for asked in form.items]


def claims(source: Source) -> bool:
    """Whether it says to be the one source of its element; what is withdrawn says so no more."""
    return source.item.authoritative and source.dataset.state != DatasetState.WITHDRAWN


def is_shared(source: Source) -> bool:
    """Whether others may have it at all: neither its dataset nor the item itself is not shared."""
    return SharingClass.NOT_SHARED not in (source.dataset.sharing_class, source.item.sharing_class)


def _holding(session: Session, asked: AskedItem, named: Mapping[str, str]) -> list[Source]:
    """By element; a text that is the name of an element stands for it, beside the items that are called so."""
    if asked.element is not None:
        return of_element(session, asked.element)
    text = asked.text or ""
    element, phrases = named.get(tokens.fold(text.strip())), words.parse(text)
    found = of_element(session, element) if element else []
    hits = engine.best(session, engine.Wanted((phrases,)), _CANDIDATES, fields="items")
    ids = {source.item.id for source in found}
    more = _matching(session, index.identified(session, [hit.number for hit in hits]), phrases)
    return [*found, *(source for source in more if source.item.id not in ids)][:MOST]


def _matching(session: Session, ids: Sequence[str], phrases: Sequence[engine.Phrase]) -> list[Source]:
    """Items of these datasets in one of whose names all phrases stand."""
    statement = select(DataItem, Dataset).join(Dataset, col(Dataset.id) == DataItem.dataset_id)
    rows = session.exec(statement.where(col(DataItem.dataset_id).in_(ids)).order_by(col(DataItem.id))).all()
    found = [Source(item, dataset) for item, dataset in rows if _stand(item, phrases)]
    place = {id: at for at, id in enumerate(ids)}
    return sorted(found, key=lambda source: (not source.item.authoritative, place[source.dataset.id]))


def _stand(item: DataItem, phrases: Iterable[engine.Phrase]) -> bool:
    names = (item.path, *item.title.values())
    return any(all(highlights.marks(name, (phrase,)) for phrase in phrases) for name in names)


def _visible(departments: Collection[str] | None) -> list[ColumnElement[bool]]:
    if departments is None:
        return []
    return [or_(col(Dataset.state) == DatasetState.PUBLISHED, col(Dataset.department).in_(sorted(departments)))]


def _instead(draft: DatasetDraft, other: Source) -> str:
    if other.dataset.state != DatasetState.PUBLISHED and other.dataset.department != draft.department:
        return "one source for each element: another department is about to register this one, ask an operator"
    return f"one source for each element: {other.dataset.id} ({other.item.path}) is that of {other.item.element}"
