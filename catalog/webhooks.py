"""Webhooks: where notices are posted to, and the queue of what is still to be delivered.

`tell` puts one delivery into the queue for each webhook of the recipient, in the same transaction. It is tried until
it succeeds, at most `MOST_ATTEMPTS` times, each time waiting twice as long; then it is dead and stays visible. A lease
keeps a delivery from being tried twice at once; when its holder dies it runs out. So a receiver may hear of a notice
twice, and tells by the delivery's id.

LookupError
├── UnknownWebhook
└── UnknownDelivery
ValueError
├── NotDead               only a dead delivery is tried again by hand
├── InvalidRegistration   (catalog.registration)
└── Outdated              (catalog.registration)
"""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field as Shape
from sqlalchemy import func
from sqlmodel import Field, Session, SQLModel, col, delete, or_, select

from catalog import addresses
from catalog.registration import Outdated, accept, differing, lock
from standards import paging
from standards.columns import Json, UtcDateTime
from standards.models import SLUG, Draft
from standards.validation import Finding

MOST_ATTEMPTS = 8
MOST_FAILURES = 20
"""Attempts in a row that may fail, of whatever deliveries, before the webhook is switched off."""
MOST_WEBHOOKS = 20
LEASE = timedelta(seconds=60)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=10), timedelta(hours=1)
KEPT = timedelta(days=30)
TEST = "webhook.test"
Kind = Annotated[str, Shape(pattern=r"^[a-z]+(-[a-z]+)*\.(\*|[a-z]+(-[a-z]+)*)$", max_length=80)]
_BOOKKEEPING = {"info": {"bookkeeping": True}}


