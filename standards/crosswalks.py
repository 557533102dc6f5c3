"""Crosswalks: which codes of one version of a code list correspond to which of another (SKOS, W3C 2009, section 10).

One crosswalk serves both directions. Exact matches translate either way, `broader` ones from source to target,
`narrower` ones back; `related` ones never. So a second crosswalk that leads back, directly or over others, is refused:
the two could say different things.

LookupError
└── UnknownCrosswalk
ValueError
└── InvalidCrosswalk   .findings: unknown codes, several targets for one code, a way that leads back
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlmodel import Session, col, select

from standards import dialect, lives, versions
from standards.models import CodeList, Crosswalk, CrosswalkDraft, Governed, Match, Pair
from standards.validation import Finding

_Node = tuple[str, str]


class UnknownCrosswalk(LookupError):
    def __init__(self, slug: str, version: str | None) -> None:
        named = slug if version is None else f"{slug} {version}"
        super().__init__(f"no crosswalk {named} is published: look at the list of crosswalks")


class InvalidCrosswalk(ValueError):
    """A crosswalk by which some code could be translated to two things, or to nothing."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("The crosswalk cannot be used: mend every listed finding.")


def columns(session: Session, draft: CrosswalkDraft) -> dict[str, Any]:
    """What is kept of a proposal. Raises InvalidCrosswalk with everything wrong at once (at most 50 findings)."""
    every = [*_lists(session, draft), *_several(draft.pairs), *_leads_back(session, draft)]
    if found := list(islice(every, dialect.MAX_FINDINGS)):
        raise InvalidCrosswalk(found)
    return draft.model_dump(mode="json")


def _by_pair(content: dict[str, Any]) -> dict[str, Any]:
    return {**content, "pairs": {f"{pair['source']} {pair['target']}": pair["match"] for pair in content["pairs"]}}


def _refers(session: Session, row: Crosswalk) -> Iterator[tuple[str, Governed]]:
    for at, slug, version in (("/source", row.source, row.source_version), ("/target", row.target, row.target_version)):
        codes = versions.find(session, CodeList, slug, version)
        if codes is not None:
            yield at, codes


KIND = lives.Kind("crosswalk", Crosswalk, CrosswalkDraft, columns, UnknownCrosswalk, keyed=_by_pair, refers=_refers)


def publish(session: Session, draft: CrosswalkDraft, by: str, now: datetime) -> Crosswalk:
    """See `lives.publish`. Raises InvalidCrosswalk, AlreadyPublished, OutOfOrder."""
    return lives.publish(session, KIND, draft, by, now)


def fetch(session: Session, slug: str, version: str | None = None) -> Crosswalk:
    """One version in force, the latest by default; raises UnknownCrosswalk."""
    return lives.fetch(session, KIND, slug, version)


def table(session: Session, slug: str, version: str | None = None, *, inverse: bool = False) -> Mapping[str, str]:
    """Source code → target code for whatever translates by itself, or the way back. Raises UnknownCrosswalk."""
    return compiled(fetch(session, slug, version).pairs, inverse=inverse)


def translate(row: Crosswalk, code: str, *, inverse: bool = False) -> str | None:
    """The code's counterpart; None where a person has to decide."""
    return compiled(row.pairs, inverse=inverse).get(code)


def compiled(pairs: Sequence[Mapping[str, Any]], *, inverse: bool = False) -> dict[str, str]:
    """What translates by itself: exact matches first; where the other list is less precise, its wider code.

    On the way back a code that is wider than several has no single counterpart in them and is left out.
    """
    exact: dict[str, str] = {}
    wider: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        source, target, match = pair["source"], pair["target"], pair["match"]
        if inverse:
            source, target = target, source
        if match == Match.EXACT:
            exact[source] = target
        elif match == (Match.NARROWER if inverse else Match.BROADER):
            wider[source].add(target)
    single = {code: next(iter(targets)) for code, targets in wider.items() if len(targets) == 1}
    return single | exact


def _lists(session: Session, draft: CrosswalkDraft) -> Iterator[Finding]:
    """Both lists are in force, differ, and have the codes."""
    for side in ("source", "target"):
        slug, version = getattr(draft, side), getattr(draft, f"{side}_version")
        row = versions.find(session, CodeList, slug, version)
        if row is None:
            yield Finding(f"/{side}", "published", "a published code list in one of its published versions")
            continue
        known = {code["code"] for code in row.codes}
        for index, pair in enumerate(draft.pairs):
            if getattr(pair, side) not in known:
                yield Finding(f"/pairs/{index}/{side}", "known", f"a code of {slug} {version}")


def _several(pairs: Sequence[Pair]) -> Iterator[Finding]:
    """Pairs that stand twice, and codes that would translate to two."""
    seen: dict[tuple[str, str], int] = {}
    taken: dict[tuple[str, str, Match], int] = {}
    for index, pair in enumerate(pairs):
        first = seen.setdefault((pair.source, pair.target), index)
        if first != index:
            yield Finding(f"/pairs/{index}", "unique", f"each pair once: this one is /pairs/{first}")
            continue
        sides = [("source", pair.source)] if pair.match is not Match.NARROWER else []
        sides += [("target", pair.target)] if pair.match in (Match.EXACT, Match.NARROWER) else []
        if pair.match is Match.RELATED:
            continue
        for side, code in sides:
            first = taken.setdefault((side, code, pair.match), index)
            if first != index:
                expected = (
                    f"one {pair.match} match for this {side} (it has one at /pairs/{first}); the others are related"
                )
                yield Finding(f"/pairs/{index}/{side}", "ambiguous", expected)


def _leads_back(session: Session, draft: CrosswalkDraft) -> Iterator[Finding]:
    """Whether published crosswalks already lead from the target back to the source."""
    start, goal = (draft.target, draft.target_version), (draft.source, draft.source_version)
    if start == goal:
        yield Finding("/target", "circle", "another list or version than the source")
        return
    ways = _ways(session, draft.slug)
    came: dict[_Node, _Node | None] = {start: None}
    waiting = [start]
    while waiting:
        at = waiting.pop(0)
        for following in ways[at]:
            if following not in came:
                came[following] = at
                waiting.append(following)
    if goal in came:
        chain: list[str] = []
        step: _Node | None = goal
        while step is not None:
            chain.append(" ".join(step))
            step = came[step]
        expected = f"no way back: {' ← '.join(chain)} is published, and a crosswalk is read in both directions"
        yield Finding("/target", "circle", expected)


def _ways(session: Session, own: str) -> Mapping[_Node, list[_Node]]:
    """From list to list by crosswalks in force, without the other versions of this one."""
    columns = (Crosswalk.source, Crosswalk.source_version, Crosswalk.target, Crosswalk.target_version)
    in_force = col(Crosswalk.state).in_(versions.IN_FORCE)
    ways: dict[_Node, list[_Node]] = defaultdict(list)
    for source, source_version, target, target_version in session.exec(
        select(*columns).where(in_force, Crosswalk.slug != own)
    ).all():
        ways[source, source_version].append((target, target_version))
    return ways
