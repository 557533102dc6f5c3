"""Hostile documents: each is refused with its place and what is expected, within bounds, and nothing is fetched."""

import logging
import socket
from typing import Any

import orjson
import pytest

from catalog.dcat import parsing
from catalog.dcat.parsing import parsed
from catalog.dcat.writing import JSON_LD, TURTLE
from catalog.imports import Unreadable


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("something was fetched")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def refused(raw: bytes, media_type: str, **bounds: Any) -> tuple[str, str]:
    with pytest.raises(Unreadable) as error:
        parsed(raw, media_type, **bounds)
    (finding,) = error.value.findings
    assert finding.expected
    return finding.pointer, finding.rule


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"@context": "https://x.example/c", "a": 1}, "/@context"),
        ({"@context": ["file:///etc/passwd", {}], "a": 1}, "/@context"),
        ({"@context": {"@import": "https://x.example/c"}}, "/@context/@import"),
        ({"@context": {"a": {"@id": "urn:a", "@context": "c.jsonld"}}}, "/@context/a/@context"),
        ({"x": [{"y": {"@context": "http://localhost/c"}}]}, "/x/0/y/@context"),
    ],
)
def test_a_context_elsewhere_is_refused_where_it_stands(document: Any, pointer: str) -> None:
    assert refused(orjson.dumps(document), JSON_LD) == (pointer, "remote")


def test_a_remote_context_within_graphs_deeper_than_any_reader_looks() -> None:
    deep: Any = {"@context": "https://x.example/c"}
    for _ in range(60):
        deep = {"a": deep}
    assert refused(orjson.dumps(deep), JSON_LD)[1] == "remote"


@pytest.mark.parametrize(
    ("raw", "kind", "rule"),
    [
        (b"\xff\xfe<\x00", TURTLE, "not-utf8"),
        (b"<urn:a> <urn:b>", TURTLE, "turtle"),
        (b"<urn:a> <urn:b> {<urn:c> <urn:d> <urn:e>} .", TURTLE, "turtle"),
        (b"<urn:a> <urn:p> " + b"[ <urn:p> " * 50_000, TURTLE, "too-deep"),
        (b"<urn:a> <urn:p> " + b"(" * 50_000, TURTLE, "too-deep"),
        (b"<urn:a> <urn:p> " + b"1" * 100_000 + b" .", TURTLE, "turtle"),
        (b'{"a":1,"a":2}', JSON_LD, "duplicate-key"),
        (b"[" * 100 + b"]" * 100, JSON_LD, "too-deep"),
        (b"\xef\xbb\xbf{}", JSON_LD, "not-utf8"),
        (b"null", JSON_LD, "json-ld"),
        (b'{"@context":5,"@id":7}', JSON_LD, "json-ld"),
        (orjson.dumps({"@context": {"a": "b:x", "b": "a:y"}, "a": 1}), JSON_LD, "too-deep"),
        (orjson.dumps([{"@context": {f"t{j}": "urn:x" for j in range(50)}} for _ in range(50)]), JSON_LD, "too-large"),
        (b"<rdf:RDF/>", "application/rdf+xml", "media-type"),
        (b"", "", "media-type"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else None,
)
def test_what_is_no_document_is_refused(raw: bytes, kind: str, rule: str) -> None:
    assert refused(raw, kind)[1] == rule


def test_the_line_of_a_mistake_is_named() -> None:
    assert refused(b"<urn:a> <urn:b> 1 .\n<urn:a> <urn:b> 2 .\n<urn:a> oops .\n", TURTLE) == ("line 3", "turtle")


@pytest.mark.parametrize(
    ("raw", "kind", "place"),
    [
        (b'{"a": 1,\n "b": oops}', JSON_LD, "line 2, column 7"),
        ('{"文": 1, oops}'.encode(), JSON_LD, "line 1, column 10"),
        (b"<urn:a> <urn:b> 1 .\n<urn:a> <urn:b> '\xff' .", TURTLE, "line 2"),
    ],
)
def test_the_place_of_a_mistake_is_named(raw: bytes, kind: str, place: str) -> None:
    assert refused(raw, kind)[0] == place


@pytest.mark.parametrize("kind", [TURTLE, JSON_LD])
def test_statements_and_time_are_bounded(kind: str) -> None:
    turtle = b"".join(b'<urn:s%d> <urn:p> "v" .\n' % number for number in range(2_000))
    linked = orjson.dumps({"@context": {"p": "urn:p"}, "@graph": [{"@id": f"urn:{n}", "p": "v"} for n in range(2_000)]})
    raw = turtle if kind == TURTLE else linked
    assert len(parsed(raw, kind, most=2_000)) == 2_000
    assert refused(raw, kind, most=1_999)[1] == "too-large"
    assert refused(raw, kind, most=2_000, seconds=-1)[1] == "too-slow"


def test_bytes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "MAX_BYTES", 10)
    assert refused(b" " * 11, TURTLE)[1] == "too-large"


BOMBS = [
    ("1E+999999999", "http://www.w3.org/2001/XMLSchema#decimal"),
    ("9" * 100_000, "http://www.w3.org/2001/XMLSchema#integer"),
    ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral"),
    ("<p>" * 10_000, "http://www.w3.org/1999/02/22-rdf-syntax-ns#HTML"),
    ("P99999999999999999Y", "http://www.w3.org/2001/XMLSchema#duration"),
]


@pytest.mark.parametrize(("text", "datatype"), BOMBS, ids=[datatype.split("#")[1] for _, datatype in BOMBS])
def test_a_literal_stays_what_it_was_written_as(text: str, datatype: str, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is computed of it, and nothing of it is logged."""
    document = {"@id": "urn:a", "urn:p": {"@value": text, "@type": datatype}}
    with caplog.at_level(logging.DEBUG):
        (found,) = parsed(orjson.dumps(document), JSON_LD).objects()
    assert str(found) == text
    assert not caplog.records


@pytest.mark.parametrize("kind", ["XMLLiteral", "HTML"])
def test_markup_is_not_parsed(kind: str) -> None:
    datatype = f"http://www.w3.org/1999/02/22-rdf-syntax-ns#{kind}"
    document = {"@id": "urn:a", "urn:p": {"@value": "<a>b</a>", "@type": datatype}}
    (found,) = parsed(orjson.dumps(document), JSON_LD).objects()
    assert isinstance(found.toPython(), str), "a tree of nodes would have been made of it"


def test_relative_names_are_names_and_no_files() -> None:
    (subject,) = set(parsed(b"<passwd> <urn:p> <../x> .", TURTLE).subjects())
    assert str(subject) == "https://document.invalid/passwd"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"[" * 100 + b"]" * 100, "cannot be read: at most 64 levels"),
        (b'{"a":1,"a":2}', "cannot be read: each name once"),
        (b'{"a":\n NaN}', "cannot be read at line 2, column 2: numbers, or null"),
        (b'{"a":\n', "line 2, column 1: JSON (RFC 8259)"),
    ],
)
def test_each_reason_says_what_was_expected(raw: bytes, said: str) -> None:
    with pytest.raises(Unreadable) as refused:
        parsed(raw, JSON_LD)
    assert said in str(refused.value)
