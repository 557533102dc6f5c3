"""Both formats: what is written is read again, and no file gets further than it should."""

import codecs
import io
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.template import columns, csv, grids, importing, sheet, xlsx
from catalog.template.cells import clean
from catalog.template.faults import InvalidSheet
from catalog.template.sheet import Shown

from .conftest import DOCUMENT, as_file, workbook

EVIL = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "'=1",
    "''+x",
    "'quoted'",
    "#N/A",
    "_x0041_",
    "a,b",
    'a"b',
    "=cmd|' /C calc'!A0",
]


def taken(content):
    grid = importing.read(content)
    return grid, list(grid.rows)


def refused(content):
    with pytest.raises(InvalidSheet) as caught:
        taken(content)[0].faults.raise_any()
    return caught.value.findings


@pytest.mark.parametrize("language", ["zh", "en"])
def test_rows_come_back(kind, language):
    rows = [grids.trimmed([str(cell) for cell in row]) for row in sheet.rows(Shown(DOCUMENT), language)]
    grid, (head, *found) = taken(as_file(kind, [Shown(DOCUMENT)], language))
    assert [title.rstrip("*") for title in head[1]] == sheet.headings(language)
    assert [number for number, _ in found] == [2, 3]
    assert [cells for _, cells in found] == rows
    assert len(grid.faults) == 0


@settings(max_examples=40)
@given(st.lists(st.one_of(st.sampled_from(EVIL), st.text(max_size=30)), min_size=1, max_size=5))
def test_any_text_comes_back_as_clean_as_both_formats_can_hold_it(texts):
    for write, read in ((_as_csv, csv.read), (_as_xlsx, xlsx.read)):
        grid = read(write(texts))
        assert list(grid.rows)[1][1] == grids.trimmed([clean(text) for text in texts])
        assert len(grid.faults) == 0


def _as_csv(texts):
    return b"".join(csv.write([["heading"], [clean(text) for text in texts]]))


def _as_xlsx(texts):
    padding = [""] * (len(columns.ALL) - len(texts))
    return b"".join(xlsx.write([[clean(text) for text in texts] + padding], "zh"))


def test_no_cell_of_a_csv_begins_as_a_formula_does():
    (line,) = b"".join(csv.write([EVIL])).decode("utf-8-sig").splitlines()
    import csv as plain

    (cells,) = plain.reader([line])
    assert all(cell[0] not in "=+-@\t\r" for cell in cells)


def test_no_cell_of_a_workbook_is_a_formula():
    book = openpyxl.load_workbook(io.BytesIO(_as_xlsx(EVIL)))
    cells = next(book.worksheets[0].iter_rows(min_row=2))
    assert {cell.data_type for cell in cells if cell.value is not None} <= {"s", "inlineStr"}


def test_the_workbook_helps_to_fill_it_in():
    book = openpyxl.load_workbook(io.BytesIO(b"".join(xlsx.write((), "zh"))))
    assert book.sheetnames == ["信息资源目录", "选项", "填写说明"]
    assert book["选项"].sheet_state == "hidden"
    assert book["信息资源目录"].freeze_panes == "A2"
    lists = {str(rule.sqref): rule.formula1 for rule in book["信息资源目录"].data_validations.dataValidation}
    wanted = [index for index, column in enumerate(columns.ALL) if column.form.options("zh")]
    assert set(lists) == {f"{columns.letter(at)}2:{columns.letter(at)}{grids.MOST_ROWS}" for at in wanted}
    name, _, cells = lists[f"{columns.letter(10)}2:{columns.letter(10)}{grids.MOST_ROWS}"].partition("!")
    chosen = [cell.value for (cell,) in book[name.strip("'")][cells.replace("$", "")]]
    assert chosen == ["无条件共享", "有条件共享", "不予共享"]
    explained = [row[0].value for row in book["填写说明"].iter_rows(min_row=2) if row[0].value]
    assert explained == sheet.headings("zh")


# -- what clerks' files are like --------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_csv_in_the_encodings_there_are(encoding):
    _, rows = taken("资源标识,信息资源名称\nbirths,出生医学证明\n".encode(encoding))
    assert rows == [(1, ["资源标识", "信息资源名称"]), (2, ["births", "出生医学证明"])]


def test_numbers_days_and_truth_of_excel():
    at = datetime(2026, 1, 31, 8, 30)  # noqa: DTZ001 - a workbook knows no zones
    row = [301001, 1.0, 2.5, True, date(2026, 1, 31), at, None, "x\r\ny"]
    _, rows = taken(workbook(["资源标识", "信息资源名称"], row))
    assert rows[1][1] == ["301001", "1", "2.5", "true", "2026-01-31", "2026-01-31 08:30:00", "", "x\ny"]


def test_merged_cells_hold_their_value_once():
    book = openpyxl.Workbook()
    for row in (["资源标识", "信息项标识"], ["births", "number"], [None, "child"]):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    content = io.BytesIO()
    book.save(content)
    grid = importing.read(content.getvalue())
    _, (found,) = sheet.read(grid)
    assert [item["path"] for _, item in found.items] == ["number", "child"]


def test_our_sheet_is_found_among_others():
    book = openpyxl.Workbook()
    book.active.append(["nothing"])
    book.create_sheet("信息资源目录").append(["资源标识", "信息资源名称"])
    content = io.BytesIO()
    book.save(content)
    assert importing.read(content.getvalue()).name == "信息资源目录"


