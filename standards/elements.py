"""Data elements: named, typed, reusable fields, referred to as `urn:hutong:element:<slug>:<version>`."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlmodel import Session

from standards import bundles, costs, dialect, lives, versions
from standards.models import DataElement, ElementDraft, Governed
from standards.validation import Checker, InvalidSchema, pointer


class UnknownElement(LookupError):
    def __init__(self, slug: str, version: str | None) -> None:
        named = slug if version is None else f"{slug} {version}"
        super().__init__(f"no data element {named} is published: look at the list of elements")


def columns(session: Session, draft: ElementDraft) -> dict[str, Any]:
    """What is kept of a proposal. A fragment may refer to code lists and to nothing else. Raises InvalidSchema."""
    findings = dialect.oversized(draft.fragment) or dialect.faults(draft.fragment, bundles.names_code_list)
    if findings:
        raise InvalidSchema(findings)
    bundled = bundles.bundle(session, draft.fragment)
    findings = [*costs.excessive(bundled, [((), bundled)])]
    if findings:
        raise InvalidSchema(findings)
    Checker(bundled)
    return draft.model_dump(mode="json")


def _refers(session: Session, row: DataElement) -> Iterator[tuple[str, Governed]]:
    return ((pointer(["fragment", *at]), other) for at, other in bundles.referred(session, row.fragment))


KIND = lives.Kind("element", DataElement, ElementDraft, columns, UnknownElement, refers=_refers)


def publish(session: Session, draft: ElementDraft, by: str, now: datetime) -> DataElement:
    """See `lives.publish`. Raises InvalidSchema, AlreadyPublished, OutOfOrder."""
    return lives.publish(session, KIND, draft, by, now)


def fetch(session: Session, slug: str, version: str | None = None) -> DataElement:
    """One version in force, the latest by default; raises UnknownElement."""
    return lives.fetch(session, KIND, slug, version)


def page(session: Session, limit: int = 50, cursor: str | None = None) -> tuple[list[DataElement], str | None]:
    return versions.page(session, DataElement, limit, cursor)
