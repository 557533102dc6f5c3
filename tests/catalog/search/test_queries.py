"""What is found, in which order, by whom; and what is counted beside it."""

import itertools
from datetime import timedelta

import pytest

from catalog import datasets, departments
from catalog.models import DatasetState
from catalog.search import engine, facets, index, queries, results, suggestions
from catalog.search.engine import Phrase, Wanted
from catalog.search.queries import Query, Sort
from standards import paging
from tests.catalog.conftest import NOW


@pytest.fixture
def publish(session, register_dataset):
    numbers = itertools.count()

    def publish(slug=None, **changes):
        row = register_dataset(slug=slug or f"d-{next(numbers)}", **changes)
        datasets.mark_published(session, row, "person-00000002", NOW + timedelta(minutes=next(numbers)))
        return row

    return publish


@pytest.fixture
def shelf(publish, item):
    titles = {
        "births": ("出生医学证明", "Birth certificates", "助产机构签发的证明"),
        "marriages": ("婚姻登记信息", "Registered marriages", "婚姻登记及其解除"),
        "water": ("河道水质监测", "Water quality", "水务局监测的水质，与出生无关"),
        "power": ("供电", "Électricité", "Daily ＫＷＨ of the grid"),
    }
    return {
        slug: publish(
            slug,
            title={"zh": zh, "en": en},
            description={"zh": about},
            keywords=[slug, "城市"],
            themes=["people" if slug in ("births", "marriages") else "environment"],
            formats=["JSON"],
            items=[item("number", title={"zh": f"{zh[:2]}编号", "en": "number"})],
            calling_rule=None,
            **({} if slug == "births" else {"standard": None, "standard_version": None}),
        )
        for slug, (zh, en, about) in titles.items()
    }


def found(session, text="", **more):
    return [row.slug for row in queries.search(session, Query(text, **more)).datasets]


def test_words_of_any_length_in_both_languages(session, shelf):
    assert found(session, "婚姻") == ["marriages"]
    assert found(session, "出生医") == ["births"]
    assert found(session, "水质监测") == ["water"]
    assert found(session, "质") == ["water"]
    assert found(session, "BIRTH") == ["births"]
    assert found(session, "certif") == ["births"]
    assert found(session, "electricite kwh") == ["power"]
    assert found(session, "ｋｗｈ") == ["power"]
    assert found(session, "河道 marriages") == []


def test_a_title_counts_more_than_a_description(session, shelf):
    assert found(session, "出生") == ["births", "water"]


def test_items_keywords_department_and_standard_are_looked_at(session, shelf):
    assert found(session, "婚姻编号") == ["marriages"]
    assert len(found(session, "城市")) == len(found(session, "卫生健康")) == 4
    assert found(session, '"birth-certificate"') == ["births"]
    assert found(session, "power") == ["power"]


def test_quotes_keep_words_together(session, shelf):
    assert found(session, "certificates birth") == ["births"]
    assert found(session, '"certificates birth"') == []
    assert found(session, '"birth certificates"') == ["births"]


def test_a_phrase_does_not_reach_into_another_text(session, shelf):
    assert found(session, '"证明 birth"') == []


def test_a_long_word_is_taken_apart_where_it_stands_nowhere(session, shelf):
    answer = queries.search(session, Query("水质婚姻"))
    assert (answer.total, answer.taken_apart) == (0, False)
    answer = queries.search(session, Query("婚姻信息登记"))
    assert ([row.slug for row in answer.datasets], answer.taken_apart) == (["marriages"], True)
    assert not queries.search(session, Query("婚姻登记")).taken_apart


@pytest.mark.parametrize(
    "text",
    ['"', "'; DROP TABLE search_text --", "NEAR(a b)", "title : x", "a AND", "OR", "NOT x", "*", "^a", "a*b", "{x}:y",
     "fts5(", "-x", "col:*", "\x00", "'\"\\", "（）", "a" * 200, "facets:f"],
)  # fmt: skip
def test_nothing_typed_means_anything_to_the_engine(session, shelf, text):
    try:
        answer = queries.search(session, Query(text))
    except queries.words.Unsearchable:
        return
    assert answer.total == 0 or text in ("OR", "NOT x")


def test_filters_narrow_and_their_own_facet_shows_the_others(session, shelf):
    answer = queries.search(session, Query("城市", filters={"theme": ["people"]}))
    assert {row.slug for row in answer.datasets} == {"births", "marriages"}
    assert answer.total == 2
    counts = answer.facets.counts
    assert counts["theme"] == [("environment", 2), ("people", 2)]
    assert counts["format"] == [("json", 2)]
    assert answer.facets.exact
    assert found(session, "", filters={"theme": ["people", "environment"], "format": ["json"]}, sort=Sort.TITLE) == [
        "power", "births", "marriages", "water",
    ]  # fmt: skip
    assert found(session, "", filters={"theme": ["none"]}) == []
    assert found(session, "", filters={"theme": []}) != []


