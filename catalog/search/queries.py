"""Finding datasets: words and filters in, a page of datasets with marks, facets and suggestions out.

Work is bounded however many datasets there are: the index is gone through once for the numbers of all hits, from
which the rest follows; the order of relevance is that of at most `CANDIDATES` hits; facets are counted exactly up to
`COUNTED` hits, beyond that estimated from half as many, drawn from all of them.

ValueError
├── Unsearchable    (catalog.search.words)
└── InvalidCursor   (standards.paging)
"""

import base64
import json
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, select

from catalog.models import Dataset
from catalog.search import engine, facets, suggestions, words
from catalog.search.engine import Wanted
from catalog.search.models import Indexed
from standards import paging

CANDIDATES = 1_000
COUNTED = 2_000


class Sort(StrEnum):
    RELEVANCE = "relevance"
    NEWEST = "newest"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class Query:
    """`filters` are values by facet: one of each facet's values must be there.

    `departments` may find what is not published in their own; None finds everything, as operators may.
    """

    text: str = ""
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sort: Sort = Sort.RELEVANCE
    departments: Sequence[str] | None = ()
    limit: int = 20
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A page. `total` is exact; `taken_apart` says that the words were found only when taken apart, as `phrases`."""

    datasets: list[Dataset]
    phrases: tuple[engine.Phrase, ...]
    total: int
    taken_apart: bool
    facets: facets.Facets
    suggestions: list[str]
    following: str | None


def search(session: Session, query: Query) -> Found:
    """Raises Unsearchable, InvalidCursor. By relevance there are at most `CANDIDATES` datasets on all pages."""
    wanted, found, taken_apart = _wanted(session, query)
    numbers, following = _page(session, query, wanted, found)
    rows = _datasets(session, numbers)
    return Found(
        datasets=rows,
        phrases=tuple(dict.fromkeys(phrase for way in wanted.alternatives for phrase in way)),
        total=len(found),
        taken_apart=taken_apart,
        facets=facets.count(session, wanted, found, COUNTED),
        suggestions=suggestions.near(session, query.text, query.departments) if not found else [],
        following=following,
    )


def _wanted(session: Session, query: Query) -> tuple[Wanted, list[int], bool]:
    """What to look for, the numbers of all that there is of it, and whether its words had to be taken apart."""
    phrases = words.parse(query.text)
    groups = [tuple((facet, value) for value in values) for facet, values in query.filters.items() if values]
    departments = None if query.departments is None else tuple(query.departments)
    wanted = Wanted((phrases,) if phrases else (), tuple(groups), departments)
    found = engine.numbers(session, wanted)
    if found or not phrases:
        return wanted, found, False
    apart = words.relaxed(query.text)
    if not apart:
        return wanted, [], False
    loose = wanted._replace(alternatives=apart)
    found = engine.numbers(session, loose)
    return (loose, found, True) if found else (wanted, [], False)


def _page(session: Session, query: Query, wanted: Wanted, numbers: list[int]) -> tuple[list[int], str | None]:
    size = min(max(query.limit, 1), paging.LARGEST)
    sort = Sort.NEWEST if query.sort is Sort.RELEVANCE and not wanted.alternatives else query.sort
    after = None if query.cursor is None else _read(query.cursor, sort)
    if not numbers:
        return [], None
    found = _ORDERS[sort](session, wanted, numbers, size + 1, after)
    following = _write(sort, found[size - 1]) if len(found) > size else None
    return [number for _, number in found[:size]], following


Place = tuple[Any, int]
"""Where a dataset stands in the order: the key of the order, and its number."""


def _by_relevance(session: Session, wanted: Wanted, numbers: list[int], size: int, after: Place | None) -> list[Place]:
    hits = engine.best(session, wanted, CANDIDATES, among=numbers)
    if after is not None:
        hits = [hit for hit in hits if (-hit.score, -hit.number) > (-after[0], -after[1])]
    return [(hit.score, hit.number) for hit in hits[:size]]


def _by_number(session: Session, wanted: Wanted, numbers: list[int], size: int, after: Place | None) -> list[Place]:
    end = len(numbers) if after is None else bisect_left(numbers, after[1])
    return [(0, number) for number in reversed(numbers[max(0, end - size) : end])]


def _by_title(session: Session, wanted: Wanted, numbers: list[int], size: int, after: Place | None) -> list[Place]:
    if len(numbers) > COUNTED:
        return [(title, number) for number, title in engine.by_title(session, wanted, size, after=after)]
    found: list[Place] = []
    for some in paging.portions(numbers):
        named = select(Indexed.title, Indexed.number).where(col(Indexed.number).in_(some))
        found += [(title, number or 0) for title, number in session.exec(named)]
    return sorted(place for place in found if after is None or place > after)[:size]


_ORDERS = {Sort.RELEVANCE: _by_relevance, Sort.NEWEST: _by_number, Sort.TITLE: _by_title}


def _datasets(session: Session, numbers: Sequence[int]) -> list[Dataset]:
    if not numbers:
        return []
    joined = select(Indexed.number, Dataset).join(Dataset, col(Dataset.id) == Indexed.dataset_id)
    rows = dict(session.exec(joined.where(col(Indexed.number).in_(numbers))).all())
    return [rows[number] for number in numbers if number in rows]


def _write(sort: Sort, place: Place) -> str:
    return base64.urlsafe_b64encode(json.dumps([sort, *place]).encode()).decode().rstrip("=")


def _read(cursor: str, sort: Sort) -> Place:
    try:
        named, key, number = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
    except (ValueError, TypeError, RecursionError):
        raise paging.InvalidCursor from None
    kind = str if sort is Sort.TITLE else (int, float)
    if named != sort or type(number) is not int or not 0 <= number < 2**62 or not isinstance(key, kind):
        raise paging.InvalidCursor
    if isinstance(key, str) and not key.isprintable():
        raise paging.InvalidCursor
    return key, number
