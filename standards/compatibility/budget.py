"""How much work one check may take, however many older versions it holds the new one against.

Exception
└── TooMuch    the work ran out; what is then left unproven counts as incompatible
"""

from collections.abc import Iterable
from typing import Any, Final

import orjson

MAX_STEPS = 12_000
"""Of one comparison: one direction, one older version."""
MAX_STEPS_OF_CHECK = 4 * MAX_STEPS
"""Of all comparisons of one check together."""
MAX_CHECKS = 200_000
_BYTES_A_STEP = 250
_CHECKS_A_STEP = 25
_LOOKS_A_STEP = 13


class TooMuch(Exception):
    """More work than one comparison or check may take. What is then left unproven counts as incompatible."""


class Budget:
    """The steps of one check; what is no step of a proof is counted as so many as take the same time."""

    def __init__(self, most: int = MAX_STEPS_OF_CHECK) -> None:
        self.most: Final = most
        self.spent = 0
        self._judged = 0
        self._looked = 0

    def spend(self, steps: int = 1) -> None:
        """Raises TooMuch."""
        self.spent += steps
        if self.spent > self.most:
            raise TooMuch

    def read(self, documents: Iterable[Any]) -> None:
        """These are made into one graph. Raises TooMuch."""
        self.spend(1 + sum(map(_size, documents)) // _BYTES_A_STEP)

    def judged(self, checks: int) -> None:
        """So many values were held against a schema. Raises TooMuch."""
        steps, self._judged = divmod(self._judged + checks, _CHECKS_A_STEP)
        self.spend(steps)

    def looked(self) -> None:
        """It was looked up whether a member or item might count as evaluated. Raises TooMuch."""
        steps, self._looked = divmod(self._looked + 1, _LOOKS_A_STEP)
        self.spend(steps)


def _size(document: Any) -> int:
    try:
        return len(orjson.dumps(document))
    except TypeError:  # integers beyond 64 bits, text that is none: refused where it is read
        return 0
