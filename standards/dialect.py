"""The part of JSON Schema 2020-12 in which standards, data elements and interface specifications are written.

A closed set of keywords, so that a misspelt one is a finding and not a check that silently never runs. Left out:
`$id`, anchors and dynamic references (everything is one document), and what only annotates content encodings.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

import jsonschema_rs
import orjson

from standards.identifiers import FORMATS
from standards.strict_json import deeper_than
from standards.validation import STANDARD_FORMATS, Finding, build, pointer

MAX_DOCUMENT_BYTES = 500_000
MAX_DOCUMENT_DEPTH = 64
MAX_FINDINGS = 50
DIALECT = "https://json-schema.org/draft/2020-12/schema"

# fmt: off
ONE_SCHEMA = frozenset([
    "items", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else", "unevaluatedItems",
    "unevaluatedProperties",
])
LIST_OF_SCHEMAS = frozenset(["allOf", "anyOf", "oneOf", "prefixItems"])
MAP_OF_SCHEMAS = frozenset(["properties", "patternProperties", "$defs", "dependentSchemas"])
_ASSERTIONS = frozenset([
    "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength",
    "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "maxContains", "minContains", "maxProperties",
    "minProperties", "required", "dependentRequired", "format", "$ref",
])
_ANNOTATIONS = frozenset([
    "title", "description", "default", "deprecated", "readOnly", "writeOnly", "examples", "$comment",
    "discriminator", "xml", "externalDocs", "example",  # the last four are OpenAPI's
])
# fmt: on
_KEYWORDS = ONE_SCHEMA | LIST_OF_SCHEMAS | MAP_OF_SCHEMAS | _ASSERTIONS | _ANNOTATIONS

Path = tuple[str | int, ...]


def subschemas(schema: Any, at: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every schema object within `schema`, itself first, with its path; names and constants are never mistaken for one.

    Shapes that are not schemas are passed over; the meta-schema reports them.
    """
    waiting: list[tuple[Path, Any]] = [(at, schema)]
    while waiting:
        path, node = waiting.pop()
        if not isinstance(node, dict):
            continue
        yield path, node
        for keyword in node.keys() & (ONE_SCHEMA | LIST_OF_SCHEMAS | MAP_OF_SCHEMAS):
            waiting.extend(((*path, keyword, *step), child) for step, child in children(keyword, node[keyword]))


def children(keyword: str, value: Any) -> list[tuple[Path, Any]]:
    """The schemas directly under one keyword."""
    if keyword in ONE_SCHEMA:
        return [((), value)]
    if keyword in LIST_OF_SCHEMAS:
        return [((index,), child) for index, child in enumerate(value)] if isinstance(value, list) else []
    return [((name,), child) for name, child in value.items()] if isinstance(value, dict) else []


def oversized(document: Any) -> list[Finding]:
    """Whether a document is too large or too deep to look at. Everything else here relies on this bound."""
    if deeper_than(document, MAX_DOCUMENT_DEPTH):
        return [Finding("", "depth", f"a document nested at most {MAX_DOCUMENT_DEPTH} levels deep")]
    try:
        size = len(orjson.dumps(document))
    except TypeError:  # lone surrogates, integers beyond 64 bits, keys that are no strings
        return [Finding("", "json", "a document of plain JSON values")]
    if size > MAX_DOCUMENT_BYTES:
        return [Finding("", "size", f"a document of at most {MAX_DOCUMENT_BYTES} bytes")]
    return []


def faults(schema: Any, accepts_ref: Callable[[str], bool], at: Path = ()) -> list[Finding]:
    """What keeps a schema (already known not to be oversized) from being used, at most 50 findings."""
    found = [*_misshapen(schema, at)]
    patterned = False
    for path, node in subschemas(schema, at):
        if len(found) >= MAX_FINDINGS:
            break
        found += _faults_of_one(path, node, accepts_ref, is_root=path == at)
        patterned = patterned or "patternProperties" in node
    if patterned and any("unevaluatedProperties" in node for _, node in subschemas(schema)):
        expected = "additionalProperties instead, where patternProperties are used in the same document"
        found.append(Finding(pointer(at), "unevaluatedProperties", expected))
    return found[:MAX_FINDINGS]


def _misshapen(schema: Any, at: Path) -> Iterator[Finding]:
    for error in islice(_meta_schema().iter_errors(schema), MAX_FINDINGS):
        path = error.instance_path
        if path[-1:] == ["pattern"] or "patternProperties" in path:
            continue  # patterns are judged by the engine that will run them
        name = path[-1] if path else "schema"
        yield Finding(pointer([*at, *path]), str(name), f"what JSON Schema 2020-12 allows for '{name}'")


def _faults_of_one(
    path: Path, node: Mapping[str, Any], accepts_ref: Callable[[str], bool], is_root: bool
) -> Iterator[Finding]:
    for keyword in node:
        if keyword not in _KEYWORDS and not keyword.startswith("x-") and not (is_root and keyword == "$schema"):
            yield Finding(
                pointer([*path, keyword]), "keyword", "a keyword of JSON Schema 2020-12 that is supported here"
            )
    if is_root and node.get("$schema", DIALECT) != DIALECT:
        yield Finding(pointer([*path, "$schema"]), "$schema", DIALECT)
    if "$ref" in node and not (isinstance(node["$ref"], str) and accepts_ref(node["$ref"])):
        expected = "a reference to what this document or the published standards define; nothing else is fetched"
        yield Finding(pointer([*path, "$ref"]), "$ref", expected)
    if isinstance(node.get("format"), str) and node["format"] not in (*STANDARD_FORMATS, *FORMATS):
        known = ", ".join((*STANDARD_FORMATS, *FORMATS))
        yield Finding(pointer([*path, "format"]), "format", f"one of {known}")
    named = node.get("patternProperties")
    patterns: list[tuple[Path, Any]] = [((*path, "pattern"), node.get("pattern"))]
    patterns += [((*path, "patternProperties", name), name) for name in (named if isinstance(named, dict) else ())]
    for where, pattern in patterns:
        if isinstance(pattern, str) and not accepts_pattern(pattern):
            expected = "a regular expression without look-around or back-references that compiles within 1 MB"
            yield Finding(pointer(where), "pattern", expected)


def accepts_pattern(pattern: str) -> bool:
    """Whether the linear-time engine takes the regular expression."""
    try:
        build({"pattern": pattern})
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True


@lru_cache(maxsize=1)
def _meta_schema() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({"$ref": DIALECT}, offline=True)
