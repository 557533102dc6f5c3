"""What changed between two documents: added, removed, changed, each with its place. Pure.

Lists in which order means nothing (`required`, `enum`, `type`, what `dependentRequired` names) are compared as sets,
all others place by place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice, zip_longest
from typing import Any

import orjson

from standards.validation import pointer

MOST = 2_000
_UNORDERED = frozenset({"required", "enum", "type", "dependentRequired"})
_ABSENT = object()

Path = tuple[str | int, ...]


class Change(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One change; `pointer` is a JSON Pointer (RFC 6901), into the old document for what was removed."""

    change: Change
    pointer: str
    old: Any = None
    new: Any = None

    def as_dict(self) -> dict[str, Any]:
        """Without `old` where something was added, without `new` where it was removed."""
        shown: dict[str, Any] = {"change": self.change.value, "pointer": self.pointer}
        if self.change is not Change.ADDED:
            shown["old"] = self.old
        if self.change is not Change.REMOVED:
            shown["new"] = self.new
        return shown


def between(old: Any, new: Any, most: int = MOST) -> list[Difference]:
    """The differences of two JSON values in the order of the old one's members, the first `most` of them."""
    return list(islice(_between(old, new), most))


def _between(old: Any, new: Any) -> Iterator[Difference]:
    waiting: list[tuple[Path, Any, Any]] = [((), old, new)]
    while waiting:
        path, was, now = waiting.pop()
        if was is _ABSENT:
            yield Difference(Change.ADDED, pointer(path), new=now)
        elif now is _ABSENT:
            yield Difference(Change.REMOVED, pointer(path), old=was)
        elif isinstance(was, dict) and isinstance(now, dict):
            names = dict.fromkeys([*was, *now])
            below = [((*path, name), was.get(name, _ABSENT), now.get(name, _ABSENT)) for name in names]
            waiting.extend(reversed(below))
        elif isinstance(was, list) and isinstance(now, list):
            if _unordered(path):
                yield from _as_sets(path, was, now)
            else:
                both = enumerate(zip_longest(was, now, fillvalue=_ABSENT))
                waiting.extend(reversed([((*path, index), one, other) for index, (one, other) in both]))
        elif not _same(was, now):
            yield Difference(Change.CHANGED, pointer(path), was, now)


def _unordered(path: Path) -> bool:
    """Whether the list stands under a keyword; `properties` may bear the same names."""
    under = [step for step in path[-2:] if isinstance(step, str)]
    return bool(under) and (under[-1] in _UNORDERED or under[0] == "dependentRequired")


def _as_sets(path: Path, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Difference]:
    had, has = ({_key(value): index for index, value in enumerate(values)} for values in (old, new))
    for key, index in had.items():
        if key not in has:
            yield Difference(Change.REMOVED, pointer((*path, index)), old=old[index])
    for key, index in has.items():
        if key not in had:
            yield Difference(Change.ADDED, pointer((*path, index)), new=new[index])


def _same(one: Any, other: Any) -> bool:
    """Equality of JSON: true is not 1, but 1.0 is 1 (RFC 8259 knows numbers only)."""
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def _key(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
