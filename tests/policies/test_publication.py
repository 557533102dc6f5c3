"""Publication."""

import pytest
from sqlmodel import select

from catalog import datasets, departments, reviews, services, versions
from catalog.models import DatasetDraft, DatasetState, Review, Stage
from catalog.notices import Notice
from catalog.registration import Outdated
from policies import agreements, publication, standing, withdrawals
from standards.models import CodeList

STEWARD, OTHER_STEWARD, OPERATOR = "person-00000001", "person-00000002", "person-00000004"

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
def revise(session, city, dataset_draft, now):
    def propose(**changes):
        revision = datasets.fetch(session, city.dataset.id).revision
        return datasets.revise(session, city.dataset.id, dataset_draft(**changes), revision, STEWARD, now)

    return propose


@pytest.fixture
def submit(session, now):
    def hand_in(id="health/births", review=Review.PUBLICATION, by=STEWARD, **more):
        return publication.submit(session, id, by, now, review=review, **more)

    return hand_in


@pytest.fixture
def lacking(session, dataset_draft, now):
    """What publication lacks for the dataset of the city with these changes."""

    def ask(**changes):
        found = publication.missing(session, dataset_draft(**changes), now)
        return [(finding.pointer, finding.rule) for finding in found]

    return ask


@pytest.fixture
def missing(city, revise, submit):
    """Proposes the changes and gives what stands against submitting them."""

    def ask(**changes):
        before = city.dataset.state
        revise(**changes)
        with pytest.raises(publication.NotPublishable) as refusal:
            submit()
        assert city.dataset.state == before
        return [(finding.pointer, finding.rule) for finding in refusal.value.findings]

    return ask


def test_a_dataset_that_lacks_nothing_passes_both_reviews_at_once(session, city, submit, dataset_draft, now):
    assert publication.missing(session, dataset_draft(), now) == []
    assert submit() is Review.PUBLICATION
    assert services.published(session) == [], "nothing is called before it was approved"
    passed = publication.approve(session, city.dataset.id, OPERATOR, now)
    assert passed == (Review.REGISTRATION, Review.PUBLICATION)
    dataset = datasets.fetch(session, city.dataset.id)
    assert (dataset.state, dataset.published_at, dataset.changed_by) == (DatasetState.PUBLISHED, now, OPERATOR)
    assert dataset.resource_code == "303001/000001"
    assert [found.service.id for found in services.published(session)] == ["health/birth-lookup"]


def test_the_two_reviews_one_after_the_other(session, city, now):
    id = city.dataset.id
    assert publication.submit(session, id, STEWARD, now) is Review.REGISTRATION
    assert publication.approve(session, id, OPERATOR, now) == (Review.REGISTRATION,)
    assert (city.dataset.state, city.dataset.resource_code) == (DatasetState.REGISTERED, "303001/000001")
    assert publication.submit(session, id, STEWARD, now) is Review.PUBLICATION
    assert publication.approve(session, id, OPERATOR, now) == (Review.PUBLICATION,)
    assert (city.dataset.state, city.dataset.resource_code) == (DatasetState.PUBLISHED, "303001/000001")
    told = session.exec(select(Notice.recipient, Notice.kind).order_by(Notice.id)).all()
    assert told == [("operator", "dataset.submitted"), ("health", "dataset.approved")] * 2


def test_registration_asks_for_less_than_publication(session, city, revise, now):
    revise(standard=None, standard_version=None, calling_rule=None)
    assert publication.submit(session, city.dataset.id, STEWARD, now) is Review.REGISTRATION
    publication.approve(session, city.dataset.id, OPERATOR, now)
    with pytest.raises(publication.NotPublishable) as refusal:
        publication.submit(session, city.dataset.id, STEWARD, now)
    assert [finding.pointer for finding in refusal.value.findings] == ["/standard", "/calling_rule"]


@pytest.mark.parametrize("category", [None, "3", "303", "404004"])
def test_registration_asks_for_a_category_under_which_codes_are_given(session, city, revise, now, category):
    revise(category=category)
    with pytest.raises(publication.NotPublishable) as refusal:
        publication.submit(session, city.dataset.id, STEWARD, now)
    assert [finding.pointer for finding in refusal.value.findings] == ["/category"]


def test_nobody_reviews_what_they_wrote_or_submitted(session, city, revise, now):
    publication.submit(session, city.dataset.id, OTHER_STEWARD, now, key="key-1")
    for by, key in ((STEWARD, "key-2"), (OTHER_STEWARD, "key-2"), (OPERATOR, "key-1")):
        with pytest.raises(reviews.SelfReview):
            publication.approve(session, city.dataset.id, by, now, key=key)
    assert city.dataset.state == DatasetState.DRAFT
    assert publication.approve(session, city.dataset.id, OPERATOR, now, key="key-2")


