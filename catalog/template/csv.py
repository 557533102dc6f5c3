"""The sheet as CSV (RFC 4180): written in UTF-8 with its mark, for Excel; read in UTF-8 or GB 18030 (GBK) too. Pure.

Texts that a spreadsheet would take for a formula get an apostrophe before them, and lose it again when read.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from catalog.template.cells import clean
from catalog.template.columns import letter
from catalog.template.faults import Faults, InvalidSheet, refuse
from catalog.template.grids import (
    MOST_COLUMNS,
    MOST_LETTERS,
    MOST_ROWS,
    Grid,
    Row,
    formula,
    overlong,
    too_long,
    too_wide,
    trimmed,
)

NAME = "CSV"
_FIRST = "'=+-@\t\r"
_TAKEN_FOR_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_QUOTED = re.compile(r"'+[=+\-@\t\r]")
_OVERLONG = "field larger than field limit"
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


def write(rows: Iterable[Sequence[str | int]]) -> Iterator[bytes]:
    """The file in pieces of some rows, the first with a byte order mark."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    yield codecs.BOM_UTF8
    for number, row in enumerate(rows, 1):
        writer.writerow([_guarded(cell) if isinstance(cell, str) else cell for cell in row])
        if number % 500 == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def read(content: bytes) -> Grid:
    """Raises InvalidSheet for an encoding that is none of those, NULs, or another separator."""
    text = _decoded(content)
    faults = Faults()
    first = text.partition("\n")[0]
    for mark, name in (("\t", "tab"), (";", "semicolon")):
        if first.count(mark) > 2 and "," not in first and "，" not in first:
            raise refuse(
                "separator",
                {"zh": f"各列以 {name} 分隔", "en": f"its columns are separated by {name}s"},
                {"zh": "请另存为逗号分隔的 CSV UTF-8", "en": "save it as CSV UTF-8, separated by commas"},
            )
    return Grid("", _rows(text, faults), faults)


def _rows(text: str, faults: Faults) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _malformed(number + 1, str(error)) from None
        number += 1
        if number > MOST_ROWS:
            too_long(faults, number)
            return
        beyond = next((index for index in range(MOST_COLUMNS, len(cells)) if cells[index].strip()), None)
        if beyond is not None:
            too_wide(faults, number, letter(beyond))
        yield number, trimmed([_text(cell, faults, number, index) for index, cell in enumerate(cells[:MOST_COLUMNS])])


def _text(cell: str, faults: Faults, row: int, index: int) -> str:
    if len(cell) > MOST_LETTERS:
        overlong(faults, row, letter(index))
        return ""
    if cell.startswith("="):
        formula(faults, row, letter(index))
        return ""
    return clean(cell[1:] if _QUOTED.match(cell) else cell)


def _decoded(content: bytes) -> str:
    if content.startswith(_WIDE) or b"\0" in content:
        raise _encoding()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _encoding()


def _encoding() -> InvalidSheet:
    return refuse(
        "encoding",
        {"zh": "文件编码不是 UTF-8、GBK 或 GB 18030", "en": "the file is neither UTF-8 nor GBK nor GB 18030"},
        {"zh": "请另存为 CSV UTF-8", "en": "save it as CSV UTF-8"},
    )


def _malformed(row: int, error: str) -> InvalidSheet:
    if error.startswith(_OVERLONG):  # at least 131 072 characters, unless the process has another limit
        return refuse(
            "length",
            {"zh": f"单元格超过 {MOST_LETTERS} 个字符", "en": f"a cell has more than {MOST_LETTERS} characters"},
            {
                "zh": "请缩短内容；若并不长，请检查引号是否成对",
                "en": "shorten it; if it is not that long, a quote before it has no other end",
            },
            row=row,
        )
    return refuse(
        "csv",
        {"zh": "引号不成对", "en": "a quote has no other end, or stands inside a cell"},
        {
            "zh": "检查本行的双引号：单元格内的引号要写两次",
            "en": "mend the quotes of this row: one inside a cell is doubled",
        },
        row=row,
    )


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell and cell[0] in _FIRST and _TAKEN_FOR_FORMULA.match(cell) else cell


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode("utf-8")
