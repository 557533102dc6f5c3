"""What a new version of an interface breaks for its callers: both directions, with witnesses that show it."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from standards import breaking
from standards.compatibility import Budget
from standards.documents import self_contained
from standards.validation import Checker
from tests.standards.breakage import GARBAGE, LIST, QUERY, body, listed, places, query, schema

Document = dict[str, Any]
Change = Callable[[Document], Any]
BODY = QUERY + "/requestBody/content/application~1json/schema"
TOTAL = "/components/schemas/People/properties/total"


def total(document: Document) -> Any:
    return document["components"]["schemas"]["People"]["properties"]["total"]


def rename(document: Document, name: str) -> None:
    path = document["paths"].pop("/v1/districts/{district}/people")
    path["parameters"][0]["name"] = name
    document["paths"][f"/v1/districts/{{{name}}}/people"] = path


BREAKS: list[tuple[str, Change, str, str]] = [
    ("operation", lambda d: d["paths"].pop("/v1/people/query"), "operation-removed", QUERY),
    (
        "path",
        lambda d: d["paths"].update({"/v2/people": d["paths"].pop("/v1/people/query")}),
        "operation-removed",
        QUERY,
    ),
    ("name", lambda d: query(d).update(operationId="other"), "operation-renamed", QUERY + "/operationId"),
    ("parameter", lambda d: listed(d)["parameters"].pop(3), "parameter-removed", LIST + "/parameters/3"),
    (
        "required",
        lambda d: listed(d)["parameters"][0].update(required=True),
        "parameter-required",
        LIST + "/parameters/0/required",
    ),
    (
        "new and required",
        lambda d: listed(d)["parameters"].append({"name": "a", "in": "query", "required": True, "schema": {}}),
        "parameter-required",
        LIST + "/parameters/5",
    ),
    (
        "narrower",
        lambda d: listed(d)["parameters"][0]["schema"].update(maximum=9),
        "parameter-narrowed",
        LIST + "/parameters/0/schema/maximum",
    ),
    (
        "another type",
        lambda d: listed(d)["parameters"][3].update(schema={"type": "integer"}),
        "parameter-narrowed",
        LIST + "/parameters/3/schema/type",
    ),
    (
        "explode",
        lambda d: listed(d)["parameters"][1].update(explode=False),
        "parameter-written-differently",
        LIST + "/parameters/1",
    ),
    ("body", lambda d: query(d).pop("requestBody"), "body-removed", QUERY + "/requestBody"),
    (
        "member",
        lambda d: (body(d)["required"].append("a"), body(d)["properties"].update(a={})),
        "body-narrowed",
        BODY + "/required/1",
    ),
    (
        "value",
        lambda d: body(d)["properties"]["residentId"].update(enum=["1"]),
        "body-narrowed",
        BODY + "/properties/residentId/enum",
    ),
    (
        "status",
        lambda d: query(d)["responses"].update({"201": query(d)["responses"]["200"]}),
        "status-added",
        QUERY + "/responses/201",
    ),
    ("refusal", lambda d: query(d)["responses"].pop("404"), "status-removed", QUERY + "/responses/404"),
    (
        "no reply",
        lambda d: query(d)["responses"].update({"404": {"description": "x"}}),
        "reply-removed",
        QUERY + "/responses/404",
    ),
    ("null", lambda d: total(d).update(type=["integer", "null"]), "reply-widened", TOTAL + "/type"),
    ("unbounded", lambda d: total(d).pop("maximum"), "reply-widened", TOTAL + "/maximum"),
    (
        "no longer there",
        lambda d: schema(d, "People", required=["items"]),
        "reply-widened",
        "/components/schemas/People/required",
    ),
    (
        "longer error",
        lambda d: schema(d, "NotFound", properties={"code": {"type": "string"}}),
        "reply-widened",
        "/components/schemas/NotFound/properties/code/maxLength",
    ),
    ("records", lambda d: query(d).update({"x-hutong-records": "/rows"}), "records-moved", QUERY + "/x-hutong-records"),
    (
        "one",
        lambda d: d["components"]["schemas"]["People"]["properties"].update(
            items={"$ref": "#/components/schemas/Person"}
        ),
        "records-one-or-many",
        QUERY + "/responses",
    ),
    (
        "standard",
        lambda d: schema(d, "Person", **{"x-hutong-standard": "urn:hutong:standard:person-basics:2.0.0"}),
        "standard-changed",
        QUERY + "/responses",
    ),
    (
        "another key",
        lambda d: d.update(security=[{"internal": [], "more": []}]),
        "security-tightened",
        LIST + "/security",
    ),
    (
        "another scope",
        lambda d: query(d).update(security=[{"internal": ["admin"]}]),
        "security-tightened",
        QUERY + "/security",
    ),
    (
        "purpose",
        lambda d: d.update({"x-hutong-purposes": ["statistics"]}),
        "purpose-removed",
        QUERY + "/x-hutong-purposes",
    ),
    (
        "basis",
        lambda d: query(d).update({"x-hutong-bases": ["Other-Act-1"]}),
        "basis-removed",
        QUERY + "/x-hutong-bases",
    ),
    (
        "media",
        lambda d: query(d)["responses"].update(
            {
                "404": {
                    "description": "x",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NotFound"}}},
                }
            }
        ),
        "media-type-changed",
        QUERY + "/responses/404/content",
    ),
    (
        "header",
        lambda d: d["components"]["responses"]["TooMany"].pop("headers"),
        "reply-header-removed",
        QUERY + "/responses/429",
    ),
]

HARMLESS: list[tuple[str, Change]] = [
    ("nothing", lambda d: None),
    ("texts", lambda d: (query(d).update(summary="x", description="y"), d["info"].update(title="z"))),
    ("new operation", lambda d: d["paths"].update({"/v1/more": copy.deepcopy(d["paths"]["/v1/people/query"])})),
    ("new parameter", lambda d: listed(d)["parameters"].append({"name": "a", "in": "query", "schema": {}})),
    ("wider parameter", lambda d: listed(d)["parameters"][0]["schema"].update(maximum=1000)),
    ("name of a path parameter", lambda d: rename(d, "area")),
    ("optional member", lambda d: body(d)["properties"].update(a={"type": "string"})),
    ("optional body", lambda d: query(d)["requestBody"].pop("required")),
    ("member of a reply", lambda d: d["components"]["schemas"]["People"]["properties"].update(a={"type": "string"})),
    ("required in a reply", lambda d: schema(d, "NotFound", properties={"code": {"type": "string", "maxLength": 4}})),
    ("narrower reply", lambda d: total(d).update(maximum=5)),
    ("new refusal", lambda d: query(d)["responses"].update({"410": {"description": "gone"}})),
    ("fewer successes", lambda d: d["paths"]["/v1/districts/all"]["get"]["responses"].pop("204")),
    (
        "minor version of the standard",
        lambda d: schema(d, "Person", **{"x-hutong-standard": "urn:hutong:standard:person-basics:1.4.0"}),
    ),
    ("another way in", lambda d: d.update(security=[{"internal": []}, {"other": []}])),
    ("more purposes", lambda d: d["x-hutong-purposes"].append("statistics")),
    ("servers", lambda d: d.update(servers=[])),
]  # fmt: skip


@pytest.mark.parametrize(("change", "code", "pointer"), [each[1:] for each in BREAKS], ids=[each[0] for each in BREAKS])
def test_breaks(document: Document, change: Change, code: str, pointer: str) -> None:
    new = copy.deepcopy(document)
    change(new)
    found = breaking.compare(document, new)
    assert (code, pointer) in {(each.code, each.pointer) for each in found}
    for each in found:
        shown = each.as_dict()
        assert shown["title"].keys() == {"zh", "en"}
        assert shown["rule"] == "breaking-change"
        assert shown["breaks"] == "consumers"


def test_every_code_is_met() -> None:
    assert {code for _, _, code, _ in BREAKS} | {"body-required"} == breaking.TITLES.keys()


@pytest.mark.parametrize("change", [each[1] for each in HARMLESS], ids=[each[0] for each in HARMLESS])
def test_breaks_nothing(document: Document, change: Change) -> None:
    new = copy.deepcopy(document)
    change(new)
    assert breaking.compare(document, new) == ()


@pytest.mark.parametrize(
    ("name", "code"), [("x-hutong-purposes", "purpose-removed"), ("x-hutong-bases", "basis-removed")]
)
def test_a_closed_list_where_there_was_none(document: Document, name: str, code: str) -> None:
    old, new = copy.deepcopy(document), copy.deepcopy(document)
    for holder in (old, query(old)):
        holder.pop(name, None)
    query(new)[name] = ["only-this"]
    found = breaking.compare(old, new)
    assert (code, f"{QUERY}/{name}", ["only-this"]) in [(each.code, each.pointer, each.new) for each in found]
    assert code not in {each.code for each in breaking.compare(new, old)}, "more is allowed"


def test_a_header_by_another_case_is_the_same(document: Document) -> None:
    new = copy.deepcopy(document)
    reply = new["components"]["responses"]["TooMany"]
    reply["headers"] = {name.upper(): header for name, header in reply["headers"].items()} | {"X-More": {}}
    assert breaking.compare(document, new) == ()


def test_a_body_that_becomes_required(document: Document) -> None:
    new = copy.deepcopy(document)
    query(document)["requestBody"].pop("required")
    assert [(each.code, each.pointer) for each in breaking.compare(document, new)] == [
        ("body-required", QUERY + "/requestBody")
    ]


def test_a_witness_was_fine_before_and_is_not_now(document: Document) -> None:
    """A request that the old version took, a reply that the old version could not give."""
    new = copy.deepcopy(document)
    listed(new)["parameters"][0]["schema"]["maximum"] = 9
    total(new)["type"] = ["integer", "null"]
    both = {each.code: each for each in breaking.compare(document, new)}
    assert both.keys() == {"parameter-narrowed", "reply-widened"}
    limit = both["parameter-narrowed"].witness[0]
    assert Checker(listed(document)["parameters"][0]["schema"]).valid(limit)
    assert not Checker(listed(new)["parameters"][0]["schema"]).valid(limit)
    reply = both["reply-widened"].witness[0]
    of = {"$ref": "#/components/schemas/People"}
    assert Checker(self_contained(new, of)).valid(reply)
    assert not Checker(self_contained(document, of)).valid(reply)


def test_a_range_of_statuses_covers_its_members(document: Document) -> None:
    new = copy.deepcopy(document)
    query(new)["responses"]["4XX"] = query(new)["responses"].pop("404")
    assert breaking.compare(document, new) == ()
    assert [each.code for each in breaking.compare(new, document)] == ["status-removed"]


def test_what_cannot_be_compared_breaks(document: Document) -> None:
    new = copy.deepcopy(document)
    body(new)["format"] = "unheard-of"
    assert {(each.code, each.reason) for each in breaking.compare(document, new)} <= {
        ("body-narrowed", "not-decided"), ("body-narrowed", "format-not-assured"), ("body-narrowed", "format-added"),
    }  # fmt: skip
    assert breaking.compare(document, new)


def test_the_report_is_bounded(document: Document) -> None:
    new = copy.deepcopy(document)
    document["paths"] |= {f"/v1/more/a{number}": document["paths"]["/v1/people/query"] for number in range(80)}
    assert len(breaking.compare(document, new)) == 50
    assert len(breaking.compare(document, new, limit=3)) == 3


def test_all_schemas_share_one_budget() -> None:
    wide, narrow = ({"oneOf": [*variants(16), {"maxLength": length}]} for length in (9, 8))
    old, new = with_bodies(wide, 12), with_bodies(narrow, 12)
    small, enough = Budget(3_000), Budget()
    found = breaking.compare(old, new, budget=small)
    assert small.spent < 1.1 * small.most
    assert {each.operation for each in found} == {f"o{number}" for number in range(12)}  # those not reached break too
    assert found[-1].reason == "not-decided"
    assert all(each.reason != "not-decided" for each in breaking.compare(with_bodies(wide, 2), with_bodies(narrow, 2)))
    breaking.compare(with_bodies(wide, 1), with_bodies(narrow, 1), budget=enough)
    assert enough.spent < small.most < 12 * enough.spent


def test_what_did_not_change_needs_no_budget(document: Document) -> None:
    assert breaking.compare(document, copy.deepcopy(document), budget=Budget(0)) == ()


def test_bundling_the_same_large_component_counts(document: Document) -> None:
    words = [{"const": "x" * 200 + str(number)} for number in range(500)]
    bodies = with_bodies({"$ref": "#/components/schemas/Words"}, 200)
    old = bodies | {"components": {"schemas": {"Words": {"enum": words}}}}
    new = copy.deepcopy(old)
    new["components"]["schemas"]["Other"] = {"type": "null"}
    budget = Budget(2_000)
    assert {each.reason for each in breaking.compare(old, new, budget=budget)} == {"not-decided"}
    assert budget.spent < 1.1 * budget.most


def test_one_and_true_are_two_values(document: Document) -> None:
    one, true = (with_bodies({"enum": [value]}, 1) for value in (1, True))
    assert [each.code for each in breaking.compare(one, true)] == ["body-narrowed"]


def with_bodies(schema: Any, count: int) -> Document:
    """So many operations that take this schema, each with another bound."""
    return {
        "openapi": "3.1.0", "info": {"title": "x", "version": "1.0.0"},
        "paths": {f"/p{number}": {"post": {
            "operationId": f"o{number}", "responses": {},
            "requestBody": {"content": {"application/json": {"schema": {**schema, "maxItems": 100 + number}}}},
        }} for number in range(count)},
    }  # fmt: skip


def variants(count: int) -> list[Any]:
    return [
        {"type": "object", "required": ["kind"], "properties": {"kind": {"const": f"k{number}"}}}
        for number in range(count)
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.data())
def test_a_spoiled_document_never_crashes_it(document: Document, data: st.DataObject) -> None:
    spoiled = copy.deepcopy(document)
    for _ in range(data.draw(st.integers(1, 3))):
        node, key = data.draw(st.sampled_from(places(spoiled)))
        node[key] = data.draw(GARBAGE)
    breaking.compare(document, spoiled)
    breaking.compare(spoiled, document)
    assert breaking.compare(spoiled, spoiled) == ()
