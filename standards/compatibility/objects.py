"""Which keywords on objects follow from the facts (JSON Schema 2020-12 core, sections 10.3.2 and 11.3).

A member is looked at by name where some schema spells the name out. All other names are taken together by which
patterns they match; every combination of patterns is looked at, whether or not a name can match just those.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain, combinations
from typing import Any

from standards.compatibility import parts
from standards.compatibility.facts import Conj, Facts
from standards.compatibility.graph import Node
from standards.compatibility.keywords import IN_PLACE
from standards.compatibility.parts import Matched
from standards.compatibility.prover import NODES_A_STEP, Failures, Prover
from standards.compatibility.texts import texts_of

MAX_PATTERNS = 6
ANY_NAME = "undeclared"
_NAMES_TRIED = (ANY_NAME, "x", "A", "a1", "x-1", "0", "10")

Targets = Callable[[str | None, Matched], list[Node]]


class _TooManyPatterns(Exception):
    """More combinations than are looked at."""


def members_follow(prover: Prover, facts: Facts, reader: Node) -> Failures:
    """properties, patternProperties and additionalProperties."""

    def targets(name: str | None, matched: Matched) -> list[Node]:
        return parts.declared(prover.graph, reader, name, matched)

    return _each_member(prover, facts, reader, targets)


def _each_member(prover: Prover, facts: Facts, reader: Node, targets: Targets) -> Failures:
    """Every member that may come satisfies the schemas that `targets` gives for it."""
    failures: Failures = []
    named, listed = _names(prover, facts, reader)
    for name in named:
        known = parts.member(prover.graph, facts, name)
        for target in targets(name, lambda pattern, name=name: prover.graph.matches(pattern, name)):  # type: ignore[misc]
            failures += _member(prover, facts, known, name, reader, target)
    if listed:
        return failures
    try:
        for matched in _combinations(prover, facts, reader):
            known = parts.others(prover.graph, facts, matched)
            for target in targets(None, matched.__contains__):
                failures += _member(prover, facts, known, None, reader, target, matched)
    except _TooManyPatterns:
        failures.append(prover.failure("not-decided", facts, reader, "patternProperties"))
    return failures


def _member(
    prover: Prover,
    facts: Facts,
    known: Conj,
    name: str | None,
    reader: Node,
    target: Node,
    matched: frozenset[str] = frozenset(),
) -> Failures:
    step = name if name is not None else _a_name(prover, matched)
    found = prover.within(step, known, target)
    if not found:
        return []
    at = target.path[len(reader.path) :]
    if target.schema is False and target.path[-1:] != ("unevaluatedProperties",):
        code = "undeclared-refused" if name is None else "property-refused"
        return [_there(prover, code, facts, reader, at, step, known, _declaring(prover, facts, name))]
    if name is not None and not known.held and not known.denied:
        return [_there(prover, "undeclared-constrained", facts, reader, at, step, known, None)]
    if target.path[-1:] == ("unevaluatedProperties",) and target.schema is False:
        return [_there(prover, "unevaluated-refused", facts, reader, at, step, known, None)]
    return found


def _there(
    prover: Prover, code: str, facts: Facts, reader: Node, at: Any, step: str, known: Conj, writer: Node | None
) -> Any:
    made = prover.failure(code, facts, reader, *at)
    return replace(made, place=(*made.place, step), conj=known, writer=writer)


def _declaring(prover: Prover, facts: Facts, name: str | None) -> Node | None:
    for node in facts.having("properties"):
        if name in node.schema["properties"]:
            return prover.graph.child(node, "properties", str(name))
    return None


def _names(prover: Prover, facts: Facts, reader: Node) -> tuple[list[str], bool]:
    """The names that a schema spells out, and whether there can be no others."""
    allowed = prover.facts(parts.names(prover.graph, facts))
    if allowed.listed is not None:
        return sorted(each for each in allowed.listed if isinstance(each, str)), True
    spelt: set[str] = set()
    met = 0
    for node in parts.in_place(prover.graph, reader, *facts.nodes):
        met += 1
        spelt.update(node.schema.get("properties", ()))
    prover.spend((met + len(spelt) * len(facts.nodes)) // NODES_A_STEP)
    return sorted(spelt), False


def _combinations(prover: Prover, facts: Facts, reader: Node) -> Iterator[frozenset[str]]:
    patterns: set[str] = set()
    for node in parts.in_place(prover.graph, reader, *facts.nodes):
        patterns.update(node.schema.get("patternProperties", ()))
    if len(patterns) > MAX_PATTERNS:
        raise _TooManyPatterns
    ordered = sorted(patterns)
    subsets: Iterable[Iterable[str]] = chain.from_iterable(
        combinations(ordered, size) for size in range(len(ordered) + 1)
    )
    return (frozenset(subset) for subset in subsets)


def _a_name(prover: Prover, matched: frozenset[str]) -> str:
    """A name that no schema spells out, to show what could come; only for showing."""
    likely = [text for pattern in sorted(matched) for text in texts_of(pattern)[:1]]
    fitting = (
        each
        for each in (*_NAMES_TRIED, *likely, "".join(likely), "".join(reversed(likely)))
        if all(prover.graph.matches(pattern, each) for pattern in matched)
    )
    return next(fitting, ANY_NAME)


def required_follow(prover: Prover, facts: Facts, reader: Node) -> Failures:
    missing = [index for index, name in enumerate(reader.schema["required"]) if name not in facts.present]
    return [prover.failure("may-be-missing", facts, reader, "required", index) for index in missing]


def dependents_follow(prover: Prover, facts: Facts, reader: Node) -> Failures:
    failures: Failures = []
    for name, needed in reader.schema["dependentRequired"].items():
        having = facts.conj.holding(prover.graph.made({"required": [name]})).among(frozenset({"object"}))
        known = prover.facts(having)
        if set(needed) <= known.present or prover.void(having):
            continue
        failures.append(prover.failure("dependent-may-be-missing", facts, reader, "dependentRequired", name))
    return failures


def dependent_schemas_follow(prover: Prover, facts: Facts, reader: Node) -> Failures:
    failures: Failures = []
    for name in reader.schema["dependentSchemas"]:
        having = facts.conj.holding(prover.graph.made({"required": [name]})).among(frozenset({"object"}))
        failures += prover.prove(having, prover.graph.child(reader, "dependentSchemas", name))
    return failures


def names_follow(prover: Prover, facts: Facts, reader: Node) -> Failures:
    """propertyNames: for every name that may come at all."""
    target = prover.graph.child(reader, "propertyNames")
    named, listed = _names(prover, facts, reader)
    possible = [each for each in named if not prover.void(parts.member(prover.graph, facts, each))]
    refused = [each for each in possible if not prover.graph.accepts(target, each)]
    failures = [_name_refused(prover, facts, reader, refused[0])] if refused else []
    if listed:
        return failures
    try:
        for matched in _combinations(prover, facts, reader):
            if prover.void(parts.others(prover.graph, facts, matched)):
                continue
            of_names = parts.names(prover.graph, facts)
            of_names = of_names.holding(*(prover.graph.made({"pattern": each}) for each in sorted(matched)))
            if prover.prove(of_names, target):
                failures.append(_name_refused(prover, facts, reader, _a_name(prover, matched)))
                break
    except _TooManyPatterns:
        failures.append(prover.failure("not-decided", facts, reader, "propertyNames"))
    return failures


def _name_refused(prover: Prover, facts: Facts, reader: Node, name: str) -> Any:
    return prover.failure("name-refused", facts, reader, "propertyNames")


def few_follow(prover: Prover, facts: Facts, reader: Node) -> Failures:
    """maxProperties: from the writer's own limit, or because only so many names can come."""
    limit = int(reader.schema["maxProperties"])
    known = facts.bounds.get("maxProperties")
    if known is not None and known <= limit:
        return []
    named, listed = _names(prover, facts, reader)
    try:
        closed = listed or all(
            prover.void(parts.others(prover.graph, facts, matched)) for matched in _combinations(prover, facts, reader)
        )
    except _TooManyPatterns:
        closed = False
    possible = [each for each in named if not prover.void(parts.member(prover.graph, facts, each))]
    if closed and len(possible) <= limit:
        return []
    return [prover.failure("too-many-properties", facts, reader, "maxProperties")]


