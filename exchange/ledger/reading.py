"""What auditors and stewards ask of the ledger: entries by case, person, application, department, kind and time.

Whoever asks for another person's or department's entries leaves a `read` entry first; that is the caller's business.

    BadCursor(ValueError)   not a cursor that `find` gave out
"""

import heapq
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

import orjson

from exchange.ledger.entries import CALL_KINDS
from exchange.ledger.openings import Opening, read_openings
from exchange.ledger.secrets import Month, Secrets
from exchange.ledger.store import Log, Stored

_END_OF_TIME = 2**47
_EVERYTHING = 2**62
_CURSOR = re.compile(r"(\d{1,19})\.(\d{1,19})", re.ASCII)


class BadCursor(ValueError):
    """Not a cursor of this list: begin again without one."""


@dataclass(frozen=True, slots=True)
class Query:
    """Entries must satisfy everything that is given. Times are epoch milliseconds, `since` included, `until` not.

    Case, persons, application and department are those of a call: its request and its reply are both found by them.
    """

    case: str | None = None
    actor: str | None = None
    subject: str | None = None
    application: str | None = None
    department: str | None = None
    type: str | None = None
    since: int = 0
    until: int = _END_OF_TIME

    def terms(self) -> list[tuple[str, str]]:
        """What the search index knows of it, the rarest first."""
        kinds = ("subject", "case", "actor", "application", "department")
        terms = [(kind, value) for kind in kinds if (value := getattr(self, kind)) is not None]
        if self.type is not None and self.type not in CALL_KINDS:
            terms.append(("type", self.type))
        return terms

    def matches(self, at: int, leaf: dict[str, Any]) -> bool:
        return self.since <= at < self.until and self.type in (None, leaf["type"])


class Page(NamedTuple):
    """(index, leaf) newest first, and the cursor for what follows, None at the end."""

    items: list[tuple[int, dict[str, Any]]]
    next: str | None


def find(log: Log, secrets: Secrets, query: Query, *, limit: int = 50, cursor: str | None = None) -> Page:
    """One page of the entries that match. Raises BadCursor.

    By terms: calls newest first, within a call its end before its request. Otherwise: by time.
    """
    after = _parse(cursor)
    terms = query.terms()
    candidates = _by_terms(log, secrets, query, terms, after) if terms else _by_time(log, query, after)
    items: list[tuple[int, dict[str, Any]]] = []
    following = cursor
    for place, index, at, leaf in candidates:
        if (place, index) >= after or not query.matches(at, leaf):
            continue
        if len(items) == limit:
            return Page(items, following)
        items.append((index, leaf))
        following = f"{place}.{index}"
    return Page(items, None)


def entry(log: Log, index: int) -> dict[str, Any]:
    """The leaf of one entry. Raises NoSuchEntry."""
    leaf: dict[str, Any] = orjson.loads(log.entry(index).leaf)
    return leaf


def openings(log: Log, secrets: Secrets, kind: str, identifier: str) -> list[Opening]:
    """What opens the commitments to one person (kind `actor` or `subject`), for that person to check offline."""
    if log.connection.execute("SELECT 1 FROM secret WHERE name = 'subjects'").fetchone() is None:
        return []
    token = secrets.subject_token(log.connection, kind, identifier)
    return read_openings(log.connection, secrets.cipher, token)


Candidate = tuple[int, int, int, dict[str, Any]]


def _by_time(log: Log, query: Query, after: tuple[int, int]) -> Iterator[Candidate]:
    rows = log.connection.execute(
        "SELECT at, idx, leaf FROM entry WHERE at >= ? AND at < ? AND (at, idx) < (?, ?) ORDER BY at DESC, idx DESC",
        (query.since, query.until, *after),
    )
    for at, index, leaf in rows:
        yield at, index, at, orjson.loads(leaf)


def _by_terms(
    log: Log, secrets: Secrets, query: Query, terms: list[tuple[str, str]], after: tuple[int, int]
) -> Iterator[Candidate]:
    # A reply may come in the month after its request, and its terms stand under that month's key.
    months = secrets.past_months(log.connection, query.since - 31 * 86_400_000, query.until)
    firsts = heapq.merge(*(_firsts(log, months, at, terms, after[0]) for at in range(len(months))), reverse=True)
    for first, _ in groupby(firsts):
        for stored in _call_of(log, first):
            yield first, stored.number, stored.at, orjson.loads(stored.leaf)


def _firsts(log: Log, months: list[Month], at: int, terms: list[tuple[str, str]], last: int) -> Iterator[int]:
    """Indices of the first entries of calls that stand under all terms, the first term under this month's key."""
    near = months[max(0, at - 1) : at + 2]
    values: list[Any] = [months[at].token(*terms[0]), last]
    for term in terms[1:]:
        values += [month.token(*term) for month in near]
    also = f" AND EXISTS (SELECT 1 FROM term o WHERE o.idx = t.idx AND o.token IN ({','.join('?' * len(near))}))"  # noqa: S608
    statement = f"SELECT idx FROM term t WHERE token = ? AND idx <= ?{also * (len(terms) - 1)} ORDER BY idx DESC"  # noqa: S608
    for (first,) in log.connection.execute(statement, values):
        yield first


def _call_of(log: Log, first: int) -> list[Stored]:
    """The entries of the call that begins at `first`, last one first; any other entry alone."""
    begin = log.entry(first)
    call = orjson.loads(begin.leaf).get("call")
    if call is None:
        return [begin]
    query = "SELECT idx FROM call WHERE call = ? AND idx > ? ORDER BY idx DESC"
    later = log.connection.execute(query, (bytes.fromhex(call), first)).fetchall()
    return [*(log.entry(index) for (index,) in later), begin]


def _parse(cursor: str | None) -> tuple[int, int]:
    if cursor is None:
        return _EVERYTHING, _EVERYTHING
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise BadCursor("this is not a cursor of this list: begin again without one")
    return min(int(found[1]), _EVERYTHING), min(int(found[2]), _EVERYTHING)
