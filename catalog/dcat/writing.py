"""Nodes as JSON-LD 1.1 and as Turtle 1.1, dataset by dataset, so that a large catalog takes little memory. Pure.

Both say the same triples: the context decides what a term means in either.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson

from catalog.dcat.vocabulary import CONTEXT, KEYWORDS, PREFIXES, TERMS, iri

JSON_LD: Final = "application/ld+json"
TURTLE: Final = "text/turtle"

Node = dict[str, Any]

_LOCAL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_ESCAPED = re.compile(r'[\x00-\x1f"\\\x7f]')
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LONGEST_FIRST = sorted(PREFIXES.items(), key=lambda pair: -len(pair[1]))
_PREFIXES = "".join(f"@prefix {name}: <{base}> .\n" for name, base in PREFIXES.items())


def json_ld(catalog: Node, datasets: Iterable[Node]) -> Iterator[bytes]:
    """The catalog with its datasets, as one JSON-LD document in pieces."""
    head = orjson.dumps({"@context": CONTEXT, **catalog})
    yield head[:-1] + b',"dataset":['
    between = b"\n"
    for node in datasets:
        yield between + orjson.dumps(node)
        between = b",\n"
    yield b"\n]}\n"


def turtle(catalog: Node, datasets: Iterable[Node]) -> Iterator[bytes]:
    """The same, as one Turtle document in pieces."""
    yield (_PREFIXES + "".join(_statements(catalog))).encode()
    link = f"{_reference(catalog['id'])} dcat:dataset "
    for node in datasets:
        yield "".join((link, _reference(node["id"]), " .\n", *_statements(node))).encode()


def context() -> bytes:
    """The context alone, as a document."""
    return orjson.dumps({"@context": CONTEXT})


def single(node: Node, media_type: str) -> bytes:
    """One node and what it refers to, as a document of its own."""
    if media_type == JSON_LD:
        return orjson.dumps({"@context": CONTEXT, **node})
    return (_PREFIXES + "".join(_statements(node))).encode()


def _statements(node: Node) -> Iterator[str]:
    """The triples of a node, and after them those of the nodes in it."""
    inner: list[Node] = []
    lines = [f"a {node['type']}"] if "type" in node else []
    for name, value in node.items():
        if name in KEYWORDS:
            continue
        objects = list(_objects(name, value, inner))
        if objects:
            lines.append(f"{TERMS[name]['@id']} {', '.join(objects)}")
    if lines:
        yield f"\n{_reference(node['id'])} " + " ;\n  ".join(lines) + " .\n"
    for each in inner:
        yield from _statements(each)


def _objects(name: str, value: Any, inner: list[Node]) -> Iterator[str]:
    """The objects of one term, by what the context says of it."""
    term = TERMS[name]
    if term.get("@container") == "@language":
        for language, text in value.items():
            yield f"{_literal(text)}@{language}"
        return
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict) and "@value" in one:
            yield f"{_literal(one['@value'])}^^{one['@type']}"
        elif isinstance(one, dict):
            inner.append(one)
            yield _reference(one["id"])
        elif "@type" in term:
            text = str(one).lower() if isinstance(one, bool) else str(one)
            yield f"{_literal(text)}^^{term['@type']}"
        else:
            yield _literal(one)


def _literal(text: str) -> str:
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04X}"


def _reference(name: str) -> str:
    """An IRI, short where a prefix of ours fits."""
    for prefix, base in _LONGEST_FIRST:
        if name.startswith(base) and _LOCAL.fullmatch(name, len(base)):
            return f"{prefix}:{name[len(base) :]}"
    return f"<{iri(name)}>"
