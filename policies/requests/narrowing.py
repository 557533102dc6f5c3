"""A grant gives what was asked for, or less of it; never more. Pure.

ValueError
└── Wider   .findings: everything in which the grant goes beyond the request
"""

from collections.abc import Iterator
from typing import Any

from catalog.registration import told
from catalog.rules import QuotaTerms
from policies.models import AgreementTerms
from policies.offer import most
from policies.requests.models import Asked, Grant
from standards.validation import Finding

LISTS = ("operations", "purposes", "bases", "items")
_CONDITIONS = (
    "masks", "time_of_day", "suppress", "rate", "total", "case_required", "actor_required", "consent", "emergency",
    "duties", "price",
)  # fmt: skip


class Wider(ValueError):
    """The grant gives what nobody asked for."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(f"A grant may only be as wide as the request. {told(self.findings)}")


def narrowed(asked: Asked, grant: Grant) -> AgreementTerms:
    """The terms of the agreement: what was asked for as the grant narrows it, under the grant's conditions.

    `asked` is complete (`completeness`). Row conditions are joined, so that a record has to fulfil both. Raises Wider.
    """
    if findings := list(_wider(asked, grant)):
        raise Wider(findings)
    lists = {name: _of(grant, asked, name) for name in LISTS}
    return AgreementTerms(
        **lists,
        supplied_basis=lists["bases"][0] if len(lists["bases"]) == 1 else None,
        valid_from=_of(grant, asked, "valid_from"),
        valid_until=_of(grant, asked, "valid_until"),
        row_filter=_joined(asked.row_filter, grant.row_filter),
        quota=_of(grant, asked, "quota"),
        mode=asked.mode,
        safeguards=asked.safeguards,
        **{name: getattr(grant, name) for name in _CONDITIONS},
    )


def in_part(asked: Asked, terms: AgreementTerms) -> bool:
    """Whether less is granted than was asked for: fewer items, records, uses, calls or days.

    Masks and other conditions of use are no part of what was asked for.
    """
    fewer = any(set(getattr(terms, name)) != set(getattr(asked, name)) for name in LISTS)
    shorter = (terms.valid_from, terms.valid_until) != (asked.valid_from, asked.valid_until)
    return fewer or shorter or terms.row_filter != asked.row_filter or terms.quota != asked.quota


def fits(quota: QuotaTerms | None, within: QuotaTerms | None) -> bool:
    """Whether a quota lets through no more calls than another in any window of that; None lets all through."""
    if within is None:
        return True
    return quota is not None and most(quota, within.window) <= within.count


def _wider(asked: Asked, grant: Grant) -> Iterator[Finding]:
    for name in LISTS:
        given = getattr(grant, name)
        if given is not None and not given:
            yield Finding(f"/{name}", "empty", "at least one: refuse the request to give nothing")
        for index, word in enumerate(given or ()):
            if word not in getattr(asked, name):
                yield Finding(f"/{name}/{index}", "asked", f"one of the {name} that were asked for")
    if grant.quota is not None and not fits(grant.quota, asked.quota):
        yield Finding("/quota", "asked", "a quota of no more calls than were asked for")
    yield from _longer(asked, grant)


def _longer(asked: Asked, grant: Grant) -> Iterator[Finding]:
    start, end = _of(grant, asked, "valid_from"), _of(grant, asked, "valid_until")
    if asked.valid_from is not None and start < asked.valid_from:
        yield Finding("/valid_from", "asked", "not before the moment that was asked for")
    if asked.valid_until is not None and end > asked.valid_until:
        yield Finding("/valid_until", "asked", "not after the moment that was asked for")
    if end <= start:
        yield Finding("/valid_until", "order", "a moment after valid_from")


def _of(grant: Grant, asked: Asked, name: str) -> Any:
    given = getattr(grant, name)
    return getattr(asked, name) if given is None else given


def _joined(one: dict[str, Any] | None, other: dict[str, Any] | None) -> dict[str, Any] | None:
    if one is None or other is None:
        return one or other
    return {"all": [one, other]}
