"""One element, one source: who says to be it, and what a form need not ask."""

import pytest
from pydantic import ValidationError

from catalog import datasets, departments, sources
from catalog.sources import Form
from standards import paging
from tests.catalog.conftest import NOW


@pytest.fixture
def claim(session, register_dataset, department_draft, item, credit_code):
    departments.register(
        session, department_draft(slug="police", name={"zh": "公安局", "en": "Police"}, credit_code=credit_code(2)),
        "person-00000001", NOW,
    )  # fmt: skip

    def claim(id, *elements, authoritative=True, publish=True, item_changes=None, **changes):
        department, slug = id.split("/")
        items = [
            item("number" if at == 0 else "child", element=each, authoritative=authoritative, **(item_changes or {}))
            for at, each in enumerate(elements)
        ]
        row = register_dataset(department=department, slug=slug, items=items, calling_rule=None, **changes)
        if publish:
            datasets.mark_published(session, row, "person-00000002", NOW)
        return row

    return claim


def test_two_departments_that_claim_one_element_are_reported(session, claim):
    claim("health/births", "resident-id", "name")
    claim("police/people", "resident-id")
    claim("police/copies", "resident-id", authoritative=False)
    claim("health/more", "name")
    assert sources.contested(session) == (["resident-id"], None)
    found = sources.of_element(session, "resident-id")
    assert [(each.dataset.id, each.item.authoritative) for each in found] == [
        ("health/births", True), ("police/people", True), ("police/copies", False),
    ]  # fmt: skip


def test_what_is_not_published_is_reported_to_its_own_only(session, claim, dataset_draft, item):
    claim("health/births", "resident-id")
    claim("police/people", "resident-id", publish=False)
    assert sources.contested(session) == ([], None)
    assert sources.contested(session, ["police"])[0] == sources.contested(session, None)[0] == ["resident-id"]
    mine = dataset_draft(
        department="health", slug="z", items=[item("number", element="resident-id", authoritative=True)]
    )
    told = [each.expected for each in sources.warnings(session, mine)]
    assert any("health/births" in each for each in told)
    assert not any("police" in each for each in told)


def test_what_is_withdrawn_is_no_source(session, claim):
    claim("health/births", "resident-id")
    claim("police/people", "resident-id")
    datasets.withdraw(session, "police/people", "person-00000003", NOW)
    for viewers in ((), ["police"], None):
        assert sources.contested(session, viewers) == ([], None)
        found = sources.of_element(session, "resident-id", viewers)
        assert [source.dataset.id for source in found if sources.claims(source)] == ["health/births"]


def test_the_report_comes_in_pages(session, claim):
    for element in ("a", "b", "c"):
        claim(f"health/{element}", element)
        claim(f"police/{element}", element)
    first, cursor = sources.contested(session, limit=2)
    assert (first, sources.contested(session, limit=2, cursor=cursor)) == (["a", "b"], (["c"], None))
    with pytest.raises(paging.InvalidCursor):
        sources.contested(session, cursor="x")


def test_a_draft_is_warned_of_the_source_there_is(session, claim, dataset_draft, item):
    claim("police/people", "resident-id", "name")
    items = [
        item("number", element="resident-id", authoritative=True), item("child", element="name"), item("parents.name"),
    ]  # fmt: skip
    found = sources.warnings(session, dataset_draft(items=items))
    assert [(each.pointer, each.rule) for each in found] == [("/items/0/authoritative", "once-only")]
    assert "police/people" in found[0].expected
    assert sources.warnings(session, dataset_draft(department="police", slug="people", items=items)) == []
    datasets.withdraw(session, "police/people", "person-00000002", NOW)
    assert sources.warnings(session, dataset_draft(items=items)) == []


def test_a_form_is_told_what_is_known_already(session, claim):
    claim("police/people", "resident-id", item_changes={"title": {"zh": "居民身份证号", "en": "Resident id"}})
    claim("health/sealed", "blood-group", item_changes={"title": {"zh": "血型"}, "sharing_class": "not-shared"})
    claim("health/draft", "resident-id", publish=False)
    asked = Form.model_validate(
        {
            "items": [
                {"element": "resident-id"},
                {"text": "身份证"},
                {"text": "血型"},
                {"text": "鞋码"},
                {"text": "RESIDENT id"},
            ]
        }
    )
    told = [
        ([each.dataset.id for each in known.sources], known.can_be_shared) for known in sources.known(session, asked)
    ]
    assert told == [
        (["police/people"], True), (["police/people"], True), (["health/sealed"], False), ([], False),
        (["police/people"], True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "item", [{}, {"element": "a", "text": "b"}, {"element": "A b"}, {"text": ""}, {"text": "x" * 201}]
)
def test_an_asked_item_is_an_element_or_a_text(item):
    with pytest.raises(ValidationError):
        Form.model_validate({"items": [item]})