def test_what_was_returned_comes_back_with_its_reason(session, city, submit, now):
    submit()
    with pytest.raises(reviews.NoReason):
        publication.send_back(session, city.dataset.id, {"en": "  "}, OPERATOR, now)
    reason = {"zh": "缺少说明", "en": "Say what a record is."}
    assert publication.send_back(session, city.dataset.id, reason, OPERATOR, now) is Review.PUBLICATION
    version = versions.pending(session, city.dataset.id)
    assert (version.stage, version.submitted_by) == (Stage.DRAFT, None)
    assert [(said["verdict"], said["reason"]) for said in version.reviews] == [("returned", reason)]
    told = session.exec(select(Notice).where(Notice.kind == "dataset.returned")).one()
    assert (told.recipient, reason["en"] in told.message["en"]) == ("health", True)
    for step in (publication.approve, lambda *given: publication.send_back(*given[:2], reason, *given[2:])):
        with pytest.raises(reviews.WrongStage):
            step(session, city.dataset.id, OPERATOR, now)
    assert submit() is Review.PUBLICATION


def test_a_registration_that_was_approved_stays_so_when_publication_is_returned(session, city, now):
    id = city.dataset.id
    publication.submit(session, id, STEWARD, now)
    publication.approve(session, id, OPERATOR, now)
    publication.submit(session, id, STEWARD, now)
    publication.send_back(session, id, {"en": "not yet"}, OPERATOR, now)
    assert versions.pending(session, id).stage == Stage.REGISTERED
    with pytest.raises(reviews.WrongStage):
        publication.submit(session, id, STEWARD, now, review=Review.REGISTRATION)


def test_what_changed_after_it_was_submitted_is_not_approved(session, city, submit, revise, now):
    submit()
    read = city.dataset.revision
    revise(title={"en": "Something else"})
    with pytest.raises(Outdated):
        publication.approve(session, city.dataset.id, OPERATOR, now, expected_revision=read)
    with pytest.raises(reviews.WrongStage):
        publication.approve(session, city.dataset.id, OPERATOR, now)


def test_what_is_missing_at_the_approval_stops_it_too(session, city, submit, now):
    submit()
    session.delete(city.service)
    session.flush()
    with pytest.raises(publication.NotPublishable) as refusal:
        publication.approve(session, city.dataset.id, OPERATOR, now)
    assert [finding.pointer for finding in refusal.value.findings] == ["/services"]


def test_a_proposal_stands_beside_what_is_in_force_until_it_is_approved(session, published, revise, submit, now):
    looser = RULE | {"quota": None}
    revise(calling_rule=looser, title={"en": "Births"})
    dataset = published.dataset
    assert (dataset.title, dataset.calling_rule["quota"]["count"]) == ({"en": "Birth certificates"}, 1000)
    assert (dataset.version, versions.pending(session, dataset.id).number) == (1, 2)
    (called,) = services.published(session)
    assert called.dataset.calling_rule["quota"]["count"] == 1000
    submit()
    assert services.published(session)[0].dataset.calling_rule["quota"]["count"] == 1000
    publication.approve(session, dataset.id, OPERATOR, now)
    assert (dataset.title, dataset.calling_rule["quota"], dataset.version) == ({"en": "Births"}, None, 2)
    assert dataset.resource_code == "303001/000001", "once and for all"
    assert [row.stage for row in versions.page(session, dataset.id)[0]] == [Stage.PUBLISHED, Stage.SUPERSEDED]


def test_agreements_must_fit_the_version_that_takes_over(session, published, activated, missing, now):
    agreement = activated()
    assert missing(calling_rule=RULE | {"purposes": ["school-entry"]}) == [(f"/agreements/{agreement.id}", "scope")]


def test_a_proposal_is_discarded_and_the_next_one_has_its_own_number(session, published, revise, now):
    revise(title={"en": "Births"})
    datasets.discard(session, published.dataset.id, STEWARD, now)
    assert versions.pending(session, published.dataset.id) is None
    with pytest.raises(datasets.NothingPending):
        datasets.discard(session, published.dataset.id, STEWARD, now)
    revise(title={"en": "All births"})
    assert versions.pending(session, published.dataset.id).number == 3


def test_a_dataset_that_was_never_published_has_nothing_to_fall_back_on(session, city, now):
    with pytest.raises(datasets.NothingPending):
        datasets.discard(session, city.dataset.id, STEWARD, now)


