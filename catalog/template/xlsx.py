"""The sheet as an Excel workbook (ECMA-376), written row by row and read with bounds on everything that could swell.

Before openpyxl sees a file its archive is judged: entries, sizes, ratio, and nothing that runs or fetches (macros,
links to other workbooks, encryption). XML entities are refused by defusedxml. Formulas are faults of their cells.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import IO, Any, Final, cast
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

from catalog.template.cells import clean, printable
from catalog.template.columns import ALL, Column, letter, plain
from catalog.template.faults import Faults, InvalidSheet, Text, refuse
from catalog.template.grids import (
    MOST_COLUMNS,
    MOST_LETTERS,
    MOST_ROWS,
    OLD,
    Grid,
    Row,
    formula,
    overlong,
    too_long,
    too_wide,
    trimmed,
)
from catalog.template.opening import MOST_PART, Deadline, Opened, TooLarge, opened

SHEETS: Final = {"zh": "信息资源目录", "en": "catalog"}
_HELP: Final = {"zh": "填写说明", "en": "how to fill in"}
_CHOICES: Final = {"zh": "选项", "en": "choices"}
"""Compound file: Excel 97, or a workbook with a password."""
_FIRST, _END = "xl/worksheets/sheet1.xml", b"</sheetData>"
_LETTERS: Final = tuple(letter(index) for index in range(len(ALL)))
_ESCAPED: Final = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
"""What a reader would take for a character in hexadecimal (ECMA-376, part 1, 22.9.2.19)."""
_MOST_ENTRIES, _MOST_BYTES, _MOST_PICTURE, _MOST_RATIO = 200, 64 << 20, 4 << 20, 200
_MOST_SAID: Final = 32 << 20
"""Characters in all cells: one text can stand in many of them."""
_LARGE: Final = ("xl/worksheets/", "xl/sharedStrings.xml")
"""What may be large; every other part is a few kilobytes in a workbook of this kind."""
_BOLD, _REQUIRED, _WRAP = (
    Font(bold=True),
    PatternFill("solid", fgColor="FFF2CC"),
    Alignment(vertical="top", wrap_text=True),
)


def write(rows: Iterable[Sequence[str | int]], language: str) -> Iterator[bytes]:
    """The workbook in pieces: the sheet with headings and drop-down lists, how to fill it in, the choices.

    openpyxl makes all but the rows; they are put into its archive as it is streamed, for it would take ten times as
    long over them. Every text is written as an inline string, so none can become a formula.
    """
    pipe = _Pipe()
    with (
        zipfile.ZipFile(io.BytesIO(_frame(language))) as frame,
        zipfile.ZipFile(cast(IO[bytes], pipe), "w", compresslevel=4) as target,
    ):
        for name in frame.namelist():
            content = frame.read(name)
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with target.open(entry, "w", force_zip64=name == _FIRST) as part:
                if name == _FIRST:
                    head, end, tail = content.partition(_END)
                    part.write(head)
                    for piece in _pieces(rows):
                        part.write(piece)
                        yield pipe.take()
                    content = end + tail
                part.write(content)
            yield pipe.take()
    yield pipe.take()


def read(content: bytes) -> Grid:
    """The sheet that is called as ours, or the first one. Raises InvalidSheet for a file that is not to be opened."""
    _judge(content)
    try:
        sheet = opened(content, lambda name: plain(name) in map(plain, SHEETS.values()), Deadline())
    except TooLarge as error:
        raise refuse("size", error.what, error.fix) from None
    except Exception:
        raise _damaged() from None  # openpyxl raises whatever it stumbles over
    faults = Faults(sheet.title)
    return Grid(sheet.title, _rows(sheet, faults), faults)


def _rows(sheet: Opened, faults: Faults) -> Iterator[Row]:
    """Every row up to the last one; one that is not in the file is empty, and one that is there twice counts once."""
    rows = sheet.rows()
    last = letters = 0
    while True:
        try:
            number, cells = next(rows, (0, []))
        except TooLarge as error:
            raise refuse("size", error.what, error.fix, faults.sheet, last + 1) from None
        except Exception:
            raise _damaged(faults.sheet, last + 1) from None
        if not number:
            return
        for missing in range(last + 1, min(number, MOST_ROWS + 1)):
            yield missing, []
        if number > MOST_ROWS:
            too_long(faults, MOST_ROWS + 1)
            return
        if number > last:
            found = _texts(cells, faults, number)
            letters += sum(map(len, found))
            if letters > _MOST_SAID:
                raise _too_much()
            yield number, found
            last = number


def _texts(cells: Sequence[tuple[int, Any]], faults: Faults, row: int) -> list[str]:
    texts = [""] * MOST_COLUMNS
    for index, cell in cells:
        if index >= MOST_COLUMNS:
            too_wide(faults, row, letter(index))
            break
        texts[index] = _read(cell, faults, row, index)
    return trimmed(texts)


def _read(cell: Any, faults: Faults, row: int, index: int) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f" or not isinstance(value, (str, bool, int, float, date, time)):
        formula(faults, row, letter(index))
        return ""
    if isinstance(value, str) and len(value) > MOST_LETTERS:
        overlong(faults, row, letter(index))
        return ""
    return _text(value)


def _text(value: str | bool | int | float | date | time) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return clean(str(value).replace("_x005F_", "_"))


# -- judging ----------------------------------------------------------------------------------------------------------


def _judge(content: bytes) -> None:
    """Raises InvalidSheet for an archive that may not be opened."""
    if content.startswith(OLD):
        raise _refused(
            "old",
            "这是旧版或加密的工作簿",
            "it is an old or an encrypted workbook",
            "另存为不加密的 .xlsx",
            "save it as .xlsx without a password",
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeError):
        raise _damaged() from None
    names = [entry.filename for entry in entries]
    if len(entries) > _MOST_ENTRIES or len(set(names)) < len(names):
        raise _damaged()
    if any(
        "vbaproject" in name.lower() or "/activex/" in name.lower() or "/embeddings/" in name.lower() for name in names
    ):
        raise _refused(
            "macro",
            "工作簿含有宏或嵌入对象",
            "it holds macros or embedded objects",
            "另存为不含宏的 .xlsx",
            "save it as .xlsx without macros",
        )
    if any(name.lower().startswith("xl/externallinks/") for name in names):
        raise _refused(
            "external",
            "工作簿链接到其他文件",
            "it links to other files",
            "断开链接后再导入",
            "break the links, then import it",
        )
    if any(entry.flag_bits & 1 for entry in entries):
        raise _refused("encrypted", "工作簿已加密", "it is encrypted", "取消密码后再导入", "take its password away")
    if any(map(_swollen, entries)) or sum(entry.file_size for entry in entries) > _MOST_BYTES:
        raise _too_much()


def _swollen(entry: zipfile.ZipInfo) -> bool:
    most = MOST_PART if entry.filename.endswith((".xml", ".rels")) else _MOST_PICTURE
    if entry.file_size > most and not entry.filename.startswith(_LARGE):
        return True
    return entry.file_size > 1 << 20 and entry.file_size > _MOST_RATIO * max(entry.compress_size, 1)


def _refused(code: str, what_zh: str, what_en: str, fix_zh: str, fix_en: str) -> InvalidSheet:
    return refuse(code, _both(what_zh, what_en), _both(fix_zh, fix_en))


def _too_much() -> InvalidSheet:
    return _refused(
        "size",
        "解压后过大",
        "it is too large when unpacked",
        "删除多余内容或分成几个文件",
        "delete what is not needed, or split it",
    )


def _damaged(sheet: str = "", row: int = 0) -> InvalidSheet:
    what = _both("不是完好的 .xlsx 文件", "it is no sound .xlsx file")
    return refuse(
        "damaged", what, _both("用 Excel 打开后另存为 .xlsx", "open it in Excel and save it as .xlsx"), sheet, row
    )


def _both(zh: str, en: str) -> Text:
    return {"zh": zh, "en": en}


# -- writing ----------------------------------------------------------------------------------------------------------


class _Pipe:
    """What an archive is written to; it cannot go back."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def _frame(language: str) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(SHEETS[language])
    sheet.freeze_panes = "A2"
    for index, column in enumerate(ALL):
        dimension = sheet.column_dimensions[letter(index)]
        dimension.width = 28 if column.key.startswith(("title", "description")) else 16
        dimension.number_format = "@"  # a code that is typed in keeps its leading zeros
    sheet.append([_heading(sheet, column, language) for column in ALL])
    _choices(book, sheet, language)
    _help(book, language)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _pieces(rows: Iterable[Sequence[str | int]]) -> Iterator[bytes]:
    """Rows from the second on, some hundreds at a time."""
    parts: list[str] = []
    for number, row in enumerate(rows, 2):
        cells = "".join(
            _cell(f"{name}{number}", value) for name, value in zip(_LETTERS, row, strict=True) if value != ""
        )
        parts.append(f'<row r="{number}">{cells}</row>')
        if len(parts) == 200:
            yield "".join(parts).encode("utf-8")
            parts.clear()
    yield "".join(parts).encode("utf-8")


