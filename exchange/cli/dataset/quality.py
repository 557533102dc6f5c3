"""`hutong dataset quality`: the three numbers of a dataset, each with what to mend."""

from pathlib import Path
from typing import Annotated, Any

import typer

from exchange.cli.acting import DEFAULT_URL, As, Perhaps, Url, acting
from exchange.cli.output import Json, show, table


def command(
    dataset: Annotated[str, typer.Argument(help="<department>/<dataset> · 数据资源")],
    key: Perhaps = None,
    days: Annotated[int, typer.Option(min=1, max=90, help="Days of live traffic looked at · 统计天数")] = 7,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Show metadata completeness, observed conformance and service level · 查看元数据完整度、实测符合率与服务水平."""
    with acting(url, key) as exchange:
        found = exchange.get(f"/api/v1/datasets/{dataset}/quality", {"days": days})
    if as_json:
        show(found, True)
        return
    show(found, False, table(("number", "value", "of"), _numbers(found)))
    show(found, False, "")
    show(found, False, table(("where", "what to do"), _points(found)))


def floor(
    dataset: Annotated[str, typer.Argument(help="<department>/<dataset> · 数据资源")],
    key: As,
    share: Annotated[float | None, typer.Option(help="Such as 0.95 · 符合率下限")] = None,
    replies: Annotated[int, typer.Option(help="Smallest sample to judge by · 最小样本")] = 20,
    drop: Annotated[bool, typer.Option("--drop", help="No automatic suspension any more · 取消")] = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Show, set or drop the share of conforming replies below which calls are suspended · 自动暂停的符合率下限."""
    path = f"/api/v1/datasets/{dataset}/quality"
    with acting(url, Path(key)) as exchange:
        found = exchange.get(path)["floor"]
        revision = found["revision"] if found else 0
        if drop:
            exchange.delete(f"{path}/floor", revision)
            found = None
        elif share is not None:
            found = exchange.put(f"{path}/floor", {"share": share, "replies": replies}, revision)
    text = "no floor · 未设下限" if found is None else f"{found['share']:.1%} of at least {found['replies']} replies"
    show({"floor": found}, as_json, text)


def _numbers(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    conformance, service = found["conformance"], found["service_level"]
    interval = f"{_percent(conformance['lower'])} to {_percent(conformance['upper'])}"
    bounds = f"{conformance['replies']} replies, 95 %: {interval}"
    speed = f"p50 {_ms(service['p50_ms'])}, p95 {_ms(service['p95_ms'])}, fresh: {_fresh(service)}"
    rows = [
        ("metadata completeness · 元数据完整度", _percent(found["completeness"]["score"]), ""),
        ("observed conformance · 实测符合率", _percent(conformance["share"]), bounds),
        ("availability · 可用率", _percent(service["availability"]), f"{service['calls']} calls, {speed}"),
    ]
    if found["suspended"]:
        rows.append(("suspended · 已暂停", " · ".join(found["suspended"].values()), ""))
    return rows


def _points(found: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [(point["pointer"], _both(point["fix"])) for point in found["completeness"]["points"]]
    rows += [
        (f"{point['pointer'] or '/'} {point['rule']} × {point['times']}", _both(point["fix"]))
        for point in found["conformance"]["points"]
    ]
    rows += [("", _both(point["fix"])) for point in found["service_level"]["points"]]
    return rows or [("", "nothing to mend · 无须改进")]


def _both(fix: dict[str, str]) -> str:
    return " · ".join(reversed(list(fix.values())))


def _percent(value: float | None) -> str:
    return "unknown · 未知" if value is None else f"{100 * value:.1f} %"


def _ms(value: float | None) -> str:
    return "unknown" if value is None else f"≤ {value:g} ms"


def _fresh(service: dict[str, Any]) -> str:
    return {True: "yes", False: "no", None: "unknown"}[service["fresh"]]
