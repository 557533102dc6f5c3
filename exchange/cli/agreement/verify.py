"""`hutong agreement verify`: whether both sides signed what a document states, without asking anybody.

Exit codes: 0 it holds · 1 it does not · 2 it is no signed agreement, or a key is none.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from exchange.cli.output import NEGATIVE, CommandFailed, Json, show
from policies import signing
from policies.signing import InvalidSignature, NotADocument, Side, Verdict
from standards import strict_json

Jwk = str | None


def command(
    file: Annotated[Path, typer.Argument(help="As /agreements/ID/signed gave it · 签署文本")],
    consumer_key: Annotated[Jwk, typer.Option(help="The consumer's public JWK, or its file · 使用方公钥")] = None,
    provider_key: Annotated[Jwk, typer.Option(help="The provider's public JWK, or its file · 提供方公钥")] = None,
    as_json: Json = False,
) -> None:
    """Check a signed agreement offline; give the keys as the departments handed them out · 离线核验."""
    given = {Side.CONSUMER: consumer_key, Side.PROVIDER: provider_key}
    keys = {side: _key(jwk, side) for side, jwk in given.items() if jwk is not None}
    document = _document(file)
    try:
        verdict = signing.check(document, keys)
    except NotADocument as error:
        raise CommandFailed(str(error)) from None
    show(_shown(document["statement"], verdict), as_json, _told(verdict))
    if not verdict.holds:
        raise typer.Exit(NEGATIVE)


def _shown(statement: Mapping[str, Any], verdict: Verdict) -> dict[str, Any]:
    return {
        "holds": verdict.holds,
        "confirmed": sorted(verdict.confirmed),
        "findings": [finding.as_dict() for finding in verdict.findings],
        **{name: statement[name] for name in ("exchange", "id", "version", "consumer", "provider")},
    }


def _told(verdict: Verdict) -> str:
    if not verdict.holds:
        lines = [f"  {finding.pointer}: expected {finding.expected}" for finding in verdict.findings]
        return "\n".join(["it does not hold · 核验不通过", *lines])
    open_ = sorted(set(Side) - verdict.confirmed)
    if not open_:
        return "it holds, signed with the keys that were given · 核验通过，密钥相符"
    if not verdict.confirmed:
        return "consistent with itself, keys not confirmed · 自身一致，密钥未经确认"
    return f"consistent with itself; the {open_[0]}'s key is not confirmed · 自身一致，一方密钥未经确认"


def _document(file: Path) -> Any:
    try:
        return strict_json.loads(file.read_bytes())
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise CommandFailed(f"{file} holds no signed agreement: {error}") from None


def _key(given: str, side: Side) -> dict[str, Any]:
    try:
        raw = given.encode() if given.lstrip().startswith("{") else Path(given).read_bytes()
        key = strict_json.loads(raw)
        signing.public_key(key)
    except InvalidSignature as error:
        raise CommandFailed(f"The {side}'s key is no Ed25519 key: {error}") from None
    except (OSError, ValueError, AttributeError, UnicodeError):
        raise CommandFailed(f"The {side}'s key cannot be read: give a public JWK, or the file of one.") from None
    return dict(key)
