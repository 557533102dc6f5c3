"""Live replies, counted as they pass: whether they conform and where not, never what they say.

Only the event loop of the calls counts, so nothing is locked. Once a second `exchange.jobs.observations` takes the
counts away and stores them off the call path; counts that could not be stored are given back.
"""

from collections import defaultdict

from catalog.quality.tallies import Tally

Taken = dict[tuple[str, str], Tally]
"""By service and version of the standard (`<slug>:<version>`)."""


class Observed:
    def __init__(self) -> None:
        self._tallies: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)

    def of(self, service: str, standard: str) -> Tally:
        """The tally to count on; hold it no longer than until the next await."""
        return self._tallies[service, standard]

    def take(self) -> Taken:
        """Everything counted since the last time."""
        taken, self._tallies = self._tallies, defaultdict(Tally)
        return dict(taken)

    def give_back(self, taken: Taken) -> None:
        for key, tally in taken.items():
            self._tallies[key].add(tally)
