"""The harvest against live catalogs: CKAN and DCAT servers on this machine that change, die, dawdle, lie."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlmodel import Session, select

from catalog import datasets, departments, imports, versions
from catalog.harvest import ckan as ckan_site
from catalog.harvest import pages, runs, sources
from catalog.harvest.models import HarvestFault, HarvestRecord, HarvestRun, SourceDraft
from catalog.models import Dataset, DatasetDraft, DepartmentDraft
from catalog.notices import Notice
from exchange.connectors.egress import EgressRules
from exchange.db import migrate, reading_engine, writing_engine
from exchange.jobs import harvest
from exchange.jobs.fetching import Fetcher
from exchange.jobs.harvest import Harvest
from exchange.unit_of_work import Change, UnitsOfWork
from tests.town.documents import credit_code
from tests.town.portal import JSON, TURTLE, Answer, Portal, ckan, dcat, package


class Killed(BaseException):
    """As a process dies: nothing catches it."""


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Bench:
    """A catalog of one department, and harvesters over it."""

    def __init__(self, directory: Path) -> None:
        self.clock = Clock()
        path = directory / "exchange.db"
        self.writing, self.reading = writing_engine(path), reading_engine(path)
        migrate(self.writing)
        self.units = UnitsOfWork(self.writing, lambda changes: None)
        self.fetchers: list[Fetcher] = []
        draft = DepartmentDraft(slug="water", name={"en": "Water"}, credit_code=credit_code(1), contact="desk")
        with self.units.begin("console", self.clock()) as work:
            departments.register(work.session, draft, work.by, work.now)
            work.record("department.registered", "water")

    def harvester(
        self, node: str = "one", seconds: float = 5.0, egress: tuple[str, ...] = ("water=127.0.0.1:*",)
    ) -> Harvest:
        fetcher = Fetcher(EgressRules.parse(egress), seconds=seconds)
        self.fetchers.append(fetcher)
        return Harvest(self.reading, self.units, fetcher, node, self.clock)

    def register(self, address: str, kind: str = "ckan", **changes: Any) -> None:
        given = {"id": "portal", "kind": kind, "title": {"en": "P"}, "address": address, "department": "water"}
        with self.units.begin("operator", self.clock()) as work:
            sources.register(work.session, SourceDraft.model_validate(given | changes), work.by, work.now)
            work.record("harvest-source.registered", "portal")

    def ask(self, **more: Any) -> int:
        with self.units.begin("operator", self.clock()) as work:
            return runs.ask(work.session, "portal", work.by, work.now, **more).id or 0

    async def run(self, harvester: Harvest | None = None, **more: Any) -> HarvestRun:
        id = self.ask(**more)
        await (harvester or self.harvester()).one_round()
        return self.get(id)

    def get(self, id: int) -> HarvestRun:
        with Session(self.reading) as session:
            return runs.fetch(session, id)

    def rows(self, table: Any) -> list[Any]:
        with Session(self.reading) as session:
            return list(session.exec(select(table)).all())

    def faults(self) -> list[tuple[str, bool, str]]:
        return [(row.remote_id, row.fatal, row.findings[0]["rule"]) for row in self.rows(HarvestFault)]


def counts(run: HarvestRun) -> tuple[int, ...]:
    return run.created, run.changed, run.unchanged, run.deleted, run.failed


@pytest.fixture
def portal() -> Iterator[Portal]:
    opened = Portal()
    yield opened
    opened.close()


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setattr(ckan_site, "ROWS", 10)
    made = Bench(tmp_path)
    yield made
    for fetcher in made.fetchers:
        await fetcher.close()
    made.writing.dispose()
    made.reading.dispose()


async def test_a_ckan_site_comes_in_as_drafts_changes_and_leaves_a_tombstone(bench: Bench, portal: Portal) -> None:
    packages = [package(number) for number in range(23)]
    portal.answer = ckan(packages)
    bench.register(portal.url)
    first = await bench.run()
    assert (first.state, first.pages, first.total) == ("finished", 3, 23)
    assert counts(first) == (23, 0, 0, 0, 0)
    row = next(row for row in bench.rows(Dataset) if row.id == "water/wells-7")
    assert (row.state, row.title, row.created_by) == ("draft", {"en": "Wells 7"}, "harvest:portal")
    assert row.about["provenance"]["en"] == f"Harvested from {portal.url}"
    assert row.about["contact_point"] == {"name": {"en": "Water desk"}, "email": "desk@water.example", "phone": None}
    changes = [change for change in bench.rows(Change) if change.kind == "dataset.registered"]
    assert len(changes) == 23

    assert counts(await bench.run()) == (0, 0, 23, 0, 0)

    packages[3]["title"] = "Deep wells"
    del packages[10]
    packages.append(package(999))
    third = await bench.run()
    assert counts(third) == (1, 1, 21, 1, 0)
    tombstones = [record for record in bench.rows(HarvestRecord) if record.state == "deleted"]
    assert [(one.remote_id, one.dataset_id, one.deleted_at) for one in tombstones] == [
        ("id-0010", "water/wells-10", bench.clock.now)
    ]
    assert any(row.id == "water/wells-10" for row in bench.rows(Dataset)), "a tombstone, never an erasure"
    told = [notice for notice in bench.rows(Notice) if notice.kind == "harvest.deleted"]
    assert [(notice.recipient, notice.subject) for notice in told] == [("water", "water/wells-10")]

    packages.insert(0, package(10))
    assert counts(await bench.run())[3:] == (0, 0), "what comes back loses its tombstone"
    assert not [record for record in bench.rows(HarvestRecord) if record.state == "deleted"]


async def test_a_dcat_catalog_is_followed_page_by_page(bench: Bench, portal: Portal) -> None:
    second = f"{portal.url}/catalog?page=2"
    portal.answer = lambda path: dcat(["c"]) if "page=2" in path else dcat(["a", "b"], second)
    bench.register(f"{portal.url}/catalog", "dcat")
    run = await bench.run()
    assert (run.state, run.pages, counts(run)) == ("finished", 2, (3, 0, 0, 0, 0))
    assert portal.asked == ["/catalog", "/catalog?page=2"]
    assert counts(await bench.run()) == (0, 0, 3, 0, 0)


async def test_a_run_that_dies_goes_on_where_it_was(bench: Bench, portal: Portal, monkeypatch: Any) -> None:
    portal.answer = ckan([package(number) for number in range(25)])
    bench.register(portal.url)
    id, killed = bench.ask(), bench.harvester("killed")
    taken, real = [], pages.take

    def die_at_the_second(*given: Any, **more: Any) -> Any:
        result = real(*given, **more)
        taken.append(result)
        if len(taken) == 2:
            raise Killed  # after its rows were written, before the commit
        return result

    monkeypatch.setattr(pages, "take", die_at_the_second)
    with pytest.raises(Killed):
        await killed.one_round()
    monkeypatch.setattr(pages, "take", real)
    half = bench.get(id)
    assert (half.state, half.pages, half.created) == ("running", 1, 10)
    assert len(bench.rows(Dataset)) == 10, "a page is whole or not at all"

    other = bench.harvester("other")
    assert await other.one_round() == 0, "its lease still runs"
    bench.clock.now += runs.LEASE + timedelta(seconds=1)
    portal.asked.clear()
    assert await other.one_round() == 1
    done = bench.get(id)
    assert (done.state, counts(done)) == ("finished", (25, 0, 0, 0, 0))
    assert [parse_qs(urlsplit(path).query)["start"][0] for path in portal.asked] == ["10", "20"]


async def test_who_lost_the_lease_commits_nothing_more(bench: Bench, portal: Portal) -> None:
    site = ckan([package(number) for number in range(15)])
    bench.register(portal.url)
    id, slow = bench.ask(), bench.harvester("slow")

    def steal(path: str) -> Answer:
        with bench.units.begin("thief", bench.clock()) as work:
            run = runs.fetch(work.session, id)
            run.holder = "thief"
            work.session.add(run)
        return site(path)

    portal.answer = steal
    await slow.one_round()
    run = bench.get(id)
    assert (run.state, run.holder, run.pages, bench.rows(Dataset)) == ("running", "thief", 0, [])


async def test_a_run_that_is_stopped_takes_no_further_page(bench: Bench, portal: Portal) -> None:
    site = ckan([package(number) for number in range(25)])
    bench.register(portal.url)
    id = bench.ask()

    def answer(path: str) -> Answer:
        if "start=10&" in path:
            with bench.units.begin("operator", bench.clock()) as work:
                runs.stop(work.session, id, work.now)
        return site(path)

    portal.answer = answer
    await bench.harvester().one_round()
    run = bench.get(id)
    assert (run.state, run.created, len(bench.rows(Dataset))) == ("stopped", 10, 10)
    with pytest.raises(runs.NotRunning), bench.units.begin("operator", bench.clock()) as work:
        runs.stop(work.session, id, work.now)


async def test_failures_wait_longer_each_time_and_end_visibly(bench: Bench, portal: Portal) -> None:
    portal.answer = lambda path: (500, {}, b"")
    bench.register(portal.url)
    harvester = bench.harvester()
    run, waits = await bench.run(harvester), []
    while run.state == "waiting":
        waits.append((run.due_at - bench.clock.now).total_seconds())
        assert await harvester.one_round() == 0, "not before its time"
        bench.clock.now = run.due_at
        await harvester.one_round()
        run = bench.get(run.id or 0)
    assert waits == [10, 20, 40, 80, 160]
    assert (run.state, run.failure, run.attempts) == ("failed", "status", runs.MOST_ATTEMPTS)
    assert {notice.recipient for notice in bench.rows(Notice) if notice.kind == "harvest.failed"} == {
        "operator",
        "water",
    }


async def test_a_failure_in_the_middle_loses_nothing(bench: Bench, portal: Portal) -> None:
    site, ill = ckan([package(number) for number in range(15)]), [True]
    portal.answer = lambda path: (503, {}, b"") if ill[0] and "start=10&" in path else site(path)
    bench.register(portal.url)
    harvester = bench.harvester()
    run = await bench.run(harvester)
    assert (run.state, run.attempts, run.created) == ("waiting", 1, 10)
    ill[0] = False
    bench.clock.now = run.due_at
    await harvester.one_round()
    run = bench.get(run.id or 0)
    assert (run.state, run.attempts, run.created, run.deleted) == ("finished", 0, 15, 0)


def gone(path: str) -> Answer:
    return 302, {"location": "http://127.0.0.1:1/"}, b""


@pytest.mark.parametrize(
    ("kind", "answer", "failure"),
    [
        ("ckan", gone, "redirect"),
        ("ckan", lambda path: (200, JSON, b"[" * 100), "unreadable"),
        ("ckan", lambda path: (200, JSON, b'{"success": false}'), "unreadable"),
        ("ckan", lambda path: (200, JSON, b'{"success": true, "result": {"count": "9", "results": []}}'), "unreadable"),
        ("ckan", lambda path: (200, JSON | {"content-encoding": "gzip"}, b"\x1f\x8b"), "malformed"),
        ("dcat", lambda path: (200, {"content-type": "text/html"}, b"<html>"), "unreadable"),
        ("dcat", lambda path: (200, TURTLE, b"<urn:a> <urn:b> ["), "unreadable"),
        ("dcat", lambda path: (200, JSON, b'{"@context": "http://x.example/"}'), "unreadable"),
    ],
)  # fmt: skip
async def test_answers_that_are_no_catalog(bench: Bench, portal: Portal, kind: str, answer: Any, failure: str) -> None:
    portal.answer = answer
    bench.register(f"{portal.url}/catalog" if kind == "dcat" else portal.url, kind)
    run = await bench.run()
    assert (run.state, run.failure, counts(run)) == ("waiting", failure, (0, 0, 0, 0, 0))
    assert bench.rows(Dataset) == []
    if failure == "unreadable":
        assert bench.faults()


async def test_an_answer_without_end_and_one_that_never_comes(bench: Bench, portal: Portal, monkeypatch: Any) -> None:
    monkeypatch.setattr(Fetcher.get, "__kwdefaults__", {"most": 1000})
    portal.answer = lambda path: (200, JSON, b" " * 100_000)
    bench.register(portal.url)
    assert (await bench.run()).failure == "too-large"
    released = threading.Event()
    portal.answer = lambda path: (released.wait(10), (200, JSON, b""))[1]
    bench.clock.now += timedelta(hours=1)
    try:
        await bench.harvester(seconds=0.2).one_round()
    finally:
        released.set()
    assert bench.rows(HarvestRun)[0].failure == "too-slow"


async def test_an_address_that_the_operator_did_not_allow_is_never_reached(bench: Bench, portal: Portal) -> None:
    bench.register(portal.url)
    for egress in ((), ("other=127.0.0.1:*",), ("water=10.0.0.0/8:*",)):
        harvester = bench.harvester(egress=egress)
        bench.clock.now += timedelta(hours=2)
        run = bench.rows(HarvestRun)
        if not run:
            bench.ask()
        await harvester.one_round()
        assert bench.rows(HarvestRun)[0].failure == "forbidden-address"
    assert portal.asked == []


async def test_lies_about_paging_end(bench: Bench, portal: Portal) -> None:
    """The next page is this one; is one of many that say the same; is somebody else's; a count without records."""
    loop = f"{portal.url}/catalog?n="
    counter = iter(range(10_000))
    portal.answer = lambda path: dcat(["a", "b"], f"{loop}{next(counter)}")
    bench.register(f"{portal.url}/catalog", "dcat")
    run = await bench.run()
    assert (run.state, run.failure, run.pages, len(portal.asked)) == ("failed", "paging-loops", 1, 2)
    portal.answer = lambda path: dcat(["a"], "http://127.0.0.1:1/elsewhere")
    assert (await bench.run()).failure == "paging-leaves"
    portal.answer = lambda path: dcat(["a"], "file:///etc/passwd")
    assert (await bench.run()).failure == "paging-leaves"


