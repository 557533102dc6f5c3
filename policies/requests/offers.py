"""Standing offers: of unconditional datasets a provider says once what whoever asks may have at once.

LookupError
└── UnknownOffer       no offer has this id
ValueError
├── InvalidOffer       .findings: what cannot be offered
└── OfferWithdrawn     it does not hold any more
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from catalog import datasets, services
from catalog.models import DatasetState, SharingClass
from catalog.registration import Outdated, lock, told
from policies import scope
from policies.models import Agreement, AgreementTerms
from policies.requests import narrowing
from policies.requests.models import Asked, Grant, OfferDraft, OfferTerms, StandingOffer
from standards import paging
from standards.validation import Finding

_PROBE = "offer"


class UnknownOffer(LookupError):
    """No offer has this id."""

    def __init__(self, id: str) -> None:
        super().__init__(f"No standing offer has the id {id!r}: look it up in the list of offers.")


class InvalidOffer(ValueError):
    """What cannot be offered; `findings` lists all of it."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(f"This cannot be offered to whoever asks. {told(self.findings)}")


class OfferWithdrawn(ValueError):
    """The offer was withdrawn already."""

    def __init__(self, id: str) -> None:
        super().__init__(f"{id} was withdrawn already: publish another offer.")


def publish(session: Session, draft: OfferDraft, by: str, now: datetime) -> StandingOffer:
    """Offers these terms to everybody from now on. Raises UnknownService, InvalidOffer."""
    service = services.fetch(session, draft.service)
    if findings := _findings(session, draft, now):
        raise InvalidOffer(findings)
    row = StandingOffer(
        id=f"off-{secrets.token_hex(8)}",
        service_id=service.id,
        provider=service.department,
        terms=draft.terms.model_dump(mode="json"),
        published_by=by,
        published_at=now,
    )
    session.add(row)
    session.flush()
    return row


def withdraw(session: Session, id: str, by: str, now: datetime) -> StandingOffer:
    """Ends the offer; agreements that came of it go on. Raises UnknownOffer, OfferWithdrawn."""
    row = lock(session, StandingOffer, id)
    if row is None:
        raise UnknownOffer(id)
    if row.withdrawn_at is not None:
        raise OfferWithdrawn(id)
    row.withdrawn_by, row.withdrawn_at, row.revision = by, now, row.revision + 1
    session.add(row)
    session.flush()
    return row


def fetch(session: Session, id: str) -> StandingOffer:
    """Raises UnknownOffer."""
    row = session.get(StandingOffer, id)
    if row is None:
        raise UnknownOffer(id)
    return row


def terms(row: StandingOffer) -> OfferTerms:
    return OfferTerms.model_validate(row.terms)


def page(
    session: Session,
    *,
    service: str | None = None,
    provider: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> tuple[list[StandingOffer], str | None]:
    """Offers that hold, by id. Raises standards.paging.InvalidCursor."""
    statement = select(StandingOffer).where(col(StandingOffer.withdrawn_at).is_(None))
    wanted: list[tuple[Any, str | None]] = [(StandingOffer.service_id, service), (StandingOffer.provider, provider)]
    for column, value in wanted:
        if value is not None:
            statement = statement.where(column == value)
    return paging.page(session, statement, [col(StandingOffer.id)], limit=limit, cursor=cursor)


def covering(
    session: Session, service_id: str, asked: Asked, sharing_class: str | None, now: datetime
) -> StandingOffer | None:
    """The oldest offer within which all of it lies, and that could be published as it stands now.

    None for what is not shared unconditionally: that takes an answer.
    """
    if sharing_class != SharingClass.UNCONDITIONAL:
        return None
    statement = select(StandingOffer).where(
        StandingOffer.service_id == service_id, col(StandingOffer.withdrawn_at).is_(None)
    )
    rows = session.exec(statement.order_by(col(StandingOffer.published_at), col(StandingOffer.id))).all()
    return next((row for row in rows if covers(terms(row), asked) and _holds(session, row, now)), None)


def covers(offered: OfferTerms, asked: Asked) -> bool:
    """Whether the request lies within the offer. One that names no quota takes the offer's."""
    return (
        all(set(getattr(asked, name)) <= set(getattr(offered, name)) for name in narrowing.LISTS)
        and (asked.quota is None or narrowing.fits(asked.quota, offered.quota))
        and asked.valid_from is not None
        and asked.valid_until is not None
        and asked.valid_until - asked.valid_from <= timedelta(days=offered.days)
    )


def grant(offered: OfferTerms, asked: Asked) -> Grant:
    """The grant that the offer gives to a request within it: all of it, under the offer's conditions."""
    conditions = {name: getattr(offered, name) for name in OfferTerms.model_fields.keys() - {*narrowing.LISTS, "days"}}
    return Grant(**{**conditions, "quota": asked.quota or offered.quota})


def expect(row: StandingOffer, revision: int | None) -> None:
    """Raises Outdated when the row is at another revision; None expects nothing."""
    if revision is not None and revision != row.revision:
        raise Outdated(row.id, row.revision)


def _holds(session: Session, row: StandingOffer, now: datetime) -> bool:
    return not _findings(session, OfferDraft(service=row.service_id, terms=terms(row)), now)


def _findings(session: Session, draft: OfferDraft, now: datetime) -> list[Finding]:
    """What keeps an agreement on all of the offer from standing, and what is not unconditional."""
    service = services.fetch(session, draft.service)
    dataset = datasets.fetch(session, service.dataset_id)
    findings = []
    if dataset.state != DatasetState.PUBLISHED or dataset.sharing_class != SharingClass.UNCONDITIONAL:
        findings.append(
            Finding("/service", "unconditional", "a service of a published, unconditionally shared dataset")
        )
    classes = {item.path: item.sharing_class for item in datasets.items(session, dataset.id)}
    for index, item in enumerate(draft.terms.items):
        if classes.get(item, SharingClass.UNCONDITIONAL) != SharingClass.UNCONDITIONAL:
            findings.append(Finding(f"/terms/items/{index}", "unconditional", "an item that is shared unconditionally"))
    whole = draft.terms.model_dump(exclude={"days"})
    probe = AgreementTerms(**whole, valid_from=now, valid_until=now + timedelta(days=draft.terms.days))
    agreement = Agreement(
        id=_PROBE, application_id=_PROBE, service_id=service.id, terms=probe.model_dump(mode="json"),
        valid_until=probe.valid_until, drafted_by=_PROBE, drafted_at=now, changed_by=_PROBE, changed_at=now,
    )  # fmt: skip
    return findings + scope.findings(session, agreement, dataset, service)
