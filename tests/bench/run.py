"""The run: who is driven when, what is counted, and the proof that the work was done."""

import os
import statistics
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from exchange.node import TRANSPORTS
from exchange.settings import Settings
from tests.bench import city, scale, steps
from tests.bench.load import Paced, pace, saturate, wire
from tests.bench.processes import PYTHON, Machine, Nginx, Process, free_port
from tests.bench.subjects import Exchange, NotReal, prepare

PACE, PACED_SECONDS = 100, 4.0
RECEIPTS = 20
NGINX = "nginx, upstream kept alive"
BARE = "nginx, plain proxy_pass"
"""What the bench's last line compares with: nginx as `proxy_pass` alone sets it up. The line before it compares with
the proxy that also keeps its upstream connections, as the exchange does."""


@dataclass
class Row:
    """One subject: per round CPU in µs per call and calls per second; MB; seconds from start to first answer."""

    name: str
    cpu: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    paced: Paced | None = None
    idle: float | None = None
    loaded: float | None = None
    started: float | None = None
    calls: int = 0
    entries: int = 0
    receipts: int = 0

    @property
    def microseconds(self) -> float:
        return statistics.median(self.cpu)


@dataclass
class Results:
    """Everything that the table shows; `transport` is the default one, whose ratio is the bench's answer."""

    transport: str
    rows: list[Row]
    direct: Paced
    fsync: float
    others: float
    parts: dict[str, float]
    fetches: dict[str, float]
    decisions: dict[int, float]
    reading: float
    mapping: tuple[float, float]
    entries_per_second: float
    seconds: int

    def row(self, name: str) -> Row:
        return next(row for row in self.rows if row.name == name)

    def ratio(self, row: Row, base: str) -> float:
        """The median of the rounds' ratios: the two of a round had the same machine."""
        pairs = zip(row.cpu, self.row(base).cpu, strict=True)
        return statistics.median(ours / theirs for ours, theirs in pairs)


