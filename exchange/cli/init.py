"""`hutong init`: a new exchange, its keys, and the first operator."""

from pathlib import Path
from typing import Annotated

import typer

from exchange.cli.local import OPERATOR, Data, has_operator, holding, settings_with
from exchange.cli.output import NEGATIVE, CommandFailed, Json, note, show
from exchange.cli.people import new_key_file, register
from exchange.identity.models import PersonDraft
from exchange.settings import Settings


def command(
    data: Data = None,
    origin: Annotated[str | None, typer.Option(help="Name of the log, for ever · 账本名称，不可更改")] = None,
    operator: Annotated[Path, typer.Option(help="First operator's key file · 首位运营员的密钥文件")] = Path(
        "operator.json"
    ),
    name_zh: Annotated[str, typer.Option(help="The operator's Chinese name · 中文姓名")] = "首位运营员",
    name_en: Annotated[str, typer.Option(help="The operator's English name · 英文姓名")] = "First operator",
    as_json: Json = False,
) -> None:
    """Make data directory, keys and the first operator, and print the key to note on paper · 初始化.

    An exchange that nobody operates yet, as `serve` begins it in an empty directory, is given its operator only.
    """
    settings = settings_with(data=data, origin=origin)
    if not settings.exchange_database.exists() and settings.ledger_database.exists():
        raise CommandFailed(f"{settings.data} holds a ledger without its exchange.db: restore that", code=NEGATIVE)
    if settings.exchange_database.exists() and has_operator(settings):
        raise CommandFailed(
            f"{settings.data} holds an exchange already, and it has an operator: nothing was changed", code=NEGATIVE
        )
    with new_key_file(operator) as (public, name_it), holding(settings, new=True) as node:
        names = {"zh": name_zh, "en": name_en}
        draft = PersonDraft(name=names, keys=[public], scopes=[OPERATOR])
        made = register(node, draft, name_it)
        vkey = str(node.vkey)
    _answer(settings, operator, made["id"], vkey, as_json)


def _answer(settings: Settings, operator: Path, person: str, vkey: str, as_json: bool) -> None:
    note("Note the verifier key on paper and give it to the auditors: with it anyone can check the ledger.")
    note("请将验证公钥抄录在纸上并交给审计人员，凭它可核验账本。")
    document = {
        "data": str(settings.data),
        "keys": str(settings.key_directory),
        "vkey": vkey,
        "operator": person,
        "key_file": str(operator),
    }
    lines = ("data      {data}", "keys      {keys}", "operator  {operator} ({key_file})", "vkey      {vkey}")
    show(document, as_json, "\n".join(lines).format(**document))
