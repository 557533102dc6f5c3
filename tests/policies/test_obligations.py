import copy
import json
import traceback

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import obligations
from policies.models import Mask, Suppress
from policies.obligations import ObligationFailed, Unenforceable

KEY = bytes(range(32))


def plan(fields, masks=(), registered=None, **more):
    return obligations.compile("agr-1", registered=registered or fields, fields=fields, masks=masks, **more)


def reduced(record, fields, *masks):
    return plan(fields, masks).apply([record], KEY).records[0]


def test_only_the_agreed_items_remain():
    assert reduced({"a": 1, "b": 2, "c": {"d": 3}}, ["a", "c"]) == {"a": 1, "c": {"d": 3}}


def test_lists_on_the_way_are_passed_through():
    record = {"children": [{"name": "x", "id": 1}, {"id": 2}, [{"name": "y", "id": 3}]], "id": 4}
    assert reduced(record, ["children.name"]) == {"children": [{"name": "x"}, {}, [{"name": "y"}]]}


@pytest.mark.parametrize("value", ["secret", 5, True, None])
def test_a_scalar_where_an_object_was_agreed_is_nobodys_item(value):
    assert reduced({"a": value}, ["a.b"]) == {}
    assert reduced({"a": [value, {"b": 1}, [value]]}, ["a.b"]) == {"a": [{"b": 1}, []]}


def test_a_missing_item_stays_missing():
    assert reduced({"b": 1}, ["a", "c.d"], Mask(item="a", function="constant", arguments={"value": "x"})) == {}


def test_a_member_whose_name_holds_a_dot_is_no_path():
    assert reduced({"a.b": "secret", "a": {"b": 1}}, ["a.b"]) == {"a": {"b": 1}}


def test_undeclared_members_inside_a_whole_item_are_part_of_it():
    assert reduced({"a": {"known": 1, "extra": [2]}}, ["a"]) == {"a": {"known": 1, "extra": [2]}}


def test_masks_reach_nested_items_and_those_in_lists():
    masks = (
        Mask(item="a.list.name", function="keep-first", arguments={"count": 1}),
        Mask(item="b", function="nullify"),
    )
    record = {"a": {"list": [{"name": "张三"}, {"name": "李四四"}]}, "b": {"secret": 1}}
    assert reduced(record, ["a.list.name", "b"], *masks) == {
        "a": {"list": [{"name": "张*"}, {"name": "李**"}]},
        "b": None,
    }


@pytest.mark.parametrize("value", [{"k": "secret"}, ["secret"]])
@pytest.mark.parametrize("function", ["keyed-hash", "email", "token", "date-to-year"])
def test_objects_and_lists_cannot_be_masked_but_away(value, function):
    with pytest.raises(ObligationFailed, match="item a needs"):
        reduced({"a": value}, ["a"], Mask(item="a", function=function))
    assert reduced({"a": value}, ["a"], Mask(item="a", function="nullify")) == {"a": None}


@pytest.mark.parametrize(
    "records", [[{"a": "secret"}, "secret"], [["secret"]], [None], [{"a": {"secret": 1}}], [{"a": "secret", 5: 1}]]
)
def test_a_failure_says_nothing_of_the_record_and_chains_nothing(records):
    failing = plan(["a"], [Mask(item="a", function="date-to-year")])
    with pytest.raises(ObligationFailed) as failed:
        failing.apply(records, KEY)
    assert failed.value.__context__ is None
    assert failed.value.__cause__ is None
    assert "secret" not in "".join(traceback.format_exception_only(failed.value))


def test_an_unforeseen_error_releases_nothing_and_tells_nothing(monkeypatch):
    broken = plan(["a"])

    def explode(record, key):
        raise KeyError(record["a"])

    monkeypatch.setattr(broken, "_project", explode)
    with pytest.raises(ObligationFailed) as failed:
        broken.apply([{"a": "secret"}], KEY)
    assert failed.value.__context__ is None
    assert "secret" not in str(failed.value)


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_without_a_proper_key_nothing_is_released(key):
    with pytest.raises(ObligationFailed):
        plan(["a"]).apply([{"a": 1}], key)


