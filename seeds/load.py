"""Loads the city into an exchange through the functions that its users call; a second load changes only what differs.

Officials and applications keep their keys in files, so that the demonstration can act as each of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, col, select

from catalog import classification, datasets, departments, evidence, services
from catalog.evidence import ServiceItemDraft
from catalog.models import ApplicationDraft, DatasetState, Department, Review, ServiceDraft
from exchange import keyfiles
from exchange.broker.snapshot_loader import seal_credential
from exchange.identity import assertions, clients, hands, people, signers
from exchange.identity.callers import at_the_console
from exchange.identity.models import ClientDraft, PersonDraft
from exchange.node import Node
from exchange.unit_of_work import UnitOfWork
from policies import activation, agreements, publication, signatures, signing, versions
from policies.models import Agreement, AgreementState
from policies.signing import Side, Signer
from seeds import governance
from seeds.agreements import Planned
from seeds.agreements import agreements as planned_agreements
from seeds.city import APPLICATIONS, DEPARTMENTS, OFFICIALS, OPERATOR, REVIEWER, steward
from seeds.classification import CATEGORIES
from seeds.datasets import DATASETS
from seeds.evidence import SERVICE_ITEMS
from seeds.specifications.interfaces import INTERFACES
from seeds.specifications.mappings import MAPPINGS
from standards import interfaces, mappings
from standards.mapping.models import MappingDraft
from standards.models import InterfaceDraft

CONSOLE = "console"


@dataclass(frozen=True, slots=True)
class City:
    """What was loaded: key files by official's slug or application's id, agreement ids by their planned name."""

    keys: Mapping[str, Path]
    agreements: Mapping[str, str]


class Loader:
    """Loads step by step; each step is one unit of work, done by whoever does it in real life."""

    def __init__(self, node: Node, key_directory: Path, drafts: tuple[ServiceDraft, ...], now: datetime) -> None:
        self._node = node
        self._directory = key_directory
        self._services = drafts
        self._now = now
        self._keys: dict[str, Path] = {}
        self._ids: dict[str, str] = {}

    def load(self, progress: Callable[[str, int], None] = lambda step, rows: None) -> City:
        """Load everything; `progress` hears of each step and how many things it brought."""
        progress("departments", self._departments())
        progress("officials", sum(self._official(index) for index in range(len(OFFICIALS))))
        progress("standards", self._standards())
        progress("applications", self._applications())
        progress("datasets", self._datasets())
        progress("mappings", sum(map(self._mapping, MAPPINGS)))
        progress("services", self._reach())
        progress("publications", self._publish())
        progress("evidence", sum(map(self._proven, SERVICE_ITEMS)))
        named = {plan.name: self._agree(plan) for plan in planned_agreements(self._now)}
        progress("agreements", len(named))
        return City(self._keys, named)

    # -- shared standards ---------------------------------------------------------------------------------------------

    def _standards(self) -> int:
        author, reviewer = (keyfiles.read(self._keys[slug]) for slug in (OPERATOR, REVIEWER))
        brought = governance.govern(self._node.units, author, reviewer, self._now)
        with self._node.units.begin(author.client_id, self._now, author.key["kid"]) as work:
            return brought + sum(self._interface(work, draft) for draft in INTERFACES)

    def _interface(self, work: UnitOfWork, draft: InterfaceDraft) -> int:
        version = draft.document["info"]["version"]
        try:
            interfaces.fetch(work.session, draft.slug, version)
        except interfaces.UnknownInterface:
            interfaces.publish(work.session, draft, work.by, work.now)
            work.record("interface.published", f"{draft.slug}:{version}")
            return 1
        return 0

    # -- who takes part -----------------------------------------------------------------------------------------------

    def _departments(self) -> int:
        brought = 0
        with self._node.units.begin(CONSOLE, self._now) as work:
            known = set(work.session.exec(select(Department.slug)).all())
            for draft in DEPARTMENTS:
                if draft.slug not in known:
                    departments.register(work.session, draft, work.by, work.now)
                    work.record("department.registered", draft.slug)
                    brought += 1
            if changed := classification.load(work.session, CATEGORIES):
                work.record("classification.loaded", "classification", changed=changed)
        return brought

    def _official(self, index: int) -> int:
        """Register an official under a new key, unless the key file of an earlier load still names one."""
        official = OFFICIALS[index]
        path = self._keys[official.slug] = self._directory / f"{official.slug}.json"
        if path.exists():
            self._ids[official.slug] = keyfiles.read(path).client_id
            self._let_sign(path)
            return 0
        key = assertions.make_key()
        draft = PersonDraft(
            name=official.name,
            department=official.department,
            keys=[assertions.public_jwk(key)],
            scopes=list(official.scopes),
        )
        with self._node.units.begin(CONSOLE, self._now) as work:
            person = people.register(work.session, draft, at_the_console(), work.now)
            work.record(hands.REGISTERED, person.id, scopes=list(official.scopes), kids=[key["kid"]])
        keyfiles.write(path, person.id, key)
        self._ids[official.slug] = person.id
        return 1

    def _let_sign(self, path: Path) -> None:
        """Give an official whose key is of an earlier release one that signs agreements; the old key stays theirs."""
        credential = keyfiles.read(path)
        if credential.key["kty"] == "OKP":
            return
        key = assertions.make_key()
        with self._node.units.begin(CONSOLE, self._now) as work:
            clients.add_key(work.session, credential.client_id, assertions.public_jwk(key), at_the_console(), work.now)
            work.record(hands.KEY_ADDED, credential.client_id, kids=[key["kid"]])
        following = path.with_suffix(".next")
        following.unlink(missing_ok=True)
        keyfiles.write(following, credential.client_id, key)
        following.replace(path)

    def _applications(self) -> int:
        return sum(self._application(draft) for draft in APPLICATIONS)

    def _application(self, draft: ApplicationDraft) -> int:
        """Register an application, or give it a new key when the key file of an earlier load is gone."""
        id, client_id = f"{draft.department}/{draft.slug}", f"{draft.department}.{draft.slug}"
        path = self._keys[id] = self._directory / f"{client_id}.json"
        if not path.exists():
            keyfiles.write(path, client_id, assertions.make_key())
        public = assertions.public_jwk(keyfiles.read(path).key)
        with self._node.units.begin(self._ids[steward(draft.department)], self._now) as work:
            try:
                departments.fetch_application(work.session, id)
            except departments.UnknownApplication:
                departments.register_application(work.session, draft, work.by, work.now)
                work.record("application.registered", id)
                wanted = ClientDraft(application=id, keys=[public])
                clients.register(work.session, wanted, at_the_console(), work.now)
                work.record(hands.REGISTERED, client_id, kids=[public["kid"]])
                return 1
            if public["kid"] not in clients.key_ids(clients.fetch(work.session, client_id)):
                clients.add_key(work.session, client_id, public, at_the_console(), work.now)
                work.record(hands.KEY_ADDED, client_id, kids=[public["kid"]])
        return 0

    # -- what is shared -----------------------------------------------------------------------------------------------

    def _datasets(self) -> int:
        brought = 0
        for draft in DATASETS:
            id = f"{draft.department}/{draft.slug}"
            with self._node.units.begin(self._ids[steward(draft.department)], self._now) as work:
                try:
                    datasets.fetch(work.session, id)
                except datasets.UnknownDataset:
                    datasets.register(work.session, draft, work.by, work.now)
                    work.record("dataset.registered", id)
                    brought += 1
        return brought

    def _mapping(self, draft: MappingDraft) -> int:
        """Publish a mapping, unless an earlier load did."""
        with self._node.units.begin(self._ids[steward(draft.department)], self._now) as work:
            try:
                mappings.fetch(work.session, draft.slug, draft.version)
            except mappings.UnknownMapping:
                mappings.publish(work.session, draft, work.by, work.now)
                work.record("mapping.published", f"{draft.slug}:{draft.version}")
                return 1
        return 0

    def _reach(self) -> int:
        """Register the services; where a provider answers at another address than before, say so."""
        brought = 0
        for draft in self._services:
            id = f"{draft.department}/{draft.slug}"
            assert draft.credential is not None
            sealed = seal_credential(self._node.cipher, id, draft.credential.header, draft.credential.value)
            with self._node.units.begin(self._ids[steward(draft.department)], self._now) as work:
                try:
                    known = services.fetch(work.session, id)
                except services.UnknownService:
                    services.register(
                        work.session, draft, sealed, work.by, work.now, connectors=self._node.connectors.kinds
                    )
                    work.record("service.registered", id)
                    brought += 1
                    continue
                revised = services.revise(
                    work.session, id, draft, sealed, known.revision, work.by, work.now,
                    connectors=self._node.connectors.kinds,
                )  # fmt: skip
                work.record("service.revised", id, revision=revised.revision)
        return brought

    def _publish(self) -> int:
        """Each steward submits for both reviews at once, the operator approves."""
        brought = 0
        for draft in DATASETS:
            id = f"{draft.department}/{draft.slug}"
            with self._node.units.begin(self._ids[steward(draft.department)], self._now) as work:
                if datasets.fetch(work.session, id).state == DatasetState.PUBLISHED:
                    continue
                publication.submit(work.session, id, work.by, work.now, review=Review.PUBLICATION)
                work.record("dataset.submitted", id, review=Review.PUBLICATION)
            with self._node.units.begin(self._ids[OPERATOR], self._now) as work:
                publication.approve(work.session, id, work.by, work.now)
                code = datasets.fetch(work.session, id).resource_code
                work.record("dataset.approved", id, review=Review.REGISTRATION, resource_code=code)
                work.record("dataset.published", id)
            brought += 1
        return brought

    def _proven(self, draft: ServiceItemDraft) -> int:
        """Register a service item, unless an earlier load did."""
        with self._node.units.begin(self._ids[steward(draft.department)], self._now) as work:
            try:
                evidence.fetch(work.session, draft.code)
            except evidence.UnknownServiceItem:
                evidence.register(work.session, draft, work.by, work.now)
                work.record("service-item.registered", draft.code)
                return 1
        return 0

    # -- who may call -------------------------------------------------------------------------------------------------

    def _agree(self, plan: Planned) -> str:
        """Draft, sign for both sides and activate, unless an active agreement for these purposes is there."""
        with self._node.units.begin(self._ids[plan.drafted_by], self._now) as work:
            known = self._active(work.session, plan)
            if known is not None:
                return known
            row = agreements.draft(work.session, plan.draft, work.by, work.now)
            work.record("agreement.drafted", row.id, application=row.application_id, service=row.service_id)
        self._sign(row.id, Side.CONSUMER, plan.drafted_by)
        self._sign(row.id, Side.PROVIDER, plan.activated_by)
        with self._node.units.begin(self._ids[plan.activated_by], self._now) as work:
            doubts = signers.doubts(work.session)
            activation.activate(work.session, row.id, work.by, work.now, exchange=self._node.origin, doubts=doubts)
            work.record("agreement.activated", row.id, version=row.version)
        return row.id

    def _sign(self, id: str, side: Side, official: str) -> None:
        """With the official's own key, as `hutong agreement sign` does it."""
        credential = keyfiles.read(self._keys[official])
        signer = Signer(credential.client_id, assertions.public_jwk(credential.key))
        origin = self._node.origin
        with self._node.units.begin(credential.client_id, self._now, credential.key["kid"]) as work:
            version = versions.require_proposed(work.session, id)
            said = signatures.statement(work.session, agreements.fetch(work.session, id), version, origin)
            signature = assertions.sign_statement(credential.key, signing.canonical(said))
            signatures.sign(work.session, id, side, signer, signature, work.now, exchange=origin)
            work.record("agreement.signed", id, side=str(side), version=version.number, statement=signing.digest(said))

    def _active(self, session: Session, plan: Planned) -> str | None:
        statement = select(Agreement).where(
            Agreement.application_id == plan.draft.application,
            Agreement.service_id == plan.draft.service,
            col(Agreement.state) == AgreementState.ACTIVE,
        )
        wanted = plan.draft.terms.purposes
        found = (row for row in session.exec(statement).all() if agreements.terms(row).purposes == wanted)
        return next((row.id for row in found if agreements.terms(row).valid_until > self._now), None)
