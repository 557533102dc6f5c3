"""`hutong client probe`: whether a live provider keeps to its interface specification, through the exchange."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from exchange.cli import probing
from exchange.cli.acting import DEFAULT_URL, As, Url, acting
from exchange.cli.output import NEGATIVE, CommandFailed, Json, note, progress, show, table
from exchange.cli.probing import NotInstalled, Probed, Verdict

_WORDS = {
    Verdict.CONFORMS: "conforms · 符合",
    Verdict.DEVIATES: "deviates · 不符合",
    Verdict.UNJUDGED: "not judged · 未能判断",
    Verdict.LEFT_OUT: "left out · 未调用",
}


def command(
    service: Annotated[str, typer.Argument(metavar="DEPARTMENT/SERVICE", help="The service · 服务")],
    who: As,
    purpose: Annotated[str, typer.Option(help="Code of the published purposes · 使用目的代码")],
    basis: Annotated[str | None, typer.Option(help="Legal basis · 法律依据")] = None,
    case: Annotated[str | None, typer.Option(help="Case number · 办件编号")] = None,
    actor: Annotated[str | None, typer.Option(help="Staff account responsible · 经办人账号")] = None,
    examples: Annotated[
        int, typer.Option(min=1, max=50, help="Calls of each operation at most · 每个操作至多调用次数")
    ] = 3,
    operation: Annotated[
        list[str] | None,
        typer.Option(help="This operation only; repeatable; needed for PUT, PATCH, DELETE · 只测此操作"),
    ] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Call each operation with data made after its specification, and judge the provider · 按接口规范试测数源.

    Each example is a call, recorded in the ledger and counted against the quota. Exit 0 all conform, 1 not, 2 unusable.
    """
    department, slash, name = service.partition("/")
    if not slash:
        raise CommandFailed("A service reads DEPARTMENT/SERVICE.")
    try:
        probing.require_tools()
    except NotInstalled as error:
        raise CommandFailed(str(error)) from None
    with acting(url, who) as exchange:
        document = exchange.get(f"/x/{department}/{name}/openapi.json")
        _require_known(operation or (), probing.operations(document))
        note(f"at most {examples} calls of each operation, each recorded and counted · 每次调用均记入账本并计入配额")

        def send(method: str, path: str, query: Any, body: Any) -> Any:
            return exchange.call(
                department, name, method, path, json=body, params=query, purpose=purpose, basis=basis, case=case,
                actor=actor,
            )  # fmt: skip

        with progress(service) as report:
            found = probing.probe(document, send, examples=examples, only=operation or (), report=report)
    _answer(service, found, as_json)


def _require_known(wanted: Sequence[str], known: Sequence[str]) -> None:
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise CommandFailed(f"No such operation: {', '.join(unknown)}; there are {', '.join(known)}.")


def _answer(service: str, found: Sequence[Probed], as_json: bool) -> None:
    judged = [one.verdict for one in found if one.verdict is not Verdict.LEFT_OUT]
    conforms = bool(judged) and set(judged) == {Verdict.CONFORMS}
    calls = sum(one.calls for one in found)
    document = {
        "service": service, "conforms": conforms, "calls": calls, "operations": [one.as_dict() for one in found],
    }  # fmt: skip
    show(
        document, as_json, table(("operation · 操作", "verdict · 结论", "status × calls", "where · 位置"), _rows(found))
    )
    note(f"{calls} calls were made · 共调用 {calls} 次")
    if not conforms:
        raise typer.Exit(NEGATIVE)


def _rows(found: Sequence[Probed]) -> list[tuple[str, str, str, str]]:
    rows = []
    for one in found:
        statuses = ", ".join(f"{status} × {count}" for status, count in sorted(one.statuses.items()))
        points = [
            f"{p.status or ''} {p.problem} {p.pointer} {p.rule}: {p.expected}" for p in one.points or one.hindered
        ]
        told = [" ".join(point.split()) for point in points] or [""]
        if one.verdict is Verdict.CONFORMS and not any(200 <= status < 300 for status in one.statuses):
            told = ["no record was seen: give the interface an example that finds one · 未见到记录"]
        rows.append((f"{one.method} {one.operation}", _WORDS[one.verdict], statuses, told[0]))
        rows += [("", "", "", point) for point in told[1:]]
    return rows
