"""Runs of the harvest: who has one, how it ends, and what is gone then. What each page brings: `pages`.

A page is taken whole in one transaction, with the place where the run goes on: a process that dies loses no more than
the page it was at, and the next one repeats that. A lease keeps two processes from one source; whoever lost it commits
nothing more. What a source no longer has gets a tombstone and its department is told; the dataset itself stays.

LookupError
└── UnknownRun
ValueError
├── AlreadyRunning    the source has a run that has not ended
└── NotRunning        the run has ended
RuntimeError
└── LostLease         another process has the run, or it was stopped
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_
from sqlmodel import Session, col, select

from catalog import notices
from catalog.harvest import sources
from catalog.harvest.models import (
    ACTIVE,
    HarvestFault,
    HarvestRecord,
    HarvestRun,
    HarvestSource,
    RecordState,
    RunState,
)
from catalog.registration import lock
from standards import paging
from standards.validation import Finding

LEASE = timedelta(minutes=5)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=10), timedelta(hours=1)
MOST_ATTEMPTS = 6
MOST_PAGES = 2_000
MOST_RECORDS = 100_000
MOST_FAULTS = 1_000
FEW_DELETIONS = 10
"""So many may always be gone; more than that only when they are not most of all there were."""


class UnknownRun(LookupError):
    """No run has this number."""

    def __init__(self, id: int) -> None:
        super().__init__(f"No run of the harvest has the number {id}: look it up in the list of runs.")


class AlreadyRunning(ValueError):
    """A source is harvested by one run at a time."""

    def __init__(self, source_id: str, run_id: int | None) -> None:
        super().__init__(f"{source_id} is being harvested by run {run_id}: wait until it ends, or stop it.")


class NotRunning(ValueError):
    """There is nothing left to stop."""

    def __init__(self, id: int, state: str) -> None:
        super().__init__(f"Run {id} is {state}: there is nothing to stop.")


class LostLease(RuntimeError):
    """What this process still holds of the run is not to be committed."""

    def __init__(self, id: int | None) -> None:
        super().__init__(f"run {id} is no longer held by this process")


# -- beginning and ending ---------------------------------------------------------------------------------------------


def ask(session: Session, source_id: str, by: str, now: datetime, *, accept_deletions: bool = False) -> HarvestRun:
    """A run that begins as soon as a process takes it. Raises UnknownSource, AlreadyRunning."""
    source = lock(session, HarvestSource, source_id)
    if source is None:
        raise sources.UnknownSource(source_id)
    running = _active(session, source_id)
    if running is not None:
        raise AlreadyRunning(source_id, running.id)
    run = HarvestRun(source_id=source_id, asked_by=by, created_at=now, due_at=now, accept_deletions=accept_deletions)
    session.add(run)
    session.flush()
    return run


def scheduled(session: Session, now: datetime) -> list[str]:
    """Sources whose time has come again: switched on, with a schedule, and without a run under way."""
    last = (
        select(HarvestRun.source_id, func.max(HarvestRun.created_at).label("at"))
        .group_by(col(HarvestRun.source_id))
        .subquery()
    )
    statement = (
        select(HarvestSource, last.c.at)
        .join(last, last.c.source_id == col(HarvestSource.id), isouter=True)
        .where(col(HarvestSource.enabled).is_(True), col(HarvestSource.every_hours).is_not(None))
    )
    due = [
        source.id
        for source, at in session.exec(statement).all()
        if at is None or at + timedelta(hours=source.every_hours or 0) <= now
    ]
    return [id for id in due if _active(session, id) is None]


def due(session: Session, now: datetime) -> list[int]:
    """Runs that a process may take: those that wait no longer, and those whose holder is gone."""
    waiting = and_(col(HarvestRun.state) == RunState.WAITING, col(HarvestRun.due_at) <= now)
    abandoned = and_(col(HarvestRun.state) == RunState.RUNNING, col(HarvestRun.leased_until) <= now)
    statement = select(HarvestRun.id).where(or_(waiting, abandoned)).order_by(col(HarvestRun.id))
    return [id for id in session.exec(statement).all() if id is not None]


def lease(session: Session, id: int, holder: str, now: datetime) -> HarvestRun | None:
    """The run, held by this process from now on; None when another one has it, or it has ended."""
    run = fetch(session, id)
    free = run.state == RunState.WAITING or (run.leased_until is not None and run.leased_until <= now)
    if run.state not in ACTIVE or not free:
        return None
    run.state, run.holder, run.leased_until = RunState.RUNNING, holder, now + LEASE
    run.started_at = run.started_at or now
    return kept(session, run)


def release(session: Session, node: str, now: datetime) -> int:
    """Lets go of what an earlier process of this node held; how many runs that were. Holders are `<node>:<process>`."""
    statement = select(HarvestRun).where(
        HarvestRun.state == RunState.RUNNING, col(HarvestRun.holder).startswith(f"{node}:", autoescape=True)
    )
    held_before = session.exec(statement).all()
    for run in held_before:
        run.leased_until = now
        kept(session, run)
    return len(held_before)


def stop(session: Session, id: int, now: datetime) -> HarvestRun:
    """Ends a run before its time; its process commits nothing more. Raises UnknownRun, NotRunning."""
    run = fetch(session, id)
    if run.state not in ACTIVE:
        raise NotRunning(id, run.state)
    return _ended(session, run, RunState.STOPPED, "stopped", now)


def fail(session: Session, id: int, holder: str, reason: str, now: datetime, *, final: bool = False) -> HarvestRun:
    """An attempt failed: the run waits, each time twice as long, and then gives up. Raises LostLease."""
    run = held(session, id, holder)
    run.attempts += 1
    if final or run.attempts >= MOST_ATTEMPTS:
        return _ended(session, run, RunState.FAILED, reason, now)
    run.state, run.failure, run.holder, run.leased_until = RunState.WAITING, reason, None, None
    run.due_at = now + min(FIRST_WAIT * 2 ** (run.attempts - 1), LONGEST_WAIT)
    return kept(session, run)


def finish(session: Session, id: int, holder: str, now: datetime) -> HarvestRun:
    """The last page was taken: what was not seen is gone. Raises LostLease.

    When most of a source is gone at once, nobody believes it: the run fails, unless it was asked to accept that.
    """
    run = held(session, id, holder)
    present = _count(session, run, HarvestRecord.state == RecordState.PRESENT)
    gone = _count(session, run, HarvestRecord.state == RecordState.PRESENT, HarvestRecord.seen_run != run.id)
    if gone > max(FEW_DELETIONS, present // 2) and not run.accept_deletions:
        note(session, run, "", True, [_mass_deletion(gone, present)])
        return _ended(session, run, RunState.FAILED, "mass-deletion", now)
    _bury(session, run, now)
    return _ended(session, run, RunState.FINISHED, None, now)


def renew(session: Session, id: int, holder: str, now: datetime) -> HarvestRun:
    """Holds the run for as long again. Raises LostLease."""
    run = held(session, id, holder)
    run.leased_until = now + LEASE
    return kept(session, run)


def held(session: Session, id: int, holder: str) -> HarvestRun:
    """The run as the database has it now, if this process still has it. Raises LostLease."""
    session.flush()
    run = session.get(HarvestRun, id, with_for_update=True, populate_existing=True)
    if run is None or run.state != RunState.RUNNING or run.holder != holder:
        raise LostLease(id)
    return run


# -- looking ----------------------------------------------------------------------------------------------------------


def fetch(session: Session, id: int) -> HarvestRun:
    """Raises UnknownRun."""
    run = session.get(HarvestRun, id, populate_existing=True)
    if run is None:
        raise UnknownRun(id)
    return run


def page(
    session: Session, source_id: str | None = None, *, limit: int = 50, cursor: str | None = None
) -> tuple[list[HarvestRun], str | None]:
    """Runs, the newest first. Raises standards.paging.InvalidCursor."""
    statement = select(HarvestRun)
    if source_id is not None:
        statement = statement.where(HarvestRun.source_id == source_id)
    return paging.page(session, statement, [col(HarvestRun.id)], limit=limit, cursor=cursor, descending=True)


def faults(
    session: Session, run_id: int, *, limit: int = 50, cursor: str | None = None
) -> tuple[list[HarvestFault], str | None]:
    """What was wrong with single records of a run. Raises standards.paging.InvalidCursor."""
    statement = select(HarvestFault).where(HarvestFault.run_id == run_id)
    return paging.page(session, statement, [col(HarvestFault.id)], limit=limit, cursor=cursor)


# -- what is gone -----------------------------------------------------------------------------------------------------


def _bury(session: Session, run: HarvestRun, now: datetime) -> None:
    """A tombstone for each record that this run did not see; its department hears of it."""
    statement = select(HarvestRecord).where(
        HarvestRecord.source_id == run.source_id,
        HarvestRecord.state == RecordState.PRESENT,
        HarvestRecord.seen_run != run.id,
    )
    gone = session.exec(statement).all()
    source = sources.fetch(session, run.source_id)
    for record in gone:
        record.state, record.deleted_at = RecordState.DELETED, now
        session.add(record)
        if record.dataset_id:
            notices.tell(session, source.department, "harvest.deleted", record.dataset_id, _gone(source, record), now)
    run.deleted = len(gone)


def _gone(source: HarvestSource, record: HarvestRecord) -> dict[str, str]:
    return {
        "zh": f"采集源 {source.id} 已不再提供 {record.dataset_id} 的来源记录；资源本身未改动，请确认后撤回或保留。",
        "en": f"The source {source.id} no longer has what {record.dataset_id} was taken from. "
        "The dataset itself was not touched: withdraw it, or keep it.",
    }


def _mass_deletion(gone: int, present: int) -> Finding:
    expected = f"a source that still has most of its {present} records: {gone} are gone; accept that in the next run"
    return Finding("", "mass-deletion", expected)


# -- small parts ------------------------------------------------------------------------------------------------------


def _active(session: Session, source_id: str) -> HarvestRun | None:
    statement = select(HarvestRun).where(HarvestRun.source_id == source_id, col(HarvestRun.state).in_(ACTIVE))
    return session.exec(statement).first()


def _count(session: Session, run: HarvestRun, *conditions: Any) -> int:
    statement = select(func.count()).select_from(HarvestRecord).where(HarvestRecord.source_id == run.source_id)
    return session.exec(statement.where(*conditions)).one()


def note(session: Session, run: HarvestRun, remote_id: str, fatal: bool, findings: Sequence[Finding]) -> None:
    """Writes a fault into the run's log, the first `MOST_FAULTS` of them."""
    noted = session.exec(select(func.count()).select_from(HarvestFault).where(HarvestFault.run_id == run.id)).one()
    if noted < MOST_FAULTS and run.id is not None:
        told = [finding.as_dict() for finding in findings[:20]]
        session.add(HarvestFault(run_id=run.id, remote_id=remote_id[:500], fatal=fatal, findings=told))


def _ended(session: Session, run: HarvestRun, state: RunState, failure: str | None, now: datetime) -> HarvestRun:
    run.state, run.failure, run.finished_at, run.leased_until, run.holder = state, failure, now, None, None
    return kept(session, run)


def kept(session: Session, run: HarvestRun) -> HarvestRun:
    """The run, written down."""
    session.add(run)
    session.flush()
    return run
