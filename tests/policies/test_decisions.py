from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import decisions
from policies.consented import Consents, digest_of
from policies.decisions import Ask, Emergency, FailedCheck, Item, Permit, Refusal, Resource, decide
from policies.models import AgreementTerms
from policies.quotas import UNLIMITED, Limits, Quota

SHANGHAI = ZoneInfo("Asia/Shanghai")
KEY = bytes(range(32))
ITEMS = {
    path: Item("conditional", 3, "person") for path in ("name", "id", "address", "address.district", "address.street")
}
ITEMS["health"] = Item("not-shared", 4, "person")
RESOURCE = Resource(
    service="police/population",
    dataset="police/population",
    department="police",
    sharing_class="conditional",
    sharing_reason=None,
    active=True,
    contact="data office, 021-5555-0100",
    items=ITEMS,
    title={"zh": "人口基本信息", "en": "population basics"},
)
TERMS = {
    "operations": ["find", "list"],
    "purposes": ["newborn", "housing"],
    "bases": ["reg-2025-12", "reg-2025-13"],
    "supplied_basis": "reg-2025-12",
    "items": ["name", "id", "address.district"],
    "valid_from": datetime(2026, 1, 1, tzinfo=SHANGHAI),
    "valid_until": datetime(2027, 1, 1, tzinfo=SHANGHAI),
    "quota": {"count": 5, "window": "day"},
    "masks": [{"item": "id", "function": "keep-first", "arguments": {"count": 6}}],
}


def ms(*when, zone=SHANGHAI):
    return int(datetime(*when, tzinfo=zone).timestamp() * 1000)


ASK = Ask(
    application="civil/newborn",
    service="police/population",
    operation="find",
    purpose="newborn",
    basis="reg-2025-13",
    case="case-1",
    actor="officer-7",
    fields=None,
    at=ms(2026, 11, 22, 12),
    active=True,
)


def agreement(id="agr-1", application="civil/newborn", service="police/population", zone=SHANGHAI, **terms):
    return decisions.compile(
        AgreementTerms.model_validate({**TERMS, **terms}),
        id=id,
        version=3,
        application=application,
        service=service,
        items=ITEMS,
        timezone=zone,
    )


def decided(ask=ASK, *agreements, resource=RESOURCE, guards=()):
    return decide(resource, agreements or (agreement(),), guards, ask)


def failed(*arguments, **more):
    refusal = decided(*arguments, **more)
    assert isinstance(refusal, Refusal)
    for check in refusal.failed:
        assert isinstance(check, FailedCheck)
        assert set(check.satisfy) == {"zh", "en"}
        assert all(check.satisfy.values())
        if check.check != "internal":
            assert all(RESOURCE.contact in text for text in check.satisfy.values())
    assert refusal.failed
    return [check.check for check in refusal.failed]


def test_a_permit_names_its_agreement_basis_items_plan_and_quota():
    permit = decided()
    assert isinstance(permit, Permit)
    assert (permit.agreement, permit.version, permit.basis) == ("agr-1", 3, "reg-2025-13")
    assert permit.fields == {"name", "id", "address.district"}
    assert permit.limits == Limits(Quota(5, "day"))
    record = {"name": "Li", "id": "310101199001011234", "address": {"district": "d", "street": "s"}, "health": "h"}
    assert permit.plan.apply([record], KEY).records == [
        {"name": "Li", "id": "310101************", "address": {"district": "d"}}
    ]


def test_a_subset_of_the_items_narrows_permit_and_plan():
    permit = decided(ASK._replace(fields=frozenset({"id"})))
    assert permit.fields == permit.plan.fields == {"id"}
    assert permit.plan.apply([{"id": "310101199001011234", "name": "Li"}], KEY).records == [
        {"id": "310101************"}
    ]


def test_the_agreement_supplies_the_basis_a_call_leaves_out():
    assert decided(ASK._replace(basis=None)).basis == "reg-2025-12"
    assert failed(ASK._replace(basis=None), agreement(supplied_basis=None)) == ["legal-basis"]


def test_without_any_agreement_nothing_is_permitted():
    refusal = decide(RESOURCE, (), (), ASK)
    assert [check.check for check in refusal.failed] == ["agreement"]
    assert refusal.agreement is None


