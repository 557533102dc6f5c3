"""Datasets and their items."""

from datetime import timedelta

import pytest

from catalog import datasets, departments, reviews, versions
from catalog.models import DatasetState, Review, Stage
from catalog.registration import AlreadyRegistered, InvalidRegistration, Outdated

BY = "person-00000001"


def pointers(refused):
    return [(finding.pointer, finding.rule) for finding in refused.value.findings]


@pytest.fixture
def published(session, register_dataset, now):
    return datasets.mark_published(session, register_dataset(), BY, now)


def test_a_dataset_is_registered_with_its_items(session, register_dataset, now):
    dataset = register_dataset()
    assert datasets.fetch(session, "health/births") is dataset
    assert (dataset.state, dataset.revision, dataset.created_by) == (DatasetState.DRAFT, 1, BY)
    assert [row.path for row in datasets.items(session, dataset.id)] == ["number", "child", "parents.name"]
    assert dataset.calling_rule["masks"] == {"number": "keep-last"}


def test_a_bare_draft_is_enough_to_begin_with(register_dataset):
    bare = register_dataset(standard=None, standard_version=None, items=[], calling_rule=None, sharing_reason=None)
    assert (bare.standard, bare.calling_rule, bare.sharing_reason) == (None, None, None)


def test_unknown_datasets_and_departments_say_so(session, health, dataset_draft, now):
    with pytest.raises(datasets.UnknownDataset, match="health/nothing"):
        datasets.fetch(session, "health/nothing")
    with pytest.raises(departments.UnknownDepartment):
        datasets.register(session, dataset_draft(department="nowhere"), BY, now)


def test_a_second_dataset_of_the_slug_is_refused(register_dataset):
    register_dataset()
    with pytest.raises(AlreadyRegistered, match="health/births"):
        register_dataset()


def test_a_suspended_department_registers_nothing(session, register_dataset, now):
    departments.deactivate(session, "health", BY, now)
    with pytest.raises(InvalidRegistration) as refused:
        register_dataset()
    assert pointers(refused) == [("/department", "active")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"standard": None}, ("/standard", "required")),
        ({"standard_version": None}, ("/standard_version", "required")),
        ({"standard": "no-such"}, ("/standard", "published")),
        ({"standard_version": "9.0.0"}, ("/standard", "published")),
    ],
)
def test_a_standard_is_named_whole_and_published(register_dataset, changes, expected):
    with pytest.raises(InvalidRegistration) as refused:
        register_dataset(**changes)
    assert pointers(refused) == [expected]


def test_all_paths_the_standard_does_not_know_are_listed(register_dataset, item):
    with pytest.raises(InvalidRegistration) as refused:
        register_dataset(items=[item("number"), item("child.nick"), item("parents.name"), item("weight")])
    assert pointers(refused) == [("/items/1/path", "standard"), ("/items/3/path", "standard")]


def test_without_a_standard_any_path_may_be_registered(session, register_dataset, item):
    dataset = register_dataset(standard=None, standard_version=None, items=[item("weight")], calling_rule=None)
    assert [row.path for row in datasets.items(session, dataset.id)] == ["weight"]


def test_a_path_stands_once(register_dataset, item):
    with pytest.raises(InvalidRegistration) as refused:
        register_dataset(items=[item("number"), item("number")])
    assert pointers(refused) == [("/items/0/path", "unique"), ("/items/1/path", "unique")]


def test_an_item_inside_another_is_refused(register_dataset, item):
    """Otherwise whoever may have `child` gets `child.name`, whatever the class of that."""
    inner = item("child.name", sharing_class="not-shared")
    with pytest.raises(InvalidRegistration) as refused:
        register_dataset(items=[inner, item("number"), item("child")])
    assert pointers(refused) == [("/items/0/path", "overlap")]


def test_items_that_only_begin_alike_are_fine(register_dataset, item):
    items = [item("number"), item("numbers")]
    assert register_dataset(standard=None, standard_version=None, items=items).id == "health/births"


