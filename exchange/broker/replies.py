"""Step 7: is the provider's reply what its specification and the standard promise? Pure; explains nothing yet.

Where a service has a mapping, its provider's own records become the standard's here, before they are checked.
"""

from collections.abc import Mapping as Members
from types import MappingProxyType
from typing import Any, NamedTuple

from exchange.connectors.base import UpstreamReply
from standards.mapping.compiling import Mapping, Unmappable, heavier
from standards.mapping.rules import Counts as RuleCounts
from standards.specification import Operation
from standards.strict_json import UnreadableJson, loads
from standards.validation import Checker, Finding

MAX_TOLD = 8
Counts = Members[str, int]
NONE: Counts = MappingProxyType({})


class ReplyLimits(NamedTuple):
    """The most that one reply may hold."""

    bytes: int
    records: int


class Sound(NamedTuple):
    """A conforming reply; `records` is None where the specification declares none (204, a declared 4xx).

    `unmapped` counts the codes that the mapping does not know, by pointer into the reply.
    """

    envelope: Any
    records: list[Any] | None
    unmapped: Counts = NONE


class Broken(NamedTuple):
    """The first thing that is wrong. With a `checker`, `value` at `pointer` fails it and can be explained."""

    problem: str
    detail: str = ""
    findings: tuple[Finding, ...] = ()
    checker: Checker | None = None
    value: Any = None
    pointer: str = ""
    unmapped: Counts = NONE

    def explain(self) -> tuple[Finding, ...]:
        """What is wrong, never the value; slow."""
        if self.findings:
            return self.findings
        return self.checker.explain(self.value) if self.checker is not None else ()


def judge(
    operation: Operation,
    standard: Checker,
    fetched: UpstreamReply,
    limits: ReplyLimits,
    mapping: Mapping | None = None,
) -> Sound | Broken:
    """The envelope against the specification, then each record, mapped if need be, against the standard."""
    expected = operation.reply(fetched.status)
    if expected is None:
        detail = f"The provider answered {fetched.status}, which its interface specification does not declare."
        return Broken("provider-failed", detail)
    if expected.checker is None:
        if not fetched.body:
            return Sound(None, None)
        detail = f"The provider sent a body with {fetched.status}, for which its specification declares none."
        return Broken("provider-broke-standard", detail)
    try:
        envelope = loads(fetched.body, max_bytes=limits.bytes)
    except UnreadableJson as error:
        return Broken("provider-broke-standard", findings=(Finding("", error.reason, "strict JSON in UTF-8"),))
    if not expected.checker.valid(envelope):
        return Broken("provider-broke-standard", checker=expected.checker, value=envelope)
    if not expected.records:
        return Sound(envelope, None)
    records = operation.records_of(envelope)
    if len(records) > limits.records:
        detail = f"The provider's reply holds more than {limits.records} records; ask for a smaller page."
        return Broken("provider-failed", detail)
    if mapping is not None:
        return _mapped(operation, standard, mapping, Sound(envelope, records), len(fetched.body), limits)
    return _against(operation, standard, Sound(envelope, records))


def _against(operation: Operation, standard: Checker, sound: Sound) -> Sound | Broken:
    valid = standard.valid
    for position, record in enumerate(sound.records or ()):
        if not valid(record):
            pointer, unmapped = operation.record_pointer(position), sound.unmapped
            return Broken("provider-broke-standard", checker=standard, value=record, pointer=pointer, unmapped=unmapped)
    return sound


def _mapped(
    operation: Operation, standard: Checker, mapping: Mapping, sound: Sound, size: int, limits: ReplyLimits
) -> Sound | Broken:
    """All records are tried, also after one that failed, so that every unmapped code is counted."""
    counts = RuleCounts()
    records: list[Any] = []
    broken: tuple[int, Unmappable] | None = None
    for position, record in enumerate(sound.records or ()):
        try:
            records.append(mapping.apply(record, counts))
        except Unmappable as error:
            broken = broken or (position, error)
    above = operation.records + ("/*" if operation.many else "")
    counted = {above + target: times for target, times in counts.unmapped.items()}
    if broken is not None:
        position, why = broken
        findings = tuple(failure.finding() for failure in why.failures[:MAX_TOLD])
        pointer = operation.record_pointer(position)
        return Broken("provider-broke-standard", findings=findings, pointer=pointer, unmapped=counted)
    if size * mapping.growth > limits.bytes and heavier(records, limits.bytes):
        detail = f"The provider's reply, mapped, has more than {limits.bytes} bytes; ask for a smaller page."
        return Broken("provider-failed", detail, unmapped=counted)
    return _against(operation, standard, Sound(sound.envelope, records, counted))
