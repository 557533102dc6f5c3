"""`hutong ledger export`: the ledger as static files in C2SP layout; each export is an entry itself."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from exchange.api import exports
from exchange.cli.acting import DEFAULT_URL, Url, acting
from exchange.cli.local import Data, Key, holding, settings_with
from exchange.cli.output import CommandFailed, Json, progress, show
from exchange.ledger import note
from exchange.ledger.export import export
from exchange.ledger.store import Log
from exchange.settings import Settings


def command(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write; continued if begun · 目标目录")],
    key: Key = None,
    url: Url = DEFAULT_URL,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Export the ledger; beside a running exchange with an auditor's key file · 导出账本.

    The entries are read from the data directory. The export is recorded as an entry, which comes after what it covers.
    """
    settings = settings_with(data=data)
    if not settings.ledger_database.exists():
        raise CommandFailed(f"{settings.data} holds no ledger: name the data directory with --data or HUTONG_DATA")
    checkpoint, vkey, entry = _recorded(settings, key, url)
    with closing(Log.open(settings.ledger_database)) as log, progress("exporting · 导出") as report:
        covered = export(log, directory, checkpoint, note.parse_key(vkey), report)
    document = {"directory": str(directory), "size": covered.size, "vkey": vkey, "entry": entry}
    show(document, as_json, f"{covered.size} entries are in {directory}; the export is entry {entry}")


def _recorded(settings: Settings, key: Path | None, url: str) -> tuple[bytes, str, int]:
    """Checkpoint to export, verifier key, and the entry that records the export."""
    if key is not None:
        with acting(url, key) as exchange:
            made = exchange.post("/api/v1/ledger/exports")
        return made["checkpoint"].encode(), made["vkey"], made["entry"]
    with holding(settings) as node:
        checkpoint, entry = exports.record(node.ledger, node.entries, node.vkey, "console")
        return checkpoint, str(node.vkey), entry
