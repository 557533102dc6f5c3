"""Fast verdict, slow explanation: jsonschema-rs decides, jsonschema says where and by which rule.

Schemas are JSON Schema 2020-12, complete in themselves (nothing is ever fetched), formats are asserted, patterns run in
a linear-time engine. Values come from `standards.strict_json`: at most 64 levels, finite numbers, whole characters.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import count, islice
from typing import Any, Final

import jsonschema
import jsonschema_rs
import orjson
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry

from standards.identifiers import FORMATS

STANDARD_FORMATS = ("date", "date-time", "email", "uri", "uuid")
MAX_EXPLAINED_NODES = 20_000
MAX_EXPLAINED_CHARACTERS = 1_000_000
EXPLANATION_SECONDS = 0.5
_LONGEST_EXPECTATION = 200
_CODES_SHOWN = 10
_FREE_CHECKS = 64
_REGEX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong where. No part of it comes from the value that was judged.

    `pointer` is a JSON Pointer (RFC 6901) in which every property name that the schema does not declare is `*`; `rule`
    the keyword that failed; `expected` is built from the schema.
    """

    pointer: str
    rule: str
    expected: str

    def as_dict(self) -> dict[str, str]:
        return {"pointer": self.pointer, "rule": self.rule, "expected": self.expected}


class InvalidSchema(ValueError):
    """A schema that cannot be published or compiled; `findings` point into the schema."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = tuple(findings)
        first = self.findings[0]
        more = f" and {len(self.findings) - 1} more" if len(self.findings) > 1 else ""
        super().__init__(f"the schema cannot be used: at '{first.pointer}' expected {first.expected}{more}")


def build(schema: Any) -> jsonschema_rs.Draft202012Validator:
    """The compiled schema; raises jsonschema_rs.ValidationError when it is not one."""
    return jsonschema_rs.Draft202012Validator(
        schema,
        offline=True,
        validate_formats=True,
        ignore_unknown_formats=False,
        formats=dict(FORMATS),
        pattern_options=jsonschema_rs.RegexOptions(size_limit=_REGEX_BYTES, dfa_size_limit=2 * _REGEX_BYTES),
    )


class Checker:
    """One compiled schema."""

    __slots__ = ("_is_valid", "_names", "_schema")

    def __init__(self, schema: Mapping[str, Any] | bool) -> None:
        """Raises InvalidSchema."""
        try:
            self._is_valid: Final = build(schema).is_valid
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
            where = getattr(error, "instance_path", [])
            expected = "a JSON Schema 2020-12 that is complete in itself, with known formats and linear-time patterns"
            raise InvalidSchema([Finding(pointer(where), "schema", expected)]) from None
        self._schema: Final = schema
        self._names: frozenset[str] | None = None

    def valid(self, value: Any) -> bool:
        """The verdict. A value that cannot even be read (half a surrogate pair) is not valid."""
        try:
            return self._is_valid(value)
        except ValueError:
            return False

    def explain(self, value: Any, limit: int = 8, seconds: float = EXPLANATION_SECONDS) -> tuple[Finding, ...]:
        """Why `valid` said no: at least one finding, never an error, never a piece of the value; capped in time."""
        unexplained = Finding("", "schema", "a value that the schema accepts")
        if _too_large(value):
            return (unexplained,)
        findings: dict[Finding, None] = {}
        try:
            for error in islice(self._errors(value, seconds), 16 * limit):
                findings.setdefault(self._finding(error))
                if len(findings) == limit:
                    break
        except Exception:  # a verdict stands without its explanation: out of time, too deep, disagreement
            findings.setdefault(unexplained)
        return tuple(findings) or (unexplained,)

    def _errors(self, value: Any, seconds: float) -> Iterator[ValidationError]:
        explainer = _explainer(time.thread_time() + seconds)
        validator = explainer(self._schema, registry=Registry(), format_checker=_format_checker())
        for error in validator.iter_errors(value):
            yield from _most_telling(error)

    def _finding(self, error: ValidationError) -> Finding:
        if self._names is None:
            self._names = _declared_names(self._schema)
        tokens = [part if isinstance(part, int) or part in self._names else "*" for part in error.absolute_path]
        of_names = "property names: " if "propertyNames" in error.absolute_schema_path else ""
        expected = of_names + _expected(error)
        if len(expected) > _LONGEST_EXPECTATION:
            expected = expected[: _LONGEST_EXPECTATION - 1] + "…"
        return Finding(pointer(tokens), str(error.validator or "false"), expected)


def pointer(tokens: Iterable[str | int]) -> str:
    """A JSON Pointer (RFC 6901); "" is the whole document."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)


def _too_large(value: Any) -> bool:
    """Counts nodes and characters without recursion, and stops counting early."""
    nodes = characters = 0
    waiting = [value]
    while waiting:
        node = waiting.pop()
        nodes += 1
        if isinstance(node, str):
            characters += len(node)
        elif isinstance(node, dict):
            nodes += len(node)
            characters += sum(map(len, node)) if nodes <= MAX_EXPLAINED_NODES else 0
            waiting.extend(islice(node.values(), MAX_EXPLAINED_NODES))
        elif isinstance(node, list):
            waiting.extend(islice(node, MAX_EXPLAINED_NODES))
        if nodes + len(waiting) > MAX_EXPLAINED_NODES or characters > MAX_EXPLAINED_CHARACTERS:
            return True
    return False


