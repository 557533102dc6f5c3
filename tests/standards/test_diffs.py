"""Differences: none exactly when two documents mean the same, each at its place."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standards import diffs

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab~/", max_size=3),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text("ab~/", max_size=2), below, max_size=3),
    max_leaves=12,
)


def told(old: Any, new: Any) -> list[tuple[str, str]]:
    return [(found.change.value, found.pointer) for found in diffs.between(old, new)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 2}, [("changed", "/a")]),
        ({"a": 1}, {"b": 1}, [("removed", "/a"), ("added", "/b")]),
        ({"a": True}, {"a": 1}, [("changed", "/a")]),
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": [1]}, {"a": {"0": 1}}, [("changed", "/a")]),
        ({"required": ["a", "b"]}, {"required": ["b", "a"]}, []),
        ({"required": ["a", "b"]}, {"required": ["b", "c"]}, [("removed", "/required/0"), ("added", "/required/1")]),
        ({"dependentRequired": {"x": ["a", "b"]}}, {"dependentRequired": {"x": ["b", "a"]}}, []),
        ({"a/b~": 1}, {}, [("removed", "/a~1b~0")]),
        (1, 2, [("changed", "")]),
    ],
)  # fmt: skip
def test_each_change_at_its_place(old: Any, new: Any, expected: list[tuple[str, str]]) -> None:
    assert told(old, new) == expected


def test_what_is_shown() -> None:
    added, changed = diffs.between({"a": 1}, {"a": 2, "b": None})[::-1]
    assert added.as_dict() == {"change": "added", "pointer": "/b", "new": None}
    assert changed.as_dict() == {"change": "changed", "pointer": "/a", "old": 1, "new": 2}


@settings(max_examples=150, deadline=None)
@given(JSON, JSON)
def test_no_difference_means_equal(old: Any, new: Any) -> None:
    assert diffs.between(old, copy.deepcopy(old)) == []
    assert bool(diffs.between(old, new)) == bool(diffs.between(new, old))
    if not diffs.between(old, new):
        assert old == new


def test_is_bounded_in_depth_and_number() -> None:
    deep: Any = 1
    for _ in range(5_000):
        deep = {"a": deep}
    assert diffs.between(deep, {}) != []
    many = {str(number): number for number in range(10_000)}
    assert len(diffs.between(many, {})) == diffs.MOST
