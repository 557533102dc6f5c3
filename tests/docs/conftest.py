"""Reading the documentation as a reader would: tables by their cells, blocks by their language."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def document() -> Callable[[str], str]:
    """The text of a file of the repository."""
    return lambda path: (ROOT / path).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def rows(document: Callable[[str], str]) -> Callable[[str, str], list[list[str]]]:
    """The cells of every table row of a file whose first cell is code that matches; backticks are taken off."""

    def read(path: str, first: str) -> list[list[str]]:
        lines = [line for line in document(path).splitlines() if line.startswith("| `")]
        cells = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]
        plain = [[cell.strip("`") for cell in row] for row in cells]
        return [row for row in plain if re.fullmatch(first, row[0])]

    return read
