"""One page of a source, taken into the catalog in one transaction together with the place where the run goes on."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime

import orjson
from sqlmodel import Session, col, select

from catalog import imports
from catalog.harvest import runs, sources
from catalog.harvest.models import HarvestRecord, HarvestRun, HarvestSource, RecordState
from catalog.imports import Incoming, Refused, Verdict
from catalog.models import Dataset
from catalog.registration import InvalidRegistration
from standards.validation import Finding


def take(
    session: Session,
    id: int,
    holder: str,
    found: Sequence[Incoming],
    faults: Sequence[Finding],
    *,
    position: str | None,
    total: int | None,
    by: str,
    now: datetime,
) -> tuple[HarvestRun, list[tuple[Verdict, Dataset]], int]:
    """Takes one page into the catalog and moves the run on to `position`.

    Gives the run, what was changed, and how many records the run had not seen before: none of a page that came before.
    Raises LostLease.
    """
    run = runs.held(session, id, holder)
    source = sources.fetch(session, run.source_id)
    known = _records(session, source.id, [incoming.source for incoming in found])
    done, new = [], 0
    for incoming in {incoming.source: incoming for incoming in found}.values():
        record = known.get(incoming.source)
        if record is not None and record.seen_run == run.id:
            continue
        new += 1
        verdict, row = _take(session, run, source, record, incoming, by, now)
        if verdict is not None and row is not None:
            done.append((verdict, row))
    for fault in faults:
        run.failed += 1
        runs.note(session, run, "", True, [fault])
    run.pages, run.seen, run.total = run.pages + 1, run.seen + new, total
    run.position, run.attempts, run.failure, run.leased_until = position, 0, None, now + runs.LEASE
    return runs.kept(session, run), done, new


def _take(
    session: Session,
    run: HarvestRun,
    source: HarvestSource,
    record: HarvestRecord | None,
    incoming: Incoming,
    by: str,
    now: datetime,
) -> tuple[Verdict | None, Dataset | None]:
    digest = _digest(incoming)
    if record is not None and record.digest == digest and record.dataset_id and record.state == RecordState.PRESENT:
        record.seen_run = run.id or 0
        run.unchanged += 1
        session.add(record)
        return None, None
    wanted = _named(session, source, record, incoming)
    try:
        with session.begin_nested():
            verdict, row, left_out = imports.take_one(session, wanted, source.department, by, now)
    except (Refused, InvalidRegistration) as error:
        run.failed += 1
        runs.note(session, run, incoming.source, True, error.findings)
        _remember(session, run, record, incoming.source, record.dataset_id if record else None, "", now)
        return None, None
    counted = {Verdict.CREATED: "created", Verdict.CHANGED: "changed"}.get(verdict, "unchanged")
    setattr(run, counted, getattr(run, counted) + 1)
    if left_out:
        runs.note(session, run, incoming.source, False, left_out)
    _remember(session, run, record, incoming.source, row.id, digest, now)
    return (None, None) if verdict is Verdict.UNCHANGED else (verdict, row)


def _named(session: Session, source: HarvestSource, record: HarvestRecord | None, incoming: Incoming) -> Incoming:
    """Under the slug it came under before; a new one never under that of a dataset which is somebody else's."""
    slug = incoming.slug
    if record is not None and record.dataset_id:
        slug = record.dataset_id.partition("/")[2]
    elif session.get(Dataset, f"{source.department}/{slug}") is not None:
        slug = f"{slug[:51]}-{hashlib.sha256(f'{source.id}:{incoming.source}'.encode()).hexdigest()[:12]}"
    said = dict(incoming.said)
    if not said.get("provenance"):
        said["provenance"] = {"zh": f"采集自 {source.address}", "en": f"Harvested from {source.address}"}
    return Incoming(incoming.source, slug, said, incoming.notes)


def _remember(
    session: Session,
    run: HarvestRun,
    record: HarvestRecord | None,
    remote_id: str,
    dataset_id: str | None,
    digest: str,
    now: datetime,
) -> None:
    if record is None:
        record = HarvestRecord(source_id=run.source_id, remote_id=remote_id, digest=digest, seen_run=0, changed_at=now)
    record.dataset_id, record.digest, record.seen_run, record.changed_at = dataset_id, digest, run.id or 0, now
    record.state, record.deleted_at = RecordState.PRESENT, None
    session.add(record)
    session.flush()


def _records(session: Session, source_id: str, remote_ids: Collection[str]) -> dict[str, HarvestRecord]:
    wanted, found = sorted(set(remote_ids)), dict[str, HarvestRecord]()
    for start in range(0, len(wanted), 500):
        statement = select(HarvestRecord).where(
            HarvestRecord.source_id == source_id, col(HarvestRecord.remote_id).in_(wanted[start : start + 500])
        )
        found.update({record.remote_id: record for record in session.exec(statement).all()})
    return found


def _digest(incoming: Incoming) -> str:
    return hashlib.sha256(orjson.dumps(incoming.said, option=orjson.OPT_SORT_KEYS)).hexdigest()
