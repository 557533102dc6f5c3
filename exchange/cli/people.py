"""`hutong people`: stewards, operators, auditors, and the key files that they act with."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from exchange import keyfiles
from exchange.api import shapes
from exchange.cli.acting import DEFAULT_URL, Url, acting
from exchange.cli.local import Data, Key, holding, reading, settings_with
from exchange.cli.output import CommandFailed, Json, show, table
from exchange.identity import assertions, clients, hands, people
from exchange.identity.callers import at_the_console
from exchange.identity.models import Client, PersonDraft
from exchange.node import Node

app = typer.Typer(
    help="Stewards, operators, auditors · 人员与权限",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Who = Annotated[str, typer.Argument(metavar="PERSON", help="person-… or another client id · 人员编号")]


@app.command()
def add(
    name_zh: Annotated[str, typer.Option(help="Chinese name · 中文姓名")],
    name_en: Annotated[str, typer.Option(help="English name · 英文姓名")],
    scope: Annotated[list[str], typer.Option(help="operator, auditor, steward:<department>; repeatable · 权限范围")],
    out: Annotated[Path, typer.Option(help="Key file to make · 要生成的密钥文件")],
    department: Annotated[str | None, typer.Option(help="Slug of the department · 部门标识")] = None,
    key: Key = None,
    url: Url = DEFAULT_URL,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Register a person and make their key file · 登记人员并生成密钥文件."""
    with new_key_file(out) as (public, name_it):
        draft = _draft({"zh": name_zh, "en": name_en}, department, public, scope)
        if key is not None:
            with acting(url, key) as exchange:
                made = exchange.post("/api/v1/people", draft.model_dump(mode="json"))
            name_it(made["id"])
        else:
            with holding(settings_with(data=data)) as node:
                made = register(node, draft, name_it)
    shown = {**made, "key_file": str(out)}
    show(shown, as_json, f"{made['id']} is registered ({', '.join(made['scopes'])}); the key file is {out}.")


@app.command("list")
def list_(key: Key = None, url: Url = DEFAULT_URL, data: Data = None, as_json: Json = False) -> None:
    """List the people with their scopes · 列出人员."""
    if key is not None:
        with acting(url, key) as exchange:
            rows = list(exchange.pages("/api/v1/people"))
    else:
        with reading(settings_with(data=data)) as session:
            rows, cursor = [], None
            while True:
                page, cursor = people.page(session, limit=200, cursor=cursor)
                rows += [shapes.client(row) for row in page]
                if cursor is None:
                    break
    lines = [
        (row["id"], row["name"]["zh"], row["name"]["en"], row["department"] or "", " ".join(row["scopes"]), _state(row))
        for row in rows
    ]
    show({"items": rows}, as_json, table(("person", "姓名", "name", "department", "scopes", "state"), lines))


@app.command()
def disable(person: Who, key: Key = None, url: Url = DEFAULT_URL, data: Data = None, as_json: Json = False) -> None:
    """Switch a person off; it bites on the next call · 停用."""
    _switch(person, "disable", key, url, data, as_json)


@app.command()
def enable(person: Who, key: Key = None, url: Url = DEFAULT_URL, data: Data = None, as_json: Json = False) -> None:
    """Switch a person on again · 启用."""
    _switch(person, "enable", key, url, data, as_json)


def _switch(person: str, step: str, key: Path | None, url: str, data: Path | None, as_json: bool) -> None:
    if key is not None:
        with acting(url, key) as exchange:
            row = exchange.post(f"/api/v1/clients/{person}/{step}")
    else:
        act = clients.disable if step == "disable" else clients.enable
        now = datetime.now(UTC)
        with holding(settings_with(data=data)) as node, node.units.begin("console", now) as work:
            changed = act(work.session, person, at_the_console(), now)
            work.record(f"client.{step}d", changed.id, revision=changed.revision)
            row = shapes.client(changed)
    show(row, as_json, f"{row['id']} is {_state(row)}.")


def register(node: Node, draft: PersonDraft, name_it: Callable[[str], None]) -> dict[str, Any]:
    """Register at the console. Whoever is registered has a key file: it is named before the commit."""
    now = datetime.now(UTC)
    with node.units.begin("console", now) as work:
        row: Client = people.register(work.session, draft, at_the_console(), now)
        work.record(hands.REGISTERED, row.id, scopes=sorted(row.scopes), kids=sorted(clients.key_ids(row)))
        name_it(row.id)
        return shapes.client(row)


@contextmanager
def new_key_file(path: Path) -> Iterator[tuple[dict[str, Any], Callable[[str], None]]]:
    """A new key: its public half, and a function that names its client in the file; no file is left after a failure.

    The file is made first, so that nobody is registered whose key could not be kept.
    """
    made = assertions.make_key()
    try:
        keyfiles.write(path, "unnamed", made)
    except FileExistsError:
        raise CommandFailed(f"{path} is there already: a key file is never overwritten") from None

    def name_it(client_id: str) -> None:
        named = path.with_name(f".{path.name}.named")
        named.unlink(missing_ok=True)
        keyfiles.write(named, client_id, made)
        os.replace(named, path)

    try:
        yield assertions.public_jwk(made), name_it
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _draft(name: dict[str, str], department: str | None, public: dict[str, Any], scopes: list[str]) -> PersonDraft:
    try:
        return PersonDraft(name=name, department=department, keys=[public], scopes=scopes)
    except ValidationError as error:
        found = "; ".join(f"{'/'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise CommandFailed(found) from None


def _state(row: dict[str, Any]) -> str:
    return "enabled" if row["enabled"] else "disabled"
