"""How every command answers: one JSON document or text for a reader on stdout, progress and notes on stderr.

Exit codes: 0 done or in order · 1 a negative verdict (tampered, differs, refused) · 2 misused, unreadable, unreachable.
What fails is one line on stderr; with `--json` it is one RFC 9457 problem document on stdout.

    Exception
    └── CommandFailed    carries the exit code and the problem
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer

NEGATIVE = 1
UNUSABLE = 2

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout · 输出一个 JSON 文档")]
"""The option that every command has."""

Progress = Callable[[int, int], None]


class CommandFailed(Exception):
    """Ends the command; `problem` is its problem document, made from the message when none is given."""

    def __init__(self, detail: str, *, code: int = UNUSABLE, problem: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.problem = dict(problem or {"type": "about:blank", "title": "The command failed", "detail": detail})


def refused(problem: Mapping[str, Any]) -> CommandFailed:
    """The exchange said no, with this problem document: a negative verdict."""
    title, detail = str(problem.get("title", "refused")), str(problem.get("detail") or "")
    return CommandFailed(f"{title}: {detail}" if detail else title, code=NEGATIVE, problem=problem)


def show(document: Any, as_json: bool, text: object = "") -> None:
    """Answer: the document with `--json`, otherwise `text`, a string (as it is) or anything that Rich renders."""
    if as_json:
        typer.echo(json.dumps(document, ensure_ascii=False, indent=1))
    elif isinstance(text, str):
        typer.echo(text)
    else:
        _print(text)


def show_failure(failure: CommandFailed, as_json: bool) -> None:
    """The problem on stdout with `--json`; otherwise one line on stderr, and one for each finding."""
    if as_json:
        show(failure.problem, True)
        return
    typer.echo(f"hutong: {' '.join(str(failure).split())}", err=True)
    for finding in failure.problem.get("errors") or ():
        where = finding.get("pointer") or finding.get("rule") or "/"
        typer.echo(f"  {where}: {finding.get('expected') or ''}", err=True)
    for failed in failure.problem.get("failed_checks") or ():
        typer.echo(f"  {failed.get('check')}: {' · '.join(failed.get('satisfy', {}).values())}", err=True)


def note(text: str) -> None:
    """Something to know beside the answer, on stderr."""
    typer.echo(text, err=True)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Any:
    """Rows as a Rich table; nothing in a cell is taken for markup."""
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        made.add_column(name, overflow="fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    return made


@contextmanager
def progress(label: str) -> Iterator[Progress]:
    """A bar on stderr where that is a terminal; gives `(done, of all)` to report with."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    console = Console(file=sys.stderr)
    with Bar(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print(renderable: object) -> None:
    from rich.console import Console

    console = Console(file=sys.stdout)
    if not console.is_terminal:
        console = Console(file=sys.stdout, width=200)  # a pipe has no width to fold at
    console.print(renderable)
