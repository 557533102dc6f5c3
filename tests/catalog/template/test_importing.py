"""A sheet becomes registrations: all or none, every fault with its cell, and an export changes nothing."""

from datetime import UTC, datetime
from typing import Any

import pytest

from catalog import datasets, departments, versions
from catalog.models import DatasetDraft, DepartmentDraft
from catalog.template import csv, exporting, importing, sheet, xlsx
from catalog.template.faults import MOST, InvalidSheet
from catalog.template.sheet import Shown

from .conftest import DOCUMENT, as_file, workbook

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
BY = "person-00000001"
HEAD = ["资源标识", "信息资源名称", "信息资源摘要", "共享类型", "共享条件", "信息项标识", "信息项名称",
        "信息项共享类型",
        "敏感级别", "标识对象"]  # fmt: skip
ROW = ["births", "出生", "摘要", "有条件共享", "条件", "number", "编号", "有条件共享", 2, "无"]


def take(session, content, department="health"):
    grid = importing.read(content)
    layout, found = importing.understand(grid)
    return importing.apply(session, importing.prepare(session, department, grid, layout, found), BY, NOW)


def faults(session, content, department="health"):
    with pytest.raises(InvalidSheet) as caught:
        take(session, content, department)
    return [(fault.code, fault.cell) for fault in caught.value.findings]


def document(session, id="health/births") -> dict[str, Any]:
    return versions.pending(session, id).document


def changed(**cells):
    """The row with some cells changed, by heading."""
    row = dict(zip(HEAD, ROW, strict=True)) | cells
    return list(row.values())


# -- the law ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_was_exported_changes_nothing(session, health, kind, language):
    drafts = [
        DatasetDraft.model_validate(DOCUMENT | {"category": None}),
        DatasetDraft.model_validate(
            DOCUMENT | {"slug": "bare", "items": [], "title": {"en": "=1+1"}, "languages": [], "contact_point": None,
                        "temporal": None, "category": None, "related": ["health/births"]}
        ),
        DatasetDraft.model_validate(
            DOCUMENT | {"slug": "odd", "title": {"zh": " 空格 "}, "keywords": [" a ", "[x]", "b\nc"], "category": None,
                        "description": {"zh": "一\r\n二\t三"}}
        ),
    ]  # fmt: skip
    for draft in drafts:
        datasets.register(session, draft, BY, NOW)
    rows, after = exporting.page(session, language, department="health", working=True)
    assert after is None
    assert len(rows) == 5
    report = take(session, _file(kind, rows, language))
    assert (report.created, report.changed) == ({}, {})
    assert set(report.unchanged) == {"health/births", "health/bare", "health/odd"}


def _file(kind, rows, language):
    if kind == "csv":
        return b"".join(csv.write([sheet.headings(language), *rows]))
    return b"".join(xlsx.write(rows, language))


def test_another_exchange_learns_it_all_from_the_sheet(session, health, kind):
    """All that the sheet has columns for: a calling rule stays behind."""
    wanted = DatasetDraft.model_validate(DOCUMENT | {"category": None})
    report = take(session, as_file(kind, [Shown(DOCUMENT | {"category": None})]))
    assert list(report.created) == ["health/births"]
    assert DatasetDraft.model_validate(document(session)) == wanted


def test_what_the_sheet_has_no_column_for_stays(session, health, register_dataset):
    register_dataset()
    before = document(session)
    report = take(session, workbook(["资源标识", "信息资源名称"], ["births", "新名称"]))
    assert list(report.changed) == ["health/births"]
    assert document(session) == before | {"title": {"zh": "新名称", "en": "Birth certificates"}}


def test_an_empty_cell_empties_and_a_sheet_without_items_takes_none_away(session, health, register_dataset):
    register_dataset(keywords=["a"], landing_page="https://a.example/x")
    head = ["资源标识", "信息资源名称", "关键词", "说明网页", "信息项标识"]
    take(session, workbook(head, ["births", "出生医学证明", "", None, ""]))
    assert (document(session)["keywords"], document(session)["landing_page"]) == ([], None)
    assert len(document(session)["items"]) == 3


def test_items_are_those_of_the_sheet(session, health, register_dataset):
    register_dataset(calling_rule=None)
    take(session, workbook(["资源标识", "信息项标识", "信息项名称"], ["births", "number", "证号"], ["", "child", ""]))
    number, child = document(session)["items"]
    assert (number["title"], number["sensitivity"]) == ({"zh": "证号", "en": "number"}, 2)
    assert (child["title"], child["identifies"]) == ({"en": "child"}, "person")


