"""The search index made again, in pieces, so that memory stays bounded and progress is seen."""

from collections.abc import Callable
from datetime import datetime

from catalog.search import index
from exchange.unit_of_work import UnitsOfWork

PIECE = 500


def complete(units: UnitsOfWork, now: datetime) -> None:
    """Fills the index where datasets are missing in it, as after an upgrade from a version without search."""
    with units.begin("console", now) as work:
        whole = index.is_complete(work.session)
    if not whole:
        rebuild(units, now)


def rebuild(units: UnitsOfWork, now: datetime, report: Callable[[int, int], None] | None = None) -> int:
    """Empties the index and fills it again; how many datasets are in it. A search meanwhile finds a part of them."""
    with units.begin("console", now) as work:
        ids = index.in_order_of_change(work.session)
        index.clear(work.session)
    for start in range(0, len(ids), PIECE):
        with units.begin("console", now) as work:
            index.rebuild(work.session, ids[start : start + PIECE])
        if report is not None:
            report(min(start + PIECE, len(ids)), len(ids))
    with units.begin("console", now) as work:
        work.record("search.rebuilt", "catalog", datasets=len(ids))
    return len(ids)
