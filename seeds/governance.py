"""Brings the shared vocabulary in as it is done in real life: one operator proposes, another one reviews."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from exchange.keyfiles import Credential
from exchange.unit_of_work import UnitsOfWork
from seeds.crosswalks import CROSSWALKS
from seeds.specifications.standards import STANDARDS
from seeds.vocabulary import ELEMENTS, code_lists
from standards import codelists, crosswalks, elements, lives, schemas, versions
from standards.lives import Kind
from standards.models import Life

ORDER: tuple[tuple[Kind[Any, Any], Sequence[Any]], ...] = (
    (codelists.KIND, code_lists()),
    (elements.KIND, ELEMENTS),
    (schemas.KIND, STANDARDS),
    (crosswalks.KIND, CROSSWALKS),
)
"""What refers to something comes after it."""


def govern(units: UnitsOfWork, author: Credential, reviewer: Credential, now: datetime) -> int:
    """Publish what is not there yet; how many versions that were. What an earlier load left half-way goes on."""
    return sum(_govern(units, kind, drafts, author, reviewer, now) for kind, drafts in ORDER)


def _govern(
    units: UnitsOfWork, kind: Kind[Any, Any], drafts: Sequence[Any], author: Credential, reviewer: Credential,
    now: datetime,
) -> int:  # fmt: skip
    with units.begin(author.client_id, now, author.key["kid"]) as work:
        for draft in drafts:
            row = versions.find(work.session, kind.table, draft.slug, draft.version, frozenset(Life))
            if row is None:
                row = lives.propose(work.session, kind, draft, work.by, work.key, now)
                work.record(f"{kind.name}.drafted", f"{draft.slug}:{draft.version}")
            if row.state == Life.DRAFT:
                lives.submit(work.session, kind, draft.slug, draft.version, work.by, work.key, now)
                work.record(f"{kind.name}.submitted", f"{draft.slug}:{draft.version}")
    brought = 0
    with units.begin(reviewer.client_id, now, reviewer.key["kid"]) as work:
        for draft in drafts:
            row = lives.fetch(work.session, kind, draft.slug, draft.version, frozenset(Life))
            if row.state == Life.REVIEW:
                lives.approve(work.session, kind, draft.slug, draft.version, work.by, work.key, now)
                work.record(f"{kind.name}.published", f"{draft.slug}:{draft.version}")
                brought += 1
    return brought
