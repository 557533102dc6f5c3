"""One way or more to break each rule on interface specifications, with the place where it must be found."""

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

Document = dict[str, Any]
QUERY = "/paths/~1v1~1people~1query/post"
LIST = "/paths/~1v1~1districts~1{district}~1people/get"
_BODY = QUERY + "/requestBody/content/application~1json/schema"
_REPLY = QUERY + "/responses/200/content/application~1json/schema"


def query(document: Document) -> Any:
    return document["paths"]["/v1/people/query"]["post"]


def listed(document: Document) -> Any:
    return document["paths"]["/v1/districts/{district}/people"]["get"]


def body(document: Document) -> Any:
    return query(document)["requestBody"]["content"]["application/json"]["schema"]


def move(document: Document, path: str) -> None:
    document["paths"][path] = document["paths"].pop("/v1/people/query")


def parameter(document: Document, **given: Any) -> None:
    usual = {"name": "extra", "in": "query", "schema": {"type": "string", "maxLength": 9}}
    listed(document)["parameters"].append(usual | given)


def reply(document: Document, status: str, schema: Any, media: str = "application/problem+json") -> None:
    query(document)["responses"][status] = {"description": "x", "content": {media: {"schema": schema}}}


def schema(document: Document, name: str, **changes: Any) -> None:
    document["components"]["schemas"][name].update(changes)


def record(document: Document) -> Any:
    return document["components"]["schemas"]["Person"]


