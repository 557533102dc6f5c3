"""`hutong demo`: the demonstration city in one command; `--once` plays its story and says whether it went as told."""

import contextlib
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.table import Column, Table

from exchange.cli.local import settings_with
from exchange.client import Exchange
from exchange.ledger.export import export
from exchange.ledger.note import parse_key
from exchange.ledger.store import Log
from exchange.node import Node
from exchange.settings import Settings
from seeds.datasets import services
from seeds.load import City, Loader
from seeds.providers import Providers
from seeds.records import cast, generate
from seeds.stage import Stage
from seeds.story import NEWBORN, Played, drift, play

err = Console(stderr=True)


def command(
    once: Annotated[bool, typer.Option("--once", help="play the story, then end · 演示一遍后结束")] = False,
    data: Annotated[Path | None, typer.Option(help="data directory, kept · 数据目录")] = None,
    port: Annotated[int | None, typer.Option(help="port of the exchange · 端口")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document on stdout")] = False,
) -> None:
    """Start the demonstration city · 启动演示城市."""
    if once:
        raise typer.Exit(tell(data, as_json=as_json))
    run(settings_with(data=data, port=port), as_json=as_json)


# -- the city as it stays up -----------------------------------------------------------------------------------------


def run(settings: Settings, *, as_json: bool) -> None:
    """Serve until Ctrl-C; exchange and providers are processes of their own and end with this one."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt), Providers() as providers:
        settings = with_providers(settings, providers)
        city, vkey = load(settings, providers)
        with serving(settings, settings.log_level) as (url, process):
            _make_traffic(settings, url, city, vkey, providers)
            _announce(url, settings, city, vkey, as_json=as_json)
            if status := process.wait():
                raise typer.Exit(status)
    err.print("stopped · 已停止")


def _make_traffic(settings: Settings, url: str, city: City, vkey: str, providers: Providers) -> None:
    """A few calls, some to a provider that drifts, so that the catalog has observed quality to show."""
    with tempfile.TemporaryDirectory(prefix="hutong-demo-") as scratch:
        stage = _stage(settings, url, city, vkey, providers, Path(scratch))
        with contextlib.closing(stage), err.status("a provider drifts from its standard · 提供方偏离标准"):
            drift(stage)


def _stage(settings: Settings, url: str, city: City, vkey: str, providers: Providers, scratch: Path) -> Stage:
    return Stage(
        url=url,
        keys=city.keys,
        agreements=city.agreements,
        providers=providers,
        cast=cast(generate()),
        vkey=vkey,
        export=lambda directory: export_log(settings, url, vkey, directory),
        scratch=scratch,
    )


def _announce(url: str, settings: Settings, city: City, vkey: str, *, as_json: bool) -> None:
    key = city.keys[NEWBORN]
    with Exchange.from_file(url, key) as client:
        token = client.token()
    hutong = Path(sys.argv[0]).parent / "hutong"
    renew = f"{shlex.quote(str(hutong))} client token --url {url} --as {key}"
    if as_json:
        found = {"ready": url, "vkey": vkey, "credential": str(key), "token": token, "curl": curl(url, token)}
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        typer.echo(_PAGE.format(url=url, settings=settings, vkey=vkey, key=key, renew=renew, curl=curl(url, token)))
        typer.echo(f"ready: {url}")
    sys.stdout.flush()


_PAGE = """
Hutong 互通 · demonstration city

  exchange      {url}
  interface     {url}/openapi.json
  one service   {url}/x/public-security/population/openapi.json
  ledger        {url}/ledger/checkpoint
  verifier key  {vkey}
  data          {settings.data}   keys {settings.key_directory}   credentials {key.parent}

  credential    {key}
  a new token   {renew}
  a call        {curl}

No screen yet: everything is API and command line. Ctrl-C ends all of it.
"""


def curl(url: str, token: str) -> str:
    """A ready-made call of the newborn application."""
    body = json.dumps({"resident_id": cast(generate()).mother})
    headers = ("Content-Type: application/json", "Hutong-Purpose: newborn-registration", "Hutong-Case: NB-2026-0001")
    options = " ".join(f"-H {shlex.quote(header)}" for header in (f"Authorization: Bearer {token}", *headers))
    actor = "-H 'Hutong-Actor: clerk-0417'"
    return f"curl -i {url}/x/public-security/population/v1/lookups {options} {actor} -d {shlex.quote(body)}"


# -- the story, once -------------------------------------------------------------------------------------------------


def tell(data: Path | None, *, as_json: bool) -> int:
    """Play the story on a free port and print what was expected and what happened; 0 when nothing differs."""
    began = time.monotonic()
    with ExitStack() as stack:
        if data is None:
            data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hutong-demo-"))) / "var"
        rows = stack.enter_context(staged(apart(data), lambda stage: play(stage, _progress)))
    told = sum(row.as_expected for row in rows)
    if as_json:
        typer.echo(json.dumps([{**asdict(row), "as_expected": row.as_expected} for row in rows], ensure_ascii=False))
    else:
        Console().print(_table(rows))
        typer.echo(f"took {time.monotonic() - began:.1f} s")
    typer.echo(f"story: {told} of {len(rows)} as expected", err=as_json)
    return 0 if told == len(rows) else 1


def apart(data: Path) -> Settings:
    """Settings that share nothing with an exchange that may be running, whatever the environment says of that one."""
    return settings_with(data=data, port=free_port()).model_copy(
        update={"keys": None, "checkpoint": None, "url": None, "host": "127.0.0.1", "tls": False, "egress": ()}
    )


@contextmanager
def staged(settings: Settings, act: Callable[[Stage], list[Played]]) -> Iterator[list[Played]]:
    """A loaded city, its providers and an exchange of its own process; `act` plays on it."""
    with ExitStack() as stack:
        providers = stack.enter_context(Providers())
        settings = with_providers(settings, providers)
        city, vkey = load(settings, providers)
        url, _ = stack.enter_context(serving(settings))
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hutong-story-")))
        stage = _stage(settings, url, city, vkey, providers, scratch)
        stack.callback(stage.close)
        yield act(stage)


@contextmanager
def serving(settings: Settings, log_level: str = "error") -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """`hutong serve` as a process of its own, ended with SIGTERM; yields its URL once it answers, and the process."""
    values = {name: value for name, value in settings.model_dump(mode="json").items() if value is not None}
    values |= {"egress": ",".join(settings.egress), "log_level": log_level}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HUTONG_")}
    given = {f"HUTONG_{name.upper()}": str(value) for name, value in values.items() if name != "origin"}
    process = subprocess.Popen(
        [sys.executable, "-c", "from exchange.cli import main; main()", "serve"],
        env=inherited | given,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield _ready(process), process
    finally:
        process.terminate()
        process.wait(timeout=20)


def _ready(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("ready: "):
            return line.removeprefix("ready: ").strip()
    raise typer.Exit(process.wait() or 1)  # it said why on standard error


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def with_providers(settings: Settings, providers: Providers) -> Settings:
    """The operator lists the simulators' addresses: without that, loopback is out of reach."""
    rules = tuple(f"{department}=127.0.0.1:{port}" for department, port in providers.ports.items())
    return settings.model_copy(update={"egress": (*settings.egress, *rules)})


def load(settings: Settings, providers: Providers) -> tuple[City, str]:
    """Bring the city into the data directory; what is there already stays."""
    node = Node.open(settings)
    try:
        drafts = services(providers.address, providers.credential)
        loader = Loader(node, settings.key_directory / "demo", drafts, datetime.now(UTC))
        with err.status("loading the city · 正在装载演示城市") as status:
            city = loader.load(lambda step, rows: status.update(f"{step}: {rows}"))
        return city, str(node.vkey)
    finally:
        node.close()


def export_log(settings: Settings, url: str, vkey: str, directory: Path) -> None:
    checkpoint = httpx.get(f"{url}/ledger/checkpoint", trust_env=False).raise_for_status().content
    directory.mkdir()
    with Log.open(settings.ledger_database) as log:
        export(log, directory, checkpoint, parse_key(vkey))


def _progress(row: Played) -> None:
    err.print(f"{'ok' if row.as_expected else 'DIFFERS':8}{row.title['en']} · {row.title['zh']}")


def _table(rows: list[Played]) -> Table:
    columns = [Column(name, overflow="fold") for name in ("", "scene · 场景", "expected · 预期", "happened · 实际")]
    table = Table(*columns, title="Hutong 互通", show_lines=True)
    for row in rows:
        mark = "[green]✓[/]" if row.as_expected else "[red]✗[/]"
        table.add_row(mark, f"{row.title['zh']}\n{row.title['en']}", row.expected, row.happened)
    return table
