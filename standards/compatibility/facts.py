"""What is known of the values that satisfy several schemas at once (and others not).

A `Conj` is that set of schemas; its `Facts` follow from them. Facts may say too little, never too much: a schema that
is not understood adds none, and the set of values only seems larger than it is. So what is proven from them is true.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil, floor
from typing import Any

from standards.compatibility.graph import MOST_JUDGED, Node, canonical
from standards.compatibility.keywords import NUMERIC, TYPES, concerns

MAX_LISTED = 200
UPPER = {"maxLength": "minLength", "maxItems": "minItems", "maxProperties": "minProperties"}
LOWER = {lower: upper for upper, lower in UPPER.items()}


@dataclass(frozen=True, slots=True)
class Conj:
    """Values of these types that every schema held accepts and every schema denied refuses."""

    held: tuple[Node, ...] = ()
    denied: tuple[Node, ...] = ()
    types: frozenset[str] = TYPES

    @property
    def key(self) -> tuple[frozenset[int], frozenset[int], frozenset[str]]:
        return frozenset(each.id for each in self.held), frozenset(each.id for each in self.denied), self.types

    def holding(self, *more: Node) -> "Conj":
        return replace(self, held=self.held + more)

    def denying(self, *more: Node) -> "Conj":
        return replace(self, denied=self.denied + more)

    def among(self, types: frozenset[str]) -> "Conj":
        return replace(self, types=self.types & types)


NOTHING = Conj(types=frozenset())


@dataclass(frozen=True, slots=True)
class Choice:
    """`count` cases of which every value is in at least one; made when they are looked at."""

    count: int
    cases: Callable[[], tuple[Conj, ...]]


@dataclass(slots=True)
class Facts:
    """`lower` and `upper` are numeric bounds with whether they are exclusive; `bounds` the six counting keywords."""

    conj: Conj
    types: frozenset[str]
    nodes: list[Node] = field(default_factory=list)
    ids: set[int] = field(default_factory=set)
    denied: list[Node] = field(default_factory=list)
    denied_ids: set[int] = field(default_factory=set)
    present: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)
    lower: tuple[Fraction, bool] | None = None
    upper: tuple[Fraction, bool] | None = None
    multiples: list[Fraction] = field(default_factory=list)
    bounds: dict[str, int] = field(default_factory=dict)
    patterns: set[str] = field(default_factory=set)
    formats: set[str] = field(default_factory=set)
    denied_members: list[tuple[str, Node]] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    listed: list[Any] | None = None

    @property
    def empty(self) -> bool:
        return not self.types

    def having(self, keyword: str) -> Iterator[Node]:
        """Those of the schemas that have the keyword."""
        return (node for node in self.nodes if keyword in node.schema)


def exact(number: int | float) -> Fraction:
    """A step as it is written: 0.1 is a tenth."""
    return Fraction(repr(number)) if isinstance(number, float) else Fraction(number)


def judged_alike(number: int | float | Fraction) -> bool:
    """Whether a bound means the same written as a whole number and as a float.

    From 2^63 on it does not: the deciding validator lets other values through for the one than for the other.
    """
    return -MOST_JUDGED < number < MOST_JUDGED


def at_least(facts: Facts, value: Fraction, exclusive: bool) -> None:
    """Takes in a lower bound, if it is closer than what is known."""
    if facts.lower is None or (value, exclusive) > facts.lower:
        facts.lower = (value, exclusive)


def at_most(facts: Facts, value: Fraction, exclusive: bool) -> None:
    """Takes in an upper bound, if it is closer than what is known."""
    if facts.upper is None or (value, not exclusive) < (facts.upper[0], not facts.upper[1]):
        facts.upper = (value, exclusive)


def bound(facts: Facts, keyword: str, value: int) -> None:
    """Takes in what one of the counting keywords says."""
    known = facts.bounds.get(keyword, value)
    facts.bounds[keyword] = min(known, value) if keyword in UPPER else max(known, value)


def narrow(facts: Facts) -> None:
    """Takes out types of which no value can be left."""
    gone: set[str] = set()
    facts.bounds["minProperties"] = max(facts.bounds.get("minProperties", 0), len(facts.present))
    for upper, lower in UPPER.items():
        if upper in facts.bounds and facts.bounds[upper] < facts.bounds.get(lower, 0):
            gone |= concerns(upper)
    if facts.present & facts.absent:
        gone.add("object")
    if "integer" in facts.types:
        low, high = whole_bounds(facts)
        if low is not None and high is not None and low > high:
            gone.add("integer")
    if facts.lower is not None and facts.upper is not None:
        (low_value, low_open), (high_value, high_open) = facts.lower, facts.upper
        if low_value > high_value or (low_value == high_value and (low_open or high_open)):
            gone |= NUMERIC
    if any(step.denominator == 1 for step in facts.multiples):
        gone.add("fraction")
    facts.types -= gone


def whole_bounds(facts: Facts) -> tuple[int | None, int | None]:
    """The least and greatest whole number within the bounds."""
    low = high = None
    if facts.lower is not None:
        value, exclusive = facts.lower
        low = floor(value) + 1 if exclusive else ceil(value)
    if facts.upper is not None:
        value, exclusive = facts.upper
        high = ceil(value) - 1 if exclusive else floor(value)
    return low, high


def listed_values(facts: Facts) -> list[Any] | None:
    """All values there can be, when they are few; some of them may not satisfy every schema."""
    lists = [node.schema["enum"] for node in facts.having("enum")]
    lists += [[node.schema["const"]] for node in facts.having("const")]
    if lists:
        fewest: list[Any] = min(lists, key=len)
        return fewest
    found: list[Any] = []
    for kind in facts.types:
        values = _few(facts, kind)
        if values is None:
            return None
        found += values
    return found if len({canonical(value) for value in found}) <= MAX_LISTED else None


def _few(facts: Facts, kind: str) -> list[Any] | None:
    if kind == "null":
        return [None]
    if kind == "boolean":
        return [False, True]
    if kind == "integer":
        low, high = whole_bounds(facts)
        if low is None or high is None or high - low >= MAX_LISTED or max(abs(low), abs(high)) > 2**53:
            return None
        return list(range(low, high + 1))
    for keyword, kinds, value in (
        ("maxLength", "string", ""),
        ("maxItems", "array", []),
        ("maxProperties", "object", {}),
    ):
        if kind == kinds and facts.bounds.get(keyword) == 0:
            return [value]
    return None