async def test_a_ckan_site_that_counts_wrongly_ends(bench: Bench, portal: Portal) -> None:
    def answer(path: str) -> Answer:
        result = {"count": 10**9, "results": [package(1), package(2)]}
        return 200, JSON, json.dumps({"success": True, "result": result}).encode()

    portal.answer = answer
    bench.register(portal.url)
    run = await bench.run()
    assert (run.state, run.failure, run.created) == ("failed", "paging-loops", 2)
    assert not [record for record in bench.rows(HarvestRecord) if record.state == "deleted"], (
        "a failed run buries nobody"
    )


async def test_more_pages_than_one_run_takes(bench: Bench, portal: Portal, monkeypatch: Any) -> None:
    monkeypatch.setattr(runs, "MOST_PAGES", 5)
    counter = iter(range(10_000))

    def endless(path: str) -> Answer:
        number = next(counter)
        return dcat([f"d{number}"], f"{portal.url}/catalog?n={number}")

    portal.answer = endless
    bench.register(f"{portal.url}/catalog", "dcat")
    run = await bench.run()
    assert (run.failure, run.pages) == ("too-many", 5)


async def test_a_source_that_loses_almost_everything_is_not_believed_at_once(bench: Bench, portal: Portal) -> None:
    portal.answer = ckan([package(number) for number in range(40)])
    bench.register(portal.url)
    await bench.run()
    portal.answer = ckan([package(0)])
    run = await bench.run()
    assert (run.state, run.failure, run.deleted) == ("failed", "mass-deletion", 0)
    assert ("", True, "mass-deletion") in bench.faults()
    accepted = await bench.run(accept_deletions=True)
    assert (accepted.state, accepted.deleted) == ("finished", 39)


