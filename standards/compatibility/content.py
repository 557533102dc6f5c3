"""Content models: a schema as the writer's side and as the reader's side of an exchange see it.

JSON Schema objects are open: what is not declared is allowed. An exchange drops undeclared members on the way, and who
reads ignores what it does not know. Both are said here as schemas, so that a verdict about them can be judged like any
other: `closed(writer)` accepts what may be sent, `opened(reader)` what can be read.
"""

from collections.abc import Iterable
from typing import Any

import orjson

from standards.compatibility.graph import Graph, Node
from standards.compatibility.keywords import IN_PLACE
from standards.dialect import LIST_OF_SCHEMAS, MAP_OF_SCHEMAS, ONE_SCHEMA, Path

_REST = ("additionalProperties", "unevaluatedProperties")
_ITEMS = ("prefixItems", "items", "unevaluatedItems", "contains")
_MAX_PLACES = 20_000
_LEFT_ALONE = frozenset({"not", "if", "contains", "propertyNames"})

Spelt = tuple[frozenset[str], frozenset[str]] | None
"""Names and patterns of what is declared for one value; None when anything is."""


def closed(schema: Any) -> Any:
    """The schema, accepting at each place that declares members only those that some part of it declares there.

    Declared is what stands in `properties`, `patternProperties`, `required` or a dependency of any schema that is
    applied to the value, also in an alternative that does not hold. Objects that declare nothing, and those that give
    undeclared members a schema of their own, stay as they are. Every value accepted by `schema` in which nothing
    undeclared is left is accepted. `schema` has been taken by Graph.
    """
    graph = Graph({"": schema})
    allowed = _Places(graph).allowed()
    written = orjson.loads(orjson.dumps(schema))
    for path, spelt in allowed.items():
        node = written
        for step in path:
            node = node[step]
        if spelt is not None and (spelt[0] or spelt[1]) and isinstance(node, dict):
            _restrict(node, spelt)
    return written


def _restrict(node: dict[str, Any], spelt: tuple[frozenset[str], frozenset[str]]) -> None:
    names, patterns = spelt
    only: dict[str, Any] = {"enum": sorted(names)} if names else {"pattern": sorted(patterns)[0]}
    if patterns and (names or len(patterns) > 1):
        only = {"anyOf": [*([{"enum": sorted(names)}] if names else []), *({"pattern": p} for p in sorted(patterns))]}
    if "propertyNames" in node:  # which others may refer to: it stays where it is
        node["allOf"] = [*node.get("allOf", ()), {"propertyNames": only}]
    else:
        node["propertyNames"] = only


