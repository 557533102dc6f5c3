"""Policies written in Turtle, and asks, with the namespaces that the tests use."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from catalog.dcat.writing import TURTLE
from policies.odrl import asking, documents, evaluating, structure
from policies.odrl.evaluating import Report

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PREFIXES = """@prefix odrl: <http://www.w3.org/ns/odrl/2/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix : <https://a.example/> .
"""
ASK: dict[str, Any] = {
    "action": "read",
    "target": "https://a.example/register",
    "assignee": "https://a.example/clinic",
}

Evaluate = Callable[..., Report]


@pytest.fixture
def evaluate() -> Evaluate:
    def evaluate(policy: str, *, at: datetime = AT, **asked: Any) -> Report:
        graph = documents.graph_of((PREFIXES + policy).encode(), TURTLE)
        ask = asking.beside(asking.from_json({**ASK, **asked}), graph)
        return evaluating.evaluate(structure.policies(graph), ask, ask.at or at)

    return evaluate
