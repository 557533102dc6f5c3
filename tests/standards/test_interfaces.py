"""Publishing interface specifications: everything wrong is said at once, where it stands."""

import copy
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from standards import breaking, interfaces, versions
from standards.compatibility import Budget
from standards.interfaces import InvalidInterface, UnknownInterface
from standards.models import Interface, InterfaceDraft, Override
from standards.openapi import broker_document
from standards.versions import AlreadyPublished, TakenSlug
from tests.standards.breakage import GARBAGE, places

Document = dict[str, Any]
Publish = Callable[[Document], Interface]
SHORT_LIST = Override(rule="paginated", reason="There are sixteen districts and no more.")
QUERY = "/paths/~1v1~1people~1query/post"
LIST = "/paths/~1v1~1districts~1{district}~1people/get"


@pytest.fixture
def publish(session: Session, now: datetime) -> Publish:
    def publish(document: Document) -> Interface:
        draft = InterfaceDraft(
            slug="population", department="public-security", document=document, overrides=[SHORT_LIST]
        )
        return interfaces.publish(session, draft, "me", now)

    return publish


def test_publishes(publish: Publish, session: Session, document: Document) -> None:
    row = publish(document)
    assert (row.slug, row.version, row.department, row.document) == ("population", "1.0.0", "public-security", document)
    with pytest.raises(AlreadyPublished):
        publish(document)
    document["info"]["version"] = "1.1.0"
    publish(document)
    assert interfaces.fetch(session, "population").version == "1.1.0"
    assert interfaces.fetch(session, "population", "1.0.0").id == row.id
    assert len(versions.page(session, Interface, 50, None)[0]) == 2
    with pytest.raises(UnknownInterface):
        interfaces.fetch(session, "population", "3.0.0")


