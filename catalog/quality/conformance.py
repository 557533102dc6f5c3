"""The share of replies that conform, with its 95 % interval (Wilson 1927, score interval). Pure."""

from math import sqrt
from typing import NamedTuple

Z = 1.959963984540054
"""The normal distribution's 97.5 % point."""


class Share(NamedTuple):
    """`observed` of `total` is `value`; the true share lies between `lower` and `upper` in 95 of 100 such samples."""

    observed: int
    total: int
    value: float | None
    lower: float
    upper: float


def share(observed: int, total: int) -> Share:
    """`total` 0 says nothing: no value, and an interval from 0 to 1. ValueError when more were observed than seen."""
    if not 0 <= observed <= total:
        raise ValueError(f"{observed} of {total} is no share")
    if total == 0:
        return Share(0, 0, None, 0.0, 1.0)
    value, square = observed / total, Z * Z
    centre = (value + square / (2 * total)) / (1 + square / total)
    half = Z / (1 + square / total) * sqrt(value * (1 - value) / total + square / (4 * total * total))
    lower = 0.0 if observed == 0 else max(0.0, centre - half)
    upper = 1.0 if observed == total else min(1.0, centre + half)
    return Share(observed, total, value, lower, upper)