@pytest.mark.parametrize(
    ("asked", "check"),
    [
        ({"operation": "delete"}, "operation"),
        ({"operation": "Find"}, "operation"),
        ({"operation": ""}, "operation"),
        ({"purpose": "marketing"}, "purpose"),
        ({"purpose": "NEWBORN"}, "purpose"),
        ({"purpose": "ｎewborn"}, "purpose"),
        ({"purpose": "*"}, "purpose"),
        ({"basis": "reg-2025-14"}, "legal-basis"),
        ({"basis": "REG-2025-12"}, "legal-basis"),
        ({"basis": ""}, "legal-basis"),
        ({"case": None}, "case"),
        ({"case": ""}, "case"),
        ({"actor": None}, "actor"),
        ({"actor": ""}, "actor"),
        ({"fields": frozenset({"name", "address.street"})}, "fields"),
        ({"fields": frozenset({"address"})}, "fields"),
        ({"fields": frozenset({"Name"})}, "fields"),
        ({"fields": frozenset({"health"})}, "fields"),
        ({"fields": frozenset()}, "fields"),
        ({"at": ms(2026, 1, 1) - 1}, "validity"),
        ({"at": ms(2027, 1, 1)}, "validity"),
    ],
)
def test_each_check_alone_refuses_and_names_itself(asked, check):
    ask = ASK._replace(**asked)
    assert failed(ask) == [check]
    assert decided(ask).agreement == "agr-1"
    for value in asked.values():
        if isinstance(value, str) and len(value) > 1:
            assert value not in str(decided(ask).failed)


@pytest.mark.parametrize("at", [ms(2026, 1, 1), ms(2027, 1, 1) - 1])
def test_the_first_and_the_last_millisecond_are_valid(at):
    assert isinstance(decided(ASK._replace(at=at)), Permit)


def test_case_and_person_may_be_waived():
    waived = agreement(case_required=False, actor_required=False)
    assert isinstance(decided(ASK._replace(case=None, actor=None), waived), Permit)


@pytest.mark.parametrize("empty", ["operations", "purposes", "items"])
def test_an_empty_list_permits_nothing(empty):
    checks = {"operations": "operation", "purposes": "purpose", "items": "fields"}
    terms = {empty: [], "masks": []}
    assert failed(ASK, agreement(**terms)) == [checks[empty]]


def test_without_bases_no_basis_is_good():
    without = agreement(bases=[], supplied_basis=None)
    assert failed(ASK, without) == failed(ASK._replace(basis=None), without) == ["legal-basis"]


@pytest.mark.parametrize(("hour", "minute", "refused"), [(9, 0, False), (17, 29, False), (8, 59, True), (17, 30, True)])
def test_the_daily_window_is_kept(hour, minute, refused):
    ask = ASK._replace(at=ms(2026, 11, 22, hour, minute))
    decision = decided(ask, agreement(time_of_day={"start": "09:00", "end": "17:30"}))
    assert [check.check for check in getattr(decision, "failed", ())] == ["time-of-day"] * refused


def test_a_refusal_says_what_would_satisfy_it():
    windowed = agreement(time_of_day={"start": "09:00", "end": "17:30"})
    ask = ASK._replace(operation="x", purpose="x", basis="x", fields=frozenset("x"), at=ms(2028, 1, 1, 3))
    said = {check.check: check.satisfy["en"] for check in decided(ask, windowed).failed}
    assert "find, list" in said["operation"]
    assert "housing, newborn" in said["purpose"]
    assert "reg-2025-12, reg-2025-13" in said["legal-basis"]
    assert "address.district, id, name" in said["fields"]
    assert "2026-01-01T00:00:00+08:00 – 2027-01-01T00:00:00+08:00" in said["validity"]
    assert "09:00 – 17:30" in said["time-of-day"]


def test_long_lists_are_cut_and_braces_of_a_contact_are_only_text():
    many = agreement(purposes=[f"purpose-{number:03}" for number in range(100)])
    refusal = decided(ASK, many, resource=replace(RESOURCE, contact="{0} {agreement} {x}"))
    text = refusal.failed[0].satisfy["en"]
    assert "{0} {agreement} {x}" in text
    assert "…" in text
    assert len(text) < 400


def test_an_agreement_until_the_end_of_time_is_still_explained():
    forever = agreement(
        valid_until=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), valid_from=datetime(1, 1, 1, tzinfo=UTC)
    )
    assert isinstance(decided(ASK, forever), Permit)
    assert failed(ASK._replace(at=2**62), forever) == ["validity"]


