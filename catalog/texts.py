"""What is wrong with the texts and lists of a registration. Reads the published themes and data elements, no more."""

import re
from collections.abc import Iterator
from typing import Any

from sqlmodel import Session, col, select

from catalog.models import DatasetDraft
from standards import codelists
from standards.models import DataElement
from standards.validation import Finding
from standards.versions import IN_FORCE

THEMES = "themes"

_LISTS = ("themes", "keywords", "formats", "languages", "legislation", "spatial")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_PERHAPS_HIDDEN = re.compile(r"\\u00|\\[bf]|[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def findings(session: Session, draft: DatasetDraft) -> list[Finding]:
    """Blank and repeated entries, languages that are none, unknown themes and data elements, a period that ends before
    it begins, and characters that are not seen or turn the direction of what is (Unicode Technical Report 36, 2.5).
    """
    found = [*_entries(draft), *_themes(session, draft), *_elements(session, draft), *_hidden(draft)]
    for index, language in enumerate(draft.languages):
        if not _LANGUAGE.fullmatch(language):
            found.append(Finding(f"/languages/{index}", "language", "a language tag of BCP 47, such as zh or en"))
    period = draft.temporal
    if period is not None and period.start is not None and period.end is not None and period.start > period.end:
        found.append(Finding("/temporal/end", "order", "an end that is not before the start"))
    return found


def _entries(draft: DatasetDraft) -> Iterator[Finding]:
    for field in _LISTS:
        seen = set[str]()
        for index, entry in enumerate(getattr(draft, field)):
            plain = entry.strip()
            if not plain:
                yield Finding(f"/{field}/{index}", "blank", "a text, or no entry at all")
            elif plain in seen:
                yield Finding(f"/{field}/{index}", "unique", f"each entry once: {plain[:80]} stands before")
            seen.add(plain)


def _themes(session: Session, draft: DatasetDraft) -> list[Finding]:
    """Any theme will do as long as no list of them is published."""
    if not draft.themes:
        return []
    try:
        known = {code["code"] for code in codelists.fetch(session, THEMES).codes}
    except codelists.UnknownCodeList:
        return []
    return [
        Finding(f"/themes/{index}", "known", f"a code of the published code list {THEMES}")
        for index, theme in enumerate(draft.themes)
        if theme.strip() and theme not in known
    ]


def _elements(session: Session, draft: DatasetDraft) -> list[Finding]:
    """Any data element will do as long as none is published."""
    named = {item.element for item in draft.items if item.element is not None}
    if not named:
        return []
    published = select(DataElement.slug).where(col(DataElement.state).in_(IN_FORCE))
    unknown = named - set(session.exec(published.where(col(DataElement.slug).in_(sorted(named)))).all())
    if not unknown or session.exec(published.limit(1)).first() is None:
        return []
    return [
        Finding(f"/items/{index}/element", "known", "the slug of a published data element, or none")
        for index, item in enumerate(draft.items)
        if item.element in unknown
    ]


def _hidden(draft: DatasetDraft) -> list[Finding]:
    """One look at the whole registration tells for nearly all that there is nothing to look for."""
    if not _PERHAPS_HIDDEN.search(draft.model_dump_json()):
        return []
    expected = "a text without control characters and marks that turn its direction; type it anew"
    return [Finding(place, "hidden-character", expected) for place in _places("", draft.model_dump(mode="json"))]


def _places(pointer: str, value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if _HIDDEN.search(value):
            yield pointer
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _places(f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}", each)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _places(f"{pointer}/{index}", each)
