"""Harvests the catalogs that operators registered: page by page, in small transactions, a few sources at once.

The queue is in the database (`catalog.harvest.runs`). Whoever dies leaves a lease that runs out, and a place where the
next one goes on. Pages are fetched and read without holding the database.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlmodel import Session

from catalog import notices
from catalog.dcat import apart
from catalog.harvest import ckan, pages, runs, sources
from catalog.harvest.models import HarvestRun, HarvestSource, Kind, RunState
from catalog.harvest.runs import LostLease
from catalog.imports import Incoming, Unreadable, Verdict
from exchange.jobs.fetching import Fetcher
from exchange.jobs.outbound import Failed
from exchange.jobs.rounds import Rounds
from exchange.unit_of_work import UnitOfWork, UnitsOfWork
from policies.odrl import publishing
from standards import strict_json
from standards.strict_json import UnreadableJson
from standards.validation import Finding

SLICE: Final = 100
"""Records of a page that are taken in one transaction: others change the exchange between two of them."""
MOST_ON_A_PAGE: Final = 5_000
MOST_AT_ONCE: Final = 4
ACCEPT: Final = "text/turtle, application/ld+json;q=0.9, application/json;q=0.8"
BY: Final = "harvest"
FAILURES: Final = {
    "paging-loops": "the source gives out pages again that it gave out before",
    "paging-leaves": "the source sends on to an address that is not its own",
    "too-many": "the source has more pages or records than one run takes",
    "unreadable": "an answer cannot be read",
    "internal": "the exchange failed; its log says more",
}
"""Beside the reasons of `exchange.jobs.outbound`, `mass-deletion` and `stopped`."""

log = structlog.get_logger("exchange.harvest")


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer said: datasets, what in it was none, where the next page is, how many there are in all."""

    found: Sequence[Incoming]
    faults: Sequence[Finding]
    following: str | None
    total: int | None


class Hopeless(Exception):
    """Trying again would not help; the reason is one of FAILURES."""

    def __init__(self, reason: str) -> None:
        super().__init__(FAILURES[reason])
        self.reason = reason


