"""Applications and people: who holds keys, with which scopes."""

from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from catalog import departments
from catalog.models import ApplicationDraft
from exchange.api import shapes
from exchange.api.depends import (
    BySlug,
    Cursor,
    KnownRevision,
    Limit,
    Owner,
    Read,
    Revision,
    Who,
    Words,
    Work,
    listing,
    tag,
)
from exchange.identity import authority, clients, hands, people
from exchange.identity.models import ClientDraft, PersonDraft
from standards.models import Draft

router = APIRouter(tags=["parties"])

PublicKeys = list[dict[str, Any]]


class ApplicationRegistration(ApplicationDraft):
    """An application and its public keys; its id as a client is `<department>.<slug>`."""

    keys: PublicKeys = Field(description="public JWKs", min_length=1, max_length=8)


class NewKey(Draft):
    key: dict[str, Any] = Field(description="a public JWK")


@router.post("/applications", status_code=201)
def register_application(draft: ApplicationRegistration, who: Who, work: Work) -> dict[str, Any]:
    """Register an application with its keys. Needs the department's `steward:` or `operator`."""
    authority.require_registration(who, "application", draft.department, ["call"])
    fields = draft.model_dump(exclude={"keys"})
    application = departments.register_application(work.session, ApplicationDraft(**fields), work.by, work.now)
    work.record("application.registered", application.id)
    client = clients.register(work.session, ClientDraft(application=application.id, keys=draft.keys), who, work.now)
    work.record(hands.REGISTERED, client.id, kids=sorted(clients.key_ids(client)))
    return {**shapes.application(application), "client": shapes.client(client)}


@router.get("/applications")
def list_applications(
    session: Read,
    q: Words = None,
    department: Owner = None,
    sort: BySlug = "slug",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Applications by id."""
    rows, following = departments.page_applications(
        session, department=department, words=q, descending=sort == "-slug", limit=limit, cursor=cursor
    )
    return listing(([shapes.application(row) for row in rows], following))


@router.post("/people", status_code=201)
def register_person(draft: PersonDraft, who: Who, work: Work, response: Response) -> dict[str, Any]:
    """Register a steward, operator or auditor with their keys. Operators grant any scope."""
    row = people.register(work.session, draft, who, work.now)
    work.record(hands.REGISTERED, row.id, scopes=sorted(row.scopes), kids=sorted(clients.key_ids(row)))
    tag(response, row.revision)
    return shapes.client(row)


@router.get("/people")
def list_people(who: Who, session: Read, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """People with keys. Needs `operator`."""
    who.require_operator()
    rows, following = people.page(session, limit=limit, cursor=cursor)
    return listing(([shapes.client(row) for row in rows], following))


@router.get("/clients/{client_id}")
def read_client(client_id: str, who: Who, session: Read, response: Response) -> dict[str, Any]:
    """One client with its public keys and scopes: to itself, its steward and operators."""
    row = clients.fetch(session, client_id)
    if who.client_id != row.id:
        who.require_steward_or_operator(row.department or "")
    tag(response, row.revision)
    return shapes.client(row)


@router.post("/clients/{client_id}/keys", status_code=201)
def add_key(
    client_id: str, draft: NewKey, revision: Revision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Add a public key to a client. Needs If-Match."""
    row = clients.add_key(work.session, client_id, draft.key, who, work.now, expected_revision=revision)
    work.record(hands.KEY_ADDED, row.id, revision=row.revision, kids=[row.keys[-1]["kid"]])
    tag(response, row.revision)
    return shapes.client(row)


@router.post("/clients/{client_id}/{step}")  # after /keys, which it would take for a step
def switch_client(
    client_id: str,
    step: Literal["disable", "enable"],
    revision: KnownRevision,
    who: Who,
    work: Work,
    response: Response,
) -> dict[str, Any]:
    """Disable or enable a client; disabling bites on the next call."""
    act = clients.disable if step == "disable" else clients.enable
    row = act(work.session, client_id, who, work.now, expected_revision=revision)
    work.record(f"client.{step}d", row.id, revision=row.revision)
    tag(response, row.revision)
    return shapes.client(row)


@router.delete("/clients/{client_id}/keys/{kid}")
def remove_key(
    client_id: str, kid: str, revision: Revision, who: Who, work: Work, response: Response
) -> dict[str, Any]:
    """Remove a public key; tokens it asked for are refused from the next call on. Needs If-Match."""
    row = clients.remove_key(work.session, client_id, kid, who, work.now, expected_revision=revision)
    work.record("client.key-removed", row.id, revision=row.revision, kids=[kid])
    tag(response, row.revision)
    return shapes.client(row)


@router.get("/me")
def read_me(who: Who, session: Read) -> dict[str, Any]:
    """The calling client as the exchange knows it."""
    return shapes.client(clients.fetch(session, who.client_id))
