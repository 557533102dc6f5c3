"""Bundling: references to data elements and code lists become `$defs`, so that a schema needs nothing else.

A code list becomes the enum of all its codes, those that have ended too: a record of last year stays valid, and one
reference always gives one schema. `urn:hutong:codes:<slug>:<version>@2026-01-01` asks for the codes of one day.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

import orjson
from sqlmodel import Session

from standards import versions
from standards.dialect import Path, subschemas
from standards.models import CodeList, DataElement
from standards.validation import Finding, InvalidSchema, pointer

_URN = re.compile(
    r"urn:hutong:(?P<kind>element|codes):(?P<slug>[a-z0-9-]{1,64}):(?P<version>[0-9.]{5,32})(?P<day>@[0-9-]{10})?"
)


def names_code_list(ref: str) -> bool:
    found = _URN.fullmatch(ref)
    return found is not None and found["kind"] == "codes"


def references_of(document: dict[str, Any]) -> Callable[[str], bool]:
    """What a standard may refer to: elements, code lists, itself and its own `$defs`."""
    definitions = document.get("$defs")
    own = {f"#/$defs/{name}" for name in (definitions if isinstance(definitions, dict) else ())} | {"#"}
    return lambda ref: ref in own or _URN.fullmatch(ref) is not None


def bundle(session: Session, document: dict[str, Any]) -> dict[str, Any]:
    """A copy in which every `urn:hutong:…` reference is `#/$defs/element:<slug>:<version>` (or `codes:…`).

    `document` has passed `dialect.oversized`. Raises InvalidSchema with every reference that leads nowhere.
    """
    bundled: dict[str, Any] = orjson.loads(orjson.dumps(document))
    definitions: dict[str, Any] = {}
    missing: list[Finding] = []
    waiting = list(_references(bundled))
    while waiting:
        path, node, urn = waiting.pop()
        name = urn[0].removeprefix("urn:hutong:")
        if name not in definitions:
            definition = _published(session, urn)
            if definition is None:
                missing.append(Finding(pointer([*path, "$ref"]), "$ref", "a published version of what it names"))
                continue
            definitions[name] = definition
            waiting.extend(_references(definition, path))
        node["$ref"] = f"#/$defs/{name}"
    if missing:
        raise InvalidSchema(sorted(missing, key=lambda finding: finding.pointer))
    return _with_definitions(bundled, definitions)


def _with_definitions(bundled: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    own = bundled.get("$defs", {})
    taken = sorted(own.keys() & definitions.keys())
    if taken:
        expected = "a name of its own: this one belongs to a published element or code list"
        raise InvalidSchema(Finding(pointer(["$defs", name]), "$defs", expected) for name in taken)
    if definitions:
        bundled["$defs"] = own | dict(sorted(definitions.items()))
    return bundled


def _references(schema: Any, at: Path | None = None) -> Iterator[tuple[Path, dict[str, Any], re.Match[str]]]:
    """References to published things. Those within an element are reported where the element is referred to (`at`)."""
    for path, node in subschemas(schema):
        ref = node.get("$ref")
        found = _URN.fullmatch(ref) if isinstance(ref, str) else None
        if found is not None:
            yield (path if at is None else at), node, found


def referred(session: Session, document: Mapping[str, Any]) -> Iterator[tuple[Path, CodeList | DataElement]]:
    """The versions in force that the document refers to, also through its elements, each with the place in it."""
    seen: set[str] = set()
    waiting = list(_references(document))
    while waiting:
        path, _, urn = waiting.pop(0)
        row = _row(session, urn)
        if row is None or urn[0] in seen:
            continue
        seen.add(urn[0])
        yield path, row
        if isinstance(row, DataElement):
            waiting.extend(_references(row.fragment, path))


def codes_on(codes: list[dict[str, Any]], day: date) -> list[str]:
    """The codes that are valid on this day: from their first to their last day, both included."""
    text = day.isoformat()
    return [
        each["code"] for each in codes if (each.get("valid_from") or text) <= text <= (each.get("valid_until") or text)
    ]


def _published(session: Session, urn: re.Match[str]) -> dict[str, Any] | None:
    row = _row(session, urn)
    if isinstance(row, DataElement):
        return None if urn["day"] else orjson.loads(orjson.dumps(row.fragment))
    if row is None or urn["day"] is None:
        return None if row is None else {"type": "string", "enum": [each["code"] for each in row.codes]}
    try:
        valid = codes_on(row.codes, date.fromisoformat(urn["day"][1:]))
    except ValueError:
        return None
    return {"type": "string", "enum": valid} if valid else None


def _row(session: Session, urn: re.Match[str]) -> CodeList | DataElement | None:
    if urn["kind"] == "codes":
        return versions.find(session, CodeList, urn["slug"], urn["version"])
    return versions.find(session, DataElement, urn["slug"], urn["version"])
