"""A published dataset with everything that a registration can say, and what its description is made of."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import Session

from catalog import datasets, services
from catalog.dcat import describing, gathering
from catalog.dcat.vocabulary import Names
from catalog.models import Dataset, DatasetDraft, DatasetState, Department, ServiceDraft

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
BASE = "https://exchange.city.example"

FULL: dict[str, Any] = {
    "category": "1-02-003",
    "themes": ["health", "HEAL", "民生"],
    "keywords": ["出生", "birth certificate", 'quoted "word" \\ back'],
    "formats": ["json", "xlsx"],
    "languages": ["zh", "en", "zh-Hant"],
    "sharing_mode": "file",
    "open_class": "conditional",
    "open_condition": {"zh": "脱敏后开放", "en": "after masking"},
    "legislation": ["https://law.city.example/eli/2020/1", "母婴保健法 第二十三条"],
    "licence": "city-open-1.0",
    "contact_point": {"name": {"zh": "数据处"}, "email": "data+desk@health.example", "phone": "+86 (21) 5555-0000"},
    "spatial": ["310115", "310101"],
    "temporal": {"start": "2010-01-01", "end": "2026-06-30"},
    "source_system": {"zh": "出生医学证明系统", "en": "Birth certificate system"},
    "provenance": {"en": "Entered by hospitals.\nChecked\tdaily."},
    "landing_page": "https://health.city.example/births?a=1&b=<2>",
    "derived_from": ["health/base"],
    "related": ["health/other"],
    "items": [
        {
            "path": "number",
            "title": {"zh": "证号", "en": "Number"},
            "sharing_class": "conditional",
            "sensitivity": 3,
            "identifies": "person",
            "element": "certificate-number",
            "authoritative": True,
            "description": {"zh": "出生医学证明编号"},
            "data_type": "character",
            "length": 10,
            "open_class": "closed",
        },
        {
            "path": "child.born",
            "title": {"en": "Born"},
            "sharing_class": "not-shared",
            "sensitivity": 2,
            "identifies": "nobody",
        },
    ],
}


@pytest.fixture
def publish(
    session: Session, health: Department, dataset_draft: Callable[..., DatasetDraft], service_draft: Callable[..., Any]
) -> Callable[..., Dataset]:
    """Registers a dataset with one service and marks it as published, whatever its reviews would say."""

    def publish(slug: str, *, state: DatasetState = DatasetState.PUBLISHED, **changes: Any) -> Dataset:
        draft = dataset_draft(slug=slug, **changes)
        row = datasets.register(session, draft, "person-00000001", NOW)
        if row.sharing_class != "not-shared":
            service: ServiceDraft = service_draft(slug=slug, dataset=slug)
            made = services.register(session, service, None, "person-00000001", NOW, connectors={"rest"})
            made.approved_version = row.version
        row.state, row.published_at = state, NOW
        session.add(row)
        session.flush()
        return row

    return publish


@pytest.fixture
def full(session: Session, publish: Callable[..., Dataset]) -> Dataset:
    for slug in ("base", "other"):
        publish(slug)
    row = publish("births", **FULL)
    row.resource_code, row.version = "102003/00001", 3
    session.add(row)
    session.flush()
    return row


@pytest.fixture
def names() -> Names:
    return Names(BASE)


@pytest.fixture
def nodes(session: Session, names: Names) -> Callable[[], tuple[describing.Node, list[describing.Node]]]:
    """The catalog and the descriptions of all its published datasets."""

    def build() -> tuple[describing.Node, list[describing.Node]]:
        entries, _ = gathering.page(session)
        title = {"zh": "目录", "en": "Catalog"}
        return describing.catalog(names, title, title, modified=NOW), [describing.dataset(e, names) for e in entries]

    return build
