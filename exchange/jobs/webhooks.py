"""Delivers notices to webhooks: off everything else, one at a time for each webhook, as often as it takes and no more.

Each delivery is a CloudEvent in JSON (CloudEvents 1.0), signed (`exchange.identity.signatures`). The queue is in the
database (`catalog.webhooks`): what was leased by a process that died is taken up when the lease has run out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
import structlog
from joserfc.jwk import ECKey
from sqlalchemy import Engine
from sqlmodel import Session

from catalog import addresses, notices, webhooks
from catalog.notices import Notice
from catalog.webhooks import Webhook
from exchange.identity import signatures
from exchange.jobs.outbound import Failed, Sender, authority
from exchange.jobs.rounds import Rounds
from exchange.unit_of_work import UnitsOfWork

MOST_AT_ONCE = 16
FORGET_EVERY = timedelta(hours=1)
CONTENT_TYPE: Final = "application/cloudevents+json"
BY: Final = "webhooks"

log = structlog.get_logger("exchange.webhooks")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One delivery that was leased, and all that it takes to send it."""

    delivery: str
    webhook: str
    owner: str
    address: str
    event: dict[str, Any]


class Webhooks(Rounds):
    """Sends what is due, one delivery at a time for each webhook."""

    def __init__(
        self,
        reading: Engine,
        units: UnitsOfWork,
        signing_key: Callable[[Session], ECKey],
        sender: Sender,
        issuer: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__("webhooks")
        self._reading = reading
        self._units = units
        self._signing_key = signing_key
        self._sender = sender
        self._issuer = issuer
        self._now = now
        self._forgot = now()

    async def close(self) -> None:
        await self._sender.close()

    def look(self) -> None:
        now = self._now()
        with Session(self._reading) as session:
            ids = webhooks.due(session, now, self._under_way)
        for id in ids[: MOST_AT_ONCE - len(self._under_way)]:
            attempt = self._leased(id)
            if attempt is not None:
                self.begin(attempt.webhook, self._deliver(attempt))
        if now - self._forgot > FORGET_EVERY:
            self._forgot = now
            with self._units.begin(BY, now) as work:
                webhooks.forget(work.session, now)

    def _leased(self, id: str) -> Attempt | None:
        now = self._now()
        with self._units.begin(BY, now) as work:
            row = webhooks.lease(work.session, id, now)
            if row is None:
                return None
            hook = webhooks.fetch(work.session, row.webhook_id)
            notice = work.session.get(Notice, row.notice_id) if row.notice_id is not None else None
            return Attempt(row.id, hook.id, hook.owner, hook.address, self._event(row.id, hook, row.kind, notice, now))

    def _event(self, id: str, hook: Webhook, kind: str, notice: Notice | None, now: datetime) -> dict[str, Any]:
        """CloudEvents 1.0; `id` stays the same when the delivery is repeated."""
        message = notice.message if notice else {"zh": "这是一次测试。", "en": "This is a test."}
        return {
            "specversion": "1.0",
            "id": id,
            "source": self._issuer,
            "type": f"urn:hutong:notice:{kind}",
            "subject": notice.subject if notice else hook.id,
            "time": (notice.created_at if notice else now).isoformat(),
            "datacontenttype": "application/json",
            "data": {"recipient": hook.owner, "notice": notice.id if notice else None, "message": message},
        }

    async def _deliver(self, attempt: Attempt) -> None:
        try:
            status = await self._sender.post(attempt.owner, attempt.address, *self._signed(attempt))
        except Failed as error:
            self._failed(attempt, error.reason, error.status)
        except Exception as error:  # such as a signing key that does not open: the attempt counts all the same
            log.error("webhooks.failed", webhook=attempt.webhook, error=type(error).__name__)
            self._failed(attempt, "unreachable", None)
        else:
            with self._units.begin(BY, self._now()) as work:
                webhooks.succeed(work.session, attempt.delivery, status, work.now)

    def _signed(self, attempt: Attempt) -> tuple[dict[str, str], bytes]:
        with Session(self._reading) as session:
            key = self._signing_key(session)
        body = orjson.dumps(attempt.event)
        origin, path = addresses.origin(attempt.address), addresses.base_path(attempt.address) or "/"
        headers = signatures.signed(
            key, "POST", authority(origin), path, CONTENT_TYPE, body, attempt.delivery, self._now()
        )
        return headers, body

    def _failed(self, attempt: Attempt, reason: str, status: int | None) -> None:
        log.warning("webhook.failed", webhook=attempt.webhook, delivery=attempt.delivery, reason=reason, status=status)
        with self._units.begin(BY, self._now()) as work:
            hook = webhooks.fail(work.session, attempt.delivery, reason, status, work.now)
            if hook is not None:
                webhooks.switch(work.session, hook.id, False, None, work.by, work.now)
                work.record("webhook.disabled", hook.id, revision=hook.revision, failures=webhooks.MOST_FAILURES)
                notices.tell(work.session, hook.owner, "webhook.disabled", hook.id, _disabled(hook), work.now)


def _disabled(hook: Webhook) -> dict[str, str]:
    most = webhooks.MOST_FAILURES
    return {
        "zh": f"通知地址 {hook.id} 连续 {most} 次投递失败，已停用。请检查接收端，测试后重新启用。",
        "en": f"Webhook {hook.id} failed {most} times in a row and is off. Mend the receiver, test it, enable it.",
    }
