"""A document compiled to closures: one call per property, no interpretation while records pass.

ValueError
├── InvalidMapping    the document cannot be used; `.findings` is everything wrong with it
└── Unmappable        a record that the mapping cannot turn into one of the standard; `.failures` says where
"""

from collections.abc import Iterable
from collections.abc import Mapping as Members
from itertools import islice
from typing import Any, Final

from standards.dialect import MAX_FINDINGS
from standards.mapping.document import Branch, Leaf, Listed, Node, Parsed, parse
from standards.mapping.rules import (
    OMITTED,
    Counts,
    Failed,
    Failure,
    Misshapen,
    Path,
    Place,
    Run,
    Step,
    failed,
    instead,
    reader,
)
from standards.validation import Finding

MAX_ENTRIES: Final = 5_000
"""Entries that the lists of one record have together."""
MAX_WORK: Final = 1_000_000
"""Rules that are run over the records of one reply together: half a second."""
SHOWN_KEY: Final = bytes(32)
"""What `hash` works with outside of the broker, whose key is the exchange's own: such pseudonyms are for show."""
_MAX_FAILURES: Final = 50
_TOO_MUCH: Final = f"records for which at most {MAX_WORK} rules are run: ask for a smaller page"


class InvalidMapping(ValueError):
    """A document that cannot be published or compiled; `findings` point into it."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = tuple(islice(dict.fromkeys(findings), MAX_FINDINGS))
        first = self.findings[0]
        more = f" and {len(self.findings) - 1} more" if len(self.findings) > 1 else ""
        super().__init__(f"the mapping cannot be used: at '{first.pointer}' expected {first.expected}{more}")


class Unmappable(ValueError):
    """A record that cannot be mapped; `failures` are all that failed (at most 50), by target, without any value."""

    def __init__(self, failures: tuple[Failure, ...]) -> None:
        self.failures = failures
        first = failures[0]
        more = f" and {len(failures) - 1} more" if len(failures) > 1 else ""
        super().__init__(f"the record cannot be mapped: for '{first.pointer}' expected {first.expected}{more}")


class Mapping:
    """A compiled document; immutable, shared by threads.

    `standard` is slug and version; `rules` how many a record runs, lists aside; `growth` bounds how many times larger
    than its record a mapped one may be.
    """

    __slots__ = ("_key", "_step", "growth", "rules", "standard")

    def __init__(self, standard: tuple[str, str], step: Step, rules: int, growth: int, key: bytes = SHOWN_KEY) -> None:
        self.standard: Final = standard
        self._step: Final = step
        self.rules: Final = rules
        self.growth: Final = growth
        self._key: Final = key

    def keyed(self, key: bytes) -> "Mapping":
        """The same mapping with another key for `hash`."""
        return Mapping(self.standard, self._step, self.rules, self.growth, key)

    def apply(self, record: Any, counts: Counts | None = None) -> Any:
        """The record of the standard; the given one is not changed, parts of it may be shared. Raises Unmappable.

        `counts` is shared by the records of one reply. Codes that no table has are added to it by their target, in
        which the places of lists are `*`; when too many rules were run, no further record is mapped.
        """
        counts = counts or Counts()
        counts.work += self.rules
        if counts.work > MAX_WORK:
            raise Unmappable((Failure("", "size", _TOO_MUCH),))
        try:
            return self._step(record, Run(record, self._key, counts))
        except Failed as error:
            raise Unmappable(error.told()) from None


def compile(document: Any, crosswalks: Members[str, Members[str, Any]] | None = None) -> Mapping:
    """The mapping of a document; `crosswalks` are the tables of those it names, by `document.Table.key`.

    Raises InvalidMapping.
    """
    parsed = parse(document, crosswalks or {})
    mapping, findings = build(parsed)
    if mapping is None:
        raise InvalidMapping(findings)
    return mapping


def build(parsed: Parsed) -> tuple[Mapping | None, list[Finding]]:
    """The mapping, and all findings so far; None when there are any."""
    findings = list(parsed.findings)
    step = None if parsed.tree is None else _built(parsed, parsed.tree, findings)
    if findings or step is None:
        return None, findings or [Finding("/fields", "required", "a rule for each property")]
    assert parsed.tree is not None
    growth = parsed.rules * (MAX_ENTRIES if _repeats(parsed.tree, within=False) else 1)
    return Mapping(parsed.standard, step, _size(parsed.tree), growth), []


def _size(node: Node) -> int:
    """How many rules the node runs; what a list runs for its entries is counted when there are some."""
    return 1 + (sum(map(_size, node.fields.values())) if isinstance(node, Branch) else 0)


def _repeats(node: Node, within: bool) -> bool:
    """Whether each entry of a list may repeat what is outside of it: constants, stand-ins, the record's other parts."""
    if isinstance(node, Listed):
        return _repeats(node.item, within=True)
    if isinstance(node, Branch):
        return any(_repeats(each, within) for each in node.fields.values())
    told = node.rule.model_dump(by_alias=True)
    sources = told.get("from", "")
    rooted = any(each.startswith("#") for each in (sources if isinstance(sources, list) else [sources]))
    return within and (rooted or node.kind.name in ("const", "code") or told["on_missing"] not in ("reject", "omit"))


