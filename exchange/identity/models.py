"""Tables of identity, and the shapes in which applications and people are registered."""

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict
from pydantic import Field as Shape
from sqlmodel import Field, SQLModel

from exchange.unit_of_work import BOOKKEEPING
from standards.columns import Json, LanguageMap, UtcDateTime
from standards.models import SLUG, Draft

APPLICATION: Literal["application"] = "application"
PERSON: Literal["person"] = "person"

APPLICATION_ID = r"^[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*$"
CLIENT_ID = r"^([a-z0-9]+(-[a-z0-9]+)*\.[a-z0-9]+(-[a-z0-9]+)*|person-[0-9a-f]{8})$"
SCOPE = r"^(call|operator|auditor|steward:[a-z0-9]+(-[a-z0-9]+)*)$"


class Client(SQLModel, table=True):
    """Who holds keys: an application (`<department>.<slug>`) or a person (`person-` + 8 hex).

    `keys` are public JWKs, each with its RFC 7638 thumbprint as `kid`; `scopes` is the most a token may carry.
    """

    __tablename__ = "client"
    id: str = Field(primary_key=True)
    kind: str = Field(index=True)
    department: str | None = Field(default=None, foreign_key="department.slug", index=True)
    application_id: str | None = Field(default=None, foreign_key="application.id", unique=True)
    name: dict[str, str] = Field(sa_type=Json)
    keys: list[dict[str, Any]] = Field(sa_type=Json)
    scopes: list[str] = Field(sa_type=Json)
    enabled: bool = True
    revision: int = 1
    created_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    changed_by: str | None = None
    changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ClientDraft(Draft):
    """Keys and scopes of an application that the catalog knows already; its name is the catalog's."""

    model_config = ConfigDict(hide_input_in_errors=True)

    application: str = Shape(description="<department>/<application>", pattern=APPLICATION_ID, max_length=97)
    keys: list[dict[str, Any]] = Shape(description="public JWKs", min_length=1, max_length=8)
    scopes: list[str] = Shape(default=["call"], min_length=1, max_length=16)


class PersonDraft(Draft):
    """`department` is needed by its stewards; operators and auditors of the city may have none."""

    model_config = ConfigDict(hide_input_in_errors=True)

    name: LanguageMap
    department: str | None = Shape(default=None, pattern=SLUG, max_length=48)
    keys: list[dict[str, Any]] = Shape(description="public JWKs", min_length=1, max_length=8)
    scopes: list[str] = Shape(min_length=1, max_length=16)


class AssertionUse(SQLModel, table=True):
    """A client assertion that was used (RFC 7523 §3, item 7): a second use is refused for as long as it is valid.

    `digest` is SHA-256 over client id, NUL and `jti`, in hex. Nobody's act, so no change is recorded for it.
    """

    __tablename__ = "assertion_use"
    __table_args__ = {"info": BOOKKEEPING}
    digest: str = Field(primary_key=True)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)


class SigningKey(SQLModel, table=True):
    """A key that signs access tokens. `private` is sealed; a retired key is published until its tokens have expired."""

    __tablename__ = "signing_key"
    kid: str = Field(primary_key=True)
    public_jwk: dict[str, Any] = Field(sa_type=Json)
    private: bytes
    created_at: datetime = Field(sa_type=UtcDateTime)
    retired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
