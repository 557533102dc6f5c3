"""Calls every operation of a service through a running exchange with data made after its interface specification.

schemathesis makes positive examples only (those that the document brings come first) and judges each released reply by
the document that the exchange shows to callers; the exchange itself judges the provider before. Numbers of persons are
nobody's (`standards.identifiers`). What is told of a call is status, place and rule, never a value.

It is of the extra `onboarding`, and imported here alone, when it is asked for.
"""

import importlib.util
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

import httpx
import stdnum.cn.ric
import stdnum.cn.uscc

from exchange.client import Answer, ExchangeError, InvalidRequest, MalformedRequest, ProviderError, QuotaExhausted
from exchange.client.errors import NotAnExchange, Unreachable
from standards.validation import pointer

CHANGING = frozenset({"PUT", "PATCH", "DELETE"})
"""Methods that change what a provider keeps: called only when the operation is named."""
_EARLIEST, _LATEST = date(1950, 1, 1), date(2020, 12, 31)


class Verdict(StrEnum):
    CONFORMS = "conforms"
    DEVIATES = "deviates"
    UNJUDGED = "unjudged"
    LEFT_OUT = "left-out"


class Point(NamedTuple):
    """One way in which an answer deviates, or why there was none; `problem` is a slug of the exchange, or ""."""

    status: int
    problem: str
    pointer: str
    rule: str
    expected: str


@dataclass(slots=True)
class Probed:
    """What the calls of one operation showed. `call` is the first call that deviated, for the ledger."""

    operation: str
    method: str
    path: str
    verdict: Verdict = Verdict.UNJUDGED
    calls: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    points: Counter[Point] = field(default_factory=Counter)
    hindered: Counter[Point] = field(default_factory=Counter)
    call: str | None = None

    def as_dict(self) -> dict[str, Any]:
        points = self.points or self.hindered
        return {
            "operation": self.operation, "method": self.method, "path": self.path, "verdict": str(self.verdict),
            "calls": self.calls, "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "findings": [{**point._asdict(), "times": times} for point, times in points.items()], "call": self.call,
        }  # fmt: skip


class NotInstalled(RuntimeError):
    def __init__(self) -> None:
        super().__init__(
            "Probing needs schemathesis, which is not installed: pip install 'hutong[onboarding]' "
            "(in a checkout: make install)."
        )


class Send(Protocol):
    """Makes one call of the service. Raises ExchangeError, ValueError for what cannot be sent."""

    def __call__(self, method: str, path: str, query: Mapping[str, Any], body: Any) -> Answer: ...


def require_tools() -> None:
    """Raises NotInstalled."""
    if not all(importlib.util.find_spec(name) for name in ("schemathesis", "hypothesis")):
        raise NotInstalled


def operations(document: Mapping[str, Any]) -> list[str]:
    """The operations' names, in the order of the document."""
    return [
        str(operation["operationId"])
        for item in document["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict) and "operationId" in operation
    ]


def probe(
    document: dict[str, Any],
    send: Send,
    *,
    examples: int,
    only: Sequence[str] = (),
    report: Callable[[int, int], None] = lambda done, total: None,
) -> list[Probed]:
    """At most `examples` calls of each operation. Raises Unreachable, NotAnExchange, NotInstalled."""
    require_tools()
    found, names = list[Probed](), _declared(document)
    described = [each for each in _described(document) if not only or _name(each) in only]
    spent = False
    for position, each in enumerate(described):
        one = Probed(_name(each), each.method.upper(), each.path)
        found.append(one)
        if one.method in CHANGING and not only:
            one.verdict = Verdict.LEFT_OUT
        elif not spent:
            spent = _Probing(each, one, send, names).run(examples)
        report(position + 1, len(described))
    return found


class _Probing:
    """The calls of one operation. Nothing is raised within an example: that would be tried again to make it smaller."""

    def __init__(self, operation: Any, probed: Probed, send: Send, names: frozenset[str]) -> None:
        self._operation, self._probed, self._send, self._names = operation, probed, send, names
        self._ended = False
        self._spent = False
        self._broken: ExchangeError | None = None

    def run(self, examples: int) -> bool:
        """Makes the calls and judges; whether the quota is used up. Raises Unreachable, NotAnExchange."""
        from schemathesis.generation import GenerationMode

        written = self._operation.get_strategies_from_examples()[:examples]
        for strategy in written:
            _each(strategy, 1, self._take)
        if len(written) < examples:
            made = self._operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
            _each(made, examples - len(written), self._take)
        if self._broken is not None:
            raise self._broken
        one = self._probed
        if one.points:
            one.verdict = Verdict.DEVIATES
        elif one.statuses and not self._ended:
            one.verdict = Verdict.CONFORMS
        return self._spent

    def _take(self, case: Any) -> None:
        if self._ended:
            return
        try:
            self._probed.calls += 1
            answer = self._send(case.method.upper(), case.formatted_path, _query(case), _body(case))
        except ValueError as error:  # a path that no client would send
            self._probed.calls -= 1
            self._hinder(Point(0, "", "", "request", f"what can be sent ({type(error).__name__})"))
        except (Unreachable, NotAnExchange) as error:
            self._broken, self._ended = error, True
        except ExchangeError as error:
            self._refused(error)
        else:
            self._probed.statuses[answer.status] += 1
            for point in _failures(self._operation, case, answer, self._names):
                self._deviate(point, answer.call)

    def _refused(self, error: ExchangeError) -> None:
        """The exchange's own word: on the provider, on this example, or on all that would follow."""
        if error.status is not None:
            self._probed.statuses[error.status] += 1
        for point in _told(error):
            if isinstance(error, ProviderError):
                self._deviate(point, error.call)
            else:
                self._hinder(point)
        self._spent = isinstance(error, QuotaExhausted)
        self._ended = not isinstance(error, ProviderError | InvalidRequest | MalformedRequest)

    def _deviate(self, point: Point, call: str | None) -> None:
        self._probed.points[point] += 1
        self._probed.call = self._probed.call or call

    def _hinder(self, point: Point) -> None:
        self._probed.hindered[point] += 1


def _each(strategy: Any, count: int, take: Callable[[Any], None]) -> None:
    """The same examples for the same document each time; none is kept on disk, none tried twice."""
    from hypothesis import HealthCheck, Phase, given, settings

    quiet = settings(
        max_examples=count, database=None, deadline=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), print_blob=False,
    )  # fmt: skip
    tried: Any = given(strategy)
    tried(quiet(lambda example: take(example)))()


