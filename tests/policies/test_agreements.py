"""Agreements."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from catalog import datasets, departments, services
from catalog.models import ApplicationDraft
from policies import agreements, standing
from policies.activation import NotActivatable, Overlaps, obstacles
from policies.models import AgreementState
from policies.signatures import SelfApproval
from policies.versions import NothingProposed
from standards.paging import InvalidCursor
from tests.town import agreed

STEWARD, OTHER_STEWARD, APPLICANT = "person-00000001", "person-00000002", "person-00000003"


@pytest.fixture
def refused(session, drafted, now):
    """Drafts with the changes, tries to activate, gives the findings."""

    def activate(**changes):
        agreement = drafted(**changes)
        agreed.sign_both(session, agreement.id, now)
        with pytest.raises(NotActivatable) as refusal:
            agreed.activate(session, agreement.id, STEWARD, now)
        assert agreements.fetch(session, agreement.id).state == AgreementState.DRAFT
        return [(finding.pointer, finding.rule) for finding in refusal.value.findings]

    return activate


@pytest.fixture
def undraftable(drafted):
    """Tries to draft with the changes, gives the findings."""

    def draft(**changes):
        with pytest.raises(agreements.InvalidTerms) as refusal:
            drafted(**changes)
        return [(finding.pointer, finding.rule) for finding in refusal.value.findings]

    return draft


@pytest.fixture
def now(city):
    return city.now


def test_a_draft_permits_nothing(session, published, drafted):
    agreement = drafted()
    assert agreement.id.startswith("agr-")
    assert len(agreement.id) == 20
    assert (agreement.state, agreement.drafted_by, agreement.version) == (AgreementState.DRAFT, APPLICANT, 1)
    assert agreements.active(session) == []


def test_terms_come_back_as_they_were_drafted(session, published, drafted, agreement_draft):
    agreement = drafted()
    session.expire(agreement)
    assert agreements.terms(agreements.fetch(session, agreement.id)) == agreement_draft().terms


def test_drafts_name_an_application_and_a_service_that_are_there(published, drafted):
    with pytest.raises(departments.UnknownApplication):
        drafted(application="services/nobody")
    with pytest.raises(services.UnknownService):
        drafted(service="health/nothing")


def test_times_have_their_offset(agreement_draft):
    with pytest.raises(ValidationError):
        agreement_draft(valid_from="2026-11-22T09:00:00")


def test_unknown_agreements_say_so(session, city, now):
    for ask in (
        lambda: agreements.fetch(session, "agr-0"),
        lambda: agreed.activate(session, "agr-0", STEWARD, now),
        lambda: standing.revoke(session, "agr-0", STEWARD, "done", now),
    ):
        with pytest.raises(agreements.UnknownAgreement, match="agr-0"):
            ask()


def test_the_other_side_activates(session, published, drafted, now):
    agreement = agreed.agree(session, drafted().id, STEWARD, now)
    assert (agreement.state, agreement.activated_by, agreement.activated_at) == (AgreementState.ACTIVE, STEWARD, now)
    assert agreements.active(session) == [agreement]


def test_nobody_approves_what_they_asked_for(session, published, drafted, now):
    agreement = drafted(purposes=["marriage"])
    with pytest.raises(SelfApproval):
        agreed.activate(session, agreement.id, APPLICANT, now)
    assert agreement.state == AgreementState.DRAFT


def test_a_departments_own_application_needs_two_persons_too(session, published, drafted, now):
    own = departments.register_application(session, _application("health"), STEWARD, now)
    agreement = drafted(application=own.id)
    agreed.sign_both(session, agreement.id, now)
    with pytest.raises(SelfApproval):
        agreed.activate(session, agreement.id, APPLICANT, now)
    assert agreed.activate(session, agreement.id, STEWARD, now).state == AgreementState.ACTIVE


def test_an_agreement_is_activated_once(session, activated, published, now):
    agreement = activated()
    with pytest.raises(NothingProposed):
        agreed.activate(session, agreement.id, OTHER_STEWARD, now)
    standing.revoke(session, agreement.id, STEWARD, "purpose achieved", now)
    with pytest.raises(agreements.WrongState, match="revoked"):
        agreed.activate(session, agreement.id, OTHER_STEWARD, now)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"operations": ["lookUpBirth", "deleteBirth"]}, ("/terms/operations/1", "known")),
        ({"purposes": ["marriage"]}, ("/terms/purposes/0", "calling-rule")),
        ({"purposes": ["Newborn"]}, ("/terms/purposes/0", "case-or-width")),
        ({"purposes": ["ｎｅｗｂｏｒｎ"]}, ("/terms/purposes/0", "case-or-width")),
        ({"bases": ["Births-Law-99"]}, ("/terms/bases/0", "calling-rule")),
        ({"bases": ["出生法"]}, ("/terms/bases/0", "ascii")),
        ({"quota": None}, ("/terms/quota", "calling-rule")),
        ({"quota": {"count": 1001, "window": "day"}}, ("/terms/quota", "calling-rule")),
        ({"masks": []}, ("/terms/masks", "calling-rule")),
        ({"case_required": False}, ("/terms/case_required", "calling-rule")),
        ({"actor_required": False}, ("/terms/actor_required", "calling-rule")),
    ],
)
def test_each_rule_of_an_agreement(published, refused, changes, expected):
    assert refused(**changes) == [expected]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"items": ["number", "shoe-size"]}, "/terms/items/1"),
        ({"items": ["number", "child.name"]}, "/terms/items/1"),
        ({"items": ["number", "mother.address"]}, "/terms/items/1"),
        ({"row_filter": {"item": "shoe-size", "op": "eq", "value": 1}}, "/terms/row_filter/item"),
    ],
)
def test_what_cannot_be_enforced_is_refused_under_its_place_in_the_terms(published, refused, changes, pointer):
    assert [place for place, _ in refused(**changes)] == [pointer]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"operations": []}, ("/terms/operations", "empty")),
        ({"purposes": []}, ("/terms/purposes", "empty")),
        ({"bases": []}, ("/terms/bases", "empty")),
        ({"items": [], "masks": []}, ("/terms/items", "empty")),
        ({"supplied_basis": "Births-Law-13"}, ("/terms/supplied_basis", "basis")),
        ({"time_of_day": {"start": "09:00", "end": "09:00"}}, ("/terms/time_of_day/end", "order")),
        ({"valid_from": datetime(2027, 1, 1, tzinfo=UTC), "valid_until": datetime(2027, 1, 1, tzinfo=UTC)},
         ("/terms/valid_until", "order")),
        ({"row_filter": {"item": "weight", "op": "eq", "value": 2**53}}, ("/terms/row_filter/value", "canonical")),
    ],
)  # fmt: skip
def test_empty_and_contradictory_terms_are_not_even_drafted(session, published, undraftable, changes, expected):
    assert undraftable(**changes) == [expected]
    assert agreements.page(session) == ([], None)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"row_filter": {"item": "weight", "op": "like", "value": 1}}, "/terms/row_filter/op"),
        ({"suppress": {"by": ["weight"], "below": 5}}, "/terms/suppress/by"),
        ({"masks": [{"item": "weight", "function": "nullify"}]}, "/terms/masks/0/item"),
    ],
)
def test_nor_are_terms_that_are_never_enforced(published, undraftable, changes, pointer):
    assert [place for place, _ in undraftable(**changes)] == [pointer]


def test_everything_wrong_with_a_draft_is_listed_at_once(published, undraftable):
    found = undraftable(operations=[], purposes=[], time_of_day={"start": "09:00", "end": "09:00"}, supplied_basis="x")
    assert {pointer for pointer, _ in found} == {
        "/terms/operations", "/terms/purposes", "/terms/time_of_day/end", "/terms/supplied_basis",
    }  # fmt: skip


def test_a_mask_that_nobody_has_is_refused(published, undraftable):
    masks = [{"item": "number", "function": "keep-last", "arguments": {"count": 4}}]
    found = undraftable(masks=[*masks, {"item": "child", "function": "blur"}])
    assert [pointer for pointer, _ in found] == ["/terms/masks/1/function"]


@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: {"all": [one]}, lambda one: {"any": [{"not": one}]}])
def test_rows_are_not_told_apart_by_what_is_not_shared(published, refused, wrap):
    condition = {"item": "mother.address", "op": "prefix", "value": "No. 5"}
    assert refused(row_filter=wrap(condition)) == [("/terms/row_filter", "not-shared")]


def test_rows_are_told_apart_by_items_that_are_not_released(published, activated):
    assert activated(row_filter={"item": "weight", "op": "gt", "value": 2500}).state == AgreementState.ACTIVE


def test_validity_ends_later(session, published, refused, drafted, now):
    past = {"valid_from": now - timedelta(days=2), "valid_until": now}
    assert refused(**past) == [("/terms/valid_until", "future")]
    one_second = drafted(**past | {"valid_until": now + timedelta(seconds=1)})
    assert agreed.agree(session, one_second.id, STEWARD, now).state == AgreementState.ACTIVE


def test_the_dataset_is_published(session, city, published, refused, now):
    datasets.withdraw(session, city.dataset.id, STEWARD, now)
    assert refused() == [("/service", "published")]


def test_no_agreement_on_a_dataset_that_is_not_shared(session, city, refused):
    city.dataset.sharing_class = "not-shared"
    session.add(city.dataset)
    assert ("/service", "not-shared") in refused()


def test_no_agreement_without_a_calling_rule(session, city, refused):
    city.dataset.calling_rule = None
    session.add(city.dataset)
    assert ("/service", "calling-rule") in refused()


@pytest.mark.parametrize(("department", "pointer"), [("health", "/service"), ("services", "/application")])
def test_neither_side_is_suspended(session, published, refused, now, department, pointer):
    departments.deactivate(session, department, OTHER_STEWARD, now)
    assert refused() == [(pointer, "active")]


@pytest.mark.parametrize(
    "reducing",
    [{"row_filter": {"item": "weight", "op": "gt", "value": 2500}}, {"suppress": {"by": ["child"], "below": 5}}],
)
def test_what_stands_beside_the_records_does_not_tell_of_those_left_out(published, refused, activated, reducing):
    operations = ["lookUpBirth", "countBirths", "listBirths"]
    assert refused(operations=operations, **reducing) == [("/terms/operations/1", "beside")]
    assert activated(operations=operations[::2], **reducing).state == AgreementState.ACTIVE


def test_what_stands_beside_the_records_stays_where_none_is_left_out(published, activated):
    assert activated(operations=["countBirths"]).state == AgreementState.ACTIVE


def test_everything_that_stands_against_it_is_listed_at_once(session, city, refused, now):
    departments.deactivate(session, "services", STEWARD, now)
    found = refused(
        operations=["deleteBirth"],
        purposes=["marriage"],
        bases=["Births-Law-99"],
        items=["shoe-size", "mother.address", "number"],
        masks=[],
        quota=None,
        case_required=False,
        actor_required=False,
        valid_from=now - timedelta(days=2),
        valid_until=now - timedelta(days=1),
        row_filter={"item": "mother.address", "op": "eq", "value": ""},
    )
    assert {pointer for pointer, _ in found} == {
        "/service",
        "/application",
        "/terms/operations/0",
        "/terms/purposes/0",
        "/terms/bases/0",
        "/terms/items/0",
        "/terms/items/1",
        "/terms/masks",
        "/terms/quota",
        "/terms/case_required",
        "/terms/actor_required",
        "/terms/valid_until",
        "/terms/row_filter",
    }


def test_obstacles_can_be_asked_for_before(session, published, drafted, now):
    assert obstacles(session, drafted(), now) == []
    (finding,) = obstacles(session, drafted(purposes=["marriage"]), now)
    assert finding.pointer == "/terms/purposes/0"


def test_two_agreements_never_permit_the_same(session, published, activated, drafted, now):
    first = activated()
    with pytest.raises(Overlaps, match=first.id):
        activated()
    standing.revoke(session, first.id, STEWARD, "replaced", now)
    assert activated().state == AgreementState.ACTIVE


@pytest.mark.parametrize(
    "apart",
    [
        {"application": "services/school"},
        {"operations": ["listBirths"]},
        {"purposes": ["school-entry"]},
        {"valid_from": timedelta(days=365), "valid_until": timedelta(days=400)},
        {"service": "health/birth-lookup-2"},
    ],
)
def test_agreements_that_differ_stand_side_by_side(session, published, activated, service_draft, now, apart):
    draft = service_draft(slug="birth-lookup-2")
    second = services.register(session, draft, None, STEWARD, now, connectors={"rest"})
    second.approved_version = 1
    moved = {name: now + value if isinstance(value, timedelta) else value for name, value in apart.items()}
    activated()
    assert activated(**moved).state == AgreementState.ACTIVE


@pytest.mark.parametrize(
    "changes",
    [
        {"operations": ["listBirths", "lookUpBirth"], "purposes": ["school-entry", "newborn"]},
        {"bases": ["Births-Law-13"], "items": ["weight"], "masks": []},
        {"valid_from": timedelta(days=364), "valid_until": timedelta(days=400)},
    ],
)
def test_one_operation_purpose_and_moment_in_common_are_an_overlap(published, activated, now, changes):
    moved = {name: now + value if isinstance(value, timedelta) else value for name, value in changes.items()}
    activated()
    with pytest.raises(Overlaps):
        activated(**moved)


def test_an_agreement_may_end_where_the_next_begins(published, activated, now):
    turn = now + timedelta(days=30)
    activated(valid_from=turn)
    assert activated(valid_until=turn).state == AgreementState.ACTIVE


def test_revoking_ends_an_agreement(session, published, activated, now):
    agreement = activated()
    later = now + timedelta(hours=1)
    standing.revoke(session, agreement.id, OTHER_STEWARD, " purpose achieved ", later)
    assert (agreement.state, agreement.revoked_by, agreement.revoked_at) == ("revoked", OTHER_STEWARD, later)
    assert agreement.revoked_reason == "purpose achieved"
    assert agreements.active(session) == []


def test_a_draft_is_turned_down(session, published, drafted, now):
    agreement = drafted()
    assert standing.revoke(session, agreement.id, STEWARD, "no basis", now).state == AgreementState.REVOKED


def test_revoking_takes_a_reason_and_happens_once(session, published, activated, now):
    agreement = activated()
    with pytest.raises(standing.NoReason):
        standing.revoke(session, agreement.id, STEWARD, "  ", now)
    standing.revoke(session, agreement.id, STEWARD, "over", now)
    with pytest.raises(agreements.WrongState, match="revoked"):
        standing.revoke(session, agreement.id, STEWARD, "over again", now)


def test_active_agreements_of_one_application(session, published, activated):
    newborn, school = activated(), activated(application="services/school")
    assert agreements.active(session, "services/newborn") == [newborn]
    assert agreements.active(session, "services/school") == [school]
    assert {row.id for row in agreements.active(session)} == {newborn.id, school.id}


def test_agreements_are_paged_and_filtered(session, published, drafted, activated):
    active = activated()
    drafts = [drafted(application=name) for name in ("services/newborn", "services/school")]
    first, cursor = agreements.page(session, limit=2)
    rest, end = agreements.page(session, limit=2, cursor=cursor)
    everything = sorted(row.id for row in (active, *drafts))
    assert ([row.id for row in first + rest], end) == (everything, None)
    assert agreements.page(session, state=AgreementState.ACTIVE)[0] == [active]
    assert agreements.page(session, application="services/school")[0] == [drafts[1]]
    assert len(agreements.page(session, service="health/birth-lookup", provider="health", consumer="services")[0]) == 3
    for nobody in ({"provider": "services"}, {"consumer": "health"}, {"service": "health/other"}):
        assert agreements.page(session, **nobody) == ([], None)
    with pytest.raises(InvalidCursor):
        agreements.page(session, cursor="?")


def test_an_application_has_its_own_agreements(session, published, drafted, activated):
    mine, _ = activated(), drafted(application="services/school")
    assert agreements.for_application(session, "services/newborn") == ([mine], None)
    with pytest.raises(departments.UnknownApplication):
        agreements.for_application(session, "services/nobody")


def _application(department):
    return ApplicationDraft(department=department, slug="own", name={"en": "Own desk"})