def test_all_failures_of_the_nearest_agreement_are_told():
    near = agreement("agr-near", operations=["other"], purposes=["other"])
    far = agreement("agr-far", operations=["other"], purposes=["other"], bases=["other"], supplied_basis=None)
    for agreements in ((near, far), (far, near)):
        assert failed(ASK, *agreements) == ["operation", "purpose"]
        assert decided(ASK, *agreements).agreement == "agr-near"


def test_the_agreement_that_permits_wins_wherever_it_stands():
    good, bad = agreement("agr-good"), agreement("agr-bad", purposes=["other"])
    assert decided(ASK, good, bad).agreement == decided(ASK, bad, good).agreement == "agr-good"


def test_two_agreements_never_add_up():
    one, other = agreement("agr-1", purposes=["housing"]), agreement("agr-2", operations=["list"])
    assert isinstance(decided(ASK, one, other), Refusal)


@pytest.mark.parametrize("foreign", [{"application": "civil/other"}, {"service": "police/vehicles"}])
def test_an_agreement_of_others_never_counts(foreign):
    refusal = decided(ASK, agreement(**foreign))
    assert [check.check for check in refusal.failed] == ["agreement"]
    assert "agr-1" not in str(refusal)


def test_an_ask_for_another_service_than_the_resource_is_refused():
    elsewhere = ASK._replace(service="police/vehicles")
    assert failed(elsewhere, agreement(service="police/vehicles")) == ["agreement"]
    assert failed(elsewhere, agreement()) == ["agreement"]


def test_what_is_not_shared_is_refused_with_the_law_whatever_else():
    law = {"zh": "税收征收管理法第八条", "en": "Tax Collection Law, article 8"}
    withheld = replace(RESOURCE, sharing_class="not-shared", sharing_reason=law, active=False)
    refusal = decided(resource=withheld)
    assert [check.check for check in refusal.failed] == ["sharing-class"]
    assert law["zh"] in refusal.failed[0].satisfy["zh"]
    assert law["en"] in refusal.failed[0].satisfy["en"]
    assert RESOURCE.contact in refusal.failed[0].satisfy["zh"]


@pytest.mark.parametrize("reason", [None, {}, {"zh": "税法"}, {"en": "tax law"}])
def test_a_law_in_one_language_or_none_still_explains_in_both(reason):
    assert failed(resource=replace(RESOURCE, sharing_class="not-shared", sharing_reason=reason)) == ["sharing-class"]
    if reason:
        satisfy = (
            decided(resource=replace(RESOURCE, sharing_class="not-shared", sharing_reason=reason)).failed[0].satisfy
        )
        assert all(next(iter(reason.values())) in text for text in satisfy.values())


@pytest.mark.parametrize("sharing_class", ["", "Conditional", "open", None])
def test_a_sharing_class_nobody_knows_is_refused(sharing_class):
    assert failed(resource=replace(RESOURCE, sharing_class=sharing_class)) == ["sharing-class"]


def test_an_unconditional_dataset_still_needs_an_agreement():
    resource = replace(RESOURCE, sharing_class="unconditional")
    assert isinstance(decided(resource=resource), Permit)
    assert isinstance(decide(resource, (), (), ASK), Refusal)


@pytest.mark.parametrize("active", [False, None, 0, "yes"])
def test_a_suspended_department_is_refused(active):
    assert failed(resource=replace(RESOURCE, active=active)) == ["department"]


def test_a_suspended_dataset_is_refused_with_its_reason():
    refused = decided(resource=replace(RESOURCE, suspended={"zh": "质量", "en": "quality"}))
    assert [check.check for check in refused.failed] == ["suspended"]
    assert "quality" in refused.failed[0].satisfy["en"]
    assert "质量" in refused.failed[0].satisfy["zh"]


@pytest.mark.parametrize("active", [False, None, 0, "yes"])
def test_a_suspended_department_calls_nobody(active):
    ask = ASK._replace(active=active)
    assert failed(ask) == ["department"]
    assert "Your department" in decided(ask).failed[0].satisfy["en"]


class Answering:
    def __init__(self, id, answer):
        self.id, self.answer = id, answer

    def check(self, resource, ask):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Needing:
    id = "needs-attribute"

    def check(self, resource, ask):
        return None if resource.clearance == "high" else NO


NO = FailedCheck("guard:office-hours", {"zh": f"联系{RESOURCE.contact}", "en": f"ask {RESOURCE.contact}"})


def test_a_guard_can_only_deny():
    assert isinstance(decided(guards=(Answering("content", None),)), Permit)
    assert failed(guards=(Answering("office-hours", NO),)) == ["guard:office-hours"]
    assert failed(ASK._replace(purpose="x"), guards=(Answering("content", None),)) == ["purpose"]


