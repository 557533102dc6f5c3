"""The full-text engine: SQLite's FTS5 over tokens that are made here, so that it only has to keep and find them.

Everything that knows FTS5 is in this file; another engine has to offer the same functions. Texts come as tokens joined
by spaces. Facets stand in the index as tokens too, so that a filter narrows the search instead of its result.
"""

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, event, text
from sqlmodel import Session, SQLModel

WEIGHTS = {"title": 10.0, "keywords": 6.0, "names": 3.0, "items": 2.0, "description": 1.0}
"""How much a hit in each field counts; the fields of a document, in the order of the table's columns."""
ANYWHERE = " ".join(WEIGHTS)

TABLES = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS search_text USING fts5("
    "title, keywords, names, items, description, facets, tokenize='ascii', prefix='1 3')",
    "CREATE VIRTUAL TABLE IF NOT EXISTS search_word USING fts5vocab(search_text, 'row')",
)


@event.listens_for(SQLModel.metadata, "after_create")
def _create(_metadata: Any, connection: Connection, **_: Any) -> None:
    """Virtual tables are no tables of the models: where those are made without a migration, these are made here."""
    if connection.dialect.name == "sqlite":
        for statement in TABLES:
            connection.execute(text(statement))


class Phrase(NamedTuple):
    """Tokens that follow each other; with `open_end` the last one need only begin a token of the document."""

    tokens: tuple[str, ...]
    open_end: bool = False


class Wanted(NamedTuple):
    """What a document must have: one of the alternatives, each a list of phrases that must all be there; of each
    group of facets one. No alternatives ask for no text.

    Of documents that are not for everybody only those of `departments` are found; None finds all.
    """

    alternatives: tuple[tuple[Phrase, ...], ...] = ()
    facets: tuple[tuple[tuple[str, str], ...], ...] = ()
    departments: tuple[str, ...] | None = ()


class Hit(NamedTuple):
    """A document that was found, and how well it fits: higher is better, comparable within one query only."""

    number: int
    score: float


def put(
    session: Session,
    number: int,
    fields: Mapping[str, str],
    facets: Collection[tuple[str, str]],
    *,
    only_for: str | None = None,
) -> None:
    """Adds a document under a number that is not in the index; `fields` are those of `WEIGHTS`, as tokens.

    It is for everybody, or `only_for` one department.
    """
    hidden = [] if only_for is None else [_HIDDEN, (_FOR, only_for)]
    codes = " ".join(_codes([*facets, *hidden, _ALL]))
    session.connection().execute(_PUT, {**fields, "number": number, "facets": codes})


def drop(session: Session, number: int) -> None:
    session.connection().execute(_DROP, {"number": number})


def clear(session: Session) -> None:
    session.connection().execute(text("DELETE FROM search_text"))


def add_up(session: Session, changes: Sequence[Mapping[str, Any]]) -> None:
    """Adds each `amount`, which may be below nought, to the row of the tally with its key."""
    session.connection().execute(_ADD_UP, changes)


def count(session: Session, wanted: Wanted) -> int:
    """How many documents there are, exactly; reads the index only."""
    return int(session.connection().execute(_COUNT, {"query": _query(wanted)}).scalar_one())


def numbers(session: Session, wanted: Wanted) -> list[int]:
    """Of all documents, from the lowest up; reads the index only, once. What is asked of a search begins here."""
    found = session.connection().execute(_NUMBERS, {"query": _query(wanted)}).scalar()
    return sorted(orjson.loads(f"[{found or ''}]"))


def best(
    session: Session, wanted: Wanted, limit: int, *, fields: str = "", among: Sequence[int] | None = None
) -> list[Hit]:
    """The best of at most `limit` candidates, which are the newest hits in titles and keywords, then anywhere; or the
    newest hits in `fields`, names of `WEIGHTS` with spaces between them. `among` is `numbers`, where that is known.

    So a word that half of the catalog contains costs no more than a rare one (BM25 weighs the candidates only).
    """
    if fields:
        chosen = newest(session, wanted, limit, fields=fields)
    elif among is not None and len(among) <= limit:
        chosen = list(among)
    else:
        titled = newest(session, wanted, limit, fields=_TITLES)
        anywhere = among[-limit:] if among is not None else newest(session, wanted, limit)[::-1]
        chosen = list(dict.fromkeys([*titled, *reversed(anywhere)]))[:limit]
    return sorted(_weighed(session, wanted, chosen, fields), key=lambda hit: (-hit.score, -hit.number))


def newest(session: Session, wanted: Wanted, limit: int, *, before: int | None = None, fields: str = "") -> list[int]:
    """Numbers from the highest down, below `before`; of hits in `fields` only."""
    query = {"query": _query(wanted, fields), "limit": limit, "before": 2**62 if before is None else before}
    return [row[0] for row in session.connection().execute(_NEWEST, query)]


