"""A page of a source, taken into the catalog in slices; the last one moves the run on in the same transaction."""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, select

from catalog import imports, notices
from catalog.harvest import runs, sources
from catalog.harvest.models import HarvestRecord, HarvestRun, HarvestSource, RecordState
from catalog.imports import Incoming, Refused, Verdict
from catalog.models import Dataset
from catalog.registration import InvalidRegistration
from standards import paging
from standards.validation import Finding

MOST_CHARACTERS = 2_000
"""Of the name a record has in its source."""


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
    last: bool = True,
) -> tuple[HarvestRun, list[tuple[Verdict, Dataset]], int]:
    """Takes one page, or a slice of it, into the catalog; with the `last` one the run moves on to `position`.

    Gives the run, what was changed, and how many records the run had not seen before: none of a page that came before.
    Raises LostLease.
    """
    run = runs.held(session, id, holder)
    source = sources.fetch(session, run.source_id)
    named = {incoming.source: incoming for incoming in found}
    known = _records(session, source.id, [name for name in named if not _unwritable(name)])
    done, new = [], 0
    for incoming in named.values():
        record = known.get(incoming.source)
        if record is not None and record.seen_run == run.id:
            continue
        new += 1
        verdict, row = _take_apart(session, run, source, record, incoming, by, now)
        if verdict is not None and row is not None:
            done.append((verdict, row))
    _note(session, run, source, faults)
    run.seen, run.total = run.seen + new, total
    run.attempts, run.failure, run.leased_until = 0, None, now + runs.LEASE
    if last:
        run.pages, run.position = run.pages + 1, position
    return runs.kept(session, run), done, new


def _note(session: Session, run: HarvestRun, source: HarvestSource, faults: Sequence[Finding]) -> None:
    """What is no record, or one that cannot be read: that one is not gone."""
    names = {fault.pointer[1:].replace("~1", "/").replace("~0", "~") for fault in faults}
    for record in _records(session, source.id, names).values():
        record.seen_run = run.id or 0
        if record.state != RecordState.DISCARDED:  # what was given up does not come back by a fault of its source
            record.digest = ""
        session.add(record)
    for fault in faults:
        run.failed += 1
        runs.note(session, run, "", True, [fault])


def _take_apart(
    session: Session,
    run: HarvestRun,
    source: HarvestSource,
    record: HarvestRecord | None,
    incoming: Incoming,
    by: str,
    now: datetime,
) -> tuple[Verdict | None, Dataset | None]:
    """Takes one record such that its failure is its own."""
    findings = _unwritable(incoming.source)
    try:
        with session.begin_nested():
            return (None, None) if findings else _take(session, run, source, record, incoming, by, now)
    except (Refused, InvalidRegistration) as error:
        findings = list(error.findings)
    except UnicodeEncodeError:
        findings = [Finding("", "characters", "whole characters: one is half of a pair")]
    except OperationalError:  # the database itself
        raise
    except Exception as error:  # what nobody thought of, in one record of a stranger's
        findings = [Finding("", "internal", f"a record that the exchange can take ({type(error).__name__})")]
    finally:
        if findings:
            run.failed += 1
            name = incoming.source.encode("utf-8", "replace").decode().replace("\0", "?")
            runs.note(session, run, name, True, findings)
            if not _unwritable(incoming.source):
                before = (record.dataset_id, record.said) if record else (None, None)
                _remember(session, run, record, incoming.source, before[0], "", before[1], now)
    return None, None


