"""The end of a version: nobody deprecates what they have not seen the users of, nobody retires what is in use.

ValueError
├── Unacknowledged   .members: how many use it, by kind
└── StillUsed        .findings: what has to move on first
"""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from policies import usage
from policies.usage import Usage
from standards import lives
from standards.lives import Kind
from standards.models import Deprecation, Governed
from standards.validation import Finding

_TOLD = 50


class Unacknowledged(ValueError):
    """The users were not looked at, or there are others by now."""

    def __init__(self, row: Governed, found: Usage) -> None:
        self.members = {
            "users": dict(found.counts),
            "total": len(found.users),
            "first": [user.as_dict() for user in found.users[:_TOLD]],
        }
        super().__init__(
            f"{len(found.users)} use {row.slug} {row.version}: read the list of its users, then repeat with "
            f"acknowledged_users {len(found.users)}."
        )


class StillUsed(ValueError):
    """Something that is published rests on the version."""

    def __init__(self, row: Governed, found: Usage) -> None:
        self.findings = tuple(
            Finding(f"/{user.kind}/{user.id}", "user", "another version in its place, or to be withdrawn")
            for user in found.holding[:_TOLD]
        )
        super().__init__(f"{row.slug} {row.version} is still used by {len(found.holding)}: they move on first.")


def deprecate(
    session: Session, kind: Kind[Any, Any], slug: str, version: str, notice: Deprecation, acknowledged: int | None,
    by: str, key: str, now: datetime, *, expected_revision: int | None = None,
) -> tuple[Governed, Usage]:  # fmt: skip
    """Announce the end to the users, whose number `acknowledged` says.

    Raises Unacknowledged and what `lives.deprecate` raises.
    """
    row: Governed = lives.deprecate(
        session, kind, slug, version, notice, by, key, now, expected_revision=expected_revision
    )
    found = usage.of(session, row)
    if acknowledged != len(found.users):
        raise Unacknowledged(row, found)
    return row, found


def retire(
    session: Session, kind: Kind[Any, Any], slug: str, version: str, by: str, key: str, now: datetime,
    *, expected_revision: int | None = None,
) -> Governed:  # fmt: skip
    """Take it out of use. Raises StillUsed and what `lives.retire` raises."""
    row: Governed = lives.retire(session, kind, slug, version, by, key, now, expected_revision=expected_revision)
    if (found := usage.of(session, row)).holding:
        raise StillUsed(row, found)
    return row
