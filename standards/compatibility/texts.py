"""Texts that a regular expression is likely to match: to build samples with, never to judge by.

Reads the common part of ECMA 262's syntax without running anything: literals, classes, groups, alternatives, counts.
What it does not know yields no text.
"""

from collections.abc import Callable
from functools import lru_cache

_LONGEST_PATTERN, _LONGEST_TEXT, _DEEPEST = 1_000, 200, 20
_VARIANTS = 4
_CLASSES = {"d": "0192", "w": "aA0_", "s": " \t", "D": "ax-", "W": "- .", "S": "a0-"}
_PROPERTIES = {"Han": "张王", "L": "aA", "Lu": "AB", "Ll": "ab", "N": "01", "Nd": "01"}
_SPECIAL = {"n": "\n", "t": "\t", "r": "\r"}

Render = Callable[[int], str]
"""The text of a variant, counted from 0; others take other alternatives and more repetitions."""


class _Unknown(Exception):
    """Syntax that is not read here."""


@lru_cache(maxsize=1024)
def texts_of(pattern: str) -> tuple[str, ...]:
    """A few different texts; nothing for expressions that are not understood."""
    if len(pattern) > _LONGEST_PATTERN:
        return ()
    try:
        reader = _Reader(pattern)
        render = reader.alternatives(0)
        if reader.rest:
            return ()
        return tuple(dict.fromkeys(render(variant)[:_LONGEST_TEXT] for variant in range(_VARIANTS)))
    except (_Unknown, IndexError, ValueError):
        return ()


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.rest = pattern

    def take(self, count: int = 1) -> str:
        taken, self.rest = self.rest[:count], self.rest[count:]
        if len(taken) < count:
            raise _Unknown
        return taken

    def alternatives(self, depth: int) -> Render:
        if depth > _DEEPEST:
            raise _Unknown
        branches = [self._sequence(depth)]
        while self.rest.startswith("|"):
            self.take()
            branches.append(self._sequence(depth))
        return lambda variant: branches[variant % len(branches)](variant // len(branches) if variant else 0)

    def _sequence(self, depth: int) -> Render:
        parts: list[Render] = []
        while self.rest and self.rest[0] not in "|)":
            parts.append(self._repeated(self._atom(depth)))
        return lambda variant: _joined(parts, variant)

    def _repeated(self, atom: Render) -> Render:
        least, most = self._count()
        if self.rest.startswith("?"):
            self.take()  # lazy or greedy is the same to a text
        return lambda variant: _joined([atom] * min(least + variant, most, _LONGEST_TEXT), variant)

    def _count(self) -> tuple[int, int]:
        mark = self.rest[:1]
        if mark in ("*", "+", "?"):
            self.take()
            return int(mark == "+"), 1 if mark == "?" else _LONGEST_TEXT
        if mark != "{":
            return 1, 1
        inside, _, self.rest = self.rest[1:].partition("}")
        least, comma, most = inside.partition(",")
        return int(least), int(most) if most else _LONGEST_TEXT if comma else int(least)

    def _atom(self, depth: int) -> Render:
        first = self.take()
        if first in "^$":
            return lambda _: ""
        if first == "(":
            return self._group(depth)
        if first in "*+?{":
            raise _Unknown
        letters = self._class() if first == "[" else "a0-" if first == "." else self._letters(first)
        return lambda variant: letters[variant % len(letters)]

    def _group(self, depth: int) -> Render:
        if self.rest.startswith("?"):
            if not self.rest.startswith("?:"):
                raise _Unknown
            self.take(2)
        inner = self.alternatives(depth + 1)
        if self.take() != ")":
            raise _Unknown
        return inner

    def _letters(self, first: str) -> str:
        """What one letter or escape can stand for."""
        if first != "\\":
            return first
        escaped = self.take()
        if escaped in "pP" and self.rest.startswith("{"):
            name, _, self.rest = self.rest[1:].partition("}")
            return _PROPERTIES[name.rpartition("=")[2]] if name.rpartition("=")[2] in _PROPERTIES else self._refuse()
        if escaped in "ux":
            return chr(int(self.take(4 if escaped == "u" else 2), 16))
        if escaped in "bB" or escaped.isdigit():
            return self._refuse()
        return _CLASSES.get(escaped) or _SPECIAL.get(escaped) or escaped

    def _class(self) -> str:
        negated = self.rest.startswith("^")
        if negated:
            self.take()
        found = ""
        while not self.rest.startswith("]"):
            letters = self._letters(self.take())
            if self.rest.startswith("-") and not self.rest.startswith("-]"):
                self.take()
                last = self._letters(self.take())
                letters = "".join(dict.fromkeys((letters[0], last[-1], chr(min(ord(letters[0]) + 1, ord(last[-1]))))))
            found += letters
        self.take()
        if negated:
            found = "".join(letter for letter in "a0A- 张_" if letter not in found)
        return found or self._refuse()

    def _refuse(self) -> str:
        raise _Unknown


def _joined(parts: list[Render], variant: int) -> str:
    text = ""
    for part in parts:
        text += part(variant)
        if len(text) > _LONGEST_TEXT:
            break
    return text