async def test_one_bad_record_stops_no_other_and_is_logged(bench: Bench, portal: Portal) -> None:
    packages = [
        package(1), package(2, title="", name=""), package(3, maintainer_email="no address"), {"noid": 1}, package(1),
        package(5, title="x" * 30_000), package(6, notes={"a": 1}, tags="water", resources=[7], organization=[]),
    ]  # fmt: skip
    portal.answer = ckan(packages)
    bench.register(portal.url)
    run = await bench.run()
    assert (run.state, run.created, run.failed) == ("finished", 3, 3)
    ids = {(remote, fatal) for remote, fatal, _ in bench.faults()}
    assert ids == {("id-0002", True), ("id-0003", False), ("", True), ("id-0005", True)}
    again = await bench.run()
    assert (again.unchanged, again.failed, again.deleted) == (3, 3, 0), "what fails is tried again, and not buried"


async def test_a_harvest_never_takes_over_what_a_steward_registered(bench: Bench, portal: Portal) -> None:
    from catalog import datasets
    from catalog.models import DatasetDraft

    text = {"en": "Own"}
    own = {"department": "water", "slug": "wells-1", "title": text, "description": text, "sharing_class": "conditional"}
    with bench.units.begin("steward", bench.clock()) as work:
        datasets.register(work.session, DatasetDraft.model_validate(own), work.by, work.now)
        work.record("dataset.registered", "water/wells-1")
    portal.answer = ckan([package(1)])
    bench.register(portal.url)
    assert counts(await bench.run()) == (1, 0, 0, 0, 0)
    titles = {row.id: row.title["en"] for row in bench.rows(Dataset)}
    assert titles.pop("water/wells-1") == "Own"
    assert [(id.startswith("water/wells-1-"), title) for id, title in titles.items()] == [(True, "Wells 1")]
    assert counts(await bench.run()) == (0, 0, 1, 0, 0)