@pytest.mark.parametrize("answer", [ValueError("secret"), KeyError("secret"), False, True, "", "fine", (), ("x", {})])
def test_a_guard_that_fails_or_answers_anything_else_denies(answer):
    assert failed(guards=(Answering("odd", answer),)) == ["guard:odd"]
    assert "secret" not in str(decided(guards=(Answering("odd", answer),)))


def test_a_guard_that_misses_an_attribute_denies():
    assert failed(guards=(Needing(),)) == ["guard:needs-attribute"]


def test_all_objecting_guards_are_told_before_any_agreement_is_looked_at():
    guards = (Answering("content", None), Answering("office-hours", NO), Answering("odd", False))
    refused = failed(ASK._replace(purpose="x"), resource=replace(RESOURCE, active=False), guards=guards)
    assert refused == ["department", "guard:office-hours", "guard:odd"]


@pytest.mark.parametrize(
    ("resource", "agreements", "guards", "ask"),
    [
        (None, (), (), ASK),
        (RESOURCE, None, (), ASK),
        (RESOURCE, (None,), (), ASK),
        (RESOURCE, (agreement(),), None, None),
        (RESOURCE, (agreement(),), (object(),), ASK),
        (RESOURCE, (agreement(),), (), ASK._replace(at=None)),
        (RESOURCE, (agreement(),), (), ASK._replace(at="now")),
        (RESOURCE, (agreement(),), (), ASK._replace(purpose=["newborn"])),
        (RESOURCE, (agreement(),), (), ASK._replace(fields=["name"])),
        (RESOURCE, (agreement(),), (), ASK._replace(fields="name")),
        (replace(RESOURCE, contact=None, active=False), (agreement(),), (), ASK),
    ],
)
def test_whatever_goes_wrong_is_a_refusal(resource, agreements, guards, ask):
    refusal = decide(resource, agreements, guards, ask)
    assert isinstance(refusal, Refusal)
    assert refusal.failed
    assert all(check.satisfy["zh"] and check.satisfy["en"] for check in refusal.failed)


def test_an_agreement_that_cannot_be_evaluated_does_not_permit():
    assert failed(ASK, replace(agreement(), timezone="nowhere", window=(1, 2))) == ["internal"]


@given(st.data())
def test_a_permit_is_given_exactly_when_every_term_is_met(data):
    """Against the plain meaning of the terms, over random agreements and asks."""
    few = st.lists(st.sampled_from("abc"), max_size=3, unique=True)
    bases = data.draw(few)
    terms = {
        "operations": data.draw(few),
        "purposes": data.draw(few),
        "bases": bases,
        "masks": [],
        "supplied_basis": data.draw(st.sampled_from([None, *bases])),
        "items": data.draw(st.lists(st.sampled_from(["name", "id", "address"]), max_size=3, unique=True)),
        "case_required": data.draw(st.booleans()),
        "actor_required": data.draw(st.booleans()),
    }
    asked = st.sampled_from("abcA")
    ask = ASK._replace(
        operation=data.draw(asked),
        purpose=data.draw(asked),
        basis=data.draw(st.none() | asked),
        case=data.draw(st.sampled_from([None, "c"])),
        actor=data.draw(st.sampled_from([None, "p"])),
        fields=data.draw(st.none() | st.frozensets(st.sampled_from(["name", "id", "address", "address.street"]))),
        at=data.draw(st.sampled_from([ms(2025, 6, 1), ms(2026, 6, 1), ms(2027, 6, 1)])),
    )
    basis = ask.basis or terms["supplied_basis"]
    fields = set(terms["items"]) if ask.fields is None else ask.fields
    met = {
        "operation": ask.operation in terms["operations"],
        "purpose": ask.purpose in terms["purposes"],
        "legal-basis": basis in terms["bases"],
        "validity": ask.at == ms(2026, 6, 1),
        "fields": bool(fields) and fields <= set(terms["items"]),
        "case": bool(ask.case) or not terms["case_required"],
        "actor": bool(ask.actor) or not terms["actor_required"],
    }
    if all(met.values()):
        assert decided(ask, agreement(**terms)).fields == fields
    else:
        assert failed(ask, agreement(**terms)) == [check for check, holds in met.items() if not holds]


CONSENT_KEY = bytes(32)


def consented(*subjects, purpose="newborn"):
    digests = [digest_of(CONSENT_KEY, subject, purpose, "police/population", "civil") for subject in subjects]
    return Consents.of(CONSENT_KEY, [(digest, None) for digest in digests])