def test_a_dataset_may_be_named_by_its_code_and_related_ones_too(session, health, register_dataset):
    register_dataset()
    row = datasets.fetch(session, "health/births")
    row.resource_code = "301001/000001"
    session.add(row)
    report = take(session, workbook(["信息资源代码", "信息资源名称"], ["３０１００１/000001", "改名"]))
    assert list(report.changed) == ["health/births"]
    take(session, workbook([*HEAD, "关联资源代码"], [*changed(资源标识="deaths"), "301001/000001"]))
    assert document(session, "health/deaths")["related"] == ["health/births"]


# -- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"共享类型": "也许"}, [("unreadable", "D2")]),
        ({"敏感级别": "高"}, [("unreadable", "I2")]),
        ({"敏感级别": 9}, [("less_than_equal", "I2")]),
        ({"敏感级别": None}, [("missing", "I2")]),
        ({"信息资源名称": ""}, [("missing", "B2")]),
        ({"共享类型": ""}, [("missing", "D2")]),
        ({"资源标识": "Not A Slug"}, [("string_pattern_mismatch", "A2")]),
        ({"资源标识": "", "信息资源名称": "只有名称"}, [("string_pattern_mismatch", "A2")]),
        ({"信息项标识": "a b"}, [("string_pattern_mismatch", "F2")]),
        ({"信息项共享类型": "无条件共享"}, [("strictness", "H2")]),
        ({"信息资源摘要": "长" * 19_999 + "!"}, []),
    ],
)
def test_each_fault_is_told_with_its_cell(session, health, cells, expected):
    content = workbook(HEAD, changed(**cells))
    if not expected:
        assert take(session, content).created
        return
    assert faults(session, content) == expected
    assert datasets.page(session) == ([], None)


def test_everything_is_told_at_once_and_nothing_is_imported(session, health, register_dataset):
    register_dataset()
    before = document(session)
    content = workbook(
        HEAD,
        changed(资源标识="good"),
        changed(资源标识="bad", 共享类型="x", 敏感级别="x"),
        changed(资源标识="worse", 标识对象="x"),
        changed(资源标识="births", 信息资源名称="改了", 信息项标识="nowhere"),
    )
    told = faults(session, content)
    assert told[:3] == [("unreadable", "D3"), ("unreadable", "I3"), ("unreadable", "J4")]
    assert ("standard", "F5") in told, "what only the catalog knows is told with the rest"
    assert document(session) == before
    content = workbook(
        [*HEAD, "数据标准", "数据标准版本"], [*changed(信息项标识="nowhere"), "birth-certificate", "1.0.0"]
    )
    assert ("standard", "F2") in faults(session, content)


def test_the_wording_is_in_both_languages_and_repeats_no_value(session, health):
    content = workbook(HEAD, changed(共享类型="秘密甲"), changed(资源标识="Bad Slug 乙", 敏感级别="丙"))
    with pytest.raises(InvalidSheet) as caught:
        take(session, content)
    for fault in caught.value.findings:
        told = fault.as_dict()
        assert all(told["what"].values())
        assert all(told["fix"].values())
        assert told["column"]
        assert not any(value in str(told) for value in ("秘密甲", "Bad Slug", "丙"))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([changed(), changed(资源标识="deaths"), changed()], [("twice", "A4")]),
        ([changed(), changed()], [("twice", "F3")]),
        ([changed(), changed(信息资源名称="另名", 信息项标识="child")], [("differs", "B3")]),
        ([["", "", "", "", "", "number"]], [("whose", "A2")]),
    ],
)
def test_rows_that_do_not_fit_together(session, health, rows, expected):
    assert faults(session, workbook(HEAD, *rows)) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (["资源标识", "信息资源名称", "信息资源摘药"], [("unknown-column", "C1")]),
        (["资源标识", "信息资源名称", "资源标识"], [("column-twice", "C1")]),
        (["甲", "乙"], [("headings", "")]),
    ],
)
def test_headings(session, health, head, expected):
    assert faults(session, workbook(head, ["births", "x", "y"]))[:1] == expected


def test_a_misspelt_heading_is_told_what_was_meant(session, health):
    with pytest.raises(InvalidSheet) as caught:
        take(session, workbook(["资源标识", "信息资源名称", "信息资源摘药"], ["a", "b", "c"]))
    assert "信息资源摘要" in caught.value.findings[0].fix["zh"]


