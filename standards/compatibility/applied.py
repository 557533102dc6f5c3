"""Which keywords that apply schemas to the value itself follow from the facts (JSON Schema 2020-12 core, 10.2)."""

from standards.compatibility.facts import Facts
from standards.compatibility.graph import Node
from standards.compatibility.prover import Failures, Prover


def reference_follows(prover: Prover, facts: Facts, reader: Node) -> Failures:
    return prover.prove(facts.conj, prover.graph.child(reader, "$ref"))


def all_follow(prover: Prover, facts: Facts, reader: Node) -> Failures:
    return [failure for each in prover.graph.children(reader, "allOf") for failure in prover.prove(facts.conj, each)]


def any_follows(prover: Prover, facts: Facts, reader: Node) -> Failures:
    """One alternative accepts everything; what is accepted by several together is found case by case."""
    branches = prover.graph.children(reader, "anyOf")
    if any(branch.id in facts.ids for branch in branches):
        return []
    if any(prover.proves_whole(facts.conj, one) for one in branches if one.id not in facts.denied_ids):
        return []
    return [prover.failure("no-alternative", facts, reader, "anyOf")]


def one_follows(prover: Prover, facts: Facts, reader: Node) -> Failures:
    """One alternative accepts everything, and none of the others accepts anything of it."""
    branches = prover.graph.children(reader, "oneOf")
    for one in branches:
        if one.id in facts.denied_ids or not (one.id in facts.ids or prover.proves_whole(facts.conj, one)):
            continue
        others = [other for other in branches if other is not one and other.id not in facts.denied_ids]
        if all(prover.void(facts.conj.holding(other)) for other in others):
            return []
    return [prover.failure("several-alternatives", facts, reader, "oneOf")]


def not_follows(prover: Prover, facts: Facts, reader: Node) -> Failures:
    excluded = prover.graph.child(reader, "not")
    if excluded.id in facts.denied_ids or prover.void(facts.conj.holding(excluded)):
        return []
    return [prover.failure("not-excluded", facts, reader, "not")]


def condition_follows(prover: Prover, facts: Facts, reader: Node) -> Failures:
    """if, then, else: what meets the condition satisfies the one, what does not the other."""
    graph = prover.graph
    failures: Failures = []
    for keyword in ("then", "else"):
        condition = graph.children(reader, "if")
        case = facts.conj.holding(*condition) if keyword == "then" else facts.conj.denying(*condition)
        for target in graph.children(reader, keyword) if condition else ():
            failures += prover.prove(case, target)
    return failures