@pytest.mark.parametrize("text", ["", "城市", "登记"])
@pytest.mark.parametrize("themes", [(), ("people",), ("people", "environment"), ("none",)])
@pytest.mark.parametrize("names", [(), ("draft",), ("published", "draft")])
def test_each_facet_is_counted_as_if_it_were_not_filtered(session, shelf, register_dataset, text, themes, names):
    register_dataset(slug="mine", title={"zh": "登记"}, keywords=["城市"], themes=["people"])
    chosen = {"theme": themes, "state": names}
    counts = queries.search(session, Query(text, filters=chosen, departments=None)).facets.counts
    for facet in ("theme", "state", "department"):
        others = {name: values for name, values in chosen.items() if name != facet}
        rows = queries.search(session, Query(text, filters=others, departments=None)).datasets
        values = [v for row in rows for v in {"theme": row.about["themes"]}.get(facet, [getattr(row, facet, "")])]
        assert dict(counts[facet]) == {value: values.count(value) for value in values}, facet


def test_facets_of_everything_are_those_counted_at_indexing(session, shelf):
    whole = queries.search(session, Query()).facets
    one_by_one = facets._counted(session, Wanted(), 4, 100)[0]
    assert whole.counts == {
        facet: sorted(values.items(), key=lambda v: (-v[1], v[0])) for facet, values in one_by_one.items()
    }


def test_estimated_facets_say_so(session, shelf):
    counted = facets.count(session, Wanted(((Phrase(("城市",)),),)), 4, most=2)
    assert not counted.exact
    assert all(amount <= 4 for values in counted.counts.values() for _, amount in values)


def test_the_order_can_be_by_time_and_by_title(session, shelf):
    assert found(session, "", sort=Sort.NEWEST) == found(session) == ["power", "water", "marriages", "births"]
    assert found(session, "", sort=Sort.TITLE) == ["power", "births", "marriages", "water"]
    assert found(session, "城市", sort=Sort.NEWEST) == ["power", "water", "marriages", "births"]


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("text", ["", "城市"])
@pytest.mark.parametrize("counted", [2, 2_000])
def test_pages_give_each_dataset_once(session, shelf, monkeypatch, sort, text, counted):
    monkeypatch.setattr(queries, "COUNTED", counted)
    seen, cursor = [], None
    while True:
        answer = queries.search(session, Query(text, sort=sort, limit=1, cursor=cursor))
        seen += [row.slug for row in answer.datasets]
        assert answer.total == 4
        cursor = answer.following
        if cursor is None:
            break
    assert sorted(seen) == sorted(shelf)
    assert seen == found(session, text, sort=sort)


@pytest.mark.parametrize(
    "cursor", ["x", "", "W10", "bnVsbA", "WyJuZXdlc3QiLDAsLTFd", "WyJ0aXRsZSIsMSwxXQ", "💥", "W" * 400]
)
def test_a_cursor_of_nobodys_is_refused(session, shelf, cursor):
    with pytest.raises(paging.InvalidCursor):
        queries.search(session, Query("", sort=Sort.TITLE, cursor=cursor))


def test_pages_go_through_datasets_that_fit_alike(session, publish):
    for _ in range(3):
        publish(title={"zh": "同名"}, items=[], calling_rule=None)
    seen, cursor = [], None
    for _ in range(3):
        answer = queries.search(session, Query("同名", limit=1, cursor=cursor))
        seen += [row.id for row in answer.datasets]
        cursor = answer.following
    assert len(set(seen)) == 3
    assert cursor is None


def test_a_title_of_any_characters_can_end_a_page(session, publish):
    for title in ("婚姻\n登记\u200b", "婚姻\t登记\u2028", "婚姻\u3000登记"):
        publish(title={"zh": title})
    first = queries.search(session, Query(sort=Sort.TITLE, limit=1))
    rest = queries.search(session, Query(sort=Sort.TITLE, cursor=first.following))
    assert len(first.datasets + rest.datasets) == 3


def test_what_is_not_published_only_its_department_finds(session, shelf, register_dataset):
    register_dataset(
        slug="hidden", title={"zh": "秘密登记", "en": "Hidden zebra"}, keywords=["zebras"], themes=["secret"]
    )
    for viewing, seen in (((), []), (("justice",), []), (("health", "justice"), ["hidden"]), (None, ["hidden"])):
        assert found(session, "秘密", departments=viewing) == seen
        answer = queries.search(session, Query("", departments=viewing))
        assert ("hidden" in [row.slug for row in answer.datasets]) == bool(seen)
        assert (("secret", 1) in answer.facets.counts["theme"]) == bool(seen)
        assert answer.total == 4 + len(seen)
        assert bool(suggestions.continued(session, "zeb", viewing)) == bool(seen)
        assert bool(suggestions.near(session, "zebrra", viewing)) == bool(seen)
        assert bool(suggestions.near(session, "秘蜜登记", viewing)) >= bool(seen)
        assert "秘密登记" not in suggestions.near(session, "秘蜜登记", viewing) or seen


