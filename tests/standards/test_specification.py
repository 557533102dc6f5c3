"""Compiled specifications: matching, checking requests, taking replies apart and putting them together."""

import copy
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standards.specification import (
    MISSING,
    MalformedPath,
    Match,
    MethodNotAllowed,
    NoRecordLeft,
    Specification,
    compile,
)
from standards.validation import Finding


@pytest.fixture
def specification(document: dict[str, Any]) -> Specification:
    return compile(document)


def _match(specification: Specification, method: str, path: str) -> Match:
    found = specification.match(method, path)
    assert isinstance(found, Match)
    return found


@pytest.mark.parametrize(
    ("method", "path", "operation", "arguments", "rebuilt"),
    [
        ("POST", "/v1/people/query", "queryPeople", {}, "/v1/people/query"),
        ("POST", "/v1/p%65ople/query", "queryPeople", {}, "/v1/people/query"),
        ("GET", "/v1/districts/all", "allDistricts", {}, "/v1/districts/all"),
        ("GET", "/v1/districts/310101", "getDistrict", {"district": "310101"}, "/v1/districts/310101"),
        ("DELETE", "/v1/districts/a;b", "deleteDistrict", {"district": "a;b"}, "/v1/districts/a%3Bb"),
        ("GET", "/v1/districts/%e9%bb%84/people", "listPeople", {"district": "黄"}, "/v1/districts/%E9%BB%84/people"),
        ("GET", "/v1/districts/all/people", "listPeople", {"district": "all"}, "/v1/districts/all/people"),
        ("GET", "/v1/districts/%252e%252e", "getDistrict", {"district": "%2e%2e"}, "/v1/districts/%252e%252e"),
        (
            "GET",
            "/v1/districts/%7Bdistrict%7D",
            "getDistrict",
            {"district": "{district}"},
            "/v1/districts/%7Bdistrict%7D",
        ),
    ],
)
def test_matches(
    specification: Specification, method: str, path: str, operation: str, arguments: dict[str, str], rebuilt: str
) -> None:
    found = _match(specification, method, path)
    assert (found.operation.id, found.arguments, found.path) == (operation, arguments, rebuilt)


@pytest.mark.parametrize("path", ["/v1", "/v1/people", "/v1/people/query/x", "/v2/people/query", "/V1/people/query"])
def test_no_operation_there(specification: Specification, path: str) -> None:
    assert specification.match("POST", path) is None


def test_other_methods_are_named(specification: Specification) -> None:
    assert specification.match("GET", "/v1/people/query") == MethodNotAllowed(("POST",))
    assert specification.match("POST", "/v1/districts/x") == MethodNotAllowed(("DELETE", "GET"))
    assert specification.match("DELETE", "/v1/districts/all") == MethodNotAllowed(("GET",))
    assert specification.match("post", "/v1/people/query") == MethodNotAllowed(("POST",))


@pytest.mark.parametrize(
    "path",
    [
        "/v1/people%2Fquery",
        "/v1/districts/%2e%2e/people",
        "/v1//people/query",
        "/v1/people/query/",
        "/v1/districts/a%5cb",
        "/v1/districts/a%00",
        "/v1/people/./query",
        "/v1/districts/%ff",
        "/v1/districts/" + "a" * 300,
    ],
)
def test_malformed_paths_never_match(specification: Specification, path: str) -> None:
    with pytest.raises(MalformedPath):
        specification.match("GET", path)


@given(st.text(alphabet=string.printable, max_size=30))
def test_what_matches_is_rebuilt_to_the_same_operation(text: str) -> None:
    specification = _two_levels()
    try:
        found = specification.match("GET", "/v1/" + text)
    except MalformedPath:
        return
    if isinstance(found, Match):
        again = _match(specification, "GET", found.path)
        assert (again.operation, again.arguments, again.path) == (found.operation, found.arguments, found.path)


