"""Agreements (共享协议): the only source of permission.

Drafted here, signed by both sides (`signatures`), put into force (`activation`), amended (`amendments`), suspended and
ended (`standing`).

LookupError
└── UnknownAgreement
ValueError
├── InvalidTerms    .findings: terms that permit nothing, contradict themselves or cannot be signed
├── WrongState      the agreement is past the state that this step starts from
└── Outdated        catalog.registration: somebody else acted on it since it was read
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from catalog import departments, services
from catalog.models import Application, Service
from catalog.registration import Outdated, lock, told
from policies import announcements, scope, versions
from policies.models import ENDED, RUNNING, Agreement, AgreementDraft, AgreementState, AgreementTerms
from standards import paging
from standards.validation import Finding


class UnknownAgreement(LookupError):
    """No agreement has this id."""

    def __init__(self, id: str) -> None:
        super().__init__(f"No agreement has the id {id!r}: look it up in the list of agreements.")


class InvalidTerms(ValueError):
    """Terms that nobody could ever agree on, all that is wrong in `findings`."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(f"The terms cannot be agreed on. {told(self.findings)}")


class WrongState(ValueError):
    """The agreement is past the state that this step starts from."""

    def __init__(self, id: str, state: str, step: str) -> None:
        advice = "draft a new agreement instead" if state in ENDED else "read it again for what can be done with it"
        super().__init__(f"{id} is {state} and cannot be {step}: {advice}.")


def draft(session: Session, draft: AgreementDraft, by: str, now: datetime) -> Agreement:
    """Writes the first version down; it permits nothing yet.

    Raises UnknownApplication, UnknownService, InvalidTerms.
    """
    application = departments.fetch_application(session, draft.application)
    service = services.fetch(session, draft.service)
    agreed = accepted(draft.terms)
    agreement = Agreement(
        id=f"agr-{secrets.token_hex(8)}",
        application_id=application.id,
        service_id=service.id,
        terms=agreed,
        valid_until=draft.terms.valid_until,
        total=draft.terms.total,
        drafted_by=by,
        drafted_at=now,
        changed_by=by,
        changed_at=now,
    )
    session.add(agreement)
    session.flush()
    versions.propose(session, agreement.id, agreed, by, now)
    announcements.tell(session, agreement, "drafted", now)
    return agreement


def accepted(terms: AgreementTerms) -> dict[str, Any]:
    """The terms as they are kept and signed. Raises InvalidTerms."""
    if found := scope.contradictions(terms):
        raise InvalidTerms(found)
    return terms.model_dump(mode="json")


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


def running_on(session: Session, dataset_id: str) -> list[tuple[Agreement, Service]]:
    """The agreements on any service of the dataset that are active or may be resumed, each with that service."""
    statement = (
        select(Agreement, Service)
        .join(Service, col(Service.id) == Agreement.service_id)
        .where(col(Agreement.state).in_(RUNNING), Service.dataset_id == dataset_id)
        .order_by(col(Agreement.id))
    )
    return [(agreement, service) for agreement, service in session.exec(statement).all()]


def held(session: Session, id: str, expected_revision: int | None = None) -> Agreement:
    """The agreement as the database has it now, nobody else's until the transaction ends. Raises UnknownAgreement,
    Outdated.
    """
    agreement = lock(session, Agreement, id)
    if agreement is None:
        raise UnknownAgreement(id)
    if expected_revision is not None and agreement.revision != expected_revision:
        raise Outdated(id, agreement.revision)
    return agreement


def changed(session: Session, agreement: Agreement, by: str, now: datetime) -> Agreement:
    """Notes who acted on it and when, and counts its revision."""
    agreement.changed_by, agreement.changed_at = by, now
    agreement.revision += 1
    session.add(agreement)
    session.flush()
    return agreement
