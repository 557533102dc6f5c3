"""What both formats come to: rows of texts with their numbers, and the bounds within which a file is read. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from catalog.template.faults import Faults

MOST_ROWS: Final = 10_000
MOST_COLUMNS: Final = 100
MOST_LETTERS: Final = 20_000
"""In one cell, as in one text of a registration."""
WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ARCHIVE: Final = b"PK\x03\x04"
"""How a workbook begins."""
OLD: Final = b"\xd0\xcf\x11\xe0"
"""How one of the format before it begins, which is refused with advice."""
Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet: its name, its rows counted from 1 (read once), and where what is wrong with it is gathered."""

    name: str
    rows: Iterator[Row]
    faults: Faults


def too_long(faults: Faults, row: int) -> None:
    """Raises TooMany."""
    faults.add(
        "rows",
        {"zh": f"超过 {MOST_ROWS} 行", "en": f"there are more than {MOST_ROWS} rows"},
        {"zh": "请分成几个文件导入", "en": "import it as several files"},
        row=row,
    )


def overlong(faults: Faults, row: int, column: str) -> None:
    """Raises TooMany."""
    faults.add(
        "length",
        {"zh": f"单元格超过 {MOST_LETTERS} 个字符", "en": f"the cell has more than {MOST_LETTERS} characters"},
        {"zh": "请缩短内容", "en": "shorten it"},
        row=row,
        column=column,
    )


def too_wide(faults: Faults, row: int, column: str) -> None:
    """Raises TooMany."""
    faults.add(
        "columns",
        {"zh": f"第 {MOST_COLUMNS} 列以后还有内容", "en": f"something stands beyond the {MOST_COLUMNS}th column"},
        {"zh": "请清空该单元格或移到前面的列", "en": "empty the cell, or move what it says to the left"},
        row=row,
        column=column,
    )


def formula(faults: Faults, row: int, column: str) -> None:
    """Raises TooMany."""
    faults.add(
        "formula",
        {"zh": "单元格是公式", "en": "the cell is a formula"},
        {"zh": "请复制后以“值”粘贴，再导入", "en": "copy it and paste its value in its place"},
        row=row,
        column=column,
    )


def trimmed(cells: list[str]) -> list[str]:
    """Without the empty cells at its end."""
    while cells and not cells[-1]:
        cells.pop()
    return cells


def is_blank(cells: Sequence[str]) -> bool:
    return not any(cells)
