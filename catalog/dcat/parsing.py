"""Bytes of JSON-LD or Turtle as a graph: within bounds of size, triples and time, and without a single request. Pure.

Whatever a document names is only a name: a context, a document or an ontology on the web is never fetched, so a
JSON-LD document has to carry its context. RDF/XML and other formats are not read.
rdflib's parsers look at no clock between two statements: documents of strangers are read through `apart`.
Raises catalog.imports.Unreadable.
"""

import logging
import time
from collections.abc import Iterator
from typing import Any, Final, Self

import rdflib
from rdflib import RDF, Graph
from rdflib.plugins.parsers.jsonld import to_rdf
from rdflib.plugins.parsers.notation3 import BadSyntax
from rdflib.term import bind

from catalog.dcat.apart import MAX_BYTES, kind_of
from catalog.dcat.writing import JSON_LD, TURTLE
from catalog.imports import Unreadable
from standards import strict_json
from standards.strict_json import EXPECTED, UnreadableJson
from standards.validation import pointer

MAX_TRIPLES: Final = 300_000
MAX_SECONDS: Final = 60.0
_MAX_DEFINITIONS = 2_000
_BASE: Final = "https://document.invalid/"
_EACH = 500
"""Triples between two looks at the clock."""

SUFFIXES: Final = {".jsonld": JSON_LD, ".json": JSON_LD, ".ttl": TURTLE}


class _Unread(str):
    """The lexical form of a literal that nothing here needs the value of."""


# rdflib computes the value of each literal. Markup would be parsed for that, and a number written out in full, which
# one short literal can make endless; and it would log what it cannot convert.
logging.getLogger("rdflib").setLevel(logging.CRITICAL)
for _markup in (RDF.XMLLiteral, RDF.HTML):
    bind(_markup, _Unread)


class _Bounded(Graph):
    """A graph that takes so many triples and so long, and no more."""

    def __init__(self, most: int, seconds: float) -> None:
        super().__init__()
        self._room, self._most, self._end = most, most, time.monotonic() + seconds

    def add(self, triple: Any) -> Self:
        self._room -= 1
        if self._room < 0:
            raise Unreadable("", "too-large", f"at most {self._most} statements in one document: send it in pages")
        if self._room % _EACH == 0 and time.monotonic() > self._end:
            raise Unreadable("", "too-slow", "a document that is read in a minute: send it in pages")
        return super().add(triple)


def parsed(raw: bytes, media_type: str, *, most: int = MAX_TRIPLES, seconds: float = MAX_SECONDS) -> Graph:
    """The graph that a document says; `media_type` may carry parameters. Raises Unreadable."""
    kind = kind_of(media_type)
    if len(raw) > MAX_BYTES:
        raise Unreadable("", "too-large", f"at most {MAX_BYTES} bytes in one document: send it in pages")
    rdflib.NORMALIZE_LITERALS = False  # of the whole process, and others may have turned it on
    graph = _Bounded(most, seconds)
    try:
        return _linked(raw, graph) if kind == JSON_LD else _turtle(raw, graph)
    except RecursionError:
        raise Unreadable("", "too-deep", "nodes that are nested less deeply") from None


def _linked(raw: bytes, graph: Graph) -> Graph:
    try:
        document = strict_json.loads_with_halves(raw, max_bytes=MAX_BYTES)
    except UnreadableJson as error:
        raise Unreadable(_place(raw, error.offset), error.reason, EXPECTED[error.reason]) from None
    _refuse_remote(document)
    try:
        to_rdf(document, graph, _BASE)
    except (Unreadable, RecursionError, MemoryError):
        raise
    except Exception:  # rdflib lets through whatever its processor stumbles over
        half = strict_json.half_in(document)
        if half is not None:
            raise Unreadable(pointer(half), "surrogate", "whole characters: one is half of a surrogate pair") from None
        raise Unreadable("", "json-ld", "JSON-LD 1.1 whose terms its own context defines") from None
    return graph


def _place(raw: bytes, offset: int | None) -> str:
    """Line and column of a character, counted from 1."""
    if offset is None:
        return ""
    before = raw.decode("utf-8", errors="replace")[:offset]
    return f"line {before.count(chr(10)) + 1}, column {offset - before.rfind(chr(10))}"


def _refuse_remote(document: Any) -> None:
    """A context that lies elsewhere would be fetched: it has to stand in the document (JSON-LD 1.1, section 9.4)."""
    definitions = 0
    for place, name, value in _members(document):
        if name == "@import" or (name == "@context" and _is_remote(value)):
            raise Unreadable(_whole(place), "remote", "the context itself in place of its address: nothing is fetched")
        if name == "@context":
            definitions += sum(
                len(one) for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)
            )
        if definitions > _MAX_DEFINITIONS:
            raise Unreadable(_whole(place), "too-large", f"at most {_MAX_DEFINITIONS} terms in all contexts together")


def _whole(place: str) -> str:
    """A place without halves of surrogate pairs, which no answer could tell."""
    return place.encode("utf-8", "replace").decode()


def _is_remote(context: Any) -> bool:
    return isinstance(context, str) or (isinstance(context, list) and any(isinstance(one, str) for one in context))


def _members(document: Any) -> Iterator[tuple[str, str, Any]]:
    """Every member of every object, with its JSON Pointer; never recursive."""
    waiting = [("", document)]
    while waiting:
        above, value = waiting.pop()
        if isinstance(value, dict):
            for name, inner in value.items():
                place = f"{above}/{name.replace('~', '~0').replace('/', '~1')}"
                yield place, name, inner
                waiting.append((place, inner))
        elif isinstance(value, list):
            waiting += [(f"{above}/{index}", inner) for index, inner in enumerate(value)]


def _turtle(raw: bytes, graph: Graph) -> Graph:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"line {line}", "not-utf8", f"UTF-8 throughout; byte {error.start} is not") from None
    try:
        return graph.parse(data=text, format="turtle", publicID=_BASE)
    except (Unreadable, RecursionError, MemoryError):
        raise
    except BadSyntax as error:
        raise Unreadable(f"line {error.lines + 1}", "turtle", "Turtle 1.1") from None
    except Exception:  # rdflib lets through whatever its parser stumbles over
        raise Unreadable("", "turtle", "Turtle 1.1 with absolute IRIs") from None
