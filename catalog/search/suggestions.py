"""What somebody may have meant: titles and keywords that go on as typed, and near misses of words without a hit."""

import difflib
from collections.abc import Sequence

from sqlmodel import Session, col, func, select

from catalog.search import engine, tokens, words
from catalog.search.engine import Phrase, Wanted
from catalog.search.index import PHRASE
from catalog.search.models import PUBLIC, Indexed, Tally

MOST = 10
_LOOKED_AT = 200
_ALIKE = 0.5
_SPELT_ALIKE = 0.72
_CLOSE = 8

Departments = Sequence[str] | None
"""Whose datasets may be found before they are published; None for all."""


def continued(session: Session, text: str, departments: Departments, most: int = MOST) -> list[str]:
    """Titles and keywords that begin with the text, the most frequent of the first 200 first; then those that hold it.

    Raises Unsearchable.
    """
    phrases, folded = words.parse(text), tokens.fold(text.strip())
    if not phrases:
        return []
    uses = func.sum(Tally.amount)
    begin = select(Tally.label, uses).where(Tally.kind == PHRASE, Tally.folded >= folded)
    begin = begin.where(Tally.folded < folded + "\U0010ffff")
    if departments is not None:
        begin = begin.where(col(Tally.audience).in_((PUBLIC, *departments)))
    rows = session.exec(begin.group_by(Tally.folded, Tally.label).order_by(Tally.folded).limit(_LOOKED_AT)).all()
    found = [label for label, amount in sorted(rows, key=lambda row: (-row[1], len(row[0]), row[0]))]
    if len(found) < most:
        hits = engine.best(session, _visible((phrases,), departments), _LOOKED_AT)[: 5 * most]
        found += [each for each in _phrases(session, [hit.number for hit in hits]) if folded in tokens.fold(each)]
    return list(dict.fromkeys(found))[:most]


def near(session: Session, text: str, departments: Departments, most: int = 5) -> list[str]:
    """For words without a hit: what they may be misspelt for, and titles and keywords much like them."""
    runs = tokens.runs(text)
    found = _respelt(session, runs, departments)
    pairs = [pair for run, is_cjk in runs if is_cjk for pair in tokens.words(run) if len(pair) == 2]
    if pairs:
        ways = tuple((Phrase((pair,)),) for pair in dict.fromkeys(pairs))
        hits = engine.best(session, _visible(ways, departments), _LOOKED_AT)
        found += _alike(text, _phrases(session, [hit.number for hit in hits]))
    return list(dict.fromkeys(found))[:most]


def _respelt(session: Session, runs: Sequence[tuple[str, bool]], departments: Departments) -> list[str]:
    """The text with each unknown word of letters replaced by one that is spelt alike, if that is found anywhere."""
    better = [run if is_cjk else _spelt_alike(session, run, departments) for run, is_cjk in runs]
    if better == [run for run, _ in runs]:
        return []
    phrases = tuple(made for word in better if (made := words.phrase(word)))
    return [" ".join(better)] if engine.count(session, _visible((phrases,), departments)) else []


def _spelt_alike(session: Session, word: str, departments: Departments) -> str:
    """The word that most of the datasets have which this reader may find; what nobody may see tells nothing here."""
    if len(word) < 4:
        return word
    known = {other for other, _ in engine.near(session, word[:2]) if other[0].isascii()}
    close = difflib.get_close_matches(word, known, _CLOSE, _SPELT_ALIKE)
    found = {other: _hits(session, other, departments) for other in close}
    return max((other for other in close if found[other]), key=lambda other: found[other], default=word)


def _hits(session: Session, word: str, departments: Departments) -> int:
    phrase = words.phrase(word)
    return engine.count(session, _visible(((phrase,),), departments)) if phrase else 0


def _alike(text: str, phrases: Sequence[str]) -> list[str]:
    folded = tokens.fold(text.strip())
    matcher = difflib.SequenceMatcher(b=folded, autojunk=False)
    scored = []
    for phrase in phrases:
        matcher.set_seq1(tokens.fold(phrase))
        if matcher.quick_ratio() >= _ALIKE and (ratio := matcher.ratio()) >= _ALIKE:
            scored.append((ratio, phrase))
    return [phrase for _, phrase in sorted(scored, key=lambda each: (-each[0], each[1]))]


def _phrases(session: Session, numbers: Sequence[int]) -> list[str]:
    """Titles and keywords of these datasets, in the datasets' order."""
    if not numbers:
        return []
    rows = dict(session.exec(select(Indexed.number, Indexed.phrases).where(col(Indexed.number).in_(numbers))).all())
    return list(dict.fromkeys(phrase for number in numbers for phrase in rows.get(number, "").split("\n") if phrase))


def _visible(alternatives: tuple[tuple[Phrase, ...], ...], departments: Departments) -> Wanted:
    return Wanted(alternatives, departments=None if departments is None else tuple(departments))