def test_the_filter_looks_at_items_that_are_not_released_and_counts_what_it_drops():
    district = {"item": "district", "op": "eq", "value": "310101"}
    filtered = plan(["a"], registered=["a", "district"], row_filter=district)
    records = [{"a": 1, "district": "310101"}, {"a": 2, "district": "310104"}, {"a": 3}]
    assert filtered.apply(records, KEY)[:2] == ([{"a": 1}], 2)


def test_the_filter_judges_values_before_they_are_masked():
    masks = [Mask(item="a", function="nullify")]
    filtered = plan(["a"], masks, row_filter={"item": "a", "op": "eq", "value": "x"})
    assert filtered.apply([{"a": "x"}, {"a": "y"}], KEY)[:2] == ([{"a": None}], 1)


def test_small_groups_are_left_out_counted_on_masked_values_after_the_filter():
    suppressing = plan(
        ["age", "n"],
        [Mask(item="age", function="bucket", arguments={"edges": [18, 60]})],
        registered=["age", "n", "keep"],
        row_filter={"item": "keep", "op": "eq", "value": True},
        suppress=Suppress(by=["age"], below=2),
    )
    ages = [(10, True), (11, True), (70, True), (30, True), (31, False), (None, True)]
    records = [{"age": age, "n": place, "keep": keep} for place, (age, keep) in enumerate(ages)]
    applied = suppressing.apply(records, KEY)
    assert applied[:2] == ([{"age": "<18", "n": 0}, {"age": "<18", "n": 1}], 4)


def test_a_missing_value_is_a_group_of_its_own():
    suppressing = plan(["a"], suppress=Suppress(by=["a"], below=2))
    assert suppressing.apply([{"a": None}, {}, {}], KEY)[:2] == ([{}, {}], 1)


def test_without_items_to_group_by_the_whole_reply_is_one_group():
    suppressing = plan(["a"], suppress=Suppress(below=3))
    assert suppressing.apply([{"a": 1}, {"a": 2}], KEY)[:2] == ([], 2)
    assert suppressing.apply([{"a": 1}, {"a": 2}, {"a": 3}], KEY).dropped == 0


def test_a_narrowed_plan_keeps_masks_filter_and_suppression():
    whole = plan(
        ["a", "b", "g"],
        [Mask(item="a", function="nullify")],
        row_filter={"item": "b", "op": "eq", "value": 1},
        suppress=Suppress(by=["g"], below=2),
    )
    records = [{"a": 1, "b": 1, "g": 1}, {"a": 1, "b": 1, "g": 1}, {"a": 1, "b": 1, "g": 2}, {"a": 1, "b": 2, "g": 1}]
    assert whole.keeping(frozenset({"a"})).apply(records, KEY)[:2] == ([{"a": None}, {"a": None}], 2)


def test_a_plan_cannot_be_widened():
    with pytest.raises(ValueError, match="narrowed"):
        plan(["a"], registered=["a", "b"]).keeping(frozenset({"a", "b"}))


def test_pseudonyms_differ_between_agreements():
    masks = [Mask(item="a", function="keyed-hash")]
    ours, theirs = (
        obligations.compile(name, registered=["a"], fields=["a"], masks=masks) for name in ("agr-1", "agr-2")
    )
    assert ours.apply([{"a": "x"}], KEY) != theirs.apply([{"a": "x"}], KEY)


@pytest.mark.parametrize(
    ("terms", "pointers"),
    [
        ({"fields": ["z"]}, ["/items/0"]),
        ({"fields": ["a", "a.b"]}, ["/items/1"]),
        ({"fields": ["a.b.c", "a"]}, ["/items/0"]),
        ({"masks": [Mask(item="q", function="nullify")]}, ["/masks/0/item"]),
        ({"masks": [Mask(item="b", function="nullify")]}, ["/masks/0/item"]),
        ({"fields": ["a.b"], "masks": [Mask(item="a", function="nullify")]}, ["/masks/0/item"]),
        ({"masks": [Mask(item="a.b", function="nullify")]}, ["/masks/0/item"]),
        ({"masks": [Mask(item="a", function="nullify")] * 2}, ["/masks/1/item"]),
        ({"masks": [Mask(item="a", function="Nullify")]}, ["/masks/0/function"]),
        ({"masks": [Mask(item="a", function="keep-first")]}, ["/masks/0/arguments/count"]),
        ({"masks": [Mask(item="a", function="nullify", arguments={"x": 1})]}, ["/masks/0/arguments/*"]),
        ({"row_filter": {"item": "q", "op": "eq", "value": 1}}, ["/row_filter/item"]),
        ({"row_filter": {}}, ["/row_filter"]),
        ({"suppress": Suppress(by=["b"], below=2)}, ["/suppress/by"]),
    ],
)
def test_terms_that_cannot_be_enforced_are_refused_with_their_place(terms, pointers):
    terms = {"fields": ["a"], "registered": ["a", "a.b", "a.b.c", "b"], **terms}
    with pytest.raises(Unenforceable) as refused:
        obligations.compile("agr-1", **terms)
    assert [finding.pointer for finding in refused.value.findings] == pointers


