"""What every connector takes, gives and raises. I/O-free.

    ProviderFailed (ConnectionError)     no usable reply; `.reason` says which of `REASONS`
    ProviderTooSlow (TimeoutError)       connect, read or total time-out
    EgressForbidden (PermissionError)    the operator's list does not let this department's address be reached

Their messages never contain a query, a credential, a header value or a body.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from catalog import addresses
from catalog.addresses import Origin

Reason = Literal["refused", "unreachable", "closed-early", "too-large", "malformed", "redirect"]

_DETAILS: dict[Reason, str] = {
    "refused": "The provider's host refused the connection. Check that the service runs and listens on its address.",
    "unreachable": "The provider could not be reached. Check its name, route and certificate.",
    "closed-early": "The provider closed the connection before its reply was complete.",
    "too-large": "The provider's reply is larger than the service's limit. Ask for less, or raise the limit.",
    "malformed": "The provider's reply is not well-formed HTTP carrying JSON.",
    "redirect": "The provider answered with a redirect; redirects are never followed. Register the final address.",
}
_DOTS = re.compile(r"/(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)
_PATH = re.compile(r"/[!$-;=@-\[\]^_`a-z{|}~]*")
_QUERY = re.compile(r"[!$-~]*")
REASONS: frozenset[str] = frozenset(_DETAILS)


class ProviderFailed(ConnectionError):
    """The provider gave no reply that may be looked at. `status` is its HTTP status where one was read."""

    def __init__(self, reason: Reason, detail: str | None = None, status: int | None = None) -> None:
        super().__init__(detail or _DETAILS[reason])
        self.reason: Reason = reason
        self.status = status


class ProviderTooSlow(TimeoutError):
    """The provider did not connect, go on or finish in time."""

    def __init__(self, detail: str = "The provider did not answer in time. Try again later.") -> None:
        super().__init__(detail)


class EgressForbidden(PermissionError):
    """The address is not one the operator lets this department's services reach. `address` is for the operator."""

    def __init__(self, department: str, address: str) -> None:
        super().__init__(
            f"The operator's egress list does not let services of {department} reach the address of this service. "
            "Ask the operator to list it, or register another address."
        )
        self.address = address


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect, between two reads, and in all; bytes of the reply's body."""

    connect: float = 2.0
    read: float = 10.0
    total: float = 15.0
    max_bytes: int = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Upstream:
    """A service's own place: made once per service, shared by its calls.

    `base_path` is "" or begins with "/" and ends without one; `credential` is one header, sent to this origin only.
    """

    connector: str
    origin: Origin
    base_path: str
    credential: tuple[bytes, bytes] | None = field(repr=False)
    department: str
    limits: Limits

    @classmethod
    def at(
        cls,
        address: str,
        *,
        department: str,
        connector: str = "rest",
        credential: tuple[bytes, bytes] | None = None,
        limits: Limits | None = None,
    ) -> "Upstream":
        """Read a service's registered address; ValueError when it is more or less than scheme, host, port and path."""
        if wrong := addresses.faults(address):
            raise ValueError(f"This upstream address cannot be called: expected {'; '.join(wrong)}.")
        origin, base_path = addresses.origin(address), addresses.base_path(address)
        return cls(connector, origin, base_path, credential, department, limits or Limits())


@dataclass(slots=True)
class UpstreamRequest:
    """One request. `path` is encoded and begins with "/"; `query` is encoded, without "?"; header values are ASCII."""

    method: str
    path: str
    query: str = field(default="", repr=False)
    headers: Sequence[tuple[str, str]] = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(slots=True)
class UpstreamReply:
    """One complete reply. `headers` are those that may go back to the caller; `content_type` is "" without a body.

    `modified` is the provider's Last-Modified as it came, which tells how fresh its data is.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    content_type: str
    body: bytes = field(repr=False)
    modified: bytes = b""


class Connector(Protocol):
    """A kind of source. Raises only what this module's docstring draws, and CancelledError."""

    async def fetch(self, upstream: Upstream, request: UpstreamRequest) -> UpstreamReply: ...

    async def close(self) -> None: ...


def leaves(path: str) -> bool:
    """Does a provider that resolves dot segments, encoded or not, end up elsewhere (RFC 3986 §5.2.4)?"""
    return _DOTS.search(path) is not None


def target(upstream: Upstream, request: UpstreamRequest) -> str:
    """Path and query as they stand in the request line, under the upstream's base path.

    Raises ValueError when they could change the origin, leave the base path or end the line early.
    """
    path, query = request.path, request.query
    if not _PATH.fullmatch(path) or leaves(path) or not _QUERY.fullmatch(query):
        raise ValueError("An upstream path begins with / and, like its query, is percent-encoded, without dots.")
    return f"{upstream.base_path}{path}?{query}" if query else upstream.base_path + path
