"""A ledger in a temporary directory, and the calls that tests put into it."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from exchange.identity.secrets import Cipher
from exchange.ledger import schema
from exchange.ledger.entries import Builder, Entry
from exchange.ledger.note import Signer
from exchange.ledger.secrets import Secrets
from exchange.ledger.store import Log
from exchange.ledger.writer import Writer

ORIGIN = "exchange.example/ledger"
NOW = 1_795_000_000_000
CALLER = {"department": "civil-affairs", "application": "civil-affairs/newborn", "key": "k1"}
PROVIDER = {
    "department": "public-security",
    "service": "public-security/residents",
    "version": "1.0.0",
    "operation": "lookup",
}
ACTOR = "officer-4711"
SUBJECT = "11010119900307001X"
builder = Builder("node-1")


def call_id(at: int = NOW) -> str:
    return f"{at:012x}{os.urandom(10).hex()}"


def request(**given: Any) -> Entry:
    at = given.get("at", NOW)
    values: dict[str, Any] = {
        "call": call_id(at),
        "at": at,
        "snapshot": 7,
        "caller": CALLER,
        "actor": ACTOR,
        "provider": PROVIDER,
        "dataset": "public-security/residents",
        "fields": ["name", "birth_date"],
        "sensitivity": "personal",
        "purpose": "newborn-registration",
        "basis": "law-12",
        "agreement": "agr-0123456789abcdef",
        "agreement_version": 2,
        "case": "CASE-2026-000123",
        "subjects": [SUBJECT],
        "body": b'{"id":"11010119900307001X"}',
    }
    return builder.request(**(values | given))


def reply(to: Entry, index: int, **given: Any) -> Entry:
    values: dict[str, Any] = {
        "call": to.call,
        "at": to.at + 5,
        "snapshot": 7,
        "request_index": index,
        "outcome": "released",
        "status": 200,
        "problem": None,
        "records": 1,
        "dropped": 0,
        "subjects": [SUBJECT],
        "provider_body": b"what the provider sent",
        "released_body": b"what was released",
        "digest_key": to.digest_key,
    }
    return builder.reply(**(values | given))


def refusal(**given: Any) -> Entry:
    at = given.get("at", NOW)
    values: dict[str, Any] = {
        "call": call_id(at),
        "at": at,
        "snapshot": 7,
        "caller": CALLER,
        "actor": ACTOR,
        "provider": PROVIDER,
        "dataset": "public-security/residents",
        "purpose": "curiosity",
        "basis": None,
        "case": None,
        "subjects": [SUBJECT],
        "body": b"{}",
        "status": 403,
        "problem": "purpose-not-agreed",
        "failed": ["purpose"],
        "agreement": None,
    }
    return builder.refusal(**(values | given))


def change(number: int, at: int = NOW) -> Entry:
    return builder.change(change=number, at=at, kind="dataset", subject_id="a/b", by="person-00000001")


@dataclass
class Ledger:
    """The parts of one ledger; `writer()` makes a writer that is stopped when the test ends."""

    directory: Path
    signer: Signer = field(default_factory=lambda: Signer(ORIGIN, b"s" * 32))
    cipher: Cipher = field(default_factory=lambda: Cipher(b"k" * 32))
    writers: list[Writer] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.directory / "ledger.db"

    @property
    def outside(self) -> Path:
        return self.directory / "outside"

    @property
    def vkey(self) -> str:
        return str(self.signer.key)

    @property
    def secrets(self) -> Secrets:
        return Secrets(self.cipher)

    def make(self, **given: Any) -> Writer:
        values: dict[str, Any] = {"signer": self.signer, "cipher": self.cipher, "node": "node-1"}
        return Writer(self.path, **(values | given))

    def writer(self, **given: Any) -> Writer:
        writer = self.make(**given)
        writer.start()
        self.writers.append(writer)
        return writer

    def log(self) -> Log:
        return Log.open(self.path)

    def stored(self) -> bytes:
        """Every byte of the database's files."""
        return b"".join(file.read_bytes() for file in sorted(self.directory.glob("ledger.db*")))


def append_all(writer: Writer, entries: Sequence[Entry]) -> list[int]:
    """Hand in many entries at once; returns their indices."""

    async def submit() -> list[int]:
        return [one.index for one in await asyncio.gather(*(writer.submit(entry) for entry in entries))]

    return asyncio.run(submit())


def play(writer: Writer, calls: int, **given: Any) -> list[Entry]:
    """Whole calls; returns their request entries."""
    asked = [request(**given) for _ in range(calls)]
    replies = [reply(entry, index) for entry, index in zip(asked, append_all(writer, asked), strict=True)]
    append_all(writer, replies)
    return asked


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "ledger.db"
    schema.migrate(path)
    return path


@pytest.fixture
def new_ledger(empty_ledger: Path) -> Callable[[Path], Ledger]:
    def make(directory: Path) -> Ledger:
        directory.mkdir(exist_ok=True, parents=True)
        shutil.copy(empty_ledger, directory / "ledger.db")
        return Ledger(directory)

    return make


@pytest.fixture
def ledger(tmp_path: Path, new_ledger: Callable[[Path], Ledger]) -> Iterator[Ledger]:
    made = new_ledger(tmp_path / "data")
    yield made
    for writer in made.writers:
        if writer.is_alive():
            writer.stop()