EXTRA = LIST + "/parameters/5"
_EXTRA_FORM = EXTRA + "/schema"
_PERSON = "/components/schemas/Person"
SPOIL: list[tuple[str, Callable[[Document], Any], str]] = [
    ("size", lambda d: d["info"].update(description="x" * 600_000), ""),
    ("openapi-version", lambda d: d.update(openapi="3.2.0"), "/openapi"),
    ("dialect", lambda d: d.update(jsonSchemaDialect="http://x"), "/jsonSchemaDialect"),
    ("references", lambda d: query(d).update(requestBody={"$ref": "https://a.example/b"}), QUERY + "/requestBody/$ref"),
    ("semantic-version", lambda d: d["info"].update(version="v1"), "/info/version"),
    ("department", lambda d: d["info"].pop("x-hutong-department"), "/info/x-hutong-department"),
    ("department", lambda d: d["info"].update({"x-hutong-department": "Health"}), "/info/x-hutong-department"),
    ("one-way", lambda d: d.update(webhooks={"a": {}}), "/webhooks"),
    ("contact", lambda d: d["info"].pop("contact"), "/info/contact"),
    ("contact", lambda d: d["info"].update(contact={"name": "x", "url": "http://a.example"}), "/info/contact"),
    ("contact", lambda d: d["info"].update(contact={"name": " ", "email": "a@b.example"}), "/info/contact"),
    ("servers", lambda d: d.update(servers=[{"url": "http://a.example"}]), "/servers/0/url"),
    ("servers", lambda d: query(d).update(servers=[{}]), QUERY + "/servers/0/url"),
    ("major-agrees", lambda d: move(d, "/v2/people/query"), "/paths/~1v2~1people~1query"),
    ("path-version", lambda d: move(d, "/people/query"), "/paths/~1people~1query"),
    ("path-segments", lambda d: move(d, "/v1/People_Query"), "/paths/~1v1~1People_Query"),
    ("path-segments", lambda d: move(d, "/v1//query"), "/paths/~1v1~1~1query"),
    ("trailing-slash", lambda d: move(d, "/v1/people/"), "/paths/~1v1~1people~1"),
    ("path-unique", lambda d: move(d, "/v1/districts/{other}"), "/paths/~1v1~1districts~1{other}"),
    ("methods", lambda d: d["paths"]["/v1/people/query"].update(head={}), "/paths/~1v1~1people~1query/head"),
    ("operation-count", lambda d: d.update(paths={}), "/paths"),
    ("path-parameters", lambda d: d["paths"]["/v1/districts/{district}/people"].pop("parameters"), LIST),
    ("operation-id", lambda d: query(d).update(operationId="listPeople"), LIST + "/operationId"),
    ("summary", lambda d: query(d).update(summary=" "), QUERY + "/summary"),
    ("described", lambda d: query(d).pop("description"), QUERY + "/description"),
    ("security", lambda d: (d.pop("security"), query(d).pop("security")), QUERY + "/security"),
    ("security", lambda d: query(d).update(security=[{"internal": []}, {}]), QUERY + "/security"),
    ("security", lambda d: query(d).update(security=[{"unknown": []}]), QUERY + "/security"),
    ("parameter-style", lambda d: parameter(d, **{"in": "header"}), EXTRA + "/in"),
    ("parameter-style", lambda d: parameter(d, style="deepObject"), EXTRA),
    ("parameter-type", lambda d: parameter(d, schema={"type": "object"}), EXTRA + "/schema"),
    ("identifier-in-url", lambda d: parameter(d, schema={"type": "string", "format": "phone-cn"}), EXTRA),
    ("identifier-in-url", lambda d: parameter(d, name="resident_id"), EXTRA),
    ("resident-id-shown", lambda d: d["info"].update(description="e.g. 11010519491231002X"), "/info/description"),
    ("mobile-number-shown", lambda d: record(d).update(examples=[{"a": f"138{0:08d}"}]), _PERSON + "/examples/0/a"),
    ("identifier-by-pattern", lambda d: parameter(d, schema={"type": "string", "pattern": "^[0-9]{18}$"}), _EXTRA_FORM),
    ("identifier-fits", lambda d: parameter(d, schema={"type": "string", "maxLength": 40}), _EXTRA_FORM),
    ("secret-in-url", lambda d: parameter(d, name="access_token"), EXTRA + "/name"),
    (
        "request-body",
        lambda d: query(d)["requestBody"]["content"].update({"text/csv": {}}),
        QUERY + "/requestBody/content",
    ),
    ("request-body", lambda d: listed(d).update(requestBody=query(d)["requestBody"]), LIST + "/requestBody"),
    ("subject", lambda d: query(d).update({"x-hutong-subject": "/no"}), QUERY + "/x-hutong-subject"),
    ("records", lambda d: query(d).pop("x-hutong-records"), QUERY + "/x-hutong-records"),
    ("statuses", lambda d: reply(d, "default", {}), QUERY + "/responses/default"),
    ("reply-content", lambda d: reply(d, "404", {}, "text/html"), QUERY + "/responses/404/content"),
    ("success", lambda d: query(d)["responses"].pop("200"), QUERY + "/responses"),
    ("envelope", lambda d: schema(d, "People", additionalProperties=True), _REPLY + "/additionalProperties"),
    ("error-closed", lambda d: reply(d, "404", {}), QUERY + "/responses/404/content"),
    (
        "problem-json",
        lambda d: reply(d, "404", {"const": 1}, "application/json"),
        QUERY + "/responses/404/content/application~1json",
    ),
    (
        "problem-json",
        lambda d: [query(d)["responses"].pop(each) for each in ("404", "409", "429")],
        QUERY + "/responses",
    ),
    ("rate-limit", lambda d: query(d)["responses"].pop("429"), QUERY + "/responses/429"),
    ("rate-limit", lambda d: d["components"]["responses"]["TooMany"].pop("headers"), QUERY + "/responses/429/headers"),
    ("schema", lambda d: schema(d, "Person", requird=[]), "/components/schemas/Person/requird"),
    (
        "schema-cost",
        lambda d: schema(d, "Person", anyOf=[{"$ref": "#/components/schemas/Person"}]),
        "/components/schemas/Person",
    ),
    ("defaults", lambda d: schema(d, "NotFound", default=3), "/components/schemas/NotFound/default"),
    (
        "examples",
        lambda d: schema(d, "NotFound", examples=[{"code": "a"}, {"code": 1}]),
        "/components/schemas/NotFound/examples/1",
    ),
    ("examples", lambda d: parameter(d, example=5), EXTRA + "/example"),
    (
        "examples",
        lambda d: query(d)["requestBody"]["content"]["application/json"].update(examples={"one": {"value": {}}}),
        QUERY + "/requestBody/content/application~1json/examples/one/value",
    ),
    ("openapi-valid", lambda d: d["info"].pop("title"), "/info"),
    ("closed", lambda d: body(d).pop("additionalProperties"), _BODY + "/additionalProperties"),
    ("bounded", lambda d: parameter(d, schema={"type": "string"}), EXTRA + "/schema/maxLength"),
    ("bounded", lambda d: parameter(d, schema={"type": "number", "minimum": 0}), EXTRA + "/schema/maximum"),
    (
        "bounded",
        lambda d: parameter(d, schema={"type": "array", "items": {"type": "boolean"}}),
        EXTRA + "/schema/maxItems",
    ),
    (
        "bounded",
        lambda d: d["components"]["schemas"]["People"]["properties"]["items"].pop("maxItems"),
        _REPLY + "/properties/items/maxItems",
    ),
    ("paginated", lambda d: listed(d)["parameters"].pop(0), LIST + "/parameters"),
    ("paginated", lambda d: listed(d)["parameters"].pop(4), LIST + "/parameters"),
    (
        "paginated",
        lambda d: d["components"]["schemas"]["People"]["properties"].pop("next"),
        LIST + "/responses/200/content/application~1json/schema",
    ),
    ("purpose", lambda d: d.pop("x-hutong-purposes"), QUERY + "/x-hutong-purposes"),
    ("basis", lambda d: d.update({"x-hutong-bases": ["法"]}), QUERY + "/x-hutong-bases"),
    ("linked", lambda d: record(d).pop("x-hutong-standard"), _REPLY + "/properties/items/items/properties/name"),
    (
        "linked",
        lambda d: record(d).update({"x-hutong-standard": "person"}),
        _REPLY + "/properties/items/items/properties/name",
    ),
]
"""Rule, change, and the pointer of the finding."""


SPOILT: list[Any] = [None, True, False, 0, 1.5, "", "/", "#", "x", [], [None], [{}], ["string"], {}, {"": ""}]
SPOILT += [{"$ref": "#"}, {"$ref": 1}, {"$ref": "#/components/schemas/Person"}]
SPOILT += [{"a": [1]}, {"schema": []}, {"type": "object"}, {"in": {}, "name": {}}]
GARBAGE = st.sampled_from(SPOILT).map(copy.deepcopy)


def places(node: Any) -> list[tuple[Any, Any]]:
    """Every place of a document that can be spoiled: its holder and its key."""
    steps = list(node.items()) if isinstance(node, dict) else list(enumerate(node)) if isinstance(node, list) else []
    return [(node, key) for key, _ in steps] + [place for _, child in steps for place in places(child)]