def test_headings_may_stand_lower_and_carry_marks(session, health):
    head = [f" {title} *" for title in HEAD]
    assert take(session, workbook(["政务信息资源目录"], [], head, ROW)).created


def test_another_departments_rows_are_refused(session, health, credit_code):
    draft = DepartmentDraft(slug="justice", name={"zh": "司法局"}, credit_code=credit_code(2), contact="desk")
    departments.register(session, draft, BY, NOW)
    content = workbook([*HEAD, "信息资源提供方代码"], [*ROW, credit_code(2)])
    assert faults(session, content) == [("foreign", "K2")]
    assert take(session, content, "justice").created
    assert faults(session, workbook([*HEAD, "信息资源代码"], [*ROW, "301001/000009"])) == [("foreign", "K2")]


def test_namesakes_are_odd_and_allowed(session, health):
    report = take(session, workbook(HEAD, changed(), changed(资源标识="deaths")))
    assert len(report.created) == 2
    assert [warning["cell"] for warning in report.warnings] == ["B2", "B3"]


def test_so_many_faults_and_no_more(session, health):
    rows = [changed(资源标识=f"d-{number}", 共享类型="x", 敏感级别="x") for number in range(MOST // 2 + 50)]
    assert len(faults(session, workbook(HEAD, *rows))) == MOST


def test_so_many_datasets_and_no_more(session, health, monkeypatch):
    monkeypatch.setattr(importing, "MOST_DATASETS", 2)
    rows = [changed(资源标识=f"d-{number}") for number in range(3)]
    assert faults(session, workbook(HEAD, *rows)) == [("datasets", "")]


def test_a_rehearsal_needs_no_change_and_says_what_would_come(session, health, register_dataset, monkeypatch):
    take(session, workbook(HEAD, changed(), changed(资源标识="deaths")))
    for act in ("register", "revise"):
        monkeypatch.setattr(datasets, act, None)
    grid = importing.read(
        workbook(HEAD, changed(), changed(资源标识="deaths", 信息资源名称="x"), changed(资源标识="new"))
    )
    report = importing.rehearse(importing.prepare(session, "health", grid, *importing.understand(grid)))
    assert (list(report.created), list(report.changed), list(report.unchanged)) == (
        ["health/new"], ["health/deaths"], ["health/births"]
    )  # fmt: skip


def test_what_changed_since_it_was_prepared_is_prepared_again(session, health):
    take(session, workbook(HEAD, changed()))
    grid = importing.read(workbook(HEAD, changed()))
    prepared = importing.prepare(session, "health", grid, *importing.understand(grid))
    take(session, workbook(HEAD, changed(信息资源名称="meanwhile")))
    assert list(importing.apply(session, prepared, BY, NOW).changed) == ["health/births"]
    assert document(session)["title"] == {"zh": "出生"}


def test_a_suspended_department_hands_no_sheet_in(session, health):
    take(session, workbook(HEAD, changed()))
    grid = importing.read(workbook(HEAD, changed(信息资源名称="x"), changed(资源标识="deaths")))
    prepared = importing.prepare(session, "health", grid, *importing.understand(grid))
    departments.deactivate(session, "health", BY, NOW)
    with pytest.raises(InvalidSheet):
        importing.apply(session, prepared, BY, NOW)
    assert faults(session, workbook(HEAD, changed(), changed(资源标识="deaths")))[0][0] == "active"


# -- the export -------------------------------------------------------------------------------------------------------


def test_only_what_is_published_leaves_unless_asked(session, health, register_dataset):
    register_dataset()
    assert exporting.page(session, "zh") == ([], None)
    assert len(exporting.page(session, "zh", working=True)[0]) == 3
    assert exporting.page(session, "zh", department="justice", working=True) == ([], None)


def test_pages_follow_each_other(session, health, register_dataset, monkeypatch):
    monkeypatch.setattr(exporting, "PAGE", 2)
    for number in range(5):
        register_dataset(slug=f"d-{number}", items=[], calling_rule=None)
    after, slugs = "", []
    while after is not None:
        rows, after = exporting.page(session, "zh", after=after, working=True)
        slugs += [row[1] for row in rows]
    assert slugs == [f"d-{number}" for number in range(5)]


def test_what_the_exchange_writes_is_there(session, health, register_dataset, credit_code):
    register_dataset()
    (row, *_), _ = exporting.page(session, "zh", working=True)
    cells = dict(zip(sheet.headings("zh"), row, strict=True))
    assert (cells["信息资源提供方"], cells["信息资源提供方代码"]) == ("卫生健康委员会", credit_code(1))
