"""docs/compatibility.md names every mode and every reason, with what to do about it."""

import re
from collections.abc import Callable

from standards.compatibility import REASONS, Mode
from standards.compatibility.budget import MAX_STEPS, MAX_STEPS_OF_CHECK
from standards.compatibility.graph import MAX_PLACES
from standards.compatibility.objects import MAX_PATTERNS
from standards.compatibility.verdicts import MAX_FINDINGS

Rows = Callable[[str, str], list[list[str]]]
PAGE = "docs/compatibility.md"


def test_every_reason_stands_there_once_and_no_other(rows: Rows) -> None:
    told = [row for row in rows(PAGE, "[a-z-]+") if len(row) == 5]
    assert [row[0] for row in told] == list(REASONS)
    for code, english, chinese, because, mend in told:
        assert (english, chinese) == (REASONS[code]["en"], REASONS[code]["zh"])
        assert re.search("[\u4e00-\u9fff]", chinese)
        assert because
        assert mend


def test_every_mode_stands_there(rows: Rows) -> None:
    assert [row[0] for row in rows(PAGE, "[a-z-]+") if len(row) == 2] == [mode.value for mode in Mode]


def test_bounds_are_those_of_the_code(document: Callable[[str], str]) -> None:
    text = document(PAGE)
    for bound in (MAX_PLACES, MAX_STEPS, MAX_STEPS_OF_CHECK, MAX_FINDINGS):
        assert f"{bound:,}".replace(",", " ") in text
    assert f"more than {MAX_PATTERNS} name patterns" in text
