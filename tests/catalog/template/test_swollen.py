"""Workbooks that would swell: few bytes that list, repeat or refer to a great deal."""

import io
import zipfile

import pytest

from catalog.template import grids, opening, xlsx

from .test_files import like_a_workbook, refused, taken

MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATED = b'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
FIRST = "xl/worksheets/sheet1.xml"


def book(count: int, part: bytes = b"rId1") -> bytes:
    sheets = b"".join(b'<sheet name="s%d" sheetId="%d" r:id="%s"/>' % (n, n + 1, part) for n in range(count))
    return b"<workbook %s %s><sheets>%s</sheets></workbook>" % (MAIN, RELATED, sheets)


def sheet(rows: bytes) -> bytes:
    return b"<worksheet %s><sheetData>%s</sheetData></worksheet>" % (MAIN, rows)


def table(content: bytes) -> bytes:
    return b"<sst %s>%s</sst>" % (MAIN, content)


def with_texts(content: bytes, rows: bytes = b"") -> bytes:
    """A workbook with a table of shared texts."""
    with zipfile.ZipFile(io.BytesIO(like_a_workbook())) as sound:
        types = sound.read("[Content_Types].xml")
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    if kind not in types:
        override = b'<Override PartName="/xl/sharedStrings.xml" ContentType="%s"/></Types>' % kind
        types = types.replace(b"</Types>", override)
    parts = {"xl/sharedStrings.xml": table(content), "[Content_Types].xml": types}
    return like_a_workbook(**parts, **({FIRST: sheet(rows)} if rows else {}))


def test_one_part_listed_as_many_sheets_is_refused():
    assert len(taken(like_a_workbook(**{"xl/workbook.xml": book(opening.MOST_SHEETS)}))[1]) == 2
    (fault,) = refused(like_a_workbook(**{"xl/workbook.xml": book(opening.MOST_SHEETS + 1)}))
    assert (fault.code, str(opening.MOST_SHEETS) in fault.what["en"]) == ("size", True)


def test_only_the_sheet_that_is_read_is_opened(monkeypatch):
    asked = []
    monkeypatch.setattr(opening._Book, "held", _noting(opening._Book.held, asked))
    taken(like_a_workbook(**{"xl/workbook.xml": book(opening.MOST_SHEETS)}))
    assert asked.count(FIRST) == 1


def _noting(held, asked):
    def noting(self, part, most):
        asked.append(part)
        return held(self, part, most)

    return noting


def test_texts_are_counted(monkeypatch):
    monkeypatch.setattr(opening, "MOST_TEXTS", 2)
    assert len(taken(with_texts(b"<si><t>a</t></si>" * 2))[1]) >= 1
    (fault,) = refused(with_texts(b"<si/>" * 3))
    assert fault.code == "size"


def test_texts_and_sheets_are_weighed(monkeypatch):
    rows = b'<row r="1"><c r="A1"><v>1</v></c></row>'
    monkeypatch.setattr(opening, "MOST_TEXT_BYTES", 200)
    assert refused(with_texts(b"<si/>" * 60, rows))[0].code == "size"
    monkeypatch.setattr(opening, "MOST_SHEET_BYTES", 100)
    assert refused(like_a_workbook(**{FIRST: sheet(rows * 10)}))[0].code == "size"


def test_a_workbook_part_under_another_name_is_weighed_too():
    wide = book(1) + b"<!--%s-->" % (b"x" * (2 << 20))
    types = b"""<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override
    PartName="/xl/worksheets/book.xml"
    ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"""
    changes = {"xl/worksheets/book.xml": wide, "[Content_Types].xml": types}
    assert refused(like_a_workbook(**changes))[0].code == "size"


def test_one_text_in_many_cells_is_read_so_often_and_no_more(monkeypatch):
    monkeypatch.setattr(xlsx, "_MOST_SAID", 5_000)
    cells = b"".join(b'<row r="%d"><c t="s"><v>0</v></c></row>' % number for number in range(1, 8))
    assert refused(with_texts(b"<si><t>%s</t></si>" % (b"x" * 1_000), cells))[0].code == "size"


def test_a_row_has_as_many_cells_as_excel_has_columns():
    assert refused(like_a_workbook(**{FIRST: sheet(b'<row r="1">%s</row>' % (b"<c/>" * 16_385))}))[0].code == "size"


@pytest.mark.parametrize(
    "rows",
    [b'<row r="1"/>' * 50_000, b"<x/>" * 200_000, b'<row r="1"><c r="A1"><v>1</v></c></row>' * 5_000],
    ids=["the same row", "no rows", "the same cell"],
)
def test_reading_has_a_deadline_even_where_no_row_comes(rows, monkeypatch):
    content = like_a_workbook(**{FIRST: sheet(rows)})
    clock = iter(range(10_000_000))
    monkeypatch.setattr(opening.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(opening, "MOST_SECONDS", 3)
    (fault,) = refused(content)
    assert (fault.code, "3 seconds" in fault.what["en"]) == ("size", True)


def test_a_row_that_is_there_again_counts_once():
    rows = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1"><c r="A1"><v>2</v></c></row>'
    assert taken(like_a_workbook(**{FIRST: sheet(rows)}))[1] == [(1, ["1"])]


def test_what_stands_beyond_the_last_column_is_told(kind):
    at = grids.MOST_COLUMNS
    rows = b'<row r="1"><c r="A1"><v>1</v></c><c r="CW1"><v>2</v></c></row>'
    content = like_a_workbook(**{FIRST: sheet(rows)}) if kind == "xlsx" else b"1" + b"," * at + b"2\n"
    (fault,) = refused(content)
    assert (fault.code, fault.cell) == ("columns", "CW1")
    assert taken(b"1" + b"," * (at + 5) + b" \n")[1] == [(1, ["1"])]
