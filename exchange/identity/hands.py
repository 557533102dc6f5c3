"""Hands: whether one person may stand behind two accounts. Nobody approves what their own hand wrote.

What an account wrote is known with the key that vouched for it, and who gave which key stands in the recorded changes;
so taking a key back, or handing it round, hides nobody.

Whoever registered both of two accounts is not looked at: in a city one operator registers everybody. The console is
nobody's account.

    PermissionError
    └── SameHand
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from exchange.identity.callers import Caller
from exchange.identity.models import Client
from exchange.unit_of_work import Change

REGISTERED = "client.registered"
KEY_ADDED = "client.key-added"
"""Kinds of the changes by which a client got keys; their details name the keys in `kids`."""

Author = Mapping[str, Any]
"""`by`, an account, and `key`, the thumbprint of the key that vouched for it; empty where that was not recorded."""


class SameHand(PermissionError):
    """Nobody approves what may be their own work; `ask` says who could do it instead."""

    def __init__(self, ask: str) -> None:
        super().__init__(
            "You and whoever wrote or submitted this count as one hand: one of you registered the other, gave it a key "
            f"(also one that it has no more), or both had the same key. {ask}"
        )


@dataclass(frozen=True, slots=True)
class Reach:
    """What may be in one person's hand: the accounts that they made, the keys that they had or gave."""

    accounts: frozenset[str]
    keys: frozenset[str]


def require_another(session: Session, caller: Caller, authors: Iterable[Author], ask: str) -> None:
    """Raises SameHand, which says with `ask` who could do it instead."""
    if same(session, caller, authors):
        raise SameHand(ask)


def same(session: Session, caller: Caller, authors: Iterable[Author]) -> bool:
    """Whether one person may stand behind the caller and any of the authors.

    So it is when the author's account or key is in the caller's reach, or the caller's in the author's. What the
    caller's own account wrote is not looked at: approval itself refuses that, and says so.
    """
    others = [author for author in authors if author["by"] != caller.client_id]
    if not others:
        return False
    register = _Register(session)
    own = register.held(caller.client_id) | _named(caller.key_id)
    mine = register.reach(caller.client_id, own | register.ever_held(caller.client_id))
    return any(register.meet(mine, caller.client_id, own, author) for author in others)


def one_hand(session: Session, account: str, others: Iterable[str]) -> bool:
    """Whether one person may stand behind this account and any of the others; whoever it is stands behind their own."""
    accounts = set(others)
    caller = Caller(account, "person", None, None)
    return account in accounts or same(session, caller, [{"by": other, "key": ""} for other in sorted(accounts)])


class _Register:
    """Who made which account and gave which key: read at once, for reviews are rare and followed over many steps."""

    def __init__(self, session: Session) -> None:
        clients = session.exec(select(Client.id, Client.created_by, Client.keys)).all()
        self._made_by = {id: by for id, by, _ in clients}
        self._held = {id: frozenset(str(key["kid"]) for key in keys) for id, _, keys in clients}
        wanted = col(Change.kind).in_((REGISTERED, KEY_ADDED))
        self._given = [
            (row, frozenset(row.details.get("kids", ()))) for row in session.exec(select(Change).where(wanted))
        ]

    def held(self, account: str) -> frozenset[str]:
        """The keys that the account has."""
        return self._held.get(account, frozenset())

    def ever_held(self, account: str) -> frozenset[str]:
        """The keys that it has or had."""
        return self.held(account).union(*(kids for row, kids in self._given if row.subject == account))

    def reach(self, account: str, keys: frozenset[str]) -> Reach:
        """Followed until nothing is added: a key or an account given by what was given counts too."""
        accounts = frozenset({account}) if account in self._made_by else frozenset()
        reached = Reach(accounts, keys)
        while (further := self._further(reached)) != reached:
            reached = further
        return reached

    def meet(self, mine: Reach, caller: str, own: frozenset[str], author: Author) -> bool:
        """`own` are the keys that the caller has."""
        by, key = author["by"], _named(author["key"])
        used = key | self.held(by) if key else self.ever_held(by)
        if by in mine.accounts or used & mine.keys:
            return True
        theirs = self.reach(by, used)
        return caller in theirs.accounts or not own.isdisjoint(theirs.keys)

    def _further(self, reached: Reach) -> Reach:
        acts = [(row, kids) for row, kids in self._given if row.by in reached.accounts or row.by_key in reached.keys]
        made = {id for id, by in self._made_by.items() if by in reached.accounts}
        made |= {row.subject for row, _ in acts if row.kind == REGISTERED}
        return Reach(reached.accounts | made, reached.keys.union(*(kids for _, kids in acts)))


def _named(key: str) -> frozenset[str]:
    return frozenset({key} if key else ())
