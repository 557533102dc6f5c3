"""What the broker takes and gives: a call as it came in, a reply as it goes out, and a refusal on its way there."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from exchange import problems
from exchange.randomness import fresh

PURPOSE = b"hutong-purpose"
CASE = b"hutong-case"
ACTOR = b"hutong-actor"
BASIS = b"hutong-basis"
FIELDS = b"hutong-fields"
EMERGENCY = b"hutong-emergency"
AUTHORIZATION = b"authorization"

ONCE = frozenset({AUTHORIZATION, PURPOSE, CASE, ACTOR, BASIS, FIELDS, EMERGENCY})
"""Headers that a call carries at most once; a second one is a 400."""


class Call(NamedTuple):
    """One request to the broker. Nothing in it is verified but its framing.

    `path` is the raw, still percent-encoded operation path (`/v1/…`); `headers` holds the first value of each name,
    lower case; `repeated` names the headers of `ONCE` that came twice; `read` gives the body, or raises `Refused`.
    """

    id: str
    at: int
    method: str
    department: str
    service: str
    path: str
    query: str
    headers: Mapping[bytes, bytes]
    repeated: Sequence[bytes]
    network: str
    read: Callable[[], Awaitable[bytes]]

    @property
    def language(self) -> str:
        return problems.language_of(self.headers.get(b"accept-language", b"").decode("latin-1"))


class Reply(NamedTuple):
    """One answer: status, header pairs, body."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Refused(Exception):
    """Leaves the ten steps with the problem that the caller will see once the refusal is durable.

    `outcome` is what the ledger's reply entry says when the provider had been contacted; `reason` is counted for
    callers who are not identified. The members end up in the problem document.
    """

    def __init__(
        self,
        slug: str,
        detail: str = "",
        *,
        outcome: str = "abandoned",
        reason: str | None = None,
        failed: Sequence[Mapping[str, Any]] = (),
        errors: Sequence[Mapping[str, str]] = (),
        headers: Sequence[tuple[bytes, bytes]] = (),
        agreement: str | None = None,
    ) -> None:
        super().__init__(slug)
        self.slug = slug
        self.detail = detail
        self.outcome = outcome
        self.reason = reason or slug
        self.failed = failed
        self.errors = errors
        self.headers = headers
        self.agreement = agreement

    @property
    def status(self) -> int:
        return problems.KINDS[self.slug].status

    def reply(self, call: Call) -> Reply:
        """The answer of the exchange itself: a problem document, never a byte of the provider's."""
        problem = problems.document(
            self.slug,
            self.detail,
            language=call.language,
            call=call.id,
            failed_checks=list(self.failed),
            errors=list(self.errors),
        )
        headers = [
            (b"content-type", problems.MEDIA_TYPE.encode()),
            (b"hutong-call", call.id.encode()),
            (b"hutong-source", b"exchange"),
            (b"cache-control", b"no-store"),
            *self.headers,
        ]
        return Reply(self.status, headers, problems.encode(problem))


def new_id(at: int) -> str:
    """A call id: 12 hex digits of epoch milliseconds, 20 random ones. In order of time, and not to be guessed."""
    return f"{at:012x}{fresh()[:10].hex()}"
