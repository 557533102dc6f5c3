"""What a writer does before its first entry: recompute the root, find the requests that never got an end."""

from typing import NamedTuple

import orjson

from exchange.ledger.batch import State
from exchange.ledger.store import LedgerDamaged, Log

_STEP = 1024


class Dangling(NamedTuple):
    """A request without reply: its index and its call id."""

    request: int
    call: str


def load(log: Log) -> State:
    """The state of the log, recomputed from its tiles' right edge and its entries. Raises LedgerDamaged."""
    head = log.head()
    (beyond,) = log.connection.execute("SELECT count(*) FROM entry WHERE idx >= ?", (head.size,)).fetchone()
    edge = log.edge(head.size)
    if beyond or edge.size != head.size or edge.root() != head.root:
        raise LedgerDamaged(
            f"ledger.db does not lead to the root of its {head.size} entries: restore it from a backup, or verify an "
            "export of it (hutong ledger verify) to see which entries were changed"
        )
    state = State(edge, head.last_change)
    state.open_requests = {one.request: None for one in dangling(log)}
    return state


def dangling(log: Log) -> list[Dangling]:
    """Requests without reply, oldest first. Looks no further back than the writer knew there to be any."""
    head = log.head()
    found: dict[int, str] = {}
    for first in range(head.oldest_open, head.size, _STEP):
        for index, raw in enumerate(log.leaves(first, min(first + _STEP, head.size)), first):
            leaf = orjson.loads(raw)
            if leaf["type"] == "request":
                found[index] = leaf["call"]
            elif "request" in leaf:
                found.pop(leaf["request"], None)
    return [Dangling(request, call) for request, call in found.items()]
