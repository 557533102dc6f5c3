"""Sheets to vary: rows of a dataset in both formats."""

import io
from typing import Any

import pytest
from openpyxl import Workbook

from catalog.template import csv, sheet, xlsx
from catalog.template.sheet import Shown

DOCUMENT: dict[str, Any] = {
    "department": "health",
    "slug": "births",
    "title": {"zh": "出生医学证明", "en": "Birth certificates"},
    "description": {"zh": "每份证明一条记录，含“引号”\n和换行", "en": 'One record, with "quotes", commas'},
    "sharing_class": "conditional",
    "sharing_reason": {"zh": "用于新生儿一件事"},
    "category": "301001",
    "themes": ["health"],
    "keywords": ["出生", "a;b"],
    "formats": ["json", "xlsx"],
    "languages": ["zh"],
    "sharing_mode": "interface",
    "open_class": "closed",
    "contact_point": {"name": {"zh": "数据处"}, "phone": "+86 21 1234", "email": None},
    "temporal": {"start": "2020-01-01", "end": None},
    "standard": "birth-certificate",
    "standard_version": "1.0.0",
    "update_cycle": "daily",
    "items": [
        {
            "path": "number", "title": {"zh": "编号"}, "sharing_class": "conditional", "sensitivity": 2,
            "identifies": "nobody", "data_type": "character", "length": 10, "authoritative": True,
        },
        {
            "path": "child", "title": {"zh": "孩子", "en": "child"}, "sharing_class": "conditional", "sensitivity": 3,
            "identifies": "person", "authoritative": False, "open_class": "closed",
        },
    ],
}  # fmt: skip


def as_file(kind: str, shown: list[Shown], language: str = "zh") -> bytes:
    rows = [row for one in shown for row in sheet.rows(one, language)]
    if kind == "csv":
        return b"".join(csv.write([sheet.headings(language), *rows]))
    return b"".join(xlsx.write(rows, language))


def workbook(*rows: Any, title: str = "信息资源目录") -> bytes:
    """A workbook as a clerk's Excel would save it."""
    book = Workbook()
    assert book.active is not None
    book.active.title = title
    for row in rows:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.fixture(params=["xlsx", "csv"])
def kind(request) -> str:
    return request.param
