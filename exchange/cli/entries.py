"""`hutong ledger show`: entries by case, person, application, department, kind and time."""

import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from exchange.cli.acting import DEFAULT_URL, Url, acting
from exchange.cli.local import Data, Key, as_problems, settings_with
from exchange.cli.output import CommandFailed, Json, note, show, table
from exchange.identity import keys
from exchange.identity.secrets import Cipher
from exchange.ledger import reading
from exchange.ledger.secrets import Secrets
from exchange.ledger.store import Log
from exchange.settings import Settings

Text = str | None
PAGE = 200
FILTERS = ("case", "actor", "subject", "application", "department", "type")


def command(
    case: Annotated[Text, typer.Option(help="Case number · 办件编号")] = None,
    actor: Annotated[Text, typer.Option(help="Staff account, - reads it from stdin · 经办人账号")] = None,
    subject: Annotated[Text, typer.Option(help="Person's identifier, - reads it from stdin · 当事人标识")] = None,
    application: Annotated[Text, typer.Option(help="<department>/<application> · 应用系统")] = None,
    department: Annotated[Text, typer.Option(help="The provider · 提供部门")] = None,
    kind: Annotated[Text, typer.Option("--type", help="request, reply, refusal, change, … · 条目类型")] = None,
    since: Annotated[Text, typer.Option(help="ISO 8601 date or time · 起始时间")] = None,
    until: Annotated[Text, typer.Option(help="ISO 8601 date or time · 截止时间")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Entries at most · 最多条数")] = 50,
    key: Key = None,
    url: Url = DEFAULT_URL,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Find entries, newest first: over HTTP with an auditor's key, else from the data directory · 查询条目."""
    settings = settings_with(data=data)
    given = (case, _line(actor), _line(subject), application, department, kind)
    wanted: dict[str, Any] = {name: value for name, value in zip(FILTERS, given, strict=True) if value is not None}
    zone = ZoneInfo(settings.timezone)
    times = {name: _time(text, zone) for name, text in (("since", since), ("until", until)) if text is not None}
    if key is not None:
        rows = _over_http(url, key, {**wanted, **{name: at.isoformat() for name, at in times.items()}}, limit)
    else:
        milliseconds: dict[str, Any] = {name: int(at.timestamp() * 1000) for name, at in times.items()}
        rows = _from_file(settings, reading.Query(**wanted, **milliseconds), limit)
    show({"items": rows}, as_json, table(("entry", "time", "type", "what"), [_summary(row, zone) for row in rows]))


def _over_http(url: str, key: Path, wanted: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor: str | None = None
    with acting(url, key) as exchange:
        while len(rows) < limit:
            asked = {**wanted, "limit": min(PAGE, limit - len(rows)), "cursor": cursor}
            page = exchange.post("/api/v1/ledger/search", asked)
            rows += page["items"]
            cursor = page["next"]
            if cursor is None:
                break
    return rows


def _from_file(settings: Settings, query: reading.Query, limit: int) -> list[dict[str, Any]]:
    """Read-only, so the search leaves no entry: whoever holds data and keys of the exchange can do this anyway."""
    if not settings.ledger_database.exists():
        raise CommandFailed(f"{settings.data} holds no ledger: name the data directory with --data or HUTONG_DATA")
    note("read from the data directory: this search is not recorded; with --as it is · 直接读取，未留痕")
    secrets = Secrets(Cipher(keys.load(settings.key_directory).kek))
    with closing(Log.open(settings.ledger_database)) as log, as_problems():
        found = reading.find(log, secrets, query, limit=limit)
    return [{"index": index, "leaf": leaf} for index, leaf in found.items]


def _line(given: str | None) -> str | None:
    """The value, or a line from stdin for `-`: what stands on a command line is seen by others and kept by shells."""
    return sys.stdin.readline().strip() if given == "-" else given


def _time(text: str, zone: ZoneInfo) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise CommandFailed("a time reads like 2026-11-22 or 2026-11-22T08:30:00+08:00 (ISO 8601)") from None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _summary(row: dict[str, Any], zone: ZoneInfo) -> tuple[str, str, str, str]:
    leaf = row["leaf"]
    at = datetime.fromtimestamp(leaf["at"] / 1000, UTC).astimezone(zone).isoformat(timespec="milliseconds")
    caller, provider = leaf.get("caller", {}).get("application"), leaf.get("provider", {})
    parts = [
        leaf.get("call"),
        caller,
        f"→ {provider['department']}/{provider['service']}" if provider else None,
        leaf.get("purpose"),
        leaf.get("outcome") or leaf.get("problem") or leaf.get("kind"),
        leaf.get("id"),
        f"by {leaf['by']}" if "by" in leaf else None,
        f"case {leaf['case']}" if "case" in leaf else None,
        f"{leaf['records']} records" if "records" in leaf else None,
    ]
    return str(row["index"]), at, leaf["type"], " ".join(part for part in parts if part)
