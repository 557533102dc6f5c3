"""Which published datasets surely conform least: the list that an operator reads first."""

import re
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from catalog.models import Dataset, DatasetState, Service
from catalog.quality import observations
from catalog.quality.conformance import share
from catalog.quality.models import Observation
from standards import paging


def worst(
    session: Session,
    now: datetime,
    days: int,
    *,
    department: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """Datasets that were called, by the lower bound of their conformance, and the cursor of the next page.

    Raises standards.paging.InvalidCursor.
    """
    after = _read(cursor)
    since = observations.hour_of(now - timedelta(days=days))
    statement = (
        select(
            Dataset.id,
            func.sum(Observation.conforming),
            func.sum(Observation.failing),
            func.sum(Observation.unanswered),
        )
        .join(Service, col(Service.dataset_id) == Dataset.id)
        .join(Observation, col(Observation.service_id) == Service.id)
        .where(
            Dataset.state == DatasetState.PUBLISHED,
            Observation.standard == col(Dataset.standard) + ":" + col(Dataset.standard_version),
            col(Observation.hour) >= since,
        )
        .group_by(col(Dataset.id))
    )
    if department is not None:
        statement = statement.where(Dataset.department == department)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for id, *sums in session.exec(statement).all():
        counts[id] = [int(each or 0) for each in sums]
    rows = [_row(id, *numbers) for id, numbers in counts.items()]
    found = [row for row in sorted(rows, key=_place) if after is None or _place(row) > after]
    return found[:limit], "{}:{}".format(*_place(found[limit - 1])) if len(found) > limit else None


def _place(row: dict[str, Any]) -> tuple[float, str]:
    return row["lower"], row["dataset"]


def _read(cursor: str | None) -> tuple[float, str] | None:
    if cursor is None:
        return None
    lower, colon, id = cursor.partition(":")
    if not colon or not re.fullmatch(r"[01]\.[0-9]{1,4}", lower):
        raise paging.InvalidCursor
    return float(lower), id


def _row(id: str, conforming: int, failing: int, unanswered: int) -> dict[str, Any]:
    seen = share(conforming, conforming + failing)
    return {
        "dataset": id,
        "replies": seen.total,
        "failing": failing,
        "share": None if seen.value is None else round(seen.value, 4),
        "lower": round(seen.lower, 4),
        "unanswered": unanswered,
    }
