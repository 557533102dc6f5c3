"""The classification of datasets 类/项/目/细目, and the resource codes that are given out under it.

A code of the tree says its level by its length: 类 one digit, 项 three, 目 six, 细目 more (national guideline for
catalogs of government information resources, 政务信息资源目录编制指南, 2017). A resource code is the code of a 目 or
细目, `/`, and a sequence of at least six digits counted up within it; it is given once and never again.

LookupError
└── UnknownCategory
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from sqlmodel import Session, col, func, select

from catalog.models import Category, CategoryDraft
from catalog.registration import accept, lock
from standards import paging
from standards.validation import Finding

LEVELS = {1: 1, 3: 2, 6: 3}
"""Level by length of the code; longer ones are level 4, 细目."""
DEEPEST = 4
COUNTED = 3
"""The level from which on datasets are classified and codes are given out."""


class UnknownCategory(LookupError):
    """The classification has no such code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"The classification has no {code!r}: look it up in the list of categories.")


def load(session: Session, drafts: Sequence[CategoryDraft]) -> int:
    """Adds categories and renames those that are there; none is ever taken away. How many are new or renamed.

    Raises InvalidRegistration: a code twice, or a code whose parent is neither there nor among them.
    """
    known = {row.code: row for row in session.exec(select(Category)).all()}
    accept(_findings(drafts, known))
    changed = 0
    for draft in drafts:
        row, name = known.get(draft.code), draft.model_dump()["name"]
        if row is None:
            session.add(Category(code=draft.code, parent=parent(draft.code), level=level(draft.code), name=name))
        elif row.name != name:
            row.name = name
            session.add(row)
        else:
            continue
        changed += 1
    session.flush()
    return changed


def level(code: str) -> int:
    """1 类, 2 项, 3 目, 4 细目."""
    return LEVELS.get(len(code), DEEPEST)


def parent(code: str) -> str | None:
    """The code one level up; None for a 类."""
    lengths = [length for length in LEVELS if length < len(code)]
    return code[: max(lengths)] if lengths else None


def fetch(session: Session, code: str) -> Category:
    """Raises UnknownCategory."""
    row = session.get(Category, code)
    if row is None:
        raise UnknownCategory(code)
    return row


def page(
    session: Session, *, parent: str | None = None, limit: int = 50, cursor: str | None = None
) -> tuple[list[Category], str | None]:
    """Categories by code, of one parent when it is named. Raises standards.paging.InvalidCursor."""
    statement = select(Category)
    if parent is not None:
        statement = statement.where(Category.parent == parent)
    return paging.page(session, statement, [col(Category.code)], limit=limit, cursor=cursor)


def missing(session: Session, code: str | None) -> list[Finding]:
    """What stands between this category and a resource code under it; empty when nothing does."""
    if code is not None and session.get(Category, code) is not None:
        if level(code) >= COUNTED:
            return []
        return [Finding("/category", "level", "a 目 or 细目: a code of the classification with six digits or more")]
    if not session.exec(select(func.count()).select_from(Category)).one():
        return [Finding("/category", "missing", "a classification: the operator loads one at POST /classification")]
    return [Finding("/category", "missing", "name a code of the classification, of a 目 or 细目")]


def issue(session: Session, code: str) -> str:
    """The next resource code of the category. Raises UnknownCategory."""
    row = lock(session, Category, code)
    if row is None:
        raise UnknownCategory(code)
    row.issued += 1
    session.add(row)
    return f"{code}/{row.issued:06}"


def _findings(drafts: Sequence[CategoryDraft], known: Iterable[str]) -> list[Finding]:
    counts = Counter(draft.code for draft in drafts)
    there = counts.keys() | set(known)
    found = []
    for index, draft in enumerate(drafts):
        pointer = f"/categories/{index}/code"
        if counts[draft.code] > 1:
            found.append(Finding(pointer, "unique", "each code once"))
        above = parent(draft.code)
        if above is not None and above not in there:
            found.append(Finding(pointer, "parent", f"a code whose parent {above} is in the classification"))
    return found
