"""How many calls agreements had in all, as the ledger counts them."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

from exchange.ledger.sqlite import connect_reading


def calls_made(path: Path, agreements: Iterable[str]) -> dict[str, int]:
    """By agreement, the calls that were recorded since it exists; 0 where none was."""
    query = "SELECT COALESCE(SUM(count), 0) FROM usage WHERE agreement = ?"
    with contextlib.closing(connect_reading(path)) as connection:
        return {id: int(connection.execute(query, (id,)).fetchone()[0]) for id in agreements}


def all_calls_made(path: Path) -> list[tuple[str, int]]:
    """(agreement, calls) over the whole life of each that was ever used."""
    with contextlib.closing(connect_reading(path)) as connection:
        return connection.execute("SELECT agreement, SUM(count) FROM usage GROUP BY agreement").fetchall()
