"""`hutong request deadlines|overdue|extend|consent`: legal time, what is late, and the one extension."""

from typing import Annotated, Any

import typer

from exchange.cli.acting import DEFAULT_URL, As, Url, acting
from exchange.cli.output import CommandFailed, Json, show, table
from exchange.cli.request.steps import API, Id

DEADLINES = "/api/v1/deadlines"
Text = str | None


def deadlines(
    who: As,
    department: Annotated[Text, typer.Option(help="That answers for them · 责任部门")] = None,
    clock: Annotated[Text, typer.Option(help="Such as answer-conditional · 时限类型")] = None,
    every: Annotated[bool, typer.Option("--all", help="Those that were met or stopped, too · 含已办结")] = False,
    late: Annotated[bool, typer.Option("--overdue", help="Only what is overdue · 仅逾期")] = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """List deadlines · 列出时限."""
    asked = {"department": department, "clock": clock, "open": None if every else "true", "overdue": late and "true"}
    with acting(url, who) as exchange:
        rows = list(exchange.pages(DEADLINES, {name: str(value) for name, value in asked.items() if value}))
    lines = [(row["id"], row["subject_id"], row["clock"], row["department"], _due(row)) for row in rows]
    columns = ("deadline", "on · 事项", "clock · 时限", "department · 部门", "due · 到期")
    show({"items": rows}, as_json, table(columns, lines))


def overdue(who: As, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """What is overdue, by department · 逾期统计."""
    with acting(url, who) as exchange:
        found = exchange.get(f"{DEADLINES}/overdue")
    names = ("department", "open", "overdue", "oldest_due_on", "met_in_time", "met_late")
    lines = [[row[name] if row[name] is not None else "" for name in names] for row in found["items"]]
    show(found, as_json, table(names, lines))


def extend(
    id: Id,
    who: As,
    days: Annotated[int, typer.Option(min=1, help="Working days more · 延长的工作日数")],
    reason: Annotated[str, typer.Option(help="Why · 理由")],
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Ask for the one extension of the time that runs on a request · 申请延期."""
    with acting(url, who) as exchange:
        running = [
            each for each in exchange.get(f"{API}/{id}")["deadlines"] if _open(each) and each["clock"] != "check"
        ]
        if not running:
            raise CommandFailed(f"No time runs on {id}: there is nothing to extend.")
        row = exchange.post(f"{DEADLINES}/{running[-1]['id']}/extension", {"days": days, "reason": reason})
    show(row, as_json, f"{row['id']}: {days} working days more are asked for; an operator consents, or does not")


def consent(
    deadline: Annotated[str, typer.Argument(metavar="DEADLINE", help="ddl-… · 时限编号")],
    who: As,
    decline: Annotated[bool, typer.Option("--decline", help="Do not consent; needs --reason · 不同意")] = False,
    reason: Annotated[str, typer.Option(help="Why · 理由")] = "",
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Consent to an extension, or decline it; for operators · 答复延期申请."""
    with acting(url, who) as exchange:
        row = exchange.post(f"{DEADLINES}/{deadline}/extension/answer", {"granted": not decline, "reason": reason})
    show(row, as_json, f"{row['id']}: {'declined' if decline else 'extended'}, due {_due(row)}")


def _open(row: dict[str, Any]) -> bool:
    return row["met_at"] is None and row["stopped_at"] is None


def _due(row: dict[str, Any]) -> str:
    if row["pausing"]:
        return "pausing · 暂停"
    return f"{row['due_on']}{' (assumed)' if row['assumed'] else ''}{' overdue · 逾期' if row['overdue'] else ''}"