def by_title(session: Session, wanted: Wanted, limit: int, *, after: tuple[str, int] | None) -> list[tuple[int, str]]:
    """Numbers and folded titles in the order of the titles, after the given one.

    For what much of the catalog has: walks the titles in their order past those that are not wanted.
    """
    title, number = after or ("", -1)
    query = {"query": _query(wanted), "limit": limit, "title": title, "number": number}
    return [(row[0], row[1]) for row in session.connection().execute(_BY_TITLE, query)]


def near(session: Session, beginning: str, limit: int = 3_000) -> Sequence[tuple[str, int]]:
    """Words of the index that begin so, in their order, with the number of documents; hidden documents count too."""
    query = {"from": beginning, "below": beginning + "\U0010ffff", "limit": limit}
    return [(row[0], row[1]) for row in session.connection().execute(_WORDS, query)]


def _weighed(session: Session, wanted: Wanted, chosen: Sequence[int], fields: str) -> list[Hit]:
    """BM25 of these documents by the words alone: it goes through the whole catalog once for each phrase it is given,
    and facets would be phrases too."""
    if not chosen:
        return []
    words = _query(wanted._replace(facets=(), departments=None), fields)
    query = {"query": words, "least": min(chosen), "most": max(chosen), "chosen": orjson.dumps(chosen).decode()}
    return [Hit(number, -weight) for number, weight in session.connection().execute(_WEIGHED, query)]


def _codes(facets: Collection[tuple[str, str]]) -> list[str]:
    """Each facet as one token that no word of a text can be: nothing a user writes reaches the index's query."""
    return ["f" + hashlib.blake2b(f"{facet}={value}".encode(), digest_size=8).hexdigest() for facet, value in facets]


def _query(wanted: Wanted, columns: str = "") -> str:
    """The MATCH expression. Tokens are letters and digits only, so in quotes they mean nothing but themselves."""
    texts = [
        "(" + " AND ".join(f'"{" ".join(tokens)}"{" *" * open_end}' for tokens, open_end in phrases) + ")"
        for phrases in wanted.alternatives
    ]
    fields = columns or (ANYWHERE if _could_be_codes(wanted) else "")
    within = f"{{{fields}}} : " if fields else ""  # to tell fields apart takes a third of the time of a look
    parts = [f"({within}({' OR '.join(texts)}))"] if texts else []
    parts += [_with(group) for group in wanted.facets]
    asked = " AND ".join(parts or [_with([_ALL])])
    if wanted.departments is None:
        return asked
    own = [(_FOR, name) for name in wanted.departments]
    hidden = f"({_with([_HIDDEN])} NOT {_with(own)})" if own else _with([_HIDDEN])
    return f"({asked}) NOT {hidden}"


def _could_be_codes(wanted: Wanted) -> bool:
    return any(_CODE.fullmatch(phrase.tokens[-1]) for phrases in wanted.alternatives for phrase in phrases)


def _with(group: Collection[tuple[str, str]]) -> str:
    return f"(facets : ({' OR '.join(_codes(group))}))"


# What few documents have is quickly left out; what all have, here that they are public, would slow each query down.
_ALL, _HIDDEN, _FOR = ("all", ""), ("hidden", ""), "only-for"
_TITLES = "title keywords"
_CODE = re.compile("f[0-9a-f]*")

_PUT = text(
    "INSERT INTO search_text (rowid, title, keywords, names, items, description, facets) "
    "VALUES (:number, :title, :keywords, :names, :items, :description, :facets)"
)
_ADD_UP = text(
    "INSERT INTO search_tally (kind, folded, label, audience, amount) "
    "VALUES (:kind, :folded, :label, :audience, :amount) "
    "ON CONFLICT (kind, folded, label, audience) DO UPDATE SET amount = search_tally.amount + excluded.amount"
)
_DROP = text("DELETE FROM search_text WHERE rowid = :number")
_NUMBERS = text("SELECT group_concat(rowid) FROM search_text WHERE search_text MATCH :query")
_COUNT = text("SELECT count(*) FROM search_text WHERE search_text MATCH :query")
_WEIGHED = text(
    f"SELECT rowid, bm25(search_text, {', '.join(map(str, WEIGHTS.values()))}, 0.0) FROM search_text "  # noqa: S608
    "WHERE search_text MATCH :query AND rowid BETWEEN :least AND :most "
    # with the +, SQLite goes through the hits once, and does not look for each of the chosen anew
    "AND +rowid IN (SELECT value FROM json_each(:chosen))"
)
_NEWEST = text(
    "SELECT rowid FROM search_text WHERE search_text MATCH :query AND rowid < :before ORDER BY rowid DESC LIMIT :limit"
)
_BY_TITLE = text(
    "SELECT number, title FROM search_document WHERE (title, number) > (:title, :number) "
    # with the +, SQLite goes by the order of titles and not by that of numbers
    "AND +number IN (SELECT rowid FROM search_text WHERE search_text MATCH :query) "
    "ORDER BY title, number LIMIT :limit"
)
_WORDS = text("SELECT term, doc FROM search_word WHERE term >= :from AND term < :below LIMIT :limit")
