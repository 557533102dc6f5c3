"""Consents of data subjects. Identifiers come in bodies only, and none ever goes out."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from exchange.api.depends import Cursor, Limit, Read, ThisNode, Who, Work, listing
from exchange.identity.callers import Caller, NotPermitted, steward_of
from policies.consents import life
from policies.consents.models import Consent, ConsentDraft

router = APIRouter(prefix="/consents", tags=["consents"])


@router.post("", status_code=201)
def give_consent(draft: ConsentDraft, who: Who, work: Work, here: ThisNode) -> dict[str, Any]:
    """Register a consent that a data subject gave. Needs the `steward:` of the department that may then call, or one
    of its applications."""
    _require_consumer(who, draft.department)
    consent = life.give(work.session, draft, here.consent_key, work.by, work.now)
    work.record("consent.given", consent.id, dataset=consent.dataset_id, department=consent.department)
    return _shown(consent)


@router.post("/{id}/withdraw")
def withdraw_consent(id: str, who: Who, work: Work) -> dict[str, Any]:
    """Withdraw a consent: the next call is refused. Needs the consuming or the providing department's `steward:`, one
    of the consumer's applications, or `operator`."""
    known = life.fetch(work.session, id)
    if not (who.is_operator or who.is_steward(known.dataset_id.partition("/")[0])):
        _require_consumer(who, known.department)
    ended = life.withdraw(work.session, id, work.by, work.now)
    work.record("consent.withdrawn", id, dataset=known.dataset_id, department=known.department, consents=len(ended))
    return _shown(life.fetch(work.session, id))


@router.get("")
def list_consents(
    who: Who,
    session: Read,
    department: Annotated[str, Query(max_length=48, description="whose calls they allow")],
    dataset: Annotated[str | None, Query(max_length=100)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Consents for one department's calls. Needs its `steward:`, `operator` or `auditor`."""
    if not who.is_auditor:
        who.require_steward_or_operator(department)
    rows, following = life.page(session, department, dataset=dataset, limit=limit, cursor=cursor)
    return listing(([_shown(row) for row in rows], following))


def _require_consumer(who: Caller, department: str) -> None:
    own_application = who.application is not None and who.department == department
    if not own_application and not who.is_steward(department):
        raise NotPermitted(steward_of(department))


def _shown(consent: Consent) -> dict[str, Any]:
    """Without the digest: whoever knew the key could ask it for anybody."""
    return consent.model_dump(exclude={"digest"}, mode="json")
