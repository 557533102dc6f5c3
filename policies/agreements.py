"""Agreements (共享协议): drafted by one, activated by another, revoked at any time. The only source of permission.

LookupError
└── UnknownAgreement
PermissionError
└── SelfApproval        whoever drafted it does not activate it
ValueError
├── NotActivatable      .findings: everything that stands against it
├── Overlaps            another active agreement permits the same already
└── WrongState          it is no draft any more, or was revoked already
"""

import secrets
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from catalog import datasets, departments, services
from catalog.models import Application, Dataset, Service
from catalog.registration import lock, told
from policies import scope
from policies.models import Agreement, AgreementDraft, AgreementState, AgreementTerms
from standards import paging
from standards.validation import Finding


class UnknownAgreement(LookupError):
    """No agreement has this id."""

    def __init__(self, id: str) -> None:
        super().__init__(f"No agreement has the id {id!r}: look it up in the list of agreements.")


class SelfApproval(PermissionError):
    """Nobody approves what they asked for."""

    def __init__(self) -> None:
        super().__init__("Whoever drafted an agreement cannot activate it: ask another steward of the provider.")


class NotActivatable(ValueError):
    """What stands against the agreement, all of it in `findings`."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(f"The agreement cannot be activated: draft it anew. {told(self.findings)}")


class Overlaps(ValueError):
    """One call would find two agreements."""

    def __init__(self, other: str) -> None:
        super().__init__(f"{other} is active for the same operation, purpose and time: revoke it, or draft apart.")


class NoReason(ValueError):
    """Both sides learn why an agreement ended."""

    def __init__(self) -> None:
        super().__init__("An agreement is revoked with a reason: say why in a sentence.")


class WrongState(ValueError):
    """The agreement is past the state that this step starts from."""

    def __init__(self, id: str, state: str, step: str) -> None:
        super().__init__(f"{id} is {state} and cannot be {step}: draft a new agreement instead.")


def draft(session: Session, draft: AgreementDraft, by: str, now: datetime, *, key: str = "") -> Agreement:
    """Writes the terms down; they permit nothing yet. `key` is the thumbprint of the key that vouched for `by`.

    Raises UnknownApplication, UnknownService.
    """
    application = departments.fetch_application(session, draft.application)
    service = services.fetch(session, draft.service)
    agreement = Agreement(
        id=f"agr-{secrets.token_hex(8)}",
        application_id=application.id,
        service_id=service.id,
        terms=draft.terms.model_dump(mode="json"),
        drafted_by=by,
        drafted_key=key or None,
        drafted_at=now,
    )
    session.add(agreement)
    session.flush()
    return agreement


def activate(session: Session, id: str, by: str, now: datetime, *, key: str = "") -> Agreement:
    """The provider's signature. Raises UnknownAgreement, WrongState, SelfApproval, NotActivatable, Overlaps."""
    agreement = _held(session, id)
    if agreement.state != AgreementState.DRAFT:
        raise WrongState(id, agreement.state, "activated")
    if by == agreement.drafted_by or (key and key == agreement.drafted_key):
        raise SelfApproval
    # Held until the end: neither the dataset nor a second agreement on it changes between the check and the signature.
    dataset = datasets.held(session, services.fetch(session, agreement.service_id).dataset_id)
    if found := obstacles(session, agreement, now):
        raise NotActivatable(found)
    if other := _overlapping(session, agreement, dataset):
        raise Overlaps(other.id)
    agreement.state, agreement.activated_by, agreement.activated_at = AgreementState.ACTIVE, by, now
    return _stored(session, agreement)


def drafter(agreement: Agreement) -> dict[str, str]:
    """Who drafted it, `{by, key}`: they do not activate it."""
    return {"by": agreement.drafted_by, "key": agreement.drafted_key or ""}


def obstacles(session: Session, agreement: Agreement, now: datetime) -> list[Finding]:
    """Everything that stands against activating the agreement now; empty when nothing does."""
    service = services.fetch(session, agreement.service_id)
    dataset = datasets.fetch(session, service.dataset_id)
    return [
        *_parties(session, agreement, dataset, service),
        *_validity(terms(agreement), now),
        *scope.findings(session, agreement, dataset, service),
    ]


