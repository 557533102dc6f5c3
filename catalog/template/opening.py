"""A workbook opened by openpyxl: only the parts that are read here, each within bounds of size, number and time.

A part may be listed many times, or hold a million empty things within a few compressed kilobytes: neither is followed
further than the bounds say. Raises TooLarge; openpyxl raises whatever it stumbles over.

Exception
└── TooLarge    .what, .fix: texts in both languages
"""

import io
import time
from collections.abc import Callable, Iterator
from typing import IO, Any, Final, cast

from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.cell.text import Text as CellText
from openpyxl.reader import excel
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._reader import WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from catalog.template.faults import Text

MOST_SHEETS: Final = 20
MOST_TEXTS: Final = 300_000
MOST_SECONDS: Final = 30.0
MOST_PART: Final = 1 << 20
"""Bytes of a part that describes the others."""
MOST_TEXT_BYTES: Final = 8 << 20
MOST_SHEET_BYTES: Final = 16 << 20
MOST_CELLS: Final = 16_384
"""In one row, as in Excel."""
_TEXT: Final = f"{{{SHEET_MAIN_NS}}}si"


class TooLarge(Exception):
    """More of something than is read here; never leaves the package."""

    def __init__(self, what: Text, fix: Text) -> None:
        super().__init__(what["en"])
        self.what = what
        self.fix = fix


class Deadline:
    """Until when a workbook may be read."""

    def __init__(self) -> None:
        self._end = time.monotonic() + MOST_SECONDS

    def hold(self) -> None:
        """Raises TooLarge once it is over."""
        if time.monotonic() > self._end:
            raise TooLarge(
                {"zh": f"读取超过 {MOST_SECONDS:g} 秒", "en": f"reading it takes more than {MOST_SECONDS:g} seconds"},
                {"zh": "请分成几个文件导入", "en": "import it as several files"},
            )


class Opened:
    """One sheet of a workbook: its `title`, and its rows when they are asked for."""

    def __init__(self, book: "_Book", title: str, part: str) -> None:
        self.title = title
        self._book = book
        self._part = part

    def rows(self) -> Iterator[tuple[int, list[tuple[int, Any]]]]:
        """Each row as it is there: its number, and its cells that hold something with their columns from 0.

        Raises TooLarge.
        """
        book, holder = cast(Any, self._book.wb), cast(Any, self)
        with self._book.held(self._part, MOST_SHEET_BYTES) as source:
            parser = _Parser(
                source,
                self._book.shared_strings,
                epoch=book.epoch,
                date_formats=book._date_formats,
                timedelta_formats=book._timedelta_formats,
            )
            for number, row in parser.parse():
                self._book.deadline.hold()
                cells = {cell["column"] - 1: ReadOnlyCell(holder, **cell) for cell in row if cell["value"] is not None}
                yield number, sorted(cells.items())

    @property
    def parent(self) -> Any:
        """The workbook, which openpyxl's cells ask for their formats."""
        return self._book.wb


def opened(content: bytes, wanted: Callable[[str], bool], deadline: Deadline) -> Opened:
    """The first sheet with a name that is wanted, or else the first one. Raises TooLarge, whatever openpyxl raises."""
    book = _Book(content, deadline)
    book.read_manifest()
    book.read_strings()
    book.read_workbook()
    apply_stylesheet(book.archive, book.wb)
    sheets = list(book.sheets())
    title, part = next((one for one in sheets if wanted(one[0])), sheets[0])
    return Opened(book, title, part)


class _Book(excel.ExcelReader):
    """openpyxl's reader, without what is not needed here: properties, themes, names, other sheets."""

    def __init__(self, content: bytes, deadline: Deadline) -> None:
        super().__init__(io.BytesIO(content), read_only=True, keep_links=False)
        self.deadline = deadline

    def read_strings(self) -> None:
        listed = cast(Any, self.package).find(SHARED_STRINGS)
        if listed is None:
            return
        with self.held(listed.PartName[1:], MOST_TEXT_BYTES) as source:
            for _, node in iterparse(source):
                if node.tag == _TEXT:
                    if len(self.shared_strings) >= MOST_TEXTS:
                        raise _swollen(f"超过 {MOST_TEXTS} 个文本", f"it has more than {MOST_TEXTS} texts")
                    self.shared_strings.append(cast(Any, CellText.from_tree(node)).content.replace("x005F_", ""))
                    node.clear()

    def read_workbook(self) -> None:
        self._weigh(cast(Any, excel)._find_workbook_part(self.package).PartName[1:], MOST_PART)
        super().read_workbook()
        if len(self.parser.sheets) > MOST_SHEETS:
            raise _swollen(f"超过 {MOST_SHEETS} 张工作表", f"it has more than {MOST_SHEETS} sheets")

    def sheets(self) -> Iterator[tuple[str, str]]:
        """Name and part of each sheet with cells."""
        for sheet, relation in self.parser.find_sheets():
            if relation.target in self.valid_files and "chartsheet" not in relation.Type:
                yield str(sheet.name), relation.target

    def held(self, part: str, most: int) -> IO[bytes]:
        """A part to read until the deadline. Raises TooLarge when it has more than `most` bytes."""
        self._weigh(part, most)
        return cast(IO[bytes], _Held(self.archive.open(part), self.deadline))

    def _weigh(self, part: str, most: int) -> None:
        if self.archive.getinfo(part).file_size > most:
            raise _swollen(f"{part} 解压后超过 {most >> 20} MiB", f"{part} is larger than {most >> 20} MiB unpacked")


class _Held(io.RawIOBase):
    """A stream that stops at a deadline, however little of it comes to a row."""

    def __init__(self, stream: IO[bytes], deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, size: int = -1) -> bytes:
        self._deadline.hold()
        return self._stream.read(size)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Parser(WorkSheetParser):
    """openpyxl's parser of a sheet, for rows of a width that Excel has, and with formulas that are only named."""

    def parse_row(self, row: Any) -> Any:
        if len(row) > MOST_CELLS:
            raise _swollen(f"一行超过 {MOST_CELLS} 个单元格", f"a row has more than {MOST_CELLS} cells")
        self.row_dimensions.clear()
        return super().parse_row(row)

    def parse_formula(self, element: Any) -> str:
        return "="


def _swollen(zh: str, en: str) -> TooLarge:
    fix = {"zh": "删除多余内容或分成几个文件", "en": "delete what is not needed, or split it"}
    return TooLarge({"zh": zh, "en": en}, fix)
