"""People who hold keys: stewards, operators, auditors. What changes a client afterwards is in `clients`, for both."""

import secrets
from datetime import datetime

from sqlmodel import Session

from catalog import departments
from catalog.registration import accept
from exchange.identity import authority, clients
from exchange.identity.callers import Caller
from exchange.identity.models import PERSON, Client, PersonDraft


def register(session: Session, draft: PersonDraft, caller: Caller, now: datetime) -> Client:
    """Registers a person under a new id, `person-` and 8 hex digits. Operators only.

    Raises NotPermitted, UnknownDepartment, InvalidRegistration, UnacceptableKey.
    """
    authority.require_registration(caller, PERSON, draft.department, draft.scopes)
    if draft.department is not None:
        departments.fetch(session, draft.department)
    accept(authority.findings(PERSON, draft.department, draft.scopes))
    person = Client(
        id=_new_id(session),
        kind=PERSON,
        department=draft.department,
        name={str(language): text for language, text in draft.name.items()},
        keys=clients.accept_keys(draft.keys),
        scopes=sorted(set(draft.scopes)),
        created_by=caller.client_id,
        created_at=now,
    )
    session.add(person)
    session.flush()
    return person


def page(
    session: Session, *, department: str | None = None, limit: int = 50, cursor: str | None = None
) -> tuple[list[Client], str | None]:
    """People by id. Raises standards.paging.InvalidCursor."""
    return clients.page(session, kind=PERSON, department=department, limit=limit, cursor=cursor)


def _new_id(session: Session) -> str:
    while True:
        client_id = f"person-{secrets.token_hex(4)}"
        if session.get(Client, client_id) is None:
            return client_id
