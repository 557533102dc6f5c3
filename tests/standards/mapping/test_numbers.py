"""Numbers and units: exact, and rounded only as stated."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standards.mapping import compile
from standards.mapping.units import UNITS, factor_of
from tests.standards.mapping.conftest import document


@pytest.mark.parametrize(
    ("rule", "value", "made"),
    [
        ({}, "12.5", 12.5),
        ({}, "１２．５", 12.5),
        ({}, "−12.5", -12.5),
        ({}, "007", 7),
        ({}, "5.0", 5),
        ({}, 12.5, 12.5),
        ({}, 0.1, 0.1),
        ({}, True, "!number"),
        ({}, "1,000", "!number"),
        ({"group": ","}, "1,234,567.5", 1234567.5),
        ({"group": ","}, "12,34", "!number"),
        ({"group": ","}, "1234", 1234),
        ({"decimal": ",", "group": "."}, "1.234,5", 1234.5),
        ({"group": "'"}, "1'000", 1000),
        ({}, "1e3", "!number"),
        ({}, "٣", "!number"),
        ({}, "10²", "!number"),
        ({}, "", "!number"),
        ({}, "9" * 65, "!number"),
        ({}, "12345678901234567.25", "!number"),
        ({}, float("inf"), "!number"),
        ({}, float("nan"), "!number"),
        ({"to": "integer"}, "12", 12),
        ({"to": "integer"}, "12.5", "!number"),
        ({"to": "integer"}, 18446744073709551615, 18446744073709551615),
        ({"to": "integer"}, "18446744073709551616", "!number"),
        ({"to": "integer"}, 10**400, "!number"),
        ({"to": "integer", "scale": 0, "rounding": "half-up"}, "12.5", 13),
        ({"to": "integer", "scale": 0, "rounding": "half-even"}, "12.5", 12),
        ({"to": "text", "scale": 2, "rounding": "half-up"}, "1.005", "1.01"),
        ({"to": "text", "scale": 2, "rounding": "down"}, "12", "12.00"),
        ({"to": "text"}, "0.10", "0.10"),
        ({"to": "text"}, "1234567890123456789012", "1234567890123456789012"),
    ],
)
def test_numbers(one, rule, value, made):
    result = one(value, op="number", **rule)
    assert result == made
    assert type(result) is type(made)


@pytest.mark.parametrize(
    ("rule", "value", "made"),
    [
        ({"unit": "wan-yuan", "into": "yuan", "scale": 2}, "1.23456", 12345.6),
        ({"unit": "mu", "into": "square-metre", "scale": 2}, "3", 2000),
        ({"unit": "mu", "into": "square-metre", "scale": 2}, 1, 666.67),
        ({"unit": "celsius", "into": "kelvin", "scale": 2}, "-273.15", 0),
        ({"unit": "fahrenheit", "into": "celsius", "scale": 1}, "212", 100),
        ({"unit": "kilometre-per-hour", "into": "metre-per-second", "scale": 3}, 36, 10),
        ({"factor": "2000/3", "scale": 0}, 3, 2000),
        ({"factor": "0.01", "scale": 2}, "125", 1.25),
        ({"factor": "1/3", "scale": 12, "to": "text"}, 1, "0.333333333333"),
        ({"factor": "10000", "scale": 0}, "many", "!unit"),
    ],
)
def test_units(one, rule, value, made):
    assert one(value, op="unit", rounding="half-up", **rule) == made


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ({"op": "number", "scale": 2}, ""),
        ({"op": "number", "rounding": "down"}, ""),
        ({"op": "number", "group": "."}, ""),
        ({"op": "number", "decimal": ";"}, "/decimal"),
        ({"op": "number", "scale": 2.0, "rounding": "down"}, "/scale"),
        ({"op": "unit", "factor": "10"}, "/scale"),
        ({"op": "unit", "scale": 0, "rounding": "down"}, ""),
        ({"op": "unit", "factor": "0.0", "scale": 0, "rounding": "down"}, "/factor"),
        ({"op": "unit", "factor": "1/0", "scale": 0, "rounding": "down"}, "/factor"),
        ({"op": "unit", "factor": 3, "scale": 0, "rounding": "down"}, "/factor"),
        ({"op": "unit", "unit": "mu", "scale": 0, "rounding": "down"}, ""),
        ({"op": "unit", "unit": "furlong", "into": "metre", "scale": 0, "rounding": "down"}, "/unit"),
        ({"op": "unit", "unit": "mu", "into": "metre", "scale": 0, "rounding": "down"}, "/into"),
    ],
)
def test_a_conversion_says_all_that_it_does(wrong, rule, place):
    assert place in wrong({"from": "/v", **rule})


@given(st.integers(-(10**15), 10**15), st.sampled_from(sorted(UNITS)), st.sampled_from(sorted(UNITS)))
def test_conversions_are_exact_but_for_the_stated_rounding(value, unit, into):
    convert = factor_of(unit, into)
    if convert is None:
        return
    rule = {"from": "/v", "op": "unit", "unit": unit, "into": into, "scale": 6, "rounding": "half-even", "to": "text"}
    made = compile(document({"x": rule})).apply({"v": value})["x"]
    exact = value * convert[0] + convert[1]
    assert abs(Fraction(made) - exact) <= Fraction(1, 2 * 10**6)
