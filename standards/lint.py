"""What an interface specification must obey, beyond being OpenAPI 3.1. Pure; every rule yields all its findings.

No rule trusts the document's shape: a misshapen part is reported by the OpenAPI check and passed over here.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from standards import costs, dialect, documents, envelopes
from standards.dialect import Path
from standards.documents import Described, json_schema, listing, mapping, resolve
from standards.identifiers import IDENTIFYING
from standards.models import VERSION
from standards.parameters import TYPES
from standards.validation import Checker, Finding, InvalidSchema, pointer

MAX_OPERATIONS = 200
MAX_COMPILED = 100_000
MAX_DEFAULTS = 200

Rule = Callable[[Mapping[str, Any]], Iterator[Finding]]

_PATH = re.compile(r"/v[1-9][0-9]{0,2}(?:/(?:[a-z0-9]+(?:-[a-z0-9]+)*|\{[A-Za-z_][A-Za-z0-9_]*\}))+")
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_OPERATION_ID = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,127}")
_STATUS = re.compile(r"[1-5](?:[0-9]{2}|XX)")
_COMPONENT_REF = re.compile(r"#/components/(?:schemas|parameters|responses|requestBodies|headers|examples)/[^/]+")
_ITEM_KEYS = frozenset({"summary", "description", "parameters", "servers", *documents.METHODS})
_STYLES = {"path": "simple", "query": "form"}


def _found(at: Path, rule: str, expected: str) -> Finding:
    return Finding(pointer(at), rule, expected)


def references(document: Mapping[str, Any]) -> Iterator[Finding]:
    """Every `$ref` anywhere stays within the document and leads somewhere: nothing is ever fetched."""
    waiting: list[tuple[Path, Any]] = [((), document)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(((*path, index), child) for index, child in enumerate(node))
        elif isinstance(node, dict):
            ref = node.get("$ref")
            if isinstance(ref, str) and not (_COMPONENT_REF.fullmatch(ref) and resolve(document, node) is not None):
                yield _found((*path, "$ref"), "$ref", "a reference to a component that this document defines")
            waiting.extend(((*path, str(name)), child) for name, child in node.items())


def head(document: Mapping[str, Any]) -> Iterator[Finding]:
    if not re.fullmatch(r"3\.1\.[0-9]+", str(document.get("openapi"))):
        yield _found(("openapi",), "openapi", "3.1.x")
    if document.get("jsonSchemaDialect", dialect.DIALECT) not in (
        dialect.DIALECT,
        "https://spec.openapis.org/oas/3.1/dialect/base",
    ):
        yield _found(("jsonSchemaDialect",), "jsonSchemaDialect", "the default dialect: leave it out")
    if not re.fullmatch(VERSION, str(mapping(document.get("info")).get("version"))):
        yield _found(("info", "version"), "version", "a semantic version such as 1.0.0")
    if document.get("webhooks"):
        yield _found(("webhooks",), "webhooks", "no webhooks: the exchange brokers calls in one direction")


def paths(document: Mapping[str, Any]) -> Iterator[Finding]:
    shapes: set[str] = set()
    for path, item in mapping(document.get("paths")).items():
        if not _PATH.fullmatch(path):
            expected = "/v<major>/ and lower-kebab segments or whole {parameters}, without a slash at the end"
            yield _found(("paths", path), "path", expected)
        shape = re.sub(r"\{[^}]*\}", "{}", path)
        if shape in shapes:
            yield _found(("paths", path), "path", "a path that differs from the others by more than parameter names")
        shapes.add(shape)
        for key in mapping(item):
            if key not in _ITEM_KEYS and not key.startswith("x-"):
                methods = ", ".join(documents.METHODS)
                yield _found(("paths", path, key), "method", f"one of the methods {methods}; no references")
    if not 1 <= sum(1 for _ in documents.operations(document)) <= MAX_OPERATIONS:
        yield _found(("paths",), "paths", f"at least one operation and at most {MAX_OPERATIONS}")


def operations(document: Mapping[str, Any]) -> Iterator[Finding]:
    seen: set[str] = set()
    for each in documents.operations(document):
        name = each.operation.get("operationId")
        if not isinstance(name, str) or not _OPERATION_ID.fullmatch(name) or name in seen:
            yield _found((*each.at, "operationId"), "operationId", "a unique name of letters, digits, dots, _ and -")
        seen.add(str(name))
        if each.operation.get("callbacks"):
            yield _found((*each.at, "callbacks"), "callbacks", "no callbacks: the exchange brokers calls one way")
        yield from _parameters(document, each)
        yield from _body(document, each)
        yield from _replies(document, each)


def _parameters(document: Mapping[str, Any], each: Described) -> Iterator[Finding]:
    in_path = set(re.findall(r"\{([^}]*)\}", each.path))
    declared = set()
    for at, parameter in documents.parameters(document, each):
        place = str(parameter.get("in"))
        if place not in _STYLES:
            yield _found((*at, "in"), "in", "path or query: headers and cookies are not passed on")
            continue
        if place == "path":
            declared.add(str(parameter.get("name")))
        plain = parameter.get("style", _STYLES[place]) == _STYLES[place] and "content" not in parameter
        if not plain or parameter.get("allowReserved") or parameter.get("allowEmptyValue"):
            yield _found(at, "style", f"a schema and the style {_STYLES[place]}, without reserved or empty values")
        if not _is_plain(document, parameter.get("schema"), many=place == "query"):
            lists = " or a list of these" if place == "query" else ""
            yield _found((*at, "schema"), "type", f"type string, integer, number or boolean{lists}")
        if _identifies(document, parameter.get("schema")):
            expected = "no identifiers of persons or organisations here: they stand in the body, make it a POST"
            yield _found(at, "identifier", expected)
    if in_path != declared:
        yield _found(each.at, "parameters", "exactly the path parameters that the path names")


def _is_plain(document: Mapping[str, Any], schema: Any, many: bool) -> bool:
    node = mapping(resolve(document, schema))
    if any(mapping(link).keys() & envelopes.COMPOSING for link in documents.chain_of(document, schema)):
        return False
    if many and node.get("type") == "array":
        return _is_plain(document, node.get("items"), many=False)
    return isinstance(node.get("type"), str) and node["type"] in TYPES


def _identifies(document: Mapping[str, Any], schema: Any) -> bool:
    items = mapping(resolve(document, schema)).get("items")
    links = [*documents.chain_of(document, schema), *documents.chain_of(document, items)]
    return any(mapping(link).get("format") in IDENTIFYING for link in links)


def _body(document: Mapping[str, Any], each: Described) -> Iterator[Finding]:
    body = documents.request_body(document, each)
    at = (*each.at, "requestBody")
    if body is not None:
        yield from _content(body, at, (documents.JSON,))
        if each.method in ("get", "delete"):
            yield _found(at, "requestBody", "no body with GET and DELETE: make it a POST")
    subject = each.operation.get("x-hutong-subject")
    if subject is None:
        return
    schema = None if body is None else json_schema(body)
    named = isinstance(subject, str) and subject != "" and _POINTER.fullmatch(subject)
    if not named or envelopes.descend(document, schema, documents.tokens(str(subject))) is None:
        expected = "a JSON Pointer to a property of the request body's schema"
        yield _found((*each.at, "x-hutong-subject"), "x-hutong-subject", expected)


def _content(holder: Mapping[str, Any], at: Path, types: tuple[str, ...]) -> Iterator[Finding]:
    content = mapping(holder.get("content"))
    if len(content) != 1 or next(iter(content)) not in types or json_schema(holder) is None:
        yield _found((*at, "content"), "content", f"{' or '.join(types)} with a schema, and nothing else")


def _replies(document: Mapping[str, Any], each: Described) -> Iterator[Finding]:
    records = each.operation.get("x-hutong-records")
    if not isinstance(records, str) or not _POINTER.fullmatch(records):
        expected = "a JSON Pointer to the record or the list of records in the reply"
        yield _found((*each.at, "x-hutong-records"), "x-hutong-records", expected)
        records = None
    kinds = set()
    for at, status, response in documents.responses(document, each):
        if not _STATUS.fullmatch(status):
            yield _found(at, "status", "a status such as 200 or 4XX: a default would promise what nobody checks")
        elif status.startswith("2") and "content" in response:
            yield from _content(response, at, (documents.JSON,))
            if records is not None:
                kinds.add(_kind(document, response, records))
                yield from _envelope(document, response, at, records)
        elif status.startswith("4") and "content" in response:
            yield from _content(response, at, (documents.JSON, documents.PROBLEM_JSON))
            for path, expected in envelopes.open_places(document, json_schema(response)):
                yield _found((*at, "content", *path), "closed", expected)
    if records is not None and not kinds:
        yield _found((*each.at, "responses"), "responses", "at least one 2xx JSON response with a schema")
    if len(kinds) > 1:
        yield _found((*each.at, "responses"), "responses", "one record in all 2xx responses, or a list in all")


def _kind(document: Mapping[str, Any], response: Mapping[str, Any], records: str) -> str:
    return str(mapping(envelopes.descend(document, json_schema(response), documents.tokens(records))).get("type"))


def _envelope(document: Mapping[str, Any], response: Mapping[str, Any], at: Path, records: str) -> Iterator[Finding]:
    at = (*at, "content", documents.JSON, "schema")
    for path, expected in envelopes.misfits(document, json_schema(response), documents.tokens(records)):
        yield _found((*at, *path), "envelope", expected)


def schemas(document: Mapping[str, Any]) -> Iterator[Finding]:
    """Every schema is of our dialect, cheap enough, compiles, and accepts its own defaults."""
    accepts = partial(documents.names_component, document)
    places = list(places_of_schemas(document))
    found = [finding for at, schema in places for finding in dialect.faults(schema, accepts, at)]
    found = found or [*costs.excessive(document, places)] or [*_too_much(document, places)]
    yield from found or _uncompiled(document, places)


def _too_much(document: Mapping[str, Any], places: list[tuple[Path, Any]]) -> Iterator[Finding]:
    """Each schema is compiled together with the components that it reaches; the sum of that is bounded."""
    compiled = 0
    for at, schema in places:
        within = mapping(documents.self_contained(document, schema))
        reached = mapping(mapping(within.get("components")).get("schemas"))
        compiled += sum(1 for each in (schema, *reached.values()) for _ in dialect.subschemas(each))
        if compiled > MAX_COMPILED:
            yield _found(at, "size", f"at most {MAX_COMPILED} schemas, counted with the components that each one uses")
            return


def _uncompiled(document: Mapping[str, Any], places: list[tuple[Path, Any]]) -> Iterator[Finding]:
    defaults = 0
    try:
        for at, schema in places:
            Checker(documents.self_contained(document, schema))
            for path, node in dialect.subschemas(schema, at):
                if "default" not in node:
                    continue
                defaults += 1
                if not Checker(documents.self_contained(document, node)).valid(node["default"]):
                    yield _found((*path, "default"), "default", "a value that the schema accepts")
                if defaults > MAX_DEFAULTS:
                    yield _found((*path, "default"), "default", f"at most {MAX_DEFAULTS} defaults in the document")
                    return
    except InvalidSchema as error:
        yield from (_found(at, each.rule, each.expected) for each in error.findings)


def places_of_schemas(document: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """Every schema of the document that is not within another one."""
    components = mapping(document.get("components"))
    for name, schema in mapping(components.get("schemas")).items():
        yield ("components", "schemas", name), schema
    holders: list[tuple[Path, Any]] = [
        (("components", kind, name), holder)
        for kind in ("parameters", "responses", "requestBodies", "headers")
        for name, holder in mapping(components.get(kind)).items()
    ]
    for path, item in mapping(document.get("paths")).items():
        holders += _indexed(("paths", path, "parameters"), mapping(item).get("parameters"))
    for each in documents.operations(document):
        holders += _indexed((*each.at, "parameters"), each.operation.get("parameters"))
        holders.append(((*each.at, "requestBody"), each.operation.get("requestBody")))
        answers = mapping(each.operation.get("responses"))
        holders += [((*each.at, "responses", status), answer) for status, answer in answers.items()]
    for at, holder in holders:
        yield from _held(at, mapping(holder))


def _indexed(at: Path, nodes: Any) -> list[tuple[Path, Any]]:
    return [((*at, index), node) for index, node in enumerate(listing(nodes))]


def _held(at: Path, holder: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    if "schema" in holder:
        yield (*at, "schema"), holder["schema"]
    for media, content in mapping(holder.get("content")).items():
        if "schema" in mapping(content):
            yield (*at, "content", media, "schema"), content["schema"]
    for name, header in mapping(holder.get("headers")).items():
        yield from _held((*at, "headers", name), mapping(header))


RULES: tuple[Rule, ...] = (head, references, paths, operations, schemas)
