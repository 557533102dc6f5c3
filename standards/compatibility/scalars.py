"""Which keywords on numbers, texts and whole values follow from the facts (JSON Schema 2020-12 validation, 6)."""

from fractions import Fraction
from math import gcd, lcm

from standards.compatibility.facts import Facts, exact, judged_alike, whole_bounds
from standards.compatibility.graph import Node
from standards.compatibility.keywords import types_of
from standards.compatibility.prover import CODES, Failures, Prover, Rule


def type_follows(prover: Prover, facts: Facts, reader: Node) -> Failures:
    allowed = types_of(reader.schema["type"])
    return [] if facts.types <= allowed else [prover.failure("type-refused", facts, reader, "type")]


def list_follows(prover: Prover, facts: Facts, reader: Node) -> Failures:
    """When the writer's values are few they were tried one by one, so here they are not."""
    return [prover.failure("value-refused", facts, reader, "enum")]


def const_follows(prover: Prover, facts: Facts, reader: Node) -> Failures:
    return [prover.failure("value-refused", facts, reader, "const")]


def minimum_follows(prover: Prover, facts: Facts, reader: Node) -> Failures:
    return _bound_follows(prover, facts, reader, "minimum")


def exclusive_minimum_follows(prover: Prover, facts: Facts, reader: Node) -> Failures:
    return _bound_follows(prover, facts, reader, "exclusiveMinimum")


def maximum_follows(prover: Prover, facts: Facts, reader: Node) -> Failures:
    return _bound_follows(prover, facts, reader, "maximum")


def exclusive_maximum_follows(prover: Prover, facts: Facts, reader: Node) -> Failures:
    return _bound_follows(prover, facts, reader, "exclusiveMaximum")


def _bound_follows(prover: Prover, facts: Facts, reader: Node, keyword: str) -> Failures:
    wanted = Fraction(reader.schema[keyword])
    lower, exclusive = "inimum" in keyword, keyword.startswith("exclusive")
    if "fraction" not in facts.types:
        low, high = whole_bounds(facts)
        least = low if lower else high
        sure = least is not None and (least > wanted if lower else least < wanted)
        sure = sure or (least == wanted and not exclusive)
    else:
        known = facts.lower if lower else facts.upper
        sure = known is not None and (known[0] > wanted if lower else known[0] < wanted)
        never = "integer" not in facts.types and wanted.denominator == 1  # no fraction is the bound itself
        sure = sure or (known is not None and known[0] == wanted and (known[1] or not exclusive or never))
    return [] if sure and judged_alike(wanted) else [prover.failure(CODES[keyword], facts, reader, keyword)]


def multiple_follows(prover: Prover, facts: Facts, reader: Node) -> Failures:
    """Exact: 0.3 is three times 0.1. Several steps at once are a multiple of their least common multiple."""
    steps = list(facts.multiples)
    if "fraction" not in facts.types:
        steps.append(Fraction(1))
    if steps:
        common = Fraction(lcm(*(each.numerator for each in steps)), gcd(*(each.denominator for each in steps)))
        if (common / exact(reader.schema["multipleOf"])).denominator == 1:
            return []
    return [prover.failure("not-a-multiple", facts, reader, "multipleOf")]


def pattern_follows(prover: Prover, facts: Facts, reader: Node) -> Failures:
    """Only from the same pattern: whether one expression contains another is not decided here."""
    known = reader.schema["pattern"] in facts.patterns or reader.schema["pattern"] in _ANYTHING
    return [] if known else [prover.failure("pattern-not-assured", facts, reader, "pattern")]


_ANYTHING = frozenset({"", "^", "$", ".*"})


def format_follows(prover: Prover, facts: Facts, reader: Node) -> Failures:
    known = reader.schema["format"] in facts.formats
    return [] if known else [prover.failure("format-not-assured", facts, reader, "format")]


def count_follows(keyword: str) -> Rule:
    """The rule for a keyword that counts characters, items or members."""

    def follows(prover: Prover, facts: Facts, reader: Node) -> Failures:
        wanted, known = int(reader.schema[keyword]), facts.bounds.get(keyword)
        at_least = keyword.startswith("min")
        sure = (known or 0) >= wanted if at_least else known is not None and known <= wanted
        return [] if sure else [prover.failure(CODES[keyword], facts, reader, keyword)]

    return follows
