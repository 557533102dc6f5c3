"""JSON Schema draft-07 written as 2020-12, for schemas from elsewhere. What cannot be said again is refused."""

from collections.abc import Mapping
from typing import Any

from standards import dialect
from standards.compatibility.graph import unquoted
from standards.validation import Finding, InvalidSchema, pointer

_NAME = "json-schema.org/draft-07/schema"
_ONE = ("additionalItems", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else")
_LISTS = ("allOf", "anyOf", "oneOf")
_MAPS = ("properties", "patternProperties", "definitions", "$defs")
_LATER = frozenset([
    "unevaluatedItems", "unevaluatedProperties", "prefixItems", "dependentRequired", "dependentSchemas", "minContains",
    "maxContains", "$defs",
])  # fmt: skip
"""Keywords that 2020-12 has and draft-07 ignores."""
_KEPT = "a reference to definitions or properties, which keep their place"


def is_draft07(schema: Any) -> bool:
    """Whether the schema says so of itself."""
    named = schema.get("$schema") if isinstance(schema, dict) else None
    return isinstance(named, str) and named.rstrip("#").partition("://")[2] == _NAME


def translate_draft07(schema: Any) -> Any:
    """The same in 2020-12: every value that draft-07 accepts is accepted, and no other.

    Lists under `items` become `prefixItems`, `dependencies` are split, `definitions` become `$defs`. Dropped is what
    draft-07 ignores: what stands beside a `$ref`, and keywords that came later. What neither draft knows stays, and is
    found by the comparison. Formats are asserted as everywhere here. Raises InvalidSchema for `$id` and `$schema` below
    the root, which would move the base of references or change the draft, for references to what does not keep its
    place, for `definitions` beside `$defs`, and for draft-04's boolean exclusive bounds.
    """
    findings = dialect.oversized(schema)
    if not findings:
        translation = _Translation(schema)
        translated = translation.schema(schema, ())
        findings = translation.findings
    if findings:
        raise InvalidSchema(findings[: dialect.MAX_FINDINGS])
    return {**translated, "$schema": dialect.DIALECT} if isinstance(translated, dict) else translated


class _Translation:
    def __init__(self, document: Any) -> None:
        self._document = document
        self.findings: list[Finding] = []

    def schema(self, node: Any, at: tuple[str | int, ...]) -> Any:
        if not isinstance(node, dict):
            return node
        for keyword in ("$id", "$schema"):
            if at and keyword in node:
                self._refuse((*at, keyword), keyword, f"{keyword} only at the root: one document, in one draft")
        if "definitions" in node and "$defs" in node:
            self._refuse((*at, "$defs"), "$defs", "definitions alone, where both would become one")
        if "$ref" in node:
            return {"$ref": self._reference(node["$ref"], at), **self._definitions(node, at)}
        made: dict[str, Any] = {}
        for keyword, value in node.items():
            self._take(made, keyword, value, node, (*at, keyword))
        return made

    def _take(self, made: dict[str, Any], keyword: str, value: Any, node: Mapping[str, Any], at: Any) -> None:
        if keyword in ("$schema", "$id"):
            return
        if keyword in ("items", "additionalItems"):
            self._take_items(made, node, at[:-1], keyword)
        elif keyword == "dependencies" and isinstance(value, dict):
            self._take_dependencies(made, value, at)
        elif keyword in ("exclusiveMinimum", "exclusiveMaximum") and isinstance(value, bool):
            self._refuse(at, keyword, "a number: true and false belong to draft-04")
        elif keyword in ("contentMediaType", "contentEncoding"):
            self._refuse(at, keyword, "nothing: some validators of draft-07 check it, those of 2020-12 do not")
        elif keyword in _ONE:
            made[keyword] = self.schema(value, at)
        elif keyword in _LISTS and isinstance(value, list):
            made[keyword] = [self.schema(each, (*at, index)) for index, each in enumerate(value)]
        elif keyword in _MAPS and isinstance(value, dict):
            known = made.setdefault("$defs" if keyword == "definitions" else keyword, {})
            known.update({name: self.schema(each, (*at, name)) for name, each in value.items()})
        elif keyword not in _LATER:
            made[keyword] = value

    def _take_items(self, made: dict[str, Any], node: Mapping[str, Any], at: Any, keyword: str) -> None:
        """additionalItems without a list under items means nothing."""
        items = node.get("items")
        if keyword == "items" and isinstance(items, list):
            if items:
                made["prefixItems"] = [self.schema(each, (*at, "items", index)) for index, each in enumerate(items)]
        elif keyword == "items":
            made["items"] = self.schema(items, (*at, "items"))
        elif isinstance(items, list):
            made["items"] = self.schema(node["additionalItems"], (*at, "additionalItems"))

    def _take_dependencies(self, made: dict[str, Any], value: Mapping[str, Any], at: Any) -> None:
        for name, needed in value.items():
            if isinstance(needed, list):
                made.setdefault("dependentRequired", {})[name] = needed
            else:
                made.setdefault("dependentSchemas", {})[name] = self.schema(needed, (*at, name))

    def _definitions(self, node: Mapping[str, Any], at: tuple[str | int, ...]) -> dict[str, Any]:
        """What others refer to stays beside a `$ref`."""
        found: dict[str, Any] = {}
        for keyword in ("definitions", "$defs"):
            for name, each in node.get(keyword, {}).items() if isinstance(node.get(keyword), dict) else ():
                found[name] = self.schema(each, (*at, keyword, name))
        return {"$defs": found} if found else {}

    def _reference(self, ref: Any, at: Any) -> Any:
        if not isinstance(ref, str) or not (ref == "#" or ref.startswith("#/")):
            self._refuse((*at, "$ref"), "$ref", "a reference within this document; nothing else is fetched")
            return ref
        written = self._rewritten(ref)
        if written is None:
            self._refuse((*at, "$ref"), "$ref", _KEPT)
        return ref if written is None else written

    def _rewritten(self, ref: str) -> str | None:
        """The reference with `$defs` for the keyword `definitions`; None when it leaves what is translated in place."""
        written, node, waiting = ["#"], self._document, ref.split("/")[1:]
        while waiting:
            token, *waiting = waiting
            keyword = unquoted(token)
            value = node.get(keyword) if isinstance(node, dict) else None
            if keyword in _LISTS + _MAPS and waiting:
                name, *waiting = waiting
                written += ["$defs" if keyword == "definitions" else token, name]
                node = _member(value, unquoted(name))
            elif keyword != "additionalItems" and keyword in ("items", *_ONE):
                written.append(token)
                node = value
            else:
                return None
            if not isinstance(node, dict | bool):
                return None
        return "/".join(written)

    def _refuse(self, at: Any, rule: str, expected: str) -> None:
        self.findings.append(Finding(pointer(at), rule, expected))


def _member(value: Any, name: str) -> Any:
    if isinstance(value, list):
        return value[int(name)] if name.isascii() and name.isdecimal() and int(name) < len(value) else None
    return value.get(name) if isinstance(value, dict) else None
