"""What is written is read again as it was, in both formats; what cannot be enforced is refused by its name."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import URIRef

from catalog.dcat import writing as dcat
from catalog.dcat.writing import JSON_LD, TURTLE
from catalog.models import SharingMode
from catalog.rules import CallingRule
from policies.models import SKIPPABLE, AgreementDraft, AgreementTerms
from policies.odrl import asking, documents, evaluating, reading, structure, writing
from policies.odrl.reading import NotEnforceable
from tests.policies.odrl.conftest import PREFIXES

NAMES: Any = {"department": "health", "application": "clinics/desk", "service": "health/births"}

_WORD = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
_WORDS, _TEXTS = (st.lists(one, max_size=4, unique=True).map(sorted) for one in (_WORD, _TEXT))
_SCALAR = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXT
_JSON = st.recursive(
    _SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3), max_leaves=6
)
_CLOCK = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59))
_ZONES = st.integers(-12 * 60, 12 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_MOMENT = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=_ZONES)  # noqa: DTZ001
_QUOTA = st.fixed_dictionaries(
    {"count": st.integers(1, 10**9), "window": st.sampled_from(["minute", "hour", "day", "month"])}
)
_MASK = st.fixed_dictionaries(
    {"item": _TEXT, "function": _TEXT, "arguments": st.dictionaries(_TEXT, _JSON, max_size=2)}
)
_TERMS = st.fixed_dictionaries(
    {
        "operations": _TEXTS,
        "purposes": _TEXTS,
        "bases": _TEXTS,
        "items": _TEXTS,
        "valid_from": _MOMENT,
        "valid_until": _MOMENT,
        "case_required": st.booleans(),
        "actor_required": st.booleans(),
        "mode": st.sampled_from(list(SharingMode)),
        "safeguards": _TEXTS,
        "masks": st.lists(_MASK, max_size=3, unique_by=lambda mask: mask["item"]),
        "duties": st.fixed_dictionaries(
            {"notify": st.booleans(), "delete_after_days": st.none() | st.integers(1, 36_500)}
        ),
    },
    optional={
        "supplied_basis": _TEXT,
        "time_of_day": st.fixed_dictionaries({"start": _CLOCK, "end": _CLOCK}),
        "row_filter": st.dictionaries(_TEXT, _JSON, max_size=3),
        "suppress": st.fixed_dictionaries({"by": _TEXTS, "below": st.integers(2, 1000)}),
        "quota": _QUOTA,
        "rate": st.fixed_dictionaries({"count": st.integers(1, 10_000), "seconds": st.integers(1, 3600)}),
        "total": st.integers(1, 10**9),
        "consent": st.fixed_dictionaries({"statutes": _WORDS}),
        "emergency": st.fixed_dictionaries(
            {
                "skips": st.lists(st.sampled_from(sorted(SKIPPABLE)), min_size=1, unique=True).map(sorted),
                "hours": st.integers(1, 168),
            }
        ),
        "price": st.fixed_dictionaries(
            {
                "amount": st.from_regex(r"[0-9]{1,12}(\.[0-9]{1,6})?", fullmatch=True),
                "currency": st.sampled_from(["CNY", "EUR"]),
                "per": st.sampled_from(["call", "record", "month"]),
            }
        ),
    },
)


def written(terms: AgreementTerms, kind: str = JSON_LD) -> bytes:
    return dcat.single(writing.agreement(terms, "a-1", **NAMES), kind)


def in_order(terms: AgreementTerms) -> AgreementTerms:
    """The terms with their masks in the order in which they are read."""
    masks = sorted(terms.masks, key=lambda mask: (mask.item, mask.function, str(mask.arguments)))
    return terms.model_copy(update={"masks": masks})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_TERMS, st.sampled_from([JSON_LD, TURTLE]))
def test_terms_are_read_as_they_were_written(said: dict[str, Any], kind: str) -> None:
    terms = AgreementTerms.model_validate(said)
    draft = reading.agreement(documents.graph_of(written(terms, kind), kind))
    assert draft == AgreementDraft(application="clinics/desk", service="health/births", terms=in_order(terms))


_RULE = st.fixed_dictionaries(
    {
        "purposes": st.lists(_WORD, min_size=1, max_size=4, unique=True).map(sorted),
        "bases": st.lists(_WORD, min_size=1, max_size=4, unique=True).map(sorted),
        "case_required": st.booleans(),
        "actor_required": st.booleans(),
        "masks": st.dictionaries(_TEXT, _TEXT, max_size=3),
    },
    optional={"quota": _QUOTA},
)
DATASET = "https://a.example/catalog/datasets/health/births"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_RULE, st.sampled_from([JSON_LD, TURTLE]))
def test_calling_rules_are_read_as_they_were_written(said: dict[str, Any], kind: str) -> None:
    rule = CallingRule.model_validate(said)
    offer = writing.offer(rule, f"{DATASET}#offer", assigner="https://a.example/health", target=DATASET)
    node = {"id": DATASET, "type": "dcat:Dataset", "hasPolicy": offer}
    graph = documents.graph_of(dcat.single(node, kind), kind)
    assert reading.calling_rule(graph, URIRef(DATASET)) == (rule.model_dump(mode="json"), [])


TERMS = AgreementTerms(
    operations=["read"],
    purposes=["care"],
    bases=["law-1"],
    items=["name"],
    valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    valid_until=datetime(2027, 1, 1, tzinfo=UTC),
)
ASK: dict[str, Any] = {
    "action": "read",
    "target": "urn:hutong:service:health%2Fbirths",
    "assignee": "urn:hutong:application:clinics%2Fdesk",
    "context": {
        "purpose": "care",
        "legalBasis": "law-1",
        "operation": "read",
        "item": "name",
        "deliveryChannel": "interface",
        "caseNamed": True,
        "actorNamed": True,
    },
}


def test_what_is_written_can_be_evaluated() -> None:
    policies = structure.policies(documents.graph_of(written(TERMS), JSON_LD))
    at = datetime(2026, 6, 1, tzinfo=UTC)
    assert evaluating.evaluate(policies, asking.from_json(ASK), at).decision == "permit"
    for name, value in (("purpose", "sale"), ("item", "phone"), ("caseNamed", False), ("legalBasis", "law-2")):
        other = {**ASK, "context": {**ASK["context"], name: value}}
        assert evaluating.evaluate(policies, asking.from_json(other), at).decision == "deny"
    late = datetime(2027, 1, 1, tzinfo=UTC)
    assert evaluating.evaluate(policies, asking.from_json(ASK), late).decision == "deny"


BASE = written(TERMS, TURTLE).decode()
PERMISSION = "<urn:hutong:agreement:a-1#permission>"
POLICY = "<urn:hutong:agreement:a-1>"
LIMIT = "odrl:constraint [ odrl:leftOperand {left} ; odrl:operator {operator} ; odrl:rightOperand {right} ]"


@pytest.mark.parametrize(
    ("added", "named"),
    [
        (f"{POLICY} odrl:prohibition [ odrl:action odrl:use ] .", "odrl:prohibition"),
        (f"{POLICY} odrl:obligation [ odrl:action odrl:inform ] .", "odrl:obligation"),
        (f"{POLICY} odrl:permission [ odrl:action odrl:read ] .", "odrl:permission"),
        (f"{POLICY} odrl:profile <https://a.example/profile> .", "https://a.example/profile"),
        (f"{POLICY} odrl:conflict odrl:perm .", "http://www.w3.org/ns/odrl/2/perm"),
        (f"{POLICY} odrl:inheritFrom :other .", "https://a.example/other"),
        (f"{POLICY} odrl:spell :x .", "http://www.w3.org/ns/odrl/2/spell"),
        (f"{PERMISSION} hutong:grace 5 .", "urn:hutong:vocabulary#grace"),
        (f"{PERMISSION} odrl:action odrl:distribute .", "http://www.w3.org/ns/odrl/2/distribute"),
        (f"{PERMISSION} odrl:target :other .", "odrl:target"),
        (f"{PERMISSION} odrl:assignee :other .", "odrl:assignee"),
        (f"{PERMISSION} odrl:duty [ odrl:action odrl:watermark ] .", "http://www.w3.org/ns/odrl/2/watermark"),
        (
            f"{PERMISSION} odrl:duty [ odrl:action odrl:inform ; odrl:target :x ] .",
            "http://www.w3.org/ns/odrl/2/inform",
        ),
        (f"{PERMISSION} {LIMIT.format(left='odrl:spatial', operator='odrl:eq', right=':moon')} .", "odrl/2/spatial"),
        (f"{PERMISSION} {LIMIT.format(left=':mood', operator='odrl:eq', right='1')} .", "https://a.example/mood"),
        (f"{PERMISSION} {LIMIT.format(left='odrl:purpose', operator=':like', right='1')} .", "https://a.example/like"),
        (f"{PERMISSION} {LIMIT.format(left='odrl:purpose', operator='odrl:isNoneOf', right='1')} .", "odrl/2/isNoneOf"),
        (f"{PERMISSION} {LIMIT.format(left='odrl:purpose', operator='odrl:isAnyOf', right='1')} .", "odrl/2/purpose"),
        (f"{PERMISSION} odrl:constraint [ odrl:xone [ odrl:and () ] ] .", "odrl/2/xone"),
        (f"{PERMISSION} {LIMIT.format(left='hutong:quota', operator='odrl:lteq', right='5')} .", "vocabulary#per-day"),
        (f"{PERMISSION} {LIMIT.format(left='hutong:caseNamed', operator='odrl:eq', right='false')} .", "caseNamed"),
    ],
)
def test_what_cannot_be_enforced_is_refused_by_name(added: str, named: str) -> None:
    raw = (BASE + PREFIXES.replace("@prefix odrl", "\n@prefix odrl") + added).encode()
    with pytest.raises(NotEnforceable) as error:
        reading.agreement(documents.graph_of(raw, TURTLE))
    assert any(named in finding.expected for finding in error.value.findings), error.value.findings


@pytest.mark.parametrize("missing", ["purpose", "basis", "operation", "item", "from", "until"])
def test_a_limit_that_is_missing_is_not_taken_for_everything(missing: str) -> None:
    node = writing.agreement(TERMS, "a-1", **NAMES)
    kept = [one for one in node["permission"]["constraint"] if not one["id"].endswith(f"#{missing}")]
    node["permission"]["constraint"] = kept
    with pytest.raises(NotEnforceable) as error:
        reading.agreement(documents.graph_of(dcat.single(node, JSON_LD), JSON_LD))
    assert [finding.rule for finding in error.value.findings] == ["missing"]


def test_an_offer_says_nothing_that_a_calling_rule_does_not() -> None:
    rule = CallingRule(purposes=["care"], bases=["law-1"])
    offer = writing.offer(rule, f"{DATASET}#offer", assigner="https://a.example/health", target=DATASET)
    offer["permission"]["duty"] = [{"id": "urn:d", "type": "odrl:Duty", "action": {"id": "odrl:inform"}}]
    node = {"id": DATASET, "type": "dcat:Dataset", "hasPolicy": offer}
    graph = documents.graph_of(dcat.single(node, JSON_LD), JSON_LD)
    found, (finding,) = reading.calling_rule(graph, URIRef(DATASET))
    assert found is None
    assert (finding.pointer, finding.rule) == ("/calling_rule", "duty")
