"""Both schemas as one graph of places, and which places mean the same.

Two places have the same `id` when unfolding them gives the same assertions (annotations aside): found by refining a
partition until it stands still, as automata are minimised (Moore 1956). So an unchanged part of a schema is recognised
wherever it stands, also when it contains itself, and what was proven once holds for all its copies.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote

import jsonschema_rs
import orjson

from standards import costs, dialect
from standards.compatibility.keywords import holds_schemas, is_annotation
from standards.dialect import Path
from standards.validation import Checker, Finding, InvalidSchema, pointer

MAX_PLACES = 20_000
MAX_CHECKS = 200_000
_MAX_JUDGED_PLACES = 5_000
_MOVES = ("$id", "$schema")
_LOCAL = "a reference to a schema within this document; nothing else is fetched"


class TooMuch(Exception):
    """More work than one comparison may take. What is then left unproven counts as incompatible."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One place of one schema. `id` tells its meaning; `schema` is as written (of a part: only its keywords)."""

    side: str
    path: Path
    schema: Any
    id: int


class Graph:
    """Raises InvalidSchema, for a schema that is none, is not complete in itself, or costs too much to judge with."""

    def __init__(self, sides: Mapping[str, Any]) -> None:
        self._documents = dict(sides)
        self._schemas: dict[tuple[str, Path], Any] = {}
        for side, document in sides.items():
            _refuse_unusable(document)
            self._collect(side, document)
        self._ids = self._refined()
        self._meanings: dict[Any, int] = {}
        for (side, path), schema in self._schemas.items():
            node = Node(side, path, schema, self._ids[side, path])
            self._meanings.setdefault(self._meaning(node), node.id)
        self._parts: dict[Any, Node] = {}
        self._judges: dict[int, Checker | None] = {}
        self._checks = 0

    def root(self, side: str) -> Node:
        return self._node(side, ())

    def nodes(self) -> Iterator[Node]:
        """Every place that can matter, in the order of the documents."""
        for side, path in self._schemas:
            yield self._node(side, path)

    def child(self, node: Node, *steps: str | int) -> Node:
        """The schema at a keyword (and name or index) of this one; of `$ref`, the schema it names."""
        if steps == ("$ref",):
            return self._node(node.side, _path_of(self._documents[node.side], node.schema["$ref"]))
        return self._node(node.side, (*node.path, *steps))

    def children(self, node: Node, keyword: str) -> list[Node]:
        """The schemas directly under one keyword; none when it is not there."""
        if not isinstance(node.schema, dict) or keyword not in node.schema:
            return []
        if keyword == "$ref":
            return [self.child(node, "$ref")]
        return [self.child(node, keyword, *step) for step, _ in dialect.children(keyword, node.schema[keyword])]

    def part(self, node: Node, keywords: Sequence[str]) -> Node:
        """The schema with only these of its keywords."""
        key = (node.side, node.path, node.id, *keywords)
        if key not in self._parts:
            kept = {keyword: node.schema[keyword] for keyword in keywords if keyword in node.schema}
            self._parts[key] = self._known(Node(node.side, node.path, kept, -1))
        return self._parts[key]

    def made(self, schema: Mapping[str, Any]) -> Node:
        """A schema of our own without subschemas, which stands nowhere."""
        return self._known(Node("", (), dict(schema), -1))

    def accepts(self, node: Node, value: Any) -> bool | None:
        """The judge's word on a value; None when the schema is too large to ask about. Raises TooMuch."""
        self._checks += 1
        if self._checks > MAX_CHECKS:
            raise TooMuch
        if isinstance(node.schema, bool):
            return node.schema
        if node.id not in self._judges:
            self._judges[node.id] = self._judge(node)
        judge = self._judges[node.id]
        return None if judge is None else judge.valid(value)

    def matches(self, pattern: str, name: str) -> bool:
        """Whether the linear-time engine finds the pattern in the name."""
        return _matcher(pattern).valid(name)

    def _known(self, node: Node) -> Node:
        meaning = self._meaning(node)
        number = self._meanings.setdefault(meaning, len(self._meanings) + len(self._schemas))
        return Node(node.side, node.path, node.schema, number)

    def _node(self, side: str, path: Path) -> Node:
        return Node(side, path, self._schemas[side, path], self._ids[side, path])

    # -- places --

    def _collect(self, side: str, document: Any) -> None:
        waiting: list[Path] = [()]
        while waiting:
            path = waiting.pop()
            if (side, path) in self._schemas:
                continue
            if len(self._schemas) >= MAX_PLACES:
                raise InvalidSchema([Finding("", "size", f"at most {MAX_PLACES} subschemas in both schemas together")])
            node = _at(document, path)
            self._schemas[side, path] = node
            if not isinstance(node, dict):
                continue
            if path:
                _refuse_other_documents(node, path)
            for keyword, value in node.items():
                if holds_schemas(keyword):
                    waiting.extend((*path, keyword, *step) for step, _ in dialect.children(keyword, value))
            if isinstance(node.get("$ref"), str):
                waiting.append(self._target(document, path, node["$ref"]))

    def _target(self, document: Any, path: Path, ref: str) -> Path:
        try:
            target = _path_of(document, ref)
        except (LookupError, TypeError, ValueError):
            raise InvalidSchema([Finding(pointer([*path, "$ref"]), "$ref", _LOCAL)]) from None
        schema = document
        for index, step in enumerate(target, start=1):
            schema = schema[step]
            _refuse_other_documents(schema, target[:index])
        if not _meta_schema().is_valid(schema):
            raise InvalidSchema([Finding(pointer([*path, "$ref"]), "$ref", _LOCAL)])
        return target

    # -- meanings --

    def _refined(self) -> dict[tuple[str, Path], int]:
        """The coarsest partition of the places in which members of a class have the same assertions and children."""
        shapes = {place: _shape(schema) for place, schema in self._schemas.items()}
        edges = {place: self._edges(place) for place in self._schemas}
        ids = _numbered(shapes)
        while True:
            finer = _numbered({place: (ids[place], tuple(ids[to] for to in edges[place])) for place in self._schemas})
            if len(set(finer.values())) == len(set(ids.values())):
                return finer
            ids = finer

    def _edges(self, place: tuple[str, Path]) -> list[tuple[str, Path]]:
        side, path = place
        schema = self._schemas[place]
        return [(side, to) for keyword in asserting(schema) for to in self._steps(side, path, keyword)]

    def _steps(self, side: str, path: Path, keyword: str) -> list[Path]:
        value = self._schemas[side, path][keyword]
        if keyword == "$ref":
            return [_path_of(self._documents[side], value)]
        if not holds_schemas(keyword):
            return []
        return [(*path, keyword, *step) for step, _ in sorted(dialect.children(keyword, value), key=lambda one: one[0])]

    def _meaning(self, node: Node) -> Any:
        found = [_shape(node.schema)]
        for keyword in asserting(node.schema):
            if keyword == "$ref" or holds_schemas(keyword):
                known = (
                    sorted(self.children(node, keyword), key=lambda each: each.path)
                    if keyword != "$ref"
                    else (self.children(node, keyword))
                )
                found += [each.id for each in known]
        return tuple(found)

    # -- judging --

    def _judge(self, node: Node) -> Checker | None:
        reached: dict[int, Node] = {node.id: node}
        waiting = [node]
        definitions: dict[str, Any] = {}
        while waiting:
            one = waiting.pop()
            for keyword in asserting(one.schema):
                for child in self.children(one, keyword) if keyword == "$ref" or holds_schemas(keyword) else ():
                    if child.id not in reached:
                        reached[child.id] = child
                        waiting.append(child)
            if len(reached) > _MAX_JUDGED_PLACES:
                return None
            definitions[str(one.id)] = self._sentence(one)
        self._checks += 10 + len(reached)
        return Checker({"$ref": f"#/$defs/{node.id}", "$defs": definitions})

    def _sentence(self, node: Node) -> Any:
        """The schema with references by meaning in the place of its subschemas."""
        if not isinstance(node.schema, dict):
            return node.schema
        written: dict[str, Any] = {}
        for keyword in asserting(node.schema):
            value = node.schema[keyword]
            if keyword == "$ref":
                written["$ref"] = self._named(node, "$ref")["$ref"]
            elif keyword in dialect.ONE_SCHEMA:
                written[keyword] = self._named(node, keyword)
            elif keyword in dialect.LIST_OF_SCHEMAS:
                written[keyword] = [self._named(node, keyword, index) for index in range(len(value))]
            elif keyword in dialect.MAP_OF_SCHEMAS:
                written[keyword] = {name: self._named(node, keyword, name) for name in value}
            else:
                written[keyword] = value
        return written

    def _named(self, node: Node, *steps: str | int) -> dict[str, str]:
        return {"$ref": f"#/$defs/{self.child(node, *steps).id}"}


