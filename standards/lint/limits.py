"""Rules on how much may come in or stand beside the records: closed objects, bounded texts, lists and numbers.

The records themselves belong to the standard, which is judged where it is published.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from standards import documents, envelopes
from standards.dialect import Path
from standards.documents import json_schema, listing, mapping
from standards.identifiers import FORMATS
from standards.lint.examined import Examined, is_list
from standards.lint.rules import Places, rule

_SHORT_FORMATS = frozenset({"date", "date-time", "uuid", *FORMATS})
_ANY = frozenset({"string", "integer", "number", "array", "object", "boolean", "null"})


@rule(
    "closed",
    ("开放的请求体会让未经审核的字段混入。", "An open body lets in fields that nobody reviewed."),
    (
        "为请求体的每个对象写 additionalProperties: false。",
        "Close every object of the body: additionalProperties: false.",
    ),
    overridable=True,
    italian=("sec-no-additionalProperties", "sec-no-default-additionalProperties"),
)
def closed(examined: Examined) -> Places:
    for _, at, body in examined.bodies:
        schema = json_schema(body)
        if schema is not None:
            place = (*at, "content", documents.JSON, "schema")
            for path, node, types in _values(examined, schema):
                if "object" in types and not _is_closed(node):
                    yield (*place, *path, "additionalProperties"), "false: the body is closed"


def _is_closed(node: Mapping[str, Any]) -> bool:
    return node.get("additionalProperties") is False or node.get("unevaluatedProperties") is False


@rule(
    "bounded",
    ("没有上限的文字、列表和数字可以拖垮双方。", "Texts, lists and numbers without a limit can bring both sides down."),
    (
        "文字写 maxLength 或 pattern，列表写 maxItems，数字写 minimum 和 maximum。",
        "Give texts maxLength or pattern, lists maxItems, numbers minimum and maximum.",
    ),
    overridable=True,
    italian=("sec-string-maxlength", "sec-array-boundaries", "sec-number-boundaries"),
)
def bounded(examined: Examined) -> Places:
    for place, schema in _judged(examined):
        for path, node, types in _values(examined, schema):
            for step, expected in _unbounded(node, types):
                yield (*place, *path, *step), expected


def _judged(examined: Examined) -> Iterable[tuple[Path, Any]]:
    """Everything that is not a record: bodies, parameters, errors, and envelopes emptied of their records."""
    for _, at, body in examined.bodies:
        yield (*at, "content", documents.JSON, "schema"), json_schema(body)
    for _, at, parameter in examined.parameters:
        yield (*at, "schema"), parameter.get("schema")
    for _, at, status, response in examined.replies:
        if status[:1] in ("4", "5"):
            for media, content in mapping(response.get("content")).items():
                yield (*at, "content", media, "schema"), mapping(content).get("schema")
    for each in examined.envelopes:
        yield each.at, envelopes.hollow(examined.document, each.schema, each.steps)


def _values(examined: Examined, schema: Any) -> Iterable[tuple[Path, dict[str, Any], frozenset[str]]]:
    """Every value that a schema describes: its place, what is said of it, and its declared types."""
    waiting: list[tuple[Path, Any]] = [((), schema)]
    seen: set[int] = set()
    while waiting:
        path, declared = waiting.pop()
        if not isinstance(declared, dict) or id(declared) in seen:
            continue
        seen.add(id(declared))
        node = examined.merged(declared)
        if "enum" not in node and "const" not in node:
            yield path, node, _types(node)
        for keyword in ("anyOf", "oneOf", "prefixItems"):
            waiting += [((*path, keyword, index), child) for index, child in enumerate(listing(node.get(keyword)))]
        waiting += [((*path, "properties", name), child) for name, child in mapping(node.get("properties")).items()]
        waiting += [
            ((*path, keyword), node[keyword]) for keyword in ("items", "additionalProperties") if keyword in node
        ]


def _types(node: Mapping[str, Any]) -> frozenset[str]:
    types = node.get("type")
    named = types if isinstance(types, list) else [types]
    return frozenset(each for each in named if isinstance(each, str)) & _ANY


def _unbounded(node: Mapping[str, Any], types: frozenset[str]) -> Places:
    found = node.get("format")
    short = isinstance(found, str) and found in _SHORT_FORMATS
    if "string" in types and not short and not node.keys() & {"maxLength", "pattern"}:
        yield ("maxLength",), "a longest length, or a pattern"
    if "array" in types and "maxItems" not in node:
        yield ("maxItems",), "a largest number of items"
    if types & {"integer", "number"}:
        for keyword, other in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            if not node.keys() & {keyword, other}:
                yield (keyword,), f"a {keyword}"


@rule(
    "paginated",
    ("列表会变长，一次取完会拖垮双方。", "Lists grow; fetching all at once brings both sides down."),
    (
        "给返回列表的 GET 加 limit（有上限的整数）和 cursor 参数，并在应答里给 next。",
        "Give a GET of a list the parameters limit (an integer with a maximum) and cursor, and next in its reply.",
    ),
    overridable=True,
)
def paginated(examined: Examined) -> Places:
    given: dict[Path, dict[str, Any]] = {each.at: {} for each in examined.operations}
    for each, _, parameter in examined.parameters:
        given[each.at][str(parameter.get("name"))] = examined.merged(parameter.get("schema"))
    for reply in examined.envelopes:
        if reply.each.method != "get" or not is_list(examined.document, reply):
            continue
        limit = given[reply.each.at].get("limit", {})
        if limit.get("type") != "integer" or not limit.keys() & {"maximum", "exclusiveMaximum"}:
            yield (*reply.each.at, "parameters"), "a parameter limit: an integer with a maximum"
        if "cursor" not in given[reply.each.at]:
            yield (*reply.each.at, "parameters"), "a parameter cursor: where the page begins"
        above = envelopes.descend(examined.document, reply.schema, reply.steps[:-1])
        if not reply.steps or "next" not in mapping(mapping(above).get("properties")):
            yield reply.at, "a property next beside the records: the cursor of the following page"


RULES = (closed, bounded, paginated)
