"""One transaction, one actor, at least one recorded change: the only way anything is committed.

API, command and seeds all change the exchange through `UnitsOfWork.begin`. What changed is written to the outbox
(`Change`) in the same transaction, and `on_commit` hears of it before the caller goes on: so the snapshot already
knows a revocation when its answer leaves, and the ledger gets an entry of everything that was changed.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import ORMExecuteState
from sqlmodel import Field, Session, SQLModel, col, select

from standards.columns import Json, UtcDateTime


class Change(SQLModel, table=True):
    """A row of the outbox. `details` names states and revisions, never data about persons."""

    __tablename__ = "change"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    kind: str
    subject: str
    by: str
    by_key: str = Field(default="", description="thumbprint of the key that vouched for `by`; none at the console")
    details: dict[str, Any] = Field(sa_type=Json)


class Unrecorded(RuntimeError):
    """Rows were changed and nobody said what was done: the transaction is rolled back."""


BOOKKEEPING = {"bookkeeping": True}
"""Table `info` of rows that are no change of anybody's rights or data (replay store); they need no record."""


class UnitOfWork:
    """What one act may do: use `session`, then say with `record` what was done."""

    def __init__(self, session: Session, by: str, now: datetime, key: str = "") -> None:
        self.session = session
        self.by = by
        self.key = key
        self.now = now
        self.changes: list[Change] = []
        self._touched = False
        event.listen(session, "before_flush", self._flushing)
        event.listen(session, "do_orm_execute", self._executing)

    def record(self, kind: str, subject: str, **details: Any) -> None:
        """Say what was done, as `<noun>.<participle>`, to which subject."""
        self.changes.append(
            Change(at=self.now, kind=kind, subject=subject, by=self.by, by_key=self.key, details=details)
        )

    def _flushing(self, session: Session, *_: Any) -> None:
        rows = [*session.new, *(row for row in session.dirty if session.is_modified(row)), *session.deleted]
        self._touched = self._touched or any(_needs_record(type(row)) for row in rows)

    def _executing(self, state: ORMExecuteState) -> None:
        if not state.is_select:  # SQL as text says nothing of itself, so it counts as a change
            mapper = state.bind_mapper
            self._touched = self._touched or mapper is None or _needs_record(mapper.class_)

    def _finish(self) -> None:
        self.session.flush()
        if self._touched and not self.changes:
            raise Unrecorded("rows were changed without a recorded change; call record() in the same unit of work")
        for change in self.changes:  # one by one: the ids must follow the order of the acts
            self.session.add(change)
            self.session.flush()
        self.session.commit()


def _needs_record(table: type) -> bool:
    return table is not Change and not getattr(table, "__table__").info.get("bookkeeping", False)  # noqa: B009


class UnitsOfWork:
    """Gives out units of work over one writing engine, one at a time."""

    def __init__(self, engine: Engine, on_commit: Callable[[Sequence[Change]], None]) -> None:
        self._engine = engine
        self._on_commit = on_commit

    @contextmanager
    def begin(self, by: str, now: datetime, key: str = "") -> Iterator[UnitOfWork]:
        """One transaction: committed when the block ends, rolled back when it raises; `key` is the actor's thumbprint.

        Raises `Unrecorded` when rows changed and nothing was recorded; whatever the commit itself raises goes
        through, and the caller has then changed nothing.
        """
        with Session(self._engine, expire_on_commit=False) as session:
            work = UnitOfWork(session, by, now, key)
            yield work
            work._finish()
            if work.changes:
                self._on_commit(work.changes)


def pending(session: Session, after: int, limit: int = 500) -> Sequence[Change]:
    """Changes that came after the one with this id, oldest first."""
    return session.exec(select(Change).where(col(Change.id) > after).order_by(col(Change.id)).limit(limit)).all()
