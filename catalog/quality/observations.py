"""What live traffic showed of a service: stored by the hour, summed up when asked, forgotten after 90 days."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from sqlmodel import Session, col, delete, select

from catalog.quality.models import Observation, ObservedPoint
from catalog.quality.tallies import Tally

KEPT = timedelta(days=90)
_COUNTS = ("answered", "unanswered", "conforming", "failing")


def add(session: Session, taken: Mapping[tuple[str, str], Tally], now: datetime) -> None:
    """Adds to the counts of the hour. The caller's transaction holds the database, so nothing is counted twice."""
    hour = hour_of(now)
    for (service, standard), tally in taken.items():
        row = session.get(Observation, (service, standard, hour))
        if row is None:
            row = Observation(
                service_id=service, standard=standard, hour=hour, durations=[0] * len(tally.durations),
                answered=0, unanswered=0, conforming=0, failing=0,
            )  # fmt: skip
        for name in _COUNTS:
            setattr(row, name, getattr(row, name) + getattr(tally, name))
        row.durations = [old + new for old, new in zip(row.durations, tally.durations, strict=True)]
        row.modified_at = _modified(tally.modified, now) or row.modified_at
        session.add(row)
        _add_points(session, tally, {"service_id": service, "standard": standard, "hour": hour})
    session.flush()


def _add_points(session: Session, tally: Tally, key: dict[str, Any]) -> None:
    for (pointer, rule), times in tally.points.items():
        point = session.get(ObservedPoint, (*key.values(), pointer, rule))
        if point is None:
            point = ObservedPoint(**key, pointer=pointer, rule=rule, times=0)
        point.times += times
        session.add(point)


def forget(session: Session, now: datetime) -> None:
    """Drops what is older than 90 days."""
    for table in (Observation, ObservedPoint):
        session.exec(delete(table).where(col(table.hour) < now - KEPT))


def seen(session: Session, service_ids: Iterable[str], standard: str, since: datetime) -> tuple[Tally, datetime | None]:
    """The counts of these services under one version of the standard since an hour, and the newest Last-Modified."""
    ids, total, modified = list(service_ids), Tally(), None
    hours = select(Observation).where(
        col(Observation.service_id).in_(ids),
        Observation.standard == standard,
        col(Observation.hour) >= hour_of(since),
    )
    for row in session.exec(hours.order_by(col(Observation.hour))).all():
        for name in _COUNTS:
            setattr(total, name, getattr(total, name) + getattr(row, name))
        total.durations = [old + new for old, new in zip(total.durations, row.durations, strict=True)]
        modified = max(filter(None, (modified, row.modified_at)), default=None)
    points = select(ObservedPoint).where(
        col(ObservedPoint.service_id).in_(ids),
        ObservedPoint.standard == standard,
        col(ObservedPoint.hour) >= hour_of(since),
    )
    for point in session.exec(points).all():
        total.points[point.pointer, point.rule] += point.times
    return total, modified


def hour_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _modified(header: bytes, now: datetime) -> datetime | None:
    """When the provider says its data was last changed (RFC 9110 §8.8.2); None when it says nothing sensible."""
    try:
        said = parsedate_to_datetime(header.decode("ascii"))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    said = said if said.tzinfo else said.replace(tzinfo=UTC)
    return said.astimezone(UTC) if said <= now + timedelta(minutes=5) else None
