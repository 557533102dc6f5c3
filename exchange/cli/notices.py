"""`hutong notices`: what the exchange tells the holder of a key; reading marks nothing unless asked."""

from pathlib import Path
from typing import Annotated

import typer

from exchange.cli.acting import DEFAULT_URL, As, Url, acting
from exchange.cli.output import CommandFailed, Json, show, table

app = typer.Typer(no_args_is_help=False, pretty_exceptions_enable=False, rich_markup_mode=None)
NOTICES = "/api/v1/me/notices"


@app.callback(invoke_without_command=True, help="What you are told · 通知")
def list_(
    context: typer.Context,
    key: Annotated[
        Path | None, typer.Option("--as", envvar="HUTONG_KEY", help="Key file to act with · 所用密钥文件")
    ] = None,
    unread: Annotated[bool, typer.Option("--unread", help="Only what you have not read · 仅未读")] = False,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at most · 最多条数")] = 50,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    if context.invoked_subcommand is not None:
        return
    if key is None:
        raise CommandFailed("name your key file with --as or HUTONG_KEY")
    with acting(url, key) as exchange:
        found = exchange.get(NOTICES, {"unread": str(unread).lower(), "limit": limit})
        counts = exchange.get(f"{NOTICES}/counts")
    rows = [
        (row["id"], "" if row["read_at"] else "●", row["created_at"][:16].replace("T", " "), row["kind"],
         row["subject"], " · ".join(row["message"].values()))
        for row in found["items"]
    ]  # fmt: skip
    document = {"unread": counts["unread"], "all": counts["all"], **found}
    show(document, as_json, table(("no.", "", "at", "kind", "about", f"{counts['unread']} unread · 未读"), rows))


@app.command()
def read(
    key: As,
    numbers: Annotated[list[int] | None, typer.Argument(metavar="[NUMBER…]", help="Notices · 通知编号")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All there are · 全部")] = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Mark notices as read, for yourself · 标为已读."""
    if bool(numbers) == everything:
        raise CommandFailed("name the notices by number, or --all")
    with acting(url, Path(key)) as exchange:
        body: dict[str, object] = {"ids": numbers or []}
        if everything:
            newest = exchange.get(NOTICES, {"limit": 1})["items"]
            body = {"until": newest[0]["id"]} if newest else {}
        marked = exchange.post(f"{NOTICES}/read", body)
    show(marked, as_json, f"{marked['marked']} marked as read.")
