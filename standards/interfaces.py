"""Interface specifications: OpenAPI 3.1 documents that say how a service is called and what it answers.

LookupError
└── UnknownInterface    no such version is published
ValueError
└── InvalidInterface    everything that keeps a document from being published, at once
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session, col, select

from standards import dialect, lint, openapi30, overrides, versions
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
        self.findings: tuple[Finding, ...] = tuple(findings)
        first = self.findings[0]
        more = f" and {len(self.findings) - 1} more" if len(self.findings) > 1 else ""
        super().__init__(
            f"the interface specification cannot be used: at '{first.pointer}' expected {first.expected}{more}"
        )


class Judgement(NamedTuple):
    """What was found of a draft that may be published: its 3.1 document, and what is told and let pass."""

    document: dict[str, Any]
    passed: tuple[Finding, ...]


def judge(draft: InterfaceDraft) -> Judgement:
    """Judge a draft by itself; may take a second and needs no database. Raises InvalidInterface."""
    document = openapi30.translate(draft.document)
    let_off = {override.rule for override in draft.overrides}
    findings = faults(document, let_off)
    claimed = document.get("info", {}).get("x-hutong-department", draft.department) if not findings else None
    if not findings and claimed != draft.department:
        findings = [Finding("/info/x-hutong-department", "department", "the department that publishes")]
    if findings:
        raise InvalidInterface(findings)
    told = [rule for rule in lint.RULES if rule.severity != Severity.ERROR or rule.id in let_off]
    return Judgement(document, tuple(lint.lint(document, told)))


def publish(
    session: Session, draft: InterfaceDraft, by: str, now: datetime, judgement: Judgement | None = None
) -> Interface:
    """Raises InvalidInterface, overrides.InvalidOverride and versions.AlreadyPublished.

    A `judgement` of the same draft, made before the transaction began, is not made again. Who may grant overrides is
    for the caller to decide.
    """
    judged = judgement or judge(draft)
    others = session.exec(select(Interface).where(col(Interface.slug) == draft.slug)).all()
    overrides.require_grantable(draft.overrides, now, others)
    row = Interface(
        slug=draft.slug,
        version=judged.document["info"]["version"],
        department=draft.department,
        document=judged.document,
        overrides=[override.model_dump(mode="json") for override in draft.overrides],
        report={"lint": [finding.as_dict() for finding in judged.passed]},
        published_by=by,
        published_at=now,
    )
    return versions.add(session, row)


def fetch(session: Session, slug: str, version: str | None = None) -> Interface:
    """One version, the latest by default; raises UnknownInterface."""
    row = versions.find(session, Interface, slug, version)
    if row is None:
        raise UnknownInterface(slug, version)
    return row


def page(session: Session, limit: int = 50, cursor: str | None = None) -> tuple[list[Interface], str | None]:
    return versions.page(session, Interface, limit, cursor)


def faults(document: Mapping[str, Any], let_off: Iterable[str] = ()) -> list[Finding]:
    """Everything that keeps a 3.1 document from being published, at most 50 findings, but for rules it is let off."""
    excused = {id for id in let_off if id == overrides.BREAKING or lint.RULES[id].overridable}
    errors = [rule for rule in lint.RULES if rule.severity == Severity.ERROR and rule.id not in excused]
    return lint.lint(document, errors, dialect.MAX_FINDINGS)
