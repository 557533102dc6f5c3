import pytest

from seeds.dials import Dials, Drift, UnknownDial

RECORD = {"name": "a", "child": {"sex": "1"}, "spouses": [{"name": "b"}, {"name": "c"}], "kinds": ["x"]}


@pytest.mark.parametrize(
    ("drift", "changed"),
    [
        (Drift("name", rename="title"), {"title": "a"}),
        (Drift("name", retype="number"), {"name": 0}),
        (Drift("name", retype="list"), {"name": ["a"]}),
        (Drift("name", retype="null"), {"name": None}),
        (Drift("kinds", retype="string"), {"kinds": "['x']"}),
        (Drift("child.sex", rename="gender"), {"child": {"gender": "1"}}),
        (Drift("spouses.name", retype="number"), {"spouses": [{"name": 0}, {"name": 0}]}),
    ],
)
def test_drift_changes_one_item_and_leaves_the_record_alone(drift: Drift, changed: dict[str, object]) -> None:
    before = repr(RECORD)
    drifted = drift.apply(RECORD)
    assert {name: drifted[name] for name in changed} == changed
    assert repr(RECORD) == before


@pytest.mark.parametrize("item", ["absent", "absent.name", "name.inner", "child.absent"])
def test_drift_of_an_item_that_is_not_there_changes_nothing(item: str) -> None:
    assert Drift(item, rename="other").apply(RECORD) == RECORD


def test_absent_dials_stand_as_built() -> None:
    assert Dials.read({}) == Dials() == Dials(0, 0.0, 500, None, None)
    assert Dials.read({"drift": {"item": "a", "rename": "b"}}).drift == Drift("a", rename="b")


@pytest.mark.parametrize(
    "document",
    [
        {"latency": 5},
        {"latency_ms": -1},
        {"latency_ms": "5"},
        {"error_rate": 1.5},
        {"error_status": 200},
        {"down": "maybe"},
        {"drift": {"item": "a"}},
        {"drift": {"item": "a", "rename": "b", "retype": "list"}},
        {"drift": {"item": "a", "retype": "colour"}},
        {"drift": "a"},
        [],
    ],
)
def test_dials_that_do_not_exist_are_refused(document: dict[str, object]) -> None:
    with pytest.raises(UnknownDial):
        Dials.read(document)
