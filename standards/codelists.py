"""Code lists: enumerated values that standards refer to as `urn:hutong:codes:<slug>:<version>`."""

from datetime import datetime

from sqlmodel import Session

from standards import versions
from standards.models import CodeList, CodeListDraft


class UnknownCodeList(LookupError):
    def __init__(self, slug: str, version: str | None) -> None:
        named = slug if version is None else f"{slug} {version}"
        super().__init__(f"no code list {named} is published: look at the list of code lists")


def publish(session: Session, draft: CodeListDraft, by: str, now: datetime) -> CodeList:
    """Raises AlreadyPublished."""
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
