"""Notices: what departments and operators are told in the exchange, and who has read it.

A notice goes to a department (its stewards) or to the operators, never to one person, and holds no data about
persons. What is to be told is told in the transaction of the act itself, so no act goes untold and no notice speaks of
an act that was rolled back.

LookupError
└── UnknownNotice    there is none of this number for these recipients
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, insert, literal
from sqlmodel import Field, Session, SQLModel, col, exists, select

from catalog import webhooks
from standards import paging
from standards.columns import Json, UtcDateTime

OPERATOR = "operator"
"""Recipient that stands for all operators; no department may have this slug."""


class Notice(SQLModel, table=True):
    """One thing told to one recipient: a department's slug, or `operator`. `kind` is `<noun>.<participle>`."""

    __tablename__ = "notice"
    __table_args__ = {"info": {"bookkeeping": True}}
    id: int | None = Field(default=None, primary_key=True)
    recipient: str = Field(index=True)
    kind: str = Field(index=True)
    subject: str = Field(index=True)
    message: dict[str, str] = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=UtcDateTime)


class NoticeMark(SQLModel, table=True):
    """One person has read one notice. Nobody's right or data changes by it, so no change is recorded."""

    __tablename__ = "notice_mark"
    __table_args__ = {"info": {"bookkeeping": True}}
    notice_id: int = Field(primary_key=True, foreign_key="notice.id")
    reader: str = Field(primary_key=True)
    read_at: datetime = Field(sa_type=UtcDateTime)


class UnknownNotice(LookupError):
    """No such notice was sent to these recipients."""

    def __init__(self, id: int) -> None:
        super().__init__(f"No notice {id} was sent to you: list your notices for their numbers.")


def tell(session: Session, to: str, kind: str, subject: str, text: dict[str, str], now: datetime) -> Notice:
    """Sends a notice. `to` is a department's slug or "operator"; `text` a language map without data about persons.

    It is queued for the recipient's webhooks in the same transaction.
    """
    notice = Notice(recipient=to, kind=kind, subject=subject, message=dict(text), created_at=now)
    session.add(notice)
    session.flush()
    webhooks.enqueue(session, to, kind, notice.id, now)
    return notice


def page(
    session: Session,
    recipients: Collection[str],
    reader: str,
    *,
    unread: bool = False,
    limit: int = 50,
    cursor: str | None = None,
) -> tuple[list[Notice], str | None]:
    """The recipients' notices, newest first; with `unread` those that this reader has not read.

    Raises standards.paging.InvalidCursor.
    """
    statement = select(Notice).where(col(Notice.recipient).in_(sorted(recipients)))
    if unread:
        statement = statement.where(~_read_by(reader))
    return paging.page(session, statement, [col(Notice.id)], limit=limit, cursor=cursor, descending=True)


def marks(session: Session, reader: str, notices: Iterable[Notice]) -> dict[int, datetime]:
    """When this reader read which of the notices."""
    ids = [notice.id for notice in notices]
    statement = select(NoticeMark).where(NoticeMark.reader == reader, col(NoticeMark.notice_id).in_(ids))
    return {mark.notice_id: mark.read_at for mark in session.exec(statement)}


def counts(session: Session, recipients: Collection[str], reader: str) -> dict[str, tuple[int, int]]:
    """By recipient: how many of its notices this reader has not read, and how many there are."""
    unread = func.sum(case((_read_by(reader), 0), else_=1))
    statement = (
        select(Notice.recipient, unread, func.count())
        .where(col(Notice.recipient).in_(sorted(recipients)))
        .group_by(Notice.recipient)
    )
    found = {recipient: (int(new or 0), every) for recipient, new, every in session.exec(statement)}
    return {recipient: found.get(recipient, (0, 0)) for recipient in sorted(recipients)}


def mark_read(session: Session, recipients: Collection[str], reader: str, ids: Iterable[int], now: datetime) -> int:
    """Marks these notices as read by this reader; how many were unread until now. Raises UnknownNotice."""
    marked = 0
    for id in dict.fromkeys(ids):
        notice = session.get(Notice, id)
        if notice is None or notice.recipient not in recipients:
            raise UnknownNotice(id)
        if session.get(NoticeMark, (id, reader)) is None:
            session.add(NoticeMark(notice_id=id, reader=reader, read_at=now))
            marked += 1
    session.flush()
    return marked


def mark_all_read(session: Session, recipients: Collection[str], reader: str, until: int, now: datetime) -> int:
    """Marks as read whatever was sent to the recipients up to and with the notice `until`; how many that were."""
    wanted = col(Notice.recipient).in_(sorted(recipients)), col(Notice.id) <= until, ~_read_by(reader)
    unread = select(col(Notice.id), literal(reader), literal(now, UtcDateTime())).where(*wanted)
    marked = session.exec(insert(NoticeMark).from_select(["notice_id", "reader", "read_at"], unread))
    return int(marked.rowcount)


def _read_by(reader: str) -> ColumnElement[bool]:
    return exists().where(col(NoticeMark.notice_id) == col(Notice.id), col(NoticeMark.reader) == reader)