# -- building ----------------------------------------------------------------------------------------------------------


def _built(parsed: Parsed, node: Node, findings: list[Finding]) -> Step | None:
    if isinstance(node, Leaf):
        try:
            return node.kind.build(node.rule, Place(node.target, parsed.tables, parsed.empty))
        except Misshapen as error:
            findings.append(Finding(node.at + error.member, error.rule, error.expected))
            return None
    if isinstance(node, Listed):
        item = _built(parsed, node.item, findings)
        return None if item is None else _each(parsed, node, item)
    steps = [(name, _built(parsed, each, findings)) for name, each in node.fields.items()]
    ready = [(name, step) for name, step in steps if step is not None]
    return _group(parsed, node, ready) if len(ready) == len(steps) else None


def _object(steps: list[tuple[str, Step]]) -> Step:
    def step(value: Any, run: Run) -> Any:
        made = {}
        failures: list[tuple[Path, str, str, str]] | None = None
        for name, each in steps:
            try:
                found = each(value, run)
            except Failed as error:
                failures = _collected(failures, name, error)
            else:
                if found is not OMITTED:
                    made[name] = found
        if failures is not None:
            raise Failed(failures)
        return made

    return step


def _collected(
    failures: list[tuple[Path, str, str, str]] | None, step: str | int, error: Failed
) -> list[tuple[Path, str, str, str]]:
    failures = [] if failures is None else failures
    room = _MAX_FAILURES - len(failures)
    failures += [((step, *path), rule, expected, source) for path, rule, expected, source in error.failures[:room]]
    return failures


def _group(parsed: Parsed, node: Branch, steps: list[tuple[str, Step]]) -> Step:
    inner, shape = _object(steps), node.shape
    if shape.source is None and shape.when is None:
        return inner
    move = None if shape.source is None else reader(shape.source)
    look = None if shape.when is None else reader(shape.when)
    named, empty = shape.when if shape.when is not None else str(shape.source), parsed.empty
    absent = instead(shape.on_missing, "missing", "a value", named)

    def step(value: Any, run: Run) -> Any:
        for read in (look, move):
            there = value if read is None else read(value, run)
            if there is None or (type(there) is str and there in empty):
                return absent()
        return inner(value if move is None else there, run)

    return step


def _each(parsed: Parsed, node: Listed, item: Step) -> Step:
    shape = node.shape
    read, source, separator, empty = reader(shape.each), shape.each, shape.separator, parsed.empty
    weight = _size(node.item)
    absent = instead(shape.on_missing, "missing", "a list" if separator is None else "a text", source)

    def entries(value: Any) -> Any:
        if separator is None:
            if type(value) is not list:
                raise failed("each", "a list", source)
            return value
        if type(value) is not str:
            raise failed("each", "a text", source)
        return [part.strip() for part in value.split(separator, MAX_ENTRIES + 1) if part.strip()]

    def step(value: Any, run: Run) -> Any:
        value = read(value, run)
        if value is None or (type(value) is str and value in empty):
            return absent()
        found = entries(value)
        run.entries += len(found)
        if run.entries > MAX_ENTRIES:
            raise failed("each", f"at most {MAX_ENTRIES} entries in one record", source)
        run.counts.work += len(found) * weight
        if run.counts.work > MAX_WORK:
            raise failed("size", _TOO_MUCH, source)
        return _mapped(item, found, run)

    return step


def _mapped(item: Step, entries: list[Any], run: Run) -> list[Any]:
    made: list[Any] = []
    failures: list[tuple[Path, str, str, str]] | None = None
    for position, each in enumerate(entries):
        try:
            found = item(each, run)
        except Failed as error:
            failures = _collected(failures, position, error)
            if len(failures) >= _MAX_FAILURES:
                break
        else:
            if found is not OMITTED:
                made.append(found)
    if failures is not None:
        raise Failed(failures)
    return made


def heavier(values: list[Any], characters: int) -> bool:
    """Whether values, written as JSON, have more characters than this; stops counting early, never recurses."""
    left, waiting = characters, list(values)
    while waiting and left >= 0:
        node = waiting.pop()
        left -= 1
        if isinstance(node, str):
            left -= len(node)
        elif isinstance(node, dict):
            left -= sum(map(len, node))
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return left < 0
