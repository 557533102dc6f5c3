"""`hutong standards breaking`: what a new version of an interface breaks for its callers. From files, no server."""

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from exchange.cli.output import NEGATIVE, CommandFailed, Json, note, show, table
from exchange.cli.standards.lint import read
from standards import breaking, lint, openapi30
from standards.breaking import Break

MOST_TOLD = 200
_LONGEST_CELL = 160

Old = Annotated[Path, typer.Argument(help="the version that callers use · 现行版本")]
New = Annotated[Path, typer.Argument(help="the version that is to replace it · 新版本")]


def command(old: Old, new: New, as_json: Json = False) -> None:
    """What breaks for callers of the old version of an interface? · 新版接口会影响哪些调用方？

    Exit 0 nothing, 1 something, 2 unreadable.
    """
    before, after = _document(old), _document(new)
    found = breaking.compare(before, after, MOST_TOLD)
    answer = {"old": str(old), "new": str(new), "breaks": bool(found), "items": [each.as_dict() for each in found]}
    show(answer, as_json, _table(found) if found else "nothing breaks · 无不兼容改动")
    if found:
        note(f"{len(found)} breaking changes: raise the major version · {len(found)} 项不兼容改动，须提升主版本")
        raise typer.Exit(NEGATIVE)


def _document(file: Path) -> dict[str, Any]:
    """A document that may be compared: within bounds, with schemas of our dialect. Raises CommandFailed."""
    document = openapi30.translate(read(file).document)
    unfit = lint.lint(document, lint.RULES.chosen(["size", "references", "schema", "schema-cost"]))
    if unfit:
        errors = [finding.as_dict() for finding in unfit]
        detail = f"{file} cannot be compared: mend it first, `hutong standards lint` tells how"
        raise CommandFailed(
            detail, problem={"type": "about:blank", "title": detail, "detail": detail, "errors": errors}
        )
    return document


def _table(found: tuple[Break, ...]) -> Any:
    columns = ("change · 改动", "operation · 操作", "where · 位置", "old → new · 旧 → 新", "witness · 反例")
    return table(columns, [_row(each) for each in found])


def _row(each: Break) -> tuple[str, ...]:
    zh, en = breaking.TITLES[each.code]
    where = each.pointer + (" (old)" if each.within == "old" else "")
    witness = _shown(each.witness[0], nothing="null") if each.witness else ""
    return f"{each.code}: {en} · {zh}", each.operation, where, f"{_shown(each.old)} → {_shown(each.new)}", witness


def _shown(value: Any, nothing: str = "—") -> str:
    text = nothing if value is None else orjson.dumps(value).decode()
    return text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"
