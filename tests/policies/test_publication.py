"""Publication."""

import pytest

from catalog import datasets, departments, services
from catalog.models import DatasetState
from catalog.registration import Outdated
from policies import agreements, publication
from standards.models import CodeList

STEWARD = "person-00000001"

RULE = {
    "purposes": ["newborn", "school-entry"],
    "bases": ["Births-Law-12", "Births-Law-13"],
    "quota": {"count": 1000, "window": "day"},
    "masks": {"number": "keep-last"},
}


@pytest.fixture
def now(city):
    return city.now


@pytest.fixture
def missing(session, city, dataset_draft, now):
    """Revises the dataset of the city with the changes and gives what publication then lacks."""

    def ask(**changes):
        revision = datasets.fetch(session, city.dataset.id).revision
        datasets.revise(session, city.dataset.id, dataset_draft(**changes), revision, STEWARD, now)
        with pytest.raises(publication.NotPublishable) as refusal:
            publication.publish(session, city.dataset.id, STEWARD, now)
        assert city.dataset.state != DatasetState.PUBLISHED
        return [(finding.pointer, finding.rule) for finding in refusal.value.findings]

    return ask


def test_a_dataset_that_lacks_nothing_is_published(session, city, now):
    assert publication.missing(session, city.dataset, now) == []
    dataset = publication.publish(session, city.dataset.id, STEWARD, now)
    assert (dataset.state, dataset.published_at, dataset.changed_by) == (DatasetState.PUBLISHED, now, STEWARD)
    assert dataset.revision == 2
    assert [found.service.id for found in services.published(session)] == ["health/birth-lookup"]


def test_unknown_datasets_and_lost_updates_are_refused(session, city, now):
    with pytest.raises(datasets.UnknownDataset):
        publication.publish(session, "health/nothing", STEWARD, now)
    with pytest.raises(Outdated):
        publication.publish(session, city.dataset.id, STEWARD, now, expected_revision=9)
    assert publication.publish(session, city.dataset.id, STEWARD, now, expected_revision=1).state == "published"


def test_a_published_dataset_is_not_published_again(session, published, now):
    with pytest.raises(publication.NotPublishable, match="published already"):
        publication.publish(session, published.dataset.id, STEWARD, now)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"standard": None, "standard_version": None}, ("/standard", "missing")),
        ({"calling_rule": None}, ("/calling_rule", "missing")),
        ({"calling_rule": RULE | {"purposes": ["newborn", "tourism"]}}, ("/calling_rule/purposes/1", "known")),
        ({"calling_rule": RULE | {"purposes": ["Newborn"]}}, ("/calling_rule/purposes/0", "known")),
        ({"calling_rule": RULE | {"masks": {"number": "blur"}}}, ("/calling_rule/masks", "known")),
        ({"sharing_reason": None}, ("/sharing_reason", "missing")),
        ({"sharing_class": "not-shared", "items": [], "sharing_reason": None}, ("/sharing_reason", "missing")),
    ],
)
def test_each_missing_part(missing, changes, expected):
    if changes.get("items") == []:
        changes = changes | {"calling_rule": None}
    assert missing(**changes) == [expected]


def test_every_leaf_of_the_standard_stands_in_an_item(session, city, missing, item, now):
    found = missing(items=[item("number"), item("mother.name"), item("child.name")])
    assert found == [("/items", "missing")] * 3
    told = [finding.expected for finding in publication.missing(session, city.dataset, now)]
    assert [leaf for leaf in ("child.born", "mother.address", "weight") if any(leaf in text for text in told)] == [
        "child.born",
        "mother.address",
        "weight",
    ]


def test_an_item_that_only_begins_like_a_leaf_does_not_hold_it(session, city, item, dataset_draft, now):
    wanted = [item(path) for path in ("number", "child.name", "child.b", "mother.name", "mother.address", "weight")]
    draft = dataset_draft(standard=None, standard_version=None, items=wanted)
    datasets.revise(session, city.dataset.id, draft, 1, STEWARD, now)
    city.dataset.standard, city.dataset.standard_version = "birth-certificate", "1.0.0"  # which knows no child.b
    (finding,) = publication.missing(session, city.dataset, now)
    assert "child.born" in finding.expected


def test_an_unconditional_dataset_needs_no_reason(session, city, dataset_draft, now):
    draft = dataset_draft(sharing_class="unconditional", sharing_reason=None)
    datasets.revise(session, city.dataset.id, draft, 1, STEWARD, now)
    assert publication.publish(session, city.dataset.id, STEWARD, now).state == DatasetState.PUBLISHED


def test_without_a_service_there_is_nothing_to_call(session, city, dataset_draft, now):
    other = datasets.register(session, dataset_draft(slug="births-2"), STEWARD, now)
    assert [(found.pointer, found.rule) for found in publication.missing(session, other, now)] == [
        ("/services", "missing")
    ]


