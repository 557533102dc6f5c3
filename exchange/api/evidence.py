"""Who is the source of what, what proves what a service asks, what was made from what, and what goes together."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from catalog import evidence, lineage, related, sources
from catalog.evidence import CODE, Requirement, ServiceItem, ServiceItemDraft
from catalog.models import Dataset, Service
from catalog.sources import Form, Known, Source
from exchange.api.datasets import visible
from exchange.api.depends import Cursor, Limit, Read, Reader, Revision, Who, Work, inside, listing, tag
from exchange.identity.callers import Caller
from standards import elements

router = APIRouter(tags=["evidence"])

Code = Annotated[str, Query(pattern=CODE, description="code of a service item", examples=["newborn-registration"])]


@router.get("/elements/{slug}/sources")
def list_sources(slug: str, who: Reader, session: Read) -> dict[str, Any]:
    """Items that hold the element, those that say to be its one source first, and whether more than one does."""
    element = elements.fetch(session, slug)
    return {"element": element.slug, "name": element.name, **_sources(session, slug, who)}


@router.get("/once-only")
def list_contested(who: Reader, session: Read, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """Elements of which more than one department says to be the source (一数一源), with all their sources."""
    slugs, following = sources.contested(session, inside(who), limit=limit, cursor=cursor)
    return listing(([{"element": slug, **_sources(session, slug, who)} for slug in slugs], following))


@router.post("/once-only/check")
def check_form(form: Form, _: Who, session: Read) -> dict[str, Any]:
    """Which of the items that a form asks for are in a published dataset already, and could be shared."""
    return {"items": [_known(each) for each in sources.known(session, form)]}


@router.post("/service-items", status_code=201)
def register_service_item(draft: ServiceItemDraft, who: Who, work: Work, response: Response) -> dict[str, Any]:
    """Register a service item with what proves its requirements. Needs the department's `steward:` or `operator`."""
    who.require_steward_or_operator(draft.department)
    row = evidence.register(work.session, draft, work.by, work.now)
    work.record("service-item.registered", row.code)
    return _service_item(row, response)


@router.put("/service-items/{department}/{code}")
def revise_service_item(
    department: str, code: str, draft: ServiceItemDraft, revision: Revision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Replace name and requirements. Needs the department's `steward:` or `operator`, and If-Match."""
    who.require_steward_or_operator(department)
    row = evidence.revise(work.session, department, code, draft, revision, work.by, work.now)
    work.record("service-item.revised", row.code, revision=row.revision)
    return _service_item(row, response)


@router.delete("/service-items/{department}/{code}", status_code=204)
def remove_service_item(department: str, code: str, revision: Revision, who: Who, work: Work) -> Response:
    """Take a service item out of the directory. Needs the department's `steward:` or `operator`, and If-Match."""
    who.require_steward_or_operator(department)
    evidence.remove(work.session, department, code, revision)
    work.record("service-item.removed", code)
    return Response(status_code=204)


@router.get("/service-items")
def list_service_items(
    session: Read,
    department: str | None = None,
    dataset: Annotated[str | None, Query(max_length=113, description="those that rely on it")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Service items by code."""
    rows, following = evidence.page(session, department=department, dataset=dataset, limit=limit, cursor=cursor)
    return listing(([_brief(row) for row in rows], following))


@router.get("/service-items/{department}/{code}")
def read_service_item(department: str, code: str, session: Read, response: Response) -> dict[str, Any]:
    """One service item as it was registered."""
    return _service_item(evidence.fetch(session, code, department), response)


@router.get("/evidence")
def look_up_evidence(item: Code, who: Reader, session: Read) -> dict[str, Any]:
    """For each requirement of a service item: which dataset, owner and interface prove it, and if it can be had."""
    row = evidence.fetch(session, item)
    return {**_brief(row), "requirements": [_proven(each) for each in evidence.proving(session, row, inside(who))]}


@router.get("/datasets/{department}/{slug}/lineage")
def read_lineage(
    department: str,
    slug: str,
    who: Reader,
    session: Read,
    depth: Annotated[int, Query(ge=1, le=lineage.DEEPEST, description="steps upstream and downstream")] = 3,
) -> dict[str, Any]:
    """What the dataset was made from and what was made from it; `distance` is below nought upstream."""
    row = visible(session, f"{department}/{slug}", who)
    found = lineage.graph(session, row, inside(who), depth=depth)
    nodes = [{**_dataset(each), "distance": found.distance[each.id]} for each in found.datasets]
    edges = [{"from": start, "to": end} for start, end in found.edges]
    return {"dataset": row.id, "nodes": nodes, "edges": edges, "complete": found.complete}


@router.get("/datasets/{department}/{slug}/related")
def list_related(
    department: str, slug: str, who: Reader, session: Read, limit: Annotated[int, Query(ge=1, le=50)] = related.MOST
) -> dict[str, Any]:
    """Datasets that go with this one, each with the reasons why."""
    found = related.of(session, visible(session, f"{department}/{slug}", who), inside(who), limit)
    return {"items": [{**_dataset(each.dataset), "reasons": each.reasons} for each in found]}


def _sources(session: Session, slug: str, who: Caller | None) -> dict[str, Any]:
    found = sources.of_element(session, slug, inside(who))
    owners = {source.dataset.department for source in found if sources.claims(source)}
    return {"contested": len(owners) > 1, "sources": [_source(source) for source in found]}


def _source(source: Source) -> dict[str, Any]:
    item = source.item.model_dump(include={"path", "title", "sharing_class", "authoritative"}, mode="json")
    return {"dataset": _dataset(source.dataset), "item": item, "shared": sources.is_shared(source)}


def _known(known: Known) -> dict[str, Any]:
    """`verdict`: `available`, in a dataset that is shared; `not-shared`, in others only; `unknown`, in none."""
    verdict = "available" if known.can_be_shared else "not-shared" if known.sources else "unknown"
    asked = known.asked.model_dump(exclude_none=True)
    return {"asked": asked, "verdict": verdict, "sources": [_source(source) for source in known.sources]}


def _proven(requirement: Requirement) -> dict[str, Any]:
    proofs = [
        {
            "dataset": _dataset(proof.dataset),
            "items": [item.model_dump(include={"path", "title", "sharing_class"}) for item in proof.items],
            "services": [_interface(service) for service in proof.services],
            "available": proof.available,
            "unavailable": proof.unavailable,
        }
        for proof in requirement.proofs
    ]
    return {"slug": requirement.slug, "name": requirement.name, "proofs": proofs}


def _interface(row: Service) -> dict[str, Any]:
    specification = f"/x/{row.id}/openapi.json"
    return {**row.model_dump(include={"id", "title", "interface", "interface_version"}), "specification": specification}


def _dataset(row: Dataset) -> dict[str, Any]:
    return row.model_dump(include={"id", "department", "title", "sharing_class", "state"}, mode="json")


def _brief(row: ServiceItem) -> dict[str, Any]:
    return row.model_dump(exclude={"requirements", "created_by", "changed_by"}, mode="json")


def _service_item(row: ServiceItem, response: Response) -> dict[str, Any]:
    tag(response, row.revision)
    return row.model_dump(exclude={"created_by", "changed_by"}, mode="json")
