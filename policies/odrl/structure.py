"""Policies, rules and constraints, as a graph of ODRL 2.2 tells them. Pure.

Nothing is dropped: a property in the namespace of ODRL that is not read here becomes a note with its IRI, and who
evaluates or imports decides what follows. What all rules of a policy share is read into each of them (Information
Model, section 2.7.1), and the rules of the policies it inherits from (section 2.8) are read, as far as they are there.
A graph may lead in circles: depth, number and the path are bounded.
Raises catalog.imports.Unreadable.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from rdflib import RDF, BNode, Graph, Literal, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from catalog.imports import Unreadable
from policies.odrl import values, vocabulary
from policies.odrl.values import Value
from policies.odrl.vocabulary import LOGICAL, ODRL, OURS, OWN_PROPERTIES
from standards.validation import Finding

MAX_DEPTH: Final = 16
MAX_RULES: Final = 1_000
MAX_CONSTRAINTS: Final = 10_000
MAX_VALUES: Final = 2_000

_RULES: Final = {ODRL.permission: "permission", ODRL.prohibition: "prohibition", ODRL.obligation: "obligation"}
_DUTIES: Final = {
    "permission": ODRL.duty,
    "prohibition": ODRL.remedy,
    "obligation": ODRL.consequence,
    "duty": ODRL.consequence,
}
_SHARED: Final = frozenset({ODRL.action, ODRL.target, ODRL.assignee, ODRL.assigner, ODRL.constraint})
_OF_POLICIES: Final = _SHARED | {*_RULES, ODRL.uid, ODRL.profile, ODRL.conflict, ODRL.inheritFrom}
_OF_RULES: Final = (
    _SHARED
    | {ODRL.uid, ODRL.duty, ODRL.remedy, ODRL.consequence, ODRL.informedParty, ODRL.compensatedParty}
    | OWN_PROPERTIES
)
_OF_CONSTRAINTS: Final = frozenset(
    {ODRL.uid, ODRL.leftOperand, ODRL.operator, ODRL.rightOperand, ODRL.unit, ODRL.dataType}
)


@dataclass(frozen=True, slots=True)
class Constraint:
    """`logical` names the operator of a logical constraint, which then has `parts`; else left, operator, right.

    `right` holds every right operand; `referred` is one that would have to be fetched.
    """

    id: str
    left: str = ""
    operator: str = ""
    right: tuple[Value, ...] = ()
    unit: Value | None = None
    referred: str | None = None
    logical: str | None = None
    parts: tuple["Constraint", ...] = ()


@dataclass(frozen=True, slots=True)
class Thing:
    """An action, asset or party: its name, the collection it stands for, and what refines it."""

    id: str
    source: str | None = None
    refinements: tuple[Constraint, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """`kind` is permission, prohibition, obligation or duty; `duties` are duties, remedies or consequences.

    `own` are the properties of our profile that say something beside the terms of ODRL, by their local name.
    """

    id: str
    kind: str
    actions: tuple[Thing, ...] = ()
    targets: tuple[Thing, ...] = ()
    assignees: tuple[Thing, ...] = ()
    assigners: tuple[Thing, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    duties: tuple["Rule", ...] = ()
    own: tuple[tuple[str, tuple[Value, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """`missing` are policies it inherits from that the document does not have; `conflicts` what its strategies say.

    `included` are pairs of actions, the second including the first, that the document defines.
    """

    id: str
    type: str
    profiles: tuple[str, ...]
    conflicts: tuple[str, ...]
    rules: tuple[Rule, ...]
    missing: tuple[str, ...] = ()
    notes: tuple[Finding, ...] = ()
    included: tuple[tuple[str, str], ...] = ()


def policies(graph: Graph) -> list[Policy]:
    """Every policy of the graph, by name; those that stand only for being inherited from are read there too."""
    found = sorted({subject for kind in vocabulary.POLICIES for subject in graph.subjects(RDF.type, kind)}, key=str)
    if not found:
        raise Unreadable("", "empty", "at least one policy: odrl:Set, odrl:Offer, odrl:Agreement …")
    reader = Reader(graph)
    return [reader.policy(subject) for subject in found]


class Reader:
    """Reads one graph, and counts what it reads."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._rules = self._constraints = 0
        self._notes: list[Finding] = []
        self._names = dict[Node, str]()

    def policy(self, subject: Node) -> Policy:
        self._notes = []
        profiles, conflicts, missing, rules = set[str](), set[str](), set[str](), list[Rule]()
        for ancestor in self._lineage(subject, missing):
            self._note_unread(ancestor, _OF_POLICIES)
            profiles |= {str(one) for one in self._all(ancestor, ODRL.profile)}
            conflicts |= {str(one) for one in self._all(ancestor, ODRL.conflict)}
            rules += self._rules_of(ancestor)
        types = sorted(str(one) for one in self._all(subject, RDF.type) if one in vocabulary.POLICIES)
        return Policy(
            self._name(subject), types[-1] if types else "", tuple(sorted(profiles)), tuple(sorted(conflicts)),
            tuple(rules), tuple(sorted(missing)), tuple(self._notes), self._included(),
        )  # fmt: skip

    def _included(self) -> tuple[tuple[str, str], ...]:
        return tuple(sorted((str(one), str(other)) for one, other in self._graph.subject_objects(ODRL.includedIn)))

    def _lineage(self, subject: Node, missing: set[str]) -> list[Node]:
        """The policy, and all that it inherits from; a circle is refused."""
        lineage, path = list[Node](), list[Node]()

        def climb(one: Node) -> None:
            if one in path or len(path) > MAX_DEPTH:
                raise Unreadable(f"/{self._name(one)}", "circle", "policies that inherit from others, not in a circle")
            if one in lineage:  # by another way, and all above it with it
                return
            path.append(one)
            lineage.append(one)
            for parent in self._all(one, ODRL.inheritFrom):
                if any(self._graph.predicate_objects(parent)):
                    climb(parent)
                else:
                    missing.add(self._name(parent))
            path.pop()

        climb(subject)
        return lineage

    def _rules_of(self, policy: Node) -> Iterator[Rule]:
        for name, kind in _RULES.items():
            for node in self._all(policy, name):
                yield self._shared(self.rule(node, kind), policy)

    def _shared(self, rule: Rule, policy: Node) -> Rule:
        """The rule with what its policy says for all of them; a constraint of the policy comes on top."""
        common = self._parts(policy)
        kept = {name: getattr(rule, name) or common[name] for name in ("actions", "targets", "assignees", "assigners")}
        targets = tuple(Thing(self._name(one)) for one in sorted(self._graph.subjects(ODRL.hasPolicy, policy), key=str))
        return replace(
            rule,
            actions=kept["actions"],
            targets=kept["targets"] or targets,
            assignees=kept["assignees"],
            assigners=kept["assigners"],
            constraints=rule.constraints + self._constraints_of(policy, ODRL.constraint),
        )

    def rule(self, node: Node, kind: str, depth: int = 0) -> Rule:
        self._rules += 1
        if self._rules > MAX_RULES:
            raise Unreadable("", "too-many", f"at most {MAX_RULES} rules and duties")
        if depth > MAX_DEPTH:
            raise Unreadable(f"/{self._name(node)}", "too-deep", f"duties nested at most {MAX_DEPTH} deep")
        if isinstance(node, Literal):
            raise Unreadable("", kind, "a rule, not a text")
        self._note_unread(node, _OF_RULES)
        parts = self._parts(node)
        duties = tuple(self.rule(one, "duty", depth + 1) for one in self._all(node, _DUTIES[kind]))
        return Rule(
            self._name(node), kind, parts["actions"], parts["targets"], parts["assignees"], parts["assigners"],
            self._constraints_of(node, ODRL.constraint), duties, self._own(node),
        )  # fmt: skip

    def _own(self, node: Node) -> tuple[tuple[str, tuple[Value, ...]], ...]:
        found = ((name, tuple(values.of_node(one) for one in self._all(node, name))) for name in sorted(OWN_PROPERTIES))
        return tuple((str(name).removeprefix(str(OURS)), told) for name, told in found if told)

    def _parts(self, node: Node) -> dict[str, tuple[Thing, ...]]:
        names = {"actions": ODRL.action, "targets": ODRL.target, "assignees": ODRL.assignee, "assigners": ODRL.assigner}
        return {part: tuple(self._thing(one) for one in self._all(node, name)) for part, name in names.items()}

    def _thing(self, node: Node) -> Thing:
        """What a node names; an action with refinements names the action as its rdf:value (section 2.5.2)."""
        named = next(iter(self._all(node, RDF.value)), node)
        source = next((str(one) for one in self._all(node, ODRL.source)), None)
        id = self._name(named) if isinstance(named, URIRef | Literal) else (source or self._name(named))
        return Thing(id, source, self._constraints_of(node, ODRL.refinement))

    def _constraints_of(self, node: Node, name: URIRef) -> tuple[Constraint, ...]:
        return tuple(self.constraint(one, ()) for one in self._all(node, name))

    def constraint(self, node: Node, path: tuple[Node, ...]) -> Constraint:
        self._constraints += 1
        if self._constraints > MAX_CONSTRAINTS:
            raise Unreadable("", "too-many", f"at most {MAX_CONSTRAINTS} constraints")
        if node in path:
            raise Unreadable(f"/{self._name(node)}", "circle", "constraints that are no part of themselves")
        if len(path) >= MAX_DEPTH:
            raise Unreadable(f"/{self._name(node)}", "too-deep", f"constraints nested at most {MAX_DEPTH} deep")
        logical = [(name, word) for name, word in LOGICAL.items() if (node, name, None) in self._graph]
        if len(logical) > 1 or (logical and (node, ODRL.leftOperand, None) in self._graph):
            raise Unreadable(f"/{self._name(node)}", "constraint", "one logical operator, or an operand, not both")
        if logical:
            name, word = logical[0]
            self._note_unread(node, _OF_CONSTRAINTS | {name})
            parts = tuple(self.constraint(one, (*path, node)) for one in self._members(self._all(node, name)))
            return Constraint(self._name(node), logical="xone" if word == "xor" else word, parts=parts)
        self._note_unread(node, _OF_CONSTRAINTS)
        return self._atomic(node)

    def _atomic(self, node: Node) -> Constraint:
        left, operator = (self._only(node, name) for name in (ODRL.leftOperand, ODRL.operator))
        right = tuple(values.of_node(one) for one in self._members(self._all(node, ODRL.rightOperand)))
        referred = next((str(one) for one in self._all(node, ODRL.rightOperandReference)), None)
        if len(right) > MAX_VALUES:
            raise Unreadable(f"/{self._name(node)}", "too-many", f"at most {MAX_VALUES} right operands")
        types = [str(one) for one in self._all(node, ODRL.dataType)]
        if len(types) == 1:
            right = tuple(one if one.type else replace(one, type=types[0].rpartition("#")[2]) for one in right)
        unit = next((values.of_node(one) for one in self._all(node, ODRL.unit)), None)
        return Constraint(self._name(node), left, operator, right, unit, referred)

    def _only(self, node: Node, name: URIRef) -> str:
        found = self._all(node, name)
        if len(found) != 1:
            expected = f"exactly one {vocabulary.shown(str(name))} in a constraint"
            raise Unreadable(f"/{self._name(node)}", "constraint", expected)
        return str(found[0])

    def _members(self, nodes: list[Node]) -> list[Node]:
        """The nodes, lists among them as what they hold."""
        members = list[Node]()
        for node in nodes:
            if node == RDF.nil or (node, RDF.first, None) in self._graph:
                try:
                    members += list(Collection(self._graph, node))
                except ValueError:  # it leads back into itself
                    raise Unreadable(f"/{self._name(node)}", "circle", "lists that end") from None
            else:
                members.append(node)
        return members

    def _note_unread(self, node: Node, read: frozenset[Node]) -> None:
        for name in {str(one) for one in self._graph.predicates(node) if one not in read}:
            if name.startswith((str(ODRL), str(OURS))):
                self._notes.append(Finding(f"/{self._name(node)}", "unread", f"a policy without {name}"))

    def _all(self, node: Node, name: Node) -> list[Node]:
        """By name, and after that what has none."""
        return sorted(self._graph.objects(node, name), key=lambda one: "\uffff" if isinstance(one, BNode) else str(one))

    def _name(self, node: Node) -> str:
        if isinstance(node, BNode):
            return self._names.setdefault(node, f"_:b{len(self._names) + 1}")
        return str(node)[:2_000]