def test_a_registered_version_is_kept_when_it_changes(session, city, revise, now):
    publication.submit(session, city.dataset.id, STEWARD, now)
    publication.approve(session, city.dataset.id, OPERATOR, now)
    revise(title={"en": "Births"})
    assert [row.stage for row in versions.page(session, city.dataset.id)[0]] == [Stage.DRAFT, Stage.SUPERSEDED]
    assert (city.dataset.title, city.dataset.state) == ({"en": "Births"}, DatasetState.REGISTERED)
    publication.submit(session, city.dataset.id, STEWARD, now)
    passed = publication.approve(session, city.dataset.id, OPERATOR, now)
    assert passed == (Review.REGISTRATION, Review.PUBLICATION), "what was approved was another version"
    assert city.dataset.resource_code == "303001/000001"


def test_authors_stay_authors_when_the_next_version_takes_over(session, city, dataset_draft, now):
    """A first author whose registered version somebody else changes by a word approves it no more than before."""
    id = city.dataset.id
    datasets.revise(session, id, dataset_draft(title={"en": "Births"}), 1, OTHER_STEWARD, now, key="key-2")
    publication.submit(session, id, STEWARD, now, key="key-1")
    publication.approve(session, id, OPERATOR, now)
    revision = datasets.fetch(session, id).revision
    datasets.revise(session, id, dataset_draft(title={"en": "All births"}), revision, "person-00000003", now)
    publication.submit(session, id, "person-00000003", now)
    for by, key in ((OTHER_STEWARD, ""), (STEWARD, ""), ("person-00000009", "key-2"), ("person-00000009", "key-1")):
        with pytest.raises(reviews.SelfReview):
            publication.approve(session, id, by, now, key=key)
    assert publication.approve(session, id, OPERATOR, now), "a reviewer of the version before is no author"


def test_authors_are_kept_when_the_trail_is_cut(session, city, dataset_draft, submit, now):
    id = city.dataset.id
    datasets.revise(session, id, dataset_draft(title={"en": "Births"}), 1, OPERATOR, now)
    for number in range(2, 60):
        datasets.revise(session, id, dataset_draft(title={"en": f"Births {number}"}), number, OTHER_STEWARD, now)
    submit()
    version = versions.pending(session, id)
    assert OPERATOR not in {step["by"] for step in version.trail}
    assert len(version.authors) == 3
    with pytest.raises(reviews.SelfReview):
        publication.approve(session, id, OPERATOR, now)


def test_what_others_approved_has_no_authors_in_the_version_after(session, published, revise, submit, now):
    revise(title={"en": "Births"})
    submit()
    assert {author["by"] for author in versions.authors(versions.pending(session, published.dataset.id))} == {STEWARD}


def test_unknown_datasets_and_lost_updates_are_refused(session, city, submit, now):
    for step in (publication.submit, publication.approve):
        with pytest.raises(datasets.UnknownDataset):
            step(session, "health/nothing", STEWARD, now)
        with pytest.raises(Outdated):
            step(session, city.dataset.id, STEWARD, now, expected_revision=9)


def test_a_published_dataset_with_nothing_proposed_is_not_submitted(session, published, submit):
    with pytest.raises(datasets.NothingPending, match="no proposed version"):
        submit()


def test_withdrawal_tells_the_departments_that_use_it(session, published, activated, now):
    activated()
    with pytest.raises(reviews.NoReason):
        withdrawals.withdraw(session, "health/births", {"zh": ""}, STEWARD, now)
    dataset, told = withdrawals.withdraw(session, "health/births", {"en": "switched off"}, STEWARD, now)
    assert (dataset.state, told) == (DatasetState.WITHDRAWN, ("services",))
    notice = session.exec(select(Notice).where(Notice.kind == "dataset.withdrawn")).one()
    assert (notice.recipient, notice.subject) == ("services", "health/births")
    assert "switched off" in notice.message["zh"]
    session.expire_all()
    said = versions.fetch(session, "health/births", dataset.version).reviews[-1]
    assert (said["verdict"], said["reason"], said["by"]) == ("withdrawn", {"en": "switched off"}, STEWARD)


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
    draft = DatasetDraft.model_validate(versions.pending(session, city.dataset.id).document)
    told = [finding.expected for finding in publication.missing(session, draft, now)]
    assert [leaf for leaf in ("child.born", "mother.address", "weight") if any(leaf in text for text in told)] == [
        "child.born",
        "mother.address",
        "weight",
    ]


def test_an_item_that_only_begins_like_a_leaf_does_not_hold_it(session, city, item, dataset_draft, now):
    wanted = [item(path) for path in ("number", "child.name", "child.b", "mother.name", "mother.address", "weight")]
    (finding,) = publication.missing(session, dataset_draft(items=wanted), now)
    assert "child.born" in finding.expected


def test_an_unconditional_dataset_needs_no_reason(lacking, city):
    assert lacking(sharing_class="unconditional", sharing_reason=None) == []


def test_without_a_service_there_is_nothing_to_call(lacking, city):
    assert lacking(slug="births-2") == [("/services", "missing")]


