"""Which keywords on lists follow from the facts (JSON Schema 2020-12 core, sections 10.3.1 and 11.2)."""

from dataclasses import replace

from standards.compatibility import parts
from standards.compatibility.facts import Conj, Facts
from standards.compatibility.graph import Node
from standards.compatibility.keywords import IN_PLACE
from standards.compatibility.prover import Failures, Prover


def items_follow(prover: Prover, facts: Facts, reader: Node) -> Failures:
    """prefixItems and items: position by position, then all further ones together."""
    failures: Failures = []
    for index in range(_last(facts, reader) + 1):
        known = parts.item(prover.graph, facts, index)
        if prover.void(known):
            break  # and so there are no later ones
        for target in parts.items_of(prover.graph, reader, index):
            found = prover.within(index, known, target)
            if found and target.schema is False:
                made = prover.failure("item-refused", facts, reader, *target.path[len(reader.path) :])
                found = [replace(made, place=(*made.place, index), conj=known)]
            failures += found
    return failures


def _last(facts: Facts, reader: Node) -> int:
    """The first position after which all are alike."""
    return parts.longest_prefix([*facts.nodes, reader])


def unique_follow(prover: Prover, facts: Facts, reader: Node) -> Failures:
    if not reader.schema["uniqueItems"] or any(node.schema["uniqueItems"] for node in facts.having("uniqueItems")):
        return []
    if facts.bounds.get("maxItems", 2) <= 1 or prover.void(parts.item(prover.graph, facts, 1)):
        return []
    return [prover.failure("items-may-repeat", facts, reader, "uniqueItems")]


def contains_follow(prover: Prover, facts: Facts, reader: Node) -> Failures:
    """contains with minContains and maxContains (1 and no limit unless they are there)."""
    least, most = int(reader.schema.get("minContains", 1)), reader.schema.get("maxContains")
    failures: Failures = []
    if least > 0 and not _contains_enough(prover, facts, reader, least):
        failures.append(prover.failure("contains-not-assured", facts, reader, "contains"))
    if most is not None and not _contains_few(prover, facts, reader, int(most)):
        failures.append(prover.failure("contains-exceeded", facts, reader, "maxContains"))
    return failures


def _contains_enough(prover: Prover, facts: Facts, reader: Node, least: int) -> bool:
    graph = prover.graph
    wanted = graph.child(reader, "contains")
    for node in facts.having("contains"):
        same = Conj((graph.child(node, "contains"),))
        if int(node.schema.get("minContains", 1)) >= least and not prover.within(0, same, wanted):
            return True
    sure = facts.bounds.get("minItems", 0)
    alike = parts.longest_prefix(facts.nodes)
    found = 0
    for index in range(min(sure, alike)):
        found += not prover.within(index, parts.item(graph, facts, index), wanted)
    if found < least and sure > alike and not prover.within(alike, parts.item(graph, facts, alike), wanted):
        found += sure - alike
    return found >= least


def _contains_few(prover: Prover, facts: Facts, reader: Node, most: int) -> bool:
    graph = prover.graph
    counted = graph.child(reader, "contains")
    if facts.bounds.get("maxItems", most + 1) <= most:
        return True
    for node in facts.having("maxContains"):
        tight = "contains" in node.schema and int(node.schema["maxContains"]) <= most
        if tight and not prover.within(0, Conj((counted,)), graph.child(node, "contains")):
            return True
    matching = 0
    alike = parts.longest_prefix(facts.nodes)
    for index in range(alike + 1):
        known = parts.item(graph, facts, index)
        if prover.void(known):
            break
        if not prover.void(known.holding(counted)):
            matching += 1 if index < alike else most + 1
    return matching <= most


def unevaluated_follow(prover: Prover, facts: Facts, reader: Node) -> Failures:
    """unevaluatedItems: items that no satisfied subschema is sure to have looked at satisfy its schema."""
    graph = prover.graph
    target = graph.child(reader, "unevaluatedItems")
    for node in facts.having("unevaluatedItems"):
        same = Conj((graph.child(node, "unevaluatedItems"),))
        if _evaluates_no_more(prover, node, reader) and not prover.within(0, same, target):
            return []
    failures: Failures = []
    last = parts.longest_prefix(parts.in_place(graph, reader, *facts.nodes))
    for index in range(last + 1):
        known = parts.item(graph, facts, index)
        if prover.void(known):
            break
        if _surely_evaluates(prover, reader, index):
            continue
        if prover.within(index, known, target):
            made = prover.failure("unevaluated-refused", facts, reader, "unevaluatedItems")
            failures.append(replace(made, place=(*made.place, index), conj=known))
    return failures


def _surely_evaluates(prover: Prover, node: Node, index: int) -> bool:
    if not isinstance(node.schema, dict):
        return False
    if parts.items_of(prover.graph, node, index):
        return True
    sure = prover.graph.children(node, "$ref") + prover.graph.children(node, "allOf")
    return any(_surely_evaluates(prover, each, index) for each in sure)


def _evaluates_no_more(prover: Prover, writer: Node, reader: Node) -> bool:
    """The same for items, without looking into subschemas that differ."""
    ours, theirs = reader.schema, writer.schema
    if "contains" in theirs and prover.graph.part(writer, ("contains", "minContains", "maxContains")).id != (
        prover.graph.part(reader, ("contains", "minContains", "maxContains")).id
    ):
        return False
    if "items" not in ours and (
        "items" in theirs or len(theirs.get("prefixItems", ())) > len(ours.get("prefixItems", ()))
    ):
        return False
    return _composed_alike(prover, writer, reader)


def _composed_alike(prover: Prover, writer: Node, reader: Node) -> bool:
    graph = prover.graph
    return all(
        keyword not in writer.schema or graph.part(writer, (keyword,)).id == graph.part(reader, (keyword,)).id
        for keyword in IN_PLACE
    )