def _take(
    session: Session,
    run: HarvestRun,
    source: HarvestSource,
    record: HarvestRecord | None,
    incoming: Incoming,
    by: str,
    now: datetime,
) -> tuple[Verdict | None, Dataset | None]:
    """Raises Refused, InvalidRegistration, UnicodeEncodeError."""
    written = _written(incoming)
    digest, said = hashlib.sha256(written).hexdigest(), orjson.loads(written)
    if record is not None and record.digest == digest and _stands(record):
        record.seen_run = run.id or 0
        run.unchanged += 1
        session.add(record)
        return None, None
    wanted = _named(session, source, record, incoming, said)
    verdict, row, left_out = imports.take_one(session, wanted, source.department, by, now)
    counted = {Verdict.CREATED: "created", Verdict.CHANGED: "changed"}.get(verdict, "unchanged")
    setattr(run, counted, getattr(run, counted) + 1)
    if left_out:
        runs.note(session, run, incoming.source, False, left_out)
    _remember(session, run, record, incoming.source, row.id, digest, said, now)
    if verdict is Verdict.CHANGED:
        notices.tell(session, source.department, "harvest.revised", row.id, _revised(source, row), now)
    return (None, None) if verdict is Verdict.UNCHANGED else (verdict, row)


def _stands(record: HarvestRecord) -> bool:
    """Whether what the record says was dealt with: it has its dataset, or was given up with it."""
    return record.state == RecordState.DISCARDED or (bool(record.dataset_id) and record.state == RecordState.PRESENT)


def _named(
    session: Session,
    source: HarvestSource,
    record: HarvestRecord | None,
    incoming: Incoming,
    said: dict[str, Any],
) -> Incoming:
    """Under the slug it came under before, with what the source says otherwise than before: what else was changed, was
    changed here. A new one never comes under the slug of a dataset which is somebody else's.
    """
    slug = incoming.slug
    if record is not None and record.dataset_id:
        slug, before = record.dataset_id.partition("/")[2], record.said
        if before is not None:
            said = {name: value for name, value in said.items() if before.get(name) != value}
    elif session.get(Dataset, f"{source.department}/{slug}") is not None:
        slug = f"{slug[:51]}-{hashlib.sha256(f'{source.id}:{incoming.source}'.encode()).hexdigest()[:12]}"
    provenance = {"zh": f"采集自 {source.address}", "en": f"Harvested from {source.address}"}
    return replace(incoming, slug=slug, said=said, defaults={"provenance": provenance, **incoming.defaults})


def _remember(
    session: Session,
    run: HarvestRun,
    record: HarvestRecord | None,
    remote_id: str,
    dataset_id: str | None,
    digest: str,
    said: dict[str, Any] | None,
    now: datetime,
) -> None:
    if record is None:
        record = HarvestRecord(source_id=run.source_id, remote_id=remote_id, digest=digest, seen_run=0, changed_at=now)
    record.dataset_id, record.digest, record.seen_run, record.changed_at = dataset_id, digest, run.id or 0, now
    record.state, record.deleted_at, record.said = RecordState.PRESENT, None, said
    session.add(record)
    session.flush()


def _revised(source: HarvestSource, row: Dataset) -> dict[str, str]:
    return {
        "zh": f"采集源 {source.id} 的新内容已修订 {row.id}，成为待审核的版本；请查看其变更。",
        "en": f"What the source {source.id} says anew was proposed for {row.id}: look through its changes.",
    }


def _unwritable(name: str) -> list[Finding]:
    """What is wrong with the name of a record, which is kept for as long as the source."""
    expected = f"a name of at most {MOST_CHARACTERS} whole characters, without NUL"
    wrong = len(name) > MOST_CHARACTERS or "\0" in name or any("\ud800" <= sign <= "\udfff" for sign in name)
    return [Finding("", "id", expected)] if wrong else []


def _records(session: Session, source_id: str, remote_ids: Collection[str]) -> dict[str, HarvestRecord]:
    wanted, found = sorted(set(remote_ids)), dict[str, HarvestRecord]()
    for some in paging.portions(wanted):
        statement = select(HarvestRecord).where(
            HarvestRecord.source_id == source_id, col(HarvestRecord.remote_id).in_(some)
        )
        found.update({record.remote_id: record for record in session.exec(statement).all()})
    return found


def _written(incoming: Incoming) -> bytes:
    """What the source says, the same bytes for the same. Raises Refused, UnicodeEncodeError."""
    written = json.dumps(dict(incoming.said), ensure_ascii=False, sort_keys=True).encode()
    if b"\\u0000" in written:
        raise Refused([Finding("", "characters", "texts without NUL")])
    return written
