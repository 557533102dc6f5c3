"""Services: how a dataset is reached, by which connector, at which address, under which interface specification.

    LookupError
    └── UnknownService
    ValueError                (catalog.registration)
    ├── AlreadyRegistered
    ├── InvalidRegistration
    └── Outdated

A service comes into force with a publication of its dataset; one that is registered later waits for the next. What is
in force keeps what its callers and its reviewers relied on until the dataset is withdrawn; where it fetches from may
move, and the operators are told.

The upstream credential comes here sealed (encrypted under the exchange's key); the draft's clear text is never stored.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from catalog import addresses, credentials, datasets, departments, notices, versions
from catalog.differences import Difference
from catalog.models import (
    DataItem,
    Dataset,
    DatasetState,
    Department,
    Service,
    ServiceDraft,
    SharingClass,
    Stage,
)
from catalog.registration import AlreadyRegistered, accept, expect, lock, mark
from standards import interfaces, mappings, paging
from standards.mapping.models import PublishedMapping
from standards.validation import Finding


class UnknownService(LookupError):
    """No service has this id."""

    def __init__(self, id: str) -> None:
        super().__init__(f"No service is registered as {id!r}: ids are <department>/<service>.")


@dataclass(frozen=True, slots=True)
class Published:
    """A service of a published dataset with all that a call needs to know of the catalog."""

    service: Service
    dataset: Dataset
    items: tuple[DataItem, ...]
    department: Department


def register(
    session: Session,
    draft: ServiceDraft,
    sealed: bytes | None,
    by: str,
    now: datetime,
    *,
    connectors: Collection[str],
    key: str = "",
) -> Service:
    """`sealed` is the draft's credential, encrypted; `connectors` are the kinds the exchange has; `key` is the
    thumbprint of the key that vouched for `by`.

    Raises UnknownDepartment, UnknownDataset, AlreadyRegistered, InvalidRegistration.
    """
    department = departments.fetch(session, draft.department)
    dataset = datasets.held(session, f"{draft.department}/{draft.dataset}")
    id = f"{draft.department}/{draft.slug}"
    if session.get(Service, id) is not None:
        raise AlreadyRegistered(f"A service {id!r} is already registered: revise it or take another slug.")
    found = _findings(session, draft, sealed, connectors)
    accept([*departments.suspension(department), *found, *_new(session, draft, dataset)])
    service = Service(
        **_columns(draft),
        id=id,
        department=draft.department,
        slug=draft.slug,
        dataset_id=dataset.id,
        credential=sealed,
        authors=[{"by": by, "key": key}],
        created_at=now,
        created_by=by,
    )
    session.add(service)
    session.flush()
    _noted(session, dataset, service, by, now)
    return service


def revise(
    session: Session,
    id: str,
    draft: ServiceDraft,
    sealed: bytes | None,
    expected_revision: int,
    by: str,
    now: datetime,
    *,
    connectors: Collection[str],
    key: str = "",
) -> Service:
    """Replaces what is registered by the draft. A draft without `credential` keeps the one there is, a null takes it
    away; at another origin it must be given again. While the service is in force, title, address and credential may
    change, the operators being told of the latter; interface specification, mapping and connector may not.

    Raises UnknownService, Outdated, InvalidRegistration, StillPublished.
    """
    service = _held(session, id, expected_revision, draft)
    dataset = datasets.held(session, service.dataset_id)
    accept([*_fixed(service, draft), *_findings(session, draft, sealed, connectors), *_rebound(service, draft)])
    if in_force(service, dataset):
        _keep_reviewed(session, service, dataset, draft, now)
    for name, value in _columns(draft).items():
        setattr(service, name, value)
    if "credential" in draft.model_fields_set:
        service.credential = sealed
    service.authors = versions.joined(service.authors, [{"by": by, "key": key}])
    mark(service, by, now)
    session.add(service)
    session.flush()
    _noted(session, dataset, service, by, now)
    return service


def in_force(service: Service, dataset: Dataset) -> bool:
    """Whether calls reach it: its dataset is published, and it was approved with it."""
    return dataset.state == DatasetState.PUBLISHED and service.approved_version is not None


def waiting(session: Session, dataset_id: str) -> list[Service]:
    """The services of the dataset that no publication review has passed yet, by id."""
    return [service for service in of_dataset(session, dataset_id) if service.approved_version is None]


def authors(service: Service) -> list[Mapping[str, str]]:
    """Everybody who wrote the service, `{by, key}`: none of them approves the publication that it comes with."""
    return versions.with_authors(service.authors, service.created_by, service.changed_by)


def fetch(session: Session, id: str) -> Service:
    """Raises UnknownService."""
    service = session.get(Service, id)
    if service is None:
        raise UnknownService(id)
    return service


def page(
    session: Session,
    *,
    department: str | None = None,
    dataset_id: str | None = None,
    interface: str | None = None,
    words: str | None = None,
    descending: bool = False,
    inside: Collection[str] | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> tuple[list[Service], str | None]:
    """Services by id, filtered; those that are not in force of the departments `inside` only, None for all.

    Raises standards.paging.InvalidCursor.
    """
    statement = select(Service)
    if inside is not None:
        public = select(Dataset.id).where(Dataset.state == DatasetState.PUBLISHED)
        offered = and_(col(Service.dataset_id).in_(public), col(Service.approved_version).is_not(None))
        seen = or_(offered, col(Service.department).in_(sorted(inside)))
        statement = statement.where(seen)
    if department is not None:
        statement = statement.where(Service.department == department)
    if dataset_id is not None:
        statement = statement.where(Service.dataset_id == dataset_id)
    if interface is not None:
        statement = statement.where(Service.interface == interface)
    if words:
        title: Any = col(Service.title)
        texts = (col(Service.id), title["zh"].as_string(), title["en"].as_string())
        statement = statement.where(or_(*(text.icontains(words, autoescape=True) for text in texts)))
    return paging.page(session, statement, [col(Service.id)], limit=limit, cursor=cursor, descending=descending)


def of_dataset(session: Session, dataset_id: str) -> list[Service]:
    """All services of the dataset, by id."""
    return list(session.exec(select(Service).where(Service.dataset_id == dataset_id).order_by(col(Service.id))).all())


def published(session: Session, service_id: str | None = None) -> list[Published]:
    """The services in force, all or the one named, in a few queries however many there are."""
    statement = (
        select(Service, Dataset, Department)
        .join(Dataset, col(Dataset.id) == Service.dataset_id)
        .join(Department, col(Department.slug) == Service.department)
        .where(Dataset.state == DatasetState.PUBLISHED, col(Service.interface).is_not(None))
        .where(col(Service.approved_version).is_not(None))
        .order_by(col(Service.id))
    )
    if service_id is not None:
        statement = statement.where(Service.id == service_id)
    rows = session.exec(statement).all()
    items = datasets.items_by_dataset(session, {dataset.id for _, dataset, _ in rows})
    return [Published(service, dataset, items[dataset.id], department) for service, dataset, department in rows]


_REVIEWED = ("connector", "interface", "interface_version", "mapping", "mapping_version")
_SENT = {"title", "connector", "address", "interface", "interface_version", "mapping", "mapping_version"}


def _keep_reviewed(session: Session, service: Service, dataset: Dataset, draft: ServiceDraft, now: datetime) -> None:
    """Tells the operators what changes without a review. Raises StillPublished for what does not."""
    changed = [name for name in _REVIEWED if getattr(service, name) != getattr(draft, name)]
    if changed:
        raise datasets.StillPublished(dataset.id, changed)
    moved = service.address != addresses.tidy(draft.address)
    held = service.credential is not None or draft.credential is not None
    if not moved and not (held and "credential" in draft.model_fields_set):
        return
    text = {
        "zh": f"已发布的服务 {service.id} 更改了{'地址' if moved else '凭据'}，未经审核。",
        "en": f"{service.id}, which is in force, has another {'address' if moved else 'credential'}, unreviewed.",
    }
    notices.tell(session, notices.OPERATOR, "service.moved", service.id, text, now)


def _noted(session: Session, dataset: Dataset, service: Service, by: str, now: datetime) -> None:
    """Whoever read the dataset to review its publication reads it again: its revision is another one."""
    version = versions.pending(session, dataset.id)
    if version is not None and version.stage == Stage.PUBLICATION_REVIEW:
        change: Difference = {"pointer": f"/services/{service.slug}", "new": service.revision}
        datasets.changed(session, dataset, by, now, version, "service", [change])


def _columns(draft: ServiceDraft) -> dict[str, Any]:
    return draft.model_dump(include=_SENT) | {"address": addresses.tidy(draft.address)}


def _held(session: Session, id: str, expected_revision: int, draft: ServiceDraft) -> Service:
    service = lock(session, Service, id)
    if service is None:
        raise UnknownService(id)
    expect(service, id, expected_revision, draft.model_dump(include=_SENT))
    return service


def _findings(
    session: Session, draft: ServiceDraft, sealed: bytes | None, connectors: Collection[str]
) -> list[Finding]:
    found = [Finding("/address", "address", expected) for expected in addresses.faults(draft.address)]
    if draft.connector not in connectors:
        found.append(Finding("/connector", "known", f"one of {', '.join(sorted(connectors))}"))
    found += _interface(session, draft)
    found += _mapping(session, draft)
    if (draft.credential is None) != (sealed is None):
        found.append(Finding("/credential", "sealed", "a credential that was encrypted before it is stored"))
    if draft.credential is not None and not credentials.is_fit(draft.credential.header):
        found.append(Finding("/credential/header", "reserved", "a header the exchange does not set itself"))
    return found


def _interface(session: Session, draft: ServiceDraft) -> list[Finding]:
    if draft.interface is None and draft.interface_version is None:
        return []
    if draft.interface is None:
        return [Finding("/interface", "required", "the slug of the interface specification whose version is given")]
    if draft.interface_version is None:
        return [Finding("/interface_version", "required", "the version of the interface specification that is named")]
    try:
        interfaces.fetch(session, draft.interface, draft.interface_version)
    except interfaces.UnknownInterface:
        expected = "a published interface specification in one of its published versions"
        return [Finding("/interface", "published", expected)]
    return []


def _mapping(session: Session, draft: ServiceDraft) -> list[Finding]:
    """A mapping of the department's own, that makes records of the dataset's standard."""
    if draft.mapping is None and draft.mapping_version is None:
        return []
    if draft.mapping is None or draft.mapping_version is None:
        return [Finding("/mapping", "required", "slug and version of the mapping together")]
    try:
        row = mappings.fetch(session, draft.mapping, draft.mapping_version)
    except mappings.UnknownMapping:
        return [Finding("/mapping", "published", "a published mapping in one of its published versions")]
    found = []
    if row.department != draft.department:
        found.append(Finding("/mapping", "department", "a mapping of the department itself"))
    dataset = session.get(Dataset, f"{draft.department}/{draft.dataset}")
    if dataset is not None and dataset.standard is not None and dataset.standard_version is not None:
        found += misfits(session, row, dataset.standard, dataset.standard_version)
    return found


def misfits(session: Session, row: PublishedMapping, standard: str, version: str) -> list[Finding]:
    """Why records of a mapping would not be those of this version of the standard; empty where they are."""
    wrong = mappings.fits(session, row, standard, version)
    told = f"a mapping that makes records of {standard} {version}"
    return [Finding("/mapping", "standard", f"{told}: {one.expected} at '{one.pointer}'") for one in wrong[:8]]


def _new(session: Session, draft: ServiceDraft, dataset: Dataset) -> list[Finding]:
    """What only a new service has to keep: its name, and the state of the dataset it joins."""
    found = []
    namesake = session.get(Dataset, f"{draft.department}/{draft.slug}")
    if namesake is not None and namesake.id != dataset.id and namesake.sharing_class == SharingClass.NOT_SHARED:
        found.append(Finding("/slug", "taken", "a slug that no dataset of the department that is not shared has"))
    if dataset.sharing_class == SharingClass.NOT_SHARED:
        found.append(Finding("/dataset", "not-shared", "a dataset that is shared: one that is not takes no service"))
    if dataset.state == DatasetState.PUBLISHED and draft.interface is None:
        found.append(Finding("/interface", "required", "an interface specification, as the dataset is published"))
    return found


def _fixed(service: Service, draft: ServiceDraft) -> list[Finding]:
    registered = {"department": service.department, "slug": service.slug, "dataset": service.dataset_id.split("/")[1]}
    return [
        Finding(f"/{name}", "fixed", f"the {name} the service was registered with")
        for name, value in registered.items()
        if getattr(draft, name) != value
    ]


def _rebound(service: Service, draft: ServiceDraft) -> list[Finding]:
    """A credential is bound to the origin it was given for: an address elsewhere never receives it."""
    if service.credential is None or "credential" in draft.model_fields_set or addresses.faults(draft.address):
        return []
    if addresses.origin(service.address) == addresses.origin(draft.address):
        return []
    return [Finding("/credential", "origin", "the credential again, or null: the kept one is bound to another origin")]
