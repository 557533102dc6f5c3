"""The city's records, its published vocabulary and standards, and its providers, each made once."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlmodel import Session, SQLModel, create_engine

from catalog import classification, datasets, departments, services
from catalog.models import Credential, Review
from policies import agreements, publication
from seeds.agreements import agreements as planned_agreements
from seeds.city import APPLICATIONS, DEPARTMENTS
from seeds.classification import CATEGORIES
from seeds.crosswalks import CROSSWALKS
from seeds.datasets import DATASETS
from seeds.datasets import services as planned_services
from seeds.people import Record
from seeds.providers import Providers
from seeds.records import generate
from seeds.specifications.interfaces import INTERFACES
from seeds.specifications.mappings import MAPPINGS
from seeds.specifications.standards import STANDARDS
from seeds.vocabulary import ELEMENTS, code_lists
from standards import codelists, crosswalks, elements, interfaces, mappings, schemas
from standards.validation import Checker
from tests.town import agreed

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def records() -> dict[str, list[Record]]:
    return generate()


@pytest.fixture(scope="session")
def published() -> Iterator[Session]:
    """A database in which code lists, elements and standards are published."""
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        for code_list in code_lists():
            codelists.publish(session, code_list, "operator", NOW)
        for element in ELEMENTS:
            elements.publish(session, element, "operator", NOW)
        for standard in STANDARDS:
            schemas.publish(session, standard, "operator", NOW)
        for crosswalk in CROSSWALKS:
            crosswalks.publish(session, crosswalk, "operator", NOW)
        session.commit()
        yield session
    engine.dispose()


@pytest.fixture(scope="session")
def loaded(published: Session) -> dict[str, str]:
    """The whole city registered, published and agreed on; the names of the agreements → their ids."""
    for interface in INTERFACES:
        interfaces.publish(published, interface, "operator", NOW)
    for department in DEPARTMENTS:
        departments.register(published, department, "operator", NOW)
    for application in APPLICATIONS:
        departments.register_application(published, application, "operator", NOW)
    classification.load(published, CATEGORIES)
    for dataset in DATASETS:
        datasets.register(published, dataset, "steward", NOW)
    for mapping in MAPPINGS:
        mappings.publish(published, mapping, "steward", NOW)
    for service in planned_services(_address, lambda department: Credential(value=f"Bearer {department}")):
        services.register(published, service, b"sealed", "steward", NOW, connectors=["rest"])
    for dataset in DATASETS:
        id = f"{dataset.department}/{dataset.slug}"
        publication.submit(published, id, "steward", NOW, review=Review.PUBLICATION)
        publication.approve(published, id, "operator", NOW)
    ids = {}
    for planned in planned_agreements(NOW):
        ids[planned.name] = agreements.draft(published, planned.draft, planned.drafted_by, NOW).id
        agreed.agree(published, ids[planned.name], planned.activated_by, NOW)
    published.commit()  # a test that rolls back its own must not take the city along
    return ids


def _address(department: str, slug: str) -> str:
    return f"http://127.0.0.1:9999/{department}/{slug}"


@pytest.fixture(scope="session")
def checkers(published: Session) -> dict[str, Checker]:
    """Dataset id → the check of its standard."""
    return {
        f"{dataset.department}/{dataset.slug}": Checker(schemas.fetch(published, str(dataset.standard)).bundled)
        for dataset in DATASETS
    }


@pytest.fixture(scope="session")
def running() -> Iterator[Providers]:
    with Providers() as providers:
        yield providers


@pytest.fixture
def providers(running: Providers) -> Iterator[Providers]:
    """Running providers; whatever a test turned is turned back."""
    yield running
    for department in running.ports:
        running.turn(department)
