"""Texts for patterns: each that comes is matched, and what is not understood gives none."""

import pytest

from standards.compatibility.texts import texts_of
from standards.validation import Checker

READ = [
    "^[0-9]{6}$", "^(a|bc)+x?$", r"^[A-Z]{2}-\d{3,5}$", r"^\p{Han}{2,4}$", "^[^a]$", "a{2,}", "^1[3-9][0-9]{9}$",
    "^.{1,3}$", r"^\w+@\w+\.cn$", r"^\u5f20$", "^(?:x|y)$", "^[a-cx-z-]$", "", r"^[\d.]+$", "(((a*)*)*)b",
]  # fmt: skip


@pytest.mark.parametrize("pattern", READ)
def test_the_texts_are_matched(pattern: str):
    texts = texts_of(pattern)
    assert texts
    assert all(len(text) <= 200 for text in texts)
    assert Checker({"pattern": pattern}).valid(texts[0])


@pytest.mark.parametrize("pattern", ["(?=a)b", r"(a)\1", r"\bx", "(", "[", "a{", "a{x}", "*", "(" * 50, "a" * 2_000])
def test_what_is_not_understood_gives_none(pattern: str):
    assert texts_of(pattern) == ()
