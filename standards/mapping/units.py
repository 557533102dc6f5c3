"""Units that records of Chinese departments come in, with exact rational factors to the base of their kind.

Sources: GB 3100 (SI, units used with it); for 市制 the State Council's order of 1959: 1 市尺 = 1/3 m, 1 市斤 = 500 g,
1 市亩 = 2000/3 m². Temperatures bear an offset beside the factor.
"""

from fractions import Fraction

# kind, factor to its base, offset in the base
UNITS: dict[str, tuple[str, Fraction, Fraction]] = {
    name: (kind, Fraction(factor), Fraction(offset))
    for kind, name, factor, offset in (
        ("money", "yuan", "1", "0"),
        ("money", "fen", "1/100", "0"),
        ("money", "jiao", "1/10", "0"),
        ("money", "thousand-yuan", "1000", "0"),
        ("money", "wan-yuan", "10000", "0"),
        ("money", "million-yuan", "1000000", "0"),
        ("money", "yi-yuan", "100000000", "0"),
        ("count", "one", "1", "0"),
        ("count", "thousand", "1000", "0"),
        ("count", "wan", "10000", "0"),
        ("count", "yi", "100000000", "0"),
        ("ratio", "fraction", "1", "0"),
        ("ratio", "percent", "1/100", "0"),
        ("ratio", "permille", "1/1000", "0"),
        ("length", "metre", "1", "0"),
        ("length", "millimetre", "1/1000", "0"),
        ("length", "centimetre", "1/100", "0"),
        ("length", "kilometre", "1000", "0"),
        ("length", "chi", "1/3", "0"),
        ("length", "li", "500", "0"),
        ("area", "square-metre", "1", "0"),
        ("area", "square-kilometre", "1000000", "0"),
        ("area", "hectare", "10000", "0"),
        ("area", "mu", "2000/3", "0"),
        ("volume", "cubic-metre", "1", "0"),
        ("volume", "litre", "1/1000", "0"),
        ("mass", "gram", "1", "0"),
        ("mass", "kilogram", "1000", "0"),
        ("mass", "tonne", "1000000", "0"),
        ("mass", "jin", "500", "0"),
        ("mass", "liang", "50", "0"),
        ("duration", "second", "1", "0"),
        ("duration", "minute", "60", "0"),
        ("duration", "hour", "3600", "0"),
        ("duration", "day", "86400", "0"),
        ("speed", "metre-per-second", "1", "0"),
        ("speed", "kilometre-per-hour", "5/18", "0"),
        ("energy", "joule", "1", "0"),
        ("energy", "kilowatt-hour", "3600000", "0"),
        ("temperature", "kelvin", "1", "0"),
        ("temperature", "celsius", "1", "5463/20"),
        ("temperature", "fahrenheit", "5/9", "45967/180"),
        ("concentration", "microgram-per-cubic-metre", "1", "0"),
        ("concentration", "milligram-per-cubic-metre", "1000", "0"),
    )
}


def factor_of(unit: str, into: str) -> tuple[Fraction, Fraction] | None:
    """(times, plus) that turn `unit` into `into`, both known; None when they measure different things."""
    kind, factor, offset = UNITS[unit]
    other, divisor, base = UNITS[into]
    return (factor / divisor, (offset - base) / divisor) if kind == other else None