class _Places:
    """Which schemas meet in one place of a value, and what is declared there.

    A schema can stand in several places; it is given what any of them declares.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._spelt: dict[tuple[Any, ...], Spelt] = {}
        self._roots: set[tuple[Any, ...]] = set()

    def allowed(self) -> dict[tuple[Any, ...], Spelt]:
        """By path, for each schema that begins a place."""
        start = (self._graph.root(""),)
        waiting: list[tuple[Node, ...]] = [start]
        seen: set[frozenset[Any]] = set()
        while waiting:
            place = waiting.pop()
            key = frozenset(node.path for node in place)
            if key in seen or not key:
                continue
            seen.add(key)
            if len(seen) > _MAX_PLACES:
                return {}
            together = list(self._together(place))
            spelt = self._declared(together)
            for node in together:
                self._spelt[node.path] = _joined(self._spelt[node.path], spelt) if node.path in self._spelt else spelt
            self._roots |= key
            waiting += self._below(together)
        return {path: self._spelt[path] for path in self._roots}

    def _together(self, place: Iterable[Node]) -> Iterable[Node]:
        seen: set[Any] = set()
        waiting = list(place)
        while waiting:
            node = waiting.pop()
            if node.path in seen:
                continue
            seen.add(node.path)
            yield node
            for keyword in IN_PLACE:
                waiting += self._graph.children(node, keyword)

    def _declared(self, together: list[Node]) -> Spelt:
        names: set[str] = set()
        patterns: set[str] = set()
        for node in together:
            schema = node.schema if isinstance(node.schema, dict) else {}
            if any(schema.get(keyword) not in (None, True, False, {}) for keyword in _REST):
                return None
            names.update(schema.get("properties", ()))
            patterns.update(schema.get("patternProperties", ()))
        if names or patterns:
            for node in together:
                names.update(_mentioned(node.schema))
        return frozenset(names), frozenset(patterns)

    def _below(self, together: list[Node]) -> list[tuple[Node, ...]]:
        """The places one step into the value: each member by name, all others, the items."""
        children = self._graph.children
        rest = [
            child for node in together for keyword in ("patternProperties", *_REST) for child in children(node, keyword)
        ]
        named: dict[str, list[Node]] = {}
        for node in together:
            for child in children(node, "properties"):
                named.setdefault(str(child.path[-1]), []).append(child)
        found = [tuple(rest + own) for own in named.values()]
        found.append(tuple(rest))
        found.append(tuple(child for node in together for keyword in _ITEMS for child in children(node, keyword)))
        return found


def _mentioned(schema: Any) -> set[str]:
    if not isinstance(schema, dict):
        return set()
    names = set(schema.get("required", ()))
    for name, needed in schema.get("dependentRequired", {}).items():
        names |= {name, *needed}
    return names | set(schema.get("dependentSchemas", ()))


def _joined(one: Spelt, other: Spelt) -> Spelt:
    """What is declared nowhere stays open, wherever else the schema stands."""
    if one is None or other is None or not any(one) or not any(other):
        return None
    return one[0] | other[0], one[1] | other[1]


def opened(schema: Any, *, defaults: bool = False) -> Any:
    """The schema without `additionalProperties: false` and `unevaluatedProperties: false`.

    Under `not`, `if` and `contains` it stays as it is: there, to accept more is to refuse more. With `defaults`,
    members that have a default which their own schema accepts are not required: the reader fills it in.
    """
    return _Opening(_filled(Graph({"": schema})) if defaults else {}).schema(schema, ())


def _filled(graph: Graph) -> dict[Path, set[str]]:
    found: dict[Path, set[str]] = {}
    for node in graph.nodes():
        for child in graph.children(node, "properties"):
            given = isinstance(child.schema, dict) and "default" in child.schema
            if given and graph.accepts(child, child.schema["default"]):
                found.setdefault(node.path, set()).add(str(child.path[-1]))
    return found


class _Opening:
    def __init__(self, filled: dict[Path, set[str]]) -> None:
        self._filled = filled

    def schema(self, schema: Any, at: Path) -> Any:
        if not isinstance(schema, dict):
            return schema
        made: dict[str, Any] = {}
        for keyword, value in schema.items():
            if keyword in _REST and value is False:
                continue
            made[keyword] = value if keyword in _LEFT_ALONE else self._below(keyword, value, (*at, keyword))
        if at in self._filled and "required" in made:
            made["required"] = [name for name in made["required"] if name not in self._filled[at]]
        return made

    def _below(self, keyword: str, value: Any, at: Path) -> Any:
        if keyword in ONE_SCHEMA:
            return self.schema(value, at)
        if keyword in LIST_OF_SCHEMAS and isinstance(value, list):
            return [self.schema(each, (*at, index)) for index, each in enumerate(value)]
        if (keyword in MAP_OF_SCHEMAS or keyword == "definitions") and isinstance(value, dict):
            return {name: self.schema(each, (*at, name)) for name, each in value.items()}
        if keyword == "components" and isinstance(value, dict):  # what an interface specification defines
            return {
                name: self._below("$defs", each, (*at, name)) if name == "schemas" else each
                for name, each in value.items()
            }
        return value
