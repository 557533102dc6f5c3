"""What takes time is counted, although it is no step of a proof."""

import pytest

from standards.compatibility import parts
from standards.compatibility.budget import Budget
from standards.compatibility.facts import Conj
from standards.compatibility.graph import Graph
from standards.compatibility.reading import facts_of


@pytest.mark.parametrize("keyword", ["unevaluatedProperties", "unevaluatedItems"])
def test_asking_whether_a_place_counts_as_evaluated(keyword: str) -> None:
    graph = Graph({"": {keyword: False}}, Budget(1_000))
    facts = facts_of(graph, Conj((graph.root(""),)))
    before = graph.budget.spent
    for number in range(1_300):
        parts.member(graph, facts, f"p{number}")
        parts.item(graph, facts, number)
    assert graph.budget.spent - before == 100
