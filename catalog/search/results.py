"""What is shown of the datasets that were found: beside each, where the words stand in it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Text, cast
from sqlmodel import Session, col, select

from catalog.models import DataItem, Dataset
from catalog.search import highlights, tokens
from catalog.search.engine import Phrase

MOST_KEYWORDS = 5
MOST_ITEMS = 5


def highlighted(
    session: Session, rows: Sequence[Dataset], phrases: Sequence[Phrase]
) -> dict[str, list[dict[str, Any]]]:
    """By dataset, `{pointer, text, marks}` for each text of its registration in which a phrase stands.

    `pointer` is the text's place (RFC 6901), of an item `/items/<path>/title/<language>`; `text` an excerpt of it.
    """
    if not phrases:
        return {row.id: [] for row in rows}
    items = _items(session, [row.id for row in rows])
    return {row.id: [*_of_dataset(row, phrases), *_of_items(items.get(row.id, ()), phrases)] for row in rows}


def _of_dataset(row: Dataset, phrases: Sequence[Phrase]) -> Iterable[dict[str, Any]]:
    for name, texts in (("title", row.title), ("description", row.description)):
        for language, text in texts.items():
            yield from _marked(f"/{name}/{language}", text, phrases)
    keywords = [(f"/keywords/{at}", keyword) for at, keyword in enumerate(row.about.get("keywords", ()))]
    found = [each for pointer, keyword in keywords for each in _marked(pointer, keyword, phrases)]
    yield from found[:MOST_KEYWORDS]


def _of_items(items: Iterable[tuple[str, Mapping[str, str]]], phrases: Sequence[Phrase]) -> Iterable[dict[str, Any]]:
    amount, items = 0, list(items)
    whole = tokens.fold("\n".join(text for path, title in items for text in (path, *title.values())))
    if not any(phrase.tokens[0] in whole for phrase in phrases):
        return  # of most datasets no item: to look at each of them would cost as much as the search
    for path, title in items:
        texts = [(f"/items/{path}/title/{language}", text) for language, text in title.items()]
        found = [each for pointer, text in texts for each in _marked(pointer, text, phrases)]
        found = found or list(_marked(f"/items/{path}/path", path, phrases))
        yield from found
        amount += bool(found)
        if amount == MOST_ITEMS:
            return


def _marked(pointer: str, text: str, phrases: Sequence[Phrase]) -> Iterable[dict[str, Any]]:
    marks = highlights.marks(text, phrases)
    if marks:
        yield {"pointer": pointer, **highlights.excerpt(text, marks)}


def _items(session: Session, ids: Sequence[str]) -> dict[str, list[tuple[str, Mapping[str, str]]]]:
    columns = select(DataItem.dataset_id, DataItem.path, cast(DataItem.title, Text))  # hundreds: orjson reads them
    found: dict[str, list[tuple[str, Mapping[str, str]]]] = {}
    for id, path, title in session.exec(columns.where(col(DataItem.dataset_id).in_(ids)).order_by(col(DataItem.id))):
        found.setdefault(id, []).append((path, orjson.loads(title)))
    return found
