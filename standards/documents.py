"""Reading OpenAPI 3.1 documents: references, operations, parameters, JSON schemas.

Written so that a misshapen document yields nothing instead of an exception; the checks report the misshape.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from standards import costs
from standards.dialect import Path, subschemas

METHODS = ("get", "post", "put", "patch", "delete")
JSON = "application/json"
PROBLEM_JSON = "application/problem+json"
_LONGEST_CHAIN = 16
_SCHEMAS = "#/components/schemas/"


class Described(NamedTuple):
    """One operation as the document has it, and where."""

    at: Path
    path: str
    method: str
    item: Mapping[str, Any]
    operation: Mapping[str, Any]


def mapping(node: Any) -> dict[str, Any]:
    """The node when it is an object, otherwise an empty one."""
    return node if isinstance(node, dict) else {}


def listing(node: Any) -> list[Any]:
    return node if isinstance(node, list) else []


def resolve(document: Mapping[str, Any], node: Any) -> Any:
    """The node itself, or what its chain of local references names; None when that is nothing."""
    return next(reversed(list(chain_of(document, node))))


def chain_of(document: Mapping[str, Any], node: Any) -> Iterator[Any]:
    """The node and what it refers to, link by link; ends with None when that is nothing."""
    for _ in range(_LONGEST_CHAIN):
        yield node
        if not isinstance(node, dict) or "$ref" not in node:
            return
        ref = node["$ref"]
        try:
            node = costs.resolve(document, ref) if isinstance(ref, str) and ref.startswith("#/") else None
        except (LookupError, TypeError):
            node = None
    yield None


def operations(document: Mapping[str, Any]) -> Iterator[Described]:
    for path, item in mapping(document.get("paths")).items():
        for method in METHODS:
            if method in mapping(item):
                yield Described(("paths", path, method), path, method, mapping(item), mapping(item[method]))


def parameters(document: Mapping[str, Any], each: Described) -> list[tuple[Path, dict[str, Any]]]:
    """Resolved parameters; those of the operation take the place of the path's (same name and place)."""
    found: dict[tuple[Any, Any], tuple[Path, dict[str, Any]]] = {}
    for at, holder in ((each.at[:2], each.item), (each.at, each.operation)):
        for index, node in enumerate(listing(holder.get("parameters"))):
            parameter = mapping(resolve(document, node))
            key = (str(parameter.get("in")), str(parameter.get("name")))
            found[key] = ((*at, "parameters", index), parameter)
    return list(found.values())


def responses(document: Mapping[str, Any], each: Described) -> Iterator[tuple[Path, str, dict[str, Any]]]:
    """Path, status as written (`200`, `4XX`, `default`) and resolved response."""
    for status, node in mapping(each.operation.get("responses")).items():
        if not str(status).startswith("x-"):
            yield (*each.at, "responses", status), str(status), mapping(resolve(document, node))


def request_body(document: Mapping[str, Any], each: Described) -> dict[str, Any] | None:
    return mapping(resolve(document, each.operation["requestBody"])) if "requestBody" in each.operation else None


def json_schema(holder: Mapping[str, Any]) -> Any:
    """The schema of a request body's or response's JSON content; None when it has none."""
    content = mapping(holder.get("content"))
    media = mapping(content.get(JSON, content.get(PROBLEM_JSON)))
    return media.get("schema")


def tokens(pointer: str) -> tuple[str, ...]:
    """The steps of a JSON Pointer (RFC 6901)."""
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])


def names_component(document: Mapping[str, Any], ref: str) -> bool:
    """Whether a reference of a schema names one of the document's own component schemas."""
    known = mapping(mapping(document.get("components")).get("schemas"))
    return ref.startswith(_SCHEMAS) and ref.removeprefix(_SCHEMAS) in known


def self_contained(document: Mapping[str, Any], schema: Any) -> Any:
    """The schema with exactly the component schemas that it reaches, so that its references resolve within it."""
    known = mapping(mapping(document.get("components")).get("schemas"))
    reached: dict[str, Any] = {}
    waiting = [schema]
    while waiting:
        for _, node in subschemas(waiting.pop()):
            ref = node.get("$ref")
            name = ref.removeprefix(_SCHEMAS) if isinstance(ref, str) else None
            if name in known and name not in reached:
                reached[name] = known[name]
                waiting.append(known[name])
    return {**schema, "components": {"schemas": reached}} if reached else schema
