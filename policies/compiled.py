"""Agreements as calls are decided on them: compiled once, checked for everything that could not be enforced."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final, NamedTuple

from catalog.models import SharingClass, SharingMode
from policies import obligations
from policies.models import SKIPPABLE, AgreementTerms, TimeOfDay
from policies.obligations import Plan, Unenforceable, shared_set
from policies.quotas import Limits, Quota, Rate
from standards.validation import Finding

SHAREABLE: Final = frozenset({SharingClass.UNCONDITIONAL.value, SharingClass.CONDITIONAL.value})
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_LAST_SHOWN: Final = (datetime(9999, 12, 30, tzinfo=UTC) - _EPOCH) // _MILLISECOND
_CACHED_PERMITS: Final = 64


class Item(NamedTuple):
    sharing_class: str
    sensitivity: int
    identifies: str


@dataclass(frozen=True, slots=True)
class Permit:
    """The call may be made, under this agreement, on this basis, releasing these items as the plan says.

    `listed` are the fields in order, `sensitivity` the highest grade among them: what the ledger tells of the permit.
    `notify` and `delete_after_days` are the duties that follow the release; `emergency` is the declaration by which
    some checks were passed over.
    """

    agreement: str
    version: int
    basis: str
    fields: frozenset[str]
    listed: tuple[str, ...]
    sensitivity: int
    plan: Plan
    limits: Limits
    notify: bool
    delete_after_days: int | None
    emergency: str | None = None


@dataclass(frozen=True, slots=True)
class CompiledAgreement:
    """An agreement as calls are decided on it.

    Valid while `not_before` <= at < `not_after`, in epoch milliseconds, and daily from the first until before the
    second minute of `window`, in minutes since local midnight.
    `registered` are all items of the dataset, shared with it. `statutes` are the bases that need no consent, None where
    none is asked for; `skips` the checks that a declared emergency passes over.
    """

    id: str
    version: int
    application: str
    service: str
    operations: frozenset[str]
    purposes: frozenset[str]
    bases: frozenset[str]
    supplied_basis: str | None
    items: frozenset[str]
    not_before: int
    not_after: int
    window: tuple[int, int] | None
    timezone: tzinfo
    limits: Limits
    case_required: bool
    actor_required: bool
    statutes: frozenset[str] | None
    skips: frozenset[str]
    notify: bool
    delete_after_days: int | None
    plan: Plan
    registered: Mapping[str, Item] = field(repr=False, compare=False)
    _permits: dict[tuple[str, str | None, frozenset[str] | None], Permit] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def plan_for(self, purpose: str, fields: frozenset[str] | None) -> Plan:
        """Raises ValueError when items outside of the agreement are asked for."""
        plan = self.plan if fields is None else self.plan.keeping(fields)
        return plan.serving(purpose)

    def permit(self, purpose: str, basis: str | None, fields: frozenset[str] | None) -> Permit:
        """The permit for an ask that passed all checks, remembered with its plan. Raises ValueError for others."""
        known = self._permits.get((purpose, basis, fields))
        if known is not None:
            return known
        named = self.supplied_basis if basis is None else basis
        if named not in self.bases or purpose not in self.purposes:
            raise ValueError("A permit names a purpose and a legal basis of its agreement; check the ask first.")
        plan = self.plan_for(purpose, fields)
        listed = tuple(sorted(plan.fields))
        permit = Permit(
            self.id,
            self.version,
            named,
            plan.fields,
            listed,
            max(self.registered[item].sensitivity for item in listed),
            plan,
            self.limits,
            self.notify,
            self.delete_after_days,
        )
        if len(self._permits) >= _CACHED_PERMITS:
            self._permits.clear()
        self._permits[purpose, basis, fields] = permit
        return permit

    def within_window(self, at: int) -> bool:
        if self.window is None:
            return True
        start, end = self.window
        minute = _local_minutes(self.timezone)(at)
        return start <= minute < end if start < end else minute >= start or minute < end

    def validity(self) -> str:
        """For reading, in local time; beyond the years that every time zone can tell, their edge is shown."""
        shown = (min(max(at, 0), _LAST_SHOWN) // 1000 for at in (self.not_before, self.not_after))
        return " – ".join(datetime.fromtimestamp(at, self.timezone).isoformat(timespec="seconds") for at in shown)


@lru_cache(maxsize=64)
def _local_minutes(timezone: tzinfo) -> Callable[[int], int]:
    """Epoch milliseconds → minutes since local midnight. Calls within one minute share the work of the time zone."""
    last = (-1, 0)

    def minute_of_day(at: int) -> int:
        nonlocal last
        minute = at // 60_000
        known, answer = last
        if known != minute:
            local = datetime.fromtimestamp(minute * 60, timezone)
            answer = local.hour * 60 + local.minute
            last = (minute, answer)
        return answer

    return minute_of_day


def compile(
    terms: AgreementTerms,
    *,
    id: str,
    version: int,
    application: str,
    service: str,
    items: Mapping[str, Item],
    timezone: tzinfo,
) -> CompiledAgreement:
    """The agreement as calls are decided on it; `items` are those of the service's dataset. Raises Unenforceable."""
    findings = [*_findings_in(terms), *_not_shared(terms.items, items)]
    try:
        plan = obligations.compile(
            id,
            registered=items,
            fields=terms.items,
            masks=terms.masks,
            row_filter=terms.row_filter,
            suppress=terms.suppress,
        )
    except Unenforceable as refused:
        raise Unenforceable((*findings, *refused.findings)) from None
    if findings:
        raise Unenforceable(findings)
    return CompiledAgreement(
        id=id,
        version=version,
        application=application,
        service=service,
        operations=shared_set(terms.operations),
        purposes=shared_set(terms.purposes),
        bases=shared_set(terms.bases),
        supplied_basis=terms.supplied_basis,
        items=plan.fields,
        # rounded inwards, so that no millisecond outside is permitted
        not_before=-((_EPOCH - terms.valid_from) // _MILLISECOND),
        not_after=(terms.valid_until - _EPOCH) // _MILLISECOND,
        window=_minutes(terms.time_of_day),
        timezone=timezone,
        limits=_limits(terms),
        case_required=terms.case_required,
        actor_required=terms.actor_required,
        statutes=None if terms.consent is None else shared_set(terms.consent.statutes),
        skips=shared_set(terms.emergency.skips if terms.emergency else ()),
        notify=terms.duties.notify,
        delete_after_days=terms.duties.delete_after_days,
        plan=plan,
        registered=items,
    )


def _findings_in(terms: AgreementTerms) -> list[Finding]:
    findings = []
    if terms.valid_until <= terms.valid_from:
        findings.append(Finding("/valid_until", "order", "a time after valid_from"))
    if terms.time_of_day is not None and terms.time_of_day.start == terms.time_of_day.end:
        findings.append(Finding("/time_of_day/end", "order", "another time than the start"))
    if terms.supplied_basis is not None and terms.supplied_basis not in terms.bases:
        findings.append(Finding("/supplied_basis", "basis", "one of the agreement's bases"))
    if terms.mode != SharingMode.INTERFACE:
        findings.append(Finding("/mode", "mode", "interface: the exchange brokers no other way of sharing"))
    if terms.duties.notify:
        findings.append(Finding("/duties/notify", "duty", "false: calls are not told one by one yet"))
    statutes = terms.consent.statutes if terms.consent else []
    for position, basis in enumerate(statutes):
        if basis not in terms.bases:
            findings.append(Finding(f"/consent/statutes/{position}", "basis", "one of the agreement's bases"))
    for position, check in enumerate(terms.emergency.skips if terms.emergency else []):
        if check not in SKIPPABLE:
            findings.append(Finding(f"/emergency/skips/{position}", "check", "one of " + ", ".join(sorted(SKIPPABLE))))
    return findings


def _limits(terms: AgreementTerms) -> Limits:
    """One object for equal limits: agreements are many, what bounds them repeats."""
    quota = Quota(terms.quota.count, terms.quota.window) if terms.quota else None
    rate = Rate(terms.rate.count, terms.rate.seconds) if terms.rate else None
    return _same_limits(Limits(quota, rate, terms.total))


@lru_cache(maxsize=1024)
def _same_limits(limits: Limits) -> Limits:
    return limits


def _not_shared(agreed: list[str], items: Mapping[str, Item]) -> list[Finding]:
    """An item is a whole value: it cannot be released while it, or anything registered inside it, is not shared."""
    withheld = [path for path, item in items.items() if item.sharing_class not in SHAREABLE]
    return [
        Finding(f"/items/{position}", "sharing-class", "an item that may be shared, with all that is registered inside")
        for position, item in enumerate(agreed)
        if any(path == item or path.startswith(item + ".") for path in withheld)
    ]


def _minutes(time_of_day: TimeOfDay | None) -> tuple[int, int] | None:
    if time_of_day is None:
        return None
    start, end = (int(text[:2]) * 60 + int(text[3:]) for text in (time_of_day.start, time_of_day.end))
    return start, end
