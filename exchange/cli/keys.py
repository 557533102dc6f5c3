"""`hutong keys`: the exchange's own keys."""

from datetime import UTC, datetime
from typing import Any

import typer
from sqlmodel import Session, col, select

from exchange.cli.acting import DEFAULT_URL, Url, acting
from exchange.cli.local import Data, Key, holding, reading, settings_with
from exchange.cli.output import CommandFailed, Json, show, table
from exchange.identity import keys
from exchange.identity.models import SigningKey
from exchange.ledger.note import Signer
from exchange.origin import Origin
from exchange.settings import Settings

app = typer.Typer(
    help="Keys of the exchange · 平台密钥", no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None
)


@app.command("show")
def show_(data: Data = None, as_json: Json = False) -> None:
    """Show the token-signing keys and the ledger's verifier key, never a secret · 显示密钥状态."""
    settings = settings_with(data=data)
    with reading(settings) as session:
        rows = session.exec(select(SigningKey).order_by(col(SigningKey.created_at).desc())).all()
        published = keys.published(session, datetime.now(UTC))
        shown = [_shown(row, published) for row in rows]
        vkey = verifier_key(settings, session)
    lines = [(one["state"], one["kid"], one["created_at"], one["retired_at"] or "") for one in shown]
    document = {"vkey": vkey, "signing_keys": shown}
    if as_json:
        show(document, True)
        return
    show(document, False, f"vkey  {vkey}\n")
    show(document, False, table(("state", "token-signing key", "created", "retired"), lines))


@app.command()
def rotate(key: Key = None, url: Url = DEFAULT_URL, data: Data = None, as_json: Json = False) -> None:
    """Sign tokens with a new key from now on · 更换令牌签名密钥."""
    if key is not None:
        with acting(url, key) as exchange:
            made = exchange.post("/api/v1/keys/rotate")
    else:
        now = datetime.now(UTC)
        with holding(settings_with(data=data)) as node, node.units.begin("console", now) as work:
            row = keys.rotate(work.session, node.cipher, now)
            work.record("signing-key.rotated", row.kid)
            made = {"kid": row.kid, "created_at": now.isoformat()}
    show(made, as_json, f"Tokens are signed with {made['kid']} from now on.")


def verifier_key(settings: Settings, session: Session) -> str:
    """The ledger's verifier key, from its name and its key file."""
    origin = session.get(Origin, 1)
    if origin is None:
        raise CommandFailed(f"the log in {settings.data} has no name yet: start the exchange once")
    files = keys.load(settings.key_directory)
    return str(Signer(origin.name, files.ledger.private_bytes_raw()).key)


def _shown(row: SigningKey, published: Any) -> dict[str, Any]:
    """`signing` now, `retired` while tokens signed with it may live, `expired` after."""
    state = "signing" if row.retired_at is None else "retired" if row.kid in published else "expired"
    retired = None if row.retired_at is None else row.retired_at.isoformat()
    return {"kid": row.kid, "state": state, "created_at": row.created_at.isoformat(), "retired_at": retired}
