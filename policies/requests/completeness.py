"""What a request lacks before anybody can answer it, all of it at once. Pure."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from policies import conditions
from policies.requests.models import Asked
from standards.validation import Finding

_NEEDED = {
    "bases": "使用依据 · at least one legal basis of the calling rule",
    "scenario": "使用场景 · what the data is for, in zh, en or both",
    "operations": "使用范围 · at least one operation of the service's interface",
    "purposes": "使用目的 · at least one purpose of the calling rule",
    "items": "使用范围 · at least one item of the dataset",
    "valid_from": "使用时限 · from when",
    "valid_until": "使用时限 · until when",
    "safeguards": "安全保障 · at least one promised safeguard",
    "contact": "联系方式 · a desk that answers questions",
}


def findings(
    asked: Asked, *, items: Collection[str], operations: Collection[str], has_quota: bool, now: datetime
) -> list[Finding]:
    """Everything that is missing, or that names what the dataset and its interface do not have.

    `items` are the paths that can be shared, `operations` those of the interface; `has_quota` says that the calling
    rule bounds calls, so that the request has to say how many it wants.
    """
    return [
        *(Finding(f"/{name}", "missing", need) for name, need in _NEEDED.items() if _empty(getattr(asked, name))),
        *_quota(asked, has_quota),
        *_duration(asked, now),
        *_known("items", asked.items, items, "使用范围 · an item of the dataset that can be shared"),
        *_known("operations", asked.operations, operations, "使用范围 · an operationId of the service's interface"),
        *_rows(asked.row_filter, items),
    ]


def _empty(value: Any) -> bool:
    return not value or (isinstance(value, str) and not value.strip())


def _quota(asked: Asked, has_quota: bool) -> Iterator[Finding]:
    if has_quota and asked.quota is None:
        yield Finding("/quota", "missing", "调用次数 · how many calls are wanted: the calling rule bounds them")


def _duration(asked: Asked, now: datetime) -> Iterator[Finding]:
    if asked.valid_until is not None:
        if asked.valid_until <= now:
            yield Finding("/valid_until", "future", "使用时限 · a moment that is still to come")
        if asked.valid_from is not None and asked.valid_until <= asked.valid_from:
            yield Finding("/valid_until", "order", "使用时限 · a moment after valid_from")


def _known(name: str, claimed: list[str], known: Collection[str], expected: str) -> Iterator[Finding]:
    for index, word in enumerate(claimed):
        if word not in known:
            yield Finding(f"/{name}/{index}", "known", expected)


def _rows(condition: Any, items: Collection[str]) -> list[Finding]:
    found: list[Finding] = []
    if condition is not None:
        conditions.compile_condition(condition, items, found)
    return found
