"""May this application make this call? Pure, total, deny by default.

`decide` asks in this order; the first stage that objects ends it, with all objections of that stage:

1. sharing class: what may not be shared is not shared, whatever an agreement says
2. guards: deny-only rules of the platform; one that cannot answer denies
3. an agreement of this application for this service
4. its operations, purposes, legal bases, validity, time of day, items, case number, responsible person, and the consent
   of those whom the call is about

A declared emergency passes over those checks that its agreement names, and no other. Row conditions and masks are
obligations, compiled into the permit's plan. The broker reserves the permit's limits afterwards, atomically and last.
Comparisons are exact: case and width of characters count.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Protocol

from policies.compiled import SHAREABLE, CompiledAgreement, Item, Permit, compile
from policies.consented import NOBODY, Consents
from policies.obligations import Unenforceable
from policies.quotas import UNLIMITED
from policies.refusals import UNDECIDED, FailedCheck, Refusal, enumerate_some, explain

__all__ = [
    "Ask",
    "CompiledAgreement",
    "FailedCheck",
    "Guard",
    "Item",
    "NotShared",
    "Permit",
    "Refusal",
    "Resource",
    "Suspended",
    "Unenforceable",
    "compile",
    "decide",
]


class Emergency(NamedTuple):
    """A declaration that a call names: it holds for one agreement, `not_before` <= at < `not_after` (epoch ms)."""

    id: str
    agreement: str
    not_before: int
    not_after: int


class Ask(NamedTuple):
    """What is asked. `at` in epoch milliseconds; `fields` None asks for all items of the agreement; `active` is the
    calling department's; `subjects` identify whom the request names; `emergency` is what the call appeals to."""

    application: str
    service: str
    operation: str
    purpose: str
    basis: str | None
    case: str | None
    actor: str | None
    fields: frozenset[str] | None
    at: int
    active: bool
    subjects: tuple[str, ...] = ()
    emergency: Emergency | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """What is asked for. `active` is the providing department's; `contact` is whom an applicant asks; `suspended` says
    why the dataset may not be called for now."""

    service: str
    dataset: str
    department: str
    sharing_class: str
    sharing_reason: Mapping[str, str] | None
    active: bool
    contact: str
    items: Mapping[str, Item]
    title: Mapping[str, str]
    suspended: Mapping[str, str] | None = None


class Guard(Protocol):
    """A deny-only rule. Whatever it raises, and any answer but None, denies."""

    @property
    def id(self) -> str: ...

    def check(self, resource: Resource, ask: Ask) -> FailedCheck | None: ...


class NotShared:
    """Sharing class: refuses with the law that forbids sharing; a class nobody knows is refused too."""

    id = "sharing-class"

    def check(self, resource: Resource, ask: Ask) -> FailedCheck | None:
        if resource.sharing_class in SHAREABLE:
            return None
        return FailedCheck("sharing-class", explain("sharing-class", resource.contact, law=resource.sharing_reason))


class Suspended:
    """Neither calls a suspended department nor is it called; nor is a dataset that is suspended by itself."""

    id = "suspended"

    def check(self, resource: Resource, ask: Ask) -> FailedCheck | None:
        if ask.active is not True:
            return FailedCheck("department", explain("calling-department", resource.contact))
        if resource.active is not True:
            return FailedCheck("department", explain("department", resource.contact))
        if resource.suspended is None:
            return None
        return FailedCheck("suspended", explain("suspended", resource.contact, law=resource.suspended))


_NOT_SHARED: Final = NotShared()
_SUSPENDED: Final = Suspended()


def decide(
    resource: Resource,
    agreements: tuple[CompiledAgreement, ...],
    guards: tuple[Guard, ...],
    ask: Ask,
    consents: Consents = NOBODY,
) -> Permit | Refusal:
    """Permit or refusal; never raises. Sharing class and suspended departments are always checked, before `guards`.

    Agreements of other applications or services are passed over. When none of the rest permits, the refusal tells all
    that fails of the one that comes nearest.
    """
    try:
        return _object(resource, guards, ask) or _search(resource, agreements, ask, consents)
    except Exception:
        return UNDECIDED


def _object(resource: Resource, guards: tuple[Guard, ...], ask: Ask) -> Refusal | None:
    objection = _consult(_NOT_SHARED, resource, ask)
    if objection is not None:
        return Refusal((objection,))
    suspended = _consult(_SUSPENDED, resource, ask)
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


def _search(
    resource: Resource, agreements: tuple[CompiledAgreement, ...], ask: Ask, consents: Consents
) -> Permit | Refusal:
    nearest: Refusal | None = None
    for agreement in agreements:
        if agreement.application != ask.application or not agreement.service == ask.service == resource.service:
            continue
        failed = _failed_checks(agreement, ask)
        if agreement.statutes is not None and not _consented(agreement, resource, ask, consents):
            failed.append("consent")
        if ask.emergency is not None:
            failed = _in_emergency(agreement, ask.emergency, ask.at, failed)
        if not failed:
            permit = agreement.permit(ask.purpose, ask.basis, ask.fields)
            return permit if ask.emergency is None else _by_emergency(agreement, ask.emergency, permit)
        if nearest is None or _farness(failed) < _farness([check.check for check in nearest.failed]):
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


def _farness(failed: list[str]) -> tuple[int, bool]:
    """How far an agreement is from permitting: by the number of checks, an agreement for the purpose first."""
    return len(failed), "purpose" in failed


def _consented(agreement: CompiledAgreement, resource: Resource, ask: Ask, consents: Consents) -> bool:
    """By a statute that needs no consent, or by everybody whom the request names."""
    assert agreement.statutes is not None
    if (agreement.supplied_basis if ask.basis is None else ask.basis) in agreement.statutes:
        return True
    department = ask.application.partition("/")[0]
    return consents.hold(ask.subjects, ask.purpose, resource.dataset, department, ask.at)


def _in_emergency(agreement: CompiledAgreement, emergency: Emergency, at: int, failed: list[str]) -> list[str]:
    """What still fails; a declaration that does not hold is a failure of its own, and passes over nothing."""
    if emergency.agreement != agreement.id or not emergency.not_before <= at < emergency.not_after:
        return [*failed, "emergency"]
    return [check for check in failed if check not in agreement.skips]


def _by_emergency(agreement: CompiledAgreement, emergency: Emergency, permit: Permit) -> Permit:
    """Calls in an emergency are counted like others, but not bounded where the agreement says so."""
    limits = UNLIMITED if "quota" in agreement.skips else permit.limits
    return replace(permit, limits=limits, emergency=emergency.id)


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
        case "consent":
            allowed = enumerate_some(agreement.statutes or ())
        case "validity":
            allowed = agreement.validity()
        case "time-of-day" if agreement.window:
            allowed = " – ".join(f"{minute // 60:02}:{minute % 60:02}" for minute in agreement.window)
        case _:
            allowed = ""
    return explain(check, contact, agreement=agreement.id, allowed=allowed)
