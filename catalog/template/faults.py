"""What is wrong with a sheet, cell by cell, so that a clerk can mend it; values are never repeated. Pure.

ValueError
└── InvalidSheet    .findings: the faults, at most `MOST`
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

MOST = 500
"""Faults told at once; a sheet with more is not read to its end."""
Text = dict[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend: the sheet's name, row and column as Excel counts them; 0 and "" where it is the whole."""

    sheet: str
    row: int
    column: str
    title: str
    code: str
    what: Text
    fix: Text

    @property
    def cell(self) -> str:
        return f"{self.column}{self.row}" if self.row and self.column else ""

    @property
    def pointer(self) -> str:
        return "".join(f"/{part}" for part in (self.sheet, self.cell or (str(self.row) if self.row else "")) if part)

    def as_dict(self) -> dict[str, Any]:
        """As a finding of a problem document, with what a sheet needs beside it."""
        return {
            "pointer": self.pointer,
            "rule": self.code,
            "expected": f"{self.title}: {self.fix['en']}" if self.title else self.fix["en"],
            "sheet": self.sheet,
            "row": self.row,
            "column": self.title,
            "cell": self.cell,
            "what": self.what,
            "fix": self.fix,
        }


class InvalidSheet(ValueError):
    """Nothing was imported; `findings` lists what is wrong, all at once up to `MOST`."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.findings = tuple(faults)
        places = "; ".join(f"{fault.pointer or '/'}: {fault.fix['en']}" for fault in self.findings[:4])
        more = f"; and {len(self.findings) - 4} more" if len(self.findings) > 4 else ""
        super().__init__(f"The sheet cannot be imported, and nothing of it was. {places}{more}.")


class TooMany(Exception):
    """So many faults that reading on helps nobody; never leaves the package."""


class Faults:
    """Gathers the faults of one sheet."""

    def __init__(self, sheet: str = "") -> None:
        self.sheet = sheet
        self._found: list[Fault] = []

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def add(self, code: str, what: Text, fix: Text, *, row: int = 0, column: str = "", title: str = "") -> None:
        """Raises TooMany."""
        self._found.append(Fault(self.sheet, row, column, title, code, what, fix))
        if len(self._found) >= MOST:
            raise TooMany

    def has(self, row: int, column: str) -> bool:
        """Whether this very cell has a fault already: one is enough to mend it."""
        return bool(column) and any(fault.row == row and fault.column == column for fault in self._found)

    def raise_any(self) -> None:
        """Raises InvalidSheet when there is any."""
        if self._found:
            raise InvalidSheet(self._found)


def refuse(code: str, what: Text, fix: Text, sheet: str = "", row: int = 0) -> InvalidSheet:
    """The error for a file that cannot be read on."""
    return InvalidSheet([Fault(sheet, row, "", "", code, what, fix)])