async def test_a_page_is_taken_in_slices_and_its_place_kept_with_the_last(
    bench: Bench, portal: Portal, monkeypatch: Any
) -> None:
    monkeypatch.setattr(ckan_site, "ROWS", 25)
    monkeypatch.setattr(harvest, "SLICE", 10)
    portal.answer = ckan([package(number) for number in range(30)])
    bench.register(portal.url)
    id, killed = bench.ask(), bench.harvester("killed")
    sizes, threads, real = list[int](), set[int](), pages.take

    def watched(session: Session, id: int, holder: str, found: Any, *given: Any, **more: Any) -> Any:
        sizes.append(len(found))
        threads.add(threading.get_ident())
        result = real(session, id, holder, found, *given, **more)
        if len(sizes) == 3:
            raise Killed
        return result

    monkeypatch.setattr(pages, "take", watched)
    with pytest.raises(Killed):
        await killed.one_round()
    half = bench.get(id)
    assert (half.pages, half.position, half.created, sizes) == (0, None, 20, [10, 10, 5])
    assert threading.get_ident() not in threads, "the loop goes on"
    bench.clock.now += runs.LEASE + timedelta(seconds=1)
    await bench.harvester("other").one_round()
    done = bench.get(id)
    assert (done.state, done.pages, done.seen, counts(done)) == ("finished", 2, 30, (30, 0, 0, 0, 0))