def _cell(at: str, value: str | int) -> str:
    if isinstance(value, int):
        return f'<c r="{at}"><v>{value}</v></c>'
    text = escape(_ESCAPED.sub("_x005F_", printable(value)))
    return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _heading(sheet: Any, column: Column, language: str) -> Any:
    cell = WriteOnlyCell(sheet, column.title(language) + ("*" if column.required else ""))
    cell.font = _BOLD
    if column.required:
        cell.fill = _REQUIRED
    return cell


def _choices(book: Any, sheet: Any, language: str) -> None:
    """Drop-down lists, from a sheet of their own: within the rule itself they could have 255 letters only."""
    lists = [(index, options) for index, column in enumerate(ALL) if (options := column.form.options(language))]
    beside = book.create_sheet(_CHOICES[language])
    beside.sheet_state = "hidden"
    for row in range(max(len(options) for _, options in lists)):
        beside.append([options[row] if row < len(options) else None for _, options in lists])
    for place, (index, options) in enumerate(lists):
        source = f"'{_CHOICES[language]}'!${letter(place)}$1:${letter(place)}${len(options)}"
        rule = DataValidation(type="list", formula1=source, allow_blank=True)
        rule.add(f"{letter(index)}2:{letter(index)}{MOST_ROWS}")
        sheet.data_validations.append(rule)


