"""`hutong request new|revise|submit|accept|return|grant|refuse|withdraw`: the steps of a request's life."""

from pathlib import Path
from typing import Annotated, Any

import typer

from exchange.cli import written
from exchange.cli.acting import DEFAULT_URL, As, Url, acting
from exchange.cli.output import CommandFailed, Json, note, show
from exchange.cli.written import Unreadable

API = "/api/v1/requests"
MOST_BYTES = 1 << 20

Id = Annotated[str, typer.Argument(metavar="ID", help="req-… · 申请编号")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="YAML or JSON · 申请文件")]
Zh = Annotated[str | None, typer.Option("--zh", help="The reasons in Chinese · 中文理由")]
En = Annotated[str | None, typer.Option("--en", help="The reasons in English · 英文理由")]
Yes = Annotated[int | None, typer.Option("--revision", help="Only if it still has this revision · 仅当修订号一致")]


def new(
    file: File,
    who: As,
    submit: Annotated[bool, typer.Option("--submit", help="Submit it, too · 并提交")] = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Write a request from a file · 从文件起草共享申请."""
    with acting(url, who) as exchange:
        row = exchange.post(API, document(file))
        if submit:
            row = exchange.post(f"{API}/{row['id']}/submit", None, etag=row["revision"])
    _told(row, as_json)


def revise(id: Id, file: File, who: As, revision: Yes = None, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Write a draft anew from a file, or what was returned · 修改申请."""
    with acting(url, who) as exchange:
        known = revision or exchange.get(f"{API}/{id}")["revision"]
        row = exchange.put(f"{API}/{id}", document(file), known)
    _told(row, as_json)


def submit(id: Id, who: As, revision: Yes = None, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Hand it to the provider; what is missing is said at once · 提交申请."""
    _step(id, "submit", None, who, url, as_json, revision)


def accept(id: Id, who: As, revision: Yes = None, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Say that it is complete · 受理申请."""
    _step(id, "accept", None, who, url, as_json, revision)


def return_(
    id: Id,
    who: As,
    missing: Annotated[
        list[str], typer.Option("--missing", help="POINTER=what is needed, repeatable · 缺少的内容，可重复")
    ],
    revision: Yes = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Ask once for all missing parts; the time to answer stands meanwhile · 一次性告知补正."""
    _step(id, "return", {"missing": [_part(each) for each in missing]}, who, url, as_json, revision)


def grant(
    id: Id,
    who: As,
    file: Annotated[
        Path | None, typer.Option("--terms", help="YAML or JSON: what is granted · 同意的范围与条件")
    ] = None,
    zh: Zh = None,
    en: En = None,
    revision: Yes = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Grant it as asked for; with --terms less, or under conditions · 同意或部分同意."""
    body = document(file) if file else {}
    if reasons := reasons_of(zh, en):
        body["reasons"] = reasons
    _step(id, "grant", body, who, url, as_json, revision)


def refuse(
    id: Id, who: As, zh: Zh = None, en: En = None, revision: Yes = None, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """Refuse it with written reasons · 不予同意并说明理由."""
    reasons = reasons_of(zh, en)
    if not reasons:
        raise CommandFailed("Say why with --zh or --en or both.")
    _step(id, "refuse", {"reasons": reasons}, who, url, as_json, revision)


def withdraw(id: Id, who: As, revision: Yes = None, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Take a request back before it is answered · 撤回申请."""
    _step(id, "withdraw", None, who, url, as_json, revision)


def document(file: Path) -> dict[str, Any]:
    """The one document of a YAML or JSON file. Raises CommandFailed."""
    try:
        found = [each.document for each in written.read(file, most_bytes=MOST_BYTES)]
    except Unreadable as unreadable:
        raise CommandFailed(str(unreadable)) from None
    if len(found) != 1 or not isinstance(found[0], dict):
        raise CommandFailed(f"{file}: one document with named members is wanted; write one request a file.")
    return found[0]


def reasons_of(zh: str | None, en: str | None) -> dict[str, str]:
    return {language: text for language, text in (("zh", zh), ("en", en)) if text}


def turn_of(row: dict[str, Any]) -> str:
    """Whose turn it is, in a line; empty when nobody's."""
    turn = row.get("turn")
    if not turn:
        return ""
    until = f", until {turn['due_on']}{' (assumed)' if turn['assumed'] else ''}" if turn["due_on"] else ""
    return f"next: {', '.join(turn['departments'])}: {turn['act']['en']} · {turn['act']['zh']}{until}"


def _step(id: str, step: str, body: Any, who: Path, url: str, as_json: bool, revision: int | None) -> None:
    """Every step names the revision that it is taken on; without --revision it is the one that is there now."""
    with acting(url, who) as exchange:
        known = revision or exchange.get(f"{API}/{id}")["revision"]
        row = exchange.post(f"{API}/{id}/{step}", body, etag=known)
    _told(row, as_json)


def _told(row: dict[str, Any], as_json: bool) -> None:
    agreement = f", agreement {row['agreement_id']}" if row.get("agreement_id") else ""
    show(row, as_json, f"{row['id']}: {row['state']}, revision {row['revision']}{agreement}")
    if not as_json and (line := turn_of(row)):
        note(line)


def _part(text: str) -> dict[str, Any]:
    """`/safeguards=who has access` as one missing part. Raises CommandFailed."""
    pointer, found, need = text.partition("=")
    if not found or not need.strip() or (pointer and not pointer.startswith("/")):
        raise CommandFailed("--missing reads POINTER=what is needed, such as /safeguards='say who has access'.")
    language = "zh" if any("\u4e00" <= letter <= "\u9fff" for letter in need) else "en"
    return {"pointer": pointer, "need": {language: need.strip()}}