class DeliveryState(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


class Webhook(SQLModel, table=True):
    """Where one recipient's notices are posted. `kinds` holds kinds or `<noun>.*`; an empty list means all."""

    __tablename__ = "webhook"
    id: str = Field(primary_key=True)
    owner: str = Field(index=True)
    address: str
    kinds: list[str] = Field(sa_type=Json)
    enabled: bool = True
    revision: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str
    changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    changed_by: str | None = None


class WebhookHealth(SQLModel, table=True):
    """How a webhook fares: attempts that failed since the last success, and when it last went well or ill."""

    __tablename__ = "webhook_health"
    __table_args__ = _BOOKKEEPING
    webhook_id: str = Field(primary_key=True, foreign_key="webhook.id")
    failures: int = 0
    succeeded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Delivery(SQLModel, table=True):
    """One notice on its way to one webhook; `failure` names why the last attempt failed, `status` what was answered.

    Ids grow in the order of notices: 12 hex digits of milliseconds, 8 of the notice's number, 12 of chance.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = _BOOKKEEPING
    id: str = Field(primary_key=True)
    webhook_id: str = Field(foreign_key="webhook.id", index=True)
    notice_id: int | None = Field(default=None, foreign_key="notice.id")
    kind: str
    state: str = Field(default=DeliveryState.PENDING, index=True)
    attempts: int = 0
    due_at: datetime = Field(sa_type=UtcDateTime, index=True)
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    status: int | None = None
    failure: str | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class WebhookDraft(Draft):
    owner: str = Shape(pattern=SLUG, max_length=48, description="department whose notices are sent, or `operator`")
    url: str = Shape(max_length=500, description="http or https, without query, that the exchange may connect to")
    kinds: list[Kind] = Shape(default_factory=list, max_length=50, description="such as dataset.*; empty means all")


class UnknownWebhook(LookupError):
    """No webhook has this id."""

    def __init__(self, id: str) -> None:
        super().__init__(f"No webhook {id!r} is registered: list your webhooks for their ids.")


class UnknownDelivery(LookupError):
    """The webhook has no such delivery."""

    def __init__(self, id: str) -> None:
        super().__init__(f"The webhook has no delivery {id!r}: delivered and dead ones are kept for {KEPT.days} days.")


class NotDead(ValueError):
    """The delivery still goes on by itself, or has arrived."""

    def __init__(self, id: str, state: str) -> None:
        super().__init__(f"Delivery {id} is {state}: only a dead one is tried again by hand.")


# -- registration -----------------------------------------------------------------------------------------------------


def register(session: Session, draft: WebhookDraft, by: str, now: datetime) -> Webhook:
    """Raises InvalidRegistration. Whether the owner is there and the caller's own is for the caller to ask."""
    accept([*_findings(draft), *_room(session, draft.owner)])
    id = f"webhook-{secrets.token_hex(6)}"
    address = addresses.tidy(draft.url)
    row = Webhook(id=id, owner=draft.owner, address=address, kinds=draft.kinds, created_at=now, created_by=by)
    session.add(row)
    session.flush()
    session.add(WebhookHealth(webhook_id=id))
    session.flush()
    return row


def revise(session: Session, id: str, draft: WebhookDraft, expected: int | None, by: str, now: datetime) -> Webhook:
    """Another address, other kinds. Raises UnknownWebhook, Outdated, InvalidRegistration."""
    row = held(session, id, expected, draft)
    moved = [Finding("/owner", "fixed", "the owner it was registered with")] if draft.owner != row.owner else []
    accept([*_findings(draft), *moved])
    row.address, row.kinds = addresses.tidy(draft.url), draft.kinds
    return _changed(session, row, by, now)


def switch(session: Session, id: str, on: bool, expected: int | None, by: str, now: datetime) -> Webhook:
    """Switched off nothing is delivered; what waits goes out once it is on again. Raises UnknownWebhook, Outdated."""
    row = held(session, id, expected)
    row.enabled = on
    if on:
        _health(session, id).failures = 0
    return _changed(session, row, by, now)


def remove(session: Session, id: str, expected: int | None) -> Webhook:
    """The webhook is gone with all its deliveries. Raises UnknownWebhook, Outdated."""
    row = held(session, id, expected)
    session.exec(delete(Delivery).where(col(Delivery.webhook_id) == id))
    session.exec(delete(WebhookHealth).where(col(WebhookHealth.webhook_id) == id))
    session.delete(row)
    session.flush()
    return row


def fetch(session: Session, id: str) -> Webhook:
    """Raises UnknownWebhook."""
    row = session.get(Webhook, id)
    if row is None:
        raise UnknownWebhook(id)
    return row


def held(session: Session, id: str, expected: int | None = None, draft: WebhookDraft | None = None) -> Webhook:
    """The webhook, held for a change. Raises UnknownWebhook, Outdated."""
    row = lock(session, Webhook, id)
    if row is None:
        raise UnknownWebhook(id)
    if expected is not None and row.revision != expected:
        sent = draft.model_dump(include={"url", "kinds"}) if draft else {}
        raise Outdated(id, row.revision, differing({"url": row.address, "kinds": row.kinds} if sent else {}, sent))
    return row


def health(session: Session, id: str) -> WebhookHealth:
    """How the webhook fares; of one that nothing was sent to, nothing but zeros."""
    return session.get(WebhookHealth, id) or WebhookHealth(webhook_id=id)


def page(
    session: Session, owners: Collection[str], *, limit: int = 50, cursor: str | None = None
) -> tuple[list[Webhook], str | None]:
    """The owners' webhooks by id. Raises standards.paging.InvalidCursor."""
    statement = select(Webhook).where(col(Webhook.owner).in_(sorted(owners)))
    return paging.page(session, statement, [col(Webhook.id)], limit=limit, cursor=cursor)


def deliveries(
    session: Session,
    webhook_id: str,
    *,
    state: DeliveryState | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> tuple[list[Delivery], str | None]:
    """The webhook's deliveries, newest first. Raises standards.paging.InvalidCursor."""
    statement = select(Delivery).where(Delivery.webhook_id == webhook_id)
    if state is not None:
        statement = statement.where(Delivery.state == state)
    return paging.page(session, statement, [col(Delivery.id)], limit=limit, cursor=cursor, descending=True)


def delivery(session: Session, webhook_id: str, id: str) -> Delivery:
    """Raises UnknownDelivery."""
    row = session.get(Delivery, id)
    if row is None or row.webhook_id != webhook_id:
        raise UnknownDelivery(id)
    return row


# -- the queue --------------------------------------------------------------------------------------------------------


def enqueue(session: Session, recipient: str, kind: str, notice_id: int | None, now: datetime) -> int:
    """One delivery for each webhook of the recipient that wants this kind; how many those are."""
    wanted = [
        hook
        for hook in session.exec(select(Webhook).where(Webhook.owner == recipient, col(Webhook.enabled)))
        if wants(hook.kinds, kind)
    ]
    session.add_all(_delivery(hook.id, kind, notice_id, now) for hook in wanted)
    session.flush()
    return len(wanted)


def wants(kinds: Collection[str], kind: str) -> bool:
    """Whether a webhook for these kinds is to hear of this one."""
    return not kinds or kind in kinds or f"{kind.partition('.')[0]}.*" in kinds


def test(session: Session, id: str, now: datetime) -> Delivery:
    """Queue one attempt that says only that it is a test, also to a webhook that is off. Raises UnknownWebhook."""
    row = _delivery(fetch(session, id).id, TEST, None, now)
    session.add(row)
    session.flush()
    return row


def retry(session: Session, webhook_id: str, id: str, now: datetime) -> Delivery:
    """Start a dead delivery anew. Raises UnknownDelivery, NotDead."""
    row = delivery(session, webhook_id, id)
    if row.state != DeliveryState.DEAD:
        raise NotDead(id, row.state)
    row.state, row.attempts, row.due_at, row.finished_at = DeliveryState.PENDING, 0, now, None
    session.add(row)
    session.flush()
    return row


def due(session: Session, now: datetime, busy: Collection[str] = ()) -> list[str]:
    """For each webhook that is not busy the id of its oldest delivery that is due and not leased."""
    oldest = (
        select(func.min(Delivery.id))
        .join(Webhook, col(Webhook.id) == col(Delivery.webhook_id))
        .where(Delivery.state == DeliveryState.PENDING, col(Delivery.due_at) <= now)
        .where(or_(col(Delivery.leased_until).is_(None), col(Delivery.leased_until) <= now))
        .where(or_(col(Webhook.enabled), col(Delivery.kind) == TEST), col(Webhook.id).not_in(sorted(busy)))
        .group_by(col(Delivery.webhook_id))
    )
    return sorted(session.exec(oldest))


def lease(session: Session, id: str, now: datetime) -> Delivery | None:
    """The delivery, counted as tried once more and leased; None when somebody else has it by now."""
    row = lock(session, Delivery, id)
    if row is None or row.state != DeliveryState.PENDING or (row.leased_until is not None and row.leased_until > now):
        return None
    row.attempts += 1
    row.leased_until = now + LEASE
    session.add(row)
    session.flush()
    return row


def succeed(session: Session, id: str, status: int, now: datetime) -> None:
    """The receiver took it. Does nothing when the webhook was removed meanwhile."""
    row = lock(session, Delivery, id)
    if row is None:
        return
    row.state, row.status, row.failure, row.leased_until, row.finished_at = "delivered", status, None, None, now
    state = _health(session, row.webhook_id)
    state.failures, state.succeeded_at = 0, now
    session.flush()


def fail(session: Session, id: str, failure: str, status: int | None, now: datetime) -> Webhook | None:
    """An attempt failed: it is due again later, or dead. The webhook when it has failed too often and is to go off."""
    row = lock(session, Delivery, id)
    if row is None:
        return None
    row.failure, row.status, row.leased_until = failure, status, None
    if row.kind == TEST or row.attempts >= MOST_ATTEMPTS:
        row.state, row.finished_at = DeliveryState.DEAD, now
    else:
        row.due_at = now + wait(row.attempts)
    state = _health(session, row.webhook_id)
    state.failed_at = now
    state.failures += row.kind != TEST
    session.flush()
    hook = fetch(session, row.webhook_id)
    return hook if hook.enabled and state.failures >= MOST_FAILURES else None


def wait(attempts: int) -> timedelta:
    """How long after so many attempts the next one is due: 10 s, 20 s, 40 s … at most an hour."""
    return min(FIRST_WAIT * (1 << (attempts - 1)), LONGEST_WAIT)


def forget(session: Session, now: datetime) -> None:
    """Deliveries that ended long ago are not kept."""
    session.exec(delete(Delivery).where(col(Delivery.finished_at) < now - KEPT))


def _delivery(webhook_id: str, kind: str, notice_id: int | None, now: datetime) -> Delivery:
    order = f"{int(now.timestamp() * 1000):012x}{(notice_id or 0) & 0xFFFFFFFF:08x}"
    id = order + secrets.token_hex(6)
    return Delivery(id=id, webhook_id=webhook_id, notice_id=notice_id, kind=kind, due_at=now, created_at=now)


def _health(session: Session, id: str) -> WebhookHealth:
    found = session.get(WebhookHealth, id, populate_existing=True) or WebhookHealth(webhook_id=id)
    session.add(found)
    return found


def _findings(draft: WebhookDraft) -> list[Finding]:
    return [Finding("/url", "address", expected) for expected in addresses.faults(draft.url)]


def _room(session: Session, owner: str) -> list[Finding]:
    there = session.exec(select(func.count()).select_from(Webhook).where(Webhook.owner == owner)).one()
    return [Finding("/owner", "count", f"at most {MOST_WEBHOOKS} webhooks")] if there >= MOST_WEBHOOKS else []


def _changed(session: Session, row: Webhook, by: str, now: datetime) -> Webhook:
    row.changed_by, row.changed_at = by, now
    row.revision += 1
    session.add(row)
    session.flush()
    return row