@pytest.mark.parametrize(
    ("whole", "part", "fine"),
    [
        ("unconditional", "unconditional", True),
        ("unconditional", "conditional", True),
        ("unconditional", "not-shared", True),
        ("conditional", "unconditional", False),
        ("conditional", "not-shared", True),
        ("not-shared", "unconditional", False),
        ("not-shared", "conditional", False),
        ("not-shared", "not-shared", True),
    ],
)
def test_an_item_may_be_stricter_than_its_dataset_not_looser(register_dataset, item, whole, part, fine):
    changes = {"sharing_class": whole, "items": [item("number", sharing_class=part)]}
    if fine:
        assert register_dataset(**changes).sharing_class == whole
        return
    with pytest.raises(InvalidRegistration) as refused:
        register_dataset(**changes)
    assert pointers(refused) == [("/items/0/sharing_class", "strictness")]


def test_the_rule_masks_registered_items_only(register_dataset):
    rule = {"purposes": ["newborn"], "bases": ["law-1"], "masks": {"number": "nullify", "weight": "nullify"}}
    with pytest.raises(InvalidRegistration) as refused:
        register_dataset(calling_rule=rule)
    assert pointers(refused) == [("/calling_rule/masks", "item")]


def test_a_not_shared_dataset_takes_no_name_of_anothers_service(register_dataset, register_service, item):
    register_dataset()
    register_service(slug="tax-credit")
    closed = {"sharing_class": "not-shared", "items": [], "calling_rule": None}
    with pytest.raises(InvalidRegistration) as refused:
        register_dataset(slug="tax-credit", **closed)
    assert pointers(refused) == [("/slug", "taken")]
    assert register_dataset(slug="tax-debt", **closed).slug == "tax-debt"


def test_a_dataset_may_close_whose_own_service_has_its_name(
    session, register_dataset, register_service, dataset_draft, now
):
    register_dataset()
    register_service(slug="births")
    closed = dataset_draft(sharing_class="not-shared", items=[], calling_rule=None)
    assert datasets.revise(session, "health/births", closed, 1, BY, now).sharing_class == "not-shared"


def test_everything_wrong_is_told_at_once(register_dataset, item):
    items = [item("weight"), item("number", sharing_class="unconditional"), item("number")]
    rule = {"purposes": ["newborn"], "bases": ["law-1"], "masks": {"parents": "nullify"}}
    with pytest.raises(InvalidRegistration) as refused:
        register_dataset(items=items, calling_rule=rule)
    assert {rule for _, rule in pointers(refused)} == {"standard", "unique", "strictness", "item"}


def test_a_draft_is_revised(session, register_dataset, dataset_draft, item, now):
    register_dataset()
    draft = dataset_draft(sharing_class="unconditional", items=[item("number", sharing_class="unconditional")])
    dataset = datasets.revise(session, "health/births", draft, 1, "person-00000002", now)
    assert (dataset.sharing_class, dataset.revision, dataset.changed_by) == ("unconditional", 2, "person-00000002")
    assert [row.sharing_class for row in datasets.items(session, dataset.id)] == ["unconditional"]


def test_a_lost_update_is_refused(session, register_dataset, dataset_draft, now):
    register_dataset()
    datasets.revise(session, "health/births", dataset_draft(title={"en": "First"}), 1, BY, now)
    with pytest.raises(Outdated, match="revision 2"):
        datasets.revise(session, "health/births", dataset_draft(title={"en": "Second"}), 1, BY, now)
    assert datasets.fetch(session, "health/births").title == {"en": "First"}


