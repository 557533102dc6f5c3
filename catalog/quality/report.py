"""The three numbers of a dataset, each with what pulls it down and how to mend it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from catalog.models import DataItem, Dataset, Service, UpdateCycle
from catalog.quality import observations
from catalog.quality.completeness import completeness
from catalog.quality.conformance import share
from catalog.quality.tallies import BOUNDS, UNMAPPED, Tally

MOST_SHOWN = 50
_CYCLES = {
    UpdateCycle.REAL_TIME: timedelta(hours=1),
    UpdateCycle.DAILY: timedelta(days=1),
    UpdateCycle.WEEKLY: timedelta(weeks=1),
    UpdateCycle.MONTHLY: timedelta(days=31),
    UpdateCycle.QUARTERLY: timedelta(days=92),
    UpdateCycle.HALF_YEARLY: timedelta(days=184),
    UpdateCycle.YEARLY: timedelta(days=366),
}
"""How old data of each declared cycle may be; irregular and never updated data is never too old."""
_LATE = {
    "zh": "数据早于所承诺的更新周期，请更新数据或改正更新周期",
    "en": "the data is older than the declared update cycle: update it, or correct the cycle",
}
_SILENT = {
    "zh": "数据提供方应答中没有Last-Modified，无法判断新鲜度，请在应答中给出",
    "en": "freshness is unknown, for the provider's replies carry no Last-Modified: send it",
}
_UNANSWERED = {
    "zh": "部分调用未得到数据提供方应答，请检查其系统与网络",
    "en": "the provider left calls unanswered: look after its system and network",
}
_MEND = {
    "zh": "该处的值不符合标准的这条规则，请在数据源更正，或在映射中处理",
    "en": "values at this place break this rule of the standard: mend them at the source, or in the mapping",
}
_MAP = {
    "zh": "出现了映射未收录的代码，请在代码对照中补充",
    "en": "codes came that the mapping does not know: add them to its crosswalk",
}


def report(
    session: Session, dataset: Dataset, items: Sequence[DataItem], now: datetime, days: int = 7
) -> dict[str, Any]:
    """`completeness`, `conformance` and `service_level` of the last `days` (1 to 90), and conformance `recently`:
    in this hour and the one before. Pointers and rules only, never a value."""
    tally, modified = seen(session, dataset, now - timedelta(days=days))
    recent, _ = seen(session, dataset, now - timedelta(hours=1))
    complete = completeness(dataset, items)
    return {
        "dataset": dataset.id,
        "days": days,
        "completeness": {
            "score": round(complete.score, 4),
            "points": [point.as_dict() for point in complete.points],
        },
        "conformance": {
            "standard": standard_of(dataset),
            **conformance(tally),
            "points": _points(tally),
            "recently": conformance(recent),
        },
        "service_level": _service_level(tally, modified, UpdateCycle(dataset.update_cycle), now),
        "suspended": dataset.suspended,
    }


def seen(session: Session, dataset: Dataset, since: datetime) -> tuple[Tally, datetime | None]:
    """What was counted of all services of the dataset under its present standard."""
    services = select(Service.id).where(col(Service.dataset_id) == dataset.id)
    return observations.seen(session, session.exec(services).all(), standard_of(dataset) or "", since)


def standard_of(dataset: Dataset) -> str | None:
    return None if dataset.standard is None else f"{dataset.standard}:{dataset.standard_version}"


def conformance(tally: Tally) -> dict[str, Any]:
    """`share` of `replies` that conformed (null without any), and the bounds of its 95 % interval."""
    found = share(tally.conforming, tally.conforming + tally.failing)
    return {
        "replies": found.total,
        "failing": tally.failing,
        "share": None if found.value is None else round(found.value, 4),
        "lower": round(found.lower, 4),
        "upper": round(found.upper, 4),
    }


def _points(tally: Tally) -> list[dict[str, Any]]:
    """Where replies failed and which codes no mapping knows, the most frequent first."""
    return [
        {"pointer": pointer, "rule": rule, "times": times, "fix": _MAP if rule == UNMAPPED else _MEND}
        for (pointer, rule), times in tally.points.most_common(MOST_SHOWN)
    ]


def _service_level(tally: Tally, modified: datetime | None, cycle: UpdateCycle, now: datetime) -> dict[str, Any]:
    available = share(tally.answered, tally.answered + tally.unanswered)
    allowed = _CYCLES.get(cycle)
    fresh = None if modified is None or allowed is None else now - modified <= allowed
    points = [_UNANSWERED] if tally.unanswered else []
    if fresh is False:
        points.append(_LATE)
    if modified is None and allowed is not None and tally.answered:
        points.append(_SILENT)
    return {
        "calls": available.total,
        "availability": None if available.value is None else round(available.value, 4),
        "lower": round(available.lower, 4),
        "p50_ms": _percentile(tally, 0.50),
        "p95_ms": _percentile(tally, 0.95),
        "update_cycle": cycle,
        "modified": None if modified is None else modified.isoformat(),
        "fresh": fresh,
        "points": [{"fix": point} for point in points],
    }


def _percentile(tally: Tally, share_below: float) -> float | None:
    """Milliseconds: the upper bound of the bucket in which the percentile lies; null without calls or beyond 10 s."""
    wanted, below = share_below * sum(tally.durations), 0
    if not wanted:
        return None
    for bound, count in zip(BOUNDS, tally.durations, strict=False):
        below += count
        if below >= wanted:
            return bound * 1000
    return None
