"""What is counted of one service's live replies: numbers, pointers and rules, never a value. Pure."""

import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the duration buckets, in seconds; one more bucket holds what took longer."""

MOST_POINTS = 200
UNMAPPED = "unmapped-code"

_INDEX = re.compile(r"/\d+(?=/|$)")
Point = tuple[str, str]
"""Where and what: a JSON Pointer with `*` for every position of a list, and the rule that was broken there."""


@dataclass(slots=True)
class Tally:
    """Counts of one service under one version of its standard.

    `answered` and `unanswered` are fetches; `conforming` and `failing` are the replies with records among those
    answered; `points` counts why they failed, and codes that no mapping knows. `modified` is the last Last-Modified.
    """

    answered: int = 0
    unanswered: int = 0
    conforming: int = 0
    failing: int = 0
    durations: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    points: Counter[Point] = field(default_factory=Counter)
    modified: bytes = b""

    def took(self, seconds: float) -> None:
        self.answered += 1
        self.durations[bisect_left(BOUNDS, seconds)] += 1

    def count(self, pointer: str, rule: str, times: int = 1) -> None:
        """One more at this point; what comes after the 200th different point is counted together."""
        point = (_INDEX.sub("/*", pointer), rule)
        if point not in self.points and len(self.points) >= MOST_POINTS:
            point = ("", "other")
        self.points[point] += times

    def add(self, other: "Tally") -> None:
        self.answered += other.answered
        self.unanswered += other.unanswered
        self.conforming += other.conforming
        self.failing += other.failing
        self.durations = [mine + more for mine, more in zip(self.durations, other.durations, strict=True)]
        for (pointer, rule), times in other.points.items():
            self.count(pointer, rule, times)
        self.modified = other.modified or self.modified
