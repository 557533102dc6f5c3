"""Departments and services: stewards register, everybody reads."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from catalog import datasets, departments, services
from catalog.models import DepartmentDraft, Service, ServiceDraft
from exchange.api import shapes
from exchange.api.depends import (
    BySlug,
    Cursor,
    KnownRevision,
    Limit,
    Owner,
    Read,
    Reader,
    Revision,
    ThisNode,
    Who,
    Words,
    Work,
    inside,
    listing,
    sees,
    tag,
)
from exchange.api.trial import Trial, TrialReport, try_service
from exchange.broker.snapshot_loader import seal_credential
from exchange.identity.callers import Caller
from exchange.node import Node

router = APIRouter(tags=["catalog"])


@router.post("/departments", status_code=201)
def register_department(draft: DepartmentDraft, who: Who, work: Work, response: Response) -> dict[str, Any]:
    """Register a department. Needs `operator`."""
    who.require_operator()
    row = departments.register(work.session, draft, work.by, work.now)
    work.record("department.registered", row.slug)
    tag(response, row.revision)
    return shapes.department(row)


@router.put("/departments/{department}")
def revise_department(
    department: str, draft: DepartmentDraft, revision: Revision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Change name or contact. Needs the department's `steward:` or `operator`."""
    who.require_steward_or_operator(department)
    row = departments.revise(work.session, department, draft, revision, work.by, work.now)
    work.record("department.revised", row.slug, revision=row.revision)
    tag(response, row.revision)
    return shapes.department(row)


@router.post("/departments/{department}/{step}")
def switch_department(
    department: str,
    step: Literal["deactivate", "reactivate"],
    revision: KnownRevision,
    who: Who,
    work: Work,
    response: Response,
) -> dict[str, Any]:
    """Suspend a department's services, or end the suspension. Needs `operator`."""
    who.require_operator()
    act = departments.deactivate if step == "deactivate" else departments.reactivate
    row = act(work.session, department, work.by, work.now, expected_revision=revision)
    work.record(f"department.{step}d", row.slug, revision=row.revision)
    tag(response, row.revision)
    return shapes.department(row)


@router.get("/departments")
def list_departments(
    session: Read,
    q: Words = None,
    active: bool | None = None,
    sort: BySlug = "slug",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Departments by slug."""
    rows, following = departments.page(
        session, words=q, active=active, descending=sort == "-slug", limit=limit, cursor=cursor
    )
    return listing(([shapes.department(row) for row in rows], following))


@router.get("/departments/{department}")
def read_department(department: str, session: Read, response: Response) -> dict[str, Any]:
    """One department."""
    row = departments.fetch(session, department)
    tag(response, row.revision)
    return shapes.department(row)


@router.post("/services", status_code=201)
def register_service(draft: ServiceDraft, who: Who, work: Work, here: ThisNode, response: Response) -> dict[str, Any]:
    """Register how a dataset is reached; the credential is encrypted at once. Needs the `steward:`.

    It is called once a publication of the dataset is approved: submit a published dataset again for that.
    """
    who.require_steward(draft.department)
    sealed = _sealed(here, draft)
    row = services.register(
        work.session, draft, sealed, work.by, work.now, connectors=here.connectors.kinds, key=work.key
    )
    work.record("service.registered", row.id)
    return _service(row, who, response)


@router.put("/services/{department}/{slug}")
def revise_service(
    department: str,
    slug: str,
    draft: ServiceDraft,
    revision: Revision,
    who: Who,
    work: Work,
    here: ThisNode,
    response: Response,
) -> dict[str, Any]:
    """Replace a service's registration; in force, only its title, address and credential, and operators are told.

    Needs the department's `steward:` and If-Match.
    """
    who.require_steward(department)
    sealed, id = _sealed(here, draft), f"{department}/{slug}"
    row = services.revise(
        work.session, id, draft, sealed, revision, work.by, work.now, connectors=here.connectors.kinds, key=work.key
    )
    work.record("service.revised", row.id, revision=row.revision)
    return _service(row, who, response)


@router.post("/services/{department}/{slug}/test")
def test_service(department: str, slug: str, trial: Trial, who: Who, session: Read, here: ThisNode) -> TrialReport:
    """Call the live source once and say whether it conforms; no value of its reply is shown. Needs the `steward:`."""
    who.require_steward(department)
    return try_service(here, session, services.fetch(session, f"{department}/{slug}"), trial, who)


@router.get("/services")
def list_services(
    who: Reader,
    session: Read,
    q: Words = None,
    department: Owner = None,
    dataset: Annotated[str | None, Query(max_length=100, description="that reach this dataset")] = None,
    interface: Annotated[str | None, Query(max_length=64, description="that follow this interface")] = None,
    sort: BySlug = "slug",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Services by id; each department's steward and operators see its upstream addresses."""
    rows, following = services.page(
        session, department=department, dataset_id=dataset, interface=interface, words=q,
        descending=sort == "-slug", inside=inside(who), limit=limit, cursor=cursor,
    )  # fmt: skip
    return listing(([_shown(row, who) for row in rows], following))


@router.get("/services/{department}/{slug}")
def read_service(department: str, slug: str, who: Reader, session: Read, response: Response) -> dict[str, Any]:
    """One service; the department's steward and operators see its upstream address, nobody its credential."""
    row = services.fetch(session, f"{department}/{slug}")
    if not (sees(who, department) or services.in_force(row, datasets.fetch(session, row.dataset_id))):
        raise services.UnknownService(row.id)
    return _service(row, who, response)


def _service(row: Service, who: Caller | None, response: Response) -> dict[str, Any]:
    tag(response, row.revision)
    return _shown(row, who)


def _shown(row: Service, who: Caller | None) -> dict[str, Any]:
    return shapes.service(row, f"/x/{row.id}", upstream=sees(who, row.department))


def _sealed(here: Node, draft: ServiceDraft) -> bytes | None:
    if draft.credential is None:
        return None
    service_id = f"{draft.department}/{draft.slug}"
    return seal_credential(here.cipher, service_id, draft.credential.header, draft.credential.value)