def unevaluated_follow(prover: Prover, facts: Facts, reader: Node) -> Failures:
    """unevaluatedProperties: members that no satisfied subschema is sure to have looked at satisfy its schema."""
    graph = prover.graph
    target = graph.child(reader, "unevaluatedProperties")
    for node in facts.having("unevaluatedProperties"):
        same = Conj((graph.child(node, "unevaluatedProperties"),))
        if evaluates_no_more(prover, node, reader) and not prover.within(ANY_NAME, same, target):
            return []

    def targets(name: str | None, matched: Matched) -> list[Node]:
        return [] if _surely_evaluates(prover, facts, reader, name, matched) else [target]

    return _each_member(prover, facts, reader, targets)


def _surely_evaluates(prover: Prover, facts: Facts, node: Node, name: str | None, matched: Matched) -> bool:
    graph = prover.graph
    if not isinstance(node.schema, dict):
        return False
    if parts.declared(graph, node, name, matched):
        return True
    sure = graph.children(node, "$ref") + graph.children(node, "allOf")
    sure += [
        graph.child(node, "dependentSchemas", each)
        for each in node.schema.get("dependentSchemas", {})
        if each in facts.present
    ]
    if any(_surely_evaluates(prover, facts, each, name, matched) for each in sure):
        return True
    return any(
        _surely_evaluates(prover, facts, each, name, matched) and not prover.prove(facts.conj, each)
        for keyword in ("anyOf", "oneOf")
        for each in graph.children(node, keyword)
    )


def evaluates_no_more(prover: Prover, writer: Node, reader: Node) -> bool:
    """Whether all that the writer's subschemas evaluate, the reader's evaluate too, whatever the value."""
    if not isinstance(reader.schema, dict) or not isinstance(writer.schema, dict):
        return writer.id == reader.id
    ours, theirs = reader.schema, writer.schema
    if "unevaluatedProperties" in theirs and "unevaluatedProperties" not in ours:
        return False
    if "additionalProperties" not in ours and (
        "additionalProperties" in theirs
        or not theirs.get("properties", {}).keys() <= ours.get("properties", {}).keys()
        or not theirs.get("patternProperties", {}).keys() <= ours.get("patternProperties", {}).keys()
    ):
        return False
    return all(_applies_no_more(prover, writer, reader, keyword) for keyword in IN_PLACE)


def _applies_no_more(prover: Prover, writer: Node, reader: Node, keyword: str) -> bool:
    graph = prover.graph
    if keyword not in writer.schema:
        return True
    if keyword in ("not", "if", "then", "else", "dependentSchemas"):
        group = ("if", "then", "else") if keyword in ("if", "then", "else") else (keyword,)
        return graph.part(writer, group).id == graph.part(reader, group).id
    known = graph.children(reader, keyword)
    return all(
        any(each.id == other.id for other in known)
        or (keyword in ("$ref", "allOf") and any(evaluates_no_more(prover, each, other) for other in known))
        for each in graph.children(writer, keyword)
    )
