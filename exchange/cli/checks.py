"""What `hutong doctor` looks at. Every check only reads, and can run beside a serving exchange."""

import fcntl
import os
import shutil
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlmodel import Session, select

from catalog.models import Service
from exchange import db
from exchange.cli.keys import verifier_key
from exchange.cli.local import strange_variables
from exchange.connectors.egress import EgressRules
from exchange.db import reading_engine
from exchange.identity import keys
from exchange.ledger import note, outside, recovery, schema
from exchange.ledger.note import VerifierKey
from exchange.ledger.outside import RollbackDetected
from exchange.ledger.sqlite import connect_reading
from exchange.ledger.store import Log
from exchange.settings import Settings

OK, WARN, FAIL = "ok", "warn", "fail"
OLDEST_PYTHON = (3, 11)
WAL_RESET_MENDED = (3, 51, 3)
LEAST_FREE = 1 << 30
EARLIEST_CLOCK = 1_767_225_600
"""2026-01-01: a clock before it was never set."""


class Finding(NamedTuple):
    check: str
    state: str
    found: str
    advice: str = ""


Answer = tuple[str, str, str]
"""State, what was found, what to do."""


@dataclass(frozen=True)
class Subject:
    settings: Settings

    @property
    def begun(self) -> bool:
        return self.settings.exchange_database.exists() and self.settings.ledger_database.exists()


Check = Callable[[Subject], Answer]
NOT_BEGUN: Answer = (WARN, "no exchange yet", "run `hutong init`")


def examine(name: str, check: Check, subject: Subject) -> Finding:
    """A check that cannot be made has failed: it says why."""
    try:
        return Finding(name, *check(subject))
    except Exception as error:
        return Finding(name, FAIL, f"{type(error).__name__}: {' '.join(str(error).split())}", "mend what it names")


def python(_: Subject) -> Answer:
    found = ".".join(map(str, sys.version_info[:3]))
    return (OK, found, "") if sys.version_info >= OLDEST_PYTHON else (FAIL, found, "install Python 3.11 or newer")


def sqlite(_: Subject) -> Answer:
    found = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < WAL_RESET_MENDED:
        return OK, f"{found}: its WAL-reset fault needs two writing connections, the exchange has one", ""
    return OK, found, ""


def variables(_: Subject) -> Answer:
    strange = strange_variables()
    if not strange:
        return OK, "every HUTONG_* variable is a setting", ""
    return (
        FAIL,
        f"not a setting: {strange}",
        "correct or unset them: nothing starts with them; docs/settings.md lists all",
    )


def data_directory(subject: Subject) -> Answer:
    return _closed(subject.settings.data, 0o077)


def key_directory(subject: Subject) -> Answer:
    directory = subject.settings.key_directory
    if directory.is_dir():
        keys.load(directory)
    return _closed(directory, 0o077)


def separation(subject: Subject) -> Answer:
    """Keys and checkpoint beside the data are lost, restored and stolen together with it."""
    settings = subject.settings
    if not settings.data.exists() or not settings.key_directory.exists():
        return NOT_BEGUN
    inside = [one for one in (settings.key_directory, settings.checkpoint_file) if _within(one, settings.data)]
    if inside:
        return FAIL, f"{inside[0]} is inside the data directory", "move it out: a backup of the data would carry it"
    device = settings.data.stat().st_dev
    near = {"the keys": settings.key_directory, "the outside checkpoint": settings.checkpoint_file.parent}
    same = [name for name, path in near.items() if path.exists() and path.stat().st_dev == device]
    if same:
        advice = "set HUTONG_KEYS and HUTONG_CHECKPOINT to another disk, so that one loss or restore takes only one"
        return WARN, f"on the disk of the data: {' and '.join(same)}", advice
    return OK, "keys and checkpoint are on another disk than the data", ""


def disk_space(subject: Subject) -> Answer:
    free = shutil.disk_usage(_existing(subject.settings.data)).free
    found = f"{free / (1 << 30):.1f} GiB free"
    return (OK, found, "") if free >= LEAST_FREE else (WARN, found, "make room: on a full disk calls are refused")


def clock(subject: Subject) -> Answer:
    zone = ZoneInfo(subject.settings.timezone)
    now = datetime.now(zone)
    found = f"{now.isoformat(timespec='seconds')} in {zone.key}"
    if time.time() < EARLIEST_CLOCK:
        return FAIL, found, "set the clock (NTP): tokens and agreements go by it"
    return OK, found, ""


def lock(subject: Subject) -> Answer:
    holder = _holder(subject.settings.data / "lock")
    return OK, f"process {holder} works on the data" if holder else "nobody works on the data", ""


