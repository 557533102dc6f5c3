"""Groups, lists and whole records: everything that fails at once, nothing but Unmappable for any JSON value."""

import contextlib
import copy
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standards.mapping import InvalidMapping, Unmappable, compile
from standards.mapping.compiling import MAX_ENTRIES, MAX_WORK, heavier
from standards.mapping.rules import Counts
from tests.standards.mapping.conftest import document

PERSON = {
    "id": {"from": "/SFZH", "op": "copy"},
    "father": {
        "when": "/FQXM",
        "on_missing": "omit",
        "fields": {"name": {"from": "/FQXM", "op": "copy"}, "child": {"from": "#/SFZH", "op": "mask", "keep_last": 2}},
    },
    "home": {"from": "/DZ", "fields": {"street": {"from": "/JD", "op": "copy"}}, "on_missing": "null"},
    "kinds": {"each": "/XZ", "separator": "、", "item": {"from": "", "op": "code", "table": "k"}},
    "owners": {
        "each": "/QLR",
        "on_missing": {"value": []},
        "fields": {"name": {"from": "/XM", "op": "copy"}, "of": {"from": "#/SFZH", "op": "copy"}},
    },
}
TABLES = {"k": {"codes": {"01": "pension", "02": "medical"}}}


def test_groups_and_lists():
    compiled = compile(document(PERSON, tables=TABLES))
    assert compiled.apply({"SFZH": "990", "XZ": "01、 02", "QLR": [{"XM": "a"}, {"XM": "b"}]}) == {
        "id": "990",
        "home": None,
        "kinds": ["pension", "medical"],
        "owners": [{"name": "a", "of": "990"}, {"name": "b", "of": "990"}],
    }
    whole = compiled.apply({"SFZH": "990", "XZ": "01", "FQXM": "f", "DZ": {"JD": "s"}})
    assert whole == {
        "id": "990",
        "father": {"name": "f", "child": "*90"},
        "home": {"street": "s"},
        "kinds": ["pension"],
        "owners": [],
    }


def test_everything_that_fails_is_said_at_once_and_where():
    compiled = compile(document(PERSON, tables=TABLES))
    with pytest.raises(Unmappable) as caught:
        compiled.apply({"XZ": "01、99", "QLR": [{"XM": "a"}, {}], "DZ": {}})
    found = {failure.pointer: (failure.rule, failure.source) for failure in caught.value.failures}
    assert found == {
        "/id": ("missing", "/SFZH"),
        "/home/street": ("missing", "/JD"),
        "/kinds/1": ("unmapped", ""),
        "/owners/0/of": ("missing", "#/SFZH"),
        "/owners/1/name": ("missing", "/XM"),
        "/owners/1/of": ("missing", "#/SFZH"),
    }


@pytest.mark.parametrize("value", ["text", 3, {}, True])
def test_a_list_is_a_list(value):
    with pytest.raises(Unmappable, match="a list"):
        compile(document({"x": {"each": "/v", "item": {"from": "", "op": "copy"}}})).apply({"v": value})


def test_an_entry_may_be_left_out():
    rule = {"each": "/v", "item": {"from": "", "op": "code", "table": "k", "on_unmapped": "omit"}}
    assert compile(document({"x": rule}, tables=TABLES)).apply({"v": ["01", "99"]}) == {"x": ["pension"]}


def test_lists_within_lists_are_bounded_together():
    inner = {"each": "#/v", "item": {"op": "const", "value": "x" * 1000}}
    compiled = compile(document({"x": {"each": "/v", "fields": {"y": inner}}}))
    assert len(compiled.apply({"v": [1] * 60})["x"]) == 60
    with pytest.raises(Unmappable, match=str(MAX_ENTRIES)) as caught:
        compiled.apply({"v": [1] * 100})
    assert len(caught.value.failures) <= 50


