"""Codes: by a table or a crosswalk; what no table has is counted by place, never by value."""

import pytest

from standards.mapping import InvalidMapping, Unmappable, compile
from standards.mapping.rules import Counts
from tests.standards.mapping.conftest import document

TABLES = {"sex": {"codes": {"1": "male", "２": "female", "是": True, "true": "yes"}}}
WAY = "urn:hutong:crosswalk:old-new:1.0.0"


@pytest.mark.parametrize(
    ("value", "made"),
    [
        ("1", "male"),
        (1, "male"),
        (" １ ", "male"),
        ("2", "female"),
        ("是", True),
        (True, "yes"),
        ("9", "!unmapped"),
        (1.0, "!code"),
        ([], "!code"),
        ({}, "!code"),
        (10**400, "!code"),
    ],
)
def test_codes_translate(one, value, made):
    assert one(value, op="code", table="sex", more={"tables": TABLES}) == made


@pytest.mark.parametrize(("what", "made"), [("null", None), ("omit", "omitted"), ({"value": "unknown"}, "unknown")])
def test_an_unmapped_code_is_dealt_with_as_stated(one, what, made):
    assert one("9", op="code", table="sex", on_unmapped=what, more={"tables": TABLES}) == made


def test_unmapped_codes_are_counted_by_target_and_not_by_value():
    rule = {"from": "/s", "op": "code", "table": "sex", "on_unmapped": "null"}
    listed = {"each": "/l", "fields": {"sex": {**rule, "from": "/s"}}}
    compiled = compile(document({"sex": rule, "people": listed}, tables=TABLES))
    counted = Counts()
    compiled.apply({"s": "secret", "l": [{"s": "1"}, {"s": "x"}, {"s": "y"}]}, counted)
    assert counted.unmapped == {"/sex": 1, "/people/*/sex": 2}
    refusing = compile(document({"sex": {**rule, "on_unmapped": "reject"}}, tables=TABLES))
    with pytest.raises(Unmappable) as caught:
        refusing.apply({"s": "secret"}, counted)
    assert counted.unmapped["/sex"] == 2
    assert "secret" not in repr(caught.value) + str(caught.value) + str(caught.value.failures)


def test_a_crosswalk_is_handed_in_by_its_name():
    there = document({"x": {"from": "/v", "op": "code", "table": "t"}}, tables={"t": {"crosswalk": WAY}})
    assert compile(there, {WAY: {"1": "one"}}).apply({"v": "1"}) == {"x": "one"}
    back = document(
        {"x": {"from": "/v", "op": "code", "table": "t"}}, tables={"t": {"crosswalk": WAY, "inverse": True}}
    )
    assert compile(back, {WAY + "#inverse": {"one": "1"}}).apply({"v": "one"}) == {"x": "1"}
    with pytest.raises(InvalidMapping, match="/tables/t/crosswalk"):
        compile(there)


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ({}, "/tables/t"),
        ({"codes": {"1": "a"}, "crosswalk": WAY}, "/tables/t"),
        ({"codes": {"1": "a", "１": "b"}}, "/tables/t/codes/１"),
        ({"codes": {"1": None}}, "/tables/t/codes/1"),
        ({"codes": {"1": ["a"]}}, "/tables/t/codes/1"),
        ({"codes": {}}, "/tables/t/codes"),
        ({"crosswalk": "urn:x"}, "/tables/t/crosswalk"),
        (3, "/tables/t"),
    ],
)
def test_a_table_has_one_meaning(table, place):
    with pytest.raises(InvalidMapping) as caught:
        compile(document({"x": {"op": "const", "value": 1}}, tables={"t": table}))
    assert place in [finding.pointer for finding in caught.value.findings]


def test_a_rule_names_a_table_that_is_there(wrong):
    assert wrong({"from": "/v", "op": "code", "table": "no"}, tables=TABLES) == {"/table": "known"}
