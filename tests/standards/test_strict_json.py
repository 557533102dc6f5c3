"""Strict JSON: what is refused and why, and that nothing sound is refused."""

import contextlib
import json
import time
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from standards import strict_json
from standards.strict_json import MAX_BYTES, MAX_CONTAINERS, UnreadableJson, loads


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "syntax"),
        (b"{", "syntax"),
        (b"[1,]", "syntax"),
        (b"01", "syntax"),
        (b"1 2", "syntax"),
        (b'"\x01"', "syntax"),
        (b"\x00", "syntax"),
        (b'"\xff"', "not-utf8"),
        (b"\xef\xbb\xbf{}", "not-utf8"),
        ("[1]".encode("utf-16"), "not-utf8"),
        (b"NaN", "non-finite"),
        (b"[-Infinity]", "non-finite"),
        (b'{"a": Infinity}', "non-finite"),
        ('["张", NaN]'.encode(), "non-finite"),
        (b'"\\ud800"', "surrogate"),
        (b'"\\udc00"', "surrogate"),
        (b'"\\ud800\\u0041"', "surrogate"),
        (b"1e400", "number-out-of-range"),
        (b"[18446744073709551616]", "number-out-of-range"),
        (b"-9223372036854775809", "number-out-of-range"),
        (b'{"a":100000000000000000000000}', "number-out-of-range"),
        (b"9" * 5000, "number-out-of-range"),
        (b'{"a":1,"a":1}', "duplicate-key"),
        (b'{"a":1,"\\u0061":2}', "duplicate-key"),
        (b'{"x":{"a":1,"b":2,"a":{}}}', "duplicate-key"),
        (b'{"a":1,"b":"\\u003a","a":2}', "duplicate-key"),
        (b'{"a":1,"b":"\\u003A","a":2}', "duplicate-key"),
        (b'{"a":":","a":"::"}', "duplicate-key"),
        (b"[" * 65 + b"]" * 65, "too-deep"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "too-deep"),
        (b"[" * 100_000, "too-deep"),
    ],
)
def test_refuses(raw: bytes, reason: str) -> None:
    with pytest.raises(UnreadableJson) as caught:
        loads(raw)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "raw",
    [
        b"18446744073709551615",
        b"-9223372036854775808",
        b'["12345678901234567890123", "a, 12345678901234567890123"]',
        b"[0.1234567890123456789, 12345678901234567890.5, 1e30]",
        b'{"a":"\\u003a","b":"\\\\u003a","c":":"}',
        b'{"a":"\\\\\\u003A"}',
        b'{"a:b":{"a:b":1}}',
        b"[" * 64 + b"]" * 64,
        b'["[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["]',
        b" null ",
    ],
)
def test_accepts(raw: bytes) -> None:
    assert loads(raw) == json.loads(raw)


def test_keeps_integers_exact() -> None:
    assert loads(b"[9223372036854775808]") == [9223372036854775808]


def test_limits_are_arguments() -> None:
    assert loads(b"[[1]]", max_bytes=5, max_depth=2) == [[1]]
    with pytest.raises(UnreadableJson, match="too large"):
        loads(b"[[1]]", max_bytes=4)
    with pytest.raises(UnreadableJson, match="too deeply"):
        loads(b"[[1]]", max_depth=1)


def test_says_where_but_never_what() -> None:
    with pytest.raises(UnreadableJson) as caught:
        loads(b'{"secret-name": "secret-value", }')
    assert caught.value.offset is not None
    assert "secret" not in str(caught.value)


def _strict_by_the_standard_library(raw: bytes) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) < len(pairs):
            raise ValueError("twice")
        return dict(pairs)

    def refuse(_: str) -> None:
        raise ValueError("not finite")

    value = json.loads(raw.decode("utf-8"), object_pairs_hook=unique, parse_constant=refuse)
    if any(isinstance(each, int) and not -(2**63) <= each < 2**64 for each in _scalars(value)):
        raise ValueError("range")
    return value


