"""`hutong agreement sign`: read what is proposed, sign it here, hand the signature in. The key never leaves."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from exchange import keyfiles
from exchange.cli.acting import DEFAULT_URL, As, Url, acting
from exchange.cli.agreement.steps import API, Id
from exchange.cli.output import CommandFailed, Json, note, show
from exchange.identity import assertions
from policies import signing
from policies.signing import Side
from standards import strict_json

SHOWN = ("operations", "purposes", "bases", "items", "valid_from", "valid_until", "quota", "total", "row_filter")


def command(
    id: Id,
    who: As,
    side: Annotated[Side, typer.Option("--side", help="Yours: consumer or provider · 所代表的一方")],
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Sign the proposed version for your side, with your own Ed25519 key · 签署."""
    credential = keyfiles.read(who)
    with acting(url, who) as exchange:
        raw = b"".join(exchange.download(f"{API}/{id}/statement"))
        statement = _read(raw, id)
        if not as_json:
            note(summary(statement))
        signature = assertions.sign_statement(credential.key, raw)
        made = exchange.post(f"{API}/{id}/signatures", {"side": side, "signature": signature})
    signed = " and ".join(one["side"] for one in made["signatures"])
    show(made, as_json, f"{id}: version {made['number']} is signed by {signed}")


def summary(statement: Mapping[str, Any]) -> str:
    """What is about to be signed, for whoever signs it."""
    head = f"{statement['id']}, version {statement['version']}, at {statement['exchange']}"
    parties = f"  {statement['application']} uses {statement['service']} ({statement['dataset']})"
    terms = statement["terms"]
    said = [f"  {name}: {_told(terms[name])}" for name in SHOWN if terms.get(name) is not None]
    other = sorted(name for name in terms if name not in SHOWN and terms[name] not in (None, [], {}))
    return "\n".join([head, parties, *said, f"  also agreed: {', '.join(other)}"])


def _told(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _read(raw: bytes, id: str) -> dict[str, Any]:
    """The statement, which has to be the one that was asked for, in the one form that is signed."""
    try:
        statement = strict_json.loads(raw)
        if statement["type"] == signing.TYPE and statement["id"] == id and signing.canonical(statement) == raw:
            return dict(statement)
    except (ValueError, KeyError, TypeError):
        pass
    raise CommandFailed("The exchange sent no statement of this agreement: nothing was signed.")
