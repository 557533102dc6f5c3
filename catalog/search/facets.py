"""How many of the datasets that were found have which theme, department, sharing class …"""

from collections import Counter
from collections.abc import Iterable
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

    Counted exactly up to `most` datasets, beyond that estimated from about as many.
    """
    filtered = {group[0][0]: group for group in wanted.facets}
    if not filtered and not wanted.alternatives:
        return Facets(_all(session, wanted), exact=True)
    common, exact = _counted(session, wanted, total, most)
    counts = {facet: _sorted(values) for facet, values in common.items()}
    for facet, group in filtered.items():
        rest = tuple(other for other in wanted.facets if other is not group)
        without = wanted._replace(facets=rest)
        if not rest and not without.alternatives:
            counts[facet] = _all(session, without)[facet]
            continue
        values, is_exact = _counted(session, without, engine.count(session, without), most)
        counts[facet], exact = _sorted(values[facet]), exact and is_exact
    return Facets(counts, exact)


def _counted(session: Session, wanted: Wanted, total: int, most: int) -> tuple[dict[str, Counter[str]], bool]:
    exact, one_in = total <= most, max(1, -(-total // most))
    lines = Counter(engine.facets(session, wanted, one_in=one_in))
    counts: dict[str, Counter[str]] = {facet: Counter() for facet in FACETS}
    for line, amount in lines.items():
        facet, _, value = line.partition("=")
        counts[facet][value] = amount if exact else min(total, amount * one_in)
    return counts, exact


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
