"""The rule `code`: a department's code becomes one of the standard's, by a table of the document or a crosswalk.

Codes are compared without regard to width and outer space. One that the table does not have is counted under its
target, never its value, and then dealt with as `on_unmapped` says.
"""

from typing import Any, Literal

from pydantic import Field as Shape

from standards.mapping.rules import (
    MAX_TEXT,
    Instead,
    Kind,
    Misshapen,
    Place,
    Reading,
    Run,
    Step,
    failed,
    folded,
    instead,
    reading,
)


class Code(Reading):
    """A code by a table."""

    op: Literal["code"]
    table: str = Shape(max_length=64, description="one of the document's tables")
    on_unmapped: Instead = "reject"


def _code(rule: Code, place: Place) -> Step:
    if rule.table not in place.tables:
        raise Misshapen("/table", "known", "the name of one of the document's tables")
    table, at, source = place.tables[rule.table], place.at, rule.source
    unmapped = instead(rule.on_unmapped, "unmapped", f"a code of the table '{rule.table}'", source)

    def work(value: Any, run: Run) -> Any:
        kind = type(value)
        if kind is str and len(value) <= MAX_TEXT:
            code = value
        elif kind is int and -(2**64) < value < 2**64:
            code = str(value)
        elif kind is bool:
            code = "true" if value else "false"
        else:
            raise failed("code", "a code: a text, a whole number, true or false", source)
        if code not in table:
            code = folded(code)
            if code not in table:
                counted = run.counts.unmapped
                counted[at] = counted.get(at, 0) + 1
                return unmapped()
        return table[code]

    return reading(rule, place, work)


KIND = Kind("code", Code, _code)