def test_every_service_has_its_interface_specification(session, city, service_draft, lacking, now):
    for slug in ("bare", "bare-2"):
        draft = service_draft(slug=slug, interface=None, interface_version=None)
        services.register(session, draft, None, STEWARD, now, connectors={"rest"})
    assert lacking() == [("/services/bare/interface", "missing"), ("/services/bare-2/interface", "missing")]


def test_purposes_stand_in_the_latest_published_list(session, city, dataset_draft, now):
    newer = {"slug": "purposes", "version": "1.1.0", "name": {"en": "Purposes"}, "source": ""}
    codes = [{"code": "newborn", "name": {"en": "newborn"}}]
    session.add(CodeList(**newer, codes=codes, published_by=STEWARD, published_at=now))
    (finding,) = publication.missing(session, dataset_draft(), now)
    assert finding.pointer == "/calling_rule/purposes/1"


def test_without_a_list_of_purposes_nothing_is_published(session, city, dataset_draft, now):
    session.delete(session.get(CodeList, 1))
    (finding,) = publication.missing(session, dataset_draft(), now)
    assert (finding.pointer, finding.rule) == ("/calling_rule/purposes", "published")


def test_a_suspended_department_publishes_nothing(session, city, dataset_draft, now):
    departments.deactivate(session, "health", STEWARD, now)
    (finding,) = publication.missing(session, dataset_draft(), now)
    assert (finding.pointer, finding.rule) == ("/department", "active")


def test_everything_missing_is_listed_at_once_with_what_to_do(session, city, dataset_draft, submit, now):
    bare = {
        "category": None,
        "standard": None,
        "standard_version": None,
        "items": [],
        "calling_rule": None,
        "sharing_reason": None,
    }
    datasets.register(session, dataset_draft(slug="bare", **bare), STEWARD, now)
    with pytest.raises(publication.NotPublishable) as refusal:
        submit("health/bare")
    pointers = [finding.pointer for finding in refusal.value.findings]
    assert pointers == ["/category", "/sharing_reason", "/standard", "/items", "/services", "/calling_rule"]
    assert all(finding.expected in str(refusal.value) for finding in refusal.value.findings)


def test_a_not_shared_dataset_needs_its_law_and_no_more(session, city, dataset_draft, publish, now):
    bare = {"standard": None, "standard_version": None, "items": [], "calling_rule": None}
    draft = dataset_draft(slug="tax-credit", sharing_class="not-shared", sharing_reason={"en": "Tax Law 8"}, **bare)
    datasets.register(session, draft, STEWARD, now)
    publish("health/tax-credit")
    (closed,) = datasets.not_shared(session)
    assert (closed.dataset.slug, closed.dataset.sharing_reason) == ("tax-credit", {"en": "Tax Law 8"})


def test_a_withdrawn_dataset_is_revised_and_published_again(session, published, revise, publish, now):
    datasets.withdraw(session, "health/births", STEWARD, now)
    assert services.published(session) == []
    revise(calling_rule=RULE | {"quota": None})
    assert publish().calling_rule["quota"] is None
    assert len(services.published(session)) == 1


def test_a_withdrawn_dataset_comes_back_as_it_was(session, published, publish, now):
    datasets.withdraw(session, "health/births", STEWARD, now)
    assert (publish().version, len(services.published(session))) == (2, 1)
    assert [row.stage for row in versions.page(session, "health/births")[0]] == [Stage.PUBLISHED, Stage.WITHDRAWN]


@pytest.mark.parametrize(
    "changes",
    [
        {"calling_rule": RULE | {"purposes": ["school-entry"]}},
        {"calling_rule": RULE | {"quota": {"count": 10, "window": "day"}}},
        {"calling_rule": RULE | {"masks": {"number": "nullify"}}},
    ],
)
def test_agreements_beyond_the_new_offer_end_first(session, published, activated, missing, publish, now, changes):
    agreement = activated()
    datasets.withdraw(session, "health/births", STEWARD, now)
    assert missing(**changes) == [(f"/agreements/{agreement.id}", "scope")]
    standing.revoke(session, agreement.id, STEWARD, "the offer changed", now)
    assert publish().state == DatasetState.PUBLISHED


def test_agreements_on_items_that_are_shared_no_more_end_first(session, published, activated, missing, item, now):
    agreement = activated()
    datasets.withdraw(session, "health/births", STEWARD, now)
    items = [item(path) for path in ("number", "mother", "weight")]
    found = missing(items=[*items, item("child", sharing_class="not-shared")])
    assert found == [(f"/agreements/{agreement.id}", "scope")]


def test_agreements_that_ended_by_themselves_do_not_stand_in_the_way(session, published, activated, revise, publish):
    agreement = activated()
    revise(calling_rule=RULE | {"purposes": ["school-entry"]})
    after = agreements.terms(agreement).valid_until
    assert publish(now=after).version == 2
