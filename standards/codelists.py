"""Code lists: enumerated values that standards refer to as `urn:hutong:codes:<slug>:<version>`."""

from collections import Counter
from datetime import datetime

from sqlmodel import Session

from standards import versions
from standards.models import CodeList, CodeListDraft
from standards.validation import Finding


class UnknownCodeList(LookupError):
    def __init__(self, slug: str, version: str | None) -> None:
        super().__init__(
            f"no code list {slug} {version or ''} is published: look at the list of code lists".replace("  ", " ")
        )


class InvalidCodeList(ValueError):
    """The same code stands twice; `findings` point at each repetition."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__(f"{len(findings)} codes stand more than once: give each code once")


def publish(session: Session, draft: CodeListDraft, by: str, now: datetime) -> CodeList:
    """Raises InvalidCodeList and AlreadyPublished."""
    seen: Counter[str] = Counter()
    findings = []
    for index, each in enumerate(draft.codes):
        if seen[each.code]:
            findings.append(Finding(f"/codes/{index}/code", "uniqueItems", "a code that is not in the list yet"))
        seen[each.code] += 1
    if findings:
        raise InvalidCodeList(tuple(findings))
    row = CodeList(**draft.model_dump(), published_by=by, published_at=now)
    return versions.add(session, row)


def fetch(session: Session, slug: str, version: str | None = None) -> CodeList:
    """One version, the latest by default; raises UnknownCodeList."""
    row = versions.find(session, CodeList, slug, version)
    if row is None:
        raise UnknownCodeList(slug, version)
    return row


def page(session: Session, limit: int = 50, cursor: str | None = None) -> tuple[list[CodeList], str | None]:
    return versions.page(session, CodeList, limit, cursor)
