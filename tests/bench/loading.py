"""How long a whole catalog takes to load: `python -m tests.bench.loading [DATASETS]`, twenty items each.

Through the domain functions in one unit of work: checks, rows, first versions, links and search index, then the commit.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from catalog import datasets, departments
from catalog.models import DatasetDraft
from exchange.cli.output import progress
from exchange.node import Node
from exchange.settings import Settings
from seeds.city import DEPARTMENTS

ITEMS = 20


def drafts(count: int) -> Iterator[DatasetDraft]:
    for number in range(count):
        yield DatasetDraft.model_validate(
            {
                "department": DEPARTMENTS[number % len(DEPARTMENTS)].slug,
                "slug": f"dataset-{number}",
                "title": {"zh": f"第{number}号登记信息", "en": f"Register number {number}"},
                "description": {"zh": "各区汇总，每日更新，用于政务服务。", "en": "From all districts, updated daily."},
                "sharing_class": "unconditional",
                "category": "301001",
                "keywords": ["登记", "register"],
                "update_cycle": "daily",
                "items": [_item(place) for place in range(ITEMS)],
            }
        )


def _item(place: int) -> dict[str, object]:
    title = {"zh": f"信息项{place}", "en": f"Item {place}"}
    graded = {"sharing_class": "unconditional", "sensitivity": 2, "identifies": "nobody"}
    return {"path": f"item_{place}", "title": title, "data_type": "character", "length": 50, **graded}


def measure(count: int) -> tuple[float, float]:
    """Seconds on the clock and of the processor, from the first draft to the commit."""
    now = datetime.now(UTC)
    with TemporaryDirectory() as directory, closing(Node.open(Settings(data=Path(directory) / "var"))) as node:
        with node.units.begin("bench", now) as work:
            for department in DEPARTMENTS:
                departments.register(work.session, department, work.by, work.now)
                work.record("department.registered", department.slug)
        clock, processor = time.perf_counter(), time.process_time()
        with progress("loading · 导入") as report, node.units.begin("bench", now) as work:
            for done, draft in enumerate(drafts(count), 1):
                work.record("dataset.registered", datasets.register(work.session, draft, work.by, work.now).id)
                report(done, count)
        return time.perf_counter() - clock, time.process_time() - processor


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    seconds, busy = measure(wanted)
    print(f"{wanted} datasets of {ITEMS} items: {seconds:.1f} s, of them {busy:.1f} s of one processor")