class Harvest(Rounds):
    """Takes the pages of what is due, a few sources side by side."""

    every = 5.0

    def __init__(
        self,
        reading: Engine,
        units: UnitsOfWork,
        fetcher: Fetcher,
        node: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__("harvest")
        self._reading = reading
        self._units = units
        self._fetcher = fetcher
        self._now = now
        self._node = node
        self._holder = f"{node}:{secrets.token_hex(6)}"
        self._released = False

    async def close(self) -> None:
        await self._fetcher.close()

    def look(self) -> None:
        now = self._now()
        self._take_up(now)
        with Session(self._reading) as session:
            wanted, due = runs.scheduled(session, now), runs.due(session, now)
        for source_id in wanted:
            with contextlib.suppress(runs.AlreadyRunning), self._units.begin(BY, now) as work:
                due.append(runs.ask(work.session, source_id, BY, now).id or 0)
        for id in due:
            if id not in self._under_way and len(self._under_way) < MOST_AT_ONCE and self._lease(id):
                self.begin(id, self._harvest(id))

    def _take_up(self, now: datetime) -> None:
        """Once: what this node held when it ended is nobody's any more."""
        if not self._released:
            with self._units.begin(BY, now) as work:
                runs.release(work.session, self._node, now)
            self._released = True

    def _lease(self, id: int) -> bool:
        with self._units.begin(BY, self._now()) as work:
            return runs.lease(work.session, id, self._holder, work.now) is not None

    # -- one run ------------------------------------------------------------------------------------------------------

    async def _harvest(self, id: int) -> None:
        """Take pages until there is no more, or the run fails, or somebody else has it."""
        try:
            while not self._ended and await self._page(id):
                pass
        except LostLease:
            log.warning("harvest.lost", run=id)
        except Failed as error:
            self._fail(id, error.reason)
        except Hopeless as error:
            self._fail(id, error.reason, final=True)
        except Unreadable as error:
            self._note(id, error.findings)
            self._fail(id, "unreadable")
        except Exception as error:
            log.error("harvest.failed", run=id, error=type(error).__name__)
            self._fail(id, "internal")

    async def _page(self, id: int) -> bool:
        """Fetches and takes the page at which the run is; whether there is another one."""
        run, source = self._renewed(id)
        address = run.position or first(source)
        answer = await self._fetcher.get(source.department, address, ACCEPT)
        page = await asyncio.to_thread(understood, source, address, answer.media_type, answer.body)
        if page.following is not None and not sources.same_origin(source.address, page.following):
            raise Hopeless("paging-leaves")
        found = list({incoming.source: incoming for incoming in page.found}.values())
        if len(found) > MOST_ON_A_PAGE:
            raise Hopeless("too-many")
        new, starts = 0, range(0, max(len(found), 1), SLICE)
        for start in starts:
            some, last = found[start : start + SLICE], start == starts[-1]
            run, fresh = await asyncio.to_thread(self._take, id, source, page, some, new, last)
            new += fresh
        if page.following is None:
            self._finish(id)
            return False
        if run.pages >= runs.MOST_PAGES or run.seen >= runs.MOST_RECORDS:
            raise Hopeless("too-many")
        return True

    def _take(
        self, id: int, source: HarvestSource, page: Page, some: Sequence[Incoming], before: int, last: bool
    ) -> tuple[HarvestRun, int]:
        """Takes a slice of the page, of which so many records were new before; how many of this one are."""
        with self._units.begin(f"{BY}:{source.id}", self._now()) as work:
            run, done, new = pages.take(
                work.session, id, self._holder, some, page.faults if last else (),
                position=page.following, total=page.total, by=work.by, now=work.now, last=last,
            )  # fmt: skip
            loops = last and page.following is not None and before + new == 0
            if loops and (page.found or not page.faults):
                raise Hopeless("paging-loops")
            for verdict, row in done:
                act = "registered" if verdict is Verdict.CREATED else "revised"
                work.record(f"dataset.{act}", row.id, revision=row.revision)
            return run, new

    def _renewed(self, id: int) -> tuple[HarvestRun, HarvestSource]:
        with self._units.begin(BY, self._now()) as work:
            run = runs.renew(work.session, id, self._holder, work.now)
            return run, sources.fetch(work.session, run.source_id)

    def _finish(self, id: int) -> None:
        with self._units.begin(BY, self._now()) as work:
            self._tell(work, runs.finish(work.session, id, self._holder, work.now))

    def _fail(self, id: int, reason: str, *, final: bool = False) -> None:
        log.warning("harvest.attempt-failed", run=id, reason=reason)
        with contextlib.suppress(LostLease), self._units.begin(BY, self._now()) as work:
            self._tell(work, runs.fail(work.session, id, self._holder, reason, work.now, final=final))

    def _note(self, id: int, findings: Sequence[Finding]) -> None:
        with contextlib.suppress(LostLease), self._units.begin(BY, self._now()) as work:
            runs.note(work.session, runs.held(work.session, id, self._holder), "", True, findings)

    def _tell(self, work: UnitOfWork, run: HarvestRun) -> None:
        """What has ended is a change; a failure also a notice to operators and to the department."""
        if run.state == RunState.WAITING:
            return
        counts = {name: getattr(run, name) for name in ("created", "changed", "unchanged", "deleted", "failed")}
        work.record(f"harvest-run.{run.state}", f"{run.source_id}:{run.id}", **counts)
        if run.state == RunState.FAILED:
            source = sources.fetch(work.session, run.source_id)
            for recipient in (notices.OPERATOR, source.department):
                notices.tell(work.session, recipient, "harvest.failed", source.id, _failed(run), work.now)


def first(source: HarvestSource) -> str:
    """Where a run begins."""
    return ckan.address(source.address, 0) if source.kind == Kind.CKAN else source.address


def understood(source: HarvestSource, address: str, media_type: str, body: bytes) -> Page:
    """What an answer of the source says. Raises Unreadable."""
    if source.kind == Kind.CKAN:
        return _of_ckan(source, address, body)
    said = apart.read(body, media_type, program=publishing.CHILD)
    return Page(said.found, [fault for fault in said.faults if fault.rule != "empty"], said.following, None)


def _of_ckan(source: HarvestSource, address: str, body: bytes) -> Page:
    try:
        document = strict_json.loads_with_halves(body)
        found, faults, count, total = ckan.page(document, source.address)
    except UnreadableJson as error:
        raise Unreadable("", error.reason, "strict JSON in UTF-8") from None
    except ckan.NotCkan as error:
        raise Unreadable("", "ckan", str(error)) from None
    start = ckan.start_of(address) + count
    following = ckan.address(source.address, start) if count and start < total else None
    return Page(found, faults, following, total)


def _failed(run: HarvestRun) -> dict[str, str]:
    return {
        "zh": f"采集源 {run.source_id} 的第 {run.id} 次采集失败（{run.failure}），已停止；请查看采集日志。",
        "en": f"Run {run.id} of the source {run.source_id} failed ({run.failure}) and was given up: read its log.",
    }
