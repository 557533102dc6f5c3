"""Rules against asks: what the Recommendations show in their examples, in our own words, and what they leave open."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.dcat.writing import TURTLE
from policies.odrl import asking, documents, evaluating, structure
from policies.odrl.evaluating import DENY, PERMIT, UNDETERMINED
from tests.policies.odrl.conftest import AT, PREFIXES, Evaluate

CLINIC = "odrl:action odrl:read ; odrl:target :register ; odrl:assignee :clinic"


def states(report: evaluating.Report) -> list[str]:
    return [rule.state for rule in report.rules]


@pytest.mark.parametrize(
    ("asked", "state"),
    [
        ({}, "active"),
        ({"action": "odrl:read"}, "active"),
        ({"action": "modify"}, "inactive"),
        ({"target": "https://a.example/other"}, "inactive"),
        ({"assignee": "https://a.example/bank"}, "inactive"),
        ({"assignee": None}, "undetermined"),
        ({"action": None}, "undetermined"),
    ],
)
def test_a_rule_is_about_what_it_names(evaluate: Evaluate, asked: dict[str, str | None], state: str) -> None:
    report = evaluate(f":p a odrl:Set ; odrl:permission [ {CLINIC} ] .", **asked)
    assert states(report) == [state]
    assert report.decision == {"active": PERMIT, "inactive": DENY, "undetermined": UNDETERMINED}[state]


def test_a_rule_that_names_nothing_is_about_everything(evaluate: Evaluate) -> None:
    assert evaluate(":p a odrl:Set ; odrl:permission :r . :r a odrl:Permission .").decision == PERMIT
    assert evaluate(":p a odrl:Set ; odrl:prohibition :r . :r a odrl:Prohibition .").decision == DENY


@pytest.mark.parametrize(
    ("permitted", "asked", "active"),
    [
        ("odrl:use", "read", True),
        ("odrl:use", "extract", True),
        ("odrl:use", "write", True),
        ("odrl:use", "sell", False),
        ("odrl:transfer", "sell", True),
        ("odrl:read", "use", False),
        ("odrl:reproduce", "copy", True),
        (":process", "read", True),
        (":process", "print", False),
    ],
)
def test_actions_include_others(evaluate: Evaluate, permitted: str, asked: str, active: bool) -> None:
    own = "odrl:read odrl:includedIn :process ."
    report = evaluate(f"{own} :p a odrl:Set ; odrl:permission [ odrl:action {permitted} ] .", action=asked)
    assert states(report) == ["active" if active else "inactive"]


def test_any_of_several_actions(evaluate: Evaluate) -> None:
    policy = ":p a odrl:Set ; odrl:permission [ odrl:action odrl:print, odrl:read ] ."
    assert evaluate(policy).decision == PERMIT
    assert evaluate(policy, action="play").decision == DENY


def test_what_a_policy_says_for_all_its_rules(evaluate: Evaluate) -> None:
    policy = (
        ":p a odrl:Set ; odrl:action odrl:read ; odrl:target :register ; odrl:permission [ odrl:assignee :clinic ] ."
    )
    assert evaluate(policy).decision == PERMIT
    assert evaluate(policy, action="print").decision == DENY
    assert evaluate(policy, target="https://a.example/other").decision == DENY


def test_a_policy_of_an_asset_is_about_that_asset(evaluate: Evaluate) -> None:
    policy = ":register odrl:hasPolicy :p . :p a odrl:Set ; odrl:permission [ odrl:action odrl:read ] ."
    assert evaluate(policy).decision == PERMIT
    assert evaluate(policy, target="https://a.example/other").decision == DENY


def test_members_of_collections(evaluate: Evaluate) -> None:
    policy = """:p a odrl:Set ; odrl:permission [ odrl:target :registers ; odrl:assignee :health ] .
    :registers a odrl:AssetCollection ; odrl:source :all . :register odrl:partOf :some . :some odrl:partOf :all ."""
    assert evaluate(policy).decision == DENY
    known = {"https://a.example/clinic": "https://a.example/health"}
    assert evaluate(policy, part_of=known).decision == PERMIT


def constrained(left: str, operator: str, right: str) -> str:
    one = f"odrl:leftOperand {left} ; odrl:operator {operator} ; odrl:rightOperand {right}"
    return f":p a odrl:Set ; odrl:permission [ {CLINIC} ; odrl:constraint [ {one} ] ] ."


@pytest.mark.parametrize(
    ("left", "operator", "right", "context", "state"),
    [
        ("odrl:purpose", "odrl:eq", '"care"', {"purpose": "care"}, "active"),
        ("odrl:purpose", "odrl:eq", '"care"', {"purpose": "Care"}, "inactive"),
        ("odrl:purpose", "odrl:eq", '"care"', {}, "undetermined"),
        ("odrl:purpose", "odrl:neq", '"care", "study"', {"purpose": "study"}, "inactive"),
        ("odrl:purpose", "odrl:isAnyOf", '"care", "study"', {"purpose": "study"}, "active"),
        ("odrl:purpose", "odrl:isAnyOf", '"care", "study"', {"purpose": "sale"}, "inactive"),
        ("odrl:purpose", "odrl:isAnyOf", '"care", "study"', {"purpose": ["care", "sale"]}, "undetermined"),
        ("odrl:purpose", "odrl:isAnyOf", "()", {"purpose": "care"}, "inactive"),
        ("odrl:purpose", "odrl:isNoneOf", '"sale", "study"', {"purpose": "care"}, "active"),
        ("odrl:purpose", "odrl:isNoneOf", '"sale", "study"', {"purpose": "sale"}, "inactive"),
        ("odrl:media", "odrl:isAllOf", '"print", "web"', {"media": ["web", "print", "film"]}, "active"),
        ("odrl:media", "odrl:isAllOf", '"print", "web"', {"media": ["web"]}, "inactive"),
        ("odrl:spatial", "odrl:isPartOf", ":city", {"spatial": "https://a.example/district"}, "active"),
        ("odrl:spatial", "odrl:isPartOf", ":city", {"spatial": "https://a.example/moon"}, "undetermined"),
        ("odrl:spatial", "odrl:hasPart", ":district", {"spatial": "https://a.example/city"}, "active"),
        ("odrl:industry", "odrl:isA", ":Care", {"industry": "https://a.example/nursing"}, "active"),
        ("odrl:industry", "odrl:isA", ":Trade", {"industry": "https://a.example/nursing"}, "inactive"),
        ("odrl:count", "odrl:lteq", "10", {"count": 10}, "active"),
        ("odrl:count", "odrl:lteq", "10", {"count": 10.5}, "inactive"),
        ("odrl:count", "odrl:lteq", "10", {"count": "many"}, "undetermined"),
        ("odrl:elapsedTime", "odrl:lt", '"PT36H"^^xsd:duration', {"elapsedTime": "P1D"}, "active"),
        ("odrl:recipient", "odrl:eq", ":clinic", {}, "active"),
        (":mood", "odrl:eq", '"good"', {"https://a.example/mood": "good"}, "active"),
        ("odrl:purpose", ":resembles", '"care"', {"purpose": "care"}, "undetermined"),
        ("odrl:dateTime", "odrl:lt", '"2026-11-22T09:00:00Z"^^xsd:dateTime', {}, "inactive"),
        ("odrl:dateTime", "odrl:lteq", '"2026-11-22T17:00:00+08:00"^^xsd:dateTime', {}, "active"),
        ("odrl:dateTime", "odrl:eq", '"2026-11-22"^^xsd:date', {}, "active"),
    ],
)
def test_constraints(evaluate: Evaluate, left: str, operator: str, right: str, context: object, state: str) -> None:
    facts = ":district odrl:partOf :city . :nursing a :Care ."
    assert states(evaluate(facts + constrained(left, operator, right), context=context)) == [state]


def test_a_value_elsewhere_is_not_fetched(evaluate: Evaluate) -> None:
    one = "odrl:leftOperand odrl:purpose ; odrl:operator odrl:eq ; odrl:rightOperandReference :purposes"
    report = evaluate(f":p a odrl:Set ; odrl:permission [ odrl:constraint [ {one} ] ] .", context={"purpose": "care"})
    assert states(report) == ["undetermined"]
    assert report.rules[0].constraints[0].why == "not-fetched"


TRUE, FALSE, OPEN = (
    f"[ odrl:leftOperand {left} ; odrl:operator odrl:eq ; odrl:rightOperand {right} ]"
    for left, right in (("odrl:purpose", '"care"'), ("odrl:purpose", '"sale"'), ("odrl:event", ":fair"))
)


@pytest.mark.parametrize(
    ("logical", "state"),
    [
        (f"odrl:and {TRUE}, {TRUE}", "active"),
        (f"odrl:and {TRUE}, {FALSE}, {OPEN}", "inactive"),
        (f"odrl:and {TRUE}, {OPEN}", "undetermined"),
        (f"odrl:or {FALSE}, {TRUE}, {OPEN}", "active"),
        (f"odrl:or {FALSE}, {OPEN}", "undetermined"),
        (f"odrl:or {FALSE}, {FALSE}", "inactive"),
        (f"odrl:xone {FALSE}, {TRUE}", "active"),
        (f"odrl:xone {TRUE}, {TRUE}, {OPEN}", "inactive"),
        (f"odrl:xone {TRUE}, {OPEN}", "undetermined"),
        (f"odrl:xone {FALSE}, {FALSE}", "inactive"),
        (f"odrl:andSequence ( {TRUE} {TRUE} )", "active"),
        (f"odrl:andSequence ( {TRUE} {FALSE} )", "inactive"),
        (f"odrl:and [ odrl:or {FALSE}, {TRUE} ], [ odrl:xone {TRUE}, {FALSE} ]", "active"),
    ],
)
def test_logical_constraints(evaluate: Evaluate, logical: str, state: str) -> None:
    policy = f":p a odrl:Set ; odrl:permission [ {CLINIC} ; odrl:constraint [ {logical} ] ] ."
    assert states(evaluate(policy, context={"purpose": "care"})) == [state]


def test_refinements_narrow_action_and_target(evaluate: Evaluate) -> None:
    page = "odrl:leftOperand odrl:count ; odrl:operator odrl:lteq ; odrl:rightOperand 5"
    action = f"odrl:action [ rdf:value odrl:print ; odrl:refinement [ {page} ] ]"
    policy = f":p a odrl:Set ; odrl:permission [ {action} ] ."
    assert evaluate(policy, action="print", context={"count": 5}).decision == PERMIT
    assert evaluate(policy, action="print", context={"count": 6}).decision == DENY
    assert evaluate(policy, action="print").decision == UNDETERMINED
    target = f"odrl:target [ a odrl:AssetCollection ; odrl:source :register ; odrl:refinement [ {page} ] ]"
    policy = f":p a odrl:Set ; odrl:permission [ {target} ] ."
    assert evaluate(policy, context={"count": 5}).decision == PERMIT
    assert evaluate(policy, context={"count": 6}).decision == DENY


def test_duties_come_with_a_permit_and_a_violated_one_takes_it(evaluate: Evaluate) -> None:
    policy = f":p a odrl:Set ; odrl:permission [ {CLINIC} ; odrl:duty :d ] . :d odrl:action odrl:inform ."
    report = evaluate(policy)
    assert (report.decision, report.outstanding) == (PERMIT, ("https://a.example/d",))
    assert evaluate(policy, duties={"https://a.example/d": "fulfilled"}).outstanding == ()
    assert evaluate(policy, duties={"inform": "violated"}).decision == DENY


def test_a_duty_whose_time_has_passed_is_violated(evaluate: Evaluate) -> None:
    end = '"2026-12-01T00:00:00Z"^^xsd:dateTime'
    until = f"odrl:leftOperand odrl:dateTime ; odrl:operator odrl:lteq ; odrl:rightOperand {end}"
    policy = (
        f":p a odrl:Set ; odrl:permission [ odrl:duty [ odrl:action odrl:delete ; odrl:constraint [ {until} ] ] ] ."
    )
    assert evaluate(policy).decision == PERMIT
    late = datetime(2026, 12, 2, tzinfo=UTC)
    assert evaluate(policy, at=late).decision == DENY
    assert evaluate(policy, at=late, duties={"delete": "fulfilled"}).decision == PERMIT


def test_an_obligation_binds_its_party_whatever_is_asked(evaluate: Evaluate) -> None:
    policy = ":p a odrl:Set ; odrl:obligation [ odrl:assignee :clinic ; odrl:action odrl:delete ] ."
    report = evaluate(policy)
    assert (states(report), report.rules[0].duties[0].state) == (["active"], "pending")
    assert report.decision == DENY, "an obligation permits nothing"
    assert states(evaluate(policy, assignee="https://a.example/bank")) == ["inactive"]


BOTH = f"odrl:permission [ {CLINIC} ] ; odrl:prohibition [ odrl:action odrl:use ]"


@pytest.mark.parametrize(
    ("conflict", "decision", "reason"),
    [
        ("", DENY, "prohibited"),
        ("odrl:conflict odrl:prohibit ;", DENY, "prohibited"),
        ("odrl:conflict odrl:invalid ;", DENY, "in-conflict"),
        ("odrl:conflict odrl:perm, odrl:prohibit ;", DENY, "in-conflict"),
        ("odrl:conflict :mine ;", DENY, "in-conflict"),
        ("odrl:conflict odrl:perm ;", PERMIT, "permission-preferred"),
    ],
)
def test_conflicts(evaluate: Evaluate, conflict: str, decision: str, reason: str) -> None:
    report = evaluate(f":p a odrl:Set ; {conflict} {BOTH} .")
    assert (report.decision, report.reason) == (decision, reason)


def test_doubt_about_a_prohibition_is_no_permit(evaluate: Evaluate) -> None:
    doubtful = f"odrl:prohibition [ odrl:action odrl:read ; odrl:constraint {OPEN} ]"
    report = evaluate(f":p a odrl:Set ; odrl:permission [ {CLINIC} ] ; {doubtful} .")
    assert (report.decision, report.reason) == (UNDETERMINED, "prohibition-undetermined")


def test_rules_are_inherited(evaluate: Evaluate) -> None:
    parent = ":parent a odrl:Set ; odrl:prohibition [ odrl:action odrl:read ; odrl:assignee :clinic ] ."
    child = f":p a odrl:Agreement ; odrl:inheritFrom :parent ; odrl:permission [ {CLINIC} ] ."
    assert evaluate(parent + child).decision == DENY
    report = evaluate(child)
    assert (report.decision, report.reason) == (UNDETERMINED, "incomplete")
    assert [finding.pointer for finding in report.findings] == ["/https://a.example/parent"]


@pytest.mark.parametrize("beside", ["odrl:profile :strange", "odrl:undefined odrl:support", "odrl:constrain :c"])
def test_what_is_not_understood_permits_nothing(evaluate: Evaluate, beside: str) -> None:
    report = evaluate(f":p a odrl:Set ; {beside} ; odrl:permission [ {CLINIC} ] .")
    assert (states(report), report.decision, report.reason) == (["active"], UNDETERMINED, "incomplete")
    assert report.findings


def test_requests_in_rdf() -> None:
    policy = constrained("odrl:purpose", "odrl:eq", '"care"')
    rules = structure.policies(documents.graph_of((PREFIXES + policy).encode(), TURTLE))
    purpose = '[ odrl:leftOperand odrl:purpose ; odrl:operator odrl:eq ; odrl:rightOperand "care" ]'
    plain = f"<urn:ask> a odrl:Request ; odrl:permission [ {CLINIC} ; odrl:constraint {purpose} ] ."
    tested = """@prefix sotw: <https://w3id.example/force/sotw#> . @prefix report: <https://w3id.example/report#> .
    <urn:ask> a sotw:EvaluationRequest ; sotw:requestedAction odrl:read ; sotw:requestingParty :clinic ;
      sotw:requestedTarget :register ; sotw:requestParameter
        [ sotw:describesFeature sotw:Purpose ; sotw:value "care" ],
        [ sotw:describesFeature sotw:TemporalData ; sotw:value "2024-02-12T11:20:10.999Z"^^xsd:dateTime ] ."""
    for request in (plain, tested):
        ask = asking.from_graph(documents.graph_of((PREFIXES + request).encode(), TURTLE))
        assert evaluating.evaluate(rules, ask, ask.at or AT).decision == PERMIT
    assert ask.at == datetime(2024, 2, 12, 11, 20, 10, 999_000, tzinfo=UTC)


def test_a_report_of_a_duty_beside_a_request() -> None:
    policy = f"{PREFIXES} :p a odrl:Set ; odrl:permission [ {CLINIC} ; odrl:duty :d ] . :d odrl:action odrl:inform ."
    rules = structure.policies(documents.graph_of(policy.encode(), TURTLE))
    for told, decision in (("Violated", DENY), ("Fulfilled", PERMIT), ("NonSet", PERMIT)):
        request = f"""{PREFIXES} @prefix report: <https://w3id.example/report#> .
        <urn:ask> a odrl:Request ; odrl:permission [ {CLINIC} ] .
        [] a report:DutyReport ; report:rule :d ; report:deonticState report:{told} ."""
        ask = asking.from_graph(documents.graph_of(request.encode(), TURTLE))
        assert evaluating.evaluate(rules, ask, AT).decision == decision


_ACTIONS = st.sampled_from(["odrl:use", "odrl:read", "odrl:print", "odrl:sell"])
_CONSTRAINTS = st.sampled_from(
    ["", f"; odrl:constraint {TRUE}", f"; odrl:constraint {FALSE}", f"; odrl:constraint {OPEN}"]
)
_RULES = st.tuples(st.sampled_from(["permission", "prohibition"]), _ACTIONS, _CONSTRAINTS)


@given(st.lists(_RULES, max_size=6), st.sampled_from(["read", "print", "sell"]))
def test_prohibition_wins(rules: list[tuple[str, str, str]], action: str) -> None:
    """A permit means: a permission is active, and no prohibition is or may be."""
    told = " ".join(f"; odrl:{kind} [ odrl:action {named} {limit} ]" for kind, named, limit in rules)
    graph = documents.graph_of(f"{PREFIXES} :p a odrl:Set {told} .".encode(), TURTLE)
    ask = asking.from_json({"action": action, "context": {"purpose": "care"}})
    report = evaluating.evaluate(structure.policies(graph), ask, AT)
    found = {(rule.kind, rule.state) for rule in report.rules}
    if ("prohibition", "active") in found:
        assert report.decision == DENY
    may_prohibit = {("prohibition", "active"), ("prohibition", "undetermined")} & found
    assert (report.decision == PERMIT) == (("permission", "active") in found and not may_prohibit)
