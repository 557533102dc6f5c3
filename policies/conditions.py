"""Row conditions: which records an agreement releases.

A condition is a document of a closed set of operators:

    {"item": "address.division", "op": "eq" | "ne" | "in" | "lt" | "le" | "gt" | "ge" | "prefix", "value": …}
    {"all": [condition, …]} · {"any": [condition, …]} · {"not": condition}

Conditions answer True, False or None: None where a named item is missing, null, inside a list, or of another type than
the value it is compared with. None wins over everything, also under `not` and `any`, and only True releases a record:
where a filter cannot be evaluated whole, nothing is released. Texts compare by code point, dates hence in ISO form.
"""

import operator
from collections.abc import Callable, Collection, Mapping
from math import isfinite
from typing import Any, Final

from standards.validation import Finding

Condition = Callable[[Mapping[str, Any]], bool | None]
Test = Callable[[Any], bool | None]

_ORDER: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
_ALIKE: Final[Mapping[type, frozenset[type]]] = {
    str: frozenset({str}),
    bool: frozenset({bool}),
    int: frozenset({int, float}),
    float: frozenset({int, float}),
}
_OPERATORS: Final = frozenset({*_ORDER, "in", "prefix"})
_MAX_DEPTH: Final = 16
_MAX_VALUES: Final = 1000


def compile_condition(
    document: Any, items: Collection[str], findings: list[Finding], pointer: str = "/row_filter", depth: int = 0
) -> Condition:
    """The condition, compiled; what is wrong is appended to `findings`, and then the result releases nothing."""
    if depth == _MAX_DEPTH:
        return _wrong(findings, pointer, "depth", f"conditions nested at most {_MAX_DEPTH} deep")
    match document:
        case {"all": [_, *_] as parts, **rest} if not rest:
            return _every(_compile_parts(parts, items, findings, f"{pointer}/all", depth))
        case {"any": [_, *_] as parts, **rest} if not rest:
            return _some(_compile_parts(parts, items, findings, f"{pointer}/any", depth))
        case {"not": part, **rest} if not rest:
            return _opposite(compile_condition(part, items, findings, f"{pointer}/not", depth + 1))
        case {"item": str(item), "op": str(name), "value": value, **rest} if not rest:
            return _compile_comparison(item, name, value, items, findings, pointer)
    return _wrong(findings, pointer, "condition", "one of all, any (not empty), not, or item with op and value")


def _compile_parts(
    parts: list[Any], items: Collection[str], findings: list[Finding], pointer: str, depth: int
) -> tuple[Condition, ...]:
    return tuple(
        compile_condition(part, items, findings, f"{pointer}/{position}", depth + 1)
        for position, part in enumerate(parts)
    )


def _compile_comparison(
    item: str, name: str, value: Any, items: Collection[str], findings: list[Finding], pointer: str
) -> Condition:
    if item not in items:
        _wrong(findings, f"{pointer}/item", "item", "a registered item of the dataset")
    if name not in _OPERATORS:
        return _wrong(findings, f"{pointer}/op", "op", "one of " + ", ".join(sorted(_OPERATORS)))
    expected = _expected_value(name, value)
    if expected is not None:
        return _wrong(findings, f"{pointer}/value", "value", expected)
    return _at(tuple(item.split(".")), _test(name, value))


def comparison(name: str, value: Any) -> Test:
    """The test of one value against `value`: True, False, or None for one of another type. Raises ValueError."""
    if name not in _OPERATORS:
        raise ValueError("op: give one of " + ", ".join(sorted(_OPERATORS)))
    if (expected := _expected_value(name, value)) is not None:
        raise ValueError(f"value: give {expected}")
    return _test(name, value)


def _expected_value(name: str, value: Any) -> str | None:
    """What the operator wants as its value, unless it has it."""
    if name == "in":
        alike = isinstance(value, list) and value and all(_is_scalar(one) for one in value)
        fits = alike and len(value) <= _MAX_VALUES and all(type(one) in _ALIKE[type(value[0])] for one in value)
        return None if fits else f"1 to {_MAX_VALUES} texts, or numbers, or booleans"
    if name == "prefix":
        return None if type(value) is str and value else "a text that is not empty"
    if name in ("eq", "ne"):
        return None if _is_scalar(value) else "a text, a number or a boolean"
    return None if _is_scalar(value) and type(value) is not bool else "a text or a number"


def _is_scalar(value: Any) -> bool:
    return type(value) in _ALIKE and (type(value) is not float or isfinite(value))


def _test(name: str, wanted: Any) -> Test:
    kinds = _ALIKE[type(wanted[0] if name == "in" else wanted)]
    if name == "in":
        values = frozenset(wanted)
        return lambda value: value in values if type(value) in kinds else None
    if name == "prefix":
        return lambda value: value.startswith(wanted) if type(value) in kinds else None
    compare = _ORDER[name]
    return lambda value: compare(value, wanted) if type(value) in kinds else None


def _at(path: tuple[str, ...], test: Test) -> Condition:
    *above, last = path

    def condition(record: Mapping[str, Any]) -> bool | None:
        value: Any = record
        for name in above:
            value = value.get(name) if type(value) is dict else None
        return test(value.get(last)) if type(value) is dict else None

    return condition


def _every(parts: tuple[Condition, ...]) -> Condition:
    def condition(record: Mapping[str, Any]) -> bool | None:
        verdict = True
        for part in parts:
            met = part(record)
            if met is None:
                return None
            verdict = verdict and met
        return verdict

    return condition


def _some(parts: tuple[Condition, ...]) -> Condition:
    def condition(record: Mapping[str, Any]) -> bool | None:
        verdict = False
        for part in parts:
            met = part(record)
            if met is None:
                return None
            verdict = verdict or met
        return verdict

    return condition


def _opposite(part: Condition) -> Condition:
    def condition(record: Mapping[str, Any]) -> bool | None:
        met = part(record)
        return None if met is None else not met

    return condition


def _wrong(findings: list[Finding], pointer: str, rule: str, expected: str) -> Condition:
    findings.append(Finding(pointer, rule, expected))
    return lambda record: None
