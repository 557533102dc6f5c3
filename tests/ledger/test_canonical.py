"""Canonical bytes against an implementation of RFC 8785."""

from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from exchange.ledger.canonical import MAX_LEAF, NotCanonical, canonical, leaf_of

KEYS = st.text(st.characters(max_codepoint=127), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(KEYS, VALUES, max_size=8))
def test_the_bytes_are_those_of_rfc_8785(value: dict[str, Any]) -> None:
    assert canonical(value) == rfc8785.dumps(value)


def test_every_control_character_is_escaped_alike() -> None:
    value = {"text": "".join(map(chr, range(0x2030))), "\x7f": 1, "\x00": 2}
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        1.0,
        float("nan"),
        2**53,
        -(2**53),
        [2**60],
        {"钥": 1},
        {1: 2},
        "\ud800",
        b"bytes",
        {1, 2},
        {"a": {"é": 1}},
        [[0.5]],
    ],
)
def test_what_has_no_sure_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical({"value": value})


@given(st.dictionaries(KEYS, st.lists(st.text(max_size=400), max_size=60) | st.text(max_size=9000), max_size=6))
def test_leaves_fit(value: dict[str, Any]) -> None:
    raw = leaf_of(value)
    assert len(raw) <= MAX_LEAF
    if len(canonical(value)) <= MAX_LEAF:
        assert raw == canonical(value)


def test_a_long_list_becomes_count_and_digest_and_the_rest_stays() -> None:
    raw = leaf_of({"type": "request", "fields": [f"field-{at}" for at in range(1000)], "provider": {"service": "a/b"}})
    assert b'"count":1000' in raw
    assert b'"service":"a/b"' in raw
    assert b"field-1" not in raw


def test_a_long_text_leaves_no_digest() -> None:
    raw = leaf_of({"type": "change", "details": {"text": "x" * 9000, "kept": "yes"}})
    assert raw == b'{"details":{"kept":"yes","text":{"bytes":9002}},"type":"change"}'