MOST_JUDGED: Final = 2**63
"""From here on the validator takes whole numbers and floats of one value for different bounds."""


def canonical(value: Any) -> bytes:
    """The same bytes for equal JSON values, 1 and 1.0 among them; from 2^63 on the validator tells those two apart."""
    return orjson.dumps(_plain(value), option=orjson.OPT_SORT_KEYS)


def _plain(value: Any) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float):
        whole = value == value // 1 and (isinstance(value, int) or abs(value) < MOST_JUDGED)
        return ["#", str(int(value)) if whole else repr(value)]
    if isinstance(value, list):
        return ["[", *map(_plain, value)]
    return {name: _plain(each) for name, each in value.items()}


def asserting(schema: Any) -> list[str]:
    """The keywords that judge, in a fixed order; those without the keyword that gives them sense judge nothing."""
    if not isinstance(schema, dict):
        return []
    return sorted(
        keyword
        for keyword in schema
        if not is_annotation(keyword)
        and keyword != "$id"
        and not (keyword in ("then", "else") and "if" not in schema)
        and not (keyword in ("minContains", "maxContains") and "contains" not in schema)
    )


def _shape(schema: Any) -> Any:
    """What a schema says itself, its subschemas only by name."""
    if not isinstance(schema, dict):
        return (True,) if schema is True else (False,)
    found: list[Any] = []
    for keyword in asserting(schema):
        value = schema[keyword]
        if keyword in dialect.LIST_OF_SCHEMAS:
            value = len(value)
        elif keyword in dialect.MAP_OF_SCHEMAS:
            value = canonical(sorted(value))
        elif keyword in dialect.ONE_SCHEMA or keyword == "$ref":
            value = None
        elif keyword in ("enum", "required", "type") and isinstance(value, list):
            value = tuple(sorted({canonical(each) for each in value}))
        else:
            value = canonical(value)
        found.append((keyword, value))
    return tuple(found) or (True,)