def test_a_word_that_stands_only_in_drafts_changes_no_suggestion(session, shelf, register_dataset):
    before = suggestions.near(session, "certifikates", ())
    assert before
    register_dataset(slug="draft", title={"zh": "草稿", "en": "Certifikates"}, keywords=["certifikate"])
    assert suggestions.near(session, "certifikates", ()) == before
    assert suggestions.near(session, "certifikates", None) != before


def test_a_change_is_found_at_once_and_the_old_words_no_more(session, shelf, dataset_draft):
    row = datasets.fetch(session, "health/births")
    row.title = {"zh": "新名称", "en": "Renamed"}
    row.about = {**row.about, "keywords": ["fresh"], "themes": ["other"]}
    session.add(row)
    index.refresh(session, row.id)
    assert found(session, "新名称") == found(session, "fresh") == ["births"]
    assert found(session, "certificates") == []
    assert found(session, "", sort=Sort.NEWEST)[0] == "births"
    answer = queries.search(session, Query())
    assert dict(answer.facets.counts["theme"]) == {"environment": 2, "other": 1, "people": 1}
    assert suggestions.continued(session, "Birth", ()) == []


def test_withdrawing_hides_and_a_vanished_row_leaves_nothing(session, shelf):
    datasets.withdraw(session, "health/water", "person-00000002", NOW)
    assert found(session, "水质") == []
    assert found(session, "水质", departments=None) == ["water"]
    index.refresh(session, "health/nothing")
    assert engine.count(session, Wanted(departments=None)) == 4


def test_the_index_is_made_again_from_the_rows(session, shelf):
    before = [(sort, found(session, "城市", sort=sort)) for sort in Sort]
    tally = queries.search(session, Query()).facets
    index.clear(session)
    assert not index.is_complete(session)
    assert found(session) == []
    assert queries.search(session, Query()).facets.counts["theme"] == []
    index.rebuild(session, index.in_order_of_change(session))
    assert index.is_complete(session)
    assert [(sort, found(session, "城市", sort=sort)) for sort in Sort] == before
    assert queries.search(session, Query()).facets == tally


def test_marks_are_given_for_each_text(session, shelf):
    answer = queries.search(session, Query("出生"))
    marked = results.highlighted(session, answer.datasets, answer.phrases)
    births = {each["pointer"]: each for each in marked["health/births"]}
    assert births.keys() == {"/title/zh", "/items/number/title/zh"}
    assert births["/title/zh"] == {"pointer": "/title/zh", "text": "出生医学证明", "marks": [[0, 2]]}
    assert [each["pointer"] for each in marked["health/water"]] == ["/description/zh"]
    assert results.highlighted(session, answer.datasets, ()) == {row.id: [] for row in answer.datasets}


def test_suggestions_go_on_as_typed_and_mend(session, shelf):
    assert suggestions.continued(session, "婚", ()) == ["婚姻登记信息"]
    assert suggestions.continued(session, "登记", ()) == ["婚姻登记信息"]
    assert suggestions.continued(session, "birth c", ()) == ["Birth certificates"]
    assert suggestions.continued(session, "", ()) == []
    assert queries.search(session, Query("certifcates")).suggestions[0].startswith("certificate")
    assert "婚姻登记信息" in queries.search(session, Query("昏姻登记信息库")).suggestions
    assert queries.search(session, Query("xylophone")).suggestions == []


def test_the_state_is_a_facet_for_those_who_see_it(session, shelf, register_dataset):
    register_dataset(slug="mine")
    answer = queries.search(session, Query(filters={"state": [DatasetState.DRAFT]}, departments=("health",)))
    assert [row.slug for row in answer.datasets] == ["mine"]
    assert dict(answer.facets.counts["state"]) == {"published": 4, "draft": 1}


def test_only_so_many_are_ranked(session, shelf, monkeypatch):
    monkeypatch.setattr(queries, "CANDIDATES", 2)
    answer = queries.search(session, Query("城市"))
    assert (len(answer.datasets), answer.total) == (2, 4)


def test_a_department_is_found_by_its_new_name(session, shelf, department_draft):
    order = found(session, sort=Sort.NEWEST)
    draft = department_draft(name={"zh": "健康委", "en": "Wellness"})
    departments.revise(session, "health", draft, 1, "person-00000001", NOW)
    assert found(session, "wellness", sort=Sort.NEWEST) == order
    assert found(session, "commission") == []
