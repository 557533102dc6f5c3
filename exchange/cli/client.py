"""`hutong client`: keys and registration of applications, a token for curl, a call with its proof."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from exchange import keyfiles
from exchange.cli import probe
from exchange.cli.acting import DEFAULT_URL, As, Url, acting
from exchange.cli.output import CommandFailed, Json, note, show, table
from exchange.identity import assertions

app = typer.Typer(
    help="Act as an application · 以应用身份调用",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Text = str | None
Client = Annotated[str, typer.Argument(metavar="CLIENT", help="<department>.<application> or person-… · 客户端编号")]


@app.command()
def key(
    file: Annotated[Path, typer.Argument(help="Key file to make · 要生成的密钥文件")],
    client_id: Annotated[
        Text, typer.Option("--client", help="Its client id; default: the file's name · 客户端编号")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a key file and print the public key to register · 生成密钥文件并输出公钥."""
    public = _make_key(file, client_id or file.name.removesuffix(".json"))
    note(f"The private key is in {file}; have the public one registered.")
    show(public, as_json, json.dumps(public))


@app.command()
def register(
    department: Annotated[str, typer.Argument(help="Slug of its department · 部门标识")],
    slug: Annotated[str, typer.Argument(help="Slug of the application · 应用标识")],
    who: As,
    zh: Annotated[str, typer.Option(help="Its Chinese name · 中文名称")],
    en: Annotated[str, typer.Option(help="Its English name · 英文名称")],
    public_key: Annotated[
        Path | None, typer.Option(help="File with its public JWK, - for stdin · 公钥文件，- 表示标准输入")
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option(help="Its key file instead, made if missing · 密钥文件，缺则生成")
    ] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Register an application; for its department's steward and operators · 登记应用系统."""
    if (public_key is None) == (key_file is None):
        raise CommandFailed("Give either --public-key, or --key-file.")
    client_id = f"{department}.{slug}"
    public = _read_json(public_key) if public_key else _key_in(key_file or Path(), client_id)
    draft = {"department": department, "slug": slug, "name": {"zh": zh, "en": en}, "keys": [public]}
    with acting(url, who) as exchange:
        made = exchange.post("/api/v1/applications", draft)
    show(made, as_json, f"{made['id']} is registered; its client id is {made['client']['id']}.")


@app.command()
def token(who: As, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Print an access token for curl; it is a secret for ten minutes · 输出访问令牌."""
    with acting(url, who) as exchange:
        given = exchange.token()
        show({"access_token": given, "client_id": exchange.client_id, "url": exchange.url}, as_json, given)


@app.command()
def call(
    service: Annotated[str, typer.Argument(metavar="DEPARTMENT/SERVICE", help="The service · 服务")],
    method: Annotated[str, typer.Argument(help="GET, POST, … · 方法")],
    path: Annotated[str, typer.Argument(help="Operation path, /v1/… · 操作路径")],
    who: As,
    purpose: Annotated[str, typer.Option(help="Code of the published purposes · 使用目的代码")],
    body: Annotated[Text, typer.Option("--json-body", help="JSON, @FILE or @- for stdin · 请求体")] = None,
    param: Annotated[list[str] | None, typer.Option(help="name=value of the query, repeatable · 查询参数")] = None,
    basis: Annotated[Text, typer.Option(help="Legal basis · 法律依据")] = None,
    case: Annotated[Text, typer.Option(help="Case number · 办件编号")] = None,
    actor: Annotated[Text, typer.Option(help="Staff account responsible · 经办人账号")] = None,
    fields: Annotated[Text, typer.Option(help="Comma list of items · 数据项列表")] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Prove the answer by its receipt · 用回执核验")] = False,
    vkey: Annotated[Text, typer.Option(help="The ledger's verifier key · 账本验证公钥")] = None,
    memory: Annotated[Path | None, typer.Option(help="Directory that remembers checkpoints · 检查点目录")] = None,
    trust_on_first_use: Annotated[
        bool, typer.Option("--trust-on-first-use", help="Pin the exchange's own key in --memory · 首次使用时信任")
    ] = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Call an operation and print what was released · 调用服务."""
    if verify and not vkey and not (trust_on_first_use and memory):
        raise CommandFailed("--verify needs --vkey, or --trust-on-first-use with --memory to pin the key in.")
    department, slash, name = service.partition("/")
    if not slash:
        raise CommandFailed("A service reads DEPARTMENT/SERVICE.")
    sent = None if body is None else _body(body)
    with acting(url, who, vkey=vkey, memory=memory) as exchange:
        answer = exchange.call(
            department, name, method.upper(), path,
            json=sent, params=_params(param), purpose=purpose, basis=basis, case=case, actor=actor, fields=fields,
        )  # fmt: skip
        proven = exchange.verify(answer, trust_on_first_use=trust_on_first_use) if verify else None
    shown = {"status": answer.status, "call": answer.call, "receipt": answer.receipt, "data": answer.data}
    note(f"status {answer.status}, call {answer.call}")
    if proven is not None:
        shown["verified"] = {"entry": proven.entry, "size": proven.size}
        note(f"proven: entry {proven.entry} of a ledger of {proven.size}")
    show(shown, as_json, json.dumps(answer.data, ensure_ascii=False, indent=1))


app.command("probe")(probe.command)


@app.command()
def disable(client: Client, who: As, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Switch a client off; it bites on the next call · 停用客户端."""
    _switch(client, "disable", who, url, as_json)


@app.command()
def enable(client: Client, who: As, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Switch a client on again · 启用客户端."""
    _switch(client, "enable", who, url, as_json)


@app.command("list")
def list_(
    who: As,
    department: Annotated[Text, typer.Option(help="Of this department only · 仅此部门")] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """List the applications · 列出应用系统."""
    with acting(url, who) as exchange:
        rows = list(exchange.pages("/api/v1/applications", {"department": department} if department else None))
    lines = [(row["id"], row["name"]["zh"], row["name"]["en"]) for row in rows]
    show({"items": rows}, as_json, table(("application", "名称", "name"), lines))


def _switch(client: str, step: str, who: Path, url: str, as_json: bool) -> None:
    with acting(url, who) as exchange:
        row = exchange.post(f"/api/v1/clients/{client}/{step}")
    show(row, as_json, f"{row['id']} is {'enabled' if row['enabled'] else 'disabled'}.")


def _make_key(file: Path, client_id: str) -> dict[str, Any]:
    """A new key file; its public key. Raises CommandFailed when the file is there already."""
    made = assertions.make_key()
    try:
        keyfiles.write(file, client_id, made)
    except FileExistsError:
        raise CommandFailed(f"{file} is there already: a key file is never overwritten.") from None
    return assertions.public_jwk(made)


def _key_in(file: Path, client_id: str) -> dict[str, Any]:
    """The public key of a key file, which is made when it is missing: after a failure the command can be repeated."""
    if not file.exists():
        return _make_key(file, client_id)
    credential = keyfiles.read(file)
    if credential.client_id != client_id:
        raise CommandFailed(f"{file} is the key file of {credential.client_id}, not of {client_id}.")
    return assertions.public_jwk(credential.key)


def _read_json(file: Path) -> Any:
    return _parsed(sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8"), str(file))


def _body(given: str) -> Any:
    return _read_json(Path(given[1:])) if given.startswith("@") else _parsed(given, "--json-body")


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise CommandFailed(f"{where} holds no JSON.") from None


def _params(given: Sequence[str] | None) -> dict[str, list[str]]:
    params: dict[str, list[str]] = {}
    for one in given or ():
        name, equals, value = one.partition("=")
        if not equals:
            raise CommandFailed("--param reads name=value.")
        params.setdefault(name, []).append(value)
    return params
