"""Who signs agreements: the key that vouches for a steward right now, and what speaks against their signature later.

PermissionError
├── NotPermitted    exchange.identity.callers: not this department's steward
└── SameHand        exchange.identity.hands: one hand with somebody else
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlmodel import Session

from exchange.identity import hands
from exchange.identity.callers import Caller, NotPermitted, steward_of
from exchange.identity.models import Client
from policies.signatures import Doubts
from policies.signing import Signer


def signer(session: Session, caller: Caller, department: str) -> Signer:
    """The caller with the key behind their token, as the department's steward. Raises NotPermitted."""
    caller.require_steward(department)
    client = session.get(Client, caller.client_id)
    key = _key_of(client, caller.key_id)
    if client is None or not client.enabled or key is None:
        raise NotPermitted(steward_of(department), "Your account or its key was switched off: ask an operator.")
    return Signer(client.id, key)


def require_another_hand(session: Session, client_id: str, others: Iterable[str], department: str) -> None:
    """Nobody behind whom one of the others may stand; their own account is left to the domain. Raises SameHand."""
    caller = Caller(client_id, "person", department, None)
    ask = f"Ask another steward of {department}."
    hands.require_another(session, caller, [{"by": other, "key": ""} for other in others], ask)


def doubts(session: Session) -> Doubts:
    """What speaks today against a signature that was kept: see `policies.signatures.Doubts`."""

    def doubt(signature: Mapping[str, Any], department: str) -> str | None:
        client = session.get(Client, signature["by"])
        if client is None or not client.enabled:
            return "a signature of somebody whose account is enabled: have another steward of the department sign"
        if _key_of(client, signature["key"].get("kid")) is None:
            return "a signature with a key that its signer still holds: sign it again with the present one"
        if steward_of(department) not in client.scopes:
            return f"a signature of somebody who is a steward of {department} today"
        return None

    return doubt


def _key_of(client: Client | None, kid: object) -> dict[str, Any] | None:
    return next((key for key in client.keys if key["kid"] == kid), None) if client else None
