"""How many of the datasets that were found have which theme, department, sharing class …"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlmodel import Session, col, func, select

from catalog.search import engine
from catalog.search.engine import Wanted
from catalog.search.index import FACETS
from catalog.search.models import PUBLIC, Tally

MOST_VALUES = 100


class Facets(NamedTuple):
    """By facet, `(value, datasets)` from the most frequent down; estimated counts are not exact."""

    counts: dict[str, list[tuple[str, int]]]
    exact: bool


def count(session: Session, wanted: Wanted, total: int, most: int) -> Facets:
    """The facets of what is wanted; those of a facet that is filtered by, as if it were not.

    Counted exactly up to `most` datasets, beyond that estimated from about half as many.
    """
    filtered = {group[0][0]: {value for _, value in group} for group in wanted.facets}
    if not filtered and not wanted.alternatives:
        return Facets(_all(session, wanted), exact=True)
    counts, exact = _counted(session, wanted, total, most)
    if filtered:
        free, is_exact = _as_if_not_filtered(session, wanted._replace(facets=()), filtered, most)
        counts, exact = counts | free, exact and is_exact
    return Facets({facet: _sorted(counts[facet]) for facet in FACETS}, exact)


def _counted(session: Session, wanted: Wanted, total: int, most: int) -> tuple[dict[str, Counter[str]], bool]:
    one_in = _one_in(total, most)
    lines = Counter(engine.facets(session, wanted, one_in=one_in).split("\n"))
    counts: dict[str, Counter[str]] = {facet: Counter() for facet in FACETS}
    for line, amount in lines.items():
        facet, _, value = line.partition("=")
        if facet:
            counts[facet][value] = min(total, amount * one_in)
    return counts, one_in == 1


def _as_if_not_filtered(
    session: Session, free: Wanted, filtered: Mapping[str, set[str]], most: int
) -> tuple[dict[str, Counter[str]], bool]:
    """Each facet that is filtered by, among what has the wanted words and fits all the other filters."""
    if len(filtered) == 1 and not free.alternatives:
        return {facet: Counter(dict(_all(session, free)[facet])) for facet in filtered}, True
    total = engine.count(session, free)
    one_in = _one_in(total, most)
    counts: dict[str, Counter[str]] = {facet: Counter() for facet in filtered}
    for document in engine.facets(session, free, one_in=one_in).split("\n\n"):
        pairs = [line.split("=", 1) for line in document.split("\n") if line]
        unfit = {facet for facet in filtered if not any(a == facet and b in filtered[facet] for a, b in pairs)}
        if len(unfit) <= 1:  # fits all filters, or all but this one
            for facet, value in pairs:
                if facet in filtered and unfit <= {facet}:
                    counts[facet][value] += one_in
    return counts, one_in == 1


def _one_in(total: int, most: int) -> int:
    return 1 if total <= most else max(2, 2 * total // most)


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
