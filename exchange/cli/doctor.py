"""`hutong doctor`: is this installation in order, and what to do where it is not."""

import typer
from rich.text import Text

from exchange.cli.checks import CHECKS, FAIL, OK, WARN, Finding, Subject, examine
from exchange.cli.local import Data, settings_as_far_as_known
from exchange.cli.output import NEGATIVE, CommandFailed, Json, show, table

COLOURS = {OK: "green", WARN: "yellow", FAIL: "red"}


def command(data: Data = None, as_json: Json = False) -> None:
    """Check this installation and say what to do; exit 1 when something fails · 检查本机安装."""
    try:
        subject = Subject(settings_as_far_as_known(data=data))
    except CommandFailed as error:
        findings = [Finding("settings", FAIL, str(error), "correct the variables that are named")]
    else:
        findings = [examine(name, check, subject) for name, check in CHECKS.items()]
    failed = any(one.state == FAIL for one in findings)
    rows = [(Text(one.state, COLOURS[one.state]), one.check, one.found, one.advice) for one in findings]
    document = {"ok": not failed, "checks": [one._asdict() for one in findings]}
    show(document, as_json, table(("state", "check", "found", "what to do"), rows))
    if failed:
        raise typer.Exit(NEGATIVE)
