"""Who refers to a version: elements, standards, crosswalks, mappings and interface specifications."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, cast, or_
from sqlmodel import Session, col, select

from standards.mapping.models import PublishedMapping
from standards.models import CodeList, Crosswalk, DataElement, Governed, Interface, Life, Standard


@dataclass(frozen=True, slots=True)
class User:
    """One thing that uses another. `id` is `<slug>:<version>` of what has versions, else its own."""

    kind: str
    id: str
    title: Mapping[str, str]
    state: str
    department: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind, "id": self.id, "title": self.title, "state": self.state, "department": self.department,
        }  # fmt: skip


def of(session: Session, row: Governed) -> list[User]:
    """What directly refers to this version, drafts among it, retired versions not."""
    named = f"{row.slug}:{row.version}"
    if isinstance(row, DataElement):
        return [*_standards(session, f"element:{named}"), *_interfaces(session, f"element:{named}")]
    if isinstance(row, CodeList):
        elements = _governed(session, DataElement, "element", _names(DataElement.fragment, f"codes:{named}"))
        return [
            *elements,
            *_standards(session, f"codes:{named}"),
            *_crosswalks(session, row),
            *_interfaces(session, f"codes:{named}"),
        ]
    if isinstance(row, Standard):
        wanted = (PublishedMapping.standard == row.slug, PublishedMapping.standard_version == row.version)
        return list(_mappings(session, *wanted))
    assert isinstance(row, Crosswalk), "every kind is known here"
    return list(_mappings(session, _names(PublishedMapping.document, f"crosswalk:{named}")))


def _standards(session: Session, name: str) -> Iterator[User]:
    """By what is bundled with them, so that what an element brings along is seen too."""
    return _governed(session, Standard, "standard", _names(Standard.bundled, name))


def _crosswalks(session: Session, row: CodeList) -> Iterator[User]:
    sides = or_(
        (col(Crosswalk.source) == row.slug) & (col(Crosswalk.source_version) == row.version),
        (col(Crosswalk.target) == row.slug) & (col(Crosswalk.target_version) == row.version),
    )
    return _governed(session, Crosswalk, "crosswalk", sides)


def _interfaces(session: Session, name: str) -> Iterator[User]:
    query = select(Interface.slug, Interface.version, Interface.department).where(_names(Interface.document, name))
    for slug, version, department in session.exec(query).all():
        yield User("interface", f"{slug}:{version}", {}, Life.PUBLISHED, department)


def _mappings(session: Session, *wanted: Any) -> Iterator[User]:
    query = select(
        PublishedMapping.slug, PublishedMapping.version, PublishedMapping.name, PublishedMapping.department
    ).where(*wanted)
    for slug, version, name, department in session.exec(query).all():
        yield User("mapping", f"{slug}:{version}", name, Life.PUBLISHED, department)


def _governed(session: Session, table: type[Any], kind: str, wanted: Any) -> Iterator[User]:
    columns: Any = (table.slug, table.version, table.name, table.state, table.department)
    for slug, version, name, state, department in session.exec(
        select(*columns).where(wanted, table.state != Life.RETIRED)
    ).all():
        yield User(kind, f"{slug}:{version}", name, state, department)


def _names(column: Any, name: str) -> Any:
    """Whether the JSON text has the name as a key or at the end of a reference, alone or followed by `@` and a day."""
    text = cast(col(column), String)
    return or_(*(text.contains(f"{name}{end}", autoescape=True) for end in ('"', "@")))
