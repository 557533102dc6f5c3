"""`hutong agreement activate|suspend|resume|discard|revoke|achieve`: one command for each step."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from exchange.cli.acting import DEFAULT_URL, As, Url, acting
from exchange.cli.output import Json, show

API = "/api/v1/agreements"

Id = Annotated[str, typer.Argument(metavar="ID", help="agr-… · 协议编号")]
Reason = Annotated[str, typer.Option("--reason", help="Told to both sides; no data about persons · 理由")]
Revision = Annotated[int | None, typer.Option("--revision", help="Only if it still has this one · 仅当修订号一致")]


def activate(id: Id, who: As, revision: Revision = None, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Put what both sides signed into force; for the provider's steward · 生效."""
    _step(id, "activate", None, who, revision, url, as_json)


def suspend(
    id: Id, who: As, reason: Reason, revision: Revision = None, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """Refuse its calls until it is resumed; for the provider's steward and operators · 暂停."""
    _step(id, "suspend", {"reason": reason}, who, revision, url, as_json)


def resume(
    id: Id, who: As, reason: Reason, revision: Revision = None, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """Permit its calls again; for the provider's steward and operators · 恢复."""
    _step(id, "resume", {"reason": reason}, who, revision, url, as_json)


def revoke(
    id: Id, who: As, reason: Reason, revision: Revision = None, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """End it for ever; for the provider's steward and operators · 撤销."""
    _step(id, "revoke", {"reason": reason}, who, revision, url, as_json)


def achieve(id: Id, who: As, revision: Revision = None, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """End it: its purpose is achieved; for the stewards of both sides · 目的已实现."""
    _step(id, "achieve", None, who, revision, url, as_json)


def discard(id: Id, who: As, revision: Revision = None, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Give the proposed version up · 放弃拟议版本."""
    with acting(url, who) as exchange:
        made = exchange.post(f"{API}/{id}/discard", None, etag=revision)
    show(made, as_json, f"{id}: version {made['number']} is {made['state']}")


def told(row: Mapping[str, Any]) -> str:
    """The agreement in one line."""
    parties = f"{row['application_id']} uses {row['service_id']}"
    return f"{row['id']} is {row['state']}, version {row['version']}, revision {row['revision']}: {parties}"


def _step(id: str, step: str, body: Any, who: Path, revision: int | None, url: str, as_json: bool) -> None:
    with acting(url, who) as exchange:
        row = exchange.post(f"{API}/{id}/{step}", body, etag=revision)
    show(row, as_json, told(row))
