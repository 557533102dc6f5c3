"""`hutong dataset list|show|review`: what is registered, and whose turn it is."""

from typing import Annotated, Any

import typer

from exchange.cli.acting import DEFAULT_URL, As, Perhaps, Url, acting
from exchange.cli.dataset.register import API
from exchange.cli.dataset.steps import Id, told
from exchange.cli.output import Json, show, table

Text = str | None


def list_(
    who: As,
    department: Annotated[Text, typer.Option(help="Of this department · 部门")] = None,
    state: Annotated[Text, typer.Option(help="draft, registered, published, withdrawn · 状态")] = None,
    category: Annotated[Text, typer.Option(help="Below this code of the classification · 分类")] = None,
    sort: Annotated[str, typer.Option(help="id, changed_at or -changed_at · 排序")] = "id",
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """List the datasets that you may see · 列出数据资源."""
    asked = {"department": department, "state": state, "category": category, "sort": sort, "limit": "200"}
    with acting(url, who) as exchange:
        rows = list(exchange.pages(API, {name: value for name, value in asked.items() if value}))
    lines = [(row["id"], _name(row), row["state"], row["resource_code"] or "", _turn(row)) for row in rows]
    columns = ("dataset", "title · 名称", "state · 状态", "code · 代码", "turn · 待办")
    show({"items": rows}, as_json, table(columns, lines))


def show_(id: Id, who: Perhaps = None, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show a dataset with its versions and whose turn it is · 查看数据资源."""
    with acting(url, who) as exchange:
        row = exchange.get(f"{API}/{id}")
        versions = list(exchange.pages(f"{API}/{id}/versions"))
    told_of = ("id", "state", "version", "revision", "resource_code", "category", "standard", "standard_version")
    lines = [(name, row[name]) for name in told_of if row.get(name) is not None]
    lines[1:1] = [("title", _name(row))]
    if row.get("withdraws_at"):
        reason = " · ".join((row["withdrawal_reason"] or {}).values())
        lines.append(("will be withdrawn · 将撤回", f"{row['withdraws_at']}: {reason}"))
    lines += [line for each in versions for line in _lines(each)]
    if row.get("turn"):
        lines.append(("turn", told(row["turn"])))
    show({**row, "versions": versions}, as_json, table(("", ""), lines))


def review(
    who: As,
    turn: Annotated[Text, typer.Option(help="operator or steward · 轮到谁")] = None,
    department: Annotated[Text, typer.Option(help="Of this department · 部门")] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """List what is proposed and whose turn it is · 列出待审与待办."""
    asked = {name: value for name, value in (("turn", turn), ("department", department)) if value}
    with acting(url, who) as exchange:
        rows = list(exchange.pages("/api/v1/reviews", asked))
    lines = [(row["dataset"], row["number"], row["stage"], row["since"][:19], _turn(row)) for row in rows]
    columns = ("dataset", "version · 版本", "stage · 阶段", "since · 自", "turn · 待办")
    show({"items": rows}, as_json, table(columns, lines))


def _name(row: dict[str, Any]) -> str:
    return " · ".join(row["title"].values())


def _lines(version: dict[str, Any]) -> list[tuple[str, str]]:
    """Where a version stands, and each reason that was given against it."""
    lines = [(f"version {version['number']}", f"{version['stage']} since {version['since'][:19]}")]
    reasons = [said for said in version.get("reviews", ()) if said["reason"]]
    return lines + [("", f"{said['verdict']}: {' · '.join(said['reason'].values())}") for said in reasons]


def _turn(row: dict[str, Any]) -> str:
    turn = row.get("turn")
    return f"{turn['who']}: {turn['act']['en']}" if turn else ""