# -- hostile ones -----------------------------------------------------------------------------------------------------


def test_formulas_are_named_by_cell():
    (first, second) = refused(
        workbook(["资源标识", "信息资源名称"], ["=1+1", "x"], ["y", '=HYPERLINK("http://a.test")'])
    )
    assert [(fault.code, fault.cell, fault.sheet) for fault in (first, second)] == [
        ("formula", "A2", "信息资源目录"),
        ("formula", "B3", "信息资源目录"),
    ]
    (fault,) = refused("资源标识,信息资源名称\n=1+1,x\n".encode())
    assert (fault.code, fault.cell) == ("formula", "A2")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("资源标识".encode("utf-16"), "encoding"),
        (codecs.BOM_UTF32_LE + "资源标识".encode("utf-32-le"), "encoding"),
        (b"a,b\n\x00,c\n", "encoding"),
        (b"\xff\xff\xff\xff,\x80\n", "encoding"),
        (b"", "empty"),
        (b" \n", "empty"),
        ("资源标识;信息资源名称;信息资源摘要;共享类型\n".encode(), "separator"),
        ("资源标识\t信息资源名称\t信息资源摘要\t共享类型\n".encode(), "separator"),
        ('资源标识,信息资源名称\n"a,b\n'.encode(), "csv"),
        (b'a,b\n"x"y,z\n', "csv"),
        (b"a," + b"x" * 200_000, "length"),
        (grids.OLD + b"\0" * 600, "old"),
        (b"PK\x03\x04" + b"\0" * 100, "damaged"),
    ],
)
def test_files_that_cannot_be_read_say_why(content, code):
    (fault,) = refused(content)
    assert fault.code == code
    for text in (fault.what, fault.fix):
        assert set(text) == {"zh", "en"}
        assert all(text.values())


def test_latin_1_is_not_taken_for_a_sheet():
    with pytest.raises(InvalidSheet):
        importing.understand(importing.read("r\xe9sum\xe9,\xe0\n".encode("latin-1")))


def archive(parts, **more):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in parts.items():
            made.writestr(name, data)
        for name, data in more.items():
            made.writestr(name, data)
    return content.getvalue()


def like_a_workbook(**changes):
    """The parts of a sound workbook with some changed or added."""
    with zipfile.ZipFile(io.BytesIO(workbook(["资源标识", "信息资源名称"], ["a", "b"]))) as sound:
        parts = {name: sound.read(name) for name in sound.namelist()}
    return archive(parts | changes)


def test_the_sound_one_is_read():
    assert len(taken(like_a_workbook())[1]) == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"xl/vbaProject.bin": b"x"}, "macro"),
        ({"xl/embeddings/oleObject1.bin": b"x"}, "macro"),
        ({"xl/externalLinks/externalLink1.xml": b"<x/>"}, "external"),
        ({"xl/worksheets/sheet1.xml": b" " * (70 << 20)}, "size"),
        ({"xl/sharedStrings.xml": b"<si/>" * 2_000_000}, "size"),
        ({"xl/styles.xml": b" " * (5 << 20)}, "size"),
        ({f"x/{number}": b"" for number in range(300)}, "damaged"),
        ({"xl/workbook.xml": b"<x"}, "damaged"),
        ({"[Content_Types].xml": b"not xml"}, "damaged"),
    ],
)
def test_archives_that_are_not_opened(changes, code):
    (fault,) = refused(like_a_workbook(**changes))
    assert fault.code == code


BILLION = (
    b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>"""
)
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>"""
SHEET = b"""<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
<row r="1"><c r="A1" t="inlineStr"><is><t>&a;</t></is></c></row></sheetData></worksheet>"""


@pytest.mark.parametrize("head", [BILLION, OUTSIDE])
@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"])
def test_no_entity_is_expanded(head, part):
    (fault,) = refused(like_a_workbook(**{part: head + SHEET}))
    assert fault.code == "damaged"


def test_a_name_that_is_there_twice_is_refused():
    content = io.BytesIO(like_a_workbook())
    with zipfile.ZipFile(content, "a") as made, pytest.warns(UserWarning, match="Duplicate"):
        made.writestr("xl/worksheets/sheet1.xml", b"<x/>")
    (fault,) = refused(content.getvalue())
    assert fault.code == "damaged"


def test_a_row_far_down_and_a_column_far_right_cost_nothing():
    far = b"""<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
    <row r="1"><c r="XFD1" t="inlineStr"><is><t>x</t></is></c></row>
    <row r="1048576"><c r="A1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>"""
    _, rows = taken(like_a_workbook(**{"xl/worksheets/sheet1.xml": far}))
    assert len(rows) <= grids.MOST_ROWS
    assert all(len(cells) <= grids.MOST_COLUMNS for _, cells in rows)


def test_too_many_rows_and_too_long_cells(monkeypatch):
    for module in (csv, xlsx):
        monkeypatch.setattr(module, "MOST_ROWS", 3)
        monkeypatch.setattr(module, "MOST_LETTERS", 10)
    rows = [["资源标识", "信息资源名称"], ["a", "x" * 11], ["b", "x"], ["c", "x"]]
    plain = "\n".join(",".join(row) for row in rows).encode()
    for content in (workbook(*rows), plain):
        assert [(fault.code, fault.cell) for fault in refused(content)] == [("length", "B2"), ("rows", "")]
