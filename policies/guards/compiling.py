"""A guard as calls are decided on it. Pure.

Its `deny_when` is a condition of `policies.conditions` over the attributes of an ask:

| attribute | type | what |
|---|---|---|
| application, department | text | who calls: `<department>/<application>`, and its department |
| service, dataset, provider | text | what is called, and whose it is |
| sharing-class | text | unconditional or conditional |
| operation, purpose | text | as in the call |
| basis | text | the legal basis that the call names; missing when it names none |
| case, actor, emergency | boolean | whether the call names one |
| sensitivity | number | the highest grade among the items asked for; of all items when the call names none |
| fields | number | how many items the call names; 0 when it names none |
| date | text | of the call, YYYY-MM-DD, in the exchange's time zone |
| weekday | number | 1 Monday to 7 Sunday |
| minute | number | since local midnight |

A guard lets a call pass only when its condition is False: a missing attribute denies, like everything else that cannot
be answered.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import Any, Final

import orjson

from policies.conditions import Condition, compile_condition
from policies.decisions import Ask, Resource
from policies.refusals import FailedCheck, explain
from standards.validation import Finding

MOST_NODES: Final = 500
MOST_BYTES: Final = 64 * 1024

Attribute = Callable[[Resource, Ask, datetime], Any]


def _sensitivity(resource: Resource, ask: Ask, _: datetime) -> int:
    asked = resource.items.keys() if ask.fields is None else ask.fields & resource.items.keys()
    return max((resource.items[path].sensitivity for path in asked), default=0)


ATTRIBUTES: Final[Mapping[str, Attribute]] = {
    "application": lambda resource, ask, at: ask.application,
    "department": lambda resource, ask, at: ask.application.partition("/")[0],
    "service": lambda resource, ask, at: ask.service,
    "dataset": lambda resource, ask, at: resource.dataset,
    "provider": lambda resource, ask, at: resource.department,
    "sharing-class": lambda resource, ask, at: resource.sharing_class,
    "operation": lambda resource, ask, at: ask.operation,
    "purpose": lambda resource, ask, at: ask.purpose,
    "basis": lambda resource, ask, at: ask.basis,
    "case": lambda resource, ask, at: bool(ask.case),
    "actor": lambda resource, ask, at: bool(ask.actor),
    "emergency": lambda resource, ask, at: ask.emergency is not None,
    "sensitivity": _sensitivity,
    "fields": lambda resource, ask, at: len(ask.fields or ()),
    "date": lambda resource, ask, at: at.date().isoformat(),
    "weekday": lambda resource, ask, at: at.isoweekday(),
    "minute": lambda resource, ask, at: at.hour * 60 + at.minute,
}


class CompiledGuard:
    """A guard in force, see `policies.decisions.Guard`."""

    __slots__ = ("_condition", "_named", "_reason", "_timezone", "id")

    def __init__(self, id: str, deny_when: Mapping[str, Any], reason: Mapping[str, str], timezone: tzinfo) -> None:
        """Raises ValueError for a condition with findings."""
        found: list[Finding] = []
        self._condition = compile_guard(deny_when, found)
        if found:
            raise ValueError(f"The guard {id} cannot be compiled: {found[0].expected}.")
        self.id = id
        self._reason = dict(reason)
        self._timezone = timezone
        self._named = tuple(sorted(_named(deny_when)))

    def check(self, resource: Resource, ask: Ask) -> FailedCheck | None:
        """None when the condition is False; otherwise the guard's own reason, or that it could not be answered."""
        at = datetime.fromtimestamp(ask.at / 1000, self._timezone)
        verdict = self._condition({name: ATTRIBUTES[name](resource, ask, at) for name in self._named})
        if verdict is False:
            return None
        if verdict is None:
            return FailedCheck(f"guard:{self.id}", explain("guard", resource.contact))
        return FailedCheck(f"guard:{self.id}", explain("guard-denies", resource.contact, law=self._reason))


def compile_guard(document: Mapping[str, Any], findings: list[Finding]) -> Condition:
    """The condition over attributes; everything wrong with it is appended, and then it answers nothing."""
    if _nodes(document) > MOST_NODES or len(orjson.dumps(document)) > MOST_BYTES:
        findings.append(Finding("/deny_when", "size", f"a condition of at most {MOST_NODES} parts"))
        return lambda record: None
    before = len(findings)
    condition = compile_condition(dict(document), ATTRIBUTES, findings, "/deny_when")
    for position, finding in enumerate(findings[before:], before):
        if finding.rule == "item":
            expected = "one of " + ", ".join(sorted(ATTRIBUTES))
            findings[position] = Finding(finding.pointer, "attribute", expected)
    return condition


def _nodes(document: Any) -> int:
    """How many parts a document has; it is nested no deeper than strict JSON allows."""
    count, waiting = 0, [document]
    while waiting and count <= MOST_NODES:
        one = waiting.pop()
        count += isinstance(one, dict)
        waiting.extend(one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
    return count


def _named(document: Any) -> set[str]:
    if isinstance(document, list):
        return set().union(*map(_named, document))
    if not isinstance(document, dict):
        return set()
    item = document.get("item")
    inner = set().union(*(_named(document.get(name)) for name in ("all", "any", "not")))
    return inner | {item} if isinstance(item, str) else inner
