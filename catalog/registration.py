"""What every registration has in common: how it is refused, and how a lost update is noticed.

ValueError
├── AlreadyRegistered     the name is taken
├── InvalidRegistration   .findings: everything that is wrong with the draft
└── Outdated              somebody else changed the row since it was read
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlmodel import Session, SQLModel

from catalog import differences
from catalog.models import Dataset, Department, Service
from standards.validation import Finding

Row = TypeVar("Row", bound=SQLModel)


class AlreadyRegistered(ValueError):
    """The name is taken, or the organisation is already there."""


class InvalidRegistration(ValueError):
    """A draft that cannot be registered; `findings` lists everything wrong with it."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(f"The registration cannot be accepted. {told(self.findings)}")


class Outdated(ValueError):
    """The row is no longer the one that was read; `changes` is what was changed since, or where no trail is kept, in
    what the row as it is now (`old`) differs from what was sent (`new`).
    """

    def __init__(self, name: str, revision: int, changes: Sequence[Mapping[str, Any]] = ()) -> None:
        self.changes = tuple(changes)
        super().__init__(f"{name} is now at revision {revision}: read it again and repeat the change.")


def told(findings: Sequence[Finding], most: int = 8) -> str:
    """The findings as one sentence for an error's message; the first `most` of them in full."""
    parts = [f"{finding.pointer or '/'}: {finding.expected}" for finding in findings[:most]]
    more = f"; and {len(findings) - most} more" if len(findings) > most else ""
    return "; ".join(parts) + more + "."


def accept(findings: Sequence[Finding]) -> None:
    """Raises InvalidRegistration when there is any finding."""
    if findings:
        raise InvalidRegistration(findings)


def lock(session: Session, table: type[Row], key: str) -> Row | None:
    """The row as the database has it now, held until the transaction ends where the database can hold rows."""
    session.flush()
    return session.get(table, key, with_for_update=True, populate_existing=True)


def expect(
    row: Department | Dataset | Service, name: str, revision: int | None, sent: Mapping[str, Any] | None = None
) -> None:
    """Raises Outdated when the row is at another revision than the expected one; None expects nothing.

    `sent` is what the row would be made to hold: the error then says in what that differs from what it holds.
    """
    if revision is not None and row.revision != revision:
        there = {field: getattr(row, field) for field in sent or {}}
        raise Outdated(name, row.revision, differing(there, sent or {}))


def differing(there: Mapping[str, Any], sent: Mapping[str, Any]) -> list[differences.Difference]:
    """What a lost update is told: in what the row as it is differs from what was sent, long values cut."""
    return differences.clipped(differences.between(there, sent))


def mark(row: Department | Dataset | Service, by: str, now: datetime) -> None:
    """Notes who changed the row and when, and counts its revision."""
    row.changed_by, row.changed_at = by, now
    row.revision += 1
