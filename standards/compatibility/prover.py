"""Proves that every value of some schemas is accepted by another, or says where the proof fails.

`Prover.prove(conj, reader)` takes the reader apart keyword by keyword; each must follow from the facts of `conj`
(`standards/compatibility/rules.py`, `objects.py`, `arrays.py`). Where they do not suffice, `conj` is split into cases
(types, anyOf, if …) and each case proven by itself. Few values are simply tried.

Schemas that contain themselves are proven by induction over how deep a value is nested: a goal that comes up again
within its own proof holds when at least one step into the value lies between, otherwise it proves nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from standards.compatibility import parts
from standards.compatibility.budget import MAX_STEPS, TooMuch
from standards.compatibility.facts import Conj, Facts
from standards.compatibility.graph import Graph, Node, asserting
from standards.compatibility.keywords import GROUPS, UNEVALUATED, concerns, type_of
from standards.compatibility.reading import facts_of

MAX_FAILURES = 100
_VOID_DEPTH = 6
NODES_A_STEP = 8
_NOTHING = 1 << 30

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Failure:
    """A reader's keyword that does not follow. `place` leads there from the root, `conj` is what holds there.

    `writer` is the schema that comes nearest to saying it; `value` a list of one value at this place that is refused.
    """

    code: str
    reader: Node
    at: tuple[str | int, ...]
    writer: Node | None
    place: Place
    conj: Conj
    value: tuple[Any, ...] = ()


CODES: Final[Mapping[str, str]] = {
    "type": "type-refused",
    "minimum": "too-small",
    "exclusiveMinimum": "too-small",
    "maximum": "too-large",
    "exclusiveMaximum": "too-large",
    "multipleOf": "not-a-multiple",
    "minLength": "too-short",
    "maxLength": "too-long",
    "pattern": "pattern-not-assured",
    "format": "format-not-assured",
    "minItems": "too-few-items",
    "maxItems": "too-many-items",
    "uniqueItems": "items-may-repeat",
    "contains": "contains-not-assured",
    "required": "may-be-missing",
    "dependentRequired": "dependent-may-be-missing",
    "minProperties": "too-few-properties",
    "maxProperties": "too-many-properties",
    "propertyNames": "name-refused",
    "anyOf": "no-alternative",
    "oneOf": "several-alternatives",
    "not": "not-excluded",
}
"""The reason that a keyword gives by itself; the others are told by their subschemas."""

Failures = list[Failure]
Rule = Callable[["Prover", Facts, Node], Failures]


class Prover:
    """One comparison, with a bounded number of steps: TooMuch when they are used up."""

    def __init__(self, graph: Graph, rules: Mapping[str, Rule]) -> None:
        self.graph: Final = graph
        self._rules = rules
        self._steps = 0
        self._known: dict[Any, Facts] = {}
        self._proven: set[Any] = set()
        self._refuted: dict[Any, tuple[int, Failures]] = {}
        self._void: dict[Any, bool] = {}
        self._under_way: dict[Any, tuple[int, int]] = {}  # goal: how deep in the value, which number on the way
        self._leans_on = _NOTHING  # the outermost goal under way that was taken for granted
        self._unsplit: set[Any] = set()
        self._denying = False
        self._place: list[str | int] = []

    # -- goals --

    def prove(self, conj: Conj, reader: Node) -> Failures:
        """Nothing, when every value of `conj` is accepted by `reader`."""
        self.spend()
        facts = self.facts(conj)
        if reader.schema is True or facts.empty or reader.id in facts.ids:
            return []
        goal = (conj.key, reader.id)
        if goal in self._proven:
            return []
        if goal in self._under_way:
            depth, number = self._under_way[goal]
            if depth >= len(self._place):
                return [self.failure("not-decided", facts, reader)]
            self._leans_on = min(self._leans_on, number)
            return []
        told = (goal, reader.side, reader.path)
        if told not in self._refuted:
            failures = self._attempt(goal, facts, reader)[:MAX_FAILURES]
            undecided = (
                self._denying or conj.key in self._unsplit or any(failure.code == "not-decided" for failure in failures)
            )
            if not failures or undecided:
                return failures
            self._refuted[told] = (len(self._place), failures)
        depth, failures = self._refuted[told]
        return [replace(each, place=(*self._place, *each.place[depth:])) for each in failures]

    def _attempt(self, goal: Any, facts: Facts, reader: Node) -> Failures:
        number = len(self._under_way) + 1
        outer, self._leans_on = self._leans_on, _NOTHING
        self._under_way[goal] = (len(self._place), number)
        try:
            failures = self._by_cases(facts, reader)
        finally:
            del self._under_way[goal]
            inner = self._leans_on if self._leans_on < number else _NOTHING
            self._leans_on = min(outer, inner)
        if not failures and inner == _NOTHING:
            self._proven.add(goal)
        return failures

    def proves_whole(self, conj: Conj, reader: Node) -> bool:
        """Whether `reader` accepts every value of `conj`, as far as that shows without looking at cases.

        For alternatives of which one must do: whoever asks looks at cases when none does.
        """
        key = conj.key
        if key in self._unsplit:
            return not self.prove(conj, reader)
        self._unsplit.add(key)
        try:
            return not self.prove(conj, reader)
        finally:
            self._unsplit.discard(key)

    def within(self, step: str | int, conj: Conj, reader: Node) -> Failures:
        """The same one step into the value."""
        self._place.append(step)
        try:
            return self.prove(conj, reader)
        finally:
            self._place.pop()

    def _by_cases(self, facts: Facts, reader: Node) -> Failures:
        if reader.schema is False:
            return [] if self.void(facts.conj) else [self.failure("nothing-accepted", facts, reader)]
        if facts.listed is not None:
            return self._tried(facts, reader)
        failures, failed = self._by_keyword(facts, reader)
        if not failures or facts.conj.key in self._unsplit:
            return failures
        if not self._denying and self.void(facts.conj):
            return []
        cases = self._cases(facts)
        if not cases:
            return failures
        left = reader if UNEVALUATED & set(failed) else self.graph.part(reader, failed)
        found: Failures = []
        for case in cases:
            found += self.prove(case, left)
        return found

    def _by_keyword(self, facts: Facts, reader: Node) -> tuple[Failures, list[str]]:
        failures: Failures = []
        failed: list[str] = []
        for group in _groups(reader):
            if not facts.types & concerns(group[0]) or self._said_already(facts, reader, group):
                continue
            found = self._rules[group[0]](self, facts, reader)
            if found:
                failures += found
                failed += group
        return failures, failed

    def _said_already(self, facts: Facts, reader: Node, group: tuple[str, ...]) -> bool:
        """Whether one of the schemas that hold says just the same."""
        if group[0].startswith("unevaluated"):
            return False  # depends on what stands beside it
        wanted = self.graph.part(reader, group).id
        having = (node for node in facts.nodes if not node.schema.keys().isdisjoint(group))
        return any(self.graph.part(node, group).id == wanted for node in having)

    def _cases(self, facts: Facts) -> tuple[Conj, ...]:
        if len(facts.types) > 1:
            return tuple(facts.conj.among(frozenset({kind})) for kind in sorted(facts.types))
        if not facts.choices:
            return ()
        cases = min(facts.choices, key=lambda choice: choice.count).cases()
        self.spend(len(cases))
        return cases

    # -- few values --

    def values(self, facts: Facts) -> Iterable[Any]:
        """Those of the listed values that are left."""
        for value in facts.listed or ():
            if type_of(value) in facts.types and self.belongs(facts.conj, value):
                yield value

    def belongs(self, conj: Conj, value: Any) -> bool:
        """False only when the value certainly is none of `conj`."""
        return (
            type_of(value) in conj.types
            and all(self.graph.accepts(node, value) is not False for node in conj.held)
            and not any(self.graph.accepts(node, value) for node in conj.denied)
        )

    def _tried(self, facts: Facts, reader: Node) -> Failures:
        for value in self.values(facts):
            if not self.graph.accepts(reader, value):
                return self._untangled(facts, reader, value)
        return []

    def _untangled(self, facts: Facts, reader: Node, value: Any) -> Failures:
        """The keywords that refuse the value, looked for where references and allOf lead."""
        found: Failures = []
        for group in _groups(reader):
            part = self.graph.part(reader, group)
            if group[0].startswith("unevaluated") or self.graph.accepts(part, value):
                continue
            if group[0] in ("$ref", "allOf"):
                for child in self.graph.children(reader, group[0]):
                    found += self._untangled(facts, child, value) if not self.graph.accepts(child, value) else []
            else:
                found.append(
                    self.failure(CODES.get(group[0], "value-refused"), facts, reader, group[0], value=(value,))
                )
        if not found:
            code = "nothing-accepted" if reader.schema is False else "value-refused"
            found.append(self.failure(code, facts, reader, value=(value,)))
        return found

    # -- what there cannot be --

    def void(self, conj: Conj, depth: int = 0) -> bool:
        """Whether no value can satisfy `conj`; False also when that is not known."""
        self.spend()
        facts = self.facts(conj)
        if facts.empty:
            return True
        if depth > _VOID_DEPTH:
            return False
        key = (conj.key, depth)
        if key not in self._void:
            outer, self._leans_on = self._leans_on, _NOTHING
            found = self._is_void(facts, depth + 1)
            if found and self._leans_on < _NOTHING:
                self._leans_on = min(outer, self._leans_on)
                return True
            self._leans_on = outer
            if self._denying and not found:
                return False  # not all was tried
            self._void[key] = found
        return self._void[key]

    def _is_void(self, facts: Facts, depth: int) -> bool:
        if facts.listed is not None:
            return not any(True for _ in self.values(facts))
        if self._hollow(facts, depth) or self._denied_all(facts):
            return True
        cases = self._cases(facts)
        return bool(cases) and all(self.void(case, depth) for case in cases)

    def _denied_all(self, facts: Facts) -> bool:
        """Whether one of the schemas that must refuse accepts all that is left."""
        if self._denying:
            return False
        self._denying = True
        try:
            return any(self._denied_by(facts, one) for one in facts.denied)
        finally:
            self._denying = False

    def _denied_by(self, facts: Facts, one: Node) -> bool:
        rest = tuple(each for each in facts.conj.denied if each.id != one.id)
        kept = Conj(tuple(self._without(each, one) for each in facts.conj.held), rest, facts.types)
        return kept.key != facts.conj.key and self.proves_whole(kept, one)

    def _without(self, node: Node, denied: Node) -> Node:
        """The schema without the `not` that denies just this; less is known then, so nothing wrong follows."""
        if not isinstance(node.schema, dict) or "not" not in node.schema or UNEVALUATED & node.schema.keys():
            return node
        if self.graph.child(node, "not").id != denied.id:
            return node
        return self.graph.part(node, [keyword for keyword in node.schema if keyword != "not"])

    def _hollow(self, facts: Facts, depth: int) -> bool:
        """Whether a member or item that must be there cannot be."""
        if facts.types == {"object"}:
            return any(self.void(parts.member(self.graph, facts, name), depth) for name in sorted(facts.present))
        if facts.types == {"array"}:
            needed = min(facts.bounds.get("minItems", 0), parts.longest_prefix(facts.nodes) + 1)
            return any(self.void(parts.item(self.graph, facts, index), depth) for index in range(needed))
        return False

    # -- bookkeeping --

    def facts(self, conj: Conj) -> Facts:
        key = conj.key
        if key not in self._known:
            self._known[key] = found = facts_of(self.graph, conj)
            self.spend((len(found.nodes) + len(found.denied_ids)) // NODES_A_STEP)
        return self._known[key]

    def failure(
        self,
        code: str,
        facts: Facts,
        reader: Node,
        *at: str | int,
        value: tuple[Any, ...] = (),
        writer: Node | None = None,
    ) -> Failure:
        """`at` leads from the reader's schema to what is not satisfied: a keyword, and a name or index under it."""
        if writer is None and at:
            writer = next(facts.having(str(at[0])), None)
        return Failure(code, reader, at, writer, tuple(self._place), facts.conj, value)

    def spend(self, steps: int = 1) -> None:
        """Counts work. Raises TooMuch."""
        self._steps += steps
        self.graph.budget.spend(steps)
        if self._steps > MAX_STEPS:
            raise TooMuch


def _groups(reader: Node) -> list[tuple[str, ...]]:
    judging = set(asserting(reader.schema))
    return [group for group in GROUPS if not judging.isdisjoint(group)]