def port(subject: Subject) -> Answer:
    host, number = subject.settings.host, subject.settings.port
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, number))
        except OSError as error:
            if _holder(subject.settings.data / "lock"):
                return OK, f"{host}:{number} is taken, probably by the exchange itself", ""
            return FAIL, f"{host}:{number}: {error.strerror}", "stop what listens there, or set HUTONG_PORT"
    return OK, f"{host}:{number} is free", ""


def migrations(subject: Subject) -> Answer:
    if not subject.begun:
        return NOT_BEGUN
    settings = subject.settings
    files = ((settings.exchange_database, db.MIGRATIONS), (settings.ledger_database, schema.MIGRATIONS))
    behind = [path.name for path, scripts in files if _revision(path) != _newest(scripts)]
    if behind:
        return WARN, f"not at the newest revision: {', '.join(behind)}", "back up, then start the exchange: it migrates"
    return OK, "both databases are at the newest revision", ""


def ledger(subject: Subject) -> Answer:
    """The root recomputed against the head, and the head against the checkpoint that is kept outside."""
    if not subject.begun:
        return NOT_BEGUN
    settings = subject.settings
    engine = reading_engine(settings.exchange_database)
    try:
        with Session(engine) as session:
            key = note.parse_key(verifier_key(settings, session))
    finally:
        engine.dispose()
    for attempt in range(3):
        try:
            size = _continued(settings, key)
        except RollbackDetected as error:
            if attempt == 2:
                what, _, advice = str(error).partition(". ")
                return FAIL, what, advice
        else:
            break
    return OK, f"{size} entries lead to the root, and continue the outside checkpoint", ""


def egress(subject: Subject) -> Answer:
    rules = EgressRules.parse(subject.settings.egress)
    if not subject.begun:
        return OK, f"{len(subject.settings.egress)} entries, all readable", ""
    engine = reading_engine(subject.settings.exchange_database)
    try:
        with Session(engine) as session:
            services = session.exec(select(Service)).all()
    finally:
        engine.dispose()
    outside_rules = sorted(row.id for row in services if not _allowed(rules, row))
    if outside_rules:
        advice = "add <department>=<host>:<port> to HUTONG_EGRESS, or mend the service's address"
        return WARN, f"no rule allows: {', '.join(outside_rules)}", advice
    return OK, f"{len(services)} services, each with a rule", ""


CHECKS: Mapping[str, Check] = {
    "python": python,
    "sqlite": sqlite,
    "variables": variables,
    "data directory": data_directory,
    "key directory": key_directory,
    "separation": separation,
    "disk space": disk_space,
    "clock": clock,
    "lock": lock,
    "port": port,
    "migrations": migrations,
    "ledger": ledger,
    "egress": egress,
}


def _continued(settings: Settings, key: VerifierKey) -> int:
    """How many entries there are. A running exchange may write a newer checkpoint meanwhile: ask again.

    Raises RollbackDetected, LedgerDamaged.
    """
    with closing(Log.open(settings.ledger_database)) as log:
        log.connection.execute("BEGIN")
        size = recovery.load(log).edge.size
        outside.compare(log, size, settings.checkpoint_file, key)
        return size


def _closed(directory: Path, forbidden: int) -> Answer:
    if not directory.is_dir():
        return NOT_BEGUN
    mode = directory.stat().st_mode & 0o777
    if mode & forbidden:
        return FAIL, f"{directory} is open to others ({mode:o})", f"chmod 700 {directory}"
    return OK, f"{directory} is its owner's alone", ""


def _within(path: Path, directory: Path) -> bool:
    return path.resolve().is_relative_to(directory.resolve())


def _existing(path: Path) -> Path:
    path = path.resolve()
    while not path.exists():
        path = path.parent
    return path


def _holder(path: Path) -> str | None:
    """The process that holds the lock, which is held for a moment to find out, as flock knows no question."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.read(handle, 32).decode("ascii", "replace").strip() or "unknown"
    else:
        return None
    finally:
        os.close(handle)


def _revision(path: Path) -> str | None:
    with closing(connect_reading(path)) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _newest(scripts: Path) -> str | None:
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    return ScriptDirectory.from_config(config).get_current_head()


def _allowed(rules: EgressRules, service: Service) -> bool:
    """Whether some address of the service's host may be reached; a name that does not resolve may not."""
    address = urlsplit(service.address)
    host, number = address.hostname or "", address.port or (443 if address.scheme == "https" else 80)
    try:
        found = {str(one[4][0]) for one in socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)}
    except OSError:
        return False
    return any(rules.allow(service.department, host, number, one) for one in found)
