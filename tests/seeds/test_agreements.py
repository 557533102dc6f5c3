from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session

from catalog import datasets, services
from policies import activation, agreements, decisions, scope
from policies.models import AgreementTerms
from seeds.agreements import Planned
from seeds.agreements import agreements as planned_agreements
from seeds.city import APPLICATIONS, OFFICIALS
from seeds.people import Record
from seeds.records import Cast, cast
from tests.seeds.conftest import NOW
from tests.town import agreed

PLANNED = {planned.name: planned for planned in planned_agreements(NOW)}


def released(session: Session, name: str, records: list[Record]) -> list[Any]:
    """What an agreement lets through of these records."""
    planned = PLANNED[name]
    items = scope.decision_items(datasets.items(session, services.fetch(session, planned.draft.service).dataset_id))
    compiled = decisions.compile(
        planned.draft.terms,
        id=name,
        version=1,
        application=planned.draft.application,
        service=planned.draft.service,
        items=items,
        timezone=ZoneInfo("Asia/Shanghai"),
    )
    return list(compiled.plan.apply(records, bytes(32)).records)


@pytest.fixture(scope="module")
def who(records: dict[str, list[Record]]) -> Cast:
    return cast(records)


def test_every_agreement_is_active(published: Session, loaded: dict[str, str]) -> None:
    assert loaded.keys() == PLANNED.keys()
    assert all(agreements.fetch(published, id).state == "active" for id in loaded.values())


def test_drafted_by_the_consumer_and_activated_by_the_provider() -> None:
    officials = {official.slug for official in OFFICIALS}
    for planned in PLANNED.values():
        assert {planned.drafted_by, planned.activated_by} <= officials
        assert planned.drafted_by == "steward-" + planned.draft.application.split("/")[0]
        assert planned.activated_by == "steward-" + planned.draft.service.split("/")[0] != planned.drafted_by


def test_every_application_has_an_agreement() -> None:
    used = {planned.draft.application for planned in PLANNED.values()}
    assert used == {f"{application.department}/{application.slug}" for application in APPLICATIONS}


@pytest.mark.parametrize("now", [NOW, datetime(2031, 2, 28, 23, 59, tzinfo=UTC)])
def test_agreements_hold_from_the_load_on_for_a_year(now: datetime) -> None:
    for planned in planned_agreements(now):
        assert planned.draft.terms.valid_from <= now
        assert planned.draft.terms.valid_until == now + timedelta(days=365)


def test_the_newborn_is_followed_through_three_departments(
    published: Session, loaded: dict[str, str], records: dict[str, list[Record]], who: Cast
) -> None:
    births = [one for one in records["health/birth-certificates"] if one["certificate_number"] == who.certificate]
    (birth,) = released(published, "newborn-certificate", births)
    assert (birth["mother"]["resident_id"], birth["father"]["resident_id"]) == (who.mother, who.father)
    assert "weight_grams" not in birth["child"]
    assert "address" not in birth["mother"]
    mothers = [one for one in records["public-security/population"] if one["resident_id"] == who.mother]
    (mother,) = released(published, "newborn-identity", mothers)
    assert mother["name"] == birth["mother"]["name"]
    assert mother["phone"] == "*******" + mothers[0]["phone"][-4:]
    assert mother["birth_date"] == mothers[0]["birth_date"][:7]
    assert "ethnic_group" not in mother
    couples = [one for one in records["civil-affairs/marriage"] if who.mother in str(one["spouses"])]
    (marriage,) = released(published, "newborn-marriage", couples)
    assert {spouse["resident_id"] for spouse in marriage["spouses"]} == {who.mother, who.father}
    assert all(spouse["name"][1:] == "*" * (len(spouse["name"]) - 1) for spouse in marriage["spouses"])


def test_every_agreement_lets_something_through_and_hides_something(
    published: Session, loaded: dict[str, str], records: dict[str, list[Record]]
) -> None:
    for name, planned in PLANNED.items():
        given = records[planned.draft.service][:200]
        kept = released(published, name, given)
        assert 0 < len(kept) <= len(given), name
        assert str(kept[0]) not in {str(record) for record in given}, name


def test_row_filters_leave_records_out(
    published: Session, loaded: dict[str, str], records: dict[str, list[Record]]
) -> None:
    assert released(published, "newborn-marriage", records["civil-affairs/marriage"][-5:]) == []
    offline = [camera for camera in records["public-security/cameras"] if not camera["online"]]
    assert released(published, "dispatch-cameras", offline) == []
    kept = released(published, "inspection-events", records["city-operations/events"])
    assert {event["category"] for event in kept} == {"pollution"}


def test_one_quota_is_tiny() -> None:
    quotas = {name: planned.draft.terms.quota for name, planned in PLANNED.items()}
    assert all(quota is not None for quota in quotas.values())
    tiny = {name for name, quota in quotas.items() if quota is not None and quota.count < 10}
    assert tiny == {"opening-contributions"}


def test_no_agreement_on_what_is_not_shared(published: Session, loaded: dict[str, str]) -> None:
    """An agreement on an item that is not shared is refused, so the seeds' own exclusions are real."""
    planned: Planned = PLANNED["opening-companies"]
    items = [*planned.draft.terms.items, "representatives.resident_id"]
    terms: AgreementTerms = planned.draft.terms.model_copy(update={"items": items})
    greedy = planned.draft.model_copy(update={"terms": terms})
    id = agreements.draft(published, greedy, planned.drafted_by, NOW).id
    agreed.sign_both(published, id, NOW)
    with pytest.raises(activation.NotActivatable) as refused:
        agreed.activate(published, id, planned.activated_by, NOW)
    assert [finding.pointer for finding in refused.value.findings] == [f"/terms/items/{len(items) - 1}"]
