"""Tables of the catalog, and the shapes in which departments register."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import ConfigDict
from pydantic import Field as Shape
from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from catalog.rules import CallingRule
from standards.columns import Json, LanguageMap, UtcDateTime
from standards.models import SLUG, VERSION, Draft, Identifies


class SharingClass(StrEnum):
    """共享属性, Interim Measures for the Sharing of Government Information Resources (2016), article 9."""

    UNCONDITIONAL = "unconditional"
    CONDITIONAL = "conditional"
    NOT_SHARED = "not-shared"


STRICTNESS = {SharingClass.UNCONDITIONAL: 0, SharingClass.CONDITIONAL: 1, SharingClass.NOT_SHARED: 2}


class UpdateCycle(StrEnum):
    REAL_TIME = "real-time"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half-yearly"
    YEARLY = "yearly"
    IRREGULAR = "irregular"
    NEVER = "never"


class DatasetState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Department(SQLModel, table=True):
    __tablename__ = "department"
    slug: str = Field(primary_key=True)
    name: dict[str, str] = Field(sa_type=Json)
    credit_code: str = Field(unique=True)
    contact: str
    active: bool = True
    revision: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str
    changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    changed_by: str | None = None


class DepartmentDraft(Draft):
    slug: str = Shape(pattern=SLUG, max_length=48)
    name: LanguageMap
    credit_code: str = Shape(description="unified social credit code, GB 32100", min_length=18, max_length=18)
    contact: str = Shape(description="whom an applicant asks", min_length=1, max_length=200)


class Application(SQLModel, table=True):
    """A department's client system. Its id is `<department>/<slug>`."""

    __tablename__ = "application"
    id: str = Field(primary_key=True)
    department: str = Field(foreign_key="department.slug", index=True)
    slug: str
    name: dict[str, str] = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str


class ApplicationDraft(Draft):
    department: str = Shape(pattern=SLUG, max_length=48)
    slug: str = Shape(pattern=SLUG, max_length=48)
    name: LanguageMap


class Dataset(SQLModel, table=True):
    """What is registered. Its id is `<department>/<slug>`."""

    __tablename__ = "dataset"
    id: str = Field(primary_key=True)
    department: str = Field(foreign_key="department.slug", index=True)
    slug: str
    title: dict[str, str] = Field(sa_type=Json)
    description: dict[str, str] = Field(sa_type=Json)
    sharing_class: str
    sharing_reason: dict[str, str] | None = Field(default=None, sa_type=Json)
    standard: str | None = None
    standard_version: str | None = None
    calling_rule: dict[str, Any] | None = Field(default=None, sa_type=Json)
    update_cycle: str
    state: str = Field(default=DatasetState.DRAFT, index=True)
    revision: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str
    changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    changed_by: str | None = None
    published_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DataItem(SQLModel, table=True):
    """One item (信息项) of a dataset; `path` is the dotted path of a property of the standard's record.

    An item means the whole value at its path; lists are passed through (`address.district`, `children.name`).
    """

    __tablename__ = "data_item"
    __table_args__ = (UniqueConstraint("dataset_id", "path"),)
    id: int | None = Field(default=None, primary_key=True)
    dataset_id: str = Field(foreign_key="dataset.id", index=True)
    path: str
    title: dict[str, str] = Field(sa_type=Json)
    sharing_class: str
    sensitivity: int
    identifies: str


class ItemDraft(Draft):
    path: str = Shape(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)*$", max_length=200)
    title: LanguageMap
    sharing_class: SharingClass
    sensitivity: int = Shape(ge=1, le=4)
    identifies: Identifies


class DatasetDraft(Draft):
    """A registration. Standard and calling rule may come later; publication asks for them."""

    department: str = Shape(pattern=SLUG, max_length=48)
    slug: str = Shape(pattern=SLUG, max_length=64)
    title: LanguageMap
    description: LanguageMap
    sharing_class: SharingClass
    sharing_reason: LanguageMap | None = Shape(
        default=None, description="the condition of conditional sharing, or the law that forbids sharing"
    )
    standard: str | None = Shape(default=None, pattern=SLUG)
    standard_version: str | None = Shape(default=None, pattern=VERSION)
    items: list[ItemDraft] = Shape(default_factory=list, max_length=500)
    calling_rule: CallingRule | None = None
    update_cycle: UpdateCycle = UpdateCycle.IRREGULAR


class Service(SQLModel, table=True):
    """How a dataset is reached. Its id is `<department>/<slug>`; `credential` is sealed before it comes here."""

    __tablename__ = "service"
    id: str = Field(primary_key=True)
    department: str = Field(foreign_key="department.slug", index=True)
    slug: str
    dataset_id: str = Field(foreign_key="dataset.id", index=True)
    title: dict[str, str] = Field(sa_type=Json)
    connector: str
    address: str
    credential: bytes | None = None
    interface: str | None = None
    interface_version: str | None = None
    revision: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str
    changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    changed_by: str | None = None


class Credential(Draft):
    """What the exchange shows the provider: one header, bound to the service's own origin.

    The value is in no error message and in no `repr`.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    header: str = Shape(default="Authorization", pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$")
    value: str = Shape(min_length=1, max_length=4096, pattern=r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$", repr=False)


class ServiceDraft(Draft):
    """A registration, and the whole of what a revision asks for; a revision without `credential` keeps the old one."""

    model_config = ConfigDict(hide_input_in_errors=True)

    department: str = Shape(pattern=SLUG, max_length=48)
    slug: str = Shape(pattern=SLUG, max_length=64)
    dataset: str = Shape(description="the dataset's slug within the department", pattern=SLUG)
    title: LanguageMap
    connector: str = "rest"
    address: str = Shape(description="base URL of the provider, without path parameters", max_length=500)
    credential: Credential | None = None
    interface: str | None = Shape(default=None, pattern=SLUG)
    interface_version: str | None = Shape(default=None, pattern=VERSION)
