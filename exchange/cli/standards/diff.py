"""`hutong standards diff`: what changed between two versions of something, or between two files."""

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from exchange.cli.acting import DEFAULT_URL, Url, acting
from exchange.cli.local import Key
from exchange.cli.output import NEGATIVE, CommandFailed, Json, note, show, table
from exchange.cli.standards.kinds import What, Which
from exchange.cli.standards.propose import document
from standards import diffs

_LONGEST_CELL = 120

Given = Annotated[
    list[str], typer.Argument(metavar="SLUG OLD NEW | FILE FILE", help="Two versions, or two JSON files · 版本或文件")
]


def command(
    given: Given, kind: Which = What.STANDARDS, key: Key = None, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """What changed, place by place, and whether it is compatible · 比较两个版本.

    Exit 0 no difference, 1 differences, 2 unreadable.
    """
    if len(given) == 2:
        found = _of_files(*given)
    elif len(given) == 3 and key is not None:
        slug, old, new = given
        with acting(url, key) as exchange:
            found = exchange.get(f"{kind.path}/{slug}/diff", {"old": old, "new": new})
    else:
        raise CommandFailed("name two files; or a slug and two versions, with a key file (--as) to ask the exchange")
    lines = [_line(change) for change in found["changes"]]
    columns = ("change · 变更", "where · 位置", "old · 旧", "new · 新")
    show(found, as_json, table(columns, lines) if lines else "no difference · 无差异")
    verdict = found.get("compatibility")
    if verdict:
        said = "compatible · 兼容" if verdict["compatible"] else "INCOMPATIBLE · 不兼容"
        note(f"{said} ({verdict['mode']}, {len(verdict['findings'])} findings)")
    if lines:
        raise typer.Exit(NEGATIVE)


def _of_files(old: str, new: str) -> dict[str, Any]:
    was, now = document(Path(old)), document(Path(new))
    found = diffs.between(was, now, diffs.MOST + 1)
    changes = [change.as_dict() for change in found[: diffs.MOST]]
    return {"old": old, "new": new, "changes": changes, "complete": len(found) <= diffs.MOST}


def _line(change: dict[str, Any]) -> tuple[str, ...]:
    return change["change"], change["pointer"] or "/", _shown(change, "old"), _shown(change, "new")


def _shown(change: dict[str, Any], side: str) -> str:
    text = orjson.dumps(change[side]).decode() if side in change else ""
    return text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 1]}…"
