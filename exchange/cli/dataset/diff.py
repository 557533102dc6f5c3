"""`hutong dataset diff`: what a version changes, or what a file would change."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from exchange.cli.acting import DEFAULT_URL, As, Url, acting
from exchange.cli.dataset.files import read
from exchange.cli.dataset.register import API
from exchange.cli.output import NEGATIVE, CommandFailed, Json, show, table
from exchange.cli.written import Unreadable

Number = Annotated[int | None, typer.Argument(min=1, help="Version · 版本号")]


def command(
    what: Annotated[str, typer.Argument(metavar="ID|FILE", help="department/dataset, or a file · 编号或文件")],
    who: As,
    older: Number = None,
    newer: Number = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Compare versions, or a file with the exchange; exit 1 when they differ · 比较版本，或比较文件与平台."""
    with acting(url, who) as exchange:
        if Path(what).suffix.lower() in (".yaml", ".yml", ".json"):
            compared = [_of_file(exchange, draft) for draft in _drafts(Path(what))]
        else:
            compared = [_of_versions(exchange, what, older, newer)]
    lines = [(one["dataset"], *_line(change)) for one in compared for change in one["changes"]]
    show({"compared": compared}, as_json, table(("dataset", "place · 位置", "old · 原值", "new · 新值"), lines))
    if lines:
        raise typer.Exit(NEGATIVE)


def _drafts(path: Path) -> Sequence[Any]:
    """Raises CommandFailed."""
    try:
        drafts = [draft.shaped() for draft in read(path)]
    except Unreadable as unreadable:
        raise CommandFailed(str(unreadable)) from None
    if wrong := [str(one) for _, found in drafts for one in found]:
        raise CommandFailed("; ".join(wrong))
    return [shape for shape, _ in drafts]


def _of_file(exchange: Any, shape: Any) -> dict[str, Any]:
    answer = exchange.post(f"{API}/check", shape.model_dump(mode="json"))
    changes = answer["changes"] if answer["revision"] else [{"pointer": "", "new": "not registered yet · 尚未登记"}]
    return {"dataset": f"{shape.department}/{shape.slug}", "changes": changes}


def _of_versions(exchange: Any, id: str, older: int | None, newer: int | None) -> dict[str, Any]:
    """Without numbers: what is proposed against what is in force."""
    if newer is None:
        row = exchange.get(f"{API}/{id}")
        pending = row.get("pending")
        if older is None and pending is None:
            return {"dataset": id, "changes": []}
        newer = pending["number"] if pending else row["version"]
    asked = {} if older is None else {"with": str(older)}
    found: dict[str, Any] = exchange.get(f"{API}/{id}/versions/{newer}/diff", asked)
    return found


def _line(change: dict[str, Any]) -> tuple[str, str, str]:
    old, new = (json.dumps(change[side], ensure_ascii=False) if side in change else "" for side in ("old", "new"))
    return change["pointer"], old, new
