"""Published mappings: how records of a department become records of a standard. Immutable, named by slug and version.

LookupError
└── UnknownMapping
ValueError
├── InvalidMapping     (standards.mapping) .findings: everything wrong with the document
├── AlreadyPublished   (standards.versions)
└── TakenSlug          (standards.versions)
"""

import contextlib
from collections.abc import Mapping as Members
from datetime import datetime
from itertools import islice
from typing import Any

from sqlmodel import Session

from standards import crosswalks, dialect, schemas, versions
from standards.mapping import InvalidMapping, Mapping, compile, examples, targets
from standards.mapping.compiling import build
from standards.mapping.document import crosswalks_of, parse
from standards.mapping.models import MappingDraft, PublishedMapping
from standards.validation import Checker, Finding

Crosswalks = Members[str, Members[str, Any]]


class UnknownMapping(LookupError):
    def __init__(self, slug: str, version: str | None) -> None:
        named = slug if version is None else f"{slug} {version}"
        super().__init__(f"no mapping {named} is published: look at the list of mappings")


def judge(session: Session, draft: MappingDraft) -> Crosswalks:
    """Judge a draft, which may take a second; the session only reads. Gives the crosswalks that it was judged with.

    Raises InvalidMapping (everything wrong at once) and versions.TakenSlug.
    """
    versions.require_owner(session, PublishedMapping, draft.slug, draft.department)
    tables = named_crosswalks(session, draft.document)
    findings = faults(session, draft.document, tables)
    if findings:
        raise InvalidMapping(findings)
    return tables


def publish(
    session: Session, draft: MappingDraft, by: str, now: datetime, judged: Crosswalks | None = None
) -> PublishedMapping:
    """Raises what `judge` does, and versions.AlreadyPublished.

    What `judge` gave of the same draft before the transaction began holds unless the standard or a crosswalk was
    retired meanwhile.
    """
    versions.require_owner(session, PublishedMapping, draft.slug, draft.department)
    tables = named_crosswalks(session, draft.document)
    if judged is None or judged != tables or _standard(session, parse(draft.document, tables).standard) is None:
        tables = judge(session, draft)
    slug, version = draft.document["standard"].split(":")[3:]
    row = PublishedMapping(
        **draft.model_dump(),
        standard=slug,
        standard_version=version,
        crosswalks={key: dict(table) for key, table in tables.items()},
        published_by=by,
        published_at=now,
    )
    return versions.add(session, row)


def fetch(session: Session, slug: str, version: str | None = None) -> PublishedMapping:
    """One version, the latest by default; raises UnknownMapping."""
    row = versions.find(session, PublishedMapping, slug, version)
    if row is None:
        raise UnknownMapping(slug, version)
    return row


def compiled(row: PublishedMapping) -> Mapping:
    """The mapping of a published row. Raises InvalidMapping where it no longer compiles."""
    return compile(row.document, row.crosswalks)


def ready(session: Session, document: Any) -> tuple[Mapping, Checker]:
    """A document, published or not, compiled to be tried, and the check of its standard. Its examples may fail yet.

    Raises InvalidMapping.
    """
    mapping, findings = build(parse(document, named_crosswalks(session, document)))
    standard = None if mapping is None else _standard(session, mapping.standard)
    if mapping is None:
        raise InvalidMapping(findings)
    if standard is None:
        raise InvalidMapping([Finding("/standard", "published", "a published standard in one of its versions")])
    return mapping, Checker(standard)


def faults(session: Session, document: Any, tables: Crosswalks) -> list[Finding]:
    """Everything that keeps a document from being published, at most 50 findings.

    Its examples are judged when nothing else is wrong: before that they could only say it again.
    """
    parsed = parse(document, tables)
    mapping, findings = build(parsed)
    if any(finding.rule in ("size", "depth", "json") and not finding.pointer for finding in findings):
        return findings
    findings += islice(examples.personal(document), dialect.MAX_FINDINGS)
    standard = _standard(session, parsed.standard)
    if standard is None:
        if parsed.standard[0]:
            findings.append(Finding("/standard", "published", "a published standard in one of its versions"))
    else:
        findings += targets.faults(parsed, standard)
    if mapping is not None and standard is not None and not findings:
        findings += islice(examples.faults(parsed.examples, mapping, Checker(standard)), dialect.MAX_FINDINGS)
    return list(dict.fromkeys(findings))[: dialect.MAX_FINDINGS]


def fits(session: Session, row: PublishedMapping, standard: str, version: str) -> list[Finding]:
    """Whether a mapping also makes records of this version of its standard: targets, requirements and examples hold.

    So a dataset takes a compatible version of its standard without a new mapping.
    """
    if row.standard != standard:
        return [Finding("", "standard", f"a mapping to the standard {standard}")]
    if row.standard_version == version:
        return []
    bundled = _standard(session, (standard, version))
    parsed = parse(row.document, row.crosswalks)
    mapping, findings = build(parsed)
    if bundled is None or mapping is None:
        return findings or [Finding("", "standard", "a mapping to a published version of the standard")]
    missed = targets.faults(parsed, bundled)
    missed += islice(examples.faults(parsed.examples, mapping, Checker(bundled)), dialect.MAX_FINDINGS)
    return missed[: dialect.MAX_FINDINGS]


def named_crosswalks(session: Session, document: Any) -> Crosswalks:
    """The tables of the published crosswalks that a document names, by `Table.key`; unknown ones are missing."""
    tables: dict[str, Members[str, Any]] = {}
    for key in crosswalks_of(document):
        urn, _, way = key.partition("#")
        slug, version = urn.split(":")[3:]
        with contextlib.suppress(crosswalks.UnknownCrosswalk):
            tables[key] = crosswalks.table(session, slug, version, inverse=way == "inverse")
    return tables


def _standard(session: Session, named: tuple[str, str]) -> Members[str, Any] | None:
    try:
        return schemas.fetch(session, *named).bundled
    except schemas.UnknownStandard:
        return None