def test_both_neighbours_share_one_budget(
    publish: Publish, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    budgets = []
    compare = breaking.compare

    def noted(*documents: Document, budget: Budget) -> Any:
        budgets.append(budget)
        return compare(*documents, budget=budget)

    publish(document)
    monkeypatch.setattr(breaking, "compare", noted)
    for version in ("1.2.0", "1.1.0"):
        document["info"]["version"] = version
        publish(document)
    first, below, above = budgets
    assert first is not below is above
    assert below.most == breaking.MAX_STEPS


def test_another_departments_document(publish: Publish, document: Document) -> None:
    document["info"]["x-hutong-department"] = "health"
    with pytest.raises(InvalidInterface, match="x-hutong-department"):
        publish(document)


def test_a_slug_stays_with_its_first_department(
    publish: Publish, session: Session, now: datetime, document: Document
) -> None:
    publish(document)
    judged = None
    for slug, department in (("free", "health"), ("population", "health")):
        other = copy.deepcopy(document)
        other["info"] |= {"version": "2.0.0", "x-hutong-department": department}
        draft = InterfaceDraft(slug=slug, department=department, document=other, overrides=[SHORT_LIST])
        if slug == "free":
            judged = interfaces.judge(session, draft, now)
            continue
        with pytest.raises(TakenSlug, match="ask public-security to publish"):
            interfaces.judge(session, draft, now)
        with pytest.raises(TakenSlug):
            interfaces.publish(session, draft, "me", now, judged)


def _query(document: Document) -> Any:
    return document["paths"]["/v1/people/query"]["post"]


def _list(document: Document) -> Any:
    return document["paths"]["/v1/districts/{district}/people"]["get"]


def _move(document: Document, path: str) -> None:
    document["paths"][path] = document["paths"].pop("/v1/people/query")


def _parameter(document: Document, **parameter: Any) -> None:
    _list(document)["parameters"].append({"name": "extra", "in": "query", "schema": {"type": "string"}, **parameter})


def _schema(document: Document, name: str, **changes: Any) -> None:
    document["components"]["schemas"][name].update(changes)


def _reply(document: Document, status: str, schema: Any, media: str = "application/json") -> None:
    _query(document)["responses"][status] = {"description": "x", "content": {media: {"schema": schema}}}


OPEN = {"type": "object", "properties": {"a": {"type": "string"}}}
SCHEMA_404 = QUERY + "/responses/404/content"
SCHEMA_200 = QUERY + "/responses/200/content/application~1json/schema"

WRONG: list[tuple[str, Callable[[Document], Any], str, str]] = [
    ("2.0", lambda d: d.update(openapi="2.0.0"), "/openapi", "openapi-version"),
    ("dialect", lambda d: d.update(jsonSchemaDialect="http://x"), "/jsonSchemaDialect", "dialect"),
    ("webhooks", lambda d: d.update(webhooks={"a": {}}), "/webhooks", "one-way"),
    ("version", lambda d: d["info"].update(version="1.0"), "/info/version", "semantic-version"),
    ("no title", lambda d: d["info"].pop("title"), "/info", "openapi-valid"),
    ("no operations", lambda d: d.update(paths={}), "/paths", "operation-count"),
    ("no major", lambda d: _move(d, "/people/query"), "/paths/~1people~1query", "path-version"),
    ("capitals", lambda d: _move(d, "/v1/People"), "/paths/~1v1~1People", "path-segments"),
    ("slash", lambda d: _move(d, "/v1/people/"), "/paths/~1v1~1people~1", "trailing-slash"),
    ("dots", lambda d: _move(d, "/v1/../people"), "/paths/~1v1~1..~1people", "path-segments"),
    ("half", lambda d: _move(d, "/v1/a-{district}"), "/paths/~1v1~1a-{district}", "path-segments"),
    ("same", lambda d: _move(d, "/v1/districts/{name}"), "/paths/~1v1~1districts~1{name}", "path-unique"),
    ("trace", lambda d: d["paths"]["/v1/people/query"].update(trace={}), "/paths/~1v1~1people~1query/trace", "methods"),
    ("no id", lambda d: _query(d).pop("operationId"), QUERY + "/operationId", "operation-id"),
    ("same id", lambda d: _list(d).update(operationId="queryPeople"), LIST + "/operationId", "operation-id"),
    ("callbacks", lambda d: _query(d).update(callbacks={"a": {}}), QUERY + "/callbacks", "one-way"),
    ("header", lambda d: _parameter(d, **{"in": "header"}), LIST + "/parameters/5/in", "parameter-style"),
    ("object", lambda d: _parameter(d, schema={"type": "object"}), LIST + "/parameters/5/schema", "parameter-type"),
    ("untyped", lambda d: _parameter(d, schema={}), LIST + "/parameters/5/schema", "parameter-type"),
    (
        "composed",
        lambda d: _parameter(d, schema={"type": "string", "allOf": [{"format": "resident-id"}]}),
        LIST + "/parameters/5/schema",
        "parameter-type",
    ),
    ("style", lambda d: _parameter(d, style="deepObject"), LIST + "/parameters/5", "parameter-style"),
    ("reserved", lambda d: _parameter(d, allowReserved=True), LIST + "/parameters/5", "parameter-style"),
    (
        "resident id",
        lambda d: _parameter(d, schema={"type": "string", "format": "resident-id"}),
        LIST + "/parameters/5",
        "identifier-in-url",
    ),
    (
        "phones",
        lambda d: _parameter(d, schema={"type": "array", "items": {"type": "string", "format": "phone-cn"}}),
        LIST + "/parameters/5",
        "identifier-in-url",
    ),
    (
        "identifier by reference",
        lambda d: (
            d["components"]["schemas"].update(Id={"type": "string", "format": "credit-code"}),
            d["components"]["parameters"]["District"].update(schema={"$ref": "#/components/schemas/Id"}),
        ),
        "/paths/~1v1~1districts~1{district}/parameters/0",
        "identifier-in-url",
    ),
    (
        "identifier beside a reference",
        lambda d: (
            d["components"]["schemas"].update(Id={"type": "string"}),
            _parameter(d, schema={"$ref": "#/components/schemas/Id", "format": "resident-id"}),
        ),
        LIST + "/parameters/5",
        "identifier-in-url",
    ),
    (
        "undeclared parameter",
        lambda d: d["paths"]["/v1/districts/{district}/people"].pop("parameters"),
        LIST,
        "path-parameters",
    ),
    (
        "body of get",
        lambda d: _list(d).update(requestBody=_query(d)["requestBody"]),
        LIST + "/requestBody",
        "request-body",
    ),
    (
        "form body",
        lambda d: _query(d)["requestBody"].update(content={"multipart/form-data": {"schema": {}}}),
        QUERY + "/requestBody/content",
        "request-body",
    ),
    (
        "subject",
        lambda d: _query(d).update({"x-hutong-subject": "/id"}),
        QUERY + "/x-hutong-subject",
        "subject",
    ),
    ("no body", lambda d: _query(d).pop("requestBody"), QUERY + "/x-hutong-subject", "subject"),
    ("no records", lambda d: _query(d).pop("x-hutong-records"), QUERY + "/x-hutong-records", "records"),
    (
        "bad pointer",
        lambda d: _query(d).update({"x-hutong-records": "items"}),
        QUERY + "/x-hutong-records",
        "records",
    ),
    ("wrong pointer", lambda d: _query(d).update({"x-hutong-records": "/rows"}), SCHEMA_200, "envelope"),
    (
        "scalar records",
        lambda d: _query(d).update({"x-hutong-records": "/total"}),
        SCHEMA_200 + "/properties/total/type",
        "envelope",
    ),
    (
        "open envelope",
        lambda d: _schema(d, "People", additionalProperties=True),
        SCHEMA_200 + "/additionalProperties",
        "envelope",
    ),
    ("optional records", lambda d: _schema(d, "People", required=["total"]), SCHEMA_200 + "/required", "envelope"),
    (
        "open part of the envelope",
        lambda d: d["components"]["schemas"]["People"]["properties"].update(meta={"type": "object"}),
        SCHEMA_200 + "/properties/meta/additionalProperties",
        "envelope",
    ),
    ("composed envelope", lambda d: _schema(d, "People", anyOf=[{}]), SCHEMA_200, "envelope"),
    (
        "one and many",
        lambda d: _reply(
            d,
            "201",
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["items"],
                "properties": {"items": {"type": "object"}},
            },
        ),
        QUERY + "/responses",
        "success",
    ),
    ("no success", lambda d: _query(d)["responses"].pop("200"), QUERY + "/responses", "success"),
    ("default", lambda d: _reply(d, "default", {}), QUERY + "/responses/default", "statuses"),
    ("xml", lambda d: _reply(d, "200", {}, "application/xml"), QUERY + "/responses/200/content", "reply-content"),
    ("open 404", lambda d: _reply(d, "404", OPEN), SCHEMA_404 + "/additionalProperties", "error-closed"),
    ("anything in 404", lambda d: _reply(d, "404", {}), SCHEMA_404, "error-closed"),
    ("any list in 404", lambda d: _reply(d, "404", {"type": "array"}), SCHEMA_404 + "/items", "error-closed"),
    (
        "patterns in 404",
        lambda d: _reply(d, "404", {"type": "object", "additionalProperties": False, "patternProperties": {"": {}}}),
        SCHEMA_404 + "/additionalProperties",
        "error-closed",
    ),
    (
        "one open alternative",
        lambda d: _reply(d, "404", {"anyOf": [{"type": "null"}, OPEN]}),
        SCHEMA_404 + "/anyOf/1/additionalProperties",
        "error-closed",
    ),
    (
        "remote",
        lambda d: _reply(d, "404", {"$ref": "http://192.0.2.1/x"}),
        QUERY + "/responses/404/content/application~1json/schema/$ref",
        "references",
    ),
    (
        "file",
        lambda d: _query(d).update(requestBody={"$ref": "file:///etc/hostname"}),
        QUERY + "/requestBody/$ref",
        "references",
    ),
    (
        "dangling",
        lambda d: _query(d).update(requestBody={"$ref": "#/components/requestBodies/No"}),
        QUERY + "/requestBody/$ref",
        "references",
    ),
    (
        "reference to what is no component",
        lambda d: _reply(d, "404", {"$ref": SCHEMA_200.replace("/paths", "#/paths")}),
        SCHEMA_404 + "/application~1json/schema/$ref",
        "references",
    ),
    (
        "parameter that is no component",
        lambda d: _list(d)["parameters"].append({"$ref": "#" + LIST + "/parameters/0"}),
        LIST + "/parameters/5/$ref",
        "references",
    ),
    ("typo", lambda d: _schema(d, "Person", requird=[]), "/components/schemas/Person/requird", "schema"),
    ("pattern", lambda d: _schema(d, "Person", pattern="(?!a)"), "/components/schemas/Person/pattern", "schema"),
    ("format", lambda d: _schema(d, "Person", format="x"), "/components/schemas/Person/format", "schema"),
    ("type", lambda d: _schema(d, "Person", type="x"), "/components/schemas/Person/type", "schema"),
    (
        "loop",
        lambda d: _schema(d, "Person", anyOf=[{"$ref": "#/components/schemas/Person"}]),
        "/components/schemas/Person",
        "schema-cost",
    ),
    ("default value", lambda d: _schema(d, "NotFound", default=3), "/components/schemas/NotFound/default", "defaults"),
    ("size", lambda d: d["info"].update(description="x" * 2_000_001), "", "size"),
    ("integer key", lambda d: d["info"].update({"x-a": {1: 1}}), "", "size"),
]


