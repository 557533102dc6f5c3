"""Keyset paging: a list in the order of its key, continued after an opaque cursor.

The cursor is the key of the last row given out, so rows that come or go between two pages shift nothing.

    ValueError
    └── InvalidCursor   the cursor was not given out by this list
"""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Integer, tuple_
from sqlmodel import Session
from sqlmodel.sql.expression import SelectOfScalar

from standards.columns import UtcDateTime

LARGEST = 200
_AT_ONCE = 500

Row = TypeVar("Row")
Value = TypeVar("Value")


class InvalidCursor(ValueError):
    """A cursor that no page ended with."""

    def __init__(self) -> None:
        super().__init__("The cursor was not given out by this list: leave it out to start at the first page.")


def page(
    session: Session,
    statement: SelectOfScalar[Row],
    keys: Sequence[Any],
    *,
    limit: int = 50,
    cursor: str | None = None,
    descending: bool = False,
) -> tuple[list[Row], str | None]:
    """Up to `limit` rows of `statement` in the order of `keys`, and the cursor of the next page, None at the end.

    `keys` are columns of the row, together unique, of text, whole numbers or moments; `descending` turns the order of
    all of them. `limit` is held within 1 and 200. Raises InvalidCursor.
    """
    size = min(max(limit, 1), LARGEST)
    if cursor is not None:
        here, last = tuple_(*keys), tuple_(*_read(cursor, keys))
        statement = statement.where(here < last if descending else here > last)
    order = [key.desc() for key in keys] if descending else keys
    rows = list(session.exec(statement.order_by(*order).limit(size + 1)).all())
    if len(rows) <= size:
        return rows, None
    return rows[:size], _write([getattr(rows[size - 1], key.key) for key in keys])


def portions(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """The values 500 at a time, for `IN (…)`: databases bound the number of parameters of one query."""
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]


def _write(values: list[Any]) -> str:
    told = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(told, ensure_ascii=False).encode()).decode().rstrip("=")


def _read(cursor: str, keys: Sequence[Any]) -> list[Any]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (UnicodeError, binascii.Error, ValueError, RecursionError) as error:
        raise InvalidCursor from error
    if not isinstance(values, list) or len(values) != len(keys):
        raise InvalidCursor
    if any(not _fits(value, key) for value, key in zip(values, keys, strict=True)):
        raise InvalidCursor
    return [
        _moment(value) if isinstance(key.type, UtcDateTime) else value for value, key in zip(values, keys, strict=True)
    ]


def _fits(value: Any, key: Any) -> bool:
    """Whether a database can compare the value with the column: its type, 64 bits, no NUL, no lone surrogate."""
    if isinstance(key.type, Integer):
        return type(value) is int and -(2**63) <= value < 2**63
    return type(value) is str and value.isprintable()


def _moment(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise InvalidCursor from error
    if moment.tzinfo is None:
        raise InvalidCursor
    return moment
