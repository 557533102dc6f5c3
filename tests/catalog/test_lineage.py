"""What was made from what: both ways, bounded, without what the reader may not see."""

import pytest

from catalog import datasets, drafts, lineage, related
from catalog.registration import InvalidRegistration
from tests.catalog.conftest import NOW


@pytest.fixture
def chain(session, register_dataset):
    """a → b → c → d, all published; b is also made from e, which is not."""

    def make(slug, *sources, publish=True, **changes):
        row = register_dataset(slug=slug, derived_from=[f"health/{each}" for each in sources], **changes)
        if publish:
            datasets.mark_published(session, row, "person-00000002", NOW)
        return row

    make("a")
    make("e", "a", publish=False)
    make("b", "a", "e")
    make("c", "b")
    return {"d": make("d", "c"), "make": make}


def drawn(session, id, departments=(), **more):
    graph = lineage.graph(session, datasets.fetch(session, id), departments, **more)
    return {row.slug: graph.distance[row.id] for row in graph.datasets}, set(graph.edges), graph.complete


def test_both_ways(session, chain):
    seen, edges, complete = drawn(session, "health/b")
    assert seen == {"a": -1, "b": 0, "c": 1, "d": 2}
    assert edges == {("health/a", "health/b"), ("health/b", "health/c"), ("health/c", "health/d")}
    assert complete


def test_only_so_deep(session, chain):
    seen, _, complete = drawn(session, "health/d", depth=1)
    assert (seen, complete) == ({"d": 0, "c": -1}, False)


def test_only_so_many(session, chain, monkeypatch):
    monkeypatch.setattr(lineage, "MOST", 2)
    seen, edges, complete = drawn(session, "health/b")
    assert (len(seen), len(edges), complete) == (2, 1, False)


def test_what_is_hidden_is_neither_shown_nor_passed_through(session, chain):
    assert "e" in drawn(session, "health/b", ("health",))[0]
    assert "e" in drawn(session, "health/b", None)[0]
    assert ("health/e", "health/b") not in drawn(session, "health/b", ("justice",))[1]
    datasets.withdraw(session, "health/b", "person-00000002", NOW)
    assert drawn(session, "health/c")[0] == {"c": 0, "d": 1}


def test_a_link_to_nothing_is_shown_to_nobody_but_warned_of(session, chain, dataset_draft):
    row = chain["make"]("z", "nothing")
    assert drawn(session, row.id, None)[0] == {"z": 0}
    draft = dataset_draft(slug="z", derived_from=["health/a", "health/nothing", "health/e"], related=["justice/x"])
    assert [(each.pointer, each.rule) for each in lineage.dangling(session, draft)] == [
        ("/derived_from/1", "unknown"), ("/related/0", "unknown"),
    ]  # fmt: skip


@pytest.mark.parametrize(("sources", "rule"), [(["health/a"], "itself"), (["health/z", "health/d"], "cycle")])
def test_nothing_is_made_from_itself(session, chain, dataset_draft, sources, rule):
    draft = dataset_draft(slug="a", derived_from=sources)
    found = [each for each in drafts.findings(session, draft) if each.pointer.startswith("/derived")]
    assert [(each.pointer, each.rule) for each in found] == [(f"/derived_from/{len(sources) - 1}", rule)]
    with pytest.raises(InvalidRegistration):
        datasets.revise(session, "health/a", draft, datasets.fetch(session, "health/a").revision, "x", NOW)


def test_a_ring_that_came_about_all_the_same_is_walked_once(session, chain):
    session.add(lineage.DatasetLink(dataset_id="health/a", kind="derived", target_id="health/d"))
    session.flush()
    seen, edges, _ = drawn(session, "health/b", depth=10)
    assert set(seen) == {"a", "b", "c", "d"}
    assert len(edges) == 4


def test_a_revision_draws_its_links_anew(session, chain, dataset_draft):
    row = chain["make"]("f", "a", publish=False)
    datasets.revise(session, row.id, dataset_draft(slug="f", derived_from=["health/d"]), row.revision, "x", NOW)
    assert set(drawn(session, row.id, None)[0]) == {"f", "d", "c", "b"}


def test_related_ones_come_with_their_reasons(session, chain, item):
    make = chain["make"]
    about = {"keywords": ["出生", "newborn"], "themes": ["people"]}
    mine = make(
        "mine", "a", related=["health/d"], items=[item("number", element="certificate")], calling_rule=None, **about
    )
    make(
        "alike",
        items=[item("number", element="certificate")],
        calling_rule=None,
        keywords=["newborn"],
        themes=["people"],
    )
    make("themed", themes=["people"])
    make("secret", publish=False, **about)
    make("naming", related=["health/mine"])
    found = {each.dataset.slug: each.reasons for each in related.of(session, mine, ())}
    assert found == {
        "d": {"declared": []},
        "naming": {"declared": []},
        "a": {"derived": []},
        "alike": {"elements": ["certificate"], "keywords": ["newborn"], "themes": ["people"]},
        "themed": {"themes": ["people"]},
    }
    assert next(iter(found)) == "d"
    assert "secret" in {each.dataset.slug for each in related.of(session, mine, ("health",))}
    assert len(related.of(session, mine, (), limit=2)) == 2