def _described(document: dict[str, Any]) -> Iterator[Any]:
    """schemathesis's operations of the document, under a configuration of this program's alone."""
    import schemathesis
    from schemathesis.config import SchemathesisConfig
    from schemathesis.core.result import Ok

    for name, strategy in _formats().items():
        schemathesis.openapi.format(name, strategy)
    generation = {"allow-x00": False, "codec": "ascii", "database": "none", "with-security-parameters": False}
    config = SchemathesisConfig.from_dict({"generation": generation})
    for result in schemathesis.openapi.from_dict(document, config=config).get_all_operations():
        if isinstance(result, Ok):
            yield result.ok()


def _name(operation: Any) -> str:
    return str(operation.definition.raw.get("operationId"))


def _query(case: Any) -> dict[str, Any]:
    """Without an optional `cursor`: one is only good when the provider gave it out."""
    given = dict(case.as_transport_kwargs(base_url="http://probe.invalid").get("params") or {})
    needed = {one.name for one in case.operation.query if one.is_required}
    return {name: value for name, value in given.items() if name != "cursor" or name in needed}


def _body(case: Any) -> Any:
    from schemathesis.core import NotSet

    return None if isinstance(case.body, NotSet) else case.body


def _told(error: ExchangeError) -> Iterator[Point]:
    status = error.status or 0
    for found in error.errors:
        yield Point(status, error.slug, *(str(found.get(name, "")) for name in ("pointer", "rule", "expected")))
    for failed in error.failed_checks:
        yield Point(status, error.slug, "", str(failed.get("check")), " · ".join(failed.get("satisfy", {}).values()))
    if not error.errors and not error.failed_checks:
        yield Point(status, error.slug, "", "", "")


def _failures(operation: Any, case: Any, answer: Answer, names: frozenset[str]) -> Iterator[Point]:
    """Where a released reply is not what the document says. A place of data, not of the document, is `*`."""
    from schemathesis.core.failures import Failure, FailureGroup

    request = httpx.Request(case.method, "http://probe.invalid/")
    response = httpx.Response(answer.status, headers=answer.headers, content=answer.body, request=request)
    response.elapsed = timedelta()
    found: Iterable[Failure] = ()
    try:
        operation.validate_response(response, case=case)
    except FailureGroup as group:
        found = group.exceptions
    except Failure as alone:
        found = [alone]
    for failure in found:
        steps = [step if isinstance(step, int) or step in names else "*" for step in _steps(failure, "instance_path")]
        rule = str(next(reversed(_steps(failure, "schema_path")), failure.code))
        yield Point(answer.status, "", pointer(steps), rule, failure.kind_title)


def _steps(failure: Any, name: str) -> list[str | int]:
    return list(getattr(failure, name, ()))


def _declared(document: Any) -> frozenset[str]:
    """Names of properties that the document declares anywhere."""
    names, waiting = set[str](), [document]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            declared = node.get("properties")
            names.update(declared if isinstance(declared, dict) else ())
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return frozenset(names)


# -- identifiers of nobody --------------------------------------------------------------------------------------------


def _formats() -> dict[str, Any]:
    """How values of our own formats are made."""
    from hypothesis import strategies as st

    orders = st.integers(1, 999)
    births = st.dates(min_value=_EARLIEST, max_value=_LATEST)
    return {
        "resident-id": st.builds(lambda born, order: _resident_id(f"990000{born:%Y%m%d}{order:03d}"), births, orders),
        "phone-cn": st.builds(lambda order: f"154{order:08d}", st.integers(0, 99_999_999)),
        "credit-code": st.builds(lambda order: _credit_code(f"91990000HT{order:06d}X"), orders),
        "division-code": st.sampled_from(["110101", "310101", "440305"]),
    }


def _resident_id(body: str) -> str:
    return body + str(stdnum.cn.ric.calc_check_digit(body + "0"))


def _credit_code(body: str) -> str:
    return body + str(stdnum.cn.uscc.calc_check_digit(body))
