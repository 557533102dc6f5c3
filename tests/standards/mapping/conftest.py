"""Words for writing small mappings."""

from collections.abc import Callable
from typing import Any

import pytest

from standards.mapping import InvalidMapping, Mapping, Unmappable, compile

Document = dict[str, Any]
STANDARD = "urn:hutong:standard:person:1.0.0"


def document(fields: Document, **more: Any) -> Document:
    return {"mapping": "1", "standard": STANDARD, "fields": fields, **more}


@pytest.fixture
def mapping() -> Callable[..., Mapping]:
    """`mapping(fields, tables=…)` compiled."""
    return lambda fields, **more: compile(document(fields, **more))


@pytest.fixture
def one() -> Callable[..., Any]:
    """`one(value, op=…)`: what a rule makes of one value, or the rule that failed as `!rule`."""

    def made(value: Any, *, record: Any = None, more: Document | None = None, **rule: Any) -> Any:
        compiled = compile(document({"x": {"from": "/v", **rule}}, **(more or {})))
        try:
            return compiled.apply({"v": value} if record is None else record).get("x", "omitted")
        except Unmappable as error:
            found = error.failures
        assert [failure.pointer for failure in found] == ["/x"]
        assert found[0].expected
        return "!" + found[0].rule

    return made


@pytest.fixture
def wrong() -> Callable[..., Any]:
    """`wrong(rule)`: the pointers within a rule at which it cannot be compiled, each with its finding's rule."""

    def found(rule: Any, **more: Any) -> dict[str, str]:
        with pytest.raises(InvalidMapping) as caught:
            compile(document({"x": rule}, **more))
        return {finding.pointer.removeprefix("/fields/x"): finding.rule for finding in caught.value.findings}

    return found
