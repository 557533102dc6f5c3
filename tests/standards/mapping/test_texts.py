"""copy, const, concat, split, mask, hash; and what happens where nothing stands."""

import hmac

import pytest

from standards.mapping import Unmappable
from standards.mapping.rules import MAX_TEXT


@pytest.mark.parametrize("value", ["text", 0, False, 1.5, [1], {"a": 1}, ""])
def test_copy_takes_any_value_as_it_is(one, value):
    assert one(value, op="copy") == value


@pytest.mark.parametrize(
    ("on_missing", "made"), [("reject", "!missing"), ("null", None), ("omit", "omitted"), ({"value": 7}, 7)]
)
@pytest.mark.parametrize("record", [{}, {"v": None}, [], None, "text", {"v": "无"}])
def test_nothing_null_and_empty_texts_are_missing(one, record, on_missing, made):
    assert one(None, record=record, more={"empty": ["无"]}, op="copy", on_missing=on_missing) == made


def test_an_empty_text_is_there_unless_the_document_says_otherwise(one):
    assert one("", op="copy") == ""
    assert one("", op="copy", more={"empty": [""]}) == "!missing"


@pytest.mark.parametrize(
    ("pointer", "made"),
    [
        ("/a/b", 1),
        ("/l/1", "y"),
        ("/l/9", "!missing"),
        ("/l/-", "!missing"),
        ("/l/²", "!missing"),
        ("/a~1b", 2),
        ("/m~0n", 3),
        ("/0", 4),
        ("/", 5),
        ("", {"a": {"b": 1}, "l": ["x", "y"], "a/b": 2, "m~n": 3, "0": 4, "": 5}),
        ("#/a/b", 1),
    ],
)
def test_pointers_are_those_of_rfc_6901(one, pointer, made):
    record = {"a": {"b": 1}, "l": ["x", "y"], "a/b": 2, "m~n": 3, "0": 4, "": 5}
    assert one(None, record=record, **{"from": pointer, "op": "copy"}) == made


@pytest.mark.parametrize("pointer", ["a", "/a~2", "#a", 3, "/" + "a" * 600])
def test_other_pointers_are_refused(wrong, pointer):
    assert "/from" in wrong({"from": pointer, "op": "copy"})


def test_const_needs_no_record(mapping, wrong):
    assert mapping({"x": {"op": "const", "value": {"a": [None]}}, "y": {"op": "const", "value": None}}).apply(3) == {
        "x": {"a": [None]},
        "y": None,
    }
    assert wrong({"op": "const"}) == {"/value": "missing"} or wrong({"op": "const"}) == {"/value": "required"}


def test_concat_joins_texts_and_whole_numbers(mapping):
    compiled = mapping({"x": {"from": ["/a", "/b", "/c"], "op": "concat", "separator": "-"}})
    assert compiled.apply({"a": "1", "b": 2, "c": "三"}) == {"x": "1-2-三"}
    with pytest.raises(Unmappable):
        compiled.apply({"a": "1", "c": "三"})
    with pytest.raises(Unmappable):
        compiled.apply({"a": "1", "b": 2.5, "c": "三"})


def test_concat_can_skip_what_is_missing_but_not_everything(mapping):
    compiled = mapping({"x": {"from": ["/a", "/b"], "op": "concat", "skip_missing": True, "on_missing": "null"}})
    assert compiled.apply({"b": "2"}) == {"x": "2"}
    assert compiled.apply({}) == {"x": None}


@pytest.mark.parametrize(
    ("rule", "made"),
    [
        ({"separator": "|", "part": 0}, "East"),
        ({"separator": "|", "part": -1}, "7"),
        ({"separator": "|", "part": 3}, "!missing"),
        ({"separator": "|", "part": 3, "on_missing": "omit"}, "omitted"),
        ({"start": 0, "end": 4}, "East"),
        ({"start": 7}, "7"),
        ({"start": 70}, "!missing"),
    ],
)
def test_split_takes_one_part(one, rule, made):
    assert one("East| |7", op="split", **rule) == made


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"separator": "|"},
        {"part": 1},
        {"start": 3, "end": 3},
        {"end": 3},
        {"separator": "|", "part": 1, "start": 0},
    ],
)
def test_split_is_by_a_separator_or_by_places(wrong, rule):
    assert wrong({"from": "/v", "op": "split", **rule})


@pytest.mark.parametrize(
    ("rule", "made"),
    [
        ({"keep_last": 4}, "*******8000"),
        ({"keep_first": 3, "keep_last": 4, "sign": "×"}, "138××××8000"),
        ({}, "*" * 11),
    ],
)
def test_mask_keeps_the_ends(one, rule, made):
    assert one("13800008000", op="mask", **rule) == made


def test_a_mask_that_would_hide_nothing_hides_all(one):
    assert one("abc", op="mask", keep_first=2, keep_last=1) == "***"


def test_hash_is_keyed_and_blind_to_width(mapping):
    compiled = mapping({"x": {"from": "/v", "op": "hash"}})
    expected = hmac.digest(b"k" * 32, b"990101", "sha256").hex()
    assert compiled.keyed(b"k" * 32).apply({"v": "990101"}) == {"x": expected}
    assert compiled.keyed(b"k" * 32).apply({"v": " ９９0101"}) == {"x": expected}
    assert compiled.keyed(b"other" * 6).apply({"v": "990101"}) != {"x": expected}
    short = mapping({"x": {"from": "/v", "op": "hash", "length": 16}}).keyed(b"k" * 32)
    assert short.apply({"v": "990101"}) == {"x": expected[:16]}


@pytest.mark.parametrize("op", [{"op": "mask"}, {"op": "hash"}, {"op": "split", "start": 0}])
@pytest.mark.parametrize("value", [1.5, True, [], {}, "x" * (MAX_TEXT + 1), 10**30])
def test_texts_are_texts(one, op, value):
    assert one(value, **op).startswith("!")


def test_half_a_character_cannot_be_hashed_but_masked_and_cut(one):
    assert one("\ud800", op="hash").startswith("!")
    for op in ({"op": "mask"}, {"op": "split", "start": 0}):
        assert not one("\ud800", **op).startswith("!")


def test_texts_stay_bounded(mapping):
    compiled = mapping({"x": {"from": ["/v"] * 20, "op": "concat"}})
    with pytest.raises(Unmappable, match="characters together"):
        compiled.apply({"v": "x" * 1000})
