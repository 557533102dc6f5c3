"""A document under examination, with what several rules look at worked out once.

No rule trusts the document's shape: a misshapen part is reported by the OpenAPI check and passed over here.
"""

import re
from collections.abc import Mapping
from functools import cached_property, partial
from typing import Any, NamedTuple

from standards import costs, dialect, documents, envelopes
from standards.dialect import Path
from standards.documents import Described, json_schema, listing, mapping, resolve
from standards.validation import Finding

MAX_COMPILED = 100_000
_COMPONENT_REF = re.compile(r"#/components/(?:schemas|parameters|responses|requestBodies|headers|examples)/[^/]+")
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")


class Reply(NamedTuple):
    """One declared status of one operation, references resolved."""

    each: Described
    at: Path
    status: str
    response: dict[str, Any]


class Envelope(NamedTuple):
    """The schema (None when it has none) of a 2xx reply whose operation says where its records are."""

    each: Described
    at: Path
    schema: Any
    steps: tuple[str, ...]


class Examined:
    """One document, already known not to be oversized."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    @cached_property
    def info(self) -> dict[str, Any]:
        return mapping(self.document.get("info"))

    @cached_property
    def paths(self) -> dict[str, Any]:
        return mapping(self.document.get("paths"))

    @cached_property
    def operations(self) -> tuple[Described, ...]:
        return tuple(documents.operations(self.document))

    @cached_property
    def parameters(self) -> tuple[tuple[Described, Path, dict[str, Any]], ...]:
        """Every operation's parameters, those of its path among them."""
        return tuple(
            (each, at, parameter)
            for each in self.operations
            for at, parameter in documents.parameters(self.document, each)
        )

    @cached_property
    def bodies(self) -> tuple[tuple[Described, Path, dict[str, Any]], ...]:
        found = ((each, documents.request_body(self.document, each)) for each in self.operations)
        return tuple((each, (*each.at, "requestBody"), body) for each, body in found if body is not None)

    @cached_property
    def replies(self) -> tuple[Reply, ...]:
        return tuple(
            Reply(each, *described)
            for each in self.operations
            for described in documents.responses(self.document, each)
        )

    @cached_property
    def envelopes(self) -> tuple[Envelope, ...]:
        found = []
        for each, at, status, response in self.replies:
            steps = records_of(each)
            if steps is not None and status.startswith("2") and "content" in response:
                found.append(Envelope(each, (*at, "content", documents.JSON, "schema"), json_schema(response), steps))
        return tuple(found)

    @cached_property
    def schemas(self) -> tuple[tuple[Path, Any], ...]:
        """Every schema that is not within another one, with its place."""
        return tuple(places_of_schemas(self.document))

    @cached_property
    def foreign_references(self) -> tuple[Path, ...]:
        """Where a `$ref` does not name a component of this document."""
        found = []
        waiting: list[tuple[Path, Any]] = [((), self.document)]
        while waiting:
            path, node = waiting.pop()
            if isinstance(node, list):
                waiting.extend(((*path, index), child) for index, child in enumerate(node))
            elif isinstance(node, dict):
                ref = node.get("$ref")
                if isinstance(ref, str) and not self._is_local(ref, node):
                    found.append((*path, "$ref"))
                waiting.extend(((*path, str(name)), child) for name, child in node.items())
        return tuple(found)

    def _is_local(self, ref: str, node: dict[str, Any]) -> bool:
        return bool(_COMPONENT_REF.fullmatch(ref)) and resolve(self.document, node) is not None

    @cached_property
    def schema_faults(self) -> tuple[Finding, ...]:
        """What is not of our dialect; while there is any, no schema is compiled or counted."""
        accepts = partial(documents.names_component, self.document)
        return tuple(finding for at, schema in self.schemas for finding in dialect.faults(schema, accepts, at))

    @cached_property
    def schema_excesses(self) -> tuple[Finding, ...]:
        """Schemas under which a value would cause too much work."""
        return () if self.schema_faults else tuple(costs.excessive(self.document, self.schemas))

    @cached_property
    def overgrown(self) -> Path | None:
        """The schema at which compiling all of them would become too much; each brings the components it reaches."""
        compiled = 0
        for at, schema in self.schemas:
            within = mapping(documents.self_contained(self.document, schema))
            reached = mapping(mapping(within.get("components")).get("schemas"))
            compiled += sum(1 for each in (schema, *reached.values()) for _ in dialect.subschemas(each))
            if compiled > MAX_COMPILED:
                return at
        return None

    @cached_property
    def compilable(self) -> bool:
        """Whether the schemas may be compiled and used: of our dialect, cheap, and not too many."""
        return not self.schema_faults and not self.schema_excesses and self.overgrown is None

    def merged(self, schema: Any) -> dict[str, Any]:
        """What a schema says of its value by itself, by what it refers to and by its `allOf`; the outermost wins."""
        found: dict[str, Any] = {}
        waiting, seen = [schema], set()
        while waiting:
            for link in documents.chain_of(self.document, waiting.pop()):
                if not isinstance(link, dict) or id(link) in seen:
                    break
                seen.add(id(link))
                found = {**link, **found}
                waiting += listing(link.get("allOf"))
        return found


def records_of(each: Described) -> tuple[str, ...] | None:
    """The steps to the operation's records; None when it does not say them."""
    found = each.operation.get("x-hutong-records")
    return documents.tokens(str(found)) if is_pointer(found) else None


def is_pointer(value: Any) -> bool:
    """Whether the value is a JSON Pointer (RFC 6901)."""
    return isinstance(value, str) and bool(_POINTER.fullmatch(value))


def is_list(document: Mapping[str, Any], envelope: Envelope) -> bool:
    """Whether the records of a reply are a list."""
    return kind_of(document, envelope) == "array"


def kind_of(document: Mapping[str, Any], envelope: Envelope) -> str:
    return str(mapping(envelopes.descend(document, envelope.schema, envelope.steps)).get("type"))


def places_of_schemas(document: Mapping[str, Any]) -> list[tuple[Path, Any]]:
    """Every schema of the document that is not within another one."""
    components = mapping(document.get("components"))
    found: list[tuple[Path, Any]] = [
        (("components", "schemas", name), schema) for name, schema in mapping(components.get("schemas")).items()
    ]
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
        found += _held(at, mapping(holder))
    return found


def _indexed(at: Path, nodes: Any) -> list[tuple[Path, Any]]:
    return [((*at, index), node) for index, node in enumerate(listing(nodes))]


def _held(at: Path, holder: Mapping[str, Any]) -> list[tuple[Path, Any]]:
    found: list[tuple[Path, Any]] = [((*at, "schema"), holder["schema"])] if "schema" in holder else []
    for media, content in mapping(holder.get("content")).items():
        if "schema" in mapping(content):
            found.append(((*at, "content", media, "schema"), content["schema"]))
    for name, header in mapping(holder.get("headers")).items():
        found += _held((*at, "headers", name), mapping(header))
    return found
