"""OpenAPI 3.0 documents as 3.1 ones that accept exactly the same values. Pure; places (pointers) stay where they are.

Source: the schema objects of the OpenAPI Specification 3.0.3 and 3.1.0. What differs and is translated: `nullable`,
boolean `exclusiveMinimum` and `exclusiveMaximum`, keywords beside a `$ref` (3.0 ignores them), and formats that say
how a number or text is represented and that nothing checks (`int32` and `int64` become bounds where they bound).
"""

from collections.abc import Mapping
from typing import Any

import orjson

from standards import dialect
from standards.lint.examined import places_of_schemas

_BOUNDS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_REPRESENTATIONS = frozenset({"float", "double", "byte", "binary", "password", *_BOUNDS})


def is_30(document: Mapping[str, Any]) -> bool:
    """Whether the document says that it is OpenAPI 3.0."""
    return str(document.get("openapi")).startswith("3.0.")


def translate(document: Mapping[str, Any]) -> dict[str, Any]:
    """A 3.0 document as a new 3.1 document; any other is returned as it is. Oversized documents are not for here."""
    if not is_30(document) or dialect.oversized(document):
        return dict(document)
    translated: dict[str, Any] = orjson.loads(orjson.dumps(document))
    for _, schema in places_of_schemas(translated):
        for _, node in list(dialect.subschemas(schema)):
            _rewrite(node)
    translated["openapi"] = "3.1.0"
    return translated


def _rewrite(node: dict[str, Any]) -> None:
    if isinstance(node.get("$ref"), str):
        for name in [name for name in node if name != "$ref"]:
            del node[name]
        return
    _nullable(node)
    _exclusive(node, "minimum", "exclusiveMinimum")
    _exclusive(node, "maximum", "exclusiveMaximum")
    _format(node)


def _nullable(node: dict[str, Any]) -> None:
    """`nullable` speaks only beside a `type`; an `enum` without null still refuses null (3.0.3, clarification)."""
    if not isinstance(node.get("nullable"), bool):
        return
    if node.pop("nullable") and isinstance(node.get("type"), str):
        node["type"] = [node["type"], "null"]


def _exclusive(node: dict[str, Any], inclusive: str, exclusive: str) -> None:
    if not isinstance(node.get(exclusive), bool):
        return
    if node.pop(exclusive) and inclusive in node:
        node[exclusive] = node.pop(inclusive)


def _format(node: dict[str, Any]) -> None:
    found = node.get("format")
    if not isinstance(found, str) or found not in _REPRESENTATIONS:
        return
    del node["format"]
    if found in _BOUNDS and node.get("type") in ("integer", "number", ["integer", "null"], ["number", "null"]):
        least, most = _BOUNDS[found]
        if not node.keys() & {"minimum", "exclusiveMinimum"}:
            node["minimum"] = least
        if not node.keys() & {"maximum", "exclusiveMaximum"}:
            node["maximum"] = most
