"""Agreements: drafted by either side, put into force by the provider once both have signed, suspended and ended."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import Field
from sqlmodel import Session

from exchange.api import shapes
from exchange.api.depends import Cursor, KnownRevision, Limit, Read, ThisNode, Who, Work, listing, tag
from exchange.clock import milliseconds
from exchange.identity import signers
from exchange.identity.callers import Caller, NotPermitted
from exchange.node import Node
from exchange.unit_of_work import UnitOfWork
from policies import activation, agreements, signatures, signing, standing, versions
from policies.models import Agreement, AgreementDraft, AgreementState
from policies.quotas import Quota
from policies.signing import Side
from standards.models import Draft

router = APIRouter(tags=["agreements"])


class Why(Draft):
    reason: str = Field(min_length=1, max_length=2000, description="told to both sides; no data about persons")


@router.post("/agreements", status_code=201)
def draft_agreement(draft: AgreementDraft, who: Who, work: Work, response: Response) -> dict[str, Any]:
    """Draft an agreement. Needs the `steward:` of the application's or of the provider's department, or `operator`."""
    consumer, provider = (signing.department_of(one) for one in (draft.application, draft.service))
    require_party_or_operator(who, consumer, provider)
    row = agreements.draft(work.session, draft, work.by, work.now)
    work.record("agreement.drafted", row.id, application=row.application_id, service=row.service_id)
    return _shown(row, response)


@router.post("/agreements/{id}/activate")
def activate_agreement(
    id: str, revision: KnownRevision, who: Who, work: Work, here: ThisNode, response: Response
) -> dict[str, Any]:
    """Put the proposed version into force: calls are permitted under it from now on.

    Needs the provider's `steward:`, in another hand than the drafter's. Both signatures have to be there; they are
    verified anew, and whoever gave them has still to be a steward of their side.
    """
    known = agreements.fetch(work.session, id)
    who.require_steward(side_of(known, Side.PROVIDER))
    _require_hands(who, work.session, known)
    row = activation.activate(
        work.session, id, work.by, work.now,
        exchange=here.origin, doubts=signers.doubts(work.session), expected_revision=revision,
    )  # fmt: skip
    said = signatures.statement(work.session, row, versions.fetch(work.session, id, row.version), here.origin)
    work.record("agreement.activated", row.id, version=row.version, statement=signing.digest(said))
    return _shown(row, response)


@router.post("/agreements/{id}/suspend")
def suspend_agreement(
    id: str, why: Why, revision: KnownRevision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Suspend: calls are refused until it is resumed. Needs the provider's `steward:` or `operator`."""
    who.require_steward_or_operator(side_of(agreements.fetch(work.session, id), Side.PROVIDER))
    row = standing.suspend(work.session, id, work.by, why.reason, work.now, expected_revision=revision)
    return _recorded(work, row, "suspended", response)


@router.post("/agreements/{id}/resume")
def resume_agreement(
    id: str, why: Why, revision: KnownRevision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Permit calls again. Needs the provider's `steward:` or `operator`."""
    who.require_steward_or_operator(side_of(agreements.fetch(work.session, id), Side.PROVIDER))
    row = standing.resume(work.session, id, work.by, why.reason, work.now, expected_revision=revision)
    return _recorded(work, row, "resumed", response)


@router.post("/agreements/{id}/achieve")
def achieve_agreement(id: str, revision: KnownRevision, who: Who, work: Work, response: Response) -> dict[str, Any]:
    """End it: its purpose is achieved. Needs the `steward:` of either side."""
    row = agreements.fetch(work.session, id)
    require_side(who, row)
    row = standing.achieve(work.session, id, work.by, work.now, expected_revision=revision)
    return _recorded(work, row, "achieved", response)


@router.post("/agreements/{id}/revoke")
def revoke_agreement(
    id: str, why: Why, revision: KnownRevision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Revoke: the next call is refused. Needs the provider's `steward:` or `operator`."""
    who.require_steward_or_operator(side_of(agreements.fetch(work.session, id), Side.PROVIDER))
    row = standing.revoke(work.session, id, work.by, why.reason, work.now, expected_revision=revision)
    return _recorded(work, row, "revoked", response)


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
    """One agreement, and what is proposed beside it: to both sides, operators and auditors."""
    row = agreements.fetch(session, id)
    require_reader(who, row)
    tag(response, row.revision)
    proposed = versions.proposed(session, id)
    return {**_with_quota(here, row), "proposed": proposed and shapes.agreement_version(proposed, brief=True)}


@router.get("/me/agreements")
def list_my_agreements(
    who: Who, session: Read, here: ThisNode, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """The calling application's agreements, with what is left of their quotas."""
    if who.application is None:
        raise NotPermitted("call", "Only an application has agreements of its own: list a department's instead.")
    rows, following = agreements.for_application(session, who.application, limit=limit, cursor=cursor)
    return listing(([_with_quota(here, row) for row in rows], following))


def side_of(row: Agreement, side: Side) -> str:
    """The department of one side."""
    return signing.department_of(row.application_id if side == Side.CONSUMER else row.service_id)


def require_party_or_operator(who: Caller, consumer: str, provider: str) -> None:
    """Raises NotPermitted."""
    if not who.is_steward(consumer):
        who.require_steward_or_operator(provider)


def require_side(who: Caller, row: Agreement) -> None:
    """A steward of either side. Raises NotPermitted."""
    if not who.is_steward(side_of(row, Side.CONSUMER)):
        who.require_steward(side_of(row, Side.PROVIDER))


def require_reader(who: Caller, row: Agreement) -> None:
    """Both sides, their application, operators, auditors. Raises NotPermitted."""
    if not (who.application == row.application_id or who.is_operator or who.is_auditor):
        require_side(who, row)


def _require_hands(who: Caller, session: Session, row: Agreement) -> None:
    """The provider's act is nobody's whom the drafter could act as, and both sides are signed by two hands today."""
    version, provider = versions.proposed(session, row.id), side_of(row, Side.PROVIDER)
    if version is None:
        return
    signers.require_another_hand(session, who.client_id, [version.drafted_by], provider)
    if len(version.signatures) == len(Side):
        one, other = (str(signature["by"]) for signature in version.signatures)
        signers.require_another_hand(session, one, [other], provider)


def _recorded(work: UnitOfWork, row: Agreement, act: str, response: Response) -> dict[str, Any]:
    work.record(f"agreement.{act}", row.id, version=row.version)
    return _shown(row, response)


def _shown(row: Agreement, response: Response) -> dict[str, Any]:
    tag(response, row.revision)
    return shapes.agreement(row)


def _with_quota(here: Node, row: Agreement) -> dict[str, Any]:
    quota = agreements.terms(row).quota
    if quota is None or row.state != AgreementState.ACTIVE:
        return shapes.agreement(row, quota_left=None)
    left = here.quotas.left(row.id, Quota(quota.count, quota.window), milliseconds())
    return shapes.agreement(row, quota_left=left)
