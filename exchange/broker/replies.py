"""Step 7: is the provider's reply what its specification and the standard promise? Pure; explains nothing yet."""

from typing import Any, NamedTuple

from exchange.connectors.base import UpstreamReply
from standards.specification import Operation
from standards.strict_json import UnreadableJson, loads
from standards.validation import Checker, Finding


class ReplyLimits(NamedTuple):
    """The most that one reply may hold."""

    bytes: int
    records: int


class Sound(NamedTuple):
    """A conforming reply; `records` is None where the specification declares none (204, a declared 4xx)."""

    envelope: Any
    records: list[Any] | None


class Broken(NamedTuple):
    """The first thing that is wrong. With a `checker`, `value` at `pointer` fails it and can be explained."""

    problem: str
    detail: str = ""
    finding: Finding | None = None
    checker: Checker | None = None
    value: Any = None
    pointer: str = ""

    def explain(self) -> tuple[Finding, ...]:
        """What is wrong, never the value; slow."""
        if self.finding is not None:
            return (self.finding,)
        return self.checker.explain(self.value) if self.checker is not None else ()


def judge(operation: Operation, standard: Checker, fetched: UpstreamReply, limits: ReplyLimits) -> Sound | Broken:
    """The envelope against the specification, then each record against the standard."""
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
        return Broken("provider-broke-standard", finding=Finding("", error.reason, "strict JSON in UTF-8"))
    if not expected.checker.valid(envelope):
        return Broken("provider-broke-standard", checker=expected.checker, value=envelope)
    if not expected.records:
        return Sound(envelope, None)
    records = operation.records_of(envelope)
    if len(records) > limits.records:
        detail = f"The provider's reply holds more than {limits.records} records; ask for a smaller page."
        return Broken("provider-failed", detail)
    valid = standard.valid
    for position, record in enumerate(records):
        if not valid(record):
            pointer = operation.record_pointer(position)
            return Broken("provider-broke-standard", checker=standard, value=record, pointer=pointer)
    return Sound(envelope, records)