def _numbered(shapes: Mapping[Any, Any]) -> dict[Any, int]:
    numbers: dict[Any, int] = {}
    return {place: numbers.setdefault(shape, len(numbers)) for place, shape in shapes.items()}


def _path_of(document: Any, ref: str) -> Path:
    """The place that a local reference names; ValueError or LookupError where there is none."""
    if ref not in ("", "#") and not ref.startswith("#/"):
        raise ValueError(ref)
    path: list[str | int] = []
    node = document
    for token in ref.removeprefix("#").split("/")[1:]:
        name: str | int = unquoted(token)
        if isinstance(node, list):
            name = int(name)
        node = node[name]
        path.append(name)
    return tuple(path)


def _refuse_other_documents(node: Any, path: Path) -> None:
    """What stands at or on the way to a schema must not begin a document of its own, in which references start anew.

    Under `properties` the two words are names of members, whose schemas are no text.
    """
    for keyword in _MOVES:
        if isinstance(node, dict) and isinstance(node.get(keyword), str):
            expected = f"{keyword} only at the root: one document, in one dialect"
            raise InvalidSchema([Finding(pointer([*path, keyword]), keyword, expected)])


def unquoted(token: str) -> str:
    """The name that one step of a pointer in a URI fragment stands for (RFC 6901, section 6)."""
    return unquote(token).replace("~1", "/").replace("~0", "~")


def _at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


def _refuse_unusable(document: Any) -> None:
    if not isinstance(document, dict | bool):
        raise InvalidSchema([Finding("", "schema", "an object, true or false")])
    findings = dialect.oversized(document) or _other_dialect(document)
    if not findings and isinstance(document, dict):
        findings = [*_misread_keywords(document)] or [*_lost_references(document)]
        findings = findings or [*costs.excessive(document, [((), document)])]
    if findings:
        raise InvalidSchema(findings)
    Checker(document)


def _other_dialect(document: Any) -> list[Finding]:
    named = document.get("$schema", dialect.DIALECT) if isinstance(document, dict) else dialect.DIALECT
    if isinstance(named, str) and named.rstrip("#").partition("://")[2] == dialect.DIALECT.partition("://")[2]:
        return []
    return [Finding("/$schema", "$schema", f"{dialect.DIALECT}, draft-07's, or nothing")]


def _lost_references(document: dict[str, Any]) -> Iterator[Finding]:
    for path, node in dialect.subschemas(document):
        try:
            _path_of(document, node.get("$ref", "#"))
        except (LookupError, TypeError, ValueError):
            yield Finding(pointer([*path, "$ref"]), "$ref", _LOCAL)


def _misread_keywords(document: dict[str, Any]) -> Iterator[Finding]:
    for error in list(_meta_schema().iter_errors(document))[: dialect.MAX_FINDINGS]:
        path = error.instance_path
        name = str(path[-1]) if path else "schema"
        yield Finding(pointer(path), name, f"what JSON Schema 2020-12 allows for '{name}'")


@lru_cache(maxsize=1)
def _meta_schema() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({"$ref": dialect.DIALECT}, offline=True)


@lru_cache(maxsize=4096)
def _matcher(pattern: str) -> Checker:
    return Checker({"pattern": pattern})
