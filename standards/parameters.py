"""Path and query parameters of one operation: read once, checked against their schemas, rebuilt for the upstream.

OpenAPI 3.1 styles `simple` (path) and `form` (query); values are text and are read as their declared type says.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from standards.percent import decode_query, encode
from standards.validation import Checker, Finding, pointer

MAX_QUERY = 8192
CHECK_SECONDS = 0.1  # of explaining to a caller, on the event loop

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?(?:[eE][+-]?[0-9]{1,2})?")
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Parameter:
    """`type` is that of the value, or of the items when `many`; exploded lists repeat the name (`a=1&a=2`)."""

    name: str
    place: str
    type: str
    many: bool
    explode: bool
    required: bool


class _Unreadable(ValueError):
    """A query string that is not name=value pairs of declared parameters."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.expected)
        self.finding = finding


class Parameters:
    """All parameters of an operation, under one compiled schema of `{"path": {…}, "query": {…}}`."""

    __slots__ = ("_checker", "_path", "_query", "needed")

    def __init__(self, declared: Iterable[Parameter], checker: Checker) -> None:
        each = list(declared)
        self._path = {parameter.name: parameter for parameter in each if parameter.place == "path"}
        self._query = {parameter.name: parameter for parameter in each if parameter.place == "query"}
        self._checker = checker
        self.needed = bool(self._path) or any(parameter.required for parameter in each)

    def check(self, arguments: Mapping[str, str], query: str) -> tuple[Finding, ...]:
        """Empty when path arguments (decoded) and the raw query string are as declared."""
        try:
            given = self._grouped(query) if query else {}
        except _Unreadable as error:
            return (error.finding,)
        values = {
            "path": {name: _read(parameter, [arguments[name]]) for name, parameter in self._path.items()},
            "query": {name: _read(self._query[name], texts) for name, texts in given.items()},
        }
        return () if self._checker.valid(values) else self._checker.explain(values, seconds=CHECK_SECONDS)

    def canonical(self, query: str) -> str:
        """The query string again, from what was read of it. Raises ValueError when `check` has objections to it."""
        pairs = []
        for name, texts in self._grouped(query).items() if query else ():
            parameter, encoded = self._query[name], [encode(text) for text in texts]
            values = [",".join(encoded)] if parameter.many and not parameter.explode else encoded
            pairs += [f"{encode(name)}={value}" for value in values]
        return "&".join(pairs)

    def _grouped(self, query: str) -> dict[str, list[str]]:
        if len(query) > MAX_QUERY:
            raise _Unreadable(Finding("/query", "maxLength", f"a query string of at most {MAX_QUERY} characters"))
        given: dict[str, list[str]] = {}
        for pair in query.split("&"):
            name, equals, value = pair.partition("=")
            parameter = self._query.get(_decoded(name))
            if parameter is None:
                known = ", ".join(self._query) or "none"
                raise _Unreadable(Finding("/query/*", "additionalProperties", f"declared parameters only: {known}"))
            if not equals:
                raise _Unreadable(Finding(pointer(["query", parameter.name]), "query", "name=value"))
            if parameter.name in given and not (parameter.many and parameter.explode):
                raise _Unreadable(Finding(pointer(["query", parameter.name]), "query", "the parameter once"))
            raw = value.split(",") if parameter.many and not parameter.explode else [value]
            given.setdefault(parameter.name, []).extend(map(_decoded, raw))
        return given


def _decoded(raw: str) -> str:
    try:
        return decode_query(raw)
    except ValueError:
        expected = "name=value pairs joined by &, percent-encoded UTF-8 without control characters"
        raise _Unreadable(Finding("/query", "query", expected)) from None


def _read(parameter: Parameter, texts: list[str]) -> Any:
    """Text that is not of the declared type stays text, and the schema refuses it."""
    read = _READERS[parameter.type]
    return [read(text) for text in texts] if parameter.many else read(texts[0])


_READERS: Mapping[str, Callable[[str], Any]] = {
    "string": lambda text: text,
    "integer": lambda text: int(text) if _INTEGER.fullmatch(text) else text,
    "number": lambda text: float(text) if _NUMBER.fullmatch(text) else text,
    "boolean": lambda text: _BOOLEANS.get(text, text),
}
TYPES = frozenset(_READERS)
