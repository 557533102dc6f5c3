"""The evidence directory: for a service item (事项), which dataset, owner and interface prove what it asks.

What a department asks for a service is a list of requirements (材料); each is proven by items of datasets. Whoever
handles the service looks here instead of asking the applicant for a paper.

LookupError
└── UnknownServiceItem    there is none of this code
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import Field as Shape
from sqlalchemy import delete
from sqlmodel import Field, Session, SQLModel, col, select

from catalog import datasets, departments, lineage
from catalog.models import DataItem, Dataset, DatasetState, Department, Id, Service
from catalog.registration import AlreadyRegistered, Outdated, accept, lock
from standards import paging
from standards.columns import Json, LanguageMap, UtcDateTime
from standards.models import SLUG, Draft
from standards.validation import Finding

CODE = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"


class ServiceItem(SQLModel, table=True):
    """A service item of a department; `requirements` are `RequirementDraft`s as JSON."""

    __tablename__ = "service_item"
    code: str = Field(primary_key=True)
    department: str = Field(foreign_key="department.slug", index=True)
    name: dict[str, str] = Field(sa_type=Json)
    requirements: list[dict[str, Any]] = Field(sa_type=Json)
    revision: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str
    changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    changed_by: str | None = None


class ServiceItemProof(SQLModel, table=True):
    """Which service items rely on a dataset; made again from the item's requirements at each change of it."""

    __tablename__ = "service_item_proof"
    service_item: str = Field(primary_key=True, foreign_key="service_item.code")
    dataset_id: str = Field(primary_key=True, index=True)


class ProofDraft(Draft):
    """What proves a requirement: items of a dataset, or the dataset as a whole."""

    dataset: Id
    items: list[str] = Shape(default_factory=list, max_length=100, description="paths of its items")


class RequirementDraft(Draft):
    slug: str = Shape(pattern=SLUG, max_length=64)
    name: LanguageMap
    proofs: list[ProofDraft] = Shape(default_factory=list, max_length=20, description="any of them proves it")


class ServiceItemDraft(Draft):
    code: str = Shape(pattern=CODE, description="code of the service item (事项编码)")
    department: str = Shape(pattern=SLUG, max_length=48)
    name: LanguageMap
    requirements: list[RequirementDraft] = Shape(default_factory=list, max_length=100)


