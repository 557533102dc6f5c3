"""Tables of the standards, and the shapes in which they are proposed.

Everything here is published once and never changed: a correction is a new version.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic import Field as Shape
from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from standards.columns import Json, LanguageMap, UtcDateTime

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
VERSION = r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$"


class Identifies(StrEnum):
    """Whom a value identifies; the ledger commits to persons and organisations, so this is said from the start."""

    PERSON = "person"
    ORGANISATION = "organisation"
    NOBODY = "nobody"


class Draft(BaseModel):
    """What every proposal obeys: unknown members are refused, texts are bounded."""

    model_config = ConfigDict(extra="forbid", str_max_length=20_000)


class DataElement(SQLModel, table=True):
    """A reusable JSON Schema fragment, `urn:hutong:element:<slug>:<version>`."""

    __tablename__ = "data_element"
    __table_args__ = (UniqueConstraint("slug", "version"),)
    id: int | None = Field(default=None, primary_key=True)
    slug: str
    version: str
    name: dict[str, str] = Field(sa_type=Json)
    definition: dict[str, str] = Field(sa_type=Json)
    fragment: dict[str, Any] = Field(sa_type=Json)
    sensitivity: int
    identifies: str
    source: str
    published_by: str
    published_at: datetime = Field(sa_type=UtcDateTime)


class ElementDraft(Draft):
    slug: str = Shape(pattern=SLUG, max_length=64)
    version: str = Shape(pattern=VERSION)
    name: LanguageMap
    definition: LanguageMap
    fragment: dict[str, Any]
    sensitivity: int = Shape(default=1, ge=1, le=4, description="grade after GB/T 43697: 1 public … 4 core")
    identifies: Identifies = Identifies.NOBODY
    source: str = ""


class CodeList(SQLModel, table=True):
    """Enumerated values, `urn:hutong:codes:<slug>:<version>`."""

    __tablename__ = "code_list"
    __table_args__ = (UniqueConstraint("slug", "version"),)
    id: int | None = Field(default=None, primary_key=True)
    slug: str
    version: str
    name: dict[str, str] = Field(sa_type=Json)
    codes: list[dict[str, Any]] = Field(sa_type=Json)
    source: str
    published_by: str
    published_at: datetime = Field(sa_type=UtcDateTime)


class Code(Draft):
    code: str = Shape(min_length=1, max_length=64)
    name: LanguageMap


def _no_code_twice(codes: list[Code]) -> list[Code]:
    if len({each.code for each in codes}) < len(codes):
        raise ValueError("a code stands more than once: give each code once")
    return codes


class CodeListDraft(Draft):
    slug: str = Shape(pattern=SLUG, max_length=64)
    version: str = Shape(pattern=VERSION)
    name: LanguageMap
    codes: Annotated[list[Code], AfterValidator(_no_code_twice)] = Shape(min_length=1, max_length=20_000)
    source: str = ""


class Standard(SQLModel, table=True):
    """A JSON Schema 2020-12 for one kind of record, `urn:hutong:standard:<slug>:<version>`.

    `document` is as authored, with `$ref`s to elements and code lists; `bundled` carries them in `$defs` and needs
    nothing else.
    """

    __tablename__ = "standard"
    __table_args__ = (UniqueConstraint("slug", "version"),)
    id: int | None = Field(default=None, primary_key=True)
    slug: str
    version: str
    name: dict[str, str] = Field(sa_type=Json)
    document: dict[str, Any] = Field(sa_type=Json)
    bundled: dict[str, Any] = Field(sa_type=Json)
    published_by: str
    published_at: datetime = Field(sa_type=UtcDateTime)


class StandardDraft(Draft):
    slug: str = Shape(pattern=SLUG, max_length=64)
    version: str = Shape(pattern=VERSION)
    name: LanguageMap
    document: dict[str, Any]


class Interface(SQLModel, table=True):
    """A published interface specification: an OpenAPI 3.1 document, named by slug and version.

    `overrides` are the rules that it was let off, each with the reason; `report` is what its publication found and let
    pass: findings of the lint, and what breaks against the neighbouring versions.
    """

    __tablename__ = "interface"
    __table_args__ = (UniqueConstraint("slug", "version"),)
    id: int | None = Field(default=None, primary_key=True)
    slug: str
    version: str
    department: str
    document: dict[str, Any] = Field(sa_type=Json)
    overrides: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=Json, sa_column_kwargs={"server_default": "[]"}
    )
    report: dict[str, Any] = Field(default_factory=dict, sa_type=Json, sa_column_kwargs={"server_default": "{}"})
    published_by: str
    published_at: datetime = Field(sa_type=UtcDateTime)


class Override(Draft):
    """One rule that a document is let off: why, and until which date the next version must obey it (open when None)."""

    rule: str = Shape(min_length=1, max_length=64)
    reason: str = Shape(min_length=10, max_length=500)
    until: date | None = None


class InterfaceDraft(Draft):
    """The version is the document's own `info.version`. Overrides are for an operator to grant."""

    slug: str = Shape(pattern=SLUG, max_length=64)
    department: str = Shape(pattern=SLUG, max_length=64)
    document: dict[str, Any]
    overrides: list[Override] = Shape(default_factory=list, max_length=20)
