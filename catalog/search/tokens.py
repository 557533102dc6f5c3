"""The one tokeniser, for what is indexed and for what is asked. Pure.

Text is folded character by character (Unicode NFKC, case folded, Latin letters without their marks), so that full-width
digits equal narrow ones and every place in folded text is a place in the original. A word of letters and digits is one
token; a run of Chinese, Japanese or Korean characters is its overlapping pairs and its last character alone, so that
words of two characters and single ones are found, wherever they stand (人口库 → 人口 口库 库).
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

_CJK = "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_CJK += "\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(rf"(?P<run>[{_CJK}]+)|[^\W_{_CJK}]+")
BARRIER = "｜"
"""Stands between two texts of one field, so that no phrase reaches from one into the other; no token equals it."""


class Token(NamedTuple):
    """A token and where it stands in the original text, `[start, end)` in code points."""

    text: str
    start: int
    end: int


class _Folding(dict[int, str]):
    """Each character's folded form, computed when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _folded(chr(code))
        return folded


def _folded(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character).casefold()
    if not any("\u00c0" <= one <= "\u024f" or "\u1e00" <= one <= "\u1eff" for one in plain):
        return plain
    return "".join(one for one in unicodedata.normalize("NFD", plain) if not unicodedata.combining(one))


_FOLDING = _Folding()


def fold(text: str) -> str:
    """The text as it is compared: 全角ＡＢＣ１ → 全角abc1, Électricité → electricite."""
    return _remembered(text) if len(text) <= _SHORT else text.translate(_FOLDING)


_SHORT = 60


@lru_cache(maxsize=8_192)  # of items: many datasets name them alike
def _remembered(text: str) -> str:
    return text.translate(_FOLDING)


@lru_cache(maxsize=8_192)
def words(text: str) -> tuple[str, ...]:
    """The tokens of the text, in their order."""
    found: list[str] = []
    for match in _RUNS.finditer(fold(text)):
        run = match[0]
        if match["run"]:
            found += [run[at : at + 2] for at in range(len(run))]  # the last one is a single character
        else:
            found.append(run)
    return tuple(found)


def runs(text: str) -> list[tuple[str, bool]]:
    """The folded words and runs of the text, each with whether it is a run of CJK characters."""
    return [(match[0], match["run"] is not None) for match in _RUNS.finditer(fold(text))]


def placed(text: str) -> list[Token]:
    """The tokens of the text with their places in the original."""
    folded, origin = fold(text), list(_origins(text))
    found = []
    for match in _RUNS.finditer(folded):
        start, end = match.span()
        spans = ((at, min(at + 2, end)) for at in range(start, end)) if match["run"] else ((start, end),)
        found += [Token(folded[first:last], origin[first], origin[last - 1] + 1) for first, last in spans]
    return found


def _origins(text: str) -> Iterator[int]:
    """For each character of the folded text, the index of the original one that it comes from."""
    for index, character in enumerate(text):
        for _ in _FOLDING[ord(character)]:
            yield index
