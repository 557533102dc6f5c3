"""The envelope of a reply: everything above the records. It is closed, so that only what was declared gets through."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from standards.dialect import LIST_OF_SCHEMAS, ONE_SCHEMA, Path
from standards.documents import listing, mapping, resolve

COMPOSING = (LIST_OF_SCHEMAS | ONE_SCHEMA | {"dependentSchemas", "patternProperties"}) - {
    "items",
    "additionalProperties",
    "unevaluatedProperties",
}
_CURSOR = "next"
_SCALARS = frozenset({"string", "integer", "number", "boolean", "null"})


def descend(document: Mapping[str, Any], schema: Any, steps: Sequence[str]) -> Any:
    """The schema of the property that the steps lead to, through objects and references; None when there is none."""
    node = resolve(document, schema)
    for step in steps:
        node = resolve(document, mapping(mapping(node).get("properties")).get(step))
    return node


def hollow(document: Mapping[str, Any], schema: Any, steps: Sequence[str]) -> dict[str, Any]:
    """The envelope's schema with nothing said about the records themselves but whether they are one or a list."""
    node = mapping(resolve(document, schema))
    if not steps:
        return {key: node[key] for key in ("type", "minItems", "maxItems") if key in node}
    inner = hollow(document, mapping(node.get("properties")).get(steps[0]), steps[1:])
    return {**node, "properties": {**mapping(node.get("properties")), steps[0]: inner}}


def beside(document: Mapping[str, Any], schema: Any, steps: Sequence[str]) -> Iterator[str]:
    """What stands beside the records and could tell of some that were left out: everything but `next`, a cursor."""
    node = schema
    for step in steps:
        properties = mapping(mapping(resolve(document, node)).get("properties"))
        for name in properties.keys() - {step}:
            if name != _CURSOR or not _is_text(mapping(resolve(document, properties[name])).get("type")):
                yield name
        node = properties.get(step)


def _is_text(types: Any) -> bool:
    return types == "string" or (isinstance(types, list) and {"string"} <= set(types) <= {"string", "null"})


def misfits(document: Mapping[str, Any], schema: Any, steps: Sequence[str]) -> Iterator[tuple[Path, str]]:
    """Where and why a reply's schema is not a closed envelope around the records, relative to the schema."""
    path: Path = ()
    for step in steps:
        node = mapping(resolve(document, schema))
        if node.get("type") != "object" or node.keys() & COMPOSING:
            yield path, "a plain object schema (type: object with properties) around the records"
            return
        properties = mapping(node.get("properties"))
        if step not in properties:
            yield path, f"the property '{step}' that x-hutong-records names"
            return
        if step not in listing(node.get("required")):
            yield (*path, "required"), f"'{step}' among the required properties, because it leads to the records"
        if node.get("additionalProperties") is not False:
            yield (*path, "additionalProperties"), "false: the envelope is closed"
        for name in properties.keys() - {step}:
            yield from open_places(document, properties[name], (*path, "properties", name))
        schema, path = properties[step], (*path, "properties", step)
    if mapping(resolve(document, schema)).get("type") not in ("array", "object"):
        yield (*path, "type"), "array (a list of records) or object (one record)"


def open_places(document: Mapping[str, Any], schema: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Where a value could carry what the schema does not declare."""
    yield from _open(document, schema, path, set())


def _open(document: Mapping[str, Any], schema: Any, path: Path, seen: set[int]) -> Iterator[tuple[Path, str]]:
    node = resolve(document, schema)
    if node is False or id(node) in seen:
        return
    seen.add(id(node))
    if not isinstance(node, dict):
        yield path, "a schema that declares what stands here"
    elif "enum" not in node and "const" not in node:
        yield from _open_alternatives(document, node, path, seen)


def _open_alternatives(
    document: Mapping[str, Any], node: Mapping[str, Any], path: Path, seen: set[int]
) -> Iterator[tuple[Path, str]]:
    types = node.get("type")
    if types is None:
        alternatives = [
            (key, index, each) for key in ("anyOf", "oneOf") for index, each in enumerate(listing(node.get(key)))
        ]
        if not alternatives:
            yield path, "a type (or enum, const, anyOf, oneOf), so that nothing undeclared can stand here"
        for key, index, each in alternatives:
            yield from _open(document, each, (*path, key, index), seen)
        return
    named = set(map(str, types if isinstance(types, list) else [types]))
    if "object" in named:
        yield from _open_members(document, node, path, seen)
    if "array" in named:
        yield from _open(document, node.get("items"), (*path, "items"), seen)
        for index, each in enumerate(listing(node.get("prefixItems"))):
            yield from _open(document, each, (*path, "prefixItems", index), seen)
    if not named <= _SCALARS | {"object", "array"}:
        yield (*path, "type"), "types of JSON Schema"


def _open_members(
    document: Mapping[str, Any], node: Mapping[str, Any], path: Path, seen: set[int]
) -> Iterator[tuple[Path, str]]:
    if node.get("additionalProperties") is not False or "patternProperties" in node:
        yield (*path, "additionalProperties"), "false and no patternProperties: only declared properties get through"
    for name, each in mapping(node.get("properties")).items():
        yield from _open(document, each, (*path, "properties", name), seen)
