"""The rules `number` and `unit`: exact decimal arithmetic, stated separators, stated rounding.

Nothing passes through binary fractions on the way in: texts are read digit by digit, JSON numbers by their shortest
decimal form. Factors are rational, so that 1 亩 is 2000/3 m² and not 666.67; only the result is rounded, as stated.
"""

import decimal
import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import Any, Literal

from pydantic import Field as Shape
from pydantic import model_validator

from standards.mapping.rules import Kind, Misshapen, Place, Reading, Run, Step, failed, folded, reading
from standards.mapping.units import UNITS, factor_of

_LONGEST = 64
_SAFE = 2**53
_LEAST, _MOST = -(2**63), 2**64 - 1
_ROUNDINGS = {
    "half-up": decimal.ROUND_HALF_UP,
    "half-even": decimal.ROUND_HALF_EVEN,
    "down": decimal.ROUND_DOWN,
    "up": decimal.ROUND_UP,
    "floor": decimal.ROUND_FLOOR,
    "ceiling": decimal.ROUND_CEILING,
}
_EXACT = decimal.Context(prec=200, Emin=-1000, Emax=1000)
Rounding = Literal["half-up", "half-even", "down", "up", "floor", "ceiling"]


class Number(Reading):
    """A number, given as one or as a text with the stated decimal sign and, if any, thousands separator."""

    op: Literal["number"]
    decimal: Literal[".", ","] = "."
    group: Literal["", ",", ".", " ", "'"] = ""
    to: Literal["number", "integer", "text"] = "number"
    scale: int | None = Shape(default=None, ge=0, le=12, strict=True, description="digits after the decimal sign")
    rounding: Rounding | None = None

    @model_validator(mode="after")
    def _clear(self) -> "Number":
        if self.decimal == self.group:
            raise ValueError("different signs for decimal and group")
        if (self.scale is None) != (self.rounding is None):
            raise ValueError("scale and rounding together: a number is never rounded silently")
        return self


class Unit(Number):
    """A number in another unit: two named units of one kind, or an exact factor such as 10000 or 2000/3."""

    op: Literal["unit"]  # type: ignore[assignment]
    unit: str | None = Shape(default=None, max_length=40, description="what the record gives")
    into: str | None = Shape(default=None, max_length=40, description="what the standard wants")
    factor: str | None = Shape(
        default=None, pattern=r"^[1-9][0-9]{0,19}(\.[0-9]{1,20}|/[1-9][0-9]{0,19})?$|^0\.[0-9]{1,20}$"
    )


def _number(rule: Number, place: Place) -> Step:
    return reading(rule, place, _work(rule, None))


def _unit(rule: Unit, place: Place) -> Step:
    if rule.scale is None:
        raise Misshapen("/scale", "required", "scale and rounding: how the result of the conversion is rounded")
    return reading(rule, place, _work(rule, _factor(rule)))


def _factor(rule: Unit) -> tuple[Fraction, Fraction]:
    """(times, plus). Raises Misshapen."""
    named = rule.unit is not None and rule.into is not None
    if named == (rule.factor is not None) or (rule.unit is None) != (rule.into is None):
        raise Misshapen("", "unit", "either unit and into, or factor")
    if rule.factor is not None:
        factor = Fraction(rule.factor)
        if not factor:
            raise Misshapen("/factor", "unit", "a factor above zero")
        return factor, Fraction(0)
    for member, name in (("/unit", rule.unit), ("/into", rule.into)):
        if name not in UNITS:
            raise Misshapen(member, "known", f"one of {', '.join(UNITS)}")
    assert rule.unit is not None
    assert rule.into is not None
    found = factor_of(rule.unit, rule.into)
    if found is None:
        raise Misshapen("/into", "unit", f"a unit of the same kind as {rule.unit}")
    return found


def _work(rule: Number, convert: tuple[Fraction, Fraction] | None) -> Callable[[Any, Run], Any]:
    source, op, scale = rule.source, rule.op, rule.scale
    read, give = _reader(rule), _giver(rule)
    times, plus = convert or (Fraction(1), Fraction(0))
    multiplier, divisor = Decimal(times.numerator), Decimal(times.denominator)
    offset = _EXACT.divide(Decimal(plus.numerator), Decimal(plus.denominator)) if plus else None
    step = None if scale is None else Decimal(1).scaleb(-scale)
    rounding = _ROUNDINGS[rule.rounding] if rule.rounding else None
    expected = _expected(rule)

    def work(value: Any, run: Run) -> Any:
        number = read(value)
        if number is None:
            raise failed(op, expected, source)
        if convert is not None:
            number = _EXACT.divide(_EXACT.multiply(number, multiplier), divisor)
            if offset is not None:
                number = _EXACT.add(number, offset)
        if step is not None:
            number = number.quantize(step, rounding, _EXACT)
        given = give(number)
        if given is None:
            raise failed(op, _BOUNDS[rule.to], source)
        return given

    return work


def _expected(rule: Number) -> str:
    group = f", thousands apart by {rule.group!r}" if rule.group else ""
    return f"a number with the decimal sign {rule.decimal!r}{group}"


_BOUNDS = {
    "integer": "a whole number within 64 bits; state scale and rounding to have it rounded",
    "number": "a number of at most 15 digits; take it to text, or state scale and rounding",
    "text": "a number of at most 64 digits",
}


def _reader(rule: Number) -> Callable[[Any], Decimal | None]:
    point, group = re.escape(rule.decimal), re.escape(rule.group)
    whole = f"(?:[0-9]{{1,3}}(?:{group}[0-9]{{3}})+|[0-9]+)" if group else "[0-9]+"
    fits = re.compile(f"[+-]?{whole}(?:{point}[0-9]+)?").fullmatch
    drop, comma = rule.group, rule.decimal == ","

    def read(value: Any) -> Decimal | None:
        kind = type(value)
        if kind is int:
            return Decimal(value) if _LEAST <= value <= _MOST else None
        if kind is float:
            return Decimal(repr(value)) if isfinite(value) and abs(value) < 1e30 else None
        if kind is not str or len(value) > _LONGEST:
            return None
        written = folded(value).replace("\u2212", "-")
        if len(written) > _LONGEST or fits(written) is None:
            return None
        if drop:
            written = written.replace(drop, "")
        return Decimal(written.replace(",", ".") if comma else written)

    return read


def _giver(rule: Number) -> Callable[[Decimal], Any]:
    if rule.to == "text":
        return lambda number: format(number, "f")
    if rule.to == "integer":
        return _integer
    return _real


def _integer(number: Decimal) -> int | None:
    if number.adjusted() > 20 or number != (whole := int(number)) or not _LEAST <= whole <= _MOST:
        return None
    return whole


def _real(number: Decimal) -> int | float | None:
    """As JSON readers keep it: whole up to 2^53, else a fraction that reads back as the same decimal."""
    if number.adjusted() < 16 and number == (whole := int(number)):
        return whole if -_SAFE <= whole <= _SAFE else None
    real = float(number)
    return real if Decimal(repr(real)) == number else None


def _gives(rule: Number) -> frozenset[str]:
    return frozenset({"number": {"number", "integer"}, "integer": {"integer"}, "text": {"string"}}[rule.to])


KINDS = (Kind("number", Number, _number, _gives), Kind("unit", Unit, _unit, _gives))
