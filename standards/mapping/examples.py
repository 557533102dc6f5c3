"""The example pairs of a document: what each input has to become, and that nobody real stands in them.

Examples are published. Identifiers in them are of nobody: resident ids of region 99, which is no region, and mobile
numbers of 154, a block that is not given out. Whatever else is shaped like a personal identifier is refused.
"""

import time
from collections.abc import Iterator
from typing import Any

import orjson

from standards.dialect import Path
from standards.identifiers import looks_like_personal, without_nobodys
from standards.mapping.compiling import Mapping
from standards.mapping.document import Example
from standards.mapping.simulation import simulate
from standards.validation import Checker, Finding, pointer

_LONGEST_SHOWN = 80
MAX_SECONDS = 2.0
"""What all examples of a document may take together."""


def faults(examples: list[Example], mapping: Mapping, standard: Checker) -> Iterator[Finding]:
    """What is wrong with each pair: not mapped, not of the standard, or not as expected."""
    if not examples:
        yield Finding("/examples", "required", "at least one example: a record as it is kept, and what it becomes")
    started = time.monotonic()
    for index, example in enumerate(examples):
        if time.monotonic() - started > MAX_SECONDS:
            yield Finding(f"/examples/{index}", "time", f"examples that are mapped in {MAX_SECONDS:g} seconds in all")
            return
        at = f"/examples/{index}/expected"
        outcome = simulate(mapping, standard, example.input)
        for failure in outcome.failures:
            source = f" (from {failure.source})" if failure.source else ""
            yield Finding(at + failure.pointer, failure.rule, failure.expected + source)
        if not outcome.failures:
            yield from _differences(outcome.record, example.expected, (), at)


def _differences(made: Any, expected: Any, path: Path, at: str) -> Iterator[Finding]:
    if isinstance(made, dict) and isinstance(expected, dict):
        for name in dict.fromkeys([*expected, *made]):
            if name in made and name in expected:
                yield from _differences(made[name], expected[name], (*path, name), at)
            else:
                told = "nothing here" if name in expected else f"{_shown(made[name])}, which the mapping gives"
                yield Finding(at + pointer([*path, name]), "differs", told)
    elif isinstance(made, list) and isinstance(expected, list) and len(made) == len(expected):
        for index, pair in enumerate(zip(made, expected, strict=True)):
            yield from _differences(*pair, (*path, index), at)
    elif made != expected or isinstance(made, bool) != isinstance(expected, bool):
        yield Finding(at + pointer(path), "differs", f"{_shown(made)}, which the mapping gives")


def _shown(value: Any) -> str:
    """A value of an example, which is nobody's."""
    written = orjson.dumps(value).decode()
    return written if len(written) <= _LONGEST_SHOWN else written[: _LONGEST_SHOWN - 1] + "…"


def personal(document: Any) -> Iterator[Finding]:
    """Where a document holds what is shaped like somebody's identifier."""
    waiting: list[tuple[Path, Any]] = [((), document)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, dict):
            yield from (_finding([*path, name]) for name in node if _is_personal(name))
            waiting.extend(((*path, name), inner) for name, inner in node.items())
        elif isinstance(node, list):
            waiting.extend(((*path, index), inner) for index, inner in enumerate(node))
        elif type(node) in (str, int) and _is_personal(str(node)):
            yield _finding(path)


def _is_personal(text: str) -> bool:
    return looks_like_personal(without_nobodys(text))


def _finding(path: Any) -> Finding:
    expected = "nobody's identifier: a resident id of region 99, a mobile number of 154, or none"
    return Finding(pointer(path), "personal", expected)
