"""Standards: one JSON Schema 2020-12 for one kind of record, built from data elements and code lists.

LookupError
└── UnknownStandard
ValueError
├── Incompatible      .findings: what would break, and for whom
├── InvalidSchema     (validation) .findings: what is wrong with the schema by itself
└── ModeChanged       the compatibility mode is not the one of this major version
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import orjson
from sqlmodel import Session

from standards import bundles, compatibility, costs, dialect, lives, versions
from standards.bundles import bundle as bundle
from standards.compatibility import Incompatibility, Mode, Verdict
from standards.models import Governed, Standard, StandardDraft
from standards.validation import Checker, Finding, InvalidSchema, pointer

MAX_LEAVES = 500
_MOST_VERDICTS = 64
_VERDICTS: dict[bytes, Verdict] = {}
_PROPERTY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_SAME_VALUE = ("allOf", "anyOf", "oneOf", "if", "then", "else", "dependentSchemas", "items", "prefixItems", "contains")


class UnknownStandard(LookupError):
    def __init__(self, slug: str, version: str | None) -> None:
        named = slug if version is None else f"{slug} {version}"
        super().__init__(f"no standard {named} is published: look at the list of standards")


class Incompatible(ValueError):
    """A version that would break those who rely on the earlier ones; `findings` name each change and whom it breaks."""

    def __init__(self, slug: str, older: Sequence[str], mode: str, findings: Sequence[Incompatibility]) -> None:
        self.findings = tuple(findings)
        super().__init__(
            f"{slug} would not fit {', '.join(older)} (mode {mode}): mend every listed change, or publish it as the "
            "next major version."
        )


class ModeChanged(ValueError):
    """The promise that one major version was begun with is changed within it."""

    def __init__(self, mode: str) -> None:
        super().__init__(f"This major version was begun with the mode {mode}: keep it, or begin the next one.")


def columns(session: Session, draft: StandardDraft) -> dict[str, Any]:
    """What is kept of a proposal, bundled. Raises InvalidSchema with everything wrong at once."""
    document = draft.document
    findings = dialect.oversized(document)
    if not findings:
        findings = [*dialect.faults(document, bundles.references_of(document)), *_unfit_for_records(document)]
    if findings:
        raise InvalidSchema(findings[: dialect.MAX_FINDINGS])
    bundled = bundle(session, document)
    findings = [*costs.excessive(bundled, [((), bundled)])] or _too_many_leaves(bundled)
    if findings:
        raise InvalidSchema(findings)
    Checker(bundled)
    return {**draft.model_dump(mode="json"), "bundled": bundled}


def follows(draft: StandardDraft, kept: Mapping[str, Any], earlier: Sequence[Standard]) -> None:
    """Whether the proposal fits the versions before it in its major version, in the mode that this was begun with.

    Major version 0 promises nothing (Semantic Versioning 2.0.0, rule 4). Raises Incompatible, ModeChanged.
    """
    if not earlier or versions.order(draft.version)[0] == 0:
        return
    mode = earlier[-1].compatibility
    if draft.compatibility != mode:
        raise ModeChanged(mode)
    verdict = _verdict(kept["bundled"], [row.bundled for row in earlier], Mode(mode))
    if not verdict.compatible:
        raise Incompatible(draft.slug, [row.version for row in earlier], mode, verdict.findings)


def _verdict(new: Any, older: Sequence[Any], mode: Mode) -> Verdict:
    """Judged once: it can take seconds, and is asked for again when a lock is held."""
    told = orjson.dumps([mode, new, older if mode.transitive else older[-1:]])
    asked = hashlib.sha256(told).digest()
    verdict = _VERDICTS.get(asked)
    if verdict is None:
        verdict = compatibility.check(new, older, mode)
        if len(_VERDICTS) >= _MOST_VERDICTS:
            _VERDICTS.clear()
        _VERDICTS[asked] = verdict
    return verdict


def _compare(old: Standard, new: Standard) -> dict[str, Any]:
    """The verdict in the mode of the new version."""
    verdict = _verdict(new.bundled, [old.bundled], Mode(new.compatibility))
    return {**verdict.as_dict(), "mode": new.compatibility}


def _refers(session: Session, row: Standard) -> Iterator[tuple[str, Governed]]:
    return ((pointer(["document", *at]), other) for at, other in bundles.referred(session, row.document))


KIND = lives.Kind(
    "standard", Standard, StandardDraft, columns, UnknownStandard, follows, compare=_compare, refers=_refers
)


def publish(session: Session, draft: StandardDraft, by: str, now: datetime) -> Standard:
    """See `lives.publish`. Raises InvalidSchema, Incompatible, ModeChanged, AlreadyPublished, OutOfOrder."""
    return lives.publish(session, KIND, draft, by, now)


def fetch(session: Session, slug: str, version: str | None = None) -> Standard:
    """One version in force, the latest by default; raises UnknownStandard."""
    return lives.fetch(session, KIND, slug, version)


def page(session: Session, limit: int = 50, cursor: str | None = None) -> tuple[list[Standard], str | None]:
    return versions.page(session, Standard, limit, cursor)


def leaf_paths(bundled: Mapping[str, Any]) -> tuple[str, ...]:
    """Dotted paths of the record's leaf properties, in the order of the schema, through lists and references.

    A property without declared properties of its own is a leaf, also an open object; where a schema contains itself,
    the property that would start it again is one too.
    """
    return tuple(dict.fromkeys(_leaves(bundled, [bundled], (), frozenset())))


def has_path(bundled: Mapping[str, Any], path: str) -> bool:
    """Whether the record declares a property at the dotted path, leaf or not."""
    schemas: list[Any] = [bundled]
    for name in path.split("."):
        schemas = _properties(bundled, schemas)[0].get(name, [])
        if not schemas:
            return False
    return True


def _leaves(root: Any, schemas: list[Any], path: tuple[str, ...], above: frozenset[int]) -> Iterator[str]:
    properties, seen = _properties(root, schemas)
    if not properties or seen & above:
        if path:
            yield ".".join(path)
        return
    for name, declared in properties.items():
        yield from _leaves(root, declared, (*path, name), above | seen)


def _properties(root: Any, schemas: list[Any]) -> tuple[dict[str, list[Any]], frozenset[int]]:
    """What is declared for one value: name → schemas of it; and the schemas that declare something, by identity."""
    found: dict[str, list[Any]] = {}
    declaring: set[int] = set()
    seen: set[int] = set()
    waiting = list(reversed(schemas))
    while waiting:
        schema = waiting.pop()
        if not isinstance(schema, dict) or id(schema) in seen:
            continue
        seen.add(id(schema))
        for name, child in schema.get("properties", {}).items():
            declaring.add(id(schema))
            found.setdefault(name, []).append(child)
        if "$ref" in schema:
            waiting.append(costs.resolve(root, schema["$ref"]))
        for keyword in _SAME_VALUE:
            waiting.extend(child for _, child in dialect.children(keyword, schema.get(keyword)))
    return found, frozenset(declaring)


def _unfit_for_records(document: Mapping[str, Any]) -> Iterator[Finding]:
    if document.get("type") != "object":
        yield Finding("/type", "type", "type: object, because a standard describes one record")
    for path, node in dialect.subschemas(document):
        properties = node.get("properties")
        for name in properties if isinstance(properties, dict) else ():
            if not _PROPERTY.fullmatch(name):
                expected = "a name of letters, digits, _ and - (at most 64), so that a data item can name it"
                yield Finding(pointer([*path, "properties", name]), "properties", expected)


def _too_many_leaves(bundled: Mapping[str, Any]) -> list[Finding]:
    leaves = sum(1 for _ in islice(_leaves(bundled, [bundled], (), frozenset()), MAX_LEAVES + 1))
    if leaves == 0:
        return [Finding("/properties", "properties", "at least one declared property")]
    return [Finding("", "properties", f"at most {MAX_LEAVES} leaf properties")] if leaves > MAX_LEAVES else []
