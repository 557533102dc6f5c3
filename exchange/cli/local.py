"""Working on a data directory directly: under its lock when something changes, read-only otherwise."""

import contextlib
import difflib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from sqlmodel import Session, col, select

from exchange import logs, problems
from exchange.api.errors import EXCEPTIONS
from exchange.cli.output import CommandFailed, refused
from exchange.db import DirectoryInUse, reading_engine
from exchange.identity.models import Client
from exchange.node import Node
from exchange.settings import Settings

Data = Annotated[Path | None, typer.Option(help="Data directory; default HUTONG_DATA, else var · 数据目录")]
Key = Annotated[Path | None, typer.Option("--as", envvar="HUTONG_KEY", help="Key file: act over HTTP · 密钥文件")]

OPERATOR = "operator"
OTHER_VARIABLES = frozenset({"HUTONG_KEY", "HUTONG_SIMULATOR_SECRET"})
"""Read by commands and simulated providers, and no settings of the exchange."""


def settings_with(**options: Any) -> Settings:
    """The settings, with the options that were given in the environment's place.

    Raises CommandFailed, also for a variable that is no setting: a misspelt limit would silently not hold.
    """
    strange = strange_variables()
    if strange:
        raise CommandFailed(f"not a setting: {strange}; correct or unset it, docs/settings.md lists all")
    return settings_as_far_as_known(**options)


def strange_variables() -> str:
    """HUTONG_* variables that nothing reads, each with the name that was probably meant; empty when there are none."""
    known = {f"HUTONG_{name.upper()}" for name in Settings.model_fields} | OTHER_VARIABLES
    strange = sorted(name for name in os.environ if name.startswith("HUTONG_") and name not in known)
    near = {name: difflib.get_close_matches(name, known, 1) for name in strange}
    return ", ".join(f"{name} (meant {one[0]}?)" if one else name for name, one in near.items())


def settings_as_far_as_known(**options: Any) -> Settings:
    """The settings beside whatever else the environment holds. Raises CommandFailed for a value that is not valid."""
    try:
        return Settings(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        found = "; ".join(f"HUTONG_{'_'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors())
        raise CommandFailed(f"the settings are not valid: {found}") from None


@contextmanager
def holding(settings: Settings, *, new: bool = False) -> Iterator[Node]:
    """The node of a data directory under its lock; what was changed is in the ledger when the block ends.

    Raises CommandFailed: an exchange runs on it, there is none (unless `new`), or the domain said no.
    """
    logs.configure("warning")
    if not new:
        _require_exchange(settings)
    try:
        node = Node.open(settings)
    except DirectoryInUse as error:
        raise CommandFailed(
            f"{error}. To change the running exchange, name your key file with --as or HUTONG_KEY"
        ) from None
    with contextlib.closing(node), as_problems():
        yield node
        node.drain.drain()


@contextmanager
def reading(settings: Settings) -> Iterator[Session]:
    """exchange.db read-only, beside a running exchange or without one. Raises CommandFailed when there is none."""
    _require_exchange(settings)
    engine = reading_engine(settings.exchange_database)
    try:
        with Session(engine) as session, as_problems():
            yield session
    finally:
        engine.dispose()


def has_operator(settings: Settings) -> bool:
    """Whether anybody may register people and departments. Raises CommandFailed when there is no exchange."""
    with reading(settings) as session:
        enabled = session.exec(select(Client).where(col(Client.enabled)))
        return any(OPERATOR in client.scopes for client in enabled)


@contextmanager
def as_problems() -> Iterator[None]:
    """What the API would answer with a problem document is the same document here."""
    try:
        yield
    except tuple(EXCEPTIONS) as error:
        slug = next(EXCEPTIONS[kind] for kind in type(error).__mro__ if kind in EXCEPTIONS)
        findings = [finding.as_dict() for finding in getattr(error, "findings", ())]
        raise refused(problems.document(slug, str(error), language="en", errors=findings)) from None


def _require_exchange(settings: Settings) -> None:
    if not settings.exchange_database.exists():
        raise CommandFailed(
            f"{settings.data} holds no exchange: run `hutong init`, or name the directory with --data or HUTONG_DATA"
        )