def _help(book: Any, language: str) -> None:
    sheet = book.create_sheet(_HELP[language])
    for name, width in zip("ABCD", (26, 10, 44, 60), strict=True):
        sheet.column_dimensions[name].width = width
    sheet.append([_wrapped(sheet, text) for text in _HEADINGS[language]])
    for column in ALL:
        must = {"zh": "是", "en": "yes"}[language] if column.required else ""
        about = column.about[0 if language == "zh" else 1]
        texts = (column.title(language), must, about, " / ".join(column.form.options(language)))
        sheet.append([_wrapped(sheet, text) for text in texts])
    for text in _RULES[language]:
        sheet.append([None, None, _wrapped(sheet, text)])


def _wrapped(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, text)
    cell.alignment = _WRAP
    return cell


_HEADINGS: Final = {"zh": ("列", "必填", "说明", "可选的值"), "en": ("column", "required", "about", "choices")}
_RULES: Final = {
    "zh": (
        "每个信息项一行；同一资源的后续行可以只填资源标识和信息项各列，其余留空或合并单元格。",
        "可以删除不需要的列：没有的列保持原登记内容；留空的单元格会清空原内容。",
        "不接受公式、宏和外部链接。有任何错误时整个文件都不导入。",
    ),
    "en": (
        "One row for each item; further rows of a dataset need its slug and the item's columns only, or merged cells.",
        "Columns may be deleted: what has no column stays as it is. An empty cell empties what it stands for.",
        "No formulas, macros or links to other files. When anything is wrong, nothing of the file is imported.",
    ),
}