def test_the_rules_of_one_reply_are_bounded():
    rule = {"from": "", "op": "copy"}
    item = {"fields": {f"f{number}": rule for number in range(100)}}
    compiled = compile(document({"x": {"each": "/v", **item}}))
    counts, record = Counts(), {"v": [1] * 1_000}
    for _ in range(MAX_WORK // 101_000):
        compiled.apply(record, counts)
    for _ in range(2):
        with pytest.raises(Unmappable, match="smaller page"):
            compiled.apply(record, counts)
    assert compiled.apply(record)


def test_records_that_grow_are_seen_before_they_are_written():
    compiled = compile(document({"x": {"each": "/v", "item": {"from": "#/big", "op": "copy"}}}))
    made = compiled.apply({"v": [1] * 5_000, "big": "x" * 100_000})
    assert compiled.growth >= 5_000
    assert heavier([made], 8 << 20)
    assert not heavier([{"x": ["y" * 100]}], 200)
    flat = compile(document({"x": {"from": "/a", "op": "copy"}, "y": {"from": "/a", "op": "copy"}}))
    assert flat.growth == 2


def test_the_record_given_is_not_changed():
    record = {"SFZH": "990", "XZ": "01", "QLR": [{"XM": "a"}], "DZ": {"JD": {"deep": [1]}}}
    before = copy.deepcopy(record)
    compile(document(PERSON, tables=TABLES)).apply(record)
    assert record == before


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["01", "20200101"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b", "c", "0"]) | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=20,
)
_A = {"from": "/a"}
EVERY_RULE: dict[str, Any] = {
    "copied": {**_A, "op": "copy"},
    "joined": {"from": ["/a", "/b", "#/c"], "op": "concat", "skip_missing": True},
    "part": {**_A, "op": "split", "separator": "0", "part": 1},
    "cut": {**_A, "op": "split", "start": 2, "end": 5},
    "day": {**_A, "op": "date", "formats": ["YYYYMMDD", "YYYY年M月D日"]},
    "moment": {
        **_A, "op": "date", "to": "date-time", "offset": "+08:00", "formats": ["epoch-seconds", "YYYY-MM-DD HH:mm ZZ"],
    },
    "number": {**_A, "op": "number", "group": ","},
    "whole": {**_A, "op": "number", "to": "integer", "scale": 0, "rounding": "half-up"},
    "written": {**_A, "op": "unit", "factor": "2000/3", "scale": 3, "rounding": "down", "to": "text"},
    "code": {**_A, "op": "code", "table": "k", "on_unmapped": "null"},
    "masked": {**_A, "op": "mask", "keep_first": 1},
    "hashed": {**_A, "op": "hash"},
}  # fmt: skip
LENIENT = {name: {**rule, "on_missing": "null"} for name, rule in EVERY_RULE.items()}
FIELDS = {
    **LENIENT,
    "group": {"from": "/b", "fields": EVERY_RULE, "on_missing": "omit"},
    "list": {"each": "/c", "fields": LENIENT, "on_missing": "omit"},
    "parts": {"each": "/a", "separator": ",", "item": {"from": "", "op": "copy"}, "on_missing": "omit"},
}
EVERYTHING = compile(document(FIELDS, tables=TABLES, empty=[""]))
ALONE = [compile(document({name: rule}, tables=TABLES)) for name, rule in EVERY_RULE.items()]


@given(ANYTHING)
def test_any_value_is_mapped_or_unmappable_and_always_alike(record):
    for compiled in (EVERYTHING, *ALONE):
        assert _outcome(compiled, record) == _outcome(compiled, record)


def _outcome(compiled: Any, record: Any) -> Any:
    counted = Counts()
    try:
        return repr(compiled.apply(record, counted)), counted.unmapped
    except Unmappable as error:
        return [failure for failure in error.failures if all(failure[:3])] or "said nothing", counted.unmapped


@given(ANYTHING)
def test_what_is_made_of_json_is_json(record):
    try:
        record = orjson.loads(orjson.dumps(record))
    except TypeError:
        return
    for compiled in ALONE:
        with contextlib.suppress(Unmappable):
            orjson.dumps(compiled.apply(record))


@given(ANYTHING)
def test_any_document_is_compiled_or_refused_with_findings(value):
    for written in (
        value,
        document({"x": value}),
        document({"x": {"from": "/a", "op": value}}),
        {**document({}), "fields": value},
    ):
        try:
            compile(written)
        except InvalidMapping as error:
            found = error.findings
        else:
            continue
        assert found
