"""The rule `date`: texts in stated formats become dates and moments of ISO 8601 (RFC 3339). Nothing is guessed.

Signs of a format: YYYY MM M DD D HH H mm ss SSS (a fraction, one to nine digits) ZZ (`Z`, `+08:00` or `+0800`); `T` and
all that is neither letter nor digit of ASCII stand for themselves. `epoch-seconds` and `epoch-milliseconds` are formats
too. Offsets are fixed: a place's clock has a history (Shanghai had summer time until 1991), and an offset has none.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field as Shape

from standards.mapping.rules import Kind, Misshapen, Place, Reading, Run, Step, failed, folded, reading

_TOKEN = re.compile(r"YYYY|MM|M|DD|D|HH|H|mm|ss|SSS|ZZ|.", re.DOTALL)
_PATTERNS = {
    "YYYY": "([0-9]{4})", "MM": "([0-9]{2})", "M": "([0-9]{1,2})", "DD": "([0-9]{2})", "D": "([0-9]{1,2})",
    "HH": "([0-9]{2})", "H": "([0-9]{1,2})", "mm": "([0-9]{2})", "ss": "([0-9]{2})", "SSS": "([0-9]{1,9})",
    "ZZ": "(Z|[+-][0-9]{2}:?[0-9]{2})",
}  # fmt: skip
_VARIABLE = frozenset({"M", "D", "H", "SSS"})
_SAME = {"M": "MM", "D": "DD", "H": "HH"}
_EPOCHS = {"epoch-seconds": 1, "epoch-milliseconds": 1000}
_NEEDED = {"date": ("YYYY", "MM", "DD"), "month": ("YYYY", "MM"), "year": ("YYYY",)}
_NEEDED["date-time"] = (*_NEEDED["date"], "HH", "mm")
_LONGEST = 64
_MOST_SECONDS = 253_402_300_799
"""9999-12-31T23:59:59Z"""


_Fits = Callable[[str], re.Match[str] | None]


class Date(Reading):
    """A date in one of the stated formats."""

    op: Literal["date"]
    formats: list[Annotated[str, Shape(min_length=2, max_length=40)]] = Shape(min_length=1, max_length=10)
    to: Literal["date", "date-time", "month", "year"] = "date"
    offset: str | None = Shape(
        default=None,
        pattern=r"^(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$",
        description="of texts without one; those with one are brought to it",
    )


class _Format(NamedTuple):
    written: str
    names: tuple[str, ...]
    fits: re.Pattern[str]
    shape: str


def _date(rule: Date, place: Place) -> Step:
    zone = None if rule.offset is None else _zone(rule.offset)
    formats = [_compiled(rule, index) for index in range(len(rule.formats)) if rule.formats[index] not in _EPOCHS]
    epochs = [_EPOCHS[each] for each in rule.formats if each in _EPOCHS]
    _one_meaning(rule, formats, epochs)
    readers = [_reader(each, rule.to, zone) for each in formats]
    expected, source = "a date as " + " or ".join(rule.formats), rule.source
    write = _WRITERS[rule.to]

    def work(value: Any, run: Run) -> Any:
        kind = type(value)
        if kind is str and len(value) <= _LONGEST:
            written = folded(value)
            for read in readers:
                found = read(written)
                if found is not None:
                    return found
        if epochs and (kind is int or (kind is str and _whole(value))):
            moment = _moment(int(folded(value) if kind is str else value), epochs[0], zone)
            if moment is not None:
                return write(moment)
        raise failed("date", expected, source)

    return reading(rule, place, work)


def _whole(value: str) -> bool:
    written = folded(value[:20]).removeprefix("-")
    return len(value) < 20 and written.isascii() and written.isdigit()


def _moment(count: int, parts: int, zone: timezone | None) -> datetime | None:
    if not -62_135_596_800 <= count // parts <= _MOST_SECONDS:
        return None
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=count // parts, milliseconds=count % parts)
        return moment.astimezone(zone)
    except (OverflowError, ValueError):
        return None


def _zone(offset: str) -> timezone:
    if offset == "Z":
        return UTC
    digits = offset[1:].replace(":", "")
    distance = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-distance if offset[0] == "-" else distance)


# -- formats -----------------------------------------------------------------------------------------------------------


def _compiled(rule: Date, index: int) -> _Format:
    """Raises Misshapen."""
    written, member = folded(rule.formats[index]), f"/formats/{index}"
    tokens = _TOKEN.findall(written)
    names = tuple(_SAME.get(token, token) for token in tokens if token in _PATTERNS)
    if len(set(names)) < len(names):
        raise Misshapen(member, "format", "each part of a date once")
    strange = [each for each in tokens if each not in _PATTERNS and each != "T" and each.isascii() and each.isalnum()]
    if strange:
        signs = " ".join(_PATTERNS)
        raise Misshapen(member, "format", f"the signs {signs}; besides these T and what is no letter or digit")
    missing = [each for each in _NEEDED[rule.to] if each not in names]
    if missing:
        raise Misshapen(member, "format", f"{' '.join(missing)} as well, which '{rule.to}' is made of")
    if rule.to == "date-time" and "ZZ" not in names and rule.offset is None:
        raise Misshapen("/offset", "required", "the offset of texts that bear none, such as +08:00")
    if _runs_together(tokens):
        raise Misshapen(member, "format", "two-digit parts where parts follow each other without a sign between")
    pattern = "".join(_PATTERNS.get(token, re.escape(token)) for token in tokens)
    return _Format(written, names, re.compile(pattern), _shape(tokens))


def _runs_together(tokens: list[str]) -> bool:
    """A part of variable length beside another part: where one ends is anybody's guess."""
    return any(
        {first, second} & _VARIABLE and first in _PATTERNS and second in _PATTERNS and second != "ZZ"
        for first, second in pairwise(tokens)
    )