async def test_a_page_of_too_many_datasets_fails_the_run(bench: Bench, portal: Portal, monkeypatch: Any) -> None:
    monkeypatch.setattr(harvest, "MOST_ON_A_PAGE", 2)
    portal.answer = lambda path: dcat(["a", "b", "c"])
    bench.register(f"{portal.url}/catalog", "dcat")
    run = await bench.run()
    assert (run.state, run.failure, bench.rows(Dataset)) == ("failed", "too-many", [])


async def test_what_a_steward_changed_stays_until_the_source_changes_it(bench: Bench, portal: Portal) -> None:
    packages = [package(1)]
    portal.answer = ckan(packages)
    bench.register(portal.url)
    await bench.run()
    with bench.units.begin("steward", bench.clock()) as work:
        row = datasets.fetch(work.session, "water/wells-1")
        document = dict(versions.pending(work.session, row.id).document)  # type: ignore[union-attr]
        document |= {"sharing_class": "not-shared", "sharing_reason": {"en": "Law"}, "title": {"en": "Ours"}}
        draft = DatasetDraft.model_validate(document)
        datasets.revise(work.session, row.id, draft, row.revision, work.by, work.now)
        work.record("dataset.revised", row.id)
    packages[0]["notes"] = "Said anew."
    assert counts(await bench.run()) == (0, 1, 0, 0, 0)
    (row,) = bench.rows(Dataset)
    assert (row.title, row.description) == ({"en": "Ours"}, {"en": "Said anew."})
    assert (row.sharing_class, row.sharing_reason) == ("not-shared", {"en": "Law"})
    told = [(one.recipient, one.subject) for one in bench.rows(Notice) if one.kind == "harvest.revised"]
    assert told == [("water", "water/wells-1")]
    packages[0]["title"] = "Theirs"
    await bench.run()
    assert bench.rows(Dataset)[0].title == {"en": "Theirs"}


@pytest.mark.parametrize("bad", ["half \\uD800 a pair", "NUL \\u0000"])
async def test_one_bad_character_is_the_fault_of_its_record(bench: Bench, portal: Portal, bad: str) -> None:
    bench.register(f"{portal.url}/catalog", "dcat")
    portal.answer = lambda path: dcat(["a", "b"])
    assert counts(await bench.run()) == (2, 0, 0, 0, 0)
    status, headers, body = dcat(["a", "b", "c"])
    subject = b"<urn:x:b>"
    assert subject in body
    text = subject + b' <http://www.w3.org/ns/dcat#keyword> "' + bad.encode() + b'"@en .\n'
    portal.answer = lambda path: (status, headers, body + text)
    run = await bench.run()
    assert (run.state, counts(run)) == ("finished", (1, 0, 1, 0, 1))
    (fault,) = bench.rows(HarvestFault)
    assert "urn:x:b" in (fault.remote_id, fault.findings[0]["pointer"][1:])


