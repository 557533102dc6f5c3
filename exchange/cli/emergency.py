"""`hutong emergency`: break-glass, declared in writing, told at once, reviewed afterwards."""

from pathlib import Path
from typing import Annotated, Any

import typer

from exchange.cli.acting import DEFAULT_URL, As, Url, acting
from exchange.cli.output import Json, show, table
from policies.emergencies.models import Verdict

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
app.callback(help="Emergencies and their reviews · 紧急调用及核查")(lambda: None)

EMERGENCIES = "/api/v1/emergencies"

Id = Annotated[str, typer.Argument(metavar="EMERGENCY", help="Id, emg-… · 编号")]


@app.command()
def declare(
    agreement: Annotated[str, typer.Argument(help="Agreement with emergency terms · 协议编号")],
    reason: Annotated[str, typer.Option(help="In writing, no data about persons · 书面理由")],
    key: As,
    hours: Annotated[int, typer.Option(min=1, max=168, help="How long it holds · 有效小时数")] = 1,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Declare an emergency; calls then name its id · 声明紧急调用."""
    with acting(url, key) as exchange:
        made = exchange.post(EMERGENCIES, {"agreement": agreement, "reason": reason, "hours": hours})
    show(made, as_json, f"{made['id']} holds until {made['until']}; send it in the header Hutong-Emergency")


@app.command("list")
def list_(
    key: As,
    department: Annotated[str | None, typer.Option(help="Who declared or reviews them · 部门")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Whose review is overdue · 逾期未核查")] = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """List emergencies · 列出紧急调用."""
    asked: dict[str, Any] = {"overdue": overdue, **({"department": department} if department else {})}
    with acting(url, key) as exchange:
        rows = list(exchange.pages(EMERGENCIES, asked))
    lines = [
        (row["id"], row["agreement_id"], row["until"], row["verdict"] or f"due {row['deadline']['due_on']}")
        for row in rows
    ]
    show({"items": rows}, as_json, table(("emergency", "agreement", "until", "review"), lines))


@app.command()
def end(emergency: Id, key: As, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """End an emergency before its time · 提前终止."""
    _step(emergency, "end", {}, key, url, as_json)


@app.command()
def review(
    emergency: Id,
    verdict: Annotated[Verdict, typer.Argument(help="confirmed or objected · 结论")],
    reason: Annotated[str, typer.Option(help="In writing · 书面理由")],
    key: As,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Say whether it was an emergency · 核查."""
    _step(emergency, "review", {"verdict": verdict, "reason": reason}, key, url, as_json)


def _step(id: str, step: str, body: dict[str, Any], key: Path, url: str, as_json: bool) -> None:
    with acting(url, key) as exchange:
        done = exchange.post(f"{EMERGENCIES}/{id}/{step}", body)
    show(done, as_json, f"{id}: {done['verdict'] or 'not reviewed yet'}; held until {done['until']}")
