"""The proposed version of an agreement is put into force, when everything about it holds at that moment.

PermissionError
└── SelfApproval         policies.signatures
ValueError
├── NotActivatable       .findings: everything that stands against it
├── Overlaps             another active agreement permits the same already
├── NothingProposed      policies.versions
└── WrongState           policies.agreements
"""

from datetime import datetime

from sqlmodel import Session

from catalog import datasets, departments, services
from catalog.models import Dataset, Service
from catalog.registration import told
from policies import agreements, announcements, scope, signatures, versions
from policies.agreements import WrongState, terms
from policies.models import ENDED, Agreement, AgreementState, AgreementTerms
from policies.signatures import Doubts, SelfApproval
from standards.validation import Finding


class NotActivatable(ValueError):
    """What stands against the agreement, all of it in `findings`."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = tuple(findings)
        unsigned = all(finding.pointer.startswith("/signatures") for finding in findings)
        advice = "have it signed" if unsigned else "draft it anew"
        super().__init__(f"The agreement cannot be activated: {advice}. {told(self.findings)}")


class Overlaps(ValueError):
    """One call would find two agreements."""

    def __init__(self, other: str) -> None:
        super().__init__(
            f"{other} is in force for the same operation, purpose and time: amend or revoke it, or draft apart."
        )


def activate(
    session: Session,
    id: str,
    by: str,
    now: datetime,
    *,
    exchange: str,
    doubts: Doubts,
    expected_revision: int | None = None,
) -> Agreement:
    """Puts the proposed version into force, at the provider's word. An agreement that is suspended stays so.

    `exchange` is the origin of the ledger. Raises UnknownAgreement, Outdated, WrongState, NothingProposed,
    SelfApproval, NotActivatable, Overlaps.
    """
    agreement = agreements.held(session, id, expected_revision)
    if agreement.state in ENDED:
        raise WrongState(id, agreement.state, "activated")
    version = versions.require_proposed(session, id)
    if by == version.drafted_by:
        raise SelfApproval
    agreed = versions.as_agreed(agreement, version)
    # Held until the end: neither the dataset nor a second agreement on it changes between the check and the signature.
    dataset = datasets.held(session, services.fetch(session, agreement.service_id).dataset_id)
    found = [
        *obstacles(session, agreed, now),
        *signatures.missing(session, agreement, version, exchange, doubts),
    ]
    if found:
        raise NotActivatable(found)
    if other := _overlapping(session, agreed, dataset):
        raise Overlaps(other.id)
    versions.put_in_force(session, agreement, version, by, now)
    return _taken(session, agreement, agreed, by, now)


def obstacles(session: Session, agreement: Agreement, now: datetime) -> list[Finding]:
    """Everything that stands against these terms now, signatures apart; empty when nothing does."""
    service = services.fetch(session, agreement.service_id)
    dataset = datasets.fetch(session, service.dataset_id)
    return [
        *_parties(session, agreement, dataset, service),
        *_validity(terms(agreement), now),
        *scope.findings(session, agreement, dataset, service),
    ]


def _taken(session: Session, agreement: Agreement, agreed: Agreement, by: str, now: datetime) -> Agreement:
    wanted = terms(agreed)
    first = agreement.state == AgreementState.DRAFT
    agreement.version, agreement.terms = agreed.version, agreed.terms
    agreement.valid_until, agreement.total = wanted.valid_until, wanted.total
    agreement.activated_by, agreement.activated_at = by, now
    if first:
        agreement.state = AgreementState.ACTIVE
    agreements.changed(session, agreement, by, now)
    announcements.tell(session, agreement, "activated" if first else "amended", now)
    return agreement


def _parties(session: Session, agreement: Agreement, dataset: Dataset, service: Service) -> list[Finding]:
    found = []
    if not services.in_force(service, dataset):
        found.append(Finding("/service", "published", "a service that was published with its dataset"))
    if not departments.fetch(session, dataset.department).active:
        found.append(Finding("/service", "active", "a provider that is not suspended"))
    application = departments.fetch_application(session, agreement.application_id)
    if not departments.fetch(session, application.department).active:
        found.append(Finding("/application", "active", "an application of a department that is not suspended"))
    return found


def _validity(terms: AgreementTerms, now: datetime) -> list[Finding]:
    if terms.valid_until > now:
        return []
    return [Finding("/terms/valid_until", "future", "a moment that is still to come")]


def _overlapping(session: Session, agreement: Agreement, dataset: Dataset) -> Agreement | None:
    """Another agreement that would permit a call of this one, or might again: what is suspended may be resumed."""
    wanted = terms(agreement)
    rivals = agreements.running_on(session, dataset.id)
    own = (
        other
        for other, service in rivals
        if service.id == agreement.service_id
        and other.application_id == agreement.application_id
        and other.id != agreement.id
    )
    return next((other for other in own if _meet(wanted, terms(other))), None)


def _meet(one: AgreementTerms, other: AgreementTerms) -> bool:
    """Whether one call could fall under both: an operation, a purpose and a moment in common."""
    return (
        not set(one.operations).isdisjoint(other.operations)
        and not set(one.purposes).isdisjoint(other.purposes)
        and one.valid_from < other.valid_until
        and other.valid_from < one.valid_until
    )