@pytest.mark.parametrize(("change", "pointer", "rule"), [each[1:] for each in WRONG], ids=[each[0] for each in WRONG])
def test_refuses(
    publish: Publish, document: Document, change: Callable[[Document], Any], pointer: str, rule: str
) -> None:
    change(document)
    with pytest.raises(InvalidInterface) as caught:
        publish(document)
    assert (pointer, rule) in [(finding.pointer, finding.rule) for finding in caught.value.findings]


def test_everything_wrong_is_said_at_once(publish: Publish, document: Document) -> None:
    document["info"].pop("title")
    document["info"]["version"] = "one"
    _query(document).pop("operationId")
    _query(document)["x-hutong-subject"] = "/nothing"
    _schema(document, "People", additionalProperties=True)
    with pytest.raises(InvalidInterface) as caught:
        publish(document)
    assert {finding.rule for finding in caught.value.findings} == {
        "openapi-valid",
        "semantic-version",
        "operation-id",
        "subject",
        "envelope",
    }


def test_at_most_fifty_findings(publish: Publish, document: Document) -> None:
    for number in range(100):
        document["paths"][f"/Wrong/{number}"] = {}
    with pytest.raises(InvalidInterface) as caught:
        publish(document)
    assert len(caught.value.findings) == 50


@pytest.mark.parametrize(
    "misshapen",
    [
        {},
        {"openapi": "3.1.0"},
        {"openapi": "3.1.0", "info": [], "paths": [], "components": 1},
        {"openapi": "3.1.0", "paths": {"/v1/a": None, "/v1/b": [], "/v1/c": {"get": 3, "parameters": {}}}},
        {"openapi": "3.1.0", "paths": {"/v1/c": {"get": {"parameters": [1], "responses": [], "requestBody": 1}}}},
        {"openapi": "3.1.0", "paths": {"/v1/c": {"get": {"responses": {"200": {"content": {"application/json": 1}}}}}}},
        {"openapi": "3.1.0", "components": {"schemas": {"A": 1, "B": {"properties": [], "anyOf": {}, "$ref": 3}}}},
        {"openapi": "3.1.0", "components": {"parameters": {"A": {"$ref": "#/components/parameters/A"}}}},
        {"openapi": "3.1.0", "paths": {"/v1/c": {"get": {"x-hutong-records": 1, "x-hutong-subject": 1}}}},
        {
            "openapi": "3.1.0",
            "paths": {
                "/v1/c": {
                    "get": {
                        "responses": {"404": {"content": {"application/json": {"schema": {"type": {}, "anyOf": 3}}}}}
                    }
                }
            },
        },
    ],
)
def test_misshapen_documents_are_findings_not_crashes(publish: Publish, misshapen: Document) -> None:
    with pytest.raises(InvalidInterface):
        publish(misshapen)


