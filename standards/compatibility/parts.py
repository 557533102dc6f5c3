"""What is known of one member or one item of a value, from what is known of the whole.

Both are conjunctions again: the schemas that every satisfied schema applies there. Members that nobody names are taken
together by which patterns their names match.
"""

from collections.abc import Callable, Iterable, Iterator

from standards.compatibility.facts import NOTHING, Conj, Facts
from standards.compatibility.graph import Graph, Node
from standards.compatibility.keywords import IN_PLACE

Matched = Callable[[str], bool]
"""Whether the name in question matches a pattern."""


def member(graph: Graph, facts: Facts, name: str) -> Conj:
    """What holds for the value of this member where it is there."""
    if name in facts.absent or facts.bounds.get("maxProperties") == 0:
        return NOTHING
    names = [graph.child(node, "propertyNames") for node in facts.having("propertyNames")]
    if any(graph.accepts(schema, name) is False for schema in names):
        return NOTHING
    held = _applied(graph, facts, name, lambda pattern: graph.matches(pattern, name))
    return Conj(tuple(held), tuple(schema for named, schema in facts.denied_members if named == name))


def others(graph: Graph, facts: Facts, matched: frozenset[str]) -> Conj:
    """What holds for members whose names no schema spells out and which match just these of all patterns."""
    if facts.bounds.get("maxProperties") == 0:
        return NOTHING
    return Conj(tuple(_applied(graph, facts, None, matched.__contains__)))


def names(graph: Graph, facts: Facts) -> Conj:
    """What holds for the members' names."""
    held = tuple(graph.child(node, "propertyNames") for node in facts.having("propertyNames"))
    return Conj(held, types=frozenset({"string"}))


def declared(graph: Graph, node: Node, name: str | None, matched: Matched) -> list[Node]:
    """The subschemas that a schema by its own keywords applies to a member."""
    schema = node.schema
    found = [graph.child(node, "properties", name)] if name is not None and name in schema.get("properties", {}) else []
    found += [
        graph.child(node, "patternProperties", each) for each in schema.get("patternProperties", {}) if matched(each)
    ]
    return found or graph.children(node, "additionalProperties")


def item(graph: Graph, facts: Facts, index: int) -> Conj:
    """What holds for the item at this index where there is one."""
    limit = facts.bounds.get("maxItems")
    if limit is not None and index >= limit:
        return NOTHING
    held: list[Node] = []
    for node in facts.nodes:
        held += items_of(graph, node, index)
        if "unevaluatedItems" in node.schema and not _may_evaluate_item(graph, node, index):
            held.append(graph.child(node, "unevaluatedItems"))
    return Conj(tuple(held))


def items_of(graph: Graph, node: Node, index: int) -> list[Node]:
    """The subschemas that a schema by its own keywords applies to the item at this index."""
    if index < len(node.schema.get("prefixItems", ())):
        return [graph.child(node, "prefixItems", index)]
    return graph.children(node, "items")


def longest_prefix(nodes: Iterable[Node]) -> int:
    """From this index on all items are alike."""
    return max((len(node.schema.get("prefixItems", ())) for node in nodes if isinstance(node.schema, dict)), default=0)


def in_place(graph: Graph, *nodes: Node) -> Iterator[Node]:
    """These schemas and all that they may apply to the same value."""
    seen: set[int] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if node.id in seen:
            continue
        seen.add(node.id)
        if isinstance(node.schema, dict):
            yield node
            for keyword in IN_PLACE:
                waiting += graph.children(node, keyword)


def _applied(graph: Graph, facts: Facts, name: str | None, matched: Matched) -> list[Node]:
    held: list[Node] = []
    for node in facts.nodes:
        held += declared(graph, node, name, matched)
        if "unevaluatedProperties" in node.schema and not _may_evaluate(graph, node, name, matched):
            held.append(graph.child(node, "unevaluatedProperties"))
    return held


def _may_evaluate(graph: Graph, top: Node, name: str | None, matched: Matched) -> bool:
    """Whether a member might count as evaluated. `not` is looked into as well: validators differ on that."""
    graph.budget.looked()
    return any(
        declared(graph, node, name, matched)
        or "additionalProperties" in node.schema
        or (node.id != top.id and "unevaluatedProperties" in node.schema)
        for node in in_place(graph, top)
    )


def _may_evaluate_item(graph: Graph, top: Node, index: int) -> bool:
    graph.budget.looked()
    return any(
        items_of(graph, node, index)
        or "contains" in node.schema
        or (node.id != top.id and "unevaluatedItems" in node.schema)
        for node in in_place(graph, top)
    )
