"""Values that some schemas accept: the simplest, and those at the edges. Built from the facts, confirmed by the judge.

Nothing is complete here and nothing needs to be: a value that is shown was accepted by the validator.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, islice, product
from math import ceil, floor
from typing import Any, Final

from standards.compatibility import parts
from standards.compatibility.facts import Conj, Facts
from standards.compatibility.graph import Node, canonical
from standards.compatibility.prover import Prover
from standards.compatibility.texts import texts_of

_MAX_DEPTH = 8
_MAX_LENGTH = 400
_PER_PLACE = 12
_TRIED = 60
_FORMATTED: Final = (
    "2026-11-22", "2026-11-22T08:00:00Z", "a@b.example", "urn:a", "00000000-0000-4000-8000-000000000000",
    "11010519491231002X", "91350100M000100Y43", "310115", "13800000000",
)  # fmt: skip
_TEXTS: Final = ("", "a", "A", "0", "ab", "AB", "12", "abc", "ABC", "123", "000000", "张", " ", "-", "a b")


class Samples:
    """Values for conjunctions over one graph; texts and numbers that either schema mentions are tried as well."""

    def __init__(self, prover: Prover) -> None:
        self._prover = prover
        self._graph = prover.graph
        self.texts, self.numbers, self.names, self.counts = _mentioned(prover.graph.nodes())
        self._made: dict[Any, list[Any]] = {}

    def of(self, conj: Conj, depth: int = 0, limit: int = _PER_PLACE) -> list[Any]:
        """Some values of `conj`, different ones, at most `limit`. Raises TooMuch."""
        key = (conj.key, min(depth, _MAX_DEPTH))
        if key not in self._made or len(self._made[key]) < limit:
            self._made[key] = []  # a schema that contains itself finds nothing here while it is being sampled
            self._made[key] = list(islice(self._fitting(conj, depth, limit), limit))
        return self._made[key]

    def _fitting(self, conj: Conj, depth: int, limit: int) -> Iterator[Any]:
        seen: set[bytes] = set()
        for value in islice(self._raw(conj, depth), _TRIED * max(1, limit // _PER_PLACE)):
            key = canonical(value)
            if key not in seen and self._prover.belongs(conj, value):
                seen.add(key)
                yield value

    def _raw(self, conj: Conj, depth: int) -> Iterator[Any]:
        facts = self._prover.facts(conj)
        if facts.listed is not None:
            yield from facts.listed
            return
        streams = [self._of_type(facts, kind, depth) for kind in sorted(facts.types, key=_ORDER.index)]
        yield from _in_turn(streams)
        for choice in facts.choices if depth < _MAX_DEPTH else ():
            yield from _in_turn([iter(self.of(case, depth + 1, 6)) for case in choice.cases()])

    def _of_type(self, facts: Facts, kind: str, depth: int) -> Iterator[Any]:
        if kind == "null":
            yield None
        elif kind == "boolean":
            yield from (True, False)
        elif kind in ("integer", "fraction"):
            yield from self._number(facts, kind)
        elif kind == "string":
            yield from self._text(facts)
        elif depth < _MAX_DEPTH:
            yield from self._list(facts, depth) if kind == "array" else self._object(facts, depth)

    def _number(self, facts: Facts, kind: str) -> Iterator[Any]:
        edges = [each[0] for each in (facts.lower, facts.upper) if each is not None]
        for step in facts.multiples[:3]:
            edges += [floor(edge / step) * step for edge in list(edges)] + [ceil(edge / step) * step for edge in edges]
            edges += [step, -step, 2 * step, 3 * step]
        wholes = [n for edge in edges for n in (floor(edge) - 1, floor(edge), ceil(edge), ceil(edge) + 1)]
        tried: Iterable[Any] = chain(wholes, edges, self.numbers, (0, 1, -1, 7, 100, 1000, -1000, 123456))
        for number in tried:
            if abs(number) > 2**53:
                yield float(number)
            else:
                between = (float(number) + more for more in (0.5, 0, -0.25, 0.25, 1e-6, -1e-6))
                yield from between if kind == "fraction" else (floor(number),)

    def _text(self, facts: Facts) -> Iterator[str]:
        least, most = facts.bounds.get("minLength", 0), facts.bounds.get("maxLength")
        if least <= _MAX_LENGTH:
            yield "a" * least
        if most is not None and most <= _MAX_LENGTH:
            yield "a" * most
        for pattern in sorted(facts.patterns):
            yield from texts_of(pattern)
        if facts.formats:
            yield from _FORMATTED
        yield from self.texts
        yield from _TEXTS
        yield "a" * min(_MAX_LENGTH, least + 50)
        yield from _FORMATTED

    def _list(self, facts: Facts, depth: int) -> Iterator[list[Any]]:
        least = facts.bounds.get("minItems", 0)
        most = facts.bounds.get("maxItems", max(least, parts.longest_prefix(facts.nodes)) + 2)
        contained = [Conj((self._graph.child(node, "contains"),)) for node in facts.having("contains")]
        for size in sorted({least, least + 1, 2, 3, most, *self.counts}):
            if not least <= size <= min(most, 40):
                continue
            columns = [self._items(facts, index, contained, depth) for index in range(size)]
            if not all(columns):
                continue
            for shift in range(4):
                yield [column[(index * shift) % len(column)] for index, column in enumerate(columns)]
            for shift in range(1, min(8, max(map(len, columns), default=0))):
                yield [column[(index + shift) % len(column)] for index, column in enumerate(columns)]

    def _items(self, facts: Facts, index: int, contained: list[Conj], depth: int) -> list[Any]:
        known = parts.item(self._graph, facts, index)
        found = [value for each in contained for value in self.of(known.holding(*each.held), depth + 1, 4)[:2]]
        return found + self.of(known, depth + 1, 6)

    def _object(self, facts: Facts, depth: int) -> Iterator[dict[str, Any]]:
        base: dict[str, Any] = {}
        for name in sorted(facts.present):
            values = self.of(parts.member(self._graph, facts, name), depth + 1, 6)
            if not values:
                return
            base[name] = values[0]
        spelt = {
            name for node in parts.in_place(self._graph, *facts.nodes) for name in node.schema.get("properties", ())
        }
        members = {
            name: values
            for name in (*sorted(facts.present | spelt), *self.names)
            if (values := self.of(parts.member(self._graph, facts, name), depth + 1, 8))
        }
        yield base
        full = {**{name: values[0] for name, values in members.items() if name in spelt}, **base}
        yield full
        yield from self._grown(facts, base, members)
        for name, values in members.items():
            yield from ({**base, name: value} for value in values[:7])
            yield from ({**full, name: value} for value in values[1:3])

    def _grown(self, facts: Facts, base: dict[str, Any], members: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
        """Objects with as few and as many members as there may be."""
        spare = [name for name in members if name not in base]
        for size in {facts.bounds.get("minProperties", 0), facts.bounds.get("maxProperties", 0), *self.counts}:
            if len(base) < size <= len(base) + len(spare):
                yield {**base, **{name: members[name][0] for name in spare[: size - len(base)]}}
        for one, other in islice(product(spare[:4], repeat=2), 8):
            yield {**base, one: members[one][0], other: members[other][0]}


_ORDER = ("object", "string", "integer", "array", "boolean", "fraction", "null")


def _in_turn(streams: list[Iterator[Any]]) -> Iterator[Any]:
    while streams:
        left = []
        for stream in streams:
            for value in stream:
                yield value
                left.append(stream)
                break
        streams = left


def _mentioned(nodes: Iterable[Node]) -> tuple[list[str], list[Any], list[str], list[int]]:
    """Texts, numbers, member names and sizes that the schemas speak of, each at most so many."""
    texts: dict[str, None] = {}
    numbers: dict[Any, None] = {}
    names: dict[str, None] = {}
    counts: dict[int, None] = {}
    patterns: dict[str, None] = {}
    for node in nodes:
        schema = node.schema if isinstance(node.schema, dict) else {}
        shown = [*_some(schema.get("enum")), schema.get("const"), *_some(schema.get("examples")), schema.get("default")]
        texts.update((each, None) for each in shown if isinstance(each, str))
        numbers.update((each, None) for each in shown if isinstance(each, int | float) and not isinstance(each, bool))
        for keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"):
            if isinstance(schema.get(keyword), int | float):
                numbers.update((schema[keyword] + more, None) for more in (-1, 0, 1))
        for keyword in ("minLength", "maxLength"):
            if isinstance(schema.get(keyword), int) and 0 < schema[keyword] < _MAX_LENGTH:
                texts.update(("a" * (schema[keyword] + more), None) for more in (-1, 0, 1))
        for keyword in _COUNTS:
            if isinstance(schema.get(keyword), int) and schema[keyword] < 12:
                counts.update((schema[keyword] + more, None) for more in (0, 1))
        names.update((each, None) for each in _names_in(schema))
        patterns.update((each, None) for each in schema.get("patternProperties", ()))
    invented = [*_INVENTED[:2], *(text for text in texts if 0 < len(text) < 12), *_INVENTED[2:]]
    shown = [*list(names)[:24], *_matching(list(patterns)[:4]), *invented]
    return list(texts)[:24], list(numbers)[:16], [each for each in dict.fromkeys(shown) if each][:40], list(counts)[:6]


_COUNTS = ("minItems", "maxItems", "minContains", "maxContains", "minProperties", "maxProperties")
_INVENTED = ("undeclared", "x", "x1", "x2", "x3", "x4")


def _matching(patterns: list[str]) -> Iterator[str]:
    """Names for each pattern, and for two at once."""
    for one in patterns:
        yield from texts_of(one)[:2]
        yield from (first + second for other in patterns if other != one for first, second in _pairs(one, other))


def _pairs(one: str, other: str) -> Iterator[tuple[str, str]]:
    return islice(product(texts_of(one)[:1], texts_of(other)[:1]), 1)


def _names_in(schema: dict[str, Any]) -> Iterator[str]:
    yield from chain(_some(schema.get("required")), schema.get("properties", ()), schema.get("dependentSchemas", ()))
    for name, needed in schema.get("dependentRequired", {}).items():
        yield from (name, *needed)


def _some(value: Any) -> list[Any]:
    return value[:8] if isinstance(value, list) else []