def test_every_service_has_its_interface_specification(session, city, service_draft, now):
    for slug in ("bare", "bare-2"):
        draft = service_draft(slug=slug, interface=None, interface_version=None)
        services.register(session, draft, None, STEWARD, now, connectors={"rest"})
    found = [(finding.pointer, finding.rule) for finding in publication.missing(session, city.dataset, now)]
    assert found == [("/services/bare/interface", "missing"), ("/services/bare-2/interface", "missing")]


def test_purposes_stand_in_the_latest_published_list(session, city, now):
    newer = {"slug": "purposes", "version": "1.1.0", "name": {"en": "Purposes"}, "source": ""}
    codes = [{"code": "newborn", "name": {"en": "newborn"}}]
    session.add(CodeList(**newer, codes=codes, published_by=STEWARD, published_at=now))
    (finding,) = publication.missing(session, city.dataset, now)
    assert finding.pointer == "/calling_rule/purposes/1"


def test_without_a_list_of_purposes_nothing_is_published(session, city, now):
    session.delete(session.get(CodeList, 1))
    (finding,) = publication.missing(session, city.dataset, now)
    assert (finding.pointer, finding.rule) == ("/calling_rule/purposes", "published")


def test_a_suspended_department_publishes_nothing(session, city, now):
    departments.deactivate(session, "health", STEWARD, now)
    (finding,) = publication.missing(session, city.dataset, now)
    assert (finding.pointer, finding.rule) == ("/department", "active")


def test_everything_missing_is_listed_at_once_with_what_to_do(session, city, dataset_draft, now):
    bare = {"standard": None, "standard_version": None, "items": [], "calling_rule": None, "sharing_reason": None}
    datasets.register(session, dataset_draft(slug="bare", **bare), STEWARD, now)
    with pytest.raises(publication.NotPublishable) as refusal:
        publication.publish(session, "health/bare", STEWARD, now)
    pointers = [finding.pointer for finding in refusal.value.findings]
    assert pointers == ["/sharing_reason", "/standard", "/items", "/services", "/calling_rule"]
    assert all(finding.expected in str(refusal.value) for finding in refusal.value.findings)


def test_a_not_shared_dataset_needs_its_law_and_no_more(session, city, dataset_draft, now):
    bare = {"standard": None, "standard_version": None, "items": [], "calling_rule": None}
    draft = dataset_draft(slug="tax-credit", sharing_class="not-shared", sharing_reason={"en": "Tax Law 8"}, **bare)
    datasets.register(session, draft, STEWARD, now)
    publication.publish(session, "health/tax-credit", STEWARD, now)
    (closed,) = datasets.not_shared(session)
    assert (closed.dataset.slug, closed.dataset.sharing_reason) == ("tax-credit", {"en": "Tax Law 8"})


def test_a_withdrawn_dataset_is_revised_and_published_again(session, published, dataset_draft, item, now):
    datasets.withdraw(session, "health/births", STEWARD, now)
    assert services.published(session) == []
    looser = RULE | {"quota": None}
    datasets.revise(session, "health/births", dataset_draft(calling_rule=looser), 3, STEWARD, now)
    assert publication.publish(session, "health/births", STEWARD, now).calling_rule["quota"] is None
    assert len(services.published(session)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"calling_rule": RULE | {"purposes": ["school-entry"]}},
        {"calling_rule": RULE | {"quota": {"count": 10, "window": "day"}}},
        {"calling_rule": RULE | {"masks": {"number": "nullify"}}},
    ],
)
def test_agreements_beyond_the_new_offer_end_first(session, published, activated, missing, now, changes):
    agreement = activated()
    datasets.withdraw(session, "health/births", STEWARD, now)
    assert missing(**changes) == [(f"/agreements/{agreement.id}", "scope")]
    agreements.revoke(session, agreement.id, STEWARD, "the offer changed", now)
    assert publication.publish(session, "health/births", STEWARD, now).state == DatasetState.PUBLISHED


def test_agreements_on_items_that_are_shared_no_more_end_first(session, published, activated, missing, item, now):
    agreement = activated()
    datasets.withdraw(session, "health/births", STEWARD, now)
    items = [item(path) for path in ("number", "mother", "weight")]
    found = missing(items=[*items, item("child", sharing_class="not-shared")])
    assert found == [(f"/agreements/{agreement.id}", "scope")]


def test_agreements_that_ended_by_themselves_do_not_stand_in_the_way(session, published, activated, dataset_draft, now):
    agreement = activated()
    datasets.withdraw(session, "health/births", STEWARD, now)
    draft = dataset_draft(calling_rule=RULE | {"purposes": ["school-entry"]})
    datasets.revise(session, "health/births", draft, 3, STEWARD, now)
    after = agreements.terms(agreement).valid_until
    assert publication.publish(session, "health/births", STEWARD, after).state == DatasetState.PUBLISHED
