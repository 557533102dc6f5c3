"""Code lists: enumerated values that standards refer to as `urn:hutong:codes:<slug>:<version>`.

Within one major version codes stay and keep their meaning: a code that is no longer used gets a last day.

ValueError
├── InvalidCodeList   .findings: everything wrong with its codes
└── MeaningChanged    .findings: what a later version took away or meant otherwise
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlmodel import Session

from standards import bundles, dialect, lives, versions
from standards.models import Code, CodeList, CodeListDraft
from standards.validation import Finding


class UnknownCodeList(LookupError):
    def __init__(self, slug: str, version: str | None) -> None:
        named = slug if version is None else f"{slug} {version}"
        super().__init__(f"no code list {named} is published: look at the list of code lists")


class InvalidCodeList(ValueError):
    """Codes that cannot be told apart, or do not hang together."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("The code list cannot be used: mend every listed finding.")


class MeaningChanged(ValueError):
    """What records already say would mean something else, or nothing."""

    def __init__(self, slug: str, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(f"{slug} would change what existing codes mean: publish it as the next major version.")


def faults(draft: CodeListDraft) -> list[Finding]:
    """Everything wrong with the codes, at most 50 findings, in linear time."""
    every = [*_alike(draft.codes), *_periods(draft.codes), *_parents(draft.codes)]
    return list(islice(every, dialect.MAX_FINDINGS))


def columns(session: Session, draft: CodeListDraft) -> dict[str, Any]:
    """What is kept of a proposal. Raises InvalidCodeList."""
    if found := faults(draft):
        raise InvalidCodeList(found)
    kept = draft.model_dump(mode="json", exclude={"codes"})
    return {**kept, "codes": [code.model_dump(mode="json", exclude_none=True) for code in draft.codes]}


def follows(draft: CodeListDraft, _: Mapping[str, Any], earlier: Sequence[CodeList]) -> None:
    """Whether every code of the last version is still there and means the same. Raises MeaningChanged."""
    if not earlier or versions.order(draft.version)[0] == 0:
        return
    now = {code.code: (index, code) for index, code in enumerate(draft.codes)}
    found = []
    for code in earlier[-1].codes:
        index, kept = now.get(code["code"], (None, None))
        if kept is None:
            expected = f"the code {code['code']} of {earlier[-1].version}, with a last day (valid_until) where it ended"
            found.append(Finding("/codes", "removed", expected))
        elif _means_otherwise(code, kept):
            expected = (
                f"name, definition and parent of {code['code']} as in {earlier[-1].version}; more languages may come"
            )
            found.append(Finding(f"/codes/{index}", "meaning", expected))
    if found:
        raise MeaningChanged(draft.slug, found[: dialect.MAX_FINDINGS])


def _by_code(content: dict[str, Any]) -> dict[str, Any]:
    return {**content, "codes": {code["code"]: code for code in content["codes"]}}


KIND = lives.Kind("code-list", CodeList, CodeListDraft, columns, UnknownCodeList, follows, _by_code)


def publish(session: Session, draft: CodeListDraft, by: str, now: datetime) -> CodeList:
    """See `lives.publish`. Raises InvalidCodeList, MeaningChanged, AlreadyPublished, OutOfOrder."""
    return lives.publish(session, KIND, draft, by, now)


def fetch(session: Session, slug: str, version: str | None = None) -> CodeList:
    """One version in force, the latest by default; raises UnknownCodeList."""
    return lives.fetch(session, KIND, slug, version)


def page(session: Session, limit: int = 50, cursor: str | None = None) -> tuple[list[CodeList], str | None]:
    return versions.page(session, CodeList, limit, cursor)


def enum(row: CodeList, day: date | None = None) -> list[str]:
    """All codes of the version in their order, or those valid on one day."""
    return [each["code"] for each in row.codes] if day is None else bundles.codes_on(row.codes, day)


def look(code: str) -> str:
    """What a code looks like: full-width letters and digits as half-width ones (Unicode NFKC), no space around."""
    return unicodedata.normalize("NFKC", code).strip()


def _alike(codes: Sequence[Code]) -> Iterator[Finding]:
    """A code twice, or two that only differ in the width of their characters or in spaces."""
    seen: dict[str, int] = {}
    for index, code in enumerate(codes):
        first = seen.setdefault(look(code.code), index)
        if first != index:
            same = "is" if codes[first].code == code.code else "looks like"
            yield Finding(f"/codes/{index}/code", "unique", f"each code once: this one {same} /codes/{first}/code")
        if code.code != code.code.strip() or not code.code.isprintable():
            yield Finding(
                f"/codes/{index}/code", "plain", "a code without spaces around it and without control characters"
            )


def _periods(codes: Sequence[Code]) -> Iterator[Finding]:
    for index, code in enumerate(codes):
        if code.valid_from and code.valid_until and code.valid_until < code.valid_from:
            yield Finding(f"/codes/{index}/valid_until", "period", "a last day that is not before valid_from")


def _parents(codes: Sequence[Code]) -> Iterator[Finding]:
    """Parents that are not in the list, and circles of them."""
    places = {code.code: index for index, code in enumerate(codes)}
    settled: set[str] = set()
    for index, code in enumerate(codes):
        if code.parent is not None and code.parent not in places:
            yield Finding(f"/codes/{index}/parent", "known", "the code of another entry of this list")
        above: dict[str, None] = {}
        at: str | None = code.code
        while at is not None and at in places and at not in settled and at not in above:
            above[at] = None
            at = codes[places[at]].parent
        if at is not None and at in above:
            yield Finding(
                f"/codes/{places[at]}/parent", "circle", "a parent that is not, in the end, part of its own child"
            )
        settled.update(above)


def _means_otherwise(old: Mapping[str, Any], new: Code) -> bool:
    texts = ((old["name"], new.name), (old.get("definition") or {}, new.definition or {}))
    changed = any(was.get(language) != now.get(language) for was, now in texts for language in was)
    return changed or (old.get("parent") is not None and old["parent"] != new.parent)
