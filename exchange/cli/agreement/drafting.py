"""`hutong agreement draft|amend`: terms from a YAML or JSON file."""

from pathlib import Path
from typing import Annotated, Any

import typer

from exchange.cli.acting import DEFAULT_URL, As, Url, acting
from exchange.cli.agreement.steps import API, Id, Revision, told
from exchange.cli.output import CommandFailed, Json, show
from exchange.cli.written import Unreadable, read

MOST_BYTES = 1024 * 1024


def draft(
    file: Annotated[Path, typer.Argument(help="YAML or JSON: application, service, terms · 协议文件")],
    who: As,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Draft an agreement; both sides sign it next · 起草协议."""
    document = _document(file)
    with acting(url, who) as exchange:
        made = exchange.post(API, document)
    show(made, as_json, f"{told(made)}; next: hutong agreement sign {made['id']} --side consumer|provider")


def amend(
    id: Id,
    file: Annotated[Path, typer.Argument(help="YAML or JSON: all terms of the next version · 条款文件")],
    who: As,
    revision: Revision = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Propose the next version; calls keep to the one in force until both sides have signed · 提出新版本."""
    document = _document(file)
    terms = document.get("terms", document)
    with acting(url, who) as exchange:
        made = exchange.post(f"{API}/{id}/amend", {"terms": terms}, etag=revision)
    show(made, as_json, f"{id}: version {made['number']} is proposed; see it with: hutong agreement diff {id}")


def _document(file: Path) -> dict[str, Any]:
    try:
        documents = [written.document for written in read(file, most_bytes=MOST_BYTES)]
    except Unreadable as unreadable:
        raise CommandFailed(str(unreadable)) from None
    if len(documents) != 1 or not isinstance(documents[0], dict):
        raise CommandFailed(f"{file} holds one document with the members of an agreement or of its terms.")
    return dict(documents[0])
