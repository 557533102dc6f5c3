"""What somebody typed, as phrases to look for. Pure.

Words are separated by spaces and must all be there; a word in quotes must stand exactly so. Nothing else means
anything: signs separate words. A word of letters may be continued (`certif` finds certificates) from three letters on.

ValueError
└── Unsearchable    nothing to look for, or too much at once
"""

import re
from collections.abc import Iterable, Sequence

from catalog.search import tokens
from catalog.search.engine import Phrase

LONGEST = 200
MOST = 12
_QUOTES = re.compile('["＂“”„‟「」『』]')
_SHORTEST_BEGINNING = 3
_LONGEST_SPLIT = 16


class Unsearchable(ValueError):
    """Words that cannot be looked for; the message says what to give instead."""


def parse(text: str) -> tuple[Phrase, ...]:
    """The phrases that must all be there; none for an empty text. Raises Unsearchable."""
    if len(text) > LONGEST:
        raise Unsearchable(f"What is looked for is at most {LONGEST} characters long.")
    found = [made for word, quoted in _words(text) if (made := phrase(word, quoted=quoted))]
    if text.strip() and not found:
        raise Unsearchable("Look for at least one letter, digit or Chinese character.")
    if len(found) > MOST:
        raise Unsearchable(f"Look for at most {MOST} words at once.")
    return tuple(dict.fromkeys(found))


def relaxed(text: str) -> tuple[tuple[Phrase, ...], ...]:
    """Alternatives for when nothing has all phrases: long Chinese words taken apart, as no spaces say where to.

    婚姻登记信息 → 婚姻 and 登记 and 信息; or 婚姻登 and 记信息; … empty for texts that cannot be taken apart.
    """
    given = _words(text)
    taken = [[_apart(word, quoted, back) for word, quoted in given] for back in (False, True)]
    splits = _splits(given[0][0]) if len(given) == 1 and not given[0][1] else []
    ways = [[piece for word in way for piece in word] for way in taken] + splits
    strict = [word for word, _ in given]
    made = (tuple(p for piece in way if (p := phrase(piece))) for way in ways if way != strict)
    return tuple(dict.fromkeys(way for way in made if way))


def phrase(word: str, *, quoted: bool = False) -> Phrase | None:
    """One word, which may be several tokens, as what the index has to hold of it; None when it has no token."""
    runs = tokens.runs(word)
    if not runs:
        return None
    found = tokens.words(word)
    last, is_cjk = runs[-1]
    if is_cjk and len(last) > 1:
        return Phrase(found[:-1])  # the pairs say it all
    return Phrase(found, is_cjk or (not quoted and len(last) >= _SHORTEST_BEGINNING))


def _words(text: str) -> list[tuple[str, bool]]:
    parts = _QUOTES.split(text)
    found: list[tuple[str, bool]] = []
    for index, part in enumerate(parts):
        if index % 2 and index < len(parts) - 1:  # the last quote may have been left open
            found.append((part, True))
        else:
            found += [(word, False) for word in part.split()]
    return found


def _apart(word: str, quoted: bool, back: bool) -> list[str]:
    """Pairs of a word that is all Chinese and long enough; the odd character stays at its end or beginning."""
    runs = tokens.runs(word)
    if quoted or len(runs) != 1 or not runs[0][1] or len(runs[0][0]) < 4:
        return [word]
    run = runs[0][0]
    odd, whole = len(run) % 2, len(run) // 2
    first = 2 + odd if back else 2
    return [run[:first], *_pairs(run[first:], whole - 1)]


def _pairs(run: str, amount: int) -> Iterable[str]:
    return [run[2 * at : 2 * at + 2 if at < amount - 1 else None] for at in range(amount)]


def _splits(word: str) -> list[Sequence[str]]:
    runs = tokens.runs(word)
    if len(runs) != 1 or not runs[0][1] or not 4 <= len(runs[0][0]) <= _LONGEST_SPLIT:
        return []
    run = runs[0][0]
    return [(run[:at], run[at:]) for at in range(2, len(run) - 1)]
