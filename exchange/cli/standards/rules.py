"""`hutong standards rules`: the rules that interface specifications obey, also as a ruleset for Spectral."""

from typing import Annotated

import typer

from exchange.cli.output import Json, show, table
from standards import lint, overrides
from standards.lint import spectral

Spectral = Annotated[bool, typer.Option("--spectral", help="As a Spectral ruleset, YAML · 输出 Spectral 规则集")]


def command(as_spectral: Spectral = False, as_json: Json = False) -> None:
    """List the rules of publication: why, how to mend, what they match · 列出接口规范的发布规则."""
    if as_spectral:
        show(spectral.ruleset(), as_json, spectral.text().rstrip("\n"))
        return
    rules = [*(rule.as_dict() for rule in lint.RULES), overrides.BREAKING]
    rows = [
        (
            each["id"],
            each["severity"] + (" *" if each["overridable"] else ""),
            f"{each['why']['en']} · {each['why']['zh']}",
            " ".join((*each["matches"]["nl"], *each["matches"]["it"])),
        )
        for each in rules
    ]
    columns = ("rule", "severity (* can be overridden · 可豁免)", "why · 理由", "matches NL, IT · 对应规则")
    show({"items": rules, "next": None}, as_json, table(columns, rows))
