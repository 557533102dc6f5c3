"""May this application make this call? Pure, total, deny by default.

`decide` asks in this order; the first stage that objects ends it, with all objections of that stage:

1. sharing class: what may not be shared is not shared, whatever an agreement says
2. guards: deny-only rules of the platform; one that cannot answer denies
3. an agreement of this application for this service
4. its operations, purposes, legal bases, validity, time of day, items, case number and responsible person

Row conditions and masks are obligations, compiled into the permit's plan. The broker reserves the permit's quota
afterwards, atomically and last. Comparisons are exact: case and width of characters count.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

from catalog.models import SharingClass
from policies import obligations
from policies.models import AgreementTerms, TimeOfDay
from policies.obligations import Plan, Unenforceable, shared_set
from policies.quotas import Quota
from policies.refusals import UNDECIDED, FailedCheck, Refusal, enumerate_some, explain
from standards.validation import Finding

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_SHAREABLE: Final = frozenset({SharingClass.UNCONDITIONAL.value, SharingClass.CONDITIONAL.value})
_CACHED_PERMITS: Final = 64
_LAST_SHOWN: Final = (datetime(9999, 12, 30, tzinfo=UTC) - _EPOCH) // _MILLISECOND


class Ask(NamedTuple):
    """What is asked. `at` in epoch milliseconds; `fields` None asks for all items of the agreement."""

    application: str
    service: str
    operation: str
    purpose: str
    basis: str | None
    case: str | None
    actor: str | None
    fields: frozenset[str] | None
    at: int


class Item(NamedTuple):
    sharing_class: str
    sensitivity: int
    identifies: str


@dataclass(frozen=True, slots=True)
class Resource:
    """What is asked for. `active` is the providing department's; `contact` is whom an applicant asks."""

    service: str
    dataset: str
    department: str
    sharing_class: str
    sharing_reason: Mapping[str, str] | None
    active: bool
    contact: str
    items: Mapping[str, Item]
    title: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Permit:
    """The call may be made, under this agreement, on this basis, releasing these items as the plan says."""

    agreement: str
    version: int
    basis: str
    fields: frozenset[str]
    plan: Plan
    quota: Quota | None


