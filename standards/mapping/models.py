"""The table of published mappings, and the shape in which one is proposed."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator
from pydantic import Field as Shape
from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from standards.columns import Json, LanguageMap, UtcDateTime
from standards.models import SLUG, VERSION, Draft


class PublishedMapping(SQLModel, table=True):
    """A department's mapping document, immutable, named by slug and version.

    `crosswalks` holds the tables of the crosswalks that the document names, as they were at publication.
    """

    __tablename__ = "mapping"
    __table_args__ = (UniqueConstraint("slug", "version"),)
    id: int | None = Field(default=None, primary_key=True)
    slug: str
    version: str
    department: str = Field(index=True)
    name: dict[str, str] = Field(sa_type=Json)
    standard: str = Field(index=True)
    standard_version: str
    document: dict[str, Any] = Field(sa_type=Json)
    crosswalks: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    published_by: str
    published_at: datetime = Field(sa_type=UtcDateTime)


def _not_reserved(slug: str) -> str:
    if slug == "schema":
        raise ValueError("'schema' is where the schema of mapping documents stands: take another slug")
    return slug


class MappingDraft(Draft):
    slug: Annotated[str, AfterValidator(_not_reserved)] = Shape(pattern=SLUG, max_length=64)
    version: str = Shape(pattern=VERSION)
    department: str = Shape(pattern=SLUG, max_length=48)
    name: LanguageMap
    document: dict[str, Any] = Shape(description="a mapping document; its JSON Schema is at /api/v1/mappings/schema")