def _two_levels() -> Specification:
    reply = {"200": {"description": "", "content": {"application/json": {"schema": {"type": "array"}}}}}

    def get(name: str, *parameters: str) -> dict[str, Any]:
        declared = [{"name": each, "in": "path", "required": True, "schema": {"type": "string"}} for each in parameters]
        return {"get": {"operationId": name, "x-hutong-records": "", "parameters": declared, "responses": reply}}

    return compile({"paths": {"/v1/{a}": get("one", "a"), "/v1/{a}/{b}": get("two", "a", "b"), "/v1/a/b": get("ab")}})


PERSON = {"residentId": "11010519491231002X"}


@pytest.mark.parametrize(
    ("body", "pointer", "rule"),
    [
        (MISSING, "/body", "required"),
        ({}, "/body", "required"),
        ([], "/body", "type"),
        (None, "/body", "type"),
        ({"residentId": "x"}, "/body/residentId", "format"),
        ({**PERSON, "hidden": 1}, "/body", "additionalProperties"),
    ],
)
def test_bodies_against_the_specification(specification: Specification, body: Any, pointer: str, rule: str) -> None:
    operation = specification.operations["queryPeople"]
    assert [(each.pointer, each.rule) for each in operation.check({}, "", body)] == [(pointer, rule)]


def test_a_fine_request(specification: Specification) -> None:
    operation = specification.operations["queryPeople"]
    assert operation.check({}, "", PERSON) == ()
    assert operation.query("") == ""
    assert (operation.has_body, operation.body_required, operation.subject) == (True, True, ("residentId",))


def test_undeclared_bodies_and_queries_are_refused(specification: Specification) -> None:
    operation = specification.operations["allDistricts"]
    assert operation.check({}, "", MISSING) == ()
    assert [each.pointer for each in operation.check({}, "a=1", {})] == ["/query/*", "/body"]


@pytest.mark.parametrize(
    ("query", "rebuilt"),
    [
        ("", ""),
        ("limit=5", "limit=5"),
        ("sex=1&limit=5&sex=2", "sex=1&sex=2&limit=5"),
        ("order=a,b%2Cc", "order=a,b%2Cc"),
        ("alive=true&sex=a+b%2b", "alive=true&sex=a%20b%2B"),
        ("l%69mit=7", "limit=7"),
        ("sex=", "sex="),
        ("sex=%252f%26x%3D1", "sex=%252f%26x%3D1"),
    ],
)
def test_queries_are_rebuilt(specification: Specification, query: str, rebuilt: str) -> None:
    operation = specification.operations["listPeople"]
    assert operation.check({"district": "x"}, query, MISSING) == ()
    assert operation.query(query) == rebuilt
    assert operation.query(operation.query(query)) == rebuilt


@pytest.mark.parametrize(
    ("query", "pointer", "rule"),
    [
        ("nothing=1", "/query/*", "additionalProperties"),
        ("limit=1&limit=2", "/query/limit", "query"),
        ("order=a&order=b", "/query/order", "query"),
        ("limit", "/query/limit", "query"),
        ("limit=0", "/query/limit", "minimum"),
        ("limit=1_0", "/query/limit", "type"),
        ("limit=1e1", "/query/limit", "type"),
        ("limit=٣", "/query", "query"),
        ("limit=%D9%A3", "/query/limit", "type"),
        ("limit=+5", "/query/limit", "type"),
        ("limit=", "/query/limit", "type"),
        ("alive=True", "/query/alive", "type"),
        ("sex=%00", "/query", "query"),
        ("sex=%ff", "/query", "query"),
        ("sex=a#b", "/query", "query"),
        ("sex=a&", "/query/*", "additionalProperties"),
        ("=1", "/query/*", "additionalProperties"),
        ("sex=" + "a" * 9000, "/query", "maxLength"),
    ],
)
def test_queries_against_the_specification(specification: Specification, query: str, pointer: str, rule: str) -> None:
    operation = specification.operations["listPeople"]
    findings = operation.check({"district": "x"}, query, MISSING)
    assert [(each.pointer, each.rule) for each in findings] == [(pointer, rule)]
    assert "nothing" not in findings[0].expected