@dataclass(frozen=True, slots=True)
class CompiledAgreement:
    """An agreement as calls are decided on it.

    Valid while `not_before` <= at < `not_after`, in epoch milliseconds, and daily from the first until before the
    second minute of `window`, in minutes since local midnight.
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
    quota: Quota | None
    case_required: bool
    actor_required: bool
    plan: Plan
    _permits: dict[tuple[str | None, frozenset[str] | None], Permit] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def plan_for(self, fields: frozenset[str] | None) -> Plan:
        """Raises ValueError when items outside of the agreement are asked for."""
        return self.plan if fields is None else self.plan.keeping(fields)

    def permit(self, basis: str | None, fields: frozenset[str] | None) -> Permit:
        """The permit for an ask that passed all checks, remembered with its plan. Raises ValueError for others."""
        known = self._permits.get((basis, fields))
        if known is not None:
            return known
        named = self.supplied_basis if basis is None else basis
        if named not in self.bases:
            raise ValueError("A permit names a legal basis of its agreement; check the ask first.")
        plan = self.plan_for(fields)
        permit = Permit(self.id, self.version, named, plan.fields, plan, self.quota)
        if len(self._permits) >= _CACHED_PERMITS:
            self._permits.clear()
        self._permits[basis, fields] = permit
        return permit

    def within_window(self, at: int) -> bool:
        if self.window is None:
            return True
        start, end = self.window
        minute = _local_minutes(self.timezone)(at)
        return start <= minute < end if start < end else minute >= start or minute < end


class Guard(Protocol):
    """A deny-only rule. Whatever it raises, and any answer but None, denies."""

    @property
    def id(self) -> str: ...

    def check(self, resource: Resource, ask: Ask) -> FailedCheck | None: ...


class NotShared:
    """Sharing class: refuses with the law that forbids sharing; a class nobody knows is refused too."""

    id = "sharing-class"

    def check(self, resource: Resource, ask: Ask) -> FailedCheck | None:
        if resource.sharing_class in _SHAREABLE:
            return None
        return FailedCheck("sharing-class", explain("sharing-class", resource.contact, law=resource.sharing_reason))


class DepartmentSuspended:
    id = "department"

    def check(self, resource: Resource, ask: Ask) -> FailedCheck | None:
        return None if resource.active is True else FailedCheck("department", explain("department", resource.contact))


_NOT_SHARED: Final = NotShared()
_DEPARTMENT_SUSPENDED: Final = DepartmentSuspended()


def decide(
    resource: Resource, agreements: tuple[CompiledAgreement, ...], guards: tuple[Guard, ...], ask: Ask
) -> Permit | Refusal:
    """Permit or refusal; never raises. Sharing class and suspended departments are always checked, before `guards`.

    Agreements of other applications or services are passed over. When none of the rest permits, the refusal tells all
    that fails of the one that comes nearest.
    """
    try:
        return _object(resource, guards, ask) or _search(resource, agreements, ask)
    except Exception:
        return UNDECIDED


def _object(resource: Resource, guards: tuple[Guard, ...], ask: Ask) -> Refusal | None:
    objection = _consult(_NOT_SHARED, resource, ask)
    if objection is not None:
        return Refusal((objection,))
    suspended = _consult(_DEPARTMENT_SUSPENDED, resource, ask)
    if suspended is None and not guards:
        return None
    objections = (suspended, *[_consult(guard, resource, ask) for guard in guards])
    failed = tuple(objection for objection in objections if objection is not None)
    return Refusal(failed) if failed else None


def _consult(guard: Guard, resource: Resource, ask: Ask) -> FailedCheck | None:
    try:
        objection = guard.check(resource, ask)
        if objection is None or type(objection) is FailedCheck:
            return objection
    except Exception:
        objection = None
    return FailedCheck(f"guard:{guard.id}", explain("guard", resource.contact))


def _search(resource: Resource, agreements: tuple[CompiledAgreement, ...], ask: Ask) -> Permit | Refusal:
    nearest: Refusal | None = None
    for agreement in agreements:
        if agreement.application != ask.application or not agreement.service == ask.service == resource.service:
            continue
        failed = _failed_checks(agreement, ask)
        if not failed:
            return agreement.permit(ask.basis, ask.fields)
        if nearest is None or len(failed) < len(nearest.failed):
            explained = (FailedCheck(check, _satisfy(check, agreement, resource.contact)) for check in failed)
            nearest = Refusal(tuple(explained), agreement.id)
    return nearest or Refusal((FailedCheck("agreement", explain("agreement", resource.contact)),))


def _failed_checks(agreement: CompiledAgreement, ask: Ask) -> list[str]:
    failed = []
    if ask.operation not in agreement.operations:
        failed.append("operation")
    if ask.purpose not in agreement.purposes:
        failed.append("purpose")
    if (agreement.supplied_basis if ask.basis is None else ask.basis) not in agreement.bases:
        failed.append("legal-basis")
    if not agreement.not_before <= ask.at < agreement.not_after:
        failed.append("validity")
    if not agreement.within_window(ask.at):
        failed.append("time-of-day")
    fields = agreement.items if ask.fields is None else ask.fields
    if not fields or not fields <= agreement.items:
        failed.append("fields")
    if agreement.case_required and not ask.case:
        failed.append("case")
    if agreement.actor_required and not ask.actor:
        failed.append("actor")
    return failed


def _satisfy(check: str, agreement: CompiledAgreement, contact: str) -> dict[str, str]:
    match check:
        case "operation":
            allowed = enumerate_some(agreement.operations)
        case "purpose":
            allowed = enumerate_some(agreement.purposes)
        case "legal-basis":
            allowed = enumerate_some(agreement.bases)
        case "fields":
            allowed = enumerate_some(agreement.items)
        case "validity":
            bounds = (agreement.not_before, agreement.not_after)
            allowed = " – ".join(_local(at, agreement.timezone) for at in bounds)
        case "time-of-day" if agreement.window:
            allowed = " – ".join(f"{minute // 60:02}:{minute % 60:02}" for minute in agreement.window)
        case _:
            allowed = ""
    return explain(check, contact, agreement=agreement.id, allowed=allowed)


def _local(at: int, timezone: tzinfo) -> str:
    """For reading; what lies outside of the years that every time zone can tell is shown as their edge."""
    return datetime.fromtimestamp(min(max(at, 0), _LAST_SHOWN) // 1000, timezone).isoformat(timespec="seconds")


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
        quota=None if terms.quota is None else Quota(terms.quota.count, terms.quota.window),
        case_required=terms.case_required,
        actor_required=terms.actor_required,
        plan=plan,
    )


def _findings_in(terms: AgreementTerms) -> list[Finding]:
    findings = []
    if terms.valid_until <= terms.valid_from:
        findings.append(Finding("/valid_until", "order", "a time after valid_from"))
    if terms.time_of_day is not None and terms.time_of_day.start == terms.time_of_day.end:
        findings.append(Finding("/time_of_day/end", "order", "another time than the start"))
    if terms.supplied_basis is not None and terms.supplied_basis not in terms.bases:
        findings.append(Finding("/supplied_basis", "basis", "one of the agreement's bases"))
    return findings


def _not_shared(agreed: list[str], items: Mapping[str, Item]) -> list[Finding]:
    """An item is a whole value: it cannot be released while it, or anything registered inside it, is not shared."""
    withheld = [path for path, item in items.items() if item.sharing_class not in _SHAREABLE]
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
