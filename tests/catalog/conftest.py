"""An empty catalog in memory, with one standard and one interface specification published, and drafts to vary."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import stdnum.cn.uscc
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, SQLModel, create_engine

from catalog import datasets, departments, services
from catalog.models import ApplicationDraft, DatasetDraft, Department, DepartmentDraft, ServiceDraft
from standards.models import Interface, Standard

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

RECORD = {
    "type": "object",
    "properties": {
        "number": {"type": "string"},
        "child": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "born": {"type": "string", "format": "date"}},
        },
        "parents": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
    },
    "required": ["number"],
}


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(_standard("birth-certificate", "1.0.0"))
        session.add(_standard("birth-certificate", "2.0.0"))
        session.add(_interface("births", "1.0.0"))
        session.add(_interface("births", "1.1.0"))
        session.flush()
        yield session
    engine.dispose()


@pytest.fixture
def credit_code() -> Callable[[int], str]:
    def build(number: int) -> str:
        body = f"11310000{number:09d}"
        return body + stdnum.cn.uscc.calc_check_digit(body)

    return build


@pytest.fixture
def department_draft(credit_code: Callable[[int], str]) -> Callable[..., DepartmentDraft]:
    def build(**changes: Any) -> DepartmentDraft:
        values = {
            "slug": "health",
            "name": {"zh": "卫生健康委员会", "en": "Health Commission"},
            "credit_code": credit_code(1),
            "contact": "data desk of the health commission",
        }
        return DepartmentDraft.model_validate(values | changes)

    return build


@pytest.fixture
def application_draft() -> Callable[..., ApplicationDraft]:
    def build(**changes: Any) -> ApplicationDraft:
        values = {"department": "health", "slug": "newborn", "name": {"en": "Newborn desk"}}
        return ApplicationDraft.model_validate(values | changes)

    return build


@pytest.fixture
def item() -> Callable[..., dict[str, Any]]:
    def build(path: str, **changes: Any) -> dict[str, Any]:
        values = {
            "path": path,
            "title": {"en": path},
            "sharing_class": "conditional",
            "sensitivity": 2,
            "identifies": "nobody",
        }
        return values | changes

    return build


@pytest.fixture
def dataset_draft(item: Callable[..., dict[str, Any]]) -> Callable[..., DatasetDraft]:
    def build(**changes: Any) -> DatasetDraft:
        values = {
            "department": "health",
            "slug": "births",
            "title": {"zh": "出生医学证明", "en": "Birth certificates"},
            "description": {"en": "One record per certificate."},
            "sharing_class": "conditional",
            "sharing_reason": {"en": "for services of the newborn desk"},
            "standard": "birth-certificate",
            "standard_version": "1.0.0",
            "items": [item("number"), item("child", identifies="person"), item("parents.name", identifies="person")],
            "calling_rule": {"purposes": ["newborn"], "bases": ["law-1"], "masks": {"number": "keep-last"}},
            "update_cycle": "daily",
        }
        return DatasetDraft.model_validate(values | changes)

    return build


@pytest.fixture
def service_draft() -> Callable[..., ServiceDraft]:
    def build(**changes: Any) -> ServiceDraft:
        values = {
            "department": "health",
            "slug": "birth-lookup",
            "dataset": "births",
            "title": {"en": "Look up a birth certificate"},
            "address": "https://data.health.example/api",
            "interface": "births",
            "interface_version": "1.0.0",
        }
        return ServiceDraft.model_validate(values | changes)

    return build


@pytest.fixture
def health(session: Session, department_draft: Callable[..., DepartmentDraft]) -> Department:
    return departments.register(session, department_draft(), "person-00000001", NOW)


@pytest.fixture
def register_dataset(
    session: Session, health: Department, dataset_draft: Callable[..., DatasetDraft]
) -> Callable[..., Any]:
    return lambda **changes: datasets.register(session, dataset_draft(**changes), "person-00000001", NOW)


@pytest.fixture
def register_service(session: Session, service_draft: Callable[..., ServiceDraft]) -> Callable[..., Any]:
    def register(sealed: bytes | None = None, **changes: Any) -> Any:
        draft = service_draft(**changes)
        return services.register(session, draft, sealed, "person-00000001", NOW, connectors={"rest", "memory"})

    return register


def _standard(slug: str, version: str) -> Standard:
    return Standard(
        slug=slug,
        version=version,
        name={"en": slug},
        document=RECORD,
        bundled=RECORD,
        published_by="person-00000009",
        published_at=NOW,
    )


def _interface(slug: str, version: str) -> Interface:
    return Interface(
        slug=slug,
        version=version,
        department="health",
        document={"openapi": "3.1.0"},
        published_by="person-00000009",
        published_at=NOW,
    )
