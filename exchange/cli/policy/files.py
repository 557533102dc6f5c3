"""ODRL files: JSON-LD or Turtle, by their ending, otherwise by their first character."""

from pathlib import Path
from typing import Any

from rdflib import Graph

from catalog.dcat.writing import JSON_LD, TURTLE
from catalog.imports import Unreadable
from exchange.cli.output import CommandFailed
from policies.odrl import asking, documents
from policies.odrl.asking import Ask


def read(file: Path) -> tuple[bytes, str]:
    """What is in the file, and its media type."""
    with file.open("rb") as stream:
        raw = stream.read(documents.MAX_BYTES + 1)
    kind = JSON_LD if raw.lstrip()[:1] in (b"{", b"[") else TURTLE
    return raw, documents.SUFFIXES.get(file.suffix.lower(), kind)


def graph(file: Path) -> Graph:
    """The graph of a policy file."""
    return documents.graph_of(*read(file))


def request(file: Path) -> Ask:
    """The ask in a request file, in our own form or in RDF."""
    raw, kind = read(file)
    if kind != JSON_LD:
        return asking.from_graph(documents.graph_of(raw, kind))
    document: Any = documents.json_of(raw)
    if asking.is_own_form(document):
        return asking.from_json(document)
    return asking.from_graph(documents.graph_of_json(document))


def unreadable(file: Path, error: Unreadable) -> CommandFailed:
    """Exit code 2, with what is wrong and where."""
    found = [finding.as_dict() for finding in error.findings]
    detail = f"{file}: {error}"
    problem = {"type": "about:blank", "title": "The file cannot be read", "detail": detail, "errors": found}
    return CommandFailed(detail, problem=problem)
