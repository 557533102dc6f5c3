"""`hutong harvest`: catalogs elsewhere, harvested again and again; each run leaves a log."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from exchange.cli.acting import DEFAULT_URL, As, Url, acting
from exchange.cli.output import NEGATIVE, CommandFailed, Json, progress, show, table
from exchange.client import Exchange

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
app.callback(help="Harvest datasets of other catalogs · 从其他目录采集")(lambda: None)

SOURCES, RUNS = "/api/v1/harvest/sources", "/api/v1/harvest/runs"
ENDED = ("finished", "failed", "stopped")
COUNTS = ("created", "changed", "unchanged", "deleted", "failed")
LOOK_SECONDS = 0.5

Source = Annotated[str, typer.Argument(metavar="SOURCE", help="Id of the source · 采集源")]


@app.command()
def add(
    source: Source,
    address: Annotated[str, typer.Argument(help="Of the CKAN site, or of the DCAT catalog · 地址")],
    key: As,
    department: Annotated[str, typer.Option(help="Whose datasets they become · 归属部门")],
    kind: Annotated[str, typer.Option(help="ckan or dcat · 类型")] = "dcat",
    title_zh: Annotated[str, typer.Option(help="Chinese title · 中文名称")] = "",
    title_en: Annotated[str, typer.Option(help="English title · 英文名称")] = "",
    every_hours: Annotated[int | None, typer.Option(min=1, help="Default: by hand only · 采集间隔（小时）")] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Register a catalog to harvest from · 登记采集源."""
    title = {tag: text for tag, text in (("zh", title_zh), ("en", title_en)) if text} or {"en": source}
    draft = {
        "id": source, "kind": kind, "title": title, "address": address, "department": department,
        "every_hours": every_hours,
    }  # fmt: skip
    with acting(url, Path(key)) as exchange:
        made = exchange.post(SOURCES, draft)
    show(made, as_json, f"{made['id']} is registered; harvest it with: hutong harvest run {made['id']}")


@app.command("list")
def list_(key: As, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """List the sources · 列出采集源."""
    with acting(url, Path(key)) as exchange:
        rows = list(exchange.pages(SOURCES))
    lines = [
        (row["id"], row["kind"], row["department"], _schedule(row), " · ".join(row["title"].values()), row["address"])
        for row in rows
    ]
    show({"items": rows}, as_json, table(("source", "kind", "department", "schedule", "title", "address"), lines))


@app.command()
def run(
    source: Source,
    key: As,
    accept_deletions: Annotated[
        bool, typer.Option("--accept-deletions", help="Even if most of it is gone · 接受大量删除")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Until it has ended · 等待结束")] = True,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Harvest a source now, with its progress; exit code 1 when it failed · 立即采集."""
    with acting(url, Path(key)) as exchange:
        found = exchange.post(f"{SOURCES}/{source}/run", {"accept_deletions": accept_deletions})
        if wait:
            found = _waited(exchange, found)
    if wait and found["state"] != "finished":
        told = f"run {found['id']} {found['state']}: {found['failure']}; see: hutong harvest log {source} {found['id']}"
        raise CommandFailed(told, code=NEGATIVE)
    show(found, as_json, f"run {found['id']} {found['state']}: {_counted(found)}")


@app.command()
def log(
    source: Source,
    key: As,
    number: Annotated[
        int | None, typer.Argument(metavar="[RUN]", help="One run, with what was wrong · 某次采集")
    ] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Show the runs of a source, or the faults of one · 查看采集日志."""
    with acting(url, Path(key)) as exchange:
        if number is None:
            _show_runs(exchange.get(RUNS, {"source": source})["items"], as_json)
            return
        found = exchange.get(f"{RUNS}/{number}")
        faults = list(exchange.pages(f"{RUNS}/{number}/faults"))
    lines = [
        (fault["remote_id"] or "—", "failed" if fault["fatal"] else "left out", one["pointer"] or "/", one["expected"])
        for fault in faults
        for one in fault["findings"]
    ]
    if not as_json:
        show(found, False, f"run {number} {found['state']}: {_counted(found)}")
    show({**found, "faults": faults}, as_json, table(("record", "", "where", "expected"), lines))


def _show_runs(rows: list[dict[str, Any]], as_json: bool) -> None:
    lines = [
        (row["id"], _minute(row["created_at"]), row["state"], row["failure"] or "", row["pages"], _counted(row))
        for row in rows
    ]
    show({"items": rows}, as_json, table(("run", "asked", "state", "failure", "pages", "records"), lines))


def _waited(exchange: Exchange, found: dict[str, Any]) -> dict[str, Any]:
    """The run when it has ended, or waits to be tried again after a failure."""
    with progress("harvest · 采集") as tell:
        while found["state"] not in ENDED and not found["attempts"]:
            time.sleep(LOOK_SECONDS)
            found = exchange.get(f"{RUNS}/{found['id']}")
            tell(found["seen"], found["total"] or found["seen"] + 1)
    return found


def _counted(row: dict[str, Any]) -> str:
    return ", ".join(f"{row[name]} {name}" for name in COUNTS)


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")


def _schedule(row: dict[str, Any]) -> str:
    if not row["enabled"]:
        return "off"
    return f"every {row['every_hours']} h" if row["every_hours"] else "by hand"
