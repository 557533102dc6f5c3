"""Tables of the standards, and the shapes in which they are proposed.

What is governed (`Governed`) lives from draft to retired (`standards.lives`); once published it never changes: a
correction is a new version.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Shape
from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from standards.columns import Json, LanguageMap, UtcDateTime

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
VERSION = r"^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$"


class Identifies(StrEnum):
    """Whom a value identifies; the ledger commits to persons and organisations, so this is said from the start."""

    PERSON = "person"
    ORGANISATION = "organisation"
    NOBODY = "nobody"


class Life(StrEnum):
    """draft → review → published → deprecated → retired."""

    DRAFT = "draft"
    REVIEW = "review"
    PUBLISHED = "published"
    DEPRECATED = "deprecated"
    RETIRED = "retired"


class Match(StrEnum):
    """How a code relates to one of another list: the mapping properties of SKOS (W3C, 2009), section 10.

    `broader`: the target means more than the source; `narrower`: less.
    """

    EXACT = "exact"
    BROADER = "broader"
    NARROWER = "narrower"
    RELATED = "related"


class Draft(BaseModel):
    """What every proposal obeys: unknown members are refused, texts are bounded."""

    model_config = ConfigDict(extra="forbid", str_max_length=20_000)


class Governed(SQLModel):
    """One version of something that lives from draft to retired.

    `history` lists what was done: `{act, by, key, at}`, with a `reason` where it was returned; `deprecation` is
    `{successor, reason, sunset}`; `department` proposes it and answers for it, None for the operators themselves.
    """

    id: int | None = Field(default=None, primary_key=True)
    slug: str
    version: str
    name: dict[str, str] = Field(sa_type=Json)
    department: str | None = None
    state: str = Field(default=Life.PUBLISHED, index=True, sa_column_kwargs={"server_default": "published"})
    revision: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    history: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json, sa_column_kwargs={"server_default": "[]"})
    deprecation: dict[str, Any] | None = Field(default=None, sa_type=Json)
    published_by: str | None = None
    published_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Proposal(Draft):
    """What every proposal of a governed thing says."""

    slug: str = Shape(pattern=SLUG, max_length=64)
    version: str = Shape(pattern=VERSION)
    name: LanguageMap
    department: str | None = Shape(default=None, pattern=SLUG, max_length=48, description="who proposes it")


class DataElement(Governed, table=True):
    """A reusable JSON Schema fragment, `urn:hutong:element:<slug>:<version>`."""

    __tablename__ = "data_element"
    __table_args__ = (UniqueConstraint("slug", "version"),)
    definition: dict[str, str] = Field(sa_type=Json)
    fragment: dict[str, Any] = Field(sa_type=Json)
    sensitivity: int
    identifies: str
    source: str


class ElementDraft(Proposal):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "slug": "postal-code",
                    "version": "1.0.0",
                    "name": {"zh": "邮政编码", "en": "Postal code"},
                    "definition": {"zh": "六位数字的邮政编码。", "en": "The six digits of a postal code."},
                    "fragment": {"type": "string", "pattern": "^[0-9]{6}$"},
                    "sensitivity": 1,
                    "identifies": "nobody",
                    "source": "GB/T 10114",
                }
            ]
        }
    )

    definition: LanguageMap
    fragment: dict[str, Any]
    sensitivity: int = Shape(default=1, ge=1, le=4, description="grade after GB/T 43697: 1 public … 4 core")
    identifies: Identifies = Identifies.NOBODY
    source: str = ""


class CodeList(Governed, table=True):
    """Enumerated values, `urn:hutong:codes:<slug>:<version>`."""

    __tablename__ = "code_list"
    __table_args__ = (UniqueConstraint("slug", "version"),)
    codes: list[dict[str, Any]] = Field(sa_type=Json)
    source: str


class Code(Draft):
    """One value. `valid_until` is its last day; `parent` another code of the list, which this one is part of."""

    code: str = Shape(min_length=1, max_length=64)
    name: LanguageMap
    definition: LanguageMap | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    parent: str | None = Shape(default=None, min_length=1, max_length=64)


class CodeListDraft(Proposal):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "slug": "road-states",
                    "version": "1.1.0",
                    "name": {"zh": "路况", "en": "States of a road"},
                    "codes": [
                        {"code": "free", "name": {"zh": "畅通", "en": "Free"}},
                        {"code": "slow", "name": {"zh": "缓行", "en": "Slow"}, "valid_from": "2026-01-01"},
                        {"code": "busy", "name": {"zh": "繁忙", "en": "Busy"}, "valid_until": "2025-12-31"},
                    ],
                }
            ]
        }
    )

    codes: list[Code] = Shape(min_length=1, max_length=20_000)
    source: str = ""


class Standard(Governed, table=True):
    """A JSON Schema 2020-12 for one kind of record, `urn:hutong:standard:<slug>:<version>`.

    `document` is as authored, with `$ref`s to elements and code lists; `bundled` carries them in `$defs` and needs
    nothing else. `compatibility` is the mode in which one version may follow another of the same major version.
    """

    __tablename__ = "standard"
    __table_args__ = (UniqueConstraint("slug", "version"),)
    document: dict[str, Any] = Field(sa_type=Json)
    bundled: dict[str, Any] = Field(sa_type=Json)
    compatibility: str = Field(default="directional", sa_column_kwargs={"server_default": "directional"})


Mode = Literal[
    "none", "backward", "forward", "full", "backward-transitive", "forward-transitive", "full-transitive", "directional"
]


class StandardDraft(Proposal):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "slug": "road-state",
                    "version": "1.0.0",
                    "name": {"zh": "道路路况", "en": "State of a road"},
                    "compatibility": "directional",
                    "document": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["road", "state"],
                        "properties": {
                            "road": {"type": "string", "maxLength": 64},
                            "state": {"type": "string", "enum": ["free", "slow", "jammed"]},
                        },
                    },
                }
            ]
        }
    )

    document: dict[str, Any]
    compatibility: Mode = Shape(
        default="directional", description="how a later version of the same major version has to fit the earlier ones"
    )


class Crosswalk(Governed, table=True):
    """Which codes of one version of a code list correspond to which of another."""

    __tablename__ = "crosswalk"
    __table_args__ = (UniqueConstraint("slug", "version"),)
    source: str = Field(index=True)
    source_version: str
    target: str = Field(index=True)
    target_version: str
    pairs: list[dict[str, Any]] = Field(sa_type=Json)


class Pair(Draft):
    source: str = Shape(min_length=1, max_length=64)
    target: str = Shape(min_length=1, max_length=64)
    match: Match


class CrosswalkDraft(Proposal):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "slug": "road-states-to-traffic",
                    "version": "1.0.0",
                    "name": {"zh": "路况对照", "en": "Road states to traffic levels"},
                    "source": "road-states",
                    "source_version": "1.0.0",
                    "target": "traffic-levels",
                    "target_version": "1.0.0",
                    "pairs": [
                        {"source": "free", "target": "1", "match": "exact"},
                        {"source": "slow", "target": "2", "match": "broader"},
                    ],
                }
            ]
        }
    )

    source: str = Shape(pattern=SLUG, max_length=64, description="slug of the code list translated from")
    source_version: str = Shape(pattern=VERSION)
    target: str = Shape(pattern=SLUG, max_length=64, description="slug of the code list translated to")
    target_version: str = Shape(pattern=VERSION)
    pairs: list[Pair] = Shape(min_length=1, max_length=40_000)


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


class Reference(Draft):
    """One version of something."""

    slug: str = Shape(pattern=SLUG, max_length=64)
    version: str = Shape(pattern=VERSION)


class Deprecation(Draft):
    """What the users of a version are told: what takes its place, or why nothing does, and from when it may end."""

    successor: Reference | None = None
    reason: LanguageMap | None = None
    sunset: date = Shape(description="first day on which it may be retired")
