"""Standing offers: of unconditional datasets, to whoever asks within them."""

from typing import Any

from fastapi import APIRouter, Response

from exchange.api.depends import Cursor, KnownRevision, Limit, Read, Who, Work, listing, tag
from policies.requests import offers
from policies.requests.models import OfferDraft, StandingOffer

router = APIRouter(tags=["requests"])


@router.post("/offers", status_code=201)
def publish_offer(draft: OfferDraft, who: Who, work: Work, response: Response) -> dict[str, Any]:
    """Offer terms of an unconditional dataset's service to whoever asks. Needs the provider's `steward:`.

    It is the provider's consent: a request within it is granted at once.
    """
    who.require_steward(draft.service.partition("/")[0])
    row = offers.publish(work.session, draft, work.by, work.now)
    work.record("offer.published", row.id, service=row.service_id)
    tag(response, row.revision)
    return _shown(row, inside=True)


@router.get("/offers")
def list_offers(
    session: Read,
    service: str | None = None,
    provider: str | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Offers that hold now."""
    rows, following = offers.page(session, service=service, provider=provider, limit=limit, cursor=cursor)
    return listing(([_shown(row, inside=False) for row in rows], following))


@router.get("/offers/{id}")
def read_offer(id: str, session: Read, response: Response) -> dict[str, Any]:
    """One offer, also after it was withdrawn."""
    row = offers.fetch(session, id)
    tag(response, row.revision)
    return _shown(row, inside=False)


@router.post("/offers/{id}/withdraw")
def withdraw_offer(id: str, revision: KnownRevision, who: Who, work: Work, response: Response) -> dict[str, Any]:
    """End an offer; agreements that came of it go on. Needs the provider's `steward:`."""
    known = offers.fetch(work.session, id)
    who.require_steward(known.provider)
    offers.expect(known, revision)
    row = offers.withdraw(work.session, id, work.by, work.now)
    work.record("offer.withdrawn", row.id, revision=row.revision)
    tag(response, row.revision)
    return _shown(row, inside=True)


def _shown(row: StandingOffer, *, inside: bool) -> dict[str, Any]:
    """Outside, not who published and withdrew it."""
    return row.model_dump(exclude=set() if inside else {"published_by", "withdrawn_by"}, mode="json")
