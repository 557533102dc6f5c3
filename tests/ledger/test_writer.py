"""The writer: durable before it answers, one checkpoint a batch, and what it does when things break."""

import asyncio
import contextlib
import errno
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from exchange.ledger import note, outside, reading
from exchange.ledger import writer as writer_module
from exchange.ledger.merkle import leaf_hash, root_of
from exchange.ledger.outside import RollbackDetected
from exchange.ledger.sqlite import connect_writing, is_full
from exchange.ledger.store import LedgerDamaged
from exchange.ledger.writer import AlreadyLogged, Committed, Unavailable, Writer

from .conftest import NOW, Ledger, append_all, change, play, reply, request


class Faulty:
    """A connection whose commits, or whose statements of some beginning, fail when told to."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.error: Exception | None = None
        self.on = "COMMIT"
        self.after_commit: Callable[[], None] | None = None

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        if self.error is not None and statement.startswith(self.on):
            raise self.error
        found = self.connection.execute(statement, *values)
        if statement == "COMMIT" and self.after_commit is not None:
            self.after_commit()
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


def faulty(ledger: Ledger) -> tuple[Writer, Faulty]:
    made: list[Faulty] = []

    def connect(path: Path) -> Any:
        made.append(Faulty(connect_writing(path)))
        return made[0]

    return ledger.writer(connect=connect), made[0]


def sqlite_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("injected")
    error.sqlite_errorcode = code
    return error


def wait_for(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def checked_size(ledger: Ledger) -> int:
    """The size of the stored log after recomputing its root from nothing but its leaves."""
    with ledger.log() as log:
        head = log.head()
        assert root_of([leaf_hash(leaf) for leaf in log.leaves(0, head.size)]) == head.root
        return head.size


def test_entries_get_dense_indices_and_a_signed_checkpoint(ledger: Ledger) -> None:
    writer = ledger.writer()
    entries = [change(at + 1) for at in range(600)]
    assert append_all(writer, entries) == list(range(600))
    checkpoint = note.open_checkpoint(writer.checkpoint, ledger.signer.key)
    assert checkpoint.size == writer.size == 600
    assert checkpoint.root == root_of([leaf_hash(entry.leaf) for entry in entries])
    assert checked_size(ledger) == 600


async def test_concurrent_entries_share_commits_and_wake_ups(ledger: Ledger) -> None:
    writer, connection = faulty(ledger)
    commits = 0

    def count() -> None:
        nonlocal commits
        commits += 1
        time.sleep(0.002)

    connection.after_commit = count
    loop = asyncio.get_running_loop()
    wakes, original = [], loop.call_soon_threadsafe
    loop.call_soon_threadsafe = lambda *a, **k: (wakes.append(1), original(*a, **k))[1]  # type: ignore[method-assign]

    async def call() -> None:
        asked = request()
        at = await writer.submit(asked)
        await writer.submit(reply(asked, at.index))

    await asyncio.gather(*(call() for _ in range(256)))
    assert writer.size == 512
    assert commits < 60
    assert len(wakes) <= commits
    assert checked_size(ledger) == 512


async def test_entries_that_name_many_share_no_commit(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = ledger.make()
    monkeypatch.setattr(writer, "_closed", None)
    people = [str(at) for at in range(1500)]
    entries = [request(actor=None, subjects=people[:many]) for many in (1500, 1500, 1500, 4, 0, 1)]
    waiting = [writer.submit(entry) for entry in entries]
    monkeypatch.setattr(writer_module, "MOST_COMMITMENTS_IN_BATCH", 3004)
    assert [len(writer._take_batch()) for _ in range(3)] == [2, 4, 0]
    monkeypatch.setattr(writer_module, "MOST_COMMITMENTS_IN_BATCH", 3)
    again = [writer.submit(entry) for entry in entries[2:]]
    assert [len(writer._take_batch()) for _ in range(4)] == [1, 1, 2, 0]
    for waiter in [*waiting, *again]:
        waiter.cancel()


async def test_nobody_hears_of_an_entry_before_its_commit_and_signature(ledger: Ledger) -> None:
    writer, connection = faulty(ledger)
    held, committed = threading.Event(), threading.Event()

    def hold() -> None:
        committed.set()
        held.wait(5)

    connection.after_commit = hold
    waiting = writer.submit(request())
    await asyncio.to_thread(committed.wait, 5)
    await asyncio.sleep(0.02)
    assert not waiting.done()
    assert writer.size == 0
    held.set()
    assert await waiting == Committed(0, 1)
    assert note.open_checkpoint(writer.checkpoint, ledger.signer.key).size == 1


async def test_a_caller_who_gave_up_changes_nothing(ledger: Ledger) -> None:
    writer = ledger.writer()
    given_up = writer.submit(request())
    given_up.cancel()
    assert (await writer.submit(request())).index == 1


async def test_a_release_that_nobody_waits_for_any_more_is_not_recorded_but_its_end_is(ledger: Ledger) -> None:
    """Its bytes were thrown away, so the log must not say that they were released."""
    writer, connection = faulty(ledger)
    asked = request()
    index = (await writer.submit(asked)).index
    held, committed = threading.Event(), threading.Event()

    def hold() -> None:
        committed.set()
        held.wait(5)

    connection.after_commit = hold
    before = writer.submit(request())
    await asyncio.to_thread(committed.wait, 5)
    given_up = writer.submit(reply(asked, index))
    end = writer.submit(reply(asked, index, outcome="ledger-late", status=503))
    given_up.cancel()
    connection.after_commit = lambda: None
    held.set()
    await before
    await end
    with ledger.log() as log:
        outcomes = [orjson.loads(leaf).get("outcome") for leaf in log.leaves(0, log.head().size)]
    assert outcomes == [None, None, "ledger-late"]


def test_before_start_and_after_stop_nothing_is_taken(ledger: Ledger) -> None:
    writer = ledger.make()
    with pytest.raises(Unavailable):
        writer.append(request())
    writer = ledger.writer()
    writer.stop()
    assert not writer.healthy
    with pytest.raises(Unavailable):
        writer.append(request())


async def test_stopping_commits_what_is_queued(ledger: Ledger) -> None:
    writer = ledger.writer()
    waiting = [writer.submit(request()) for _ in range(300)]
    await asyncio.to_thread(writer.stop)
    assert {(await one).index for one in waiting} == set(range(300))


async def test_a_full_queue_refuses_at_once(ledger: Ledger) -> None:
    writer, connection = faulty(ledger)
    connection.after_commit = lambda: time.sleep(0.2)
    with contextlib.closing(connect_writing(ledger.path)) as blocker:
        writer._capacity = 4
        blocker.execute("BEGIN IMMEDIATE")
        first = writer.submit(request())
        await asyncio.sleep(0.05)
        waiting = [writer.submit(request()) for _ in range(4)]
        with pytest.raises(Unavailable, match="too many"):
            writer.submit(request())
        blocker.execute("ROLLBACK")
    await asyncio.gather(first, *waiting)


def test_a_change_is_recorded_once(ledger: Ledger) -> None:
    writer = ledger.writer()
    writer.append(change(1))
    writer.append(change(5))
    for again in (1, 5):
        with pytest.raises(AlreadyLogged):
            writer.append(change(again))
    assert writer.last_change == 5
    writer.stop()
    writer = ledger.writer()
    assert writer.last_change == 5
    with pytest.raises(AlreadyLogged):
        writer.append(change(5))
    assert writer.append(change(6)).index == 2


def test_usage_is_counted_with_the_entries(ledger: Ledger) -> None:
    writer = ledger.writer()
    minute = NOW // 60_000
    play(writer, 3)
    play(writer, 2, agreement="agr-b", at=NOW + 60_000)
    assert sorted(writer.usage_since(NOW)) == [("agr-0123456789abcdef", minute, 3), ("agr-b", minute + 1, 2)]
    assert writer.usage_since(NOW + 60_000) == [("agr-b", minute + 1, 2)]


@pytest.mark.parametrize("error", [sqlite_error(sqlite3.SQLITE_FULL), OSError(errno.ENOSPC, "no space")])
def test_a_full_disk_refuses_the_batch_and_recovers(ledger: Ledger, error: Exception) -> None:
    writer, connection = faulty(ledger)
    play(writer, 2)
    before = writer.checkpoint
    connection.error = error
    for _ in range(3):
        with pytest.raises(Unavailable, match="no room"):
            writer.append(request())
    assert not writer.healthy
    assert "no room" in str(writer.reason)
    assert writer.checkpoint == before
    connection.error = None
    wait_for(lambda: writer.healthy)
    assert writer.append(request()).index == 4
    assert checked_size(ledger) == 5


def test_keys_made_in_a_refused_batch_are_not_used_afterwards(ledger: Ledger) -> None:
    writer, connection = faulty(ledger)
    connection.error = sqlite_error(sqlite3.SQLITE_FULL)
    with pytest.raises(Unavailable):
        writer.append(request())
    connection.error = None
    play(writer, 1)
    with ledger.log() as log:
        assert len(reading.find(log, ledger.secrets, reading.Query(case="CASE-2026-000123")).items) == 2


def test_a_really_full_database_refuses_and_recovers(ledger: Ledger) -> None:
    def connect(path: Path) -> sqlite3.Connection:
        connection = connect_writing(path)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 40}")
        made.append(connection)
        return connection

    made: list[sqlite3.Connection] = []
    writer = ledger.writer(connect=connect)
    recorded = 0

    def fill() -> None:
        nonlocal recorded
        for _ in range(10_000):
            writer.append(request())
            recorded += 1

    with pytest.raises(Unavailable, match="no room"):
        fill()
    assert writer.size == recorded
    made[0].execute("PRAGMA max_page_count = 100000")
    wait_for(lambda: writer.healthy)
    play(writer, 300)
    assert checked_size(ledger) == recorded + 600


@pytest.mark.parametrize("on", ["COMMIT", "INSERT INTO entry", "UPDATE head"])
def test_after_an_input_output_error_it_stays_closed(ledger: Ledger, on: str) -> None:
    writer, connection = faulty(ledger)
    play(writer, 2)
    before, connection.on, connection.error = writer.checkpoint, on, sqlite_error(sqlite3.SQLITE_IOERR)
    with pytest.raises(Unavailable):
        writer.append(request())
    connection.error = None
    wait_for(lambda: not writer.is_alive())
    with pytest.raises(Unavailable):
        writer.append(request())
    assert not writer.healthy
    assert "restart" in str(writer.reason)
    assert writer.checkpoint == before
    again = ledger.writer()
    assert again.size in (4, 5)
    assert again.append(request()).index == again.size - 1


async def test_everybody_waiting_hears_of_the_failure(ledger: Ledger) -> None:
    writer, connection = faulty(ledger)
    connection.error = sqlite_error(sqlite3.SQLITE_IOERR_FSYNC)

    async def ask() -> Committed:
        return await writer.submit(request())

    asking = asyncio.gather(*(ask() for _ in range(2000)), return_exceptions=True)
    outcomes = await asyncio.wait_for(asking, 5)
    assert {type(one) for one in outcomes} == {Unavailable}


async def test_nobody_waits_for_ever_when_telling_them_fails(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    made, resolve = ledger.writer(), writer_module._resolve

    def break_once(*_: Any) -> None:
        monkeypatch.setattr(writer_module, "_resolve", resolve)
        raise RuntimeError("injected")

    monkeypatch.setattr(writer_module, "_resolve", break_once)
    with pytest.raises(Unavailable):
        await asyncio.wait_for(made.submit(request()), 5)
    wait_for(lambda: not made.is_alive())
    assert not made.healthy


def test_a_second_writer_is_noticed(ledger: Ledger) -> None:
    writer = ledger.writer()
    writer.append(request())
    with contextlib.closing(connect_writing(ledger.path)) as other:
        other.execute("UPDATE head SET size = 7")
    with pytest.raises(Unavailable):
        writer.append(request())
    wait_for(lambda: not writer.is_alive())
    assert "another writer" in str(writer.reason)


def test_is_full_tells_room_from_damage() -> None:
    assert is_full(sqlite_error(sqlite3.SQLITE_FULL))
    assert is_full(OSError(errno.EDQUOT, ""))
    assert not is_full(sqlite_error(sqlite3.SQLITE_IOERR))
    assert not is_full(OSError(errno.EIO, ""))
    assert not is_full(sqlite3.OperationalError("disk I/O error"))


def test_dangling_requests_are_closed_at_recovery(ledger: Ledger) -> None:
    writer = ledger.writer()
    play(writer, 3)
    lost = request()
    index = writer.append(lost).index
    play(writer, 300)
    writer.stop()
    writer = ledger.writer()
    with ledger.log() as log:
        closing = log.leaves(writer.size - 1, writer.size)[0]
    assert b'"type":"unknown"' in closing
    assert f'"request":{index}'.encode() in closing
    assert f'"call":"{lost.call}"'.encode() in closing
    size = writer.size
    writer.stop()
    assert ledger.writer().size == size


# Rollback.


def copy(ledger: Ledger, to: Path) -> None:
    for file in ledger.directory.glob("ledger.db*"):
        shutil.copy(file, to / file.name)


def test_the_outside_checkpoint_follows_the_log(ledger: Ledger) -> None:
    writer = ledger.writer(outside=ledger.outside)
    empty = outside.read(ledger.outside, ledger.signer.key)
    assert empty is not None
    assert empty.size == 0
    play(writer, 3)
    wait_for(lambda: ledger.outside.read_bytes() == writer.checkpoint, 3)
    play(writer, 1)
    writer.stop()
    assert ledger.outside.read_bytes() == writer.checkpoint
    assert ledger.writer(outside=ledger.outside).size == 8


def test_an_old_copy_of_the_database_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    writer = ledger.writer(outside=ledger.outside)
    play(writer, 3)
    writer.stop()
    copy(ledger, tmp_path)
    writer = ledger.writer(outside=ledger.outside)
    play(writer, 3)
    writer.stop()
    shutil.copy(tmp_path / "ledger.db", ledger.path)
    with pytest.raises(RollbackDetected, match=r"rollback detected.*12 entries were signed.*holds 6.*new origin"):
        ledger.writer(outside=ledger.outside)


def test_another_history_of_the_same_length_is_refused(ledger: Ledger, new_ledger: Any, tmp_path: Path) -> None:
    play_other = new_ledger(tmp_path / "other")
    for one in (ledger, play_other):
        writer = one.writer(outside=one.outside)
        play(writer, 150)
        writer.stop()
    shutil.copy(play_other.path, ledger.path)
    with pytest.raises(RollbackDetected, match="not those that were signed"):
        ledger.writer(outside=ledger.outside)


def test_a_removed_or_forged_outside_checkpoint_is_refused(ledger: Ledger) -> None:
    writer = ledger.writer(outside=ledger.outside)
    play(writer, 1)
    writer.stop()
    kept = ledger.outside.read_bytes()
    ledger.outside.unlink()
    with pytest.raises(RollbackDetected, match="missing"):
        ledger.writer(outside=ledger.outside)
    ledger.outside.write_bytes(
        note.Signer(ledger.signer.key.name, b"f" * 32).sign(kept.decode().split("\n\n")[0] + "\n")
    )
    with pytest.raises(RollbackDetected, match="not signed by this log's key"):
        ledger.writer(outside=ledger.outside)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE entry SET leaf = x'00' WHERE idx = (SELECT max(idx) FROM entry)",
        "DELETE FROM entry WHERE idx = (SELECT max(idx) FROM entry)",
        "UPDATE tile SET hashes = zeroblob(8192) WHERE level = 0 AND n = 0",
        "DELETE FROM tile",
        "UPDATE head SET size = size - 1",
        "UPDATE head SET root = zeroblob(32)",
        "DELETE FROM head",
    ],
)
def test_a_damaged_database_is_not_continued(ledger: Ledger, damage: str) -> None:
    writer = ledger.writer()
    play(writer, 200)
    writer.stop()
    with contextlib.closing(connect_writing(ledger.path)) as connection:
        connection.execute(damage)
    with pytest.raises(LedgerDamaged):
        ledger.writer()


def test_an_outside_place_that_cannot_be_written_is_told_but_stops_nothing(ledger: Ledger) -> None:
    folder = ledger.directory / "elsewhere"
    folder.mkdir()
    writer = ledger.writer(outside=folder / "checkpoint")
    shutil.rmtree(folder)
    play(writer, 1)
    wait_for(lambda: writer.reason is not None, 3)
    assert "outside checkpoint" in str(writer.reason)
    assert writer.healthy


# Sudden death.

LOOP = """
import os, sys, threading
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from conftest import Ledger, request, reply
ledger = Ledger(Path(sys.argv[1]))
writer = ledger.make(outside=ledger.outside)
writer.start()
print(f"size {writer.size}", flush=True)
lock = threading.Lock()
def work():
    while True:
        asked = request()
        at = writer.append(asked)
        end = writer.append(reply(asked, at.index))
        with lock:
            os.write(1, f"{end.index} {asked.call}\\n".encode())
for _ in range(32):
    threading.Thread(target=work, daemon=True).start()
threading.Event().wait()
"""


def test_kill_dash_nine_loses_no_acknowledged_entry(ledger: Ledger) -> None:
    acknowledged: dict[int, str] = {}
    for _ in range(3):
        command = [sys.executable, "-c", LOOP, str(ledger.directory), str(Path(__file__).parent)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("size ")
        for _ in range(150):
            index, call = process.stdout.readline().split()
            acknowledged[int(index)] = call
        os.kill(process.pid, signal.SIGKILL)
        for line in process.stdout.read().splitlines():
            if len(line.split()) == 2 and len(line.split()[1]) == 32:
                acknowledged[int(line.split()[0])] = line.split()[1]
        process.wait()
        process.stdout.close()
    writer = ledger.writer(outside=ledger.outside)
    size = checked_size(ledger)
    assert size == writer.size
    with ledger.log() as log:
        for index, call in acknowledged.items():
            assert f'"call":"{call}"'.encode() in log.entry(index).leaf
        kinds = [leaf.split(b'"type":"')[1].split(b'"')[0] for leaf in log.leaves(0, size)]
    assert kinds.count(b"request") == kinds.count(b"reply") + kinds.count(b"unknown")
