"""How many of the datasets that were found have which theme, department, sharing class …"""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import orjson
from sqlalchemy import text
from sqlmodel import Session, col, func, select

from catalog.search import engine
from catalog.search.engine import Wanted
from catalog.search.index import FACETS
from catalog.search.models import PUBLIC, Tally

MOST_VALUES = 100
_LINES = text(
    "SELECT group_concat(facets, char(10) || char(10)) FROM search_document "
    "WHERE number IN (SELECT value FROM json_each(:numbers))"
)


class Facets(NamedTuple):
    """By facet, `(value, datasets)` from the most frequent down; estimated counts are not exact."""

    counts: dict[str, list[tuple[str, int]]]
    exact: bool


def count(session: Session, wanted: Wanted, numbers: Sequence[int], most: int) -> Facets:
    """The facets of what is wanted, all of which `numbers` are; those of a facet that is filtered by, as if it
    were not.

    Counted exactly up to `most` datasets, beyond that estimated from about half as many.
    """
    filtered = {group[0][0]: {value for _, value in group} for group in wanted.facets}
    if not filtered and not wanted.alternatives:
        return Facets(_all(session, wanted), exact=True)
    counts, exact = _counted(session, numbers, most)
    if filtered:
        free, is_exact = _as_if_not_filtered(session, wanted._replace(facets=()), filtered, most)
        counts, exact = counts | free, exact and is_exact
    return Facets({facet: _sorted(counts[facet]) for facet in FACETS}, exact)


def _counted(session: Session, numbers: Sequence[int], most: int) -> tuple[dict[str, Counter[str]], bool]:
    drawn = _drawn(numbers, most)
    each = len(numbers) / max(1, len(drawn))
    lines = Counter(_lines(session, drawn).split("\n"))
    counts: dict[str, Counter[str]] = {facet: Counter() for facet in FACETS}
    for line, amount in lines.items():
        facet, _, value = line.partition("=")
        if facet:
            counts[facet][value] = round(amount * each)
    return counts, len(drawn) == len(numbers)


def _as_if_not_filtered(
    session: Session, free: Wanted, filtered: Mapping[str, set[str]], most: int
) -> tuple[dict[str, Counter[str]], bool]:
    """Each facet that is filtered by, among what has the wanted words and fits all the other filters."""
    if len(filtered) == 1 and not free.alternatives:
        return {facet: Counter(dict(_all(session, free)[facet])) for facet in filtered}, True
    numbers = engine.numbers(session, free)
    drawn = _drawn(numbers, most)
    each = len(numbers) / max(1, len(drawn))
    counts: dict[str, Counter[str]] = {facet: Counter() for facet in filtered}
    fitting = {facet: {f"{facet}={value}" for value in values} for facet, values in filtered.items()}
    for document in _lines(session, drawn).split("\n\n"):
        lines = document.split("\n")
        unfit = [facet for facet, values in fitting.items() if values.isdisjoint(lines)]
        if len(unfit) <= 1:  # fits all filters, or all but this one
            for line in lines:
                facet, _, value = line.partition("=")
                if facet in (unfit or filtered):
                    counts[facet][value] += 1
    scaled = {facet: Counter({value: round(n * each) for value, n in found.items()}) for facet, found in counts.items()}
    return scaled, len(drawn) == len(numbers)


def _drawn(numbers: Sequence[int], most: int) -> Sequence[int]:
    """All, or half of `most` without a pattern, the same ones for the same hits."""
    if len(numbers) <= most:
        return numbers
    return random.Random(len(numbers)).sample(numbers, max(1, most // 2))  # noqa: S311 - a sample, no secret


def _lines(session: Session, numbers: Sequence[int]) -> str:
    """The lines `facet=value` of these documents, an empty line between two of them; one text, as it is read by the
    thousand."""
    return session.connection().execute(_LINES, {"numbers": orjson.dumps(numbers).decode()}).scalar() or ""


def _all(session: Session, wanted: Wanted) -> dict[str, list[tuple[str, int]]]:
    """Of everything that the viewer may see, as it was counted when it was indexed."""
    statement = select(Tally.kind, Tally.label, func.sum(Tally.amount)).where(col(Tally.kind).in_(FACETS))
    if wanted.departments is not None:
        statement = statement.where(col(Tally.audience).in_((PUBLIC, *wanted.departments)))
    counts: dict[str, Counter[str]] = {facet: Counter() for facet in FACETS}
    for kind, label, amount in session.exec(statement.group_by(Tally.kind, Tally.label)):
        counts[kind][label] = amount
    return {facet: _sorted(values) for facet, values in counts.items()}


def _sorted(values: Counter[str]) -> list[tuple[str, int]]:
    return _first(sorted(values.items(), key=lambda each: (-each[1], each[0])))


def _first(values: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return list(values)[:MOST_VALUES]
