"""A document that is wrong says everything at once, in bounded time; its JSON Schema agrees with the reader."""

from typing import Any

import pytest

from standards.mapping import InvalidMapping, compile
from standards.mapping.document import MAX_LEVELS, MAX_RULES, crosswalks_of, schema
from standards.validation import Checker
from tests.standards.mapping.conftest import document
from tests.standards.mapping.test_compiling import FIELDS, PERSON, TABLES
from tests.town import mapped

COPY = {"from": "/a", "op": "copy"}


def findings(given: Any) -> dict[str, str]:
    with pytest.raises(InvalidMapping) as caught:
        compile(given)
    assert len(caught.value.findings) <= 50
    return {finding.pointer: finding.rule for finding in caught.value.findings}


def test_everything_wrong_is_said_at_once():
    wrong = {
        "mapping": "2",
        "standard": "person",
        "extra": 1,
        "fields": {
            "a": {"from": "no pointer", "op": "copy"},
            "b": {"from": "/b", "op": "guess"},
            "c": {"fields": {"d": {"from": "/d", "op": "code", "table": "t"}}},
            "e": {"each": "/e"},
            "f": 3,
            "g": {"from": "/g", "op": "date", "formats": ["YY"], "on_missing": "maybe", "also": 1},
            "not a name": COPY,
            "h": {"from": "/h", "op": "mask", "keep_last": "4"},
        },
    }
    assert set(findings(wrong)) == {
        "/mapping", "/standard", "/extra", "/fields/a/from", "/fields/b/op", "/fields/c/fields/d/table", "/fields/e",
        "/fields/f", "/fields/g/on_missing", "/fields/g/also", "/fields/not a name", "/fields/h/keep_last",
    }  # fmt: skip


@pytest.mark.parametrize("given", [None, 3, "text", [], {}, {"fields": []}, {"fields": {}}, {1: 2}])
def test_what_is_no_document_is_refused(given):
    assert findings(given)


def test_size_and_depth_are_bounded():
    deep: Any = COPY
    for _ in range(MAX_LEVELS + 5):
        deep = {"fields": {"x": deep}}
    assert "size" in findings(document({"x": deep})).values()
    deeper: Any = []
    for _ in range(100):
        deeper = [deeper]
    assert findings(document({"x": {"op": "const", "value": deeper}})) == {"": "depth"}
    assert findings(document({"x": {"op": "const", "value": "x" * 10_000_000}})) == {"": "size"}
    many = {f"p{index}": COPY for index in range(MAX_RULES + 1)}
    assert findings(document(many)) == {f"/fields/p{MAX_RULES}": "size"}
    compile(document(dict(list(many.items())[:MAX_RULES])))


def test_a_stand_in_is_one_of_four():
    for what in ("reject", "null", "omit", {"value": None}, {"value": [1]}):
        compile(document({"x": {**COPY, "on_missing": what}}))
    for what in ("skip", None, 3, {"other": 1}, {}, []):
        assert "/fields/x/on_missing" in "".join(findings(document({"x": {**COPY, "on_missing": what}})))


GOOD = [document(PERSON, tables=TABLES), document(FIELDS, tables=TABLES, empty=[""]), mapped.DOCUMENT]


@pytest.mark.parametrize("good", GOOD)
def test_the_schema_takes_what_the_reader_takes(good):
    checker = Checker(schema())
    assert checker.valid(good), checker.explain(good)


@pytest.mark.parametrize(
    "fields",
    [
        {"x": {"from": "/a", "op": "guess"}},
        {"x": {"from": "a", "op": "copy"}},
        {"x": {"op": "copy"}},
        {"x": {**COPY, "more": 1}},
        {"x": {**COPY, "on_missing": "maybe"}},
        {"x": {"from": "/a", "op": "date", "formats": []}},
        {"x": {"each": "/a"}},
        {"x": {"each": "/a", "item": COPY, "fields": {"y": COPY}}},
        {"x": {"fields": {}}},
        {"x": {"fields": {"y": 3}}},
        {"no name": COPY},
        {},
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(fields):
    assert not Checker(schema()).valid(document(fields))
    assert findings(document(fields))


def test_crosswalks_are_named_by_way():
    way = "urn:hutong:crosswalk:a:1.0.0"
    tables = {"t": {"crosswalk": way}, "u": {"crosswalk": way, "inverse": True}, "v": {"crosswalk": 3}, "w": 4}
    assert crosswalks_of({"tables": tables}) == [way, way + "#inverse"]
    assert crosswalks_of([]) == crosswalks_of({"tables": 3}) == []
