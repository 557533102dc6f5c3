"""What differs between two JSON documents, as a list a reader can go through. Pure.

Each difference is `{pointer, old, new}` with an RFC 6901 pointer into the newer document (into the older one for what
is gone); a side that is absent has no member. Lists of objects that all have the same `path` member are compared
member by member, so that an item that moved is no change of all items after it; other lists are compared whole.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Difference = dict[str, Any]
_ABSENT = object()
_LONGEST = 200


def between(old: Any, new: Any) -> list[Difference]:
    """Everything in which `new` differs from `old`, in the order of the documents."""
    return list(_compared("", old, new))


def clipped(found: Sequence[Difference], most: int = 100) -> list[Difference]:
    """The first `most` differences, long texts and deep values cut: for what is kept beside the documents."""
    return [
        {name: value if name == "pointer" else _short(value) for name, value in one.items()} for one in found[:most]
    ]


def merged(steps: Iterable[Iterable[Difference]]) -> list[Difference]:
    """Several steps as one: by pointer, the old value of the first and the new one of the last; no step back."""
    found: dict[str, Difference] = {}
    for step in steps:
        for one in step:
            before = found.get(one["pointer"], one)
            sides = {side: each[side] for side, each in (("old", before), ("new", one)) if side in each}
            found[one["pointer"]] = {"pointer": one["pointer"], **sides}
    return [one for one in found.values() if one.get("old", _ABSENT) != one.get("new", _ABSENT)]


def _compared(pointer: str, old: Any, new: Any) -> Iterator[Difference]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in dict.fromkeys([*old, *new]):
            yield from _compared(f"{pointer}/{_step(name)}", old.get(name, _ABSENT), new.get(name, _ABSENT))
    elif _keyed(old) and _keyed(new):
        yield from _members(pointer, old, new)
    elif old != new or type(old) is not type(new):
        sides = (("old", old), ("new", new))
        yield {"pointer": pointer, **{side: value for side, value in sides if value is not _ABSENT}}


def _members(pointer: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Difference]:
    before, after = ({each["path"]: (place, each) for place, each in enumerate(side)} for side in (old, new))
    for path in dict.fromkeys([*before, *after]):
        place = (after.get(path) or before[path])[0]
        sides = (side[path][1] if path in side else _ABSENT for side in (before, after))
        yield from _compared(f"{pointer}/{place}", *sides)


def _keyed(value: Any) -> bool:
    """Whether the list's members are told apart by `path`."""
    if not isinstance(value, list) or not all(isinstance(each, Mapping) and "path" in each for each in value):
        return False
    return len({each["path"] for each in value}) == len(value)


def _short(value: Any) -> Any:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) <= _LONGEST:
        return value
    return f"{text[: _LONGEST - 1]}…"


def _step(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
