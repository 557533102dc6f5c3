"""`hutong agreement list|show|diff`: what there is, what was signed, what differs."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from exchange.cli.acting import DEFAULT_URL, As, Url, acting
from exchange.cli.agreement.steps import API, Id, told
from exchange.cli.output import NEGATIVE, CommandFailed, Json, note, show, table

Text = str | None
Number = Annotated[int | None, typer.Argument(min=1, help="Version · 版本号")]


def list_(
    who: As,
    provider: Annotated[Text, typer.Option(help="Department that provides · 提供部门")] = None,
    consumer: Annotated[Text, typer.Option(help="Department that uses · 使用部门")] = None,
    state: Annotated[Text, typer.Option(help="draft, active, suspended, … · 状态")] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """List agreements; stewards name their own department as provider or consumer · 列出协议."""
    named = {"provider": provider, "consumer": consumer, "state": state}
    with acting(url, who) as exchange:
        rows = list(exchange.pages(API, {name: value for name, value in named.items() if value}))
    lines = [
        (row["id"], row["state"], row["version"], row["application_id"], row["service_id"], row["valid_until"][:10])
        for row in rows
    ]
    show({"items": rows}, as_json, table(("agreement", "state", "version", "application", "service", "until"), lines))


def show_(
    id: Id,
    who: As,
    signed: Annotated[
        Path | None, typer.Option("--signed", help="Write the signed document there · 保存签署文本")
    ] = None,
    version: Annotated[int | None, typer.Option(min=1, help="Of this version · 版本号")] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Show an agreement with its versions, and keep what both sides signed · 查看协议."""
    with acting(url, who) as exchange:
        row = exchange.get(f"{API}/{id}")
        versions = list(exchange.pages(f"{API}/{id}/versions"))
        if signed is not None:
            asked = {"version": version or row["version"]}
            _write(signed, exchange.get(f"{API}/{id}/signed", asked))
    lines = [
        (one["number"], one["state"], one["drafted_at"][:16], " ".join(sign["side"] for sign in one["signatures"]))
        for one in versions
    ]
    if not as_json:
        note(told(row))
    show({**row, "versions": versions}, as_json, table(("version", "state", "drafted", "signed by"), lines))


def diff(
    id: Id, who: As, older: Number = None, newer: Number = None, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """Compare two versions, by default what is proposed with what is in force; exit 1 when they differ · 比较版本."""
    with acting(url, who) as exchange:
        if older is None or newer is None:
            row = exchange.get(f"{API}/{id}")
            older = older or row["version"]
            newer = newer or (row["proposed"] or row)["number" if row["proposed"] else "version"]
        found = exchange.get(f"{API}/{id}/diff", {"from": older, "to": newer})
    lines = [(one["pointer"], _short(one, "old"), _short(one, "new")) for one in found["changes"]]
    show(found, as_json, table(("place · 位置", f"version {older}", f"version {newer}"), lines))
    if lines:
        raise typer.Exit(NEGATIVE)


def _short(change: dict[str, Any], side: str) -> str:
    return json.dumps(change[side], ensure_ascii=False)[:200] if side in change else "—"


def _write(path: Path, document: Any) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=False, indent=1)
    except FileExistsError:
        raise CommandFailed(f"{path} is there already: a signed agreement is never overwritten.") from None
