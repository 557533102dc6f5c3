"""Builds the snapshot from the database, and takes in changes one by one.

Every change that was committed after the snapshot's version is read in order, whoever committed it, and what it
touches is built anew from the rows as they are now. So a version never claims a change that it does not contain.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import structlog
from sqlalchemy import Engine, func
from sqlmodel import Session, select

from catalog import datasets, departments, services
from catalog.datasets import NotShared
from catalog.models import DataItem, Dataset, Department, Service
from catalog.services import Published
from exchange.broker.snapshot import Current, Reach, ServiceView, Shard, Snapshot
from exchange.connectors.base import Limits, Upstream
from exchange.connectors.registry import Registry
from exchange.identity import clients, keys
from exchange.identity.models import Client
from exchange.identity.secrets import Cipher
from exchange.unit_of_work import Change, pending
from policies import agreements, decisions, scope
from policies.consented import Consents
from policies.consents import life as consents
from policies.decisions import Guard
from policies.emergencies import life as emergencies
from policies.emergencies.models import Emergency
from policies.guards import life as guards
from policies.guards.compiling import CompiledGuard
from policies.models import Agreement
from standards import codelists, interfaces, mappings, schemas
from standards.mapping.compiling import Mapping as RecordMapping
from standards.models import Identifies
from standards.openapi import broker_document
from standards.specification import Specification
from standards.validation import Checker

PURPOSES = "purposes"

log = structlog.get_logger("exchange.snapshot")


class SnapshotLoader:
    """Keeps `Current` up to date; safe to be called from any thread."""

    def __init__(
        self,
        engine: Engine,
        current: Current,
        cipher: Cipher,
        connectors: Registry,
        *,
        limits: Limits,
        issuer: str,
        timezone: ZoneInfo,
        mapping_key: Callable[[str], bytes],
        consent_key: bytes,
    ) -> None:
        self._engine = engine
        self._current = current
        self._cipher = cipher
        self._connectors = connectors
        self._limits = limits
        self._issuer = issuer
        self._timezone = timezone
        self._mapping_key = mapping_key
        self._consent_key = consent_key
        self._lock = threading.Lock()
        self._specifications: dict[tuple[str, str], tuple[Specification, dict[str, Any]]] = {}
        self._standards: dict[tuple[str, str], Checker] = {}
        self._mappings: dict[tuple[str, str], RecordMapping] = {}

    def load(self) -> None:
        """Build everything anew."""
        with self._lock, Session(self._engine) as session:
            read_at = self._current.now()
            self._current.swap(self._whole(session), read_at)

    def renew(self) -> None:
        """Take in every change since the snapshot.

        When the database cannot be read, the snapshot ages; when it names a change that cannot be taken in, nothing is
        decided until a reload succeeds. Either way the error is raised.
        """
        with self._lock:
            self._take_in()

    def committed(self, changes: Sequence[Change]) -> None:
        """A unit of work was committed: its answer leaves only after the snapshot knows, or distrusts itself."""
        try:
            self.renew()
        except Exception as error:  # the commit stands, so calls are refused until the heartbeat reloads
            self._current.distrust()
            log.error("snapshot.failed", error=type(error).__name__)

    def _take_in(self) -> None:
        with Session(self._engine) as session:
            read_at = self._current.now()
            snapshot = self._current.newest
            if snapshot is None or self._current.age == float("inf"):
                self._current.swap(self._whole(session), read_at)
                return
            while changes := pending(session, snapshot.version):
                try:
                    snapshot = self._changed(session, snapshot, changes)
                except Exception:
                    self._current.distrust()
                    raise
            self._current.swap(snapshot, read_at)

    def _changed(self, session: Session, snapshot: Snapshot, changes: Sequence[Change]) -> Snapshot:
        version = changes[-1].id
        assert version is not None
        changes = [change for change in changes if change.kind not in _QUIET]
        kinds = {change.kind.partition(".")[0] for change in changes}
        if not kinds <= _BY_ITSELF.keys() | _NOT_CALLED_ON:
            return self._whole(session)
        for kind, subject in dict.fromkeys((change.kind.partition(".")[0], change.subject) for change in changes):
            if kind in _BY_ITSELF:
                snapshot = _BY_ITSELF[kind](self, session, snapshot, subject)
        return snapshot.at(version)

    def take_code_list(self, session: Session, snapshot: Snapshot, subject: str) -> Snapshot:
        """Calls ask for the codes of the purposes only."""
        if subject.partition(":")[0] != PURPOSES:
            return snapshot
        return replace(snapshot, purposes=self._purposes(session))

    # -- the whole ---------------------------------------------------------------------------------------------------

    def _whole(self, session: Session) -> Snapshot:
        version = session.exec(select(func.max(Change.id))).one() or 0  # first, so that nothing read later is older
        views, broken = self._services(session)
        snapshot = Snapshot(
            version=version,
            clients={client.id: clients.view(client) for client in session.exec(select(Client)).all()},
            issuer_keys=keys.published(session, datetime.now(UTC)),
            services=views,
            purposes=self._purposes(session),
            broken=broken,
            suspended=departments.suspended(session),
            guards=self._guards(session),
            consents=Consents.of(self._consent_key, consents.living(session)),
            emergencies={one.id: _declared(one) for one in emergencies.holding(session, datetime.now(UTC))},
        )
        shards: dict[str, list[Agreement]] = {}
        for agreement in agreements.active(session):
            shards.setdefault(agreement.application_id, []).append(agreement)
        built = {application: self._shard(rows, snapshot.services) for application, rows in shards.items()}
        return replace(snapshot, shards=built)

    def _purposes(self, session: Session) -> frozenset[str]:
        try:
            purposes = codelists.fetch(session, PURPOSES)
        except codelists.UnknownCodeList:
            return frozenset()
        return frozenset(code["code"] for code in purposes.codes)

    def _services(self, session: Session) -> tuple[dict[str, ServiceView], frozenset[str]]:
        """The services by name, and the names of those that cannot be prepared: one of them stops no other."""
        views, broken = {}, set()
        for found in services.published(session):
            view = self._prepared(session, found)
            if view is None:
                broken.add(found.service.id)
            else:
                views[view.id] = view
        views.update({found.dataset.id: _not_shared(found) for found in datasets.not_shared(session)})
        return views, frozenset(broken)

    def _guards(self, session: Session) -> tuple[Guard, ...]:
        """One that no longer compiles raises: without it nothing is decided, for it may be the one that denies."""
        rows = guards.in_force(session)
        return tuple(CompiledGuard(row.slug, row.deny_when, row.reason, self._timezone) for row in rows)

    def _prepared(self, session: Session, found: Published) -> ServiceView | None:
        try:
            return self._view(session, found)
        except Exception as error:  # a credential that does not open, a document that no longer compiles
            log.error("service.broken", service=found.service.id, error=type(error).__name__)
            return None

    # -- parts -------------------------------------------------------------------------------------------------------

    def take_client(self, session: Session, snapshot: Snapshot, subject: str) -> Snapshot:
        client = session.get(Client, subject)
        return snapshot.with_client(subject, clients.view(client) if client else None)

    def take_guard(self, session: Session, snapshot: Snapshot, subject: str) -> Snapshot:
        """They are few: all are taken anew."""
        return replace(snapshot, guards=self._guards(session))

    def take_consent(self, session: Session, snapshot: Snapshot, subject: str) -> Snapshot:
        consent = consents.fetch(session, subject)
        digest = bytes.fromhex(consent.digest)
        given, until = consents.until(session, consent)
        held = snapshot.consents
        return replace(snapshot, consents=held.with_consent(digest, until) if given else held.without(digest))

    def take_emergency(self, session: Session, snapshot: Snapshot, subject: str) -> Snapshot:
        """Those that hold no longer go with the next one that comes."""
        now = datetime.now(UTC)
        known = {one.id: _declared(one) for one in emergencies.holding(session, now)}
        return replace(snapshot, emergencies=known)

    def take_agreement(self, session: Session, snapshot: Snapshot, subject: str) -> Snapshot:
        application = agreements.fetch(session, subject).application_id
        rows = agreements.active(session, application)
        return snapshot.with_shard(application, self._shard(rows, snapshot.services))

    def take_service(self, session: Session, snapshot: Snapshot, subject: str) -> Snapshot:
        """As in the whole: a dataset that is not shared stands before a service of its name."""
        if closed := datasets.not_shared(session, subject):
            return snapshot.with_service(subject, _not_shared(closed[0]))
        found = services.published(session, subject)
        view = self._prepared(session, found[0]) if found else None
        if view is not None and subject in snapshot.broken:
            return self._whole(session)  # its agreements were left out while there was nothing to compile them for
        broken = snapshot.broken | {subject} if found and view is None else snapshot.broken
        return replace(snapshot.with_service(subject, view), broken=broken)

    def _shard(self, rows: Sequence[Agreement], views: Mapping[str, ServiceView]) -> Shard:
        shard: dict[str, tuple[decisions.CompiledAgreement, ...]] = {}
        for row in rows:
            view = views.get(row.service_id)
            if view is None:
                continue  # withdrawn: its calls end at step 2, and publication rebuilds the shards
            try:
                compiled = self._compiled(row, view)
            except decisions.Unenforceable as error:  # it was enforceable when activated: deny, and tell the operator
                log.error("agreement.unenforceable", agreement=row.id, reason=str(error))
                continue
            shard[row.service_id] = (*shard.get(row.service_id, ()), compiled)
        return shard

    def _compiled(self, row: Agreement, view: ServiceView) -> decisions.CompiledAgreement:
        return decisions.compile(
            agreements.terms(row),
            id=row.id,
            version=row.version,
            application=row.application_id,
            service=row.service_id,
            items=view.resource.items,
            timezone=self._timezone,
        )

    def _view(self, session: Session, found: Published) -> ServiceView:
        service, dataset = found.service, found.dataset
        assert service.interface is not None
        assert service.interface_version is not None
        specification, openapi = self._specification(session, service.interface, service.interface_version)
        reach = Reach(
            version=service.interface_version,
            standard=f"{dataset.standard}:{dataset.standard_version}",
            specification=specification,
            record=self._standard(session, dataset),
            connector=self._connectors[service.connector],
            upstream=self._upstream(found),
            identifying=_identifying(found.items),
            openapi=orjson.dumps(broker_document(openapi, service.department, service.slug, self._issuer)),
            mapping=self._mapping(session, service),
        )
        resource = _resource(service.id, dataset, found.items, found.department)
        return ServiceView(service.id, resource, reach, _ends(dataset))

    def _specification(self, session: Session, slug: str, version: str) -> tuple[Specification, dict[str, Any]]:
        key = (slug, version)
        if key not in self._specifications:
            document = interfaces.fetch(session, slug, version).document
            self._specifications[key] = (interfaces.compile(document), document)
        return self._specifications[key]

    def _standard(self, session: Session, dataset: Dataset) -> Checker:
        assert dataset.standard is not None
        assert dataset.standard_version is not None
        key = (dataset.standard, dataset.standard_version)
        if key not in self._standards:
            self._standards[key] = Checker(schemas.fetch(session, *key).bundled)
        return self._standards[key]

    def _mapping(self, session: Session, service: Service) -> RecordMapping | None:
        """Pseudonyms are made under one key for all versions of a mapping, so that they outlive a new version."""
        if service.mapping is None or service.mapping_version is None:
            return None
        key = (service.mapping, service.mapping_version)
        if key not in self._mappings:
            compiled = mappings.compiled(mappings.fetch(session, *key))
            self._mappings[key] = compiled.keyed(self._mapping_key(service.mapping))
        return self._mappings[key]

    def _upstream(self, found: Published) -> Upstream:
        service = found.service
        return Upstream.at(
            service.address,
            department=service.department,
            connector=service.connector,
            credential=credential_of(self._cipher, service),
            limits=self._limits,
        )


def _declared(row: Emergency) -> decisions.Emergency:
    since, until = (int(moment.timestamp() * 1000) for moment in (row.declared_at, row.until))
    return decisions.Emergency(row.id, row.agreement_id, since, until)


def credential_of(cipher: Cipher, service: Service) -> tuple[bytes, bytes] | None:
    """The header that the provider is shown; sealed as JSON `[name, value]` under the service's id."""
    if service.credential is None:
        return None
    name, value = orjson.loads(cipher.open(service.credential, credential_context(service.id)))
    return name.encode("ascii"), value.encode("ascii")