def test_a_revision_obeys_the_rules_of_a_registration(session, register_dataset, dataset_draft, item, now):
    register_dataset()
    with pytest.raises(InvalidRegistration) as refused:
        datasets.revise(session, "health/births", dataset_draft(slug="other", items=[item("weight")]), 1, BY, now)
    assert ("/slug", "fixed") in pointers(refused)
    assert ("/items/0/path", "standard") in pointers(refused)
    with pytest.raises(datasets.UnknownDataset):
        datasets.revise(session, "health/nothing", dataset_draft(), 1, BY, now)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": {"en": "Births"}},
        {"sharing_class": "unconditional"},
        {"sharing_reason": None},
        {"standard_version": "2.0.0"},
        {"standard": None, "standard_version": None},
        {"calling_rule": None},
        {"items": [], "calling_rule": None},
        {"keywords": ["birth"]},
    ],
)
def test_a_change_of_a_published_dataset_is_proposed_beside_it(session, published, dataset_draft, item, now, changes):
    before = (published.model_dump(exclude={"revision"}), datasets.items(session, published.id))
    if changes.get("sharing_class"):
        changes = changes | {"items": [item("number", sharing_class="unconditional")]}
    draft = dataset_draft(**changes)
    datasets.revise(session, published.id, draft, 2, BY, now)
    assert (published.model_dump(exclude={"revision"}), datasets.items(session, published.id)) == before
    proposed = versions.pending(session, published.id)
    assert (proposed.number, proposed.stage) == (2, Stage.DRAFT)
    assert proposed.document == draft.model_dump(mode="json")
    datasets.mark_published(session, published, BY, now)
    assert (published.version, published.state) == (2, DatasetState.PUBLISHED)
    assert len(datasets.items(session, published.id)) == len(draft.items)


def test_a_revision_that_changes_nothing_is_none(session, published, dataset_draft, now):
    assert datasets.revise(session, published.id, dataset_draft(), 2, BY, now).revision == 2
    assert versions.pending(session, published.id) is None


def test_a_revision_takes_what_is_under_review_back(session, register_dataset, dataset_draft, now):
    dataset = register_dataset()
    version = versions.pending(session, dataset.id)
    reviews.submit(session, dataset, version, Review.REGISTRATION, BY, "key", now)
    datasets.revise(session, dataset.id, dataset_draft(title={"en": "Births"}), 2, BY, now)
    assert (version.number, version.stage, version.submitted_by, version.submitted_key) == (1, Stage.DRAFT, None, None)


def test_a_withdrawn_dataset_is_revised_freely(session, published, dataset_draft, now):
    withdrawn = datasets.withdraw(session, published.id, BY, now, expected_revision=2)
    assert (withdrawn.state, withdrawn.revision) == (DatasetState.WITHDRAWN, 3)
    datasets.revise(session, published.id, dataset_draft(standard_version="2.0.0"), 3, BY, now)
    proposed = versions.pending(session, published.id)
    assert (proposed.document["standard_version"], published.state) == ("2.0.0", DatasetState.WITHDRAWN)


def test_a_lost_update_is_told_what_changed_meanwhile(session, register_dataset, dataset_draft, item, now):
    register_dataset()
    items = [item("number", sensitivity=3), item("child", identifies="person")]
    datasets.revise(session, "health/births", dataset_draft(title={"en": "First"}), 1, BY, now)
    datasets.revise(session, "health/births", dataset_draft(title={"en": "Second"}, items=items), 2, BY, now)
    with pytest.raises(Outdated) as refused:
        datasets.revise(session, "health/births", dataset_draft(title={"en": "Mine"}), 1, BY, now)
    changes = {change["pointer"]: (change.get("old"), change.get("new")) for change in refused.value.changes}
    assert changes.pop("/items/2")[1] is None
    assert changes == {
        "/title/zh": ("出生医学证明", None),
        "/title/en": ("Birth certificates", "Second"),
        "/items/0/sensitivity": (2, 3),
    }
    with pytest.raises(Outdated) as refused:
        datasets.revise(session, "health/births", dataset_draft(title={"en": "Mine"}), 2, BY, now)
    assert "/title/zh" not in {change["pointer"] for change in refused.value.changes}


def test_only_a_published_dataset_is_withdrawn(session, register_dataset, now):
    register_dataset()
    with pytest.raises(datasets.NotPublished, match="draft"):
        datasets.withdraw(session, "health/births", BY, now)


def test_withdrawing_what_was_changed_meanwhile_is_refused(session, published, now):
    with pytest.raises(Outdated):
        datasets.withdraw(session, published.id, BY, now, expected_revision=1)


