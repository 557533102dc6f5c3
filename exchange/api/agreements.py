"""Agreements: drafted by the consumer's side, activated by the provider's, revoked by the provider's or an operator."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import Field
from sqlmodel import Session

from catalog.registration import Outdated
from exchange.api import shapes
from exchange.api.depends import Cursor, KnownRevision, Limit, Read, ThisNode, Who, Work, listing, tag
from exchange.clock import milliseconds
from exchange.identity import hands
from exchange.identity.callers import Caller, NotPermitted
from exchange.node import Node
from policies import agreements
from policies.models import Agreement, AgreementDraft, AgreementState
from policies.quotas import Quota
from standards.models import Draft

router = APIRouter(tags=["agreements"])


class Revocation(Draft):
    reason: str = Field(min_length=1, max_length=2000, description="written reason; no data about persons")


@router.post("/agreements", status_code=201)
def draft_agreement(draft: AgreementDraft, who: Who, work: Work, response: Response) -> dict[str, Any]:
    """Draft an agreement. Needs the `steward:` of the application's or of the provider's department, or `operator`."""
    consumer, provider = draft.application.partition("/")[0], draft.service.partition("/")[0]
    if not who.is_steward(consumer):
        who.require_steward_or_operator(provider)
    row = agreements.draft(work.session, draft, work.by, work.now, key=work.key)
    work.record("agreement.drafted", row.id, application=row.application_id, service=row.service_id)
    tag(response, _revision(row))
    return shapes.agreement(row)


@router.post("/agreements/{id}/activate")
def activate_agreement(id: str, revision: KnownRevision, who: Who, work: Work, response: Response) -> dict[str, Any]:
    """Sign for the provider: calls are permitted from now on. Needs the provider's `steward:`, in another hand."""
    known = agreements.fetch(work.session, id)
    _require_another_hand(who, work.session, known)
    _expect(known, revision)
    row = agreements.activate(work.session, id, work.by, work.now, key=work.key)
    work.record("agreement.activated", row.id, version=row.version)
    tag(response, _revision(row))
    return shapes.agreement(row)


@router.post("/agreements/{id}/revoke")
def revoke_agreement(
    id: str, revocation: Revocation, revision: KnownRevision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Revoke: the next call is refused. Needs the provider's `steward:` or `operator`."""
    known = agreements.fetch(work.session, id)
    who.require_steward_or_operator(_provider(known))
    _expect(known, revision)
    row = agreements.revoke(work.session, id, work.by, revocation.reason, work.now)
    work.record("agreement.revoked", row.id, version=row.version)
    tag(response, _revision(row))
    return shapes.agreement(row)


@router.get("/agreements")
def list_agreements(
    who: Who,
    session: Read,
    provider: str | None = None,
    consumer: str | None = None,
    application: str | None = None,
    service: str | None = None,
    state: AgreementState | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Agreements, filtered: operators and auditors see all, stewards those whose `provider` or `consumer` they name."""
    if not (who.is_operator or who.is_auditor or who.is_steward(provider or "") or who.is_steward(consumer or "")):
        raise NotPermitted("steward", "Name your own department as provider or consumer.")
    rows, following = agreements.page(
        session,
        provider=provider,
        consumer=consumer,
        application=application,
        service=service,
        state=state,
        limit=limit,
        cursor=cursor,
    )
    return listing(([shapes.agreement(row) for row in rows], following))


@router.get("/agreements/{id}")
def read_agreement(id: str, who: Who, session: Read, here: ThisNode, response: Response) -> dict[str, Any]:
    """One agreement: to both sides, operators and auditors."""
    row = agreements.fetch(session, id)
    _require_party(who, row)
    tag(response, _revision(row))
    return _with_quota(here, row)


@router.get("/me/agreements")
def list_my_agreements(
    who: Who, session: Read, here: ThisNode, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """The calling application's agreements, with what is left of their quotas."""
    if who.application is None:
        raise NotPermitted("call", "Only an application has agreements of its own: list a department's instead.")
    rows, following = agreements.for_application(session, who.application, limit=limit, cursor=cursor)
    return listing(([_with_quota(here, row) for row in rows], following))


def _revision(row: Agreement) -> int:
    """Terms never change, only the state, and that one way: draft 1, active 2, revoked 3."""
    return list(AgreementState).index(AgreementState(row.state)) + 1


def _expect(row: Agreement, revision: int | None) -> None:
    if revision is not None and revision != _revision(row):
        raise Outdated(row.id, _revision(row))


def _provider(row: Agreement) -> str:
    return row.service_id.partition("/")[0]


def _require_another_hand(who: Caller, session: Session, row: Agreement) -> None:
    """The provider's steward, and nobody behind whom the drafter may stand. Raises NotPermitted, hands.SameHand."""
    who.require_steward(_provider(row))
    ask = "Ask another steward of the provider to activate it."
    hands.require_another(session, who, [agreements.drafter(row)], ask)


def _require_party(who: Caller, row: Agreement) -> None:
    departments = {_provider(row), row.application_id.partition("/")[0]}
    if who.application == row.application_id or who.is_operator or who.is_auditor:
        return
    if not any(who.is_steward(department) for department in departments):
        raise NotPermitted("steward:" + _provider(row))


def _with_quota(here: Node, row: Agreement) -> dict[str, Any]:
    quota = agreements.terms(row).quota
    if quota is None or row.state != AgreementState.ACTIVE:
        return shapes.agreement(row, quota_left=None)
    left = here.quotas.left(row.id, Quota(quota.count, quota.window), milliseconds())
    return shapes.agreement(row, quota_left=left)
