"""A small city in memory: one dataset that lacks nothing for publication, its service, and an application that asks."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import stdnum.cn.uscc
from sqlmodel import Session, SQLModel, create_engine

from catalog import classification, datasets, departments, services
from catalog.models import (
    ApplicationDraft,
    CategoryDraft,
    Dataset,
    DatasetDraft,
    DepartmentDraft,
    Review,
    ServiceDraft,
)
from policies import agreements, publication
from policies.models import Agreement, AgreementDraft
from standards.models import CodeList, Interface, Standard
from tests.town import agreed

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

STEWARD, OTHER_STEWARD, APPLICANT = "person-00000001", "person-00000002", "person-00000003"
OPERATOR = "person-00000004"

RECORD = {
    "type": "object",
    "properties": {
        "number": {"type": "string"},
        "child": {"type": "object", "properties": {"name": {"type": "string"}, "born": {"type": "string"}}},
        "mother": {"type": "object", "properties": {"name": {"type": "string"}, "address": {"type": "string"}}},
        "weight": {"type": "integer"},
    },
    "required": ["number"],
}


def reply(**beside: Any) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {"items": {"type": "array"}} | beside,
        "required": ["items"],
        "additionalProperties": False,
    }
    return {"200": {"description": "certificates", "content": {"application/json": {"schema": schema}}}}


INTERFACE = {
    "openapi": "3.1.0",
    "info": {"title": "Births", "version": "1.0.0"},
    "paths": {
        "/v1/births": {
            "get": {
                "operationId": "listBirths",
                "x-hutong-records": "/items",
                "responses": reply(next={"type": ["string", "null"]}),
            }
        },
        "/v1/births/count": {
            "get": {
                "operationId": "countBirths",
                "x-hutong-records": "/items",
                "responses": reply(total={"type": "integer"}),
            }
        },
        "/v1/births/lookup": {
            "post": {
                "operationId": "lookUpBirth",
                "x-hutong-records": "/items",
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"type": "object", "additionalProperties": False}}},
                },
                "responses": reply(),
            }
        },
    },
}

RULE = {
    "purposes": ["newborn", "school-entry"],
    "bases": ["Births-Law-12", "Births-Law-13"],
    "quota": {"count": 1000, "window": "day"},
    "masks": {"number": "keep-last"},
}


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def item() -> Callable[..., dict[str, Any]]:
    def build(path: str, **changes: Any) -> dict[str, Any]:
        values = {"title": {"en": path}, "sharing_class": "conditional", "sensitivity": 2, "identifies": "nobody"}
        return {"path": path} | values | changes

    return build


@pytest.fixture
def dataset_draft(item: Callable[..., dict[str, Any]]) -> Callable[..., DatasetDraft]:
    def build(**changes: Any) -> DatasetDraft:
        values = {
            "department": "health",
            "slug": "births",
            "title": {"en": "Birth certificates"},
            "description": {"en": "One record per certificate."},
            "sharing_class": "conditional",
            "sharing_reason": {"en": "for services of the newborn desk"},
            "category": "303001",
            "standard": "birth-certificate",
            "standard_version": "1.0.0",
            "items": [
                item("number"),
                item("child", identifies="person"),
                item("mother.name", identifies="person"),
                item("mother.address", sharing_class="not-shared", identifies="person"),
                item("weight"),
            ],
            "calling_rule": RULE,
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
            "address": "https://data.health.example",
            "interface": "births",
            "interface_version": "1.0.0",
        }
        return ServiceDraft.model_validate(values | changes)

    return build


@pytest.fixture
def city(
    session: Session, dataset_draft: Callable[..., DatasetDraft], service_draft: Callable[..., ServiceDraft]
) -> SimpleNamespace:
    """Departments `health` and `services`, application `services/newborn`, dataset `health/births` as a draft."""
    session.add_all([_standard(), _interface(), _purposes()])
    for number, slug in enumerate(("health", "services"), start=1):
        departments.register(session, _department(slug, number), STEWARD, NOW)
    for slug in ("newborn", "school"):
        application = ApplicationDraft(department="services", slug=slug, name={"en": slug})
        departments.register_application(session, application, STEWARD, NOW)
    classification.load(session, [CategoryDraft(code=code, name={"en": code}) for code in ("3", "303", "303001")])
    dataset = datasets.register(session, dataset_draft(), STEWARD, NOW)
    service = services.register(session, service_draft(), None, STEWARD, NOW, connectors={"rest"})
    return SimpleNamespace(dataset=dataset, service=service, now=NOW, interface=INTERFACE)


@pytest.fixture
def published(session: Session, city: SimpleNamespace) -> SimpleNamespace:
    publish(session, city.dataset.id)
    return city


def publish(session: Session, id: str, now: datetime = NOW) -> Dataset:
    """Both reviews at once, by a steward and an operator."""
    publication.submit(session, id, STEWARD, now, review=Review.PUBLICATION)
    publication.approve(session, id, OPERATOR, now)
    return datasets.fetch(session, id)


@pytest.fixture(name="publish")
def publish_fixture(session: Session) -> Callable[..., Dataset]:
    return lambda id="health/births", now=NOW: publish(session, id, now)


@pytest.fixture
def agreement_draft() -> Callable[..., AgreementDraft]:
    """`application` and `service` change the parties, everything else the terms."""

    def build(application: str = "services/newborn", service: str = "health/birth-lookup", **changes: Any) -> Any:
        terms = {
            "operations": ["lookUpBirth"],
            "purposes": ["newborn"],
            "bases": ["Births-Law-12"],
            "items": ["number", "child"],
            "valid_from": NOW,
            "valid_until": NOW + timedelta(days=365),
            "masks": [{"item": "number", "function": "keep-last", "arguments": {"count": 4}}],
            "quota": {"count": 100, "window": "day"},
        }
        document = {"application": application, "service": service, "terms": terms | changes}
        return AgreementDraft.model_validate(document)

    return build


@pytest.fixture
def drafted(session: Session, agreement_draft: Callable[..., AgreementDraft]) -> Callable[..., Agreement]:
    return lambda **changes: agreements.draft(session, agreement_draft(**changes), APPLICANT, NOW)


@pytest.fixture
def activated(session: Session, drafted: Callable[..., Agreement]) -> Callable[..., Agreement]:
    return lambda **changes: agreed.agree(session, drafted(**changes).id, STEWARD, NOW)


def _department(slug: str, number: int) -> DepartmentDraft:
    body = f"11310000{number:09d}"
    code = body + stdnum.cn.uscc.calc_check_digit(body)
    return DepartmentDraft(slug=slug, name={"en": slug}, credit_code=code, contact=f"data desk of {slug}")


def _standard() -> Standard:
    texts = {"slug": "birth-certificate", "version": "1.0.0", "name": {"en": "Birth certificate"}}
    return Standard(**texts, document=RECORD, bundled=RECORD, published_by=STEWARD, published_at=NOW)


def _interface() -> Interface:
    texts = {"slug": "births", "version": "1.0.0", "department": "health"}
    return Interface(**texts, document=INTERFACE, published_by=STEWARD, published_at=NOW)


def _purposes() -> CodeList:
    codes = [{"code": code, "name": {"en": code}} for code in ("newborn", "school-entry", "marriage")]
    texts = {"slug": "purposes", "version": "1.0.0", "name": {"en": "Purposes"}, "source": ""}
    return CodeList(**texts, codes=codes, published_by=STEWARD, published_at=NOW)
