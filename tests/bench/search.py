"""`python -m tests.bench.search`: how long a search takes among 100 000 datasets, and what the index weighs.

Made-up datasets of 20 items, registered straight into the tables and indexed by the exchange's own code; then queries
of two, three and four characters in Chinese and words in English, common and rare ones alike, each with and without
filters, as an anonymous reader asks them (words, facets, highlights of the first page: everything but HTTP).
"""

import argparse
import gc
import itertools
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Engine, insert, text
from sqlmodel import Session

from catalog.models import DataItem, Dataset, Department
from catalog.search import index, queries, results, suggestions
from catalog.search.queries import Query, Sort
from exchange.db import migrate, reading_engine, writing_engine


def _each(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_HEADS = _each("""
人口 企业 婚姻 不动产 社会保险 医疗 教育 交通 公交 停车 道路 桥梁 河道 水质 空气质量 气象 噪声
垃圾 燃气 供水 供电 消防 应急 食品 药品 特种设备 税务 信用 行政许可 行政处罚 建筑 房屋 土地 规划
农业 林业 渔业 旅游 文化 体育 养老 残疾人 低保 就业 职业资格 学籍 学位 户籍 出生 死亡 车辆
驾驶证 船舶 港口 机场 物流 海关 专利 商标 标准 计量 招标 采购 预算 债务 国有资产 地下管线 路灯
绿化 公园 景区 博物馆 图书馆 医院 诊所 学校 幼儿园 社区 网格 事件
""")
_MIDDLES = _each("基本 登记 变更 注销 年度 实时 历史 监测 检查 审批 备案 统计 空间 目录 人员 机构 设备 设施 项目 合同")
_TAILS = _each("信息 数据 记录 名单 台账 证明 目录 报告 清单 结果 指标 明细 索引 档案 快照")
_ENGLISH = _each("""
population company marriage housing insurance medical school traffic bus parking road bridge river water air
weather noise waste gas supply power fire emergency food drug equipment tax credit licence penalty building
land plan farm forest fishery tourism culture sports elderly disabled allowance employment title student
degree household birth death vehicle driver ship port airport freight customs patent trademark standard
measure tender purchase budget debt asset pipeline lamp green park museum library hospital clinic community
grid event
""")
_KINDS = _each("basics register change annual live history monitor inspection approval filing statistics spatial")
_FORMS = _each("information data records list ledger certificate directory report result index detail file snapshot")
_NAMES = tuple(itertools.product(range(len(_HEADS)), range(len(_TAILS))))
_CYCLES = ("real-time", "daily", "weekly", "monthly", "yearly")
_CLASSES = ("unconditional", "conditional", "conditional", "not-shared")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Cost(NamedTuple):
    """Milliseconds: by the clock, and of CPU alone, which others on the machine change less."""

    took: float
    cpu: float

    @classmethod
    def now(cls) -> "Cost":
        return cls(1e3 * time.perf_counter(), 1e3 * time.thread_time())

    @classmethod
    def since(cls, began: "Cost") -> "Cost":
        now = cls.now()
        return cls(now.took - began.took, now.cpu - began.cpu)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search", description="Measure search.")
    parser.add_argument("--datasets", type=int, default=100_000, help="default 100 000")
    parser.add_argument("--queries", type=int, default=100, help="of each kind, default 100")
    parser.add_argument("--keep", type=Path, help="the database: made there, or taken when it is there")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hutong-bench-") as directory:
        path = asked.keep or Path(directory) / "exchange.db"
        known = path.exists()
        before, began = memory(), time.perf_counter()
        engine = writing_engine(path)
        migrate(engine)
        if not known:
            fill(engine, asked.datasets)
            print(f"{asked.datasets} datasets made and indexed in {time.perf_counter() - began:.0f} s")
        engine.dispose()
        reading = reading_engine(path)
        _settle(reading)
        print(measured(reading, asked.queries))
        print(weighed(reading, before))
        reading.dispose()
    return 0


def _settle(engine: Engine) -> None:
    """As a server does once it is ready: what was made to start is not walked by the collector again."""
    _timed(engine, Query("登记"))
    gc.collect()
    gc.freeze()


def fill(engine: Engine, datasets: int, piece: int = 500) -> None:
    """Departments, datasets, items, and the index of them; a line of progress on stderr."""
    dice = random.Random(20)
    departments = [f"department-{number}" for number in range(60)]
    with Session(engine) as session:
        session.add_all(map(_department, departments))
        session.commit()
    indexing = 0.0
    for start in range(0, datasets, piece):
        with Session(engine) as session:
            rows = [_dataset(number, dice, departments) for number in range(start, min(start + piece, datasets))]
            session.execute(insert(Dataset), rows)
            session.execute(insert(DataItem), [item for row in rows for item in _items(row["id"], dice)])
            began = time.process_time()
            index.rebuild(session, [row["id"] for row in rows])
            indexing += time.process_time() - began
            session.commit()
        print(f"\r{start + piece} of {datasets} datasets", end="", file=sys.stderr, flush=True)
    print(f"\nindexing alone: {1e3 * indexing / datasets:.2f} ms of CPU a dataset", file=sys.stderr)


def _department(slug: str) -> Department:
    name = {"zh": f"{slug}局", "en": f"{slug} bureau"}
    return Department(slug=slug, name=name, credit_code=slug, contact="x", created_at=NOW, created_by="bench")


def _dataset(number: int, dice: random.Random, departments: Sequence[str]) -> dict[str, Any]:
    at = min(int(dice.paretovariate(0.7)) - 1, len(_HEADS) - 1)  # a few subjects are common, most are rare
    kind, form = dice.randrange(len(_KINDS)), dice.randrange(len(_FORMS))
    zh = f"{_HEADS[at]}{dice.choice(_MIDDLES)}{dice.choice(_TAILS)}"
    en = f"{_ENGLISH[at % len(_ENGLISH)]} {_KINDS[kind]} {_FORMS[form]}"
    department = dice.choice(departments)
    about = {
        "keywords": [_HEADS[at], dice.choice(_HEADS), _ENGLISH[at % len(_ENGLISH)]],
        "themes": [f"theme-{dice.randrange(20)}"],
        "formats": [dice.choice(("json", "xlsx", "csv", "shp"))],
    }
    described = {
        "zh": f"全市{zh}，由各区汇总，含{dice.choice(_HEADS)}与{dice.choice(_HEADS)}相关内容，用于政务服务。",
        "en": f"The {en} of the whole city, collected from districts, with {dice.choice(_ENGLISH)} where it applies.",
    }
    return {
        "id": f"{department}/d-{number}",
        "department": department,
        "slug": f"d-{number}",
        "title": {"zh": f"{zh}{number}", "en": f"{en} {number}"},
        "description": described,
        "sharing_class": dice.choice(_CLASSES),
        "update_cycle": dice.choice(_CYCLES),
        "about": about,
        "state": "published" if dice.random() < 0.97 else "draft",
        "created_at": NOW + timedelta(seconds=number),
        "created_by": "bench",
    }


def _items(dataset_id: str, dice: random.Random) -> list[dict[str, Any]]:
    return [
        {
            "dataset_id": dataset_id,
            "path": f"{_ENGLISH[head % len(_ENGLISH)]}_{at}",
            "sharing_class": "conditional",
            "title": {"zh": f"{_HEADS[head]}{_TAILS[tail]}", "en": f"{_ENGLISH[head % len(_ENGLISH)]} {at}"},
            "sensitivity": 1 + head % 3,
            "identifies": "nobody",
        }
        for at, (head, tail) in enumerate(dice.sample(_NAMES, 20))
    ]


def measured(engine: Engine, amount: int) -> str:
    """A table: for each kind of words, milliseconds at the median, the 95th percentile and the slowest."""
    dice = random.Random(7)
    texts = {
        "Chinese, 2 characters": lambda: _cut(dice, 2),
        "Chinese, 3 characters": lambda: _cut(dice, 3),
        "Chinese, 4 characters": lambda: _cut(dice, 4),
        "Chinese, 2 words": lambda: f"{dice.choice(_HEADS)} {dice.choice(_TAILS)}",
        "English, 2 to 4 letters": lambda: dice.choice(_ENGLISH)[: dice.randint(2, 4)],
        "English, a word": lambda: dice.choice((*_ENGLISH, *_KINDS, *_FORMS)),
        "English, 2 words": lambda: f"{dice.choice(_ENGLISH)} {dice.choice(_FORMS)}",
        "no words": lambda: "",
    }
    ways: dict[str, Callable[[], dict[str, object]]] = {
        "": dict,
        ", 1 filter": lambda: {"filters": {"theme": [f"theme-{dice.randrange(20)}"]}},
        ", 2 filters": lambda: {"filters": {"sharing_class": ["conditional"], "update_cycle": ["daily", "weekly"]}},
        ", newest": lambda: {"sort": Sort.NEWEST},
        ", by title": lambda: {"sort": Sort.TITLE},
    }
    rows = [
        "| query | found, median | p50 ms | p95 ms | slowest ms | CPU, p50 ms | CPU, p95 ms |",
        "|---|---|---|---|---|---|---|",
    ]
    every: list[Cost] = []
    for (kind, make), (way, more) in itertools.product(texts.items(), ways.items()):
        times, found = [], []
        for _ in range(amount):
            query = Query(make(), **more())  # type: ignore[arg-type]
            took, total = _timed(engine, query)
            times.append(took)
            found.append(total)
        every += times
        rows.append(_row(f"{kind}{way}", times, sorted(found)[len(found) // 2]))
    times = [_suggested(engine, make()) for make in list(texts.values())[:6] for _ in range(amount)]
    return "\n".join([*rows, _row("suggestions while typing", times, ""), _row("all searches", every, "")])


def _cut(dice: random.Random, length: int) -> str:
    whole = f"{dice.choice(_HEADS)}{dice.choice(_MIDDLES)}{dice.choice(_TAILS)}"
    at = dice.randrange(len(whole) - length + 1)
    return whole[at : at + length]


def _timed(engine: Engine, query: Query) -> tuple[Cost, int]:
    began = Cost.now()
    with Session(engine) as session:
        found = queries.search(session, query)
        results.highlighted(session, found.datasets, found.phrases)
    return Cost.since(began), found.total


def _suggested(engine: Engine, words: str) -> Cost:
    began = Cost.now()
    with Session(engine) as session:
        suggestions.continued(session, words, ())
    return Cost.since(began)


def _row(name: str, costs: list[Cost], found: object) -> str:
    took, cpu = sorted(cost.took for cost in costs), sorted(cost.cpu for cost in costs)
    middle, high = len(costs) // 2, int(0.95 * len(costs))
    shown = " | ".join(f"{figure:.1f}" for figure in (took[middle], took[high], took[-1], cpu[middle], cpu[high]))
    return f"| {name} | {found} | {shown} |"


def weighed(engine: Engine, before: float) -> str:
    """The index on the disk, beside the whole database, and how much memory the process grew by."""
    with engine.connect() as connection:
        whole = connection.execute(text("SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE")).scalar() or 0
        mine = "SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name LIKE '%search%'"
        index_bytes = connection.execute(text(mine)).scalar() or 0
    return f"index {index_bytes / 2**20:.0f} MB of {whole / 2**20:.0f} MB; memory {memory() - before:+.0f} MB"


def memory() -> float:
    """Resident, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    sys.exit(main())
