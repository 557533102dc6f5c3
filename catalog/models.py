"""Tables of the catalog, and the shapes in which departments register."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

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


class OpenClass(StrEnum):
    """开放属性: whether the public may have the dataset."""

    OPEN = "open"
    CONDITIONAL = "conditional"
    CLOSED = "closed"


class SharingMode(StrEnum):
    """共享方式: the way in which the dataset reaches who may use it."""

    INTERFACE = "interface"
    FILE = "file"
    DATABASE = "database"
    MEDIA = "media"


class DataType(StrEnum):
    """数据类型 of an item, as the national catalog guideline (政务信息资源目录编制指南, 2017) lists them."""

    CHARACTER = "character"
    NUMERIC = "numeric"
    CURRENCY = "currency"
    DATE = "date"
    DATE_TIME = "date-time"
    LOGICAL = "logical"
    NOTE = "note"
    GENERAL = "general"
    DOUBLE = "double"
    INTEGER = "integer"
    FLOAT = "float"


class DatasetState(StrEnum):
    """draft → registered → published → withdrawn; a withdrawn dataset may be published again."""

    DRAFT = "draft"
    REGISTERED = "registered"
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


class Stage(StrEnum):
    """Where one version of a registration stands; at most one version of a dataset is before `published`."""

    DRAFT = "draft"
    REGISTRATION_REVIEW = "registration-review"
    REGISTERED = "registered"
    PUBLICATION_REVIEW = "publication-review"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    DISCARDED = "discarded"


class Review(StrEnum):
    """The two reviews (登记审核, 发布审核) that a version passes."""

    REGISTRATION = "registration"
    PUBLICATION = "publication"


class Dataset(SQLModel, table=True):
    """What is registered. Its id is `<department>/<slug>`.

    The row mirrors the published version, or the pending one as long as none was published; `about` holds the fields
    of `Metadata`. `suspended` says why calls are refused for now although the dataset is published; `withdraws_at` and
    `withdrawal_reason` announce when they end and why, of a published one only.
    """

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
    about: dict[str, Any] = Field(default_factory=dict, sa_type=Json, sa_column_kwargs={"server_default": "{}"})
    resource_code: str | None = Field(default=None, unique=True, index=True)
    suspended: dict[str, str] | None = Field(default=None, sa_type=Json)
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    state: str = Field(default=DatasetState.DRAFT, index=True)
    revision: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str
    changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    changed_by: str | None = None
    published_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdraws_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    withdrawal_reason: dict[str, str] | None = Field(default=None, sa_type=Json)


class DatasetVersion(SQLModel, table=True):
    """One version of a registration, kept for ever, also when its dataset was given up before it was ever published (so
    `dataset_id` may name what is no longer there): `document` is the whole draft as its steward proposed it.

    `reviews` is the list of what reviewers said, and why it was withdrawn: `{stage, verdict, reason, by, at}`. `trail`
    is the list of what was done to it last: `{revision, act, by, at, changes}`, the dataset's revision and what changed
    with it. `authors` are all who had a hand in it, `{by, key}` with the thumbprint of the key that vouched for them.
    `registered_at` is when this very version passed its registration review, `moved_at` when it came to its stage.
    """

    __tablename__ = "dataset_version"
    __table_args__ = (UniqueConstraint("dataset_id", "number"),)
    id: int | None = Field(default=None, primary_key=True)
    dataset_id: str = Field(index=True)
    number: int
    stage: str = Field(index=True)
    document: dict[str, Any] = Field(sa_type=Json)
    reviews: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    trail: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    authors: list[dict[str, str]] = Field(default_factory=list, sa_type=Json, sa_column_kwargs={"server_default": "[]"})
    created_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    moved_at: datetime = Field(sa_type=UtcDateTime)
    submitted_by: str | None = None
    submitted_key: str | None = None
    submitted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    registered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    published_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Category(SQLModel, table=True):
    """A node of the classification 类/项/目/细目. `issued` counts the resource codes that were given out under it."""

    __tablename__ = "category"
    code: str = Field(primary_key=True)
    parent: str | None = Field(default=None, index=True)
    level: int
    name: dict[str, str] = Field(sa_type=Json)
    issued: int = 0


class CategoryDraft(Draft):
    """The length of the code says the level: one digit 类, three 项, six 目, more 细目."""

    code: str = Shape(pattern=r"^[1-9]([0-9]{2}([0-9]{3}([0-9]{1,12})?)?)?$", description="such as 3, 301 or 301001")
    name: LanguageMap


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
    element: str | None = Field(default=None, index=True)
    authoritative: bool = Field(default=False, sa_column_kwargs={"server_default": "0"})
    about: dict[str, Any] = Field(default_factory=dict, sa_type=Json, sa_column_kwargs={"server_default": "{}"})


class ItemDraft(Draft):
    path: str = Shape(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)*$", max_length=200)
    title: LanguageMap
    sharing_class: SharingClass
    sensitivity: int = Shape(ge=1, le=4)
    identifies: Identifies
    element: str | None = Shape(default=None, pattern=SLUG, max_length=64, description="slug of its data element")
    authoritative: bool = Shape(default=False, description="this dataset is the one source of the element (一数一源)")
    description: LanguageMap | None = None
    data_type: DataType | None = None
    length: int | None = Shape(default=None, ge=1, le=1_000_000_000, description="characters or digits at most")
    open_class: OpenClass | None = None


class Contact(Draft):
    """Whom to ask about a dataset (vcard:Kind)."""

    name: LanguageMap
    email: str | None = Shape(default=None, max_length=200, pattern=r"^[^@\s]+@[^@\s]+$")
    phone: str | None = Shape(default=None, max_length=40, pattern=r"^[+0-9][0-9 ()-]*$")


class Period(Draft):
    """What time the data is about (dct:PeriodOfTime); an open end is left out."""

    start: date | None = None
    end: date | None = None


Name = Annotated[str, Shape(min_length=1, max_length=200)]
Id = Annotated[str, Shape(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*$", max_length=113)]


class Metadata(Draft):
    """What describes a dataset beyond what the exchange enforces: national core metadata and DCAT-AP 3."""

    category: str | None = Shape(default=None, max_length=64, description="code in the classification 类/项/目/细目")
    themes: list[Name] = Shape(default_factory=list, max_length=20, description="codes of the themes code list")
    keywords: list[Name] = Shape(default_factory=list, max_length=50)
    formats: list[Name] = Shape(default_factory=list, max_length=20, description="such as json, xlsx, shp")
    languages: list[Name] = Shape(default_factory=lambda: ["zh"], max_length=10, description="BCP 47")
    sharing_mode: SharingMode = SharingMode.INTERFACE
    open_class: OpenClass = OpenClass.CLOSED
    open_condition: LanguageMap | None = None
    legislation: list[Name] = Shape(default_factory=list, max_length=20, description="ELI, URL or name of the law")
    licence: str | None = Shape(default=None, max_length=500)
    contact_point: Contact | None = None
    spatial: list[Name] = Shape(default_factory=list, max_length=50, description="division codes, GB/T 2260")
    temporal: Period | None = None
    source_system: LanguageMap | None = Shape(default=None, description="所属信息系统: where the data comes from")
    provenance: LanguageMap | None = None
    landing_page: str | None = Shape(default=None, max_length=500, pattern=r"^https?://[^\s]+$")
    derived_from: list[Id] = Shape(default_factory=list, max_length=50, description="datasets this one is made from")
    related: list[Id] = Shape(default_factory=list, max_length=50, description="关联资源")


class DatasetDraft(Metadata):
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
    """How a dataset is reached. Its id is `<department>/<slug>`; `credential` is sealed before it comes here.

    `authors` are all who had a hand in it, as those of a version. `approved_version` is the version of the dataset with
    whose publication it was last approved; none while it waits for that.
    """

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
    mapping: str | None = None
    mapping_version: str | None = None
    authors: list[dict[str, str]] = Field(default_factory=list, sa_type=Json, sa_column_kwargs={"server_default": "[]"})
    approved_version: int | None = None
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
    mapping: str | None = Shape(
        default=None, pattern=SLUG, description="where the provider's records are not yet those of the standard"
    )
    mapping_version: str | None = Shape(default=None, pattern=VERSION)
