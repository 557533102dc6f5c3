"""`hutong standards list`, `show`, `users`: what is there, and who uses it."""

import json
from typing import Annotated

import typer

from exchange.cli.acting import DEFAULT_URL, As, Url, acting
from exchange.cli.output import Json, show, table
from exchange.cli.standards.kinds import COLUMNS, Slug, Version, What, Which, line

State = Annotated[
    list[str] | None, typer.Option(help="draft, review, published, deprecated, retired; repeatable · 状态")
]
Words = Annotated[str | None, typer.Option("--query", "-q", help="Words of slug or name · 关键词")]


def list_(
    key: As,
    kind: Which = What.STANDARDS,
    state: State = None,
    words: Words = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """List what is in force, or in other states · 列出标准."""
    asked = {"state": state or None, "q": words, "sort": "slug"}
    with acting(url, key) as exchange:
        rows = list(exchange.pages(kind.path, {name: value for name, value in asked.items() if value}))
    show({"items": rows}, as_json, table(COLUMNS, [line(row) for row in rows]))


def show_(
    key: As,
    slug: Slug,
    version: Annotated[str | None, typer.Argument(help="The newest when left out · 版本，默认最新")] = None,
    kind: Which = What.STANDARDS,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Show one version with its content · 显示一个版本."""
    with acting(url, key) as exchange:
        row = exchange.get(f"{kind.path}/{slug}", {"version": version} if version else None)
    show(row, as_json, json.dumps(row, ensure_ascii=False, indent=1))


def users(
    key: As, slug: Slug, version: Version, kind: Which = What.STANDARDS, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """Who uses this version, down to the agreements · 查看谁在使用."""
    path = f"{kind.path}/{slug}/{version}/users"
    with acting(url, key) as exchange:
        first = exchange.get(path, {"limit": 200})
        rows = [*first["items"]]
        cursor = first["next"]
        while cursor is not None:
            page = exchange.get(path, {"limit": 200, "cursor": cursor})
            rows, cursor = rows + page["items"], page["next"]
    lines = [(row["kind"], row["id"], row["state"], row["department"] or "") for row in rows]
    columns = ("kind · 类别", "id · 编号", "state · 状态", "department · 部门")
    show({"counts": first["counts"], "total": first["total"], "items": rows}, as_json, table(columns, lines))
