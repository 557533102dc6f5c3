"""What every rule of a mapping has in common: where it reads, what happens when nothing stands there, how it fails.

A rule is a `Kind`: the shape of its parameters and `build`, which compiles them to a `Step`.

    Exception ── Failed        a record cannot be mapped; becomes `Unmappable` with all that failed
    ValueError ─ Misshapen     a rule that cannot be compiled; becomes a finding
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Shape

from standards.models import Draft
from standards.validation import Finding, pointer

MAX_TEXT: Final = 4_000
"""Characters that a rule reads of one text, and that it makes."""
_POINTER: Final = r"^#?(/([^~/]|~[01])*)*$"
_MOST_INTEGER: Final = 2**64

_ORDINARY: Final = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
"""Halfwidth and Fullwidth Forms (Unicode block FF00) to ASCII, and the ideographic space."""

Pointer = Annotated[str, Shape(pattern=_POINTER, max_length=500)]
"""JSON Pointer (RFC 6901) into the record, or into the entry of a list within `each`; `#/…` is the whole record's."""
Path = tuple[str | int, ...]


class Omitted(Enum):
    OMITTED = "leave the property out"


OMITTED: Final = Omitted.OMITTED


class Failure(NamedTuple):
    """What failed for one property: `pointer` into the mapped record, `source` as the document says it. No value."""

    pointer: str
    rule: str
    expected: str
    source: str = ""

    def finding(self) -> Finding:
        return Finding(self.pointer, self.rule, self.expected)

    def as_dict(self) -> dict[str, str]:
        return self._asdict()


class Failed(Exception):
    """Failures with the path so far, the innermost step first told."""

    def __init__(self, failures: list[tuple[Path, str, str, str]]) -> None:
        super().__init__()
        self.failures = failures

    def told(self) -> tuple[Failure, ...]:
        return tuple(Failure(pointer(path), rule, expected, source) for path, rule, expected, source in self.failures)


def failed(rule: str, expected: str, source: str) -> Failed:
    return Failed([((), rule, expected, source)])


@dataclass(slots=True)
class Counts:
    """What is counted over the records of one reply: codes that no table has, by target; and rules that were run."""

    unmapped: dict[str, int] = field(default_factory=dict)
    work: int = 0


class Run:
    """One record on its way through a mapping."""

    __slots__ = ("counts", "entries", "key", "root")

    def __init__(self, root: Any, key: bytes, counts: Counts) -> None:
        self.root = root
        self.key = key
        self.counts = counts
        self.entries = 0


Read = Callable[[Any, Run], Any]
"""(record or entry, run) → what stands at the pointer; None where nothing does."""
Step = Callable[[Any, Run], Any]
"""(record or entry, run) → the value of the target, or OMITTED. Raises Failed."""
Work = Callable[[Any, Run], Any]
"""(a value that is there, run) → the value of the target. Raises Failed."""


class Misshapen(ValueError):
    """`member` of the rule is wrong."""

    def __init__(self, member: str, rule: str, expected: str) -> None:
        super().__init__(expected)
        self.member, self.rule, self.expected = member, rule, expected


class Other(Draft):
    """A value to stand in: any JSON value."""

    value: Any


Instead = Literal["reject", "null", "omit"] | Other


class Rule(Draft):
    """Every rule. `on_missing` says what happens where nothing, null or one of the document's `empty` texts stands."""

    model_config = ConfigDict(populate_by_name=True, allow_inf_nan=False)

    op: str
    on_missing: Instead = "reject"


class Reading(Rule):
    """A rule that reads one value."""

    source: Pointer = Shape(alias="from")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule stands: `at` names the target for counts, lists as `*`; `tables` and `empty` are the document's."""

    at: str
    tables: Mapping[str, Mapping[str, Any]]
    empty: frozenset[str]


@dataclass(frozen=True, slots=True)
class Kind:
    """One operation; `gives` are the JSON types of its results, empty where that depends on the record."""

    name: str
    shape: type[Rule]
    build: Callable[[Any, Place], Step]
    gives: Callable[[Any], frozenset[str]] = lambda rule: frozenset()


def reader(source: str) -> Read:
    """Compiles a pointer. Objects are entered by name, lists by a decimal index."""
    rooted = source.startswith("#")
    tokens = [token.replace("~1", "/").replace("~0", "~") for token in source.removeprefix("#").split("/")[1:]]
    if len(tokens) == 1 and not rooted and not tokens[0].isdigit():
        return _member(tokens[0])
    steps = [(token, int(token) if token.isascii() and token.isdigit() and len(token) < 6 else -1) for token in tokens]

    def read(value: Any, run: Run) -> Any:
        if rooted:
            value = run.root
        for name, index in steps:
            if type(value) is dict:
                value = value.get(name)
            elif type(value) is list and 0 <= index < len(value):
                value = value[index]
            else:
                return None
        return value

    return read


def _member(name: str) -> Read:
    def read(value: Any, run: Run) -> Any:
        return value.get(name) if type(value) is dict else None

    return read


def reading(rule: Reading, place: Place, work: Work) -> Step:
    """The step of a rule that reads one value and works on it where it is there."""
    read, empty, absent = reader(rule.source), place.empty, instead(rule.on_missing, "missing", "a value", rule.source)

    def step(value: Any, run: Run) -> Any:
        value = read(value, run)
        if value is None or (empty and type(value) is str and value in empty):
            return absent()
        return work(value, run)

    return step


def instead(what: Instead, rule: str, expected: str, source: str) -> Callable[[], Any]:
    """What stands in: null, nothing, another value; or the failure."""
    if what == "reject":

        def refuse() -> Any:
            raise failed(rule, expected, source)

        return refuse
    if isinstance(what, Other):
        other = what.value
        return lambda: other
    return (lambda: None) if what == "null" else (lambda: OMITTED)


def stand_ins(rule: BaseModel) -> list[tuple[str, Any]]:
    """What a rule may put in place of a value: (its pointer within the rule, the value or OMITTED)."""
    found: list[tuple[str, Any]] = []
    for name in ("on_missing", "on_unmapped"):
        what = getattr(rule, name, "reject")
        if isinstance(what, Other):
            found.append((f"/{name}/value", what.value))
        elif what != "reject":
            found.append((f"/{name}", None if what == "null" else OMITTED))
    return found


def textual(value: Any, source: str, rule: str) -> str:
    """A text, or a whole number as text; anything else fails."""
    if type(value) is str and len(value) <= MAX_TEXT:
        return value
    if type(value) is int and -_MOST_INTEGER < value < _MOST_INTEGER:
        return str(value)
    raise failed(rule, f"a text of at most {MAX_TEXT} characters, or a whole number", source)


def folded(value: str) -> str:
    """Full-width letters, digits and signs as their ordinary forms, without space around.

    Not the whole of Unicode's NFKC, for which 10² is 102.
    """
    return value.strip() if value.isascii() else value.translate(_ORDINARY).strip()