def revoke(session: Session, id: str, by: str, reason: str, now: datetime) -> Agreement:
    """Ends an active agreement, or turns a draft down; the next call is refused.

    `reason` is told to the consumer. Raises UnknownAgreement, WrongState, NoReason.
    """
    if not reason.strip():
        raise NoReason
    agreement = _held(session, id)
    if agreement.state == AgreementState.REVOKED:
        raise WrongState(id, agreement.state, "revoked again")
    agreement.state, agreement.revoked_by, agreement.revoked_at = AgreementState.REVOKED, by, now
    agreement.revoked_reason = reason.strip()
    return _stored(session, agreement)


def fetch(session: Session, id: str) -> Agreement:
    """Raises UnknownAgreement."""
    agreement = session.get(Agreement, id)
    if agreement is None:
        raise UnknownAgreement(id)
    return agreement


def terms(agreement: Agreement) -> AgreementTerms:
    """The agreement's terms, read back from the row."""
    return AgreementTerms.model_validate(agreement.terms)


def page(
    session: Session,
    *,
    application: str | None = None,
    service: str | None = None,
    provider: str | None = None,
    consumer: str | None = None,
    state: AgreementState | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> tuple[list[Agreement], str | None]:
    """Agreements by id, filtered; `provider` and `consumer` are departments. Raises standards.paging.InvalidCursor."""
    statement = (
        select(Agreement)
        .join(Service, col(Service.id) == Agreement.service_id)
        .join(Application, col(Application.id) == Agreement.application_id)
    )
    wanted: list[tuple[Any, str | None]] = [
        (Agreement.application_id, application),
        (Agreement.service_id, service),
        (Service.department, provider),
        (Application.department, consumer),
        (Agreement.state, state),
    ]
    for column, value in wanted:
        if value is not None:
            statement = statement.where(column == value)
    return paging.page(session, statement, [col(Agreement.id)], limit=limit, cursor=cursor)


def for_application(
    session: Session, application_id: str, *, limit: int = 50, cursor: str | None = None
) -> tuple[list[Agreement], str | None]:
    """What a consumer's application has been party to, in whatever state. Raises UnknownApplication, InvalidCursor."""
    application = departments.fetch_application(session, application_id)
    return page(session, application=application.id, limit=limit, cursor=cursor)


def active(session: Session, application_id: str | None = None) -> list[Agreement]:
    """The active agreements, of one application when it is named; those past their validity are among them."""
    statement = select(Agreement).where(Agreement.state == AgreementState.ACTIVE).order_by(col(Agreement.id))
    if application_id is not None:
        statement = statement.where(Agreement.application_id == application_id)
    return list(session.exec(statement).all())


def active_on(session: Session, dataset_id: str) -> list[tuple[Agreement, Service]]:
    """The active agreements on any service of the dataset, each with that service."""
    statement = (
        select(Agreement, Service)
        .join(Service, col(Service.id) == Agreement.service_id)
        .where(Agreement.state == AgreementState.ACTIVE, Service.dataset_id == dataset_id)
        .order_by(col(Agreement.id))
    )
    return [(agreement, service) for agreement, service in session.exec(statement).all()]


def _held(session: Session, id: str) -> Agreement:
    agreement = lock(session, Agreement, id)
    if agreement is None:
        raise UnknownAgreement(id)
    return agreement


def _stored(session: Session, agreement: Agreement) -> Agreement:
    session.add(agreement)
    session.flush()
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
    wanted = terms(agreement)
    rivals = (other for other, service in active_on(session, dataset.id) if service.id == agreement.service_id)
    own = (other for other in rivals if other.application_id == agreement.application_id)
    return next((other for other in own if _meet(wanted, terms(other))), None)


def _meet(one: AgreementTerms, other: AgreementTerms) -> bool:
    """Whether one call could fall under both: an operation, a purpose and a moment in common."""
    return (
        not set(one.operations).isdisjoint(other.operations)
        and not set(one.purposes).isdisjoint(other.purposes)
        and one.valid_from < other.valid_until
        and other.valid_from < one.valid_until
    )
