"""`hutong standards check`: may a version of a schema take the place of others? From files, without a server."""

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from exchange.cli.documents import document
from exchange.cli.output import NEGATIVE, CommandFailed, Json, note, show, table
from standards.compatibility import REASONS, Incompatibility, Mode, Verdict, check, refuse_unusable
from standards.validation import InvalidSchema

_MOST_BYTES = 8 << 20
_LONGEST_CELL = 160
_BREAKS = {"provider": "provider 提供方", "consumers": "consumers 使用方"}

Files = Annotated[
    list[Path],
    typer.Argument(metavar="OLD... NEW", help="JSON Schemas, JSON or YAML, oldest first · 数据结构文件，由旧到新"),
]
WhichMode = Annotated[Mode, typer.Option("--mode", help="What must keep working · 兼容模式")]
Lenient = Annotated[
    bool, typer.Option("--lenient", help="Readers ignore what they do not know and fill in defaults · 宽松模式")
]


def command(files: Files, mode: WhichMode = Mode.DIRECTIONAL, lenient: Lenient = False, as_json: Json = False) -> None:
    """May the last version take the place of the ones before it? · 检查新版本能否替换旧版本.

    Exit 0 compatible, 1 incompatible, 2 unreadable.
    """
    if len(files) < 2:
        raise CommandFailed("two files at least: the old schema, then the new one")
    *older, new = [_schema(file) for file in files]
    if len(older) > 1 and not mode.transitive:
        note(f"mode {mode} compares with the last of the old versions only: {files[-2]} · 仅与最近的旧版本比较")
    verdict = check(new, older, mode, lenient=lenient)
    show(verdict.as_dict(), as_json, _table(verdict) if verdict.findings else _conclusion(verdict))
    if verdict.findings:
        note(_conclusion(verdict))
    if not verdict.compatible:
        raise typer.Exit(NEGATIVE)


def _conclusion(verdict: Verdict) -> str:
    if verdict.compatible:
        return f"compatible ({verdict.mode}) · 兼容"
    count = len(verdict.findings)
    return f"INCOMPATIBLE ({verdict.mode}): {count} finding{'s' * (count != 1)} · 不兼容"


def _table(verdict: Verdict) -> Any:
    columns = ("reason · 原因", "where · 位置", "old → new · 旧 → 新", "breaks · 影响", "witness · 反例")
    return table(columns, [_row(finding) for finding in verdict.findings])


def _row(finding: Incompatibility) -> tuple[str, ...]:
    title = REASONS[finding.code]
    where = (finding.pointer or "/") + (" (old)" if finding.within == "old" else "")
    change = f"{_shown(finding.old)} → {_shown(finding.new)}"
    witness = _shown(finding.witness[0], nothing="null") if finding.witness else "none found · 未找到"
    return f"{finding.code}: {title['en']} · {title['zh']}", where, change, _BREAKS[finding.breaks], witness


def _shown(value: Any, nothing: str = "—") -> str:
    text = nothing if value is None else orjson.dumps(value).decode()
    return text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"


def _schema(file: Path) -> Any:
    """The schema of a file, also as the API shows it, under `bundled`."""
    schema = document(file, _MOST_BYTES)
    if isinstance(schema, dict) and isinstance(schema.get("bundled"), dict):
        schema = schema["bundled"]
    try:
        refuse_unusable(schema)
    except InvalidSchema as error:
        detail = f"{file}: {error}. A schema must be complete in itself: give the bundled form"
        found = [finding.as_dict() for finding in error.findings]
        problem = {"type": "about:blank", "title": "The schema cannot be used", "detail": detail, "errors": found}
        raise CommandFailed(detail, problem=problem) from None
    return schema