def _declared_names(schema: Any) -> frozenset[str]:
    names: set[str] = set()
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            properties = node.get("properties")
            names.update(properties if isinstance(properties, dict) else ())
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return frozenset(names)


def _most_telling(error: ValidationError) -> Iterator[ValidationError]:
    """Where all but one alternative fail on the type of the value, that one's own errors say more than "anyOf"."""
    alternatives: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        if inner.schema_path:  # the schema `false` leaves none
            alternatives.setdefault(inner.schema_path[0], []).append(inner)
    meant = [
        errors
        for errors in alternatives.values()
        if not any(each.validator == "type" and not each.path for each in errors)
    ]
    if error.validator in ("anyOf", "oneOf") and len(meant) == 1:
        for inner in meant[0]:
            yield from _most_telling(inner)
    else:
        yield error


def _expected(error: ValidationError) -> str:
    keyword, value = error.validator, error.validator_value
    if keyword in _EXPECTATIONS:
        return _EXPECTATIONS[str(keyword)](error, value)
    if error.schema is False:
        return "nothing: the schema refuses every value here"
    if isinstance(value, str | int | float):
        return f"{keyword}: {value if isinstance(value, str) else _json(value)}"
    return f"a value that passes '{keyword}'"


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _type(error: ValidationError, value: Any) -> str:
    return "type: " + (value if isinstance(value, str) else " or ".join(value))


def _enum(error: ValidationError, value: Any) -> str:
    shown = ", ".join(each if isinstance(each, str) else _json(each) for each in value[:_CODES_SHOWN])
    return f"enum of {len(value)} codes: {shown}" + (", …" if len(value) > _CODES_SHOWN else "")


def _required(error: ValidationError, value: Any) -> str:
    assert isinstance(error.instance, dict)
    return "required: " + ", ".join(name for name in value if name not in error.instance)


def _dependent(error: ValidationError, value: Any) -> str:
    assert isinstance(error.instance, dict)
    names = {name for held, needed in value.items() if held in error.instance for name in needed}
    return "required with what is there: " + ", ".join(sorted(names - set(error.instance)))


def _closed(error: ValidationError, value: Any) -> str:
    assert isinstance(error.schema, dict)
    return f"no undeclared properties, {len(_undeclared(error.instance, error.schema))} found"


def _alternatives(error: ValidationError, value: Any) -> str:
    how_many = "exactly one" if error.validator == "oneOf" else "at least one"
    return f"{how_many} of {len(value)} alternatives"


_EXPECTATIONS: Mapping[str, Callable[[ValidationError, Any], str]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda error, value: f"const: {_json(value)}",
    "required": _required,
    "dependentRequired": _dependent,
    "additionalProperties": _closed,
    "unevaluatedProperties": lambda error, value: "no undeclared properties",
    "anyOf": _alternatives,
    "oneOf": _alternatives,
    "not": lambda error, value: "not: a value other than what the schema excludes",
    "contains": lambda error, value: "contains: as many matching items as the schema asks for",
    "uniqueItems": lambda error, value: "uniqueItems: no item twice",
}


@lru_cache(maxsize=4096)
def _verdict(keyword: str, value: str | float | bool) -> Callable[[Any], bool]:
    """One keyword by the deciding engine, so that explanations agree with it and no pattern can backtrack."""
    return build({keyword: value}).is_valid


def _undeclared(instance: Any, schema: Mapping[str, Any]) -> list[str]:
    declared, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    return [
        name
        for name in instance
        if name not in declared and not any(_verdict("pattern", each)(name) for each in patterns)
    ]


def _decided(keyword: str) -> Any:
    def check(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if not _verdict(keyword, value)(instance):
            yield ValidationError("")

    return check


def _pattern_properties(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    for pattern, subschema in value.items() if isinstance(instance, dict) else ():
        for name in instance:
            if _verdict("pattern", pattern)(name):
                yield from validator.descend(instance[name], subschema, path=name, schema_path=pattern)


def _additional(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    names = _undeclared(instance, schema) if isinstance(instance, dict) else []
    if value is False and names:
        yield ValidationError("")
    elif value is not False:
        for name in names:
            yield from validator.descend(instance[name], value, path=name)


_OWN_KEYWORDS: Mapping[str, Any] = {
    "pattern": _decided("pattern"),
    "uniqueItems": _decided("uniqueItems"),
    "multipleOf": _decided("multipleOf"),
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional,
}


def _explainer(deadline: float) -> Any:
    """jsonschema's validator with every keyword watching the clock.

    `deadline` is CPU time of this thread in seconds, so that a busy machine does not cut explanations short. The first
    checks are free: a pause of the interpreter to collect garbage is not their doing.
    """
    checks = count()

    def timed(check: Any) -> Any:
        def run(*arguments: Any) -> Any:
            if next(checks) >= _FREE_CHECKS and time.thread_time() > deadline:
                raise TimeoutError
            return check(*arguments)

        return run

    keywords = {**jsonschema.Draft202012Validator.VALIDATORS, **_OWN_KEYWORDS}
    watched = {name: timed(check) for name, check in keywords.items()}
    return extend(jsonschema.Draft202012Validator, watched)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=1)
def _format_checker() -> jsonschema.FormatChecker:
    """The deciding engine's formats, for jsonschema."""
    checker = jsonschema.FormatChecker(formats=())
    for name in (*STANDARD_FORMATS, *FORMATS):
        checker.checks(name)(_verdict("format", name))
    return checker