def test_path_arguments_against_the_specification(specification: Specification) -> None:
    operation = specification.operations["listPeople"]
    findings = operation.check({"district": "x" * 41}, "", MISSING)
    assert findings == (Finding("/path/district", "maxLength", "maxLength: 9"),)


def test_required_query_parameters(document: dict[str, Any]) -> None:
    document["paths"]["/v1/districts/{district}/people"]["get"]["parameters"][0]["required"] = True
    operation = compile(document).operations["listPeople"]
    assert operation.check({"district": "x"}, "", MISSING)[0] == Finding("/query", "required", "required: limit")


PEOPLE = {"items": [{"residentId": "1", "secret": 1}, {"anything": 2}], "total": 2}


def test_envelopes(specification: Specification) -> None:
    operation = specification.operations["queryPeople"]
    reply = operation.reply(200)
    assert reply is not None
    assert reply.records
    assert reply.checker is not None
    assert reply.checker.valid(PEOPLE)
    assert reply.checker.valid({"items": [1, "whatever the standard says"], "total": 0})
    for wrong in ({**PEOPLE, "x": 1}, {"items": PEOPLE["items"]}, {"total": 1}, {**PEOPLE, "items": {}}, [], None):
        assert not reply.checker.valid(wrong)
    assert not reply.checker.valid({"items": [1] * 101, "total": 0})


def test_declared_and_undeclared_statuses(specification: Specification) -> None:
    operation = specification.operations["queryPeople"]
    not_found = operation.reply(404)
    assert not_found is not None
    assert not not_found.records
    assert not_found.checker is not None
    assert not_found.checker.valid({"code": "nobody"})
    assert not not_found.checker.valid({"code": "nobody", "name": "x"})
    busy = operation.reply(409)
    assert busy is not None
    assert busy.checker is None
    assert [operation.reply(status) for status in (201, 302, 400, 500, 99)] == [None] * 5
    assert specification.operations["getDistrict"].reply(418) is not None
    assert specification.operations["getDistrict"].reply(500) is None
    nothing = specification.operations["allDistricts"].reply(204)
    assert nothing is not None
    assert (nothing.checker, nothing.records) == (None, False)


def test_records_out_and_in(specification: Specification) -> None:
    operation = specification.operations["queryPeople"]
    before = copy.deepcopy(PEOPLE)
    assert operation.many
    assert operation.records_of(PEOPLE) == PEOPLE["items"]
    assert operation.with_records(PEOPLE, [{"a": 1}]) == {"items": [{"a": 1}], "total": 2}
    assert operation.with_records(PEOPLE, []) == {"items": [], "total": 2}
    assert operation.record_pointer(3) == "/items/3"
    assert before == PEOPLE
    assert operation.beside == {"total"}
    assert specification.operations["getDistrict"].beside == frozenset()


def test_a_single_record(specification: Specification) -> None:
    operation = specification.operations["getDistrict"]
    assert not operation.many
    assert operation.records_of({"data": {"a": 1}}) == [{"a": 1}]
    assert operation.with_records({"data": {"a": 1, "b": 2}}, [{"a": 1}]) == {"data": {"a": 1}}
    assert operation.record_pointer(0) == "/data"
    for records in ([], [{}, {}]):
        with pytest.raises(NoRecordLeft):
            operation.with_records({"data": {}}, records)


def test_the_whole_reply_is_the_list(specification: Specification) -> None:
    operation = specification.operations["allDistricts"]
    assert operation.records_of([{"a": 1}]) == [{"a": 1}]
    assert operation.with_records([{"a": 1}, {"a": 2}], [{"a": 1}]) == [{"a": 1}]
    assert operation.record_pointer(1) == "/1"