def test_a_call_needs_the_consent_of_whom_it_names():
    asked = ASK._replace(subjects=("a",))
    needs = agreement(consent={})
    assert isinstance(decide(RESOURCE, (needs,), (), asked, consented("a")), Permit)
    for ask, consents in (
        (asked, Consents(CONSENT_KEY)),
        (asked, consented("a", purpose="housing")),
        (asked._replace(subjects=("a", "b")), consented("a")),
        (ASK, consented("a")),
    ):
        refusal = decide(RESOURCE, (needs,), (), ask, consents)
        assert [check.check for check in refusal.failed] == ["consent"]


def test_a_statute_takes_the_place_of_consent():
    needs = agreement(consent={"statutes": ["reg-2025-13"]})
    assert isinstance(decided(ASK, needs), Permit)
    assert failed(ASK._replace(basis=None), needs) == ["consent"]
    supplied = agreement(consent={"statutes": ["reg-2025-12"]})
    assert isinstance(decided(ASK._replace(basis=None), supplied), Permit)


EMERGENCY = Emergency("emg-1", "agr-1", ASK.at - 1000, ASK.at + 1000)


def in_emergency(*skips, ask=ASK, emergency=EMERGENCY, **terms):
    return decided(ask._replace(emergency=emergency), agreement(emergency={"skips": list(skips)}, **terms))


def test_an_emergency_passes_over_what_its_agreement_names_and_nothing_else():
    night = {"time_of_day": {"start": "22:00", "end": "23:00"}}
    permit = in_emergency("time-of-day", "case", ask=ASK._replace(case=None), **night)
    assert permit.emergency == "emg-1"
    assert permit.limits == Limits(Quota(5, "day"))
    refusal = in_emergency("time-of-day", ask=ASK._replace(case=None, actor=None, purpose="other"), **night)
    assert [check.check for check in refusal.failed] == ["purpose", "case", "actor"]


def test_an_emergency_may_pass_over_limits_and_consent():
    assert in_emergency("quota").limits == UNLIMITED
    assert isinstance(in_emergency("consent", consent={}), Permit)


@pytest.mark.parametrize(
    "emergency",
    [
        EMERGENCY._replace(agreement="agr-2"),
        EMERGENCY._replace(not_after=ASK.at),
        EMERGENCY._replace(not_before=ASK.at + 1),
        EMERGENCY._replace(agreement=""),
    ],
)
def test_a_declaration_that_does_not_hold_refuses_even_what_would_be_permitted(emergency):
    refusal = in_emergency("case", "quota", emergency=emergency)
    assert [check.check for check in refusal.failed] == ["emergency"]
    refusal = in_emergency("case", emergency=emergency, ask=ASK._replace(case=None))
    assert [check.check for check in refusal.failed] == ["case", "emergency"]


def test_an_agreement_without_emergency_terms_passes_over_nothing():
    refusal = decided(ASK._replace(emergency=EMERGENCY, case=None), agreement())
    assert [check.check for check in refusal.failed] == ["case"]


def test_no_call_but_the_one_that_appeals_to_an_emergency_is_one():
    assert decided(ASK, agreement(emergency={"skips": ["case"]})).emergency is None


@pytest.mark.parametrize(
    ("terms", "pointer"),
    [
        ({"mode": "file"}, "/mode"),
        ({"duties": {"notify": True}}, "/duties/notify"),
        ({"consent": {"statutes": ["other"]}}, "/consent/statutes/0"),
        ({"emergency": {"skips": ["purpose"]}}, "/emergency/skips/0"),
        (
            {"masks": [{"item": "id", "function": "verify", "arguments": {"op": "like", "value": 1}}]},
            "/masks/0/arguments",
        ),
    ],
)
def test_what_could_not_be_enforced_is_refused(terms, pointer):
    with pytest.raises(decisions.Unenforceable) as refused:
        agreement(**terms)
    assert [finding.pointer for finding in refused.value.findings] == [pointer]


@pytest.mark.parametrize("ids", [("agr-1", "agr-2"), ("agr-2", "agr-1")])
def test_of_two_that_lack_as_much_the_one_for_the_purpose_is_told(ids):
    other, meant = agreement(ids[0], purposes=["housing"]), agreement(ids[1], consent={})
    for order in ((other, meant), (meant, other)):
        refusal = decided(ASK, *order)
        assert (refusal.agreement, [check.check for check in refusal.failed]) == (ids[1], ["consent"])