class Bench:
    """`core` has what is measured, `other` what drives and answers; with one core they share it."""

    def __init__(self, home: Path, seconds: int, rounds: int, only: list[str] | None) -> None:
        cores = sorted(os.sched_getaffinity(0))
        self.core, self.other = cores[0], cores[-1]
        os.sched_setaffinity(0, {self.other})
        self.home, self.seconds, self.rounds = home, seconds, rounds
        self.kinds = only or list(TRANSPORTS)

    def run(self) -> Results:
        with ExitStack() as stack:
            self.provider = stack.enter_context(Nginx(self.other, self.home / "provider", reply=city.reply()))
            proxies = [stack.enter_context(self._proxy(kept)) for kept in (True, False)]
            _say("preparing an exchange for each transport")
            settings = [self._prepare(kind) for kind in self.kinds]
            with ExitStack() as running:
                homes = [self.home / kind for kind in self.kinds]
                exchanges = [
                    running.enter_context(Exchange(self.core, home, each))
                    for home, each in zip(homes, settings, strict=True)
                ]
                rows, direct, fsync, others = self._drive(proxies, exchanges)
                token = exchanges[0].token
            return self._explained(rows, direct, fsync, others, settings[0], token)

    def _proxy(self, kept: bool) -> Nginx:
        home = self.home / ("proxy" if kept else "bare-proxy")
        return Nginx(self.core, home, upstream=self.provider.port, kept=kept)

    def _prepare(self, kind: str) -> Settings:
        (self.home / kind).mkdir()
        return prepare(self.home / kind, self.provider.port, kind)

    # -- driving -----------------------------------------------------------------------------------------------------

    def _drive(self, proxies: list[Nginx], exchanges: list[Exchange]) -> tuple[list[Row], Paced, float, float]:
        bases, machine = [Row(NGINX), Row(BARE)], Machine()
        token = exchanges[0].token
        rows = [Row(each.transport, idle=each.idle, started=each.started) for each in exchanges]
        for number in range(self.rounds):
            _say(f"round {number + 1} of {self.rounds}")
            for proxy, base in zip(proxies, bases, strict=True):
                self._saturate(proxy, base, wire(proxy.port, city.PATH, token), city.reply(), machine)
            for exchange, row in zip(exchanges, rows, strict=True):
                self._measure(exchange, row, machine)
        others = machine.others()
        fsync = _fsync(self.home)
        _say(f"paced, {PACE} calls per second")
        direct = self._pace(self.provider, city.PATH, token, city.reply())
        for proxy, base in zip(proxies, bases, strict=True):
            base.paced = self._pace(proxy, city.PATH, token, city.reply())
        for exchange, row in zip(exchanges, rows, strict=True):
            before, answered = exchange.entries(), self.provider.requests()
            row.paced = self._pace(exchange, city.TARGET, exchange.token, exchange.expected)
            self._count(exchange, row, before, answered)
        return [*bases, *rows], direct, (fsync + _fsync(self.home)) / 2, others

    def _measure(self, exchange: Exchange, row: Row, machine: Machine) -> None:
        before, answered = exchange.entries(), self.provider.requests()
        requests = wire(exchange.port, city.TARGET, exchange.token)
        sample = self._saturate(exchange, row, requests, exchange.expected, machine)
        row.loaded = exchange.memory()
        self._count(exchange, row, before, answered)
        row.receipts += exchange.verify_receipts(sample[:RECEIPTS])

    def _saturate(
        self, subject: Exchange | Nginx, row: Row, requests: list[bytes], expected: bytes, machine: Machine
    ) -> list[str]:
        watched = (subject, self.provider)
        cpu, answered, everything = subject.cpu(), self.provider.requests(), sum(each.cpu() for each in watched)
        own = time.process_time() + _children()
        burst = saturate(self.other, subject.port, requests, expected, self.seconds, self.home)
        time.sleep(0.2)  # what was on its way when wrk ended
        calls = self.provider.requests() - answered
        if burst.wrong or burst.errors or not burst.replies <= calls <= burst.replies + 128:
            raise NotReal(f"{row.name}: {burst}, and the provider was asked {calls} times")
        row.cpu.append(1e6 * (subject.cpu() - cpu) / calls)
        row.rate.append(burst.replies / burst.seconds)
        machine.add(sum(each.cpu() for each in watched) - everything + time.process_time() + _children() - own)
        return burst.sample

    def _pace(self, subject: Exchange | Nginx, target: str, token: str, expected: bytes) -> Paced:
        paced = pace(subject.port, wire(subject.port, target, token), expected, rate=PACE, seconds=PACED_SECONDS)
        if paced.wrong:
            raise NotReal(f"{paced.wrong} of {paced.calls} paced replies are not as expected")
        return paced

    def _count(self, exchange: Exchange, row: Row, entries: int, answered: int) -> None:
        """Two entries per call that reached the provider, neither more nor fewer. Raises NotReal."""
        calls = self.provider.requests() - answered
        written = exchange.settle(entries + 2 * calls) - entries
        if written != 2 * calls:
            raise NotReal(f"{exchange.transport}: {calls} calls reached the provider, the ledger has {written} entries")
        row.calls += calls
        row.entries += written

    # -- explaining --------------------------------------------------------------------------------------------------

    def _explained(
        self, rows: list[Row], direct: Paced, fsync: float, others: float, settings: Settings, token: str
    ) -> Results:
        _say("by step")
        os.sched_setaffinity(0, {self.core})
        parts = steps.breakdown(settings, token)
        parts["server (hello)"] = self._hello(token)
        fetches = {kind: steps.transport(kind, self.provider.port) for kind in self.kinds}
        _say("decisions at 1 000 and 100 000 agreements, the ledger alone")
        decisions = {count: scale.decisions(count) for count in (1_000, 100_000)}
        os.sched_setaffinity(0, {self.core, self.other})
        default = str(Settings.model_fields["transport"].default)
        return Results(
            default if default in self.kinds else self.kinds[0],
            rows,
            direct,
            fsync,
            others,
            parts,
            fetches,
            decisions,
            scale.reading_a_request(),
            scale.mapping(),
            scale.ledger(self.home / "ledger"),
            self.seconds,
        )

    def _hello(self, token: str) -> float:
        """The server by itself: it reads the same requests and answers as many bytes."""
        row, body = Row("hello"), b"x" * 800
        command = [PYTHON, "-m", "tests.bench.serving", "hello", str(port := free_port()), body.decode()]
        with Process(self.core, command, self.home / "hello") as hello:
            hello.wait_for(port)
            cpu = hello.cpu()
            burst = saturate(self.other, port, wire(port, city.TARGET, token), body, self.seconds, self.home)
            row.cpu.append(1e6 * (hello.cpu() - cpu) / burst.replies)
        return row.microseconds


def _fsync(home: Path) -> float:
    """Milliseconds: the median of 200 appends of a page, each flushed to the disk."""
    took = []
    with (home / "fsync").open("wb", buffering=0) as file:
        for _ in range(200):
            began = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            took.append(time.perf_counter() - began)
    return 1000 * statistics.median(took)


def _children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