def _shape(tokens: list[str]) -> str:
    """What texts of the format look like: digits as 9. Two formats of one shape could read the same text."""
    digits = "".join("9" * len(each) if each in _PATTERNS and each != "ZZ" else each for each in tokens)
    return re.sub(r"(?<!9)9{1,2}(?!9)", "99", digits)


def _one_meaning(rule: Date, formats: list[_Format], epochs: list[int]) -> None:
    known: dict[str, _Format] = {}
    for each in formats:
        other = known.setdefault(each.shape, each)
        if other.names != each.names:
            raise Misshapen("/formats", "ambiguous", f"either {other.written} or {each.written}: one text fits both")
    if len(epochs) > 1 or (epochs and any(each.shape.isdigit() for each in formats)):
        raise Misshapen("/formats", "ambiguous", "one meaning of a number: epoch-seconds, epoch-milliseconds or digits")
    if epochs and rule.offset is None:
        raise Misshapen("/offset", "required", "the offset in which the moment is told, such as +08:00")


# -- reading -----------------------------------------------------------------------------------------------------------


def _reader(form: _Format, to: str, zone: timezone | None) -> Callable[[str], Any]:
    fits, write = form.fits.fullmatch, _WRITERS[to]
    at = {name: number for number, name in enumerate(form.names)}
    if to == "date" and sorted(form.names) == ["DD", "MM", "YYYY"]:
        return _days(fits, at["YYYY"], at["MM"], at["DD"])
    if to == "month" and form.names in (("YYYY", "MM"), ("MM", "YYYY")):
        return _months(fits, at["YYYY"], at["MM"])

    def read(written: str) -> Any:
        match = fits(written)
        if match is None:
            return None
        parts = dict(zip(form.names, match.groups(), strict=True))
        try:
            return write(_at(parts, zone))
        except (ValueError, OverflowError):
            return None

    return read


def _days(fits: _Fits, year: int, month: int, day: int) -> Callable[[str], Any]:
    def read(written: str) -> Any:
        match = fits(written)
        if match is None:
            return None
        parts = match.groups()
        try:
            return date(int(parts[year]), int(parts[month]), int(parts[day])).isoformat()
        except ValueError:
            return None

    return read


def _months(fits: _Fits, year: int, month: int) -> Callable[[str], Any]:
    def read(written: str) -> Any:
        match = fits(written)
        if match is None:
            return None
        parts = match.groups()
        number = int(parts[month])
        return f"{parts[year]}-{number:02d}" if 1 <= number <= 12 and parts[year] != "0000" else None

    return read


def _at(parts: dict[str, str], zone: timezone | None) -> datetime:
    """Raises ValueError, OverflowError."""
    own = _zone(parts["ZZ"]) if "ZZ" in parts else None
    moment = datetime(
        int(parts["YYYY"]),
        int(parts.get("MM", 1)),
        int(parts.get("DD", 1)),
        int(parts.get("HH", 0)),
        int(parts.get("mm", 0)),
        int(parts.get("ss", 0)),
        int(parts.get("SSS", "0")[:6].ljust(6, "0")),
        tzinfo=own or zone,
    )
    return moment.astimezone(zone) if own and zone else moment


_WRITERS: dict[str, Callable[[datetime], Any]] = {
    "date": lambda moment: moment.date().isoformat(),
    "date-time": lambda moment: moment.isoformat(),
    "month": lambda moment: f"{moment.year:04d}-{moment.month:02d}",
    "year": lambda moment: moment.year,
}

KIND = Kind("date", Date, _date, lambda rule: frozenset({"integer" if rule.to == "year" else "string"}))
