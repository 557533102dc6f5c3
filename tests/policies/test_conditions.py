import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.conditions import compile_condition

ITEMS = ("age", "name", "active", "address.division", "tags")
RECORD = {"age": 30, "name": "Li", "active": True, "address": {"division": "310101"}, "tags": ["a"]}


def leaf(item, op, value):
    return {"item": item, "op": op, "value": value}


def passes(document, record=RECORD, items=ITEMS):
    findings = []
    condition = compile_condition(document, items, findings)
    assert not findings
    return condition(record) is True


def refused(document):
    findings = []
    compile_condition(document, ITEMS, findings)
    return [finding.pointer for finding in findings]


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        *[("eq", 30, True), ("eq", 31, False), ("ne", 31, True), ("ne", 30, False), ("eq", 30.0, True)],
        *[("lt", 30, False), ("lt", 31, True), ("le", 30, True), ("le", 29, False)],
        *[("gt", 30, False), ("gt", 29, True), ("ge", 30, True), ("ge", 31, False)],
        *[("in", [1, 30], True), ("in", [1, 2], False)],
    ],
)
def test_numbers(op, value, expected):
    assert passes(leaf("age", op, value)) is expected


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        *[("eq", "310101", True), ("eq", "310102", False), ("prefix", "3101", True), ("prefix", "3102", False)],
        *[("in", ["310101"], True), ("lt", "310102", True), ("ge", "310102", False)],
    ],
)
def test_texts_at_a_nested_item(op, value, expected):
    assert passes(leaf("address.division", op, value)) is expected


def test_comparisons_are_exact_in_case_and_width():
    assert not passes(leaf("name", "eq", "li"))
    assert not passes(leaf("name", "eq", "Ｌi"))


def test_combinations():
    yes, no = leaf("age", "eq", 30), leaf("age", "eq", 1)
    assert passes({"all": [yes, yes]})
    assert not passes({"all": [yes, no]})
    assert not passes({"all": [no, yes]})
    assert passes({"any": [no, yes]})
    assert passes({"any": [yes, no]})
    assert not passes({"any": [no, no]})
    assert passes({"not": no})
    assert not passes({"not": yes})
    assert passes({"not": {"any": [no, {"all": [no, yes]}]}})


UNKNOWN = [
    ("age", "ne", 1, {}),
    ("age", "ne", 1, {"age": None}),
    ("age", "ne", 1, {"age": "30"}),
    ("age", "ne", 1, {"age": True}),
    ("age", "eq", 1, {"age": True}),
    ("age", "in", [0, 1], {"age": False}),
    ("active", "eq", True, {"active": 1}),
    ("active", "ne", True, {"active": 0}),
    ("name", "prefix", "L", {"name": ["L"]}),
    ("name", "lt", "z", {"name": 5}),
    ("address.division", "ne", "x", {"address": None}),
    ("address.division", "ne", "x", {"address": "310101"}),
    ("address.division", "ne", "x", {"address": {}}),
    ("address.division", "ne", "x", {"address": [{"division": "310101"}]}),
    ("tags", "ne", "x", {"tags": ["a"]}),
    ("tags", "ne", "x", {"tags": {"a": 1}}),
]


@pytest.mark.parametrize(("item", "op", "value", "record"), UNKNOWN)
def test_missing_items_and_wrong_types_release_nothing_however_combined(item, op, value, record):
    unknown = leaf(item, op, value)
    record = {"known": 1, **record}
    certain = {"item": "known", "op": "eq", "value": 1}
    impossible = {"item": "known", "op": "eq", "value": 2}
    for document in (
        unknown,
        {"not": unknown},
        {"not": {"not": unknown}},
        {"any": [certain, unknown]},
        {"any": [unknown, certain]},
        {"not": {"all": [impossible, unknown]}},
        {"not": {"all": [unknown, impossible]}},
        {"not": {"any": [unknown, impossible]}},
        {"all": [certain, {"not": unknown}]},
    ):
        assert passes(document, record, (*ITEMS, "known")) is False


@pytest.mark.parametrize("record", [None, "text", 5, [], [RECORD]])
def test_what_is_no_record_is_left_out(record):
    assert passes({"not": leaf("age", "eq", 1)}, record) is False


documents = st.recursive(
    st.builds(leaf, st.sampled_from(["a", "b"]), st.sampled_from(["eq", "ne", "lt", "ge"]), st.integers(0, 2)),
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=6,
)


def named(document):
    if "item" in document:
        return {document["item"]}
    inner = document.get("all") or document.get("any") or [document["not"]]
    return set().union(*map(named, inner))


def truth(document, record):
    """The plain meaning, for records that hold every item."""
    if "all" in document:
        return all(truth(part, record) for part in document["all"])
    if "any" in document:
        return any(truth(part, record) for part in document["any"])
    if "not" in document:
        return not truth(document["not"], record)
    mine, wanted = record[document["item"]], document["value"]
    return {"eq": mine == wanted, "ne": mine != wanted, "lt": mine < wanted, "ge": mine >= wanted}[document["op"]]


@given(documents, st.fixed_dictionaries({}, optional={"a": st.integers(0, 2) | st.text(), "b": st.integers(0, 2)}))
def test_a_record_passes_exactly_when_all_named_items_are_there_and_the_condition_holds(document, record):
    whole = all(type(record.get(item)) is int for item in named(document))
    assert passes(document, record, ("a", "b")) is (whole and truth(document, record))


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({}, ""),
        (None, ""),
        ([], ""),
        ({"all": []}, ""),
        ({"any": []}, ""),
        ({"all": [leaf("age", "eq", 1)], "any": [leaf("age", "eq", 1)]}, ""),
        ({"not": leaf("age", "eq", 1), "item": "age"}, ""),
        ({**leaf("age", "eq", 1), "also": 1}, ""),
        ({"item": "age", "op": "eq"}, ""),
        (leaf("unregistered", "eq", 1), "/item"),
        (leaf("address", "eq", 1), "/item"),
        (leaf("age", "like", 1), "/op"),
        (leaf("age", "EQ", 1), "/op"),
        (leaf("age", "eq", None), "/value"),
        (leaf("age", "eq", [1]), "/value"),
        (leaf("age", "lt", True), "/value"),
        (leaf("age", "eq", float("nan")), "/value"),
        (leaf("age", "in", []), "/value"),
        (leaf("age", "in", [1, "1"]), "/value"),
        (leaf("age", "in", [1, True]), "/value"),
        (leaf("age", "in", "abc"), "/value"),
        (leaf("name", "prefix", ""), "/value"),
        (leaf("name", "prefix", 3), "/value"),
        ({"any": [leaf("age", "eq", 1), {"not": leaf("age", "eq", {})}]}, "/any/1/not/value"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_with_its_place(document, pointer):
    assert refused(document) == ["/row_filter" + pointer]


def test_everything_wrong_is_told_at_once_and_what_was_compiled_releases_nothing():
    findings = []
    wrong = {"not": {"any": [leaf("gone", "eq", 1), leaf("age", "like", 1), {"all": []}]}}
    condition = compile_condition(wrong, ITEMS, findings)
    assert [finding.pointer.removeprefix("/row_filter/not/any") for finding in findings] == ["/0/item", "/1/op", "/2"]
    assert condition(RECORD) is None
    assert compile_condition(leaf("age", "like", 1), ITEMS, findings)(RECORD) is None


def test_nesting_is_bounded():
    document = leaf("age", "eq", 1)
    for _ in range(500):
        document = {"not": document}
    assert refused(document)
