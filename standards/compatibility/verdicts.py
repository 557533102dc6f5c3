"""Whether one version of a schema may take the place of another."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from standards.compatibility.content import closed, opened
from standards.compatibility.draft07 import is_draft07, translate_draft07
from standards.compatibility.facts import Conj
from standards.compatibility.findings import Incompatibility, Mode, Side, Verdict
from standards.compatibility.graph import Graph, Node, TooMuch
from standards.compatibility.keywords import is_annotation
from standards.compatibility.prover import Failure, Prover
from standards.compatibility.rules import KEYWORDS, RULES
from standards.compatibility.witnesses import Witnesses
from standards.validation import pointer

MAX_FINDINGS = 50
_CASES_SHOWN = 4
_READER, _WRITER = "reader", "writer"


def compare(old: Any, new: Any, mode: Mode = Mode.DIRECTIONAL, *, lenient: bool = False) -> Verdict:
    """Whether `new` may take the place of `old`, two JSON Schemas complete in themselves (2020-12 or draft-07).

    Never says compatible when a value shows the contrary; what cannot be proven within bounds is incompatible. With
    `lenient`, writers are taken to send nothing undeclared, and readers to ignore it and to fill in defaults. Raises
    InvalidSchema when one of them cannot be used.
    """
    return check(new, [old], mode, lenient=lenient)


def check(new: Any, older: Sequence[Any], mode: Mode = Mode.DIRECTIONAL, *, lenient: bool = False) -> Verdict:
    """The same against several older versions, oldest first; all for the transitive modes, otherwise the last one."""
    findings: dict[Any, Incompatibility] = {}
    if mode is Mode.NONE:
        return Verdict(True, mode)
    narrow = lenient or mode is Mode.DIRECTIONAL
    for old in reversed(older if mode.transitive else older[-1:]):
        found: list[Incompatibility] = []
        if mode.backward:
            found += includes(new, old, stripped=narrow, defaults=lenient)
        if mode.forward:
            found += includes(old, new, reader_is="old", breaks="consumers", stripped=narrow, defaults=lenient)
        for one in found:
            findings.setdefault((one.code, one.pointer, one.breaks), one)
    return Verdict(not findings, mode, tuple(findings.values()))


def refuse_unusable(schema: Any) -> None:
    """Raises InvalidSchema for what `compare` would raise it for."""
    Graph({"": translate_draft07(schema) if is_draft07(schema) else schema})


def includes(
    reader: Any,
    writer: Any,
    *,
    reader_is: Literal["new", "old"] = "new",
    breaks: Side = "provider",
    stripped: bool = False,
    defaults: bool = False,
) -> tuple[Incompatibility, ...]:
    """Nothing, when every value that `writer` accepts is accepted by `reader`; otherwise why that is not so.

    `reader_is` and `breaks` only say how to report: which of both is the newer version and whom a difference harms.
    `stripped` compares what is left of a value when undeclared members are dropped on the way (`content.closed`) with
    what a reader that ignores them can read (`content.opened`); with `defaults` it also fills in absent members that
    have one. Two schemas that mean the same include each other either way. Raises InvalidSchema.
    """
    reader, writer = (translate_draft07(each) if is_draft07(each) else each for each in (reader, writer))
    comparison = _Comparison(reader, writer, reader_is, breaks)
    found = comparison.not_understood()
    if found or comparison.alike():
        return found
    if stripped:
        comparison = _Comparison(opened(reader, defaults=defaults), closed(writer), reader_is, breaks)
    return comparison.findings()


class _Comparison:
    def __init__(self, reader: Any, writer: Any, reader_is: Literal["new", "old"], breaks: Side) -> None:
        self._graph = Graph({_READER: reader, _WRITER: writer})
        self._prover = Prover(self._graph, RULES)
        self._reader = self._graph.root(_READER)
        self._writer = self._graph.root(_WRITER)
        self._reader_is = reader_is
        self._breaks: Side = breaks

    def alike(self) -> bool:
        return self._reader.id == self._writer.id

    def not_understood(self) -> tuple[Incompatibility, ...]:
        """A finding for each keyword without a rule, wherever it stands."""
        found = []
        for node in self._graph.nodes():
            for keyword in node.schema if isinstance(node.schema, dict) else ():
                if keyword in KEYWORDS or is_annotation(keyword) or (keyword == "$id" and not node.path):
                    continue
                found.append(self._told("unknown-keyword", node, (keyword,), None))
        return tuple(found[:MAX_FINDINGS])

    def findings(self) -> tuple[Incompatibility, ...]:
        witnesses = Witnesses(self._graph, self._prover, self._writer, self._reader)
        try:
            failures = self._prover.prove(Conj((self._writer,)), self._reader)
        except (TooMuch, RecursionError):
            failures = [Failure("not-decided", self._reader, (), None, (), Conj((self._writer,)))]
        distinct: dict[Any, list[Failure]] = {}
        for one in failures:
            distinct.setdefault((one.code, one.reader.side, one.reader.path, one.at), []).append(one)
        found = [self._shown(alike, witnesses) for alike in list(distinct.values())[:MAX_FINDINGS]]
        if any(one.witness for one in found):
            return tuple(sorted(found, key=lambda one: not one.witness))
        shown = witnesses.anywhere()
        if shown and found:
            found[0] = replace(found[0], witness=shown)
        elif shown:
            found.append(replace(self._told("counterexample", self._reader, (), None), witness=shown))
        return tuple(found)

    def _shown(self, alike: list[Failure], witnesses: Witnesses) -> Incompatibility:
        """One finding for what failed in several cases, with the first witness that is found."""
        told = self._told(alike[0].code, alike[0].reader, alike[0].at, alike[0].writer)
        shown = next((witness for one in alike[:_CASES_SHOWN] if (witness := witnesses.of(one))), ())
        return replace(told, witness=shown)

    def _told(self, code: str, node: Node, at: tuple[str | int, ...], writer: Node | None) -> Incompatibility:
        """The finding as its reader meets it: a place in the new schema where that has it, both values."""
        ours, theirs = _value_at(node, at), self._counterpart(code, at, writer)
        if node.side == _WRITER:
            ours, theirs = theirs, ours
        old, new = (theirs, ours) if self._reader_is == "new" else (ours, theirs)
        is_new = (node.side == _READER) == (self._reader_is == "new")
        place: tuple[str | int, ...] = (*node.path, *at)
        if not is_new and writer is not None and theirs is not None:
            place, is_new = self._place_of(code, at, writer), True
        return Incompatibility(code, pointer(place), old, new, self._breaks, (), "new" if is_new else "old")

    @staticmethod
    def _counterpart(code: str, at: tuple[str | int, ...], writer: Node | None) -> Any:
        if writer is None or not isinstance(writer.schema, dict):
            return None
        return writer.schema if code == "property-refused" or not at else writer.schema.get(str(at[0]))

    @staticmethod
    def _place_of(code: str, at: tuple[str | int, ...], writer: Node) -> tuple[str | int, ...]:
        return writer.path if code == "property-refused" or not at else (*writer.path, at[0])


def _value_at(node: Node, at: tuple[str | int, ...]) -> Any:
    """What the schema says there; the whole list where `at` leads into one (so that both sides can be compared)."""
    value = node.schema
    for step in at[:1] if at and at[0] in ("required", "dependentRequired", "enum") else at:
        value = value.get(step) if isinstance(value, dict) else value[int(step)]
    return value
