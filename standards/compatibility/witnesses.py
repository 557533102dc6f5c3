"""Whole values that one schema accepts and the other refuses.

Made at the place where a proof failed and put into the smallest value that has this place; the validator that checks
records says what it is, and only what it confirms is shown.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from standards.compatibility import parts
from standards.compatibility.budget import TooMuch
from standards.compatibility.facts import Conj
from standards.compatibility.graph import Graph, Node
from standards.compatibility.prover import Failure, Place, Prover
from standards.compatibility.samples import Samples

_LARGEST = 60
_TRIED_AT_ROOT = 150
_LONGEST_SHOWN = 4_000


class Witnesses:
    def __init__(self, graph: Graph, prover: Prover, writer: Node, reader: Node) -> None:
        self._graph = graph
        self._prover = prover
        self._writer = writer
        self._reader = reader
        self._samples = Samples(prover)

    def refutes(self, value: Any) -> bool:
        """Whether the value is accepted by the writer's schema and refused by the reader's."""
        return self._graph.accepts(self._writer, value) is True and self._graph.accepts(self._reader, value) is False

    def anywhere(self) -> tuple[Any, ...]:
        """A value found by trying those that the writer's schema suggests; nothing when there is none among them."""
        try:
            for value in self._samples.of(Conj((self._writer,)), limit=_TRIED_AT_ROOT):
                if self.refutes(value):
                    return (value,)
        except (TooMuch, RecursionError):
            pass
        return ()

    def of(self, failure: Failure) -> tuple[Any, ...]:
        """A value that shows the failure; nothing when none was found."""
        try:
            for value in islice(self._here(failure), _LARGEST):
                for whole in self._around(Conj((self._writer,)), failure.place, value):
                    if self.refutes(whole):
                        return (whole,)
        except (TooMuch, RecursionError):
            pass
        return ()

    def _here(self, failure: Failure) -> Iterator[Any]:
        """Values for the place itself, those first that are refused just there."""
        if failure.value:
            yield from failure.value
        values = self._samples.of(failure.conj, limit=36)
        refused = [value for value in values if self._graph.accepts(failure.reader, value) is False]
        yield from sorted(refused, key=lambda value: len(str(value)))
        yield from (value for value in values if value not in refused)

    def _around(self, conj: Conj, place: Place, value: Any) -> Iterator[Any]:
        """The value, wrapped in what has to be around it."""
        if not place:
            yield value
            return
        for whole in self._hosts(conj, place[0]):
            facts = self._prover.facts(conj)
            step = place[0]
            if isinstance(step, str):
                below = parts.member(self._graph, facts, step)
                for inner in islice(self._around(below, place[1:], value), 2):
                    yield {**whole, step: inner}
            else:
                below = parts.item(self._graph, facts, step)
                for inner in islice(self._around(below, place[1:], value), 2):
                    yield [*whole[:step], inner, *whole[step + 1 :]]

    def _hosts(self, conj: Conj, step: str | int) -> list[Any]:
        """Objects or lists into which the step leads, the smallest first."""
        kind = frozenset({"object" if isinstance(step, str) else "array"})
        found = self._samples.of(conj.among(kind))
        if isinstance(step, int):
            facts = self._prover.facts(conj.among(kind))
            first = [self._samples.of(parts.item(self._graph, facts, index))[:1] for index in range(step)]
            before = [value for values in first for value in values]
            return [before, *sorted((whole for whole in found if len(whole) >= step), key=len)[:6]]
        facts = self._prover.facts(conj.among(kind))
        needed = {name: self._samples.of(parts.member(self._graph, facts, name))[:1] for name in facts.present - {step}}
        least = {name: values[0] for name, values in needed.items() if values}
        return [least, *sorted(found, key=lambda whole: (step in whole, len(whole)))[:4]]
