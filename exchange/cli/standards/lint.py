"""`hutong standards lint`: what keeps an interface specification from being published. From a file, no server."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from exchange.cli import written
from exchange.cli.documents import told
from exchange.cli.output import NEGATIVE, CommandFailed, Json, note, show, table
from exchange.cli.written import Located, Unreadable, Written
from standards import dialect, lint, openapi30
from standards.lint import Rule, Severity, UnknownRule

MOST_BYTES = 4 * dialect.MAX_DOCUMENT_BYTES
MOST_FINDINGS = 500

File = Annotated[Path, typer.Argument(help="OpenAPI 3.1 or 3.0 document, YAML or JSON · 接口规范文件")]
Only = Annotated[list[str] | None, typer.Option("--rule", help="This rule only; repeatable · 只检查此规则")]
Skip = Annotated[list[str] | None, typer.Option("--skip", help="Not this rule; repeatable · 跳过此规则")]


def command(file: File, rule: Only = None, skip: Skip = None, as_json: Json = False) -> None:
    """Judge an interface specification by the rules of publication · 按发布规则检查接口规范.

    Exit 0 publishable, 1 with errors, 2 unreadable or an unknown rule.
    """
    try:
        chosen = lint.RULES.chosen(rule or (), skip or ())
    except UnknownRule as error:
        raise CommandFailed(str(error)) from None
    document = read(file)
    found = lint.lint(openapi30.translate(document.document), chosen, MOST_FINDINGS)
    located = [(document.at(each.pointer, each.rule, each.expected), lint.RULES[each.rule]) for each in found]
    located.sort(key=lambda pair: pair[0].place)
    errors = sum(1 for _, each in located if each.severity == Severity.ERROR)
    shown = [
        {**at.as_dict(), "severity": each.severity.value, "why": each.why, "fix": each.fix} for at, each in located
    ]
    answer = {"file": str(file), "publishable": not errors, "rules": len(chosen), "findings": shown}
    show(
        answer, as_json, _table(located) if located else f"{file}: nothing to mend · 符合全部规则 ({len(chosen)} rules)"
    )
    if located and not as_json:
        note(
            f"{errors} errors, {len(located) - errors} to think about · {errors} 项错误，{len(located) - errors} 项建议"
        )
    if errors:
        raise typer.Exit(NEGATIVE)


def read(file: Path) -> Written:
    """The one document of a file, an object. Raises CommandFailed with every finding."""
    with told():
        documents = list(written.read(file, most_bytes=MOST_BYTES))
        if len(documents) != 1 or not isinstance(documents[0].document, dict):
            raise Unreadable(Located(str(file), written.Place(1, 1), "", "document", "one OpenAPI document, an object"))
    return documents[0]


def _table(located: Sequence[tuple[Located, Rule]]) -> Any:
    rows = [
        (f"{at.place.line}:{at.place.column}", rule.severity.value, rule.id, at.pointer or "/", at.expected,
         f"{rule.fix['en']} · {rule.fix['zh']}")
        for at, rule in located
    ]  # fmt: skip
    return table(("line", "severity", "rule", "where · 位置", "expected", "how to mend · 如何修正"), rows)