def credential_context(service_id: str) -> bytes:
    """What a sealed credential is bound to: it cannot be moved to another service."""
    return b"service-credential:" + service_id.encode()


def seal_credential(cipher: Cipher, service_id: str, header: str, value: str) -> bytes:
    return cipher.seal(orjson.dumps([header, value]), credential_context(service_id))


def _not_shared(found: NotShared) -> ServiceView:
    resource = _resource(found.dataset.id, found.dataset, found.items, found.department)
    return ServiceView(found.dataset.id, resource, None, _ends(found.dataset))


def _ends(dataset: Dataset) -> int | None:
    return None if dataset.withdraws_at is None else int(dataset.withdraws_at.timestamp() * 1000)


def _resource(id: str, dataset: Dataset, items: Sequence[DataItem], department: Department) -> decisions.Resource:
    return decisions.Resource(
        service=id,
        dataset=dataset.id,
        department=department.slug,
        sharing_class=dataset.sharing_class,
        sharing_reason=dataset.sharing_reason,
        active=department.active,
        contact=department.contact,
        items=scope.decision_items(items),
        title=dataset.title,
        suspended=dataset.suspended,
    )


def _identifying(items: Sequence[DataItem]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(item.path.split(".")) for item in items if item.identifies != Identifies.NOBODY)


_BY_ITSELF: Mapping[str, Callable[[SnapshotLoader, Session, Snapshot, str], Snapshot]] = {
    "client": SnapshotLoader.take_client,
    "agreement": SnapshotLoader.take_agreement,
    "guard": SnapshotLoader.take_guard,
    "consent": SnapshotLoader.take_consent,
    "emergency": SnapshotLoader.take_emergency,
    "service": SnapshotLoader.take_service,
    "code-list": SnapshotLoader.take_code_list,
}
"""Changes that touch one part. Others (a department, a dataset) are rare: all is rebuilt."""

_NOT_CALLED_ON = {
    "application",
    "calendar",
    "classification",
    "clock-profile",
    "deadline",
    "element",
    "harvest-run",
    "harvest-source",
    "search",
    "service-item",
    "standard",
    "crosswalk",
    "interface",
    "mapping",
    "ledger",
    "notice",
    "offer",
    "request",
    "webhook",
    "floor",
}
"""Changes of what no call depends on until something else changes too."""

_QUIET = frozenset(
    f"dataset.{act}" for act in ("registered", "revised", "submitted", "approved", "returned", "discarded")
)
"""What happens to proposed versions: calls hear of a dataset only when it is published, suspended or withdrawn."""
