"""`hutong consent`: what data subjects consented to. The identifier is asked for, never an argument."""

from typing import Annotated, Any

import typer

from exchange.cli.acting import DEFAULT_URL, As, Url, acting
from exchange.cli.output import Json, show, table

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
app.callback(help="Consents of data subjects · 数据主体同意")(lambda: None)

CONSENTS = "/api/v1/consents"


@app.command()
def give(
    dataset: Annotated[str, typer.Argument(help="<department>/<dataset> · 数据资源")],
    purpose: Annotated[str, typer.Option(help="Code of the purpose · 用途")],
    department: Annotated[str, typer.Option(help="Whose calls it allows · 使用部门")],
    evidence: Annotated[str, typer.Option(help="File number of the consent itself · 同意书编号")],
    key: As,
    until: Annotated[str | None, typer.Option(help="End, RFC 3339 · 截止时间")] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Register a consent; the subject's identifier is read from standard input · 登记同意."""
    subject = typer.prompt("subject · 数据主体", hide_input=True, err=True)
    body: dict[str, Any] = {
        "subject": subject,
        "purpose": purpose,
        "dataset": dataset,
        "department": department,
        "evidence": evidence,
        "until": until,
    }
    with acting(url, key) as exchange:
        made = exchange.post(CONSENTS, body)
    show(made, as_json, f"{made['id']} is registered")


@app.command()
def withdraw(
    consent: Annotated[str, typer.Argument(metavar="CONSENT", help="Id, cns-… · 编号")],
    key: As,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Withdraw a consent: the next call is refused · 撤回同意."""
    with acting(url, key) as exchange:
        done = exchange.post(f"{CONSENTS}/{consent}/withdraw", {})
    show(done, as_json, f"{consent} is withdrawn")


@app.command("list")
def list_(
    department: Annotated[str, typer.Argument(help="Whose calls they allow · 使用部门")],
    key: As,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """List consents · 列出同意."""
    with acting(url, key) as exchange:
        rows = list(exchange.pages(CONSENTS, {"department": department}))
    lines = [
        (row["id"], row["dataset_id"], row["purpose"], row["until"] or "", row["withdrawn_at"] or "") for row in rows
    ]
    show({"items": rows}, as_json, table(("consent", "dataset", "purpose", "until", "withdrawn"), lines))
