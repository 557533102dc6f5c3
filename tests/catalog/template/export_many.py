"""A large catalog and its export, each in a process of its own.

`python -m tests.catalog.template.export_many DB COUNT` makes it, `… DB FORMAT` exports it and says what that took.
"""

import json
import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import create_engine, insert
from sqlmodel import Session, SQLModel

from catalog.models import Dataset, DatasetVersion, Department
from catalog.template import csv, exporting, xlsx
from tests.catalog.template.conftest import DOCUMENT

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ITEM = DOCUMENT["items"][0]


def fill(session: Session, count: int) -> None:
    """Rows as a registration leaves them; 20 items each."""
    code = {"credit_code": "0" * 18, "contact": "desk", "created_at": NOW, "created_by": "x", "active": True}
    session.execute(insert(Department), [{"slug": "health", "name": {"zh": "卫健委"}, "revision": 1} | code])
    for start in range(0, count, 500):
        slugs = [f"d-{number:06}" for number in range(start, min(start + 500, count))]
        session.execute(insert(Dataset), [_dataset(slug) for slug in slugs])
        session.execute(insert(DatasetVersion), [_version(slug) for slug in slugs])
    session.flush()


def _dataset(slug: str) -> dict[str, object]:
    named = {"id": f"health/{slug}", "slug": slug, "department": "health", "state": "published", "published_at": NOW}
    fixed = {"sharing_class": "conditional", "update_cycle": "daily", "about": {}, "version": 1, "revision": 1}
    return named | fixed | {"title": {"zh": slug}, "description": {}, "created_at": NOW, "created_by": "x"}


def _version(slug: str) -> dict[str, object]:
    items = [ITEM | {"path": f"field_{number}", "title": {"zh": f"字段{number}"}} for number in range(20)]
    document = DOCUMENT | {"slug": slug, "title": {"zh": f"资源 {slug}"}, "items": items}
    given = {"dataset_id": f"health/{slug}", "number": 1, "stage": "published", "document": document, "reviews": []}
    return given | {"trail": [], "created_at": NOW, "created_by": "x", "moved_at": NOW}


def rows(session: Session) -> Iterator[list[str | int]]:
    after: str | None = ""
    while after is not None:
        found, after = exporting.page(session, "zh", after=after)
        yield from found


def made(database: str, count: int) -> None:
    """Fills the database, in a process of its own: what that takes is none of the export's."""
    engine = create_engine(f"sqlite:///{database}")
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        fill(session, count)
        session.connection().connection.commit()


def exported(database: str, kind: str) -> dict[str, float]:
    with Session(create_engine(f"sqlite:///{database}")) as session:
        b"".join(xlsx.write((), "zh"))  # what any export needs
        before, started, size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic(), 0
        for piece in xlsx.write(rows(session), "zh") if kind == "xlsx" else csv.write(rows(session)):
            size += len(piece)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    return {"bytes": size, "mib": grown, "seconds": round(time.monotonic() - started, 1)}


if __name__ == "__main__":
    file, what = sys.argv[1:]
    if what.isdigit():
        made(file, int(what))
    else:
        print(json.dumps(exported(file, what)))