class UnknownServiceItem(LookupError):
    """The evidence directory has no service item of this code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"The evidence directory has no service item {code!r}: list them for their codes.")


@dataclass(frozen=True, slots=True)
class Proof:
    """A dataset that proves a requirement, with the items that do and the services that reach it.

    `active` says whether its department is: calls of a suspended one are refused.
    """

    dataset: Dataset
    items: list[DataItem]
    services: list[Service]
    active: bool

    @property
    def available(self) -> bool:
        """Whether it can be called now, under an agreement."""
        return self.unavailable is None

    @property
    def unavailable(self) -> dict[str, str] | None:
        """Why it cannot be called now, in both languages."""
        if self.dataset.state != DatasetState.PUBLISHED:
            return {"zh": "该数据资源未发布。", "en": "The dataset is not published."}
        if not self.active:
            return {"zh": "该部门已被暂停。", "en": "The department is suspended."}
        if self.dataset.suspended is not None:
            return {"zh": "该数据资源已被暂停。", "en": "The dataset is suspended."} | self.dataset.suspended
        if not self.services:
            return {"zh": "没有服务提供该数据资源。", "en": "No service reaches the dataset."}
        return None


@dataclass(frozen=True, slots=True)
class Requirement:
    slug: str
    name: dict[str, str]
    proofs: list[Proof]


def register(session: Session, draft: ServiceItemDraft, by: str, now: datetime) -> ServiceItem:
    """Raises UnknownDepartment, AlreadyRegistered, InvalidRegistration."""
    departments.fetch(session, draft.department)
    if session.get(ServiceItem, draft.code) is not None:
        raise AlreadyRegistered(f"A service item {draft.code!r} is already registered: revise it.")
    accept(_findings(session, draft))
    row = ServiceItem(**_columns(draft), code=draft.code, department=draft.department, created_at=now, created_by=by)
    session.add(row)
    session.flush()
    _prove(session, draft)
    return row


def revise(
    session: Session,
    department: str,
    code: str,
    draft: ServiceItemDraft,
    expected_revision: int,
    by: str,
    now: datetime,
) -> ServiceItem:
    """Replaces name and requirements. Raises UnknownServiceItem, Outdated, InvalidRegistration."""
    row = _held(session, department, code, expected_revision)
    fixed = {"code": row.code, "department": row.department}
    accept(
        [
            *(
                Finding(f"/{name}", "fixed", f"the {name} the service item was registered with")
                for name, value in fixed.items()
                if getattr(draft, name) != value
            ),
            *_findings(session, draft),
        ]
    )
    for name, value in _columns(draft).items():
        setattr(row, name, value)
    row.changed_by, row.changed_at = by, now
    row.revision += 1
    session.add(row)
    session.flush()
    _prove(session, draft)
    return row


def remove(session: Session, department: str, code: str, expected_revision: int) -> None:
    """Raises UnknownServiceItem, Outdated."""
    row = _held(session, department, code, expected_revision)
    session.execute(delete(ServiceItemProof).where(col(ServiceItemProof.service_item) == code))
    session.delete(row)
    session.flush()


def fetch(session: Session, code: str, department: str | None = None) -> ServiceItem:
    """The service item, of this department if one is named. Raises UnknownServiceItem."""
    row = session.get(ServiceItem, code)
    if row is None or department not in (None, row.department):
        raise UnknownServiceItem(code)
    return row


def page(
    session: Session,
    *,
    department: str | None = None,
    dataset: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> tuple[list[ServiceItem], str | None]:
    """Service items by code: of a department, or those that rely on a dataset. Raises paging.InvalidCursor."""
    statement = select(ServiceItem)
    if department is not None:
        statement = statement.where(ServiceItem.department == department)
    if dataset is not None:
        relying = select(ServiceItemProof.service_item).where(ServiceItemProof.dataset_id == dataset)
        statement = statement.where(col(ServiceItem.code).in_(relying))
    return paging.page(session, statement, [col(ServiceItem.code)], limit=limit, cursor=cursor)


def proving(session: Session, row: ServiceItem, viewers: Collection[str] | None = ()) -> list[Requirement]:
    """Each requirement with what proves it; of datasets that are not published, only those of `viewers`' departments.

    Items that a later version of a dataset has no more are left out.
    """
    wanted = {proof["dataset"] for requirement in row.requirements for proof in requirement["proofs"]}
    seen = {each.id: each for each in lineage.visible(session, wanted, viewers)}
    items = datasets.items_by_dataset(session, seen)
    services = _services(session, seen)
    active = set(session.exec(select(Department.slug).where(col(Department.active).is_(True))))
    return [
        Requirement(
            requirement["slug"],
            requirement["name"],
            [
                Proof(
                    seen[proof["dataset"]],
                    [each for each in items[proof["dataset"]] if each.path in proof["items"]],
                    services.get(proof["dataset"], []),
                    seen[proof["dataset"]].department in active,
                )
                for proof in requirement["proofs"]
                if proof["dataset"] in seen
            ],
        )
        for requirement in row.requirements
    ]


def _columns(draft: ServiceItemDraft) -> dict[str, Any]:
    return draft.model_dump(mode="json", include={"name", "requirements"})


def _held(session: Session, department: str, code: str, expected_revision: int) -> ServiceItem:
    row = lock(session, ServiceItem, code)
    if row is None or row.department != department:
        raise UnknownServiceItem(code)
    if row.revision != expected_revision:
        raise Outdated(code, row.revision)
    return row


def _prove(session: Session, draft: ServiceItemDraft) -> None:
    session.execute(delete(ServiceItemProof).where(col(ServiceItemProof.service_item) == draft.code))
    ids = dict.fromkeys(proof.dataset for requirement in draft.requirements for proof in requirement.proofs)
    session.add_all(ServiceItemProof(service_item=draft.code, dataset_id=id) for id in ids)
    session.flush()


def _findings(session: Session, draft: ServiceItemDraft) -> list[Finding]:
    wanted = {proof.dataset for requirement in draft.requirements for proof in requirement.proofs}
    seen = {row.id for row in lineage.visible(session, wanted, [draft.department])}
    paths = {id: {item.path for item in found} for id, found in datasets.items_by_dataset(session, seen).items()}
    slugs: set[str] = set()
    found = []
    for at, requirement in enumerate(draft.requirements):
        if requirement.slug in slugs:
            found.append(Finding(f"/requirements/{at}/slug", "unique", "each slug once"))
        slugs.add(requirement.slug)
        for number, proof in enumerate(requirement.proofs):
            pointer = f"/requirements/{at}/proofs/{number}"
            if proof.dataset not in seen:
                found.append(Finding(f"{pointer}/dataset", "published", "a published dataset, or one of your own"))
                continue
            found += _paths(pointer, proof.items, paths[proof.dataset])
    return found


def _paths(pointer: str, wanted: Sequence[str], known: Collection[str]) -> Iterable[Finding]:
    for at, path in enumerate(wanted):
        if path not in known:
            yield Finding(f"{pointer}/items/{at}", "item", "the path of an item of the dataset")


def _services(session: Session, ids: Collection[str]) -> dict[str, list[Service]]:
    found: dict[str, list[Service]] = {}
    reachable = col(Service.interface).is_not(None), col(Service.approved_version).is_not(None)
    statement = select(Service).where(col(Service.dataset_id).in_(sorted(ids)), *reachable)
    for row in session.exec(statement.order_by(col(Service.id))):
        found.setdefault(row.dataset_id, []).append(row)
    return found
