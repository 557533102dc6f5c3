"""`hutong guard`: deny-only rules of the platform; two operators put one in force."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from exchange.cli import written
from exchange.cli.acting import DEFAULT_URL, As, Url, acting
from exchange.cli.output import CommandFailed, Json, show, table
from policies.guards.models import GuardState

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
app.callback(help="Deny-only rules of the platform · 平台规则")(lambda: None)

GUARDS = "/api/v1/guards"
MOST_BYTES = 256 * 1024

Slug = Annotated[str, typer.Argument(metavar="GUARD", help="Name of the guard · 规则名称")]


@app.command()
def propose(
    file: Annotated[Path, typer.Argument(help="Guard as YAML or JSON · 规则文件")],
    key: As,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Propose a guard; another operator approves it · 提出规则，由另一位运营员批准."""
    with acting(url, key) as exchange:
        made = exchange.post(GUARDS, _document(file))
    show(made, as_json, f"{made['slug']} is proposed; another operator now runs: hutong guard approve {made['slug']}")


@app.command("list")
def list_(
    key: As,
    state: Annotated[GuardState | None, typer.Option(help="In this state · 状态")] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """List the guards · 列出规则."""
    with acting(url, key) as exchange:
        rows = list(exchange.pages(GUARDS, {"state": state} if state else {}))
    lines = [(row["slug"], row["state"], " · ".join(row["title"].values())) for row in rows]
    show({"items": rows}, as_json, table(("guard", "state", "title"), lines))


@app.command("show")
def show_(slug: Slug, key: As, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show a guard and what it denies · 查看规则."""
    with acting(url, key) as exchange:
        found = exchange.get(f"{GUARDS}/{slug}")
    told = "\n".join((f"{slug} {found['state']}", *found["reason"].values(), json.dumps(found["deny_when"], indent=1)))
    show(found, as_json, told)


@app.command()
def approve(slug: Slug, key: As, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Put a proposed guard in force, or end one that is to end · 批准生效或终止."""
    _step(slug, "approve", key, url, as_json)


@app.command()
def end(
    slug: Slug,
    reason: Annotated[str, typer.Option(help="Why it denies no more · 终止理由")],
    key: As,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Ask for the end of a guard; another operator approves it · 申请终止规则."""
    _step(slug, "end", key, url, as_json, {"reason": reason})


@app.command()
def discard(slug: Slug, key: As, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Give up what waits for approval · 放弃待批准的提议."""
    _step(slug, "discard", key, url, as_json)


def _step(slug: str, step: str, key: Path, url: str, as_json: bool, body: dict[str, Any] | None = None) -> None:
    with acting(url, key) as exchange:
        done = exchange.post(f"{GUARDS}/{slug}/{step}", body or {})
    show(done, as_json, f"{slug} is {done['state']}")


def _document(file: Path) -> Any:
    """The one document of the file. Raises CommandFailed, Unreadable, OSError."""
    documents = list(written.read(file, most_bytes=MOST_BYTES))
    if len(documents) != 1:
        raise CommandFailed(f"{file} holds {len(documents)} documents: write one guard into it")
    return documents[0].document
