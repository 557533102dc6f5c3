"""ODRL documents as graphs: within the bounds of `catalog.dcat.parsing`, tighter ones of size, and without a request.

A JSON-LD document that names the context of ODRL gets our copy of it; every other context has to stand in the document.
A member whose name no context explains would silently say nothing (JSON-LD 1.1, section 5.1.2): here it is refused, for
a misspelt `constraint` must not leave a permission without one.
Raises catalog.imports.Unreadable.
"""

from collections.abc import Iterator
from typing import Any, Final

import orjson
from rdflib import Graph

from catalog.dcat import parsing
from catalog.dcat.writing import JSON_LD
from catalog.imports import Unreadable
from policies.odrl.vocabulary import CONTEXT, CONTEXT_NAMES
from standards import strict_json
from standards.strict_json import UnreadableJson

MAX_BYTES: Final = 1 << 20
MAX_TRIPLES: Final = 20_000
MAX_SECONDS: Final = 10.0
SUFFIXES: Final = parsing.SUFFIXES


def graph_of(raw: bytes, kind: str) -> Graph:
    """What a document says; `kind` is JSON-LD or Turtle."""
    if len(raw) > MAX_BYTES:
        raise Unreadable("", "too-large", f"at most {MAX_BYTES} bytes")
    if kind == JSON_LD:
        return graph_of_json(json_of(raw))
    return parsing.parsed(raw, kind, most=MAX_TRIPLES, seconds=MAX_SECONDS)


def json_of(raw: bytes) -> Any:
    """A JSON document, read strictly."""
    try:
        return strict_json.loads(raw, max_bytes=MAX_BYTES)
    except UnreadableJson as error:
        raise Unreadable("", error.reason, "strict JSON in UTF-8") from None


def graph_of_json(document: Any) -> Graph:
    """The graph of a JSON-LD document."""
    document = _with_context(document)
    _refuse_unexplained(document)
    return parsing.parsed(orjson.dumps(document), JSON_LD, most=MAX_TRIPLES, seconds=MAX_SECONDS)


def _with_context(value: Any) -> Any:
    """The document with our copy wherever it names the context of ODRL."""
    if isinstance(value, list):
        return [_with_context(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: _replaced(one) if name == "@context" else _with_context(one) for name, one in value.items()}


def _replaced(context: Any) -> Any:
    if isinstance(context, list):
        return [_replaced(one) for one in context]
    known = isinstance(context, str) and context.partition("://")[2] in CONTEXT_NAMES
    return CONTEXT if known else context


def _refuse_unexplained(document: Any) -> None:
    contexts = [one for name, one in _members(document) if name == "@context"]
    explained, any_name = set[str](), False
    for context in contexts:
        for one in context if isinstance(context, list) else [context]:
            if isinstance(one, dict):
                explained |= one.keys()
                any_name = any_name or isinstance(one.get("@vocab"), str)
    if any_name:
        return
    for name, _ in _members(document):
        if name not in explained and not name.startswith("@") and ":" not in name:
            raise Unreadable(f"/{name[:100]}", "undefined-term", "terms that a context of the document defines")


def _members(document: Any) -> Iterator[tuple[str, Any]]:
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            for name, one in value.items():
                yield name, one
                if name != "@context":
                    waiting.append(one)
        elif isinstance(value, list):
            waiting += value
