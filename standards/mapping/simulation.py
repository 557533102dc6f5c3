"""Records through a mapping and its standard, with all that failed: the same code that the broker runs.

`hutong standards map`, the API's trial of a document and the judging of examples end here.
"""

from typing import Any, NamedTuple

from standards.mapping.compiling import Mapping, Unmappable
from standards.mapping.rules import Counts, Failure
from standards.validation import Checker


class Outcome(NamedTuple):
    """`record` is the mapped record, None where mapping failed; without failures it is one of the standard."""

    record: Any
    failures: tuple[Failure, ...]


def simulate(mapping: Mapping, standard: Checker | None, record: Any, counts: Counts | None = None) -> Outcome:
    """One record, as the broker would map and check it; without a standard it is only mapped."""
    try:
        mapped = mapping.apply(record, counts)
    except Unmappable as error:
        return Outcome(None, error.failures)
    if standard is None or standard.valid(mapped):
        return Outcome(mapped, ())
    return Outcome(mapped, tuple(Failure(*finding.as_dict().values()) for finding in standard.explain(mapped)))
