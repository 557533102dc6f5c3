"""How much work one value can cause under a schema, so that none is published that a small value could hang.

Nested references multiply: twenty definitions that each name the next one twice mean a million checks of one string.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from standards.dialect import Path, children
from standards.validation import Finding, pointer

MAX_CHECKS = 5_000
_MAX_STEPS = 200_000
_LONGEST_CHAIN = 300
_LEVELS = 32  # of a value, enough to see a schema that contains itself multiply
_IN_PLACE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "propertyNames")
_HERE, _EACH_ITEM, _EVERY_MEMBER, _OTHER_MEMBER = object(), object(), object(), object()

# checks of the value itself and of what lies on the way to its worst leaf, by the step that leads there: a property
# name, an index, or one of the markers above. Only equal steps meet the same part of a value, so only they add up.
Checks = Counter[Any]


class _TooCostly(Exception):
    """Counting itself went too far, or a schema refers to itself without going into the value."""


def excessive(root: Any, places: Iterable[tuple[Path, Any]]) -> Iterator[Finding]:
    """A finding for each schema under which some value needs more than 5 000 checks from its root to one leaf.

    `places` are paths and schemas; `root` resolves their references.
    """
    count = _Count(root)
    for at, schema in places:
        try:
            cheap = _total(count.checks(schema, 0, 0)) <= MAX_CHECKS
        except (_TooCostly, LookupError):
            cheap = False
        if not cheap:
            expected = (
                f"at most {MAX_CHECKS} checks from the root to a leaf, and no reference that leads back to itself"
            )
            yield Finding(pointer(at), "$ref", expected)


def resolve(root: Any, ref: str) -> Any:
    """What a local reference (`#`, `#/$defs/name`) names; LookupError when there is nothing."""
    node = root
    for token in ref.removeprefix("#").split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        node = node[int(name)] if isinstance(node, list) and name.isdecimal() else node[name]
    return node


class _Count:
    """One count over one document, remembering what it counted."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._known: dict[tuple[int, int], Checks | None] = {}

    def checks(self, schema: Any, depth: int, chain: int) -> Checks:
        """Raises _TooCostly, and LookupError for a dangling reference."""
        if not isinstance(schema, dict):
            return Counter({_HERE: 1})
        key = (id(schema), depth)
        if key in self._known:
            known = self._known[key]
            if known is None:
                raise _TooCostly
            return known
        if len(self._known) > _MAX_STEPS or chain > _LONGEST_CHAIN:
            raise _TooCostly
        self._known[key] = None
        self._known[key] = counted = self._count(schema, depth, chain)
        if _total(counted) > 1_000 * MAX_CHECKS:
            raise _TooCostly
        return counted

    def _count(self, schema: Mapping[str, Any], depth: int, chain: int) -> Checks:
        found: Checks = Counter({_HERE: 1})
        if isinstance(schema.get("$ref"), str):
            found += self.checks(resolve(self._root, schema["$ref"]), depth, chain + 1)
        for keyword in _IN_PLACE:
            for _, child in children(keyword, schema[keyword]) if keyword in schema else ():
                found += self.checks(child, depth, chain + 1)
        if depth < _LEVELS:
            for step, child in _steps_into(schema):
                found[step] += _total(self.checks(child, depth + 1, chain + 1))
        return found


def _steps_into(schema: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    steps: list[tuple[Any, Any]] = [
        (path[0], child) for path, child in children("properties", schema.get("properties"))
    ]
    steps += [(_EVERY_MEMBER, child) for _, child in children("patternProperties", schema.get("patternProperties"))]
    steps += [(path[0], child) for path, child in children("prefixItems", schema.get("prefixItems"))]
    markers = {
        "additionalProperties": _OTHER_MEMBER,
        "unevaluatedProperties": _EVERY_MEMBER,
        "items": _EACH_ITEM,
        "contains": _EACH_ITEM,
        "unevaluatedItems": _EACH_ITEM,
    }
    return steps + [(marker, schema[keyword]) for keyword, marker in markers.items() if keyword in schema]


def _total(checks: Checks) -> int:
    markers = (_HERE, _EACH_ITEM, _EVERY_MEMBER, _OTHER_MEMBER)
    named = max((count for step, count in checks.items() if isinstance(step, str)), default=0)
    indexed = max((count for step, count in checks.items() if isinstance(step, int)), default=0)
    here, item, every, other = (checks[marker] for marker in markers)
    return here + max(indexed + item, every + named + other)
