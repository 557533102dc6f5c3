"""Strict reading of JSON (RFC 8259 within the bounds of RFC 7493, I-JSON) for everything that comes in.

orjson parses and already refuses NaN, infinities, lone surrogates, bad UTF-8, byte order marks and control characters.
What it lets through is found here: repeated keys, integers that it would turn into floats, too much depth or size.
A list of many records may be read with halves of surrogate pairs in it (`loads_with_halves`), so that only the record
is lost in which one stands (`half_in`).
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

import orjson

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64
MAX_CONTAINERS = 1_000_000  # opening brackets; five million empty lists in 16 MB would hold the event loop for seconds

Reason = Literal[
    "not-utf8", "syntax", "duplicate-key", "non-finite", "surrogate", "too-deep", "too-large", "number-out-of-range"
]

_WORDS: dict[Reason, str] = {
    "not-utf8": "the body is not UTF-8: send UTF-8 without a byte order mark",
    "syntax": "the body is not JSON",
    "duplicate-key": "an object in the body has the same key twice: send each key once",
    "non-finite": "NaN and Infinity are not JSON: send null or leave the member out",
    "surrogate": "a string in the body has half of a surrogate pair: send whole characters",
    "too-deep": "the body is nested too deeply: flatten it",
    "too-large": "the body is too large: send less at a time",
    "number-out-of-range": "a number in the body does not fit: send integers within 64 bits, larger ones as strings",
}
EXPECTED: Mapping[Reason, str] = {
    "not-utf8": "UTF-8 without a byte order mark",
    "syntax": "JSON (RFC 8259)",
    "duplicate-key": "each name once in an object",
    "non-finite": "numbers, or null: NaN and Infinity are not JSON",
    "surrogate": "whole characters: half of a surrogate pair is none",
    "too-deep": f"at most {MAX_DEPTH} levels inside each other",
    "too-large": f"at most {MAX_CONTAINERS:,} objects and lists",
    "number-out-of-range": "integers within 64 bits: larger numbers as texts",
}
"""What a document, rather than the body of a request, should have been, read within the default bounds."""

# orjson names its reasons in words only; a test holds these against the installed version
_REASONS_OF_ORJSON: tuple[tuple[str, Reason], ...] = (
    ("byte order mark", "not-utf8"),
    ("not valid UTF-8", "not-utf8"),
    ("surrogate", "surrogate"),
    ("depth limit", "too-deep"),
    ("infinity when parsed", "number-out-of-range"),
)
_NON_FINITE = re.compile(r"-?(?:NaN|Infinity)")
_COLON_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*+\\u003[aA]")
# one alternative eats whole strings, so that digits within them are never taken for numbers
_LONG_NUMBER = re.compile(rb'"(?:[^"\\]++|\\.)*+"|(-?[0-9]{19,}+)(?![0-9.eE])', re.DOTALL)
# every escape from the left, so that a backslash that is escaped itself begins none; only a half has a group
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
_HALF = re.compile("[\ud800-\udfff]")
_DIGITS_AS_ZERO = bytes.maketrans(b"123456789", b"000000000")
_NINETEEN_DIGITS = b"0" * 19


class UnreadableJson(ValueError):
    """Bytes that are not strict JSON. `offset` counts characters from the start and is None where it is not known."""

    def __init__(self, reason: Reason, offset: int | None = None) -> None:
        place = "" if offset is None else f" (at character {offset})"
        super().__init__(_WORDS[reason] + place)
        self.reason: Reason = reason
        self.offset = offset


def loads(raw: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Any:
    """The value that `raw` says; raises UnreadableJson. `max_depth` counts nested objects and lists; a scalar is 0."""
    brackets = raw.count(b"[") + raw.count(b"{")
    if len(raw) > max_bytes or brackets > MAX_CONTAINERS:
        raise UnreadableJson("too-large")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _named(error) from None
    if brackets > max_depth and deeper_than(value, max_depth):
        raise UnreadableJson("too-deep")
    if _NINETEEN_DIGITS in raw.translate(_DIGITS_AS_ZERO):
        _refuse_inexact_integers(raw)
    _refuse_repeated_keys(raw, value)
    return value


def loads_with_halves(raw: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Any:
    """As `loads`, but a half of a surrogate pair that is written as an escape stays in its string.

    Nothing takes such a string for text: whoever reads on looks with `half_in`, part by part. Raises UnreadableJson.
    """
    try:
        return loads(raw, max_bytes=max_bytes, max_depth=max_depth)
    except UnreadableJson as error:
        if error.reason != "surrogate":
            raise
    loads(_ESCAPE.sub(_made_whole, raw), max_bytes=max_bytes, max_depth=max_depth)  # everything else is judged as ever
    return json.loads(raw)


def _made_whole(escape: re.Match[bytes]) -> bytes:
    """Each half as a character of its own (plane 15), so that names that differ still do."""
    if escape[1] is None:
        return escape[0]
    return chr(0xF0000 + int(escape[1][1:], 16) - 0xD800).encode()


def half_in(value: Any) -> tuple[str | int, ...] | None:
    """The steps to a string or name with half of a surrogate pair, None without one; such a name itself is `*`."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, str) and _HALF.search(node):
            return path
        if isinstance(node, dict):
            if any(_HALF.search(name) for name in node):
                return (*path, "*")
            waiting.extend(((*path, name), inner) for name, inner in node.items())
        elif isinstance(node, list):
            waiting.extend(((*path, index), inner) for index, inner in enumerate(node))
    return None


def deeper_than(value: Any, max_depth: int) -> bool:
    """Whether objects and lists are nested deeper than `max_depth`; walks level by level, never recursively."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(max_depth):
        if not level:
            return False
        level = [child for node in level for child in _children(node) if isinstance(child, dict | list)]
    return bool(level)


def _children(node: Any) -> Any:
    return node.values() if isinstance(node, dict) else node


def _refuse_repeated_keys(raw: bytes, value: Any) -> None:
    """Every member has one structural colon; other colons stand in strings, as themselves or as escapes.

    A repeated key loses a member and everything in it, so that the value written again has fewer colons than the bytes
    had. Values that orjson keeps are written with exactly the colons they were read with.
    """
    said = raw.count(b":")
    if b"\\u003" in raw:
        said += len(_COLON_ESCAPE.findall(raw))
    if said != orjson.dumps(value).count(b":"):
        raise UnreadableJson("duplicate-key")


def _refuse_inexact_integers(raw: bytes) -> None:
    for found in _LONG_NUMBER.finditer(raw):
        digits = found[1]
        if digits is not None and (len(digits) > 20 or not -(2**63) <= int(digits) < 2**64):
            raise UnreadableJson("number-out-of-range", found.start(1))


def _named(error: orjson.JSONDecodeError) -> UnreadableJson:
    for words, reason in _REASONS_OF_ORJSON:
        if words in error.msg:
            return UnreadableJson(reason, error.pos)
    if _NON_FINITE.match(error.doc, error.pos) or _NON_FINITE.match(error.doc, max(error.pos - 1, 0)):
        return UnreadableJson("non-finite", error.pos)
    return UnreadableJson("syntax", error.pos)
