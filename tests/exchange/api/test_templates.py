"""The national sheet over HTTP: who may take it, who may hand it in, and what becomes of a bad one."""

import io

import openpyxl
import pytest
from sqlmodel import Session

from catalog.template import columns, grids
from tests.catalog.template.conftest import workbook
from tests.town.people import Town, problem_of

TEMPLATE, IMPORT = "/catalog/template.xlsx", "/catalog/import?department=health"
HEAD = ["资源标识", "信息资源名称", "信息资源摘要", "共享类型", "共享条件"]
ROW = ["births", "出生", "摘要", "有条件共享", "条件"]


async def export(town: Town, who: str, kind: str = "xlsx", **query) -> bytes:
    answer = await town.by(who, "GET", f"/catalog/template.{kind}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.content


def slugs(content: bytes) -> list[str]:
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    at = columns.ALL.index(columns.BY_KEY["slug"])
    rows = book.worksheets[0].iter_rows(min_row=2, values_only=True)
    return sorted({row[at] for row in rows if len(row) > at and row[at]})


async def test_strangers_get_what_is_published_and_hand_none_in(town: Town):
    await town.did("health", "POST", IMPORT, content=workbook(HEAD, ROW))
    for query in ("", "?department=health"):
        assert slugs((await town.by(None, "GET", f"{TEMPLATE}{query}")).content) == ["people", "sealed"]
    for query in ("working=true", "working=true&department=health", "working=true&empty=true"):
        assert problem_of(await town.by(None, "GET", f"{TEMPLATE}?{query}")) == "unidentified"
    assert problem_of(await town.by(None, "POST", IMPORT, content=workbook(HEAD, ROW))) == "unidentified"


async def test_only_the_departments_people_see_what_it_has_not_published(town: Town):
    await town.did("health", "POST", IMPORT, content=workbook(HEAD, ROW))
    for who in ("justice", "services/newborn"):
        answer = await town.by(who, "GET", f"{TEMPLATE}?working=true&department=health")
        assert problem_of(answer) == "not-permitted"
        assert slugs(await export(town, who)) == ["people", "sealed"]
    assert slugs(await export(town, "health", department="health", working="true")) == ["births", "people", "sealed"]
    assert slugs(await export(town, "operator", working="true")) == ["births", "people", "sealed"]
    assert slugs(await export(town, "health", department="justice")) == []


async def test_the_empty_template(town: Town):
    assert slugs(await export(town, "health", empty="true")) == []
    text = (await export(town, "health", "csv", empty="true", language="en")).decode("utf-8-sig")
    assert text.startswith("category,slug,title (Chinese)")
    assert text.count("\n") == 1


async def test_nobody_hands_in_another_departments_sheet(town: Town):
    for who in ("justice", "operator", "auditor", "services/newborn"):
        answer = await town.by(who, "POST", IMPORT, content=workbook(HEAD, ROW))
        assert (answer.status_code, problem_of(answer)) == (403, "not-permitted")


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
async def test_export_and_import_change_nothing(town: Town, node, kind):
    content = await export(town, "health", kind, department="health", working="true")
    before = node.current.newest.version
    report = await town.did("health", "POST", IMPORT, content=content)
    assert (report["created"], report["changed"]) == ([], [])
    assert report["unchanged"] == ["health/people", "health/sealed"]
    assert node.current.newest.version == before, "what changes nothing leaves no record"


async def test_a_rehearsal_says_what_would_come_of_it(town: Town):
    content = workbook(HEAD, ROW)
    said = await town.did("health", "POST", f"{IMPORT}&dry_run=true", content=content)
    assert (said["dry_run"], said["created"]) == (True, ["health/births"])
    assert problem_of(await town.by("health", "GET", "/datasets/health/births")) == "not-found"
    done = await town.did("health", "POST", IMPORT, content=content)
    assert (done["dry_run"], done["created"]) == (False, ["health/births"])
    assert (await town.did("health", "GET", "/datasets/health/births"))["title"] == {"zh": "出生"}


async def test_a_rehearsal_and_a_refusal_wait_for_nobody_s_change(town: Town, node):
    await town.token("health")
    with Session(node.writing) as session:
        session.connection()  # the write lock
        said = await town.did("health", "POST", f"{IMPORT}&dry_run=true", content=workbook(HEAD, ROW))
        assert said["created"] == ["health/births"]
        content = workbook([*HEAD, "数据标准"], [*ROW, "nowhere"])
        answer = await town.by("health", "POST", IMPORT, content=content)
        assert (answer.status_code, problem_of(answer)) == (422, "invalid-request")


async def test_every_change_is_in_the_ledger(town: Town, node):
    before = node.current.newest.version
    await town.did("health", "POST", IMPORT, content=workbook(HEAD, ROW, ["deaths", *ROW[1:]]))
    assert node.current.newest.version == before + 2
    await town.did("health", "POST", IMPORT, content=workbook(HEAD[:2], ["births", "改名"], ["deaths", ROW[1]]))
    assert node.current.newest.version == before + 3, "only what changed"


@pytest.mark.parametrize("rehearsed", ["", "&dry_run=true"])
async def test_a_bad_sheet_is_told_cell_by_cell_and_changes_nothing(town: Town, node, rehearsed):
    before = node.current.newest.version
    content = workbook(HEAD, ROW, ["Bad", "", "摘要", "也许", ""])
    answer = await town.by("health", "POST", IMPORT + rehearsed, content=content)
    assert (answer.status_code, problem_of(answer)) == (422, "invalid-request")
    told = {error["cell"]: error for error in answer.json()["errors"]}
    assert set(told) >= {"A3", "B3", "D3"}
    assert told["D3"]["column"] == "共享类型"
    assert told["D3"]["fix"]["zh"] == "请从中选择：无条件共享、有条件共享、不予共享"
    assert "也许" not in answer.text
    assert node.current.newest.version == before
    assert problem_of(await town.by("health", "GET", "/datasets/health/births")) == "not-found"


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04", grids.OLD, b"\x00" * 100, b"{}", b"x" * 2_000_000, "乱".encode("utf-16")],
)
async def test_what_is_no_sheet_is_a_problem_document(town: Town, content):
    answer = await town.by("health", "POST", IMPORT, content=content)
    assert (answer.status_code, problem_of(answer)) == (422, "invalid-request")
    assert answer.json()["errors"]


async def test_a_sheet_may_be_larger_than_other_bodies_and_not_endless(town: Town, node):
    limits = node.settings
    padded = b"a,b\n" + b",\n" * (limits.request_max_bytes // 2)
    assert problem_of(await town.by("health", "POST", IMPORT, content=padded)) == "invalid-request"
    endless = b"a" * (limits.document_max_bytes + 1)
    assert problem_of(await town.by("health", "POST", IMPORT, content=endless)) == "body-too-large"