def test_hostile_documents_do_not_hang(publish: Publish, document: Document) -> None:
    started = time.process_time()
    schemas = document["components"]["schemas"]
    schemas["d0"] = {"type": "string", "pattern": "^(a+)+$", "default": "a" * 40 + "b"}
    for number in range(1, 40):
        ref = {"$ref": f"#/components/schemas/d{number - 1}"}
        schemas[f"d{number}"] = {"allOf": [ref, ref], "properties": {"a": ref, "b": ref}}
    _schema(document, "NotFound", properties={"code": {"$ref": "#/components/schemas/d39"}})
    with pytest.raises(InvalidInterface):
        publish(document)
    assert time.process_time() - started < 5


def test_a_backtracking_default_does_not_hang(publish: Publish, document: Document) -> None:
    _schema(
        document, "NotFound", properties={"code": {"type": "string", "pattern": "^(a+)+$", "default": "a" * 40 + "b"}}
    )
    with pytest.raises(InvalidInterface) as caught:
        publish(document)
    assert [finding.rule for finding in caught.value.findings] == ["defaults"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_spoiled_document_is_refused_or_compiles(document: Document, data: st.DataObject) -> None:
    spoiled = copy.deepcopy(document)
    for _ in range(data.draw(st.integers(1, 3))):
        node, key = data.draw(st.sampled_from(places(spoiled)))
        node[key] = data.draw(GARBAGE)
    if not interfaces.faults(spoiled, {"paginated"}):
        interfaces.compile(spoiled)
        broker_document(spoiled, "a", "b", "https://exchange.example")