HALF = "half \ud800 of a pair"


@pytest.mark.parametrize(
    ("spoil", "place"),
    [
        ({"title": HALF}, "/title"),
        ({"notes": f"{HALF} 😀"}, "/notes"),
        ({"tags": [{"name": HALF}]}, "/tags/0/name"),
        ({"extras": [{"key": "k", "value": "\udc00"}]}, "/extras/0/value"),
        ({"unread": {HALF: 1}}, "/unread/*"),
    ],
)
async def test_half_a_character_in_a_package_of_ckan_is_that_packages_fault(
    bench: Bench, portal: Portal, spoil: dict[str, Any], place: str
) -> None:
    packages = [package(1), package(2), package(3)]
    portal.answer = ckan(packages)
    bench.register(portal.url)
    assert counts(await bench.run()) == (3, 0, 0, 0, 0)
    packages[1], packages[2]["notes"] = package(2, **spoil), "Said anew."
    packages.append(package(4, title="😀"))
    run = await bench.run()
    assert (run.state, counts(run)) == ("finished", (1, 1, 1, 0, 1))
    (fault,) = bench.rows(HarvestFault)
    assert (fault.remote_id, fault.fatal) == ("id-0002", True)
    assert [(one["pointer"], one["rule"]) for one in fault.findings] == [(f"/id-0002{place}", "characters")]
    assert "half" not in json.dumps(fault.findings).replace("half of a surrogate pair", "")
    assert {row.id for row in bench.rows(Dataset)} == {f"water/wells-{number}" for number in (1, 2, 3, 4)}
    packages[1] = package(2)
    assert counts(await bench.run())[3:] == (0, 0), "it was not gone, and is whole again"


async def test_a_package_without_a_whole_id_is_told_by_its_position(bench: Bench, portal: Portal) -> None:
    portal.answer = ckan([package(1), package(2, id=HALF), package(3)])
    bench.register(portal.url)
    run = await bench.run()
    assert (run.state, counts(run)) == ("finished", (2, 0, 0, 0, 1))
    (fault,) = bench.rows(HarvestFault)
    assert (fault.remote_id, fault.findings[0]["pointer"]) == ("", "/result/results/1")


async def test_a_new_package_with_half_a_character_is_taken_once_it_is_whole(bench: Bench, portal: Portal) -> None:
    packages = [package(1, title=HALF)]
    portal.answer = ckan(packages)
    bench.register(portal.url)
    assert counts(await bench.run()) == (0, 0, 0, 0, 1)
    packages[0] = package(1)
    assert counts(await bench.run()) == (1, 0, 0, 0, 0)


async def test_a_page_with_half_a_character_is_strict_json_otherwise(bench: Bench, portal: Portal) -> None:
    body = json.dumps({"success": True, "result": {"count": 1, "results": [package(1, title=HALF)]}}).encode()
    portal.answer = lambda path: (200, JSON, body.replace(b'"count": 1', b'"count": 1, "count": 1'))
    bench.register(portal.url)
    run = await bench.run()
    assert (run.state, run.failure) == ("waiting", "unreadable")
    assert [rule for _, _, rule in bench.faults()] == ["duplicate-key"]


def linked(*datasets: dict[str, Any], **more: Any) -> Answer:
    context = {"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/",
               "hydra": "http://www.w3.org/ns/hydra/core#"}  # fmt: skip
    graph = [{"@type": "dcat:Dataset", "dct:title": "T", "dct:description": "D", **one} for one in datasets]
    document = {"@context": context | more.pop("context", {}), "@graph": [*graph, *([more] if more else [])]}
    return 200, {"content-type": "application/ld+json"}, json.dumps(document).encode()