def test_datasets_are_paged_and_filtered(session, register_dataset, now):
    for slug in "cab":
        register_dataset(slug=slug)
    datasets.mark_published(session, datasets.fetch(session, "health/b"), BY, now)
    first, cursor = datasets.page(session, limit=2)
    rest, end = datasets.page(session, limit=2, cursor=cursor)
    assert ([row.slug for row in first], [row.slug for row in rest], end) == (["a", "b"], ["c"], None)
    assert [row.slug for row in datasets.page(session, state=DatasetState.PUBLISHED)[0]] == ["b"]
    assert datasets.page(session, department="tax") == ([], None)


def test_what_is_not_published_is_seen_inside_only(session, register_dataset, now):
    for slug in "ab":
        register_dataset(slug=slug)
    datasets.mark_published(session, datasets.fetch(session, "health/b"), BY, now)

    def seen(**wanted):
        return [row.slug for row in datasets.page(session, wanted=datasets.Wanted(**wanted))[0]]

    assert seen() == seen(inside={"health"}) == ["a", "b"]
    assert seen(inside=()) == seen(inside={"tax"}) == ["b"]
    assert seen(inside=(), state=DatasetState.DRAFT) == []
    assert seen(inside={"health"}, stage=Stage.DRAFT) == ["a"]
    assert seen(inside=(), stage=Stage.PUBLISHED) == [], "a stage would tell of what is proposed"


def test_lists_are_narrowed_and_sorted(session, register_dataset, now):
    def seen(order=datasets.Order.ID, **wanted):
        return [row.slug for row in datasets.page(session, wanted=datasets.Wanted(**wanted), order=order)[0]]

    register_dataset(slug="a", category="301001", themes=["traffic", "water"], update_cycle="weekly")
    register_dataset(slug="b", category="302001", themes=["air"])
    register_dataset(slug="c", sharing_class="not-shared", items=[], calling_rule=None)
    later = datasets.withdraw(
        session, datasets.mark_published(session, datasets.fetch(session, "health/b"), BY, now).id, BY,
        now + timedelta(hours=1),
    )  # fmt: skip
    assert (seen(category="301"), seen(category="3"), seen(category="9")) == (["a"], ["a", "b"], [])
    assert (seen(theme="water"), seen(theme="wat"), seen(theme="air")) == (["a"], [], ["b"])
    assert (seen(update_cycle="weekly"), seen(sharing_class="not-shared")) == (["a"], ["c"])
    assert seen(updated_since=later.changed_at) == ["b"]
    assert seen(datasets.Order.NEWEST) == ["b", "c", "a"]
    assert seen(datasets.Order.OLDEST) == ["a", "c", "b"]


def test_a_list_by_time_continues_where_it_ended(session, register_dataset):
    for slug in "cab":
        register_dataset(slug=slug)
    found, cursor = [], None
    while True:
        rows, cursor = datasets.page(session, order=datasets.Order.NEWEST, limit=1, cursor=cursor)
        found += [row.slug for row in rows]
        if cursor is None:
            break
    assert found == ["c", "b", "a"]


def test_not_shared_datasets_come_with_what_a_refusal_tells(session, register_dataset, published, item, now):
    items = [item("number", sharing_class="not-shared")]
    for slug in ("credit", "debt"):
        register_dataset(slug=slug, sharing_class="not-shared", items=items, calling_rule=None)
    datasets.mark_published(session, datasets.fetch(session, "health/credit"), BY, now)
    (closed,) = datasets.not_shared(session)
    assert (closed.dataset.id, closed.department.slug) == ("health/credit", "health")
    assert [row.path for row in closed.items] == ["number"]
    assert datasets.not_shared(session, "health/credit") == [closed]
    assert datasets.not_shared(session, "health/debt") == [], "not published"
    assert datasets.not_shared(session, published.id) == []


def test_items_of_many_datasets_come_in_few_queries(session, register_dataset):
    register_dataset(slug="a")
    found = datasets.items_by_dataset(session, ["health/a", *(f"health/x{number}" for number in range(1200))])
    assert len(found["health/a"]) == 3
    assert found["health/x7"] == ()
