"""Data elements: named, typed, reusable fields, referred to as `urn:hutong:element:<slug>:<version>`."""

from datetime import datetime

from sqlmodel import Session

from standards import bundles, costs, dialect, versions
from standards.models import DataElement, ElementDraft
from standards.validation import Checker, InvalidSchema


class UnknownElement(LookupError):
    def __init__(self, slug: str, version: str | None) -> None:
        named = slug if version is None else f"{slug} {version}"
        super().__init__(f"no data element {named} is published: look at the list of elements")


def publish(session: Session, draft: ElementDraft, by: str, now: datetime) -> DataElement:
    """A fragment may refer to code lists and to nothing else. Raises InvalidSchema and AlreadyPublished."""
    findings = dialect.oversized(draft.fragment) or dialect.faults(draft.fragment, bundles.names_code_list)
    if findings:
        raise InvalidSchema(findings)
    bundled = bundles.bundle(session, draft.fragment)
    findings = [*costs.excessive(bundled, [((), bundled)])]
    if findings:
        raise InvalidSchema(findings)
    Checker(bundled)
    row = DataElement(**draft.model_dump(mode="json"), published_by=by, published_at=now)
    return versions.add(session, row)


def fetch(session: Session, slug: str, version: str | None = None) -> DataElement:
    """One version, the latest by default; raises UnknownElement."""
    row = versions.find(session, DataElement, slug, version)
    if row is None:
        raise UnknownElement(slug, version)
    return row


def page(session: Session, limit: int = 50, cursor: str | None = None) -> tuple[list[DataElement], str | None]:
    return versions.page(session, DataElement, limit, cursor)
