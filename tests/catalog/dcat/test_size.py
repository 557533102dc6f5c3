"""A catalog of any size is told in little memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from sqlmodel import Session, SQLModel, create_engine

from catalog.dcat import describing, gathering, writing
from catalog.dcat.vocabulary import Names
from catalog.models import DataItem, Dataset, Department
from tests.catalog.dcat.conftest import NOW

DATASETS, ITEMS, MOST = 10_000, 20, 150 << 20
STATM = Path("/proc/self/statm")


def fill(session: Session) -> None:
    text = {"zh": "一条记录" * 20, "en": "One record. " * 10}
    session.add(Department(slug="d", name={"en": "D"}, credit_code="x", contact="x", created_at=NOW, created_by="x"))
    session.flush()
    about = {"keywords": ["a", "b"], "themes": ["health"], "languages": ["zh"]}
    shared: dict[str, Any] = {
        "department": "d", "title": {"en": "D"}, "description": text, "sharing_class": "conditional",
        "update_cycle": "daily", "about": about, "state": "published", "created_at": NOW, "created_by": "x",
    }  # fmt: skip
    item = {"title": {"en": "Item"}, "sharing_class": "conditional", "sensitivity": 1, "identifies": "nobody"}
    numbers = range(DATASETS)
    session.execute(insert(Dataset), [{"id": f"d/n{n:05}", "slug": f"n{n:05}", **shared} for n in numbers])
    for n in numbers:
        rows = [{"dataset_id": f"d/n{n:05}", "path": f"p{i}", **item} for i in range(ITEMS)]
        session.execute(insert(DataItem), rows)
    session.commit()


@pytest.mark.long
@pytest.mark.skipif(not STATM.exists(), reason="needs Linux to tell the memory of a process")
def test_ten_thousand_datasets_stream_in_bounded_memory(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'large.db'}")
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        fill(session)
    names = Names("https://exchange.city.example")
    node = describing.catalog(names, {"en": "C"}, {"en": "P"})

    def every() -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            with Session(engine) as session:
                entries, cursor = gathering.page(session, cursor=cursor)
                nodes = [describing.dataset(entry, names) for entry in entries]
            yield from nodes
            if cursor is None:
                return

    def resident() -> int:
        return int(STATM.read_text().split()[1]) * 4096

    before = peak = resident()
    for write in (writing.json_ld, writing.turtle):
        size = pieces = 0
        for piece in write(node, every()):
            size, pieces = size + len(piece), pieces + 1
            peak = max(peak, resident()) if pieces % 100 == 0 else peak
        assert pieces >= DATASETS
        assert size > 30 << 20
    engine.dispose()
    assert peak - before < MOST