def _scalars(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [found for child in value.values() for found in _scalars(child)]
    if isinstance(value, list):
        return [found for child in value for found in _scalars(child)]
    return [value]


_KEYS = st.sampled_from(
    ['"a"', '"b"', '"a:b"', '"\\u003a"', '"\\\\u003a"', '":"', '"\\u0061"', '"\\\\\\u003A"', '"{["']
)
_NUMBERS = st.one_of(
    st.integers(-(10**22), 10**22).map(str), st.floats(allow_nan=False, allow_infinity=False).map(repr)
)
_TEXT = st.recursive(
    st.one_of(_KEYS, _NUMBERS, st.sampled_from(["true", "null", '", 99999999999999999999"', '"\\""'])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda each: "[" + ",".join(each) + "]"),
        st.lists(st.tuples(_KEYS, inner), max_size=4).map(
            lambda pairs: "{" + ", ".join(f"{key} : {value}" for key, value in pairs) + "}"
        ),
    ),
    max_leaves=12,
)


@given(_TEXT)
@example('{"a":1,"b":"\\u003a","a":"\\u003a"}')
def test_agrees_with_a_strict_reading_by_the_standard_library(text: str) -> None:
    raw = text.encode()
    try:
        expected = _strict_by_the_standard_library(raw)
    except ValueError:
        with pytest.raises(UnreadableJson):
            loads(raw)
    else:
        assert loads(raw) == expected


@given(st.binary(max_size=60))
def test_never_raises_anything_else(raw: bytes) -> None:
    with contextlib.suppress(UnreadableJson):
        loads(raw)


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(), st.lists, max_leaves=20))
def test_reads_back_what_orjson_writes(value: Any) -> None:
    assert loads(orjson.dumps(value)) == value


_ROOM = MAX_BYTES - 100


@pytest.mark.parametrize(
    "raw",
    [
        b'["' + b"\\n" * (_ROOM // 2) + b'", 12345678901234567890]',
        b'["' + b"\\\\" * (_ROOM // 2) + b'\\u003a"]',
        b"[" + b"[]," * (_ROOM // 3) + b"[]]",
        b"[" + b"1234567890123456789," * (_ROOM // 20) + b"1]",
        b"1" * _ROOM,
        b'["' + b'\\"' * (_ROOM // 2),
        b'"' * _ROOM,
        b'{"a":' * (_ROOM // 5),
    ],
    ids=["escapes", "backslashes", "lists", "digits", "one-number", "open-string", "quotes", "open-objects"],
)
def test_sixteen_hostile_megabytes_do_not_hang(raw: bytes) -> None:
    started = time.process_time()
    with contextlib.suppress(UnreadableJson):
        loads(raw)
    assert time.process_time() - started < 3


def test_too_many_lists_are_too_large() -> None:
    with pytest.raises(UnreadableJson, match="too large"):
        loads(b"[" + b"[]," * MAX_CONTAINERS + b"[]]")


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (b'{"a": [1, "x\\ud800"]}', ("a", 1)),
        (b'["\\uDC00"]', (0,)),
        (b'["\\ud800\\ud800\\udc00"]', (0,)),
        (b'["\\\\\\ud800"]', (0,)),
        (b'{"b": {"\\udfff": 1}}', ("b", "*")),
        (b'{"\\ud800": 1, "\\ud801": 2}', ("*",)),
    ],
)
def test_halves_of_pairs_stay_and_are_found(raw: bytes, place: tuple[str | int, ...]) -> None:
    value = strict_json.loads_with_halves(raw)
    assert value == json.loads(raw)
    assert strict_json.half_in(value) == place


@pytest.mark.parametrize("raw", [b'"\\ud83d\\ude00"', b'"\\\\ud800"', b'["\\u0041", {"a": null}]', b"7"])
def test_whole_characters_have_no_halves(raw: bytes) -> None:
    value = strict_json.loads_with_halves(raw)
    assert value == strict_json.loads(raw)
    assert strict_json.half_in(value) is None


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'{"a": "\\ud800", "a": 1}', "duplicate-key"),
        (b'{"\\ud800": 1, "\\ud800": 2}', "duplicate-key"),
        (b'["\\ud800", NaN]', "non-finite"),
        (b'["\\ud800", 99999999999999999999]', "number-out-of-range"),
        (b'["\\ud800", "\\uzzzz"]', "syntax"),
        (b'["\\ud800"', "syntax"),
        (b'["\\ud800", "\xed\xa0\x80"]', "not-utf8"),
        (b"[" * 70 + b'"\\ud800"' + b"]" * 70, "too-deep"),
    ],
)
def test_beside_halves_everything_is_as_strict(raw: bytes, reason: str) -> None:
    with pytest.raises(UnreadableJson) as caught:
        strict_json.loads_with_halves(raw)
    assert caught.value.reason == reason
