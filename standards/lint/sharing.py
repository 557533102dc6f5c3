"""Rules on why data is shared and what it means: purposes, legal bases, links to the shared standards."""

import re
from collections.abc import Iterator
from typing import Any

from standards import envelopes
from standards.dialect import Path
from standards.documents import chain_of, mapping
from standards.lint.examined import Examined
from standards.lint.rules import Places, rule
from standards.models import SLUG

_VERSION = r"(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)"
_STANDARD = re.compile(rf"urn:hutong:standard:{SLUG.strip('^$')}:{_VERSION}")
_ELEMENT = re.compile(rf"urn:hutong:(?:element|codes):{SLUG.strip('^$')}:{_VERSION}")
_BASIS = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,126}[\x21-\x7e])?")
PURPOSES, BASES = "x-hutong-purposes", "x-hutong-bases"


@rule(
    "purpose",
    ("数据只为写明的用途共享。", "Data is shared for stated purposes only."),
    (
        "在文档或操作上写 x-hutong-purposes：用途代码的列表。",
        "Put x-hutong-purposes, a list of purpose codes, on the document or the operation.",
    ),
    overridable=True,
)
def purpose(examined: Examined) -> Places:
    yield from _unsaid(examined, PURPOSES, re.compile(SLUG), "a list of codes of the purposes code list")


@rule(
    "basis",
    ("每次共享都要有法律依据。", "Every sharing has a legal basis."),
    (
        "在文档或操作上写 x-hutong-bases：法律依据的列表。",
        "Put x-hutong-bases, a list of legal bases, on the document or the operation.",
    ),
    overridable=True,
)
def basis(examined: Examined) -> Places:
    yield from _unsaid(examined, BASES, _BASIS, "a list of legal bases, each at most 128 visible ASCII characters")


def _unsaid(examined: Examined, name: str, form: re.Pattern[str], expected: str) -> Places:
    """Where neither the operation nor, for all, the document says it; an operation's word stands before."""
    for each in examined.operations:
        if not _is_said(each.operation.get(name, examined.document.get(name)), form):
            yield (*each.at, name), expected


def _is_said(value: Any, form: re.Pattern[str]) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, str) and form.fullmatch(v) for v in value)


@rule(
    "linked",
    (
        "字段接上数据元，各部门的数据才说同一种话。",
        "Fields that are linked to data elements mean the same in every department.",
    ),
    (
        "在记录上写 x-hutong-standard: urn:hutong:standard:标识:版本，或为每个属性写 x-hutong-element。",
        "Put x-hutong-standard: urn:hutong:standard:<slug>:<version> on the record, or x-hutong-element (or "
        "x-hutong-codes) on each of its properties.",
    ),
    overridable=True,
)
def linked(examined: Examined) -> Places:
    for reply in examined.envelopes:
        node = envelopes.descend(examined.document, reply.schema, reply.steps)
        path: Path = tuple(part for step in reply.steps for part in ("properties", step))
        if mapping(node).get("type") == "array":
            node, path = mapping(node).get("items"), (*path, "items")
        if not _bears(examined, node, "x-hutong-standard", _STANDARD):
            for at in _unlinked(examined, node, (*reply.at, *path), set()):
                yield at, "x-hutong-standard on the record, or x-hutong-element on each of its properties"


def _bears(examined: Examined, schema: Any, name: str, form: re.Pattern[str]) -> bool:
    urns = [mapping(link).get(name) for link in chain_of(examined.document, schema)]
    return any(isinstance(urn, str) and form.fullmatch(urn) for urn in urns)


def _unlinked(examined: Examined, schema: Any, at: Path, seen: set[int]) -> Iterator[Path]:
    if _bears(examined, schema, "x-hutong-element", _ELEMENT) or _bears(examined, schema, "x-hutong-codes", _ELEMENT):
        return
    node = examined.merged(schema)
    properties = mapping(node.get("properties"))
    if id(schema) in seen or not (properties or "items" in node):
        yield at
        return
    seen.add(id(schema))
    for name, child in properties.items():
        yield from _unlinked(examined, child, (*at, "properties", name), seen)
    if "items" in node:
        yield from _unlinked(examined, node["items"], (*at, "items"), seen)


RULES = (purpose, basis, linked)
