"""Differences between documents."""

import pytest

from catalog import differences


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [{"pointer": "/a", "old": 1, "new": 2}]),
        ({"a": 1}, {"a": True}, [{"pointer": "/a", "old": 1, "new": True}]),
        ({"a": None}, {}, [{"pointer": "/a", "old": None}]),
        ({}, {"a/b~": 1}, [{"pointer": "/a~1b~0", "new": 1}]),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, [{"pointer": "/a/b", "old": 1, "new": 2}]),
        ({"a": [1, 2]}, {"a": [2, 1]}, [{"pointer": "/a", "old": [1, 2], "new": [2, 1]}]),
        ({"a": []}, {"a": [{"path": "x"}]}, [{"pointer": "/a/0", "new": {"path": "x"}}]),
    ],
)
def test_what_differs(old, new, expected):
    assert differences.between(old, new) == expected


def test_items_are_told_apart_by_their_path():
    old = {"items": [{"path": "a", "n": 1}, {"path": "b", "n": 1}, {"path": "c", "n": 1}]}
    new = {"items": [{"path": "c", "n": 2}, {"path": "b", "n": 1}, {"path": "d", "n": 1}]}
    assert differences.between(old, new) == [
        {"pointer": "/items/0", "old": {"path": "a", "n": 1}},
        {"pointer": "/items/0/n", "old": 1, "new": 2},
        {"pointer": "/items/2", "new": {"path": "d", "n": 1}},
    ]


def test_lists_that_name_a_path_twice_are_compared_whole():
    twice = {"items": [{"path": "a"}, {"path": "a"}]}
    assert differences.between({"items": []}, twice) == [{"pointer": "/items", "old": [], "new": twice["items"]}]


def test_steps_become_one_and_a_step_back_is_none():
    first = [{"pointer": "/a", "old": 1, "new": 2}, {"pointer": "/b", "old": 1, "new": 2}, {"pointer": "/c", "new": 1}]
    second = [{"pointer": "/a", "old": 2, "new": 3}, {"pointer": "/b", "old": 2, "new": 1}, {"pointer": "/c", "old": 1}]
    assert differences.merged([first, second]) == [{"pointer": "/a", "old": 1, "new": 3}]


def test_what_is_kept_is_short():
    found = differences.clipped(
        [{"pointer": f"/{n}", "old": "x" * 9_999, "new": {"y": "z" * 9_999}} for n in range(999)]
    )
    assert len(found) == 100
    assert all(len(str(one)) < 600 for one in found)
