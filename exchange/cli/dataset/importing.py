"""`hutong dataset import`: a sheet (.xlsx, .csv) or a catalog (.jsonld, .ttl), all of it or nothing."""

from pathlib import Path
from typing import Annotated, Any

import typer

from exchange.cli.acting import DEFAULT_URL, As, Url, acting
from exchange.cli.output import CommandFailed, Json, note, show, table
from exchange.client import Exchange
from exchange.identity.callers import STEWARD_OF

SHEET, LINKED = "/api/v1/catalog/import", "/api/v1/catalog/import-dcat"
ENDPOINTS = {
    ".xlsx": (SHEET, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ".csv": (SHEET, "text/csv"),
    ".jsonld": (LINKED, "application/ld+json"),
    ".json": (LINKED, "application/ld+json"),
    ".ttl": (LINKED, "text/turtle"),
}


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".xlsx, .csv, .jsonld or .ttl · 文件")],
    key: As,
    department: Annotated[
        str | None, typer.Option(help="Whose datasets these are; default: the one you are steward of · 所属部门")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing, say what would · 仅检查，不导入")] = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Register and revise datasets from a file; everything that is wrong is listed with its place · 导入目录文件."""
    endpoint = ENDPOINTS.get(file.suffix.lower())
    if endpoint is None:
        raise CommandFailed(f"{file} is none of {', '.join(ENDPOINTS)}")
    (path, media_type), content = endpoint, file.read_bytes()
    with acting(url, Path(key)) as exchange:
        query = {"department": department or _own(exchange), "dry_run": "true" if dry_run else "false"}
        report = exchange.upload(path, content, media_type, query)
    for warning in report.get("warnings", ()):
        note(f"{warning['cell']}: {' · '.join(warning['what'].values())}")
    for left_out in report.get("notes", ()):
        note(f"{left_out['pointer']}: {left_out['expected']}")
    rows = [(verdict, id) for verdict in ("created", "changed", "unchanged") for id in report[verdict]]
    counted = ", ".join(f"{len(report[verdict])} {verdict}" for verdict in ("created", "changed", "unchanged"))
    if not as_json and rows:
        show(report, False, table(("", "dataset"), rows))
    show(report, as_json, f"{counted}{' would be (nothing was changed)' if dry_run else ''}.")


def _own(exchange: Exchange) -> str:
    """The one department that the key's holder is steward of. Raises CommandFailed."""
    me: dict[str, Any] = exchange.get("/api/v1/me")
    own = [scope.removeprefix(STEWARD_OF) for scope in me["scopes"] if scope.startswith(STEWARD_OF)]
    if len(own) != 1:
        raise CommandFailed("say with --department whose datasets these are")
    return str(own[0])
