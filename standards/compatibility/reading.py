"""Reads the facts out of a conjunction of schemas: what each says outright, what one entails of the other, what a
schema that must refuse says by its opposite, and which alternatives are left open."""

from collections.abc import Callable, Sequence
from fractions import Fraction

from standards.compatibility.facts import (
    LOWER,
    UPPER,
    Choice,
    Conj,
    Facts,
    at_least,
    at_most,
    bound,
    exact,
    judged_alike,
    listed_values,
    narrow,
)
from standards.compatibility.graph import Graph, Node, asserting
from standards.compatibility.keywords import GROUP_OF, NUMERIC, TYPES, concerns, types_of


def facts_of(graph: Graph, conj: Conj) -> Facts:
    """Follows what the schemas entail until nothing new follows."""
    facts = Facts(conj, conj.types)
    reading = _Reading(graph, facts)
    reading.hold(conj.held)
    reading.deny(conj.denied)
    reading.settle()
    narrow(facts)
    if not facts.empty:
        facts.listed = listed_values(facts)
    return facts


_BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")


class _Reading:
    """One pass over a conjunction; `_open` are alternatives of which nothing is decided yet."""

    def __init__(self, graph: Graph, facts: Facts) -> None:
        self._graph = graph
        self._facts = facts
        self._open: list[Callable[[], Choice | bool]] = []

    def hold(self, nodes: Sequence[Node]) -> None:
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            if node.id in self._facts.ids:
                continue
            self._facts.ids.add(node.id)
            if node.schema is False or node.id in self._facts.denied_ids:
                self._facts.types = frozenset()
            if isinstance(node.schema, dict):
                self._facts.nodes.append(node)
                self._simple(node)
                self._alternatives(node)
                waiting += self._graph.children(node, "$ref") + self._graph.children(node, "allOf")
                self.deny(self._graph.children(node, "not"))

    def deny(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            if node.id in self._facts.denied_ids:
                continue
            self._facts.denied_ids.add(node.id)
            if node.schema is True or node.id in self._facts.ids:
                self._facts.types = frozenset()
            elif isinstance(node.schema, dict):
                self._denied(node)

    def settle(self) -> None:
        """Takes in alternatives of which one case is left, until nothing moves any more."""
        moved = True
        while moved and not self._facts.empty:
            moved = self._require_dependents()
            waiting, self._open = self._open, []
            choices = []
            for alternative in waiting:
                found = alternative()
                if found is True:
                    moved = True
                elif found is not False:
                    choices.append(found)
                    self._open.append(alternative)
            self._facts.choices = choices

    # -- what a schema says outright --

    def _simple(self, node: Node) -> None:
        facts, schema = self._facts, node.schema
        if "type" in schema:
            facts.types &= types_of(schema["type"])
        facts.present |= set(schema.get("required", ()))
        for keyword in (*UPPER, *LOWER):
            if keyword in schema:
                bound(facts, keyword, int(schema[keyword]))
        for keyword in _BOUNDS:
            if keyword in schema and judged_alike(schema[keyword]):
                take_in = at_least if keyword in ("minimum", "exclusiveMinimum") else at_most
                take_in(facts, Fraction(schema[keyword]), keyword.startswith("exclusive"))
        if "multipleOf" in schema:
            facts.multiples.append(exact(schema["multipleOf"]))
        if "pattern" in schema:
            facts.patterns.add(schema["pattern"])
        if "format" in schema:
            facts.formats.add(schema["format"])
        if "contains" in schema:
            bound(facts, "minItems", int(schema.get("minContains", 1)))

    def _require_dependents(self) -> bool:
        before = len(self._facts.present), len(self._facts.ids)
        for node in list(self._facts.nodes):
            for name, needed in node.schema.get("dependentRequired", {}).items():
                if name in self._facts.present:
                    self._facts.present |= set(needed)
            for name in node.schema.get("dependentSchemas", {}):
                if name in self._facts.present and self._facts.types == {"object"}:
                    self.hold([self._graph.child(node, "dependentSchemas", name)])
        return before != (len(self._facts.present), len(self._facts.ids))

    # -- alternatives --

    def _alternatives(self, node: Node) -> None:
        children, schema = self._graph.children, node.schema
        if "anyOf" in schema:
            self._open.append(lambda: self._any_of(children(node, "anyOf")))
        if "oneOf" in schema:
            self._open.append(lambda: self._one_of(children(node, "oneOf")))
        if "if" in schema:
            self._open.append(lambda: self._condition(node))
        for name in schema.get("dependentSchemas", {}):
            self._open.append(lambda name=name: self._dependent(node, name))  # type: ignore[misc]

    def _any_of(self, branches: list[Node]) -> Choice | bool:
        if any(branch.id in self._facts.ids for branch in branches):
            return False
        left = [branch for branch in branches if branch.id not in self._facts.denied_ids]
        if len(left) > 1:
            conj = self._facts.conj
            return Choice(len(left), lambda: tuple(conj.holding(branch) for branch in left))
        self._settled(left[0] if left else None)
        return True

    def _one_of(self, branches: list[Node]) -> Choice | bool:
        facts = self._facts
        left = [branch for branch in branches if branch.id not in facts.denied_ids]
        chosen = [branch for branch in left if branch.id in facts.ids]
        if not chosen and len(left) > 1:
            return Choice(len(left), lambda: _one_each(facts.conj, left))
        before = len(facts.ids) + len(facts.denied_ids)
        one = (chosen or left or [None])[0]  # type: ignore[list-item]
        self._settled(one)
        self.deny([each for each in branches if each is not one])
        return before != len(facts.ids) + len(facts.denied_ids)

    def _condition(self, node: Node) -> Choice | bool:
        condition, then, otherwise = (self._graph.children(node, keyword) for keyword in ("if", "then", "else"))
        if condition[0].id in self._facts.ids or condition[0].id in self._facts.denied_ids:
            before = len(self._facts.ids)
            self.hold(then if condition[0].id in self._facts.ids else otherwise)
            return before != len(self._facts.ids)
        conj = self._facts.conj
        return Choice(2, lambda: (conj.holding(condition[0], *then), conj.holding(*otherwise).denying(condition[0])))

    def _dependent(self, node: Node, name: str) -> Choice | bool:
        facts = self._facts
        if name in facts.absent or "object" not in facts.types:
            return False
        present = self._graph.made({"required": [name]})
        schema = self._graph.child(node, "dependentSchemas", name)
        if schema.id in facts.ids:
            return False
        objects, rest = frozenset({"object"}), TYPES - {"object"}
        having, lacking = facts.conj.holding(present, schema).among(objects), facts.conj.denying(present)
        return Choice(3, lambda: (having, lacking, facts.conj.among(rest)))

    def _settled(self, node: Node | None) -> None:
        if node is None:
            self._facts.types = frozenset()
        else:
            self.hold([node])

    # -- what follows from a schema that must refuse --

    def _denied(self, node: Node) -> None:
        groups = {GROUP_OF.get(keyword, (keyword,)) for keyword in asserting(node.schema)}
        alone = len(groups) == 1
        keyword = next(iter(groups))[0] if groups else ""
        self._facts.denied.append(node)
        if not groups:
            self._facts.types = frozenset()
        elif alone and keyword in _OPPOSITES:
            _OPPOSITES[keyword](self, node)
        elif alone:
            self._facts.types &= concerns(keyword)
        elif not groups & {("unevaluatedProperties",), ("unevaluatedItems",)}:
            parts = [self._graph.part(node, group) for group in sorted(groups)]
            self._open.append(lambda: self._none_of(parts))

    def _none_of(self, parts: list[Node]) -> Choice | bool:
        """At least one of them refuses."""
        if any(part.id in self._facts.denied_ids for part in parts):
            return False
        left = [part for part in parts if part.id not in self._facts.ids]
        if len(left) > 1:
            conj = self._facts.conj
            return Choice(len(left), lambda: tuple(conj.denying(part) for part in left))
        if left:
            self.deny(left)
        else:
            self._facts.types = frozenset()
        return True

    def deny_type(self, node: Node) -> None:
        self._facts.types -= types_of(node.schema["type"])

    def deny_ref(self, node: Node) -> None:
        self.deny([self._graph.child(node, "$ref")])

    def deny_not(self, node: Node) -> None:
        self.hold([self._graph.child(node, "not")])

    def deny_any_of(self, node: Node) -> None:
        self.deny(self._graph.children(node, "anyOf"))

    def deny_all_of(self, node: Node) -> None:
        parts = self._graph.children(node, "allOf")
        self._open.append(lambda: self._none_of(parts))

    def deny_number(self, node: Node) -> None:
        facts, schema = self._facts, node.schema
        facts.types &= NUMERIC
        for keyword, value in schema.items():
            if keyword not in _BOUNDS or not judged_alike(value):
                continue
            if keyword in ("minimum", "exclusiveMinimum"):
                at_most(facts, Fraction(value), keyword == "minimum")
            else:
                at_least(facts, Fraction(value), keyword == "maximum")

    def deny_count(self, node: Node) -> None:
        for keyword, value in node.schema.items():
            if keyword in UPPER:
                self._facts.types &= concerns(keyword)
                bound(self._facts, UPPER[keyword], int(value) + 1)
            elif keyword in LOWER:
                self._facts.types &= concerns(keyword)
                if value:
                    bound(self._facts, LOWER[keyword], int(value) - 1)
                else:
                    self._facts.types = frozenset()

    def deny_required(self, node: Node) -> None:
        self._facts.types &= frozenset({"object"})
        names = node.schema["required"]
        if not names:
            self._facts.types = frozenset()
        elif len(names) == 1:
            self._facts.absent.add(names[0])
        else:
            parts = [self._graph.made({"required": [name]}) for name in names]
            self._open.append(lambda: self._none_of(parts))

    def deny_properties(self, node: Node) -> None:
        self._facts.types &= frozenset({"object"})
        names = node.schema.get("properties", {})
        if len(names) == 1 and "patternProperties" not in node.schema and "additionalProperties" not in node.schema:
            (name,) = names
            self._facts.present.add(name)
            self._facts.denied_members.append((name, self._graph.child(node, "properties", name)))


def _one_each(conj: Conj, branches: list[Node]) -> tuple[Conj, ...]:
    """One branch held and the others denied, for each in turn."""
    return tuple(conj.holding(one).denying(*(each for each in branches if each is not one)) for one in branches)


_OPPOSITES: dict[str, Callable[[_Reading, Node], None]] = {
    "type": _Reading.deny_type,
    "$ref": _Reading.deny_ref,
    "not": _Reading.deny_not,
    "anyOf": _Reading.deny_any_of,
    "allOf": _Reading.deny_all_of,
    "required": _Reading.deny_required,
    "properties": _Reading.deny_properties,
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _Reading.deny_number),
    **dict.fromkeys((*UPPER, *LOWER), _Reading.deny_count),
}
