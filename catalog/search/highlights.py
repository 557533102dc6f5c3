"""Where in the original texts the words stand that were looked for. Pure.

Places are `[start, end)` in code points of the text beside them; nothing is marked up, so nothing has to be escaped.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from catalog.search import tokens
from catalog.search.engine import Phrase

WIDTH = 120
"""Characters of an excerpt."""


def marks(text: str, phrases: Sequence[Phrase]) -> list[tuple[int, int]]:
    """Where the phrases stand, in order, without overlaps."""
    folded = tokens.fold(text)
    if not any(phrase.tokens[0] in folded for phrase in phrases):
        return []  # nearly all texts: to place their tokens would cost ten times as much
    placed = tokens.placed(text)
    found = sorted(place for phrase in phrases for place in _places(placed, phrase))
    joined: list[tuple[int, int]] = []
    for start, end in found:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def excerpt(text: str, places: Sequence[tuple[int, int]], width: int = WIDTH) -> dict[str, Any]:
    """`{text, marks}`: the text, or so much of it around the first mark; an ellipsis stands where it was cut."""
    start = max(0, places[0][0] - width // 4) if places and len(text) > width else 0
    end = min(len(text), start + width)
    before, after = "…" * (start > 0), "…" * (end < len(text))
    shift = len(before) - start
    kept = [[max(a, start) + shift, min(b, end) + shift] for a, b in places if a < end and b > start]
    return {"text": f"{before}{text[start:end]}{after}", "marks": kept}


def _places(placed: Sequence[tokens.Token], phrase: Phrase) -> Iterable[tuple[int, int]]:
    wanted, size = phrase.tokens, len(phrase.tokens)
    for at in range(len(placed) - size + 1):
        if all(placed[at + step].text == wanted[step] for step in range(size - 1)):
            last = placed[at + size - 1]
            if last.text == wanted[-1]:
                yield placed[at].start, last.end
            elif phrase.open_end and last.text.startswith(wanted[-1]):
                single = len(wanted[-1]) == 1 and not wanted[-1].isascii()  # of a pair only its first character
                yield placed[at].start, last.start + 1 if single else last.end
