"""Clients: applications and people as the exchange knows them, by their public keys.

What is done here bites on the next call: the snapshot is told of it before the answer leaves.

    LookupError
    ├── UnknownClient
    └── UnknownKey
    PermissionError
    └── NotPermitted            exchange.identity.callers
    ValueError
    ├── LastKey
    ├── UnacceptableKey         exchange.identity.public_keys
    ├── AlreadyRegistered       catalog.registration
    ├── InvalidRegistration     catalog.registration
    └── Outdated                catalog.registration
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlmodel import Session, col, select

from catalog import departments
from catalog.registration import AlreadyRegistered, Outdated, accept
from exchange.identity import authority, public_keys
from exchange.identity.callers import Caller, Kind
from exchange.identity.models import APPLICATION, Client, ClientDraft
from exchange.identity.public_keys import UnacceptableKey
from exchange.identity.tokens import ClientView
from standards import paging

MOST_KEYS = 8


class UnknownClient(LookupError):
    """No client has this id."""

    def __init__(self) -> None:
        super().__init__("No client is registered under this id: look it up in the list of clients.")


class UnknownKey(LookupError):
    """The client has no such key."""

    def __init__(self) -> None:
        super().__init__("The client has no key with this id: its keys are listed with the client, by thumbprint.")


class LastKey(ValueError):
    """A client needs a key."""

    def __init__(self) -> None:
        super().__init__("This is the client's only key: add the new one first, or disable the client.")


def register(session: Session, draft: ClientDraft, caller: Caller, now: datetime) -> Client:
    """Gives keys to an application of the catalog; its client id is `<department>.<application>`.

    Raises UnknownApplication, NotPermitted, AlreadyRegistered, InvalidRegistration, UnacceptableKey.
    """
    application = departments.fetch_application(session, draft.application)
    authority.require_registration(caller, APPLICATION, application.department, draft.scopes)
    client_id = f"{application.department}.{application.slug}"
    if session.get(Client, client_id) is not None:
        raise AlreadyRegistered(f"{client_id} is already a client: add a key to it instead.")
    suspended = departments.suspension(departments.fetch(session, application.department))
    accept([*suspended, *authority.findings(APPLICATION, application.department, draft.scopes)])
    client = Client(
        id=client_id,
        kind=APPLICATION,
        department=application.department,
        application_id=application.id,
        name=dict(application.name),
        keys=accept_keys(draft.keys),
        scopes=sorted(set(draft.scopes)),
        created_by=caller.client_id,
        created_at=now,
    )
    session.add(client)
    session.flush()
    return client


def accept_keys(jwks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The keys as they are kept, each once. Raises UnacceptableKey."""
    return list({key["kid"]: key for key in map(public_keys.accept, jwks)}.values())


def add_key(
    session: Session,
    client_id: str,
    jwk: Mapping[str, Any],
    caller: Caller,
    now: datetime,
    *,
    expected_revision: int | None = None,
) -> Client:
    """Raises UnknownClient, NotPermitted, Outdated, UnacceptableKey, AlreadyRegistered."""
    client = _held(session, client_id, caller, expected_revision, widens=True)
    key = public_keys.accept(jwk)
    if key["kid"] in key_ids(client):
        raise AlreadyRegistered("The client has this key already.")
    if len(client.keys) >= MOST_KEYS:
        raise UnacceptableKey(f"The client has {MOST_KEYS} keys, which is the most: remove one that is no longer used.")
    client.keys = [*client.keys, key]
    return _changed(session, client, caller, now)


def remove_key(
    session: Session,
    client_id: str,
    key_id: str,
    caller: Caller,
    now: datetime,
    *,
    expected_revision: int | None = None,
) -> Client:
    """Ends the key and every token that was issued for it. Raises UnknownClient, NotPermitted, Outdated, UnknownKey,
    LastKey.
    """
    client = _held(session, client_id, caller, expected_revision, widens=False)
    if key_id not in key_ids(client):
        raise UnknownKey
    if len(client.keys) == 1:
        raise LastKey
    client.keys = [key for key in client.keys if key["kid"] != key_id]
    return _changed(session, client, caller, now)


def disable(
    session: Session, client_id: str, caller: Caller, now: datetime, *, expected_revision: int | None = None
) -> Client:
    """Refuses the client from the next call on, its living tokens too. Raises UnknownClient, NotPermitted, Outdated."""
    return _switch(session, _held(session, client_id, caller, expected_revision, widens=False), False, caller, now)


def enable(
    session: Session, client_id: str, caller: Caller, now: datetime, *, expected_revision: int | None = None
) -> Client:
    """Ends `disable`. Raises UnknownClient, NotPermitted, Outdated."""
    return _switch(session, _held(session, client_id, caller, expected_revision, widens=True), True, caller, now)


def fetch(session: Session, client_id: str) -> Client:
    """Raises UnknownClient."""
    client = session.get(Client, client_id)
    if client is None:
        raise UnknownClient
    return client


def page(
    session: Session,
    *,
    kind: Kind | None = None,
    department: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> tuple[list[Client], str | None]:
    """Clients by id, of one kind or department when named. Raises standards.paging.InvalidCursor."""
    statement = select(Client)
    if kind is not None:
        statement = statement.where(Client.kind == kind)
    if department is not None:
        statement = statement.where(Client.department == department)
    return paging.page(session, statement, [col(Client.id)], limit=limit, cursor=cursor)


def key_ids(client: Client) -> frozenset[str]:
    """The thumbprints of the client's keys."""
    return frozenset(key["kid"] for key in client.keys)


def view(client: Client) -> ClientView:
    """What calls need to know of the client."""
    return ClientView(
        client_id=client.id,
        kind=cast(Kind, client.kind),
        department=client.department,
        application=client.application_id,
        scopes=frozenset(client.scopes),
        key_ids=key_ids(client),
        enabled=client.enabled,
    )


def _held(session: Session, client_id: str, caller: Caller, revision: int | None, *, widens: bool) -> Client:
    """The client as the database has it now, if the caller may change it."""
    client = session.get(Client, client_id, with_for_update=True, populate_existing=True)
    if client is None:
        raise UnknownClient
    authority.require_change(caller, client, widens=widens)
    if revision is not None and client.revision != revision:
        raise Outdated(client.id, client.revision)
    return client


def _switch(session: Session, client: Client, enabled: bool, caller: Caller, now: datetime) -> Client:
    if client.enabled == enabled:
        return client
    client.enabled = enabled
    return _changed(session, client, caller, now)


def _changed(session: Session, client: Client, caller: Caller, now: datetime) -> Client:
    client.revision += 1
    client.changed_by, client.changed_at = caller.client_id, now
    session.add(client)
    session.flush()
    return client