@pytest.mark.parametrize(
    "spoil",
    [
        {"dct:title": HALF},
        {"dcat:keyword": ["well", HALF]},
        {"dct:unread": HALF},
        {"dcat:distribution": {"@type": "dcat:Distribution", "dct:title": HALF}},
        {"dct:description": {"@value": HALF, "@language": "en"}},
    ],
)
async def test_half_a_character_in_a_node_of_json_ld_is_that_datasets_fault(
    bench: Bench, portal: Portal, spoil: dict[str, Any]
) -> None:
    whole = [{"@id": f"urn:x:{name}"} for name in "abc"]
    portal.answer = lambda path: linked(*whole)
    bench.register(f"{portal.url}/catalog", "dcat")
    assert counts(await bench.run()) == (3, 0, 0, 0, 0)
    portal.answer = lambda path: linked(whole[0], whole[1] | spoil, whole[2], {"@id": "urn:x:d"})
    run = await bench.run()
    assert (run.state, counts(run)) == ("finished", (1, 0, 2, 0, 1))
    (fault,) = bench.rows(HarvestFault)
    assert [(one["pointer"], one["rule"]) for one in fault.findings] == [("/urn:x:b", "unreadable")]


async def test_a_dataset_whose_iri_has_half_a_character_fails_alone(bench: Bench, portal: Portal) -> None:
    portal.answer = lambda path: linked({"@id": "urn:x:a"}, {"@id": "urn:x:\ud800"})
    bench.register(f"{portal.url}/catalog", "dcat")
    run = await bench.run()
    assert (run.state, counts(run)) == ("finished", (1, 0, 0, 0, 1))
    assert bench.rows(HarvestFault)[0].findings[0]["pointer"] == "/urn:x:?"


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"@id": "urn:page", "hydra:next": {"@id": "urn:x:\ud800"}}, ""),
        ({"context": {"half\ud800": {"@id": "urn:x:y", "@language": "\ud800"}}, "half\ud800": "x"}, None),
        ({"@id": "urn:y", "x\ud800": {"@context": "http://elsewhere.example"}}, "/@graph/1/x?/@context"),
    ],
)
async def test_half_a_character_in_no_dataset_of_json_ld_fails_the_page_in_whole_words(
    bench: Bench, portal: Portal, more: dict[str, Any], pointer: str | None
) -> None:
    portal.answer = lambda path: linked({"@id": "urn:x:a"}, **dict(more))
    bench.register(f"{portal.url}/catalog", "dcat")
    run = await bench.run()
    found = [row.findings[0] for row in bench.rows(HarvestFault)]
    assert (run.state, run.failure) == ("waiting", "unreadable"), found
    assert pointer is None or [one["pointer"] for one in found] == [pointer]


async def test_a_record_that_nobody_thought_of_fails_alone(bench: Bench, portal: Portal, monkeypatch: Any) -> None:
    real = imports.take_one

    def fails(session: Session, incoming: Any, *given: Any) -> Any:
        if incoming.source == "id-0002":
            raise ZeroDivisionError
        return real(session, incoming, *given)

    monkeypatch.setattr(imports, "take_one", fails)
    portal.answer = ckan([package(1), package(2), package(3), package(4, id="x" * 2_001)])
    bench.register(portal.url)
    run = await bench.run()
    assert (run.state, counts(run)) == ("finished", (2, 0, 0, 0, 2))
    assert {(remote[:7], rule) for remote, _, rule in bench.faults()} == {("id-0002", "internal"), ("xxxxxxx", "id")}


async def test_a_schedule_asks_by_itself_and_one_source_has_one_run(bench: Bench, portal: Portal) -> None:
    portal.answer = ckan([package(1)])
    bench.register(portal.url, every_hours=6)
    harvester = bench.harvester()
    assert await harvester.one_round() == 1
    assert await harvester.one_round() == 0
    bench.clock.now += timedelta(hours=6)
    assert await harvester.one_round() == 1
    bench.ask()
    with pytest.raises(runs.AlreadyRunning):
        bench.ask()


async def test_the_thread_starts_stops_and_is_woken(bench: Bench, portal: Portal) -> None:
    portal.answer = ckan([package(1)])
    bench.register(portal.url)
    harvester = bench.harvester()
    harvester.start()
    id = bench.ask()
    for _ in range(200):
        harvester.wake()
        await asyncio.sleep(0.05)
        if bench.get(id).state == "finished":
            break
    harvester.stop()
    assert not harvester.is_alive()
    assert bench.get(id).state == "finished"
    bench.fetchers.clear()  # closed by the thread, in its own loop
