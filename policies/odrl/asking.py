"""What is asked of a policy: who wants to do what with what, and what else is known of it. Pure.

Three forms are read: our own JSON, `{"action", "target", "assignee", "context": {operand: value}, …}`; a request of
ODRL (`odrl:Request` with one permission, whose constraints with `odrl:eq` say what is known); and an evaluation request
with parameters, as the tests of the ODRL community write it. Facts that stand beside a request, of what is part of what
and which duty was fulfilled, are taken as they are said: an evaluation is as true as what it is told.
Raises catalog.imports.Unreadable.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from rdflib import DCTERMS, RDF, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from catalog.imports import Unreadable
from policies.odrl import values, vocabulary
from policies.odrl.values import Value
from policies.odrl.vocabulary import ODRL

MAX_VALUES: Final = 1_000
_MEMBERS: Final = frozenset({"action", "target", "assignee", "context", "part_of", "is_a", "duties"})
_DUTY_STATES: Final = frozenset({"fulfilled", "violated", "pending"})
_FEATURE: Final = {"TemporalData": "dateTime"}
_STATES: Final = {"Fulfilled": "fulfilled", "Performed": "fulfilled", "Violated": "violated"}
_TIME: Final = re.compile(r"(^|[/#])currentTime$")

Facts = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Ask:
    """`context` is by the IRI of a left operand; `duties` by the IRI of a duty or of its action, with its state."""

    action: str | None
    target: str | None
    assignee: str | None
    context: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    part_of: Facts = field(default_factory=dict)
    is_a: Facts = field(default_factory=dict)
    duties: Mapping[str, str] = field(default_factory=dict)
    at: datetime | None = None


def is_own_form(document: Any) -> bool:
    """Whether a JSON document is a request of our own form, not JSON-LD."""
    return isinstance(document, dict) and not any(name.startswith("@") for name in document)


def from_json(document: Mapping[str, Any]) -> Ask:
    """The ask in our own form."""
    strange = sorted(document.keys() - _MEMBERS)
    if strange:
        raise Unreadable(f"/{strange[0][:100]}", "unknown", f"one of {', '.join(sorted(_MEMBERS))}")
    action, target, assignee = (_text(document, name) for name in ("action", "target", "assignee"))
    duties = {vocabulary.expanded(name, "action"): state for name, state in _object(document, "duties").items()}
    if any(state not in _DUTY_STATES for state in duties.values()):
        raise Unreadable("/duties", "unknown", f"of each duty one of {', '.join(sorted(_DUTY_STATES))}")
    context = {
        vocabulary.expanded(name, "operand"): _values(one, f"/context/{name[:100]}")
        for name, one in _object(document, "context").items()
    }
    return Ask(
        None if action is None else vocabulary.expanded(action, "action"),
        target,
        assignee,
        context,
        _facts(document, "part_of"),
        _facts(document, "is_a"),
        duties,
        _at(context),
    )


def from_graph(graph: Graph) -> Ask:
    """The one request of a graph."""
    requests = sorted(graph.subjects(RDF.type, ODRL.Request), key=str)
    evaluations = sorted(
        (one for one, kind in graph.subject_objects(RDF.type) if _is(kind, "EvaluationRequest")), key=str
    )
    if len(requests) + len(evaluations) != 1:
        raise Unreadable("", "request", "exactly one request: odrl:Request with a permission")
    if evaluations:
        asked, context = _evaluation(graph, evaluations[0])
    else:
        asked, context = _request(graph, requests[0])
    at = _at(context) or _current_time(graph)
    part_of = _pairs(graph.subject_objects(ODRL.partOf))
    action, target, assignee = asked
    return Ask(
        action, target, assignee, context, part_of, _pairs(graph.subject_objects(RDF.type)), _duty_states(graph), at
    )


def beside(ask: Ask, graph: Graph) -> Ask:
    """The ask with what the document of the policy says of what is part of what, and of which class."""
    part_of, is_a = _pairs(graph.subject_objects(ODRL.partOf)), _pairs(graph.subject_objects(RDF.type))
    return replace(ask, part_of=_joined(ask.part_of, part_of), is_a=_joined(ask.is_a, is_a))


def _joined(one: Facts, other: Facts) -> Facts:
    return {name: one.get(name, frozenset()) | other.get(name, frozenset()) for name in one.keys() | other.keys()}


def _request(graph: Graph, request: Node) -> tuple[list[str | None], dict[str, tuple[Value, ...]]]:
    rules = sorted(graph.objects(request, ODRL.permission), key=str)
    if len(rules) != 1:
        raise Unreadable("", "request", "a request with one permission: ask one thing at a time")
    context = dict[str, tuple[Value, ...]]()
    for constraint in graph.objects(rules[0], ODRL.constraint):
        left, operator = graph.value(constraint, ODRL.leftOperand), graph.value(constraint, ODRL.operator)
        if left is None or operator != ODRL.eq:
            raise Unreadable("", "request", "constraints of a request that say what is: odrl:eq")
        right = tuple(values.of_node(one) for one in graph.objects(constraint, ODRL.rightOperand))
        context[str(left)] = (*context.get(str(left), ()), *right)
    names = (ODRL.action, ODRL.target, ODRL.assignee)
    return [_one(graph, (rules[0], request), name) for name in names], context


def _evaluation(graph: Graph, request: Node) -> tuple[list[str | None], dict[str, tuple[Value, ...]]]:
    said = {_local(name): one for name, one in graph.predicate_objects(request)}
    context = dict[str, tuple[Value, ...]]()
    for name, parameter in graph.predicate_objects(request):
        if _local(name) != "requestParameter":
            continue
        parts = {_local(inner): one for inner, one in graph.predicate_objects(parameter)}
        if "describesFeature" not in parts or "value" not in parts:
            raise Unreadable("", "request", "parameters with a feature and a value")
        feature = _local(parts["describesFeature"])
        operand = str(ODRL[_FEATURE.get(feature, feature[:1].lower() + feature[1:])])
        context[operand] = (*context.get(operand, ()), values.of_node(parts["value"]))
    asked = (said.get(name) for name in ("requestedAction", "requestedTarget", "requestingParty"))
    return [None if one is None else str(one) for one in asked], context


def _one(graph: Graph, holders: Iterable[Node], name: URIRef) -> str | None:
    for holder in holders:
        found = sorted(str(one) for one in graph.objects(holder, name))
        if len(found) > 1:
            raise Unreadable("", "request", f"one {vocabulary.shown(str(name))}: ask one thing at a time")
        if found:
            return found[0]
    return None


def _duty_states(graph: Graph) -> dict[str, str]:
    """What reports in the graph say of duties; violated when they disagree."""
    states = dict[str, str]()
    for report, kind in graph.subject_objects(RDF.type):
        if not _is(kind, "DutyReport"):
            continue
        said = {_local(name): one for name, one in graph.predicate_objects(report)}
        told = [_STATES.get(_local(said[name])) for name in ("deonticState", "performanceState") if name in said]
        rule, state = said.get("rule"), next((one for one in told if one), None)
        if rule is not None and state and states.get(str(rule)) != "violated":
            states[str(rule)] = state
    return states


def _current_time(graph: Graph) -> datetime | None:
    told = [
        one
        for subject, one in graph.subject_objects(DCTERMS.issued)
        if _TIME.search(str(subject)) and isinstance(one, Literal)
    ]
    return values.moment(str(told[0])) if len(told) == 1 else None


def _at(context: Mapping[str, tuple[Value, ...]]) -> datetime | None:
    said = context.get(str(ODRL.dateTime), ())
    if not said:
        return None
    at = values.moment(said[0].text) if len(said) == 1 else None
    if at is None:
        raise Unreadable("/context/dateTime", "date-time", "one moment, as 2026-11-22T09:00:00Z")
    return at


def _pairs(pairs: Iterable[tuple[Node, Node]]) -> dict[str, frozenset[str]]:
    made = dict[str, frozenset[str]]()
    for one, other in pairs:
        if not isinstance(one, BNode):
            made[str(one)] = made.get(str(one), frozenset()) | {str(other)}
    return made


def _is(kind: Node, name: str) -> bool:
    return isinstance(kind, URIRef) and _local(kind) == name


def _local(name: Node) -> str:
    return re.split(r"[/#]", str(name))[-1]


def _text(document: Mapping[str, Any], name: str) -> str | None:
    found = document.get(name)
    if found is None or (isinstance(found, str) and 0 < len(found) <= values.LONGEST):
        return found
    raise Unreadable(f"/{name}", "text", f"a text of 1 to {values.LONGEST} characters")


def _object(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = document.get(name, {})
    if not isinstance(found, dict) or len(found) > MAX_VALUES:
        raise Unreadable(f"/{name}", "object", f"an object with at most {MAX_VALUES} members")
    return found


def _facts(document: Mapping[str, Any], name: str) -> dict[str, frozenset[str]]:
    return {
        one: frozenset(value.text for value in _values(others, f"/{name}"))
        for one, others in _object(document, name).items()
    }


def _values(found: Any, pointer: str) -> tuple[Value, ...]:
    several = found if isinstance(found, list) else [found]
    if len(several) > MAX_VALUES or not all(isinstance(one, str | int | float) for one in several):
        raise Unreadable(pointer, "value", f"a text, number or boolean, or at most {MAX_VALUES} of them")
    return tuple(_value(one) for one in several)


def _value(one: str | float) -> Value:
    if isinstance(one, bool):
        return Value("true" if one else "false", "boolean")
    return Value(one) if isinstance(one, str) else Value(str(one), "decimal")
