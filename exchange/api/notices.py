"""Notices of whoever asks, and the webhooks to which a department's or the operators' notices are posted."""

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import Field
from sqlmodel import Session

from catalog import departments, notices, webhooks
from catalog.notices import OPERATOR, Notice
from catalog.webhooks import Delivery, DeliveryState, Webhook, WebhookDraft
from exchange.api.depends import (
    Cursor,
    KnownRevision,
    Limit,
    Read,
    Revision,
    ThisNode,
    Who,
    Work,
    listing,
    tag,
)
from exchange.identity.callers import STEWARD_OF, Caller
from exchange.unit_of_work import UnitOfWork
from standards.models import Draft

router = APIRouter(tags=["notices"])

NoticeId = Annotated[int, Field(ge=1, lt=2**63)]


class Reading(Draft):
    """Which notices were read: those of `ids`, and all up to and with the number `until`."""

    ids: list[NoticeId] = Field(default_factory=list, max_length=200)
    until: NoticeId | None = None


@router.get("/me/notices")
def list_my_notices(
    who: Who, session: Read, unread: bool = False, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """Notices to you, newest first: a steward's are those of the department, an operator's those to operators."""
    rows, following = notices.page(session, recipients(who), who.client_id, unread=unread, limit=limit, cursor=cursor)
    read = notices.marks(session, who.client_id, rows)
    return listing(([_notice(row, read) for row in rows], following))


@router.get("/me/notices/counts")
def count_my_notices(who: Who, session: Read) -> dict[str, Any]:
    """How many notices you have, and how many of them you have not read: in all and by recipient."""
    found = notices.counts(session, recipients(who), who.client_id)
    return {
        "unread": sum(unread for unread, _ in found.values()),
        "all": sum(every for _, every in found.values()),
        "recipients": {name: {"unread": unread, "all": every} for name, (unread, every) in found.items()},
    }


@router.post("/me/notices/read")
def read_my_notices(reading: Reading, who: Who, work: Work) -> dict[str, Any]:
    """Mark notices as read, for yourself alone."""
    mine = recipients(who)
    marked = notices.mark_read(work.session, mine, who.client_id, reading.ids, work.now)
    if reading.until is not None:
        marked += notices.mark_all_read(work.session, mine, who.client_id, reading.until, work.now)
    return {"marked": marked}


@router.post("/webhooks", status_code=201)
def register_webhook(draft: WebhookDraft, who: Who, work: Work, response: Response) -> dict[str, Any]:
    """Have notices posted to an address, signed. Needs the department's `steward:`, or `operator` for `operator`.

    The operator's egress list has to name the address for the owner: `<department or operator>=<host>:<port>`.
    """
    _require_owner(who, draft.owner)
    if draft.owner != OPERATOR:
        departments.fetch(work.session, draft.owner)
    row = webhooks.register(work.session, draft, work.by, work.now)
    work.record("webhook.registered", row.id, owner=row.owner)
    return _webhook(work.session, row, response)


@router.get("/webhooks")
def list_webhooks(who: Who, session: Read, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """The webhooks of your departments, and with `operator` those of the operators."""
    rows, following = webhooks.page(session, recipients(who), limit=limit, cursor=cursor)
    return listing(([_shown(session, row) for row in rows], following))


@router.get("/webhooks/{id}")
def read_webhook(id: str, who: Who, session: Read, response: Response) -> dict[str, Any]:
    """One webhook, and how it fares. Needs what its registration needs."""
    return _webhook(session, _own(session, id, who), response)


@router.put("/webhooks/{id}")
def revise_webhook(
    id: str, draft: WebhookDraft, revision: Revision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Change address or kinds. Needs what its registration needs, and If-Match."""
    _own(work.session, id, who)
    row = webhooks.revise(work.session, id, draft, revision, work.by, work.now)
    work.record("webhook.revised", row.id, revision=row.revision)
    return _webhook(work.session, row, response)


@router.delete("/webhooks/{id}")
def remove_webhook(id: str, revision: Revision, who: Who, work: Work) -> dict[str, Any]:
    """Remove a webhook with its deliveries. Needs what its registration needs, and If-Match."""
    _own(work.session, id, who)
    row = webhooks.remove(work.session, id, revision)
    work.record("webhook.removed", row.id)
    return {"removed": row.id}


@router.post("/webhooks/{id}/test", status_code=202)
def test_webhook(id: str, who: Who, work: Work, here: ThisNode) -> dict[str, Any]:
    """Post a test, once, also to a webhook that is off; `GET …/deliveries/{delivery}` says how it went."""
    _own(work.session, id, who)
    row = webhooks.test(work.session, id, work.now)
    here.webhooks.wake()
    return _delivery(row)


@router.post("/webhooks/{id}/enable")
def enable_webhook(id: str, revision: KnownRevision, who: Who, work: Work, response: Response) -> dict[str, Any]:
    """Switch a webhook on; what waited meanwhile is delivered. Needs what its registration needs."""
    return _switched(id, True, revision, who, work, response)


@router.post("/webhooks/{id}/disable")
def disable_webhook(id: str, revision: KnownRevision, who: Who, work: Work, response: Response) -> dict[str, Any]:
    """Switch a webhook off; what is told meanwhile is not sent. Needs what its registration needs."""
    return _switched(id, False, revision, who, work, response)


@router.get("/webhooks/{id}/deliveries")
def list_deliveries(
    id: str,
    who: Who,
    session: Read,
    state: DeliveryState | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Deliveries, newest first; `state=dead` are those that were given up."""
    _own(session, id, who)
    rows, following = webhooks.deliveries(session, id, state=state, limit=limit, cursor=cursor)
    return listing(([_delivery(row) for row in rows], following))


@router.get("/webhooks/{id}/deliveries/{delivery}")
def read_delivery(id: str, delivery: str, who: Who, session: Read) -> dict[str, Any]:
    """One delivery: how often it was tried, what was answered, why it failed."""
    _own(session, id, who)
    return _delivery(webhooks.delivery(session, id, delivery))


@router.post("/webhooks/{id}/deliveries/{delivery}/retry", status_code=202)
def retry_delivery(id: str, delivery: str, who: Who, work: Work, here: ThisNode) -> dict[str, Any]:
    """Start a dead delivery anew."""
    _own(work.session, id, who)
    row = webhooks.retry(work.session, id, delivery, work.now)
    here.webhooks.wake()
    return _delivery(row)


def recipients(who: Caller) -> set[str]:
    """Whose notices are this caller's."""
    stewarded = {scope.removeprefix(STEWARD_OF) for scope in who.scopes if scope.startswith(STEWARD_OF)}
    return stewarded | ({OPERATOR} if who.is_operator else set())


def _require_owner(who: Caller, owner: str) -> None:
    if owner == OPERATOR:
        who.require_operator()
    else:
        who.require_steward(owner)


def _switched(
    id: str, on: bool, revision: int | None, who: Caller, work: UnitOfWork, response: Response
) -> dict[str, Any]:
    _own(work.session, id, who)
    row = webhooks.switch(work.session, id, on, revision, work.by, work.now)
    work.record("webhook.enabled" if on else "webhook.disabled", row.id, revision=row.revision)
    return _webhook(work.session, row, response)


def _own(session: Session, id: str, who: Caller) -> Webhook:
    row = webhooks.fetch(session, id)
    _require_owner(who, row.owner)
    return row


def _notice(row: Notice, read: dict[int, Any]) -> dict[str, Any]:
    return {**row.model_dump(mode="json"), "read_at": read.get(row.id or 0)}


def _webhook(session: Session, row: Webhook, response: Response) -> dict[str, Any]:
    tag(response, row.revision)
    return _shown(session, row)


def _shown(session: Session, row: Webhook) -> dict[str, Any]:
    shown = row.model_dump(exclude={"address"}, mode="json")
    health = webhooks.health(session, row.id).model_dump(exclude={"webhook_id"}, mode="json")
    return {**shown, "url": row.address, "health": health}


def _delivery(row: Delivery) -> dict[str, Any]:
    return row.model_dump(mode="json")
