"""Tables of the harvest, and the shape in which an operator registers a source."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field as Shape
from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from standards.columns import Json, LanguageMap, UtcDateTime
from standards.models import SLUG, Draft

_BOOKKEEPING = {"bookkeeping": True}


class Kind(StrEnum):
    """What a source speaks: CKAN's action API, or DCAT in JSON-LD or Turtle."""

    CKAN = "ckan"
    DCAT = "dcat"


class RunState(StrEnum):
    """waiting → running → finished, failed or stopped; an attempt that failed waits again."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"


ACTIVE = (RunState.WAITING, RunState.RUNNING)


class RecordState(StrEnum):
    """`deleted` is a tombstone: the source no longer has what the dataset was taken from. `discarded` is the contrary:
    the department gave the dataset up, and what the source still says of it is not taken until it says otherwise.
    """

    PRESENT = "present"
    DELETED = "deleted"
    DISCARDED = "discarded"


class HarvestSource(SQLModel, table=True):
    """A catalog elsewhere. What comes from it belongs to `department`; `every_hours` is None for one run by hand."""

    __tablename__ = "harvest_source"
    id: str = Field(primary_key=True)
    kind: str
    title: dict[str, str] = Field(sa_type=Json)
    address: str
    department: str = Field(foreign_key="department.slug", index=True)
    every_hours: int | None = None
    enabled: bool = True
    revision: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str
    changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    changed_by: str | None = None


class HarvestRun(SQLModel, table=True):
    """One pass through a source. `position` is where it goes on: the page after the last one that was taken whole.

    `holder` has it until `leased_until`; `total` is what the source says it has, where it says so.
    """

    __tablename__ = "harvest_run"
    __table_args__ = {"info": _BOOKKEEPING}
    id: int | None = Field(default=None, primary_key=True)
    source_id: str = Field(foreign_key="harvest_source.id", index=True)
    state: str = Field(default=RunState.WAITING, index=True)
    asked_by: str
    accept_deletions: bool = False
    created_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    holder: str | None = None
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    position: str | None = None
    attempts: int = 0
    failure: str | None = None
    pages: int = 0
    total: int | None = None
    seen: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    deleted: int = 0
    failed: int = 0


class HarvestFault(SQLModel, table=True):
    """What was wrong with one record of a run, or could not be taken over of it (`fatal` is false then)."""

    __tablename__ = "harvest_fault"
    __table_args__ = {"info": _BOOKKEEPING}
    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="harvest_run.id", index=True)
    remote_id: str
    fatal: bool
    findings: list[dict[str, Any]] = Field(sa_type=Json)


class HarvestRecord(SQLModel, table=True):
    """Which dataset stands for which record of a source, and as what it was last read (`digest`).

    `said` is what the source said of it when it was last taken: what has not changed there is not changed here.
    """

    __tablename__ = "harvest_record"
    __table_args__ = (UniqueConstraint("source_id", "remote_id"), {"info": _BOOKKEEPING})
    id: int | None = Field(default=None, primary_key=True)
    source_id: str = Field(foreign_key="harvest_source.id", index=True)
    remote_id: str
    dataset_id: str | None = Field(default=None, index=True)
    digest: str
    said: dict[str, Any] | None = Field(default=None, sa_type=Json)
    state: str = Field(default=RecordState.PRESENT, index=True)
    seen_run: int
    changed_at: datetime = Field(sa_type=UtcDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SourceDraft(Draft):
    """A source as an operator registers it, and the whole of what a revision asks for."""

    id: str = Shape(pattern=SLUG, max_length=48)
    kind: Kind
    title: LanguageMap
    address: str = Shape(max_length=500, description="of a CKAN site, or of the first page of a DCAT catalog")
    department: str = Shape(pattern=SLUG, max_length=48, description="whose datasets they become")
    every_hours: int | None = Shape(default=None, ge=1, le=24 * 90, description="none: only when it is asked for")
    enabled: bool = True
