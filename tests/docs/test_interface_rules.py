"""docs/interface-rules.md names every rule, every code of a breaking change and what Spectral is not told."""

from collections.abc import Callable

from standards import breaking, lint, overrides
from standards.lint import spectral

Rows = Callable[[str, str], list[list[str]]]
FILE = "docs/interface-rules.md"
NAME = r"[a-z0-9]+(-[a-z0-9]+)*"


def test_every_rule_stands_there_as_the_registry_tells_it(rows: Rows) -> None:
    told = [[cell.replace("\\<", "<") for cell in row] for row in rows(FILE, NAME) if len(row) == 9]
    rules = [*(each.as_dict() for each in lint.RULES), overrides.BREAKING]
    assert told == [
        [
            each["id"], each["severity"], "yes" if each["overridable"] else "no", each["why"]["en"], each["fix"]["en"],
            each["why"]["zh"], each["fix"]["zh"], " ".join(each["matches"]["nl"]) or "—",
            " ".join(each["matches"]["it"]) or "—",
        ]
        for each in rules
    ]  # fmt: skip


def test_every_code_of_a_breaking_change(rows: Rows) -> None:
    told = {row[0]: (row[2], row[1]) for row in rows(FILE, NAME) if len(row) == 3 and row[0] in breaking.TITLES}
    assert told == breaking.TITLES


def test_what_spectral_is_not_told(rows: Rows) -> None:
    assert {row[0]: row[1] for row in rows(FILE, NAME) if len(row) == 2} == spectral.UNSAID
