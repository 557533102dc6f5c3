"""Interface specifications: OpenAPI 3.1 documents that say how a service is called and what it answers.

Judged before they are published: by the rules of `standards.lint`, and against their neighbouring versions.

    LookupError
    └── UnknownInterface        no such version is published
    ValueError
    └── InvalidInterface        everything that keeps a document from being published, at once
        └── BreakingChange      what breaks for users of the same major version, with witnesses
Overrides raise overrides.InvalidOverride, the slug of another department versions.TakenSlug.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from sqlmodel import Session, col, select

from standards import breaking, dialect, lint, openapi30, overrides, versions
from standards.breaking import Break
from standards.compatibility import Budget
from standards.lint import Severity
from standards.models import Interface, InterfaceDraft
from standards.specification import compile as compile
from standards.validation import Finding


class UnknownInterface(LookupError):
    def __init__(self, slug: str, version: str | None) -> None:
        named = slug if version is None else f"{slug} {version}"
        super().__init__(f"no interface specification {named} is published: look at the list of interfaces")


class InvalidInterface(ValueError):
    """A document that cannot be published; `findings` are everything wrong at once (at most 50)."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: tuple[Any, ...] = tuple(findings)
        first = self.findings[0]
        more = f" and {len(self.findings) - 1} more" if len(self.findings) > 1 else ""
        super().__init__(
            f"the interface specification cannot be used: at '{first.pointer}' expected {first.expected}{more}"
        )


class BreakingChange(InvalidInterface):
    """The version would break who uses another one of the same major version; `breaks` are shown as its findings."""

    def __init__(self, breaks: Sequence[Break], older: str, newer: str) -> None:
        first = breaks[0]
        ValueError.__init__(
            self,
            f"version {newer} breaks who uses version {older} in {len(breaks)} places (first: {first.code} at "
            f"'{first.pointer}'): undo these changes, or raise the major version",
        )
        self.findings: tuple[Any, ...] = tuple(breaks)


class Judgement(NamedTuple):
    """What was found of a draft that may be published: its 3.1 document, and what is told and let pass.

    `compared` are the neighbouring versions that were looked at, and `breaks` what breaks against them.
    """

    document: dict[str, Any]
    passed: tuple[Finding, ...]
    compared: tuple[str, ...]
    breaks: tuple[Break, ...]


def judge(session: Session, draft: InterfaceDraft, now: datetime) -> Judgement:
    """Judge a draft, which may take a second; the session only reads.

    Raises InvalidInterface, overrides.InvalidOverride, versions.TakenSlug, BreakingChange unless that is overridden.
    """
    versions.require_owner(session, Interface, draft.slug, draft.department)
    rows = _versions(session, draft.slug)
    overrides.require_grantable(draft.overrides, now, rows)
    let_off = {override.rule for override in draft.overrides}
    document = openapi30.translate(draft.document)
    findings = faults(document, let_off)
    if not findings and document["info"].get("x-hutong-department") != draft.department:
        findings = [Finding("/info/x-hutong-department", "department", "the department that publishes")]
    if findings:
        raise InvalidInterface(findings)
    told = [rule for rule in lint.RULES if rule.severity != Severity.ERROR or rule.id in let_off]
    neighbours = _neighbours(rows, document["info"]["version"])
    budget = Budget(breaking.MAX_STEPS)
    breaks = tuple(each for row in neighbours for each in _breaks(document, row, let_off, budget))
    passed = tuple(lint.lint(document, told))
    return Judgement(document, passed, tuple(row.version for row in neighbours), breaks)


def _breaks(document: dict[str, Any], neighbour: Interface, let_off: set[str], budget: Budget) -> tuple[Break, ...]:
    """What breaks between a draft and a published version, whichever is the later. Raises BreakingChange."""
    ours, theirs = document["info"]["version"], neighbour.version
    later = versions.order(ours) > versions.order(theirs)
    pair = (neighbour.document, document) if later else (document, neighbour.document)
    found = breaking.compare(*pair, budget=budget)
    if found and versions.order(ours)[0] == versions.order(theirs)[0] and breaking.RULE not in let_off:
        raise BreakingChange(found, *((theirs, ours) if later else (ours, theirs)))
    return found


def _versions(session: Session, slug: str) -> list[Interface]:
    rows = session.exec(select(Interface).where(col(Interface.slug) == slug)).all()
    return sorted(rows, key=lambda row: versions.order(row.version))


def _neighbours(rows: Sequence[Interface], version: str) -> list[Interface]:
    """The version right below this one, and the one right above it within the same major version."""
    at = versions.order(version)
    below = [row for row in rows if versions.order(row.version) < at]
    above = [row for row in rows if versions.order(row.version) > at and versions.order(row.version)[0] == at[0]]
    return below[-1:] + above[:1]


def publish(
    session: Session, draft: InterfaceDraft, by: str, now: datetime, judgement: Judgement | None = None
) -> Interface:
    """Raises what `judge` does, and versions.AlreadyPublished.

    A `judgement` of the same draft, made before the transaction began, is made again only when another version has
    come next to it meanwhile. Who may grant overrides is for the caller to decide.
    """
    versions.require_owner(session, Interface, draft.slug, draft.department)
    judged = judgement or judge(session, draft, now)
    version = judged.document["info"]["version"]
    if judged.compared != tuple(row.version for row in _neighbours(_versions(session, draft.slug), version)):
        judged = judge(session, draft, now)
    row = Interface(
        slug=draft.slug,
        version=version,
        department=draft.department,
        document=judged.document,
        overrides=[override.model_dump(mode="json") for override in draft.overrides],
        report={
            "lint": [finding.as_dict() for finding in judged.passed],
            "compared": list(judged.compared),
            "breaking": [each.as_dict() for each in judged.breaks],
        },
        published_by=by,
        published_at=now,
    )
    return versions.add(session, row)


def compare(session: Session, slug: str, old: str, new: str) -> tuple[Break, ...]:
    """What version `new` breaks for callers of version `old`; raises UnknownInterface."""
    return _compared(*(orjson.dumps(fetch(session, slug, version).document) for version in (old, new)))


@lru_cache(maxsize=32)
def _compared(old: bytes, new: bytes) -> tuple[Break, ...]:
    """Remembered: everybody may ask, two large documents take seconds, and published ones never change."""
    return breaking.compare(orjson.loads(old), orjson.loads(new))


def fetch(session: Session, slug: str, version: str | None = None) -> Interface:
    """One version, the latest by default; raises UnknownInterface."""
    row = versions.find(session, Interface, slug, version)
    if row is None:
        raise UnknownInterface(slug, version)
    return row


def faults(document: Mapping[str, Any], let_off: Iterable[str] = ()) -> list[Finding]:
    """Everything that keeps a 3.1 document from being published, at most 50 findings, but for rules it is let off."""
    excused = {id for id in let_off if id == breaking.RULE or lint.RULES[id].overridable}
    errors = [rule for rule in lint.RULES if rule.severity == Severity.ERROR and rule.id not in excused]
    return lint.lint(document, errors, dialect.MAX_FINDINGS)
