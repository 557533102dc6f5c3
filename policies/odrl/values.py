"""Values of constraints, and how one compares with another: yes, no, or not to be said. Pure.

Numbers, moments, durations and booleans compare by value (XML Schema 1.1, part 2), everything else as text, which is
equal or not and has no order. A day stands for all its moments; a day or moment without a zone is read in the zone of
the time that is asked about. Durations of months against days are compared by their bounds: 28 to 31 days a month.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Final, TypeVar

from rdflib import XSD, BNode, Literal, URIRef
from rdflib.term import Node

T = TypeVar("T")

LONGEST: Final = 2_000
"""Characters of a value; a longer one compares as text only."""

_NUMBERS: Final = frozenset(
    {"decimal", "integer", "double", "float", "long", "int", "short", "byte", "nonNegativeInteger", "positiveInteger"}
    | {"nonPositiveInteger", "negativeInteger", "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte"}
)
_MOMENTS: Final = frozenset({"dateTime", "dateTimeStamp", "date"})
_DURATIONS: Final = frozenset({"duration", "dayTimeDuration", "yearMonthDuration"})
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,6})?", re.ASCII)
_MOMENT: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,20}))?)?)?(Z|[+-]\d\d:\d\d)?",
    re.ASCII,
)
_DURATION: Final = re.compile(
    r"(-?)P(?=.)(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,8})D)?"
    r"(?:T(?=.)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,12})(?:\.(\d{1,6}))?S)?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Value:
    """A text, with the local name of its XML Schema type; `iri` when it names a thing."""

    text: str
    type: str | None = None
    iri: bool = False


Signs = frozenset[int]
"""How the first of two values may stand to the second: less (-1), equal (0), more (1)."""
LESS, EQUAL, MORE = frozenset({-1}), frozenset({0}), frozenset({1})
OTHER, ANY = frozenset({-1, 1}), frozenset({-1, 0, 1})

_HOLDS: Final[Mapping[str, Signs]] = {
    "eq": EQUAL,
    "neq": OTHER,
    "lt": LESS,
    "lteq": LESS | EQUAL,
    "gt": MORE,
    "gteq": MORE | EQUAL,
}


def of_node(node: Node) -> Value:
    """The value of a node of a graph."""
    if isinstance(node, Literal):
        type = str(node.datatype).removeprefix(str(XSD)) if node.datatype else None
        return Value(str(node), type)
    return Value(str(node), iri=isinstance(node, URIRef | BNode))


def compared(operator: str, given: Value, wanted: Value, zone: tzinfo) -> bool | None:
    """Whether `given operator wanted` holds, for an operator of order or equality; None where it cannot be said."""
    signs, holds = _signs(given, wanted, zone), _HOLDS[operator]
    if signs <= holds:
        return True
    return None if signs & holds else False


def _signs(given: Value, wanted: Value, zone: tzinfo) -> Signs:
    type = wanted.type or given.type
    if wanted.iri or given.iri or max(len(given.text), len(wanted.text)) > LONGEST:
        return EQUAL if given.text == wanted.text else OTHER
    if type in _MOMENTS:
        return _between(_moments(given.text, zone), _moments(wanted.text, zone), _spans)
    if type in _NUMBERS:
        return _between(_number(given.text), _number(wanted.text), _plain)
    if type in _DURATIONS:
        return _between(_duration(given.text), _duration(wanted.text), _lengths)
    if type == "boolean":
        return _between(_boolean(given.text), _boolean(wanted.text), lambda a, b: EQUAL if a == b else OTHER)
    return EQUAL if given.text == wanted.text else OTHER


def _between(one: T | None, other: T | None, compare: Callable[[T, T], Signs]) -> Signs:
    return ANY if one is None or other is None else compare(one, other)


def _plain(one: Decimal, other: Decimal) -> Signs:
    return LESS if one < other else MORE if one > other else EQUAL


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text) if _NUMBER.fullmatch(text) else None
    except InvalidOperation:
        return None


def _boolean(text: str) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(text)


Span = tuple[datetime, datetime]


def _moments(text: str, zone: tzinfo) -> Span | None:
    """First moment, and the one after the last; the same twice for a moment."""
    found = _MOMENT.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    try:
        zone = zone if offset is None else _zone(offset)
        if hour is None:
            start = datetime(int(year), int(month), int(day), tzinfo=zone)
            return start.astimezone(UTC), (start + timedelta(days=1)).astimezone(UTC)
        if hour == "24":
            if minute != "00" or int(second or 0) or int(fraction or 0):
                return None
            at = datetime(int(year), int(month), int(day), tzinfo=zone) + timedelta(days=1)
        else:
            parts = (int(year), int(month), int(day), int(hour), int(minute), int(second or 0))
            at = datetime(*parts, int((fraction or "0")[:6].ljust(6, "0")), tzinfo=zone)
        return at.astimezone(UTC), at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(offset: str) -> tzinfo:
    if offset == "Z":
        return UTC
    sign = -1 if offset[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6])))


def moment(text: str, zone: tzinfo = UTC) -> datetime | None:
    """One moment, of a text that is no whole day; in the zone that it was written in."""
    span = _moments(text, zone)
    if span is None or "T" not in text:
        return None
    found = _MOMENT.fullmatch(text)
    return span[0].astimezone(_zone(found[8]) if found and found[8] else zone)


def _spans(one: Span, other: Span) -> Signs:
    if other[0] <= one[0] and (one[1] < other[1] or (one == other)):
        return EQUAL  # a moment of the day, the very same moment or day
    if one[1] <= other[0]:
        return LESS
    return MORE if one[0] > other[0] and one[0] >= other[1] else ANY


def _duration(text: str) -> tuple[int, Decimal] | None:
    """Months and seconds."""
    found = _DURATION.fullmatch(text)
    if not found:
        return None
    years, months, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:7])
    rest = Decimal(f"{seconds}.{found[8] or 0}") + 60 * minutes + 3600 * hours + 86_400 * days
    sign = -1 if found[1] else 1
    return sign * (12 * years + months), sign * rest


def seconds(text: str) -> int | None:
    """The whole seconds of a duration without months."""
    found = _duration(text)
    return int(found[1]) if found and found[0] == 0 and found[1] == int(found[1]) else None


def _lengths(one: tuple[int, Decimal], other: tuple[int, Decimal]) -> Signs:
    months, seconds = one[0] - other[0], one[1] - other[1]
    ends = sorted(months * days * 86_400 + seconds for days in (28, 31))
    if months == 0:
        return _plain(seconds, Decimal(0))
    if ends[1] < 0:
        return LESS
    return MORE if ends[0] > 0 else ANY
