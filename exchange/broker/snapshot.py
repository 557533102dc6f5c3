"""The view that calls are decided on: immutable, versioned, swapped whole.

A change copies what it touches and nothing else: one service, one client, or one application's shard of agreements.
`Current` holds the newest snapshot and how long ago it was confirmed against the database; a snapshot that cannot be
confirmed ages, and one older than its limit is not given out (security note 4). Idle time alone does not age it.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from joserfc.jwk import ECKey

from exchange.connectors.base import Connector, Upstream
from exchange.identity.tokens import ClientView
from policies.consented import NOBODY, Consents
from policies.decisions import CompiledAgreement, Emergency, Guard, Resource
from standards.mapping.compiling import Mapping as RecordMapping
from standards.specification import Specification
from standards.validation import Checker

Shard = Mapping[str, tuple[CompiledAgreement, ...]]


@dataclass(frozen=True, slots=True)
class Reach:
    """How a published service is called: its specification, the standard of its records, its upstream.

    `mapping` makes records of the standard from the provider's own; None where they are that already.
    """

    version: str
    standard: str
    specification: Specification
    record: Checker
    connector: Connector
    upstream: Upstream
    identifying: tuple[tuple[str, ...], ...]
    openapi: bytes
    mapping: RecordMapping | None = None


@dataclass(frozen=True, slots=True)
class ServiceView:
    """What a department and service name lead to. Without `reach` it is a dataset that is not shared.

    `ends` is the announced moment of its withdrawal, in milliseconds since 1970: from then on it is not served.
    """

    id: str
    resource: Resource
    reach: Reach | None
    ends: int | None = None

    def has_ended(self, at: int) -> bool:
        """Whether it is withdrawn by this moment, although the snapshot does not know yet that it was done."""
        return self.ends is not None and at >= self.ends


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`version` is the id of the newest change that it contains; `broken` names services that cannot be prepared."""

    version: int
    clients: Mapping[str, ClientView] = field(default_factory=dict)
    issuer_keys: Mapping[str, ECKey] = field(default_factory=dict)
    services: Mapping[str, ServiceView] = field(default_factory=dict)
    shards: Mapping[str, Shard] = field(default_factory=dict)
    purposes: frozenset[str] = field(default_factory=frozenset)
    suspended: frozenset[str] = field(default_factory=frozenset)
    broken: frozenset[str] = field(default_factory=frozenset)
    guards: tuple[Guard, ...] = ()
    consents: Consents = NOBODY
    emergencies: Mapping[str, Emergency] = field(default_factory=dict)

    def agreements(self, application: str, service: str) -> tuple[CompiledAgreement, ...]:
        shard = self.shards.get(application)
        return shard.get(service, ()) if shard is not None else ()

    def emergency(self, id: str | None) -> Emergency | None:
        """The declaration of this id; for one that is not known, one that never holds."""
        return None if id is None else self.emergencies.get(id) or Emergency(id, "", 0, 0)

    def is_active(self, department: str | None) -> bool:
        """May the department call? Nobody's department may not."""
        return department is not None and department not in self.suspended

    def at(self, version: int) -> "Snapshot":
        return replace(self, version=version)

    def with_shard(self, application: str, shard: Shard) -> "Snapshot":
        return replace(self, shards=_with(self.shards, application, shard or None))

    def with_service(self, name: str, service: ServiceView | None) -> "Snapshot":
        return replace(self, services=_with(self.services, name, service))

    def with_client(self, client_id: str, client: ClientView | None) -> "Snapshot":
        return replace(self, clients=_with(self.clients, client_id, client))


def _with(mapping: Mapping[str, Any], key: str, value: Any) -> Mapping[str, Any]:
    copy = dict(mapping)
    if value is None:
        copy.pop(key, None)
    else:
        copy[key] = value
    return copy


class Stale(RuntimeError):
    """The snapshot could not be confirmed in time; nothing may be decided on it."""


class Current:
    """The one place that changes: the newest snapshot and the moment it was last confirmed (monotonic seconds)."""

    def __init__(self, max_age: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._max_age = max_age
        self._snapshot: Snapshot | None = None
        self._confirmed = float("-inf")

    def get(self) -> Snapshot:
        """Raises `Stale` when there is none, or none that was confirmed recently enough."""
        snapshot = self._snapshot
        if snapshot is None or self._clock() - self._confirmed > self._max_age:
            raise Stale(
                "the policy snapshot has not been confirmed against the database; calls are refused until it is"
            )
        return snapshot

    @property
    def newest(self) -> Snapshot | None:
        """The newest snapshot, however old: for those who renew it, never for a decision."""
        return self._snapshot

    @property
    def age(self) -> float:
        return self._clock() - self._confirmed

    def swap(self, snapshot: Snapshot, confirmed: float) -> None:
        """`confirmed` is the clock's reading from *before* the database was read."""
        self._snapshot = snapshot
        self._confirmed = confirmed

    def distrust(self) -> None:
        """A change is known that could not be taken in: deny until a whole reload succeeds."""
        self._confirmed = float("-inf")

    def now(self) -> float:
        return self._clock()
