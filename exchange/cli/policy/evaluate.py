"""`hutong policy evaluate`: which rules of an ODRL policy are active for a request, and what follows. From files."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from catalog.imports import Unreadable
from exchange.cli.output import NEGATIVE, CommandFailed, Json, note, show, table
from exchange.cli.policy import files
from policies.odrl import asking, evaluating, structure, values, vocabulary
from policies.odrl.constraints import WHY, Judged, state_of
from policies.odrl.evaluating import DutyReport, Report, RuleReport

_LONGEST_CELL = 120
_STATES = {
    "active": "active 生效",
    "inactive": "inactive 未生效",
    "undetermined": "undetermined 无法确定",
    "satisfied": "satisfied 满足",
    "not-satisfied": "not satisfied 不满足",
    "fulfilled": "fulfilled 已履行",
    "violated": "violated 已违反",
    "pending": "pending 待履行",
    "not-due": "not due 未到期",
}
_DECISIONS = {"permit": "PERMIT · 允许", "deny": "DENY · 拒绝", "undetermined": "UNDETERMINED · 无法确定"}
_KINDS = {"permission": "permission 许可", "prohibition": "prohibition 禁止", "obligation": "obligation 义务"}

PolicyFile = Annotated[Path, typer.Argument(metavar="POLICY", help="ODRL 2.2, Turtle or JSON-LD · 策略文件")]
RequestFile = Annotated[
    Path, typer.Argument(metavar="REQUEST", help="odrl:Request, or JSON with action, target, assignee · 请求文件")
]
At = Annotated[str | None, typer.Option("--at", help="The moment, with its zone; else the request's, else now · 时刻")]


def command(policy: PolicyFile, request: RequestFile, at: At = None, as_json: Json = False) -> None:
    """What a policy says of a request, rule by rule · 逐条评估策略与请求.

    Exit 0 permit, 1 deny or undetermined, 2 unreadable.
    """
    try:
        graph = files.graph(policy)
        policies = structure.policies(graph)
    except Unreadable as error:
        raise files.unreadable(policy, error) from None
    try:
        ask = asking.beside(files.request(request), graph)
    except Unreadable as error:
        raise files.unreadable(request, error) from None
    report = evaluating.evaluate(policies, ask, _moment(at) or ask.at or datetime.now(UTC))
    show(report.as_dict(), as_json, table(("what · 内容", "state · 状态", "why · 原因"), list(_rows(report))))
    note(_conclusion(report))
    if report.decision != evaluating.PERMIT:
        raise typer.Exit(NEGATIVE)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    at = values.moment(text)
    if at is None:
        raise CommandFailed("--at: one moment, as 2026-11-22T09:00:00+08:00")
    return at


def _conclusion(report: Report) -> str:
    reason = evaluating.REASONS[report.reason]
    lines = [f"{_DECISIONS[report.decision]}: {reason['en']} · {reason['zh']}"]
    lines += [f"  still to be done · 待履行: {duty}" for duty in report.outstanding]
    lines += [f"  not understood · 未能读懂: {finding.pointer}: {finding.expected}" for finding in report.findings]
    return "\n".join(lines)


def _rows(report: Report) -> Iterator[tuple[str, str, str]]:
    for rule in report.rules:
        yield f"{_KINDS[rule.kind]} {_cut(rule.id)}", _STATES[rule.state], _premises(rule)
        for judged in rule.constraints:
            yield from _constraint(judged, "  ")
        for duty in rule.duties:
            yield from _duty(duty)


def _premises(rule: RuleReport) -> str:
    failed = [f"{name}: {_STATES[state_of(found)]}" for name, found in rule.premises.items() if not found]
    return "; ".join(failed)


def _constraint(judged: Judged, indent: str) -> Iterator[tuple[str, str, str]]:
    one, why = judged.constraint, WHY[judged.why]
    given = ", ".join(value.text for value in judged.given)
    told = f"{why['en']} · {why['zh']}" + (f" ({_cut(given)})" if given else "")
    if one.logical:
        yield f"{indent}{one.logical}", _STATES[state_of(judged.satisfied)], told
        for part in judged.parts:
            yield from _constraint(part, indent + "  ")
        return
    right = ", ".join(value.text for value in one.right) or one.referred or ""
    what = f"{indent}{vocabulary.shown(one.left)} {vocabulary.shown(one.operator)} {_cut(right)}"
    yield what, _STATES[state_of(judged.satisfied)], told


def _duty(duty: DutyReport) -> Iterator[tuple[str, str, str]]:
    actions = ", ".join(vocabulary.shown(action) for action in duty.actions)
    yield f"  duty 义务 {_cut(duty.id)} {actions}", _STATES[duty.state], ""
    for judged in duty.constraints:
        yield from _constraint(judged, "    ")


def _cut(text: Any) -> str:
    """A text of a document as one short line, without what a terminal would obey."""
    line = "".join(character if character.isprintable() else "�" for character in str(text))
    return line if len(line) <= _LONGEST_CELL else line[: _LONGEST_CELL - 1] + "…"
