"""The durable memory of client assertions: each `jti` of a client is accepted once (RFC 7523 §3, item 7)."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import bindparam, text
from sqlmodel import Session, col, delete

from exchange.identity.models import AssertionUse
from standards.columns import UtcDateTime

# The unique key decides between two requests at once; both SQLite and PostgreSQL know this form.
_INSERT = text(
    "INSERT INTO assertion_use (digest, expires_at) VALUES (:digest, :expires_at) ON CONFLICT (digest) DO NOTHING"
).bindparams(bindparam("expires_at", type_=UtcDateTime()))


def use_once(session: Session, client_id: str, jti: str, until: datetime, now: datetime) -> bool:
    """Whether this is the first use; it is remembered until `until`, once the caller has committed.

    What needed remembering until before `now` is forgotten: the expiry of those assertions refuses them.
    """
    session.exec(delete(AssertionUse).where(col(AssertionUse.expires_at) < now))
    digest = sha256(client_id.encode() + b"\0" + jti.encode("utf-8", "surrogatepass")).hexdigest()
    result = session.connection().execute(_INSERT, {"digest": digest, "expires_at": until})
    return result.rowcount == 1