def test_everything_unenforceable_is_told_at_once():
    with pytest.raises(Unenforceable, match=r"/items/0, /masks/0/function, /row_filter, /suppress/by"):
        obligations.compile(
            "agr-1",
            registered=["a"],
            fields=["q"],
            masks=[Mask(item="q", function="none")],
            row_filter={"x": 1},
            suppress=Suppress(by=["a"], below=2),
        )


NAMES = ("a", "b", "c")
PATHS = [*NAMES, *(f"{x}.{y}" for x in NAMES for y in NAMES), "a.b.c", "c.a.b"]
MASKED = {"nullify": {}, "constant": {"value": "constant"}}
SCALAR_MASKED = {"keyed-hash": {}, "keep-first": {"count": 2}, "keep-last": {"count": 99}, "email": {}, "token": {}}
leaves = st.just("leaf")
shapes = st.dictionaries(
    st.sampled_from((*NAMES, "undeclared", "a.b")),
    st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from((*NAMES, "undeclared")), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=5,
)


def marked(shape, marks):
    """The shape with a marker of its own in place of every leaf."""
    if isinstance(shape, dict):
        return {name: marked(inner, marks) for name, inner in shape.items()}
    if isinstance(shape, list):
        return [marked(inner, marks) for inner in shape]
    marks.append(f"marker-{len(marks):04}-of-a-record")
    return marks[-1]


def at(value, names):
    """Everything at a path, lists passed through: the meaning of an item, written plainly."""
    if not names:
        return [value]
    if isinstance(value, list):
        return [found for one in value for found in at(one, names)]
    if isinstance(value, dict) and names[0] in value:
        return at(value[names[0]], names[1:])
    return []


def scalars(value):
    if isinstance(value, dict):
        return [found for inner in value.values() for found in scalars(inner)]
    if isinstance(value, list):
        return [found for inner in value for found in scalars(inner)]
    return [value]


def without_overlap(paths):
    return [path for path in paths if not any(path.startswith(other + ".") for other in paths)]


@given(st.data())
def test_nothing_outside_the_agreement_is_released_and_everything_inside_is(data):
    marks = []
    records = [marked(shape, marks) for shape in data.draw(st.lists(shapes, max_size=3))]
    fields = without_overlap(data.draw(st.lists(st.sampled_from(PATHS), min_size=1, max_size=6, unique=True)))
    asked = data.draw(st.sets(st.sampled_from(fields), min_size=1))
    masks = []
    for item in fields:
        whole = all(isinstance(value, str) for record in records for value in at(record, item.split(".")))
        kinds = MASKED | (SCALAR_MASKED if whole else {})
        function = data.draw(st.sampled_from([None, *kinds]))
        if function:
            masks.append(Mask(item=item, function=function, arguments=kinds[function]))
    before = copy.deepcopy(records)

    compiled = obligations.compile("agr-1", registered=PATHS, fields=fields, masks=masks)
    applied = compiled.keeping(frozenset(asked)).apply(records, KEY)

    hidden = {mask.item for mask in masks}
    open_values = {
        found
        for record in records
        for item in asked - hidden
        for value in at(record, item.split("."))
        for found in scalars(value)
    }
    released = orjson.dumps(applied.records).decode()
    assert {mark for mark in marks if mark in released} == open_values
    assert records == before
    assert len(applied.records) == len(records)
    assert json.loads(released) == applied.records
