"""`hutong request list|show|report`: what is asked for, whose turn it is, and what became of a year's requests."""

from typing import Annotated, Any

import typer

from exchange.cli.acting import DEFAULT_URL, As, Url, acting
from exchange.cli.output import Json, show, table
from exchange.cli.request.steps import API, Id, turn_of

Text = str | None


def list_(
    who: As,
    state: Annotated[Text, typer.Option(help="draft, submitted, returned, granted, … · 状态")] = None,
    turn: Annotated[Text, typer.Option(help="consumer, provider or both · 轮到谁")] = None,
    provider: Annotated[Text, typer.Option(help="Department that is asked · 提供部门")] = None,
    consumer: Annotated[Text, typer.Option(help="Department that asks · 使用部门")] = None,
    service: Annotated[Text, typer.Option(help="department/service · 数据服务")] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """List the requests that you may see · 列出申请与待办."""
    asked = {"state": state, "turn": turn, "provider": provider, "consumer": consumer, "service": service}
    with acting(url, who) as exchange:
        rows = list(exchange.pages(API, {name: value for name, value in asked.items() if value}))
    lines = [(row["id"], row["application_id"], row["service_id"], row["state"], _until(row)) for row in rows]
    columns = ("request", "application · 应用", "service · 服务", "state · 状态", "turn · 待办")
    show({"items": rows}, as_json, table(columns, lines))


def show_(id: Id, who: As, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show a request with its deadlines and whose turn it is · 查看申请."""
    with acting(url, who) as exchange:
        row = exchange.get(f"{API}/{id}")
    told_of = ("id", "application_id", "service_id", "state", "sharing_class", "revision", "agreement_id", "offer_id")
    lines = [(name, row[name]) for name in told_of if row.get(name) is not None]
    lines += [(name, _said(value)) for name, value in row["asked"].items() if value not in (None, [], {})]
    lines += [
        (f"missing {part['pointer']}", _said(part["need"])) for part in (row["returned"] or {}).get("missing", ())
    ]
    if (row["answer"] or {}).get("reasons"):
        lines.append(("reasons", _said(row["answer"]["reasons"])))
    lines += [(each["clock"], _deadline(each)) for each in row["deadlines"]]
    if line := turn_of(row):
        lines.append(("turn", line))
    show(row, as_json, table(("", ""), lines))


def report(
    who: As,
    year: Annotated[int, typer.Option(help="Year of submission · 年份")],
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """A year's requests: granted, in part, refused with reasons, in time · 年度统计."""
    with acting(url, who) as exchange:
        found = exchange.get("/api/v1/reports/requests", {"year": str(year)})
    names = ("department", "requests", "granted", "granted_in_part", "refused", "withdrawn", "open", "in_time", "late")
    lines = [[*(row[name] for name in names), _share(row["on_time_share"])] for row in found["items"]]
    show(found, as_json, table((*names, "on time · 按时率"), lines))


def _until(row: dict[str, Any]) -> str:
    turn = row["turn"]
    return f"{', '.join(turn['departments'])} {turn['due_on'] or ''}".strip() if turn else ""


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return " · ".join(map(str, value.values())) if isinstance(value, dict) else str(value)


def _deadline(row: dict[str, Any]) -> str:
    if row["met_at"]:
        return f"met {row['met_at'][:10]}, {'late' if row['late'] else 'in time'}"
    if row["stopped_at"]:
        return "stopped"
    if row["pausing"]:
        return f"pausing, {row['days_left']} working days left"
    return f"due {row['due_on']}{' (assumed)' if row['assumed'] else ''}, {row['days_left']} working days left"


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"
