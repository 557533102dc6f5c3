"""`hutong dataset publish|approve|return|withdraw|discard`: the steps of a registration's life, one command each."""

from typing import Annotated, Any

import typer

from exchange.cli.acting import DEFAULT_URL, As, Url, acting
from exchange.cli.dataset.register import API
from exchange.cli.output import CommandFailed, Json, note, show

Id = Annotated[str, typer.Argument(metavar="ID", help="department/dataset · 数据资源编号")]
Zh = Annotated[str | None, typer.Option("--zh", help="The reason in Chinese · 中文理由")]
En = Annotated[str | None, typer.Option("--en", help="The reason in English · 英文理由")]
Yes = Annotated[int | None, typer.Option("--revision", help="Only if it still has this revision · 仅当修订号一致")]


def publish(
    id: Id,
    who: As,
    registration: Annotated[
        bool, typer.Option("--registration", help="Ask for the registration review only · 仅送登记审核")
    ] = False,
    revision: Yes = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Submit for review and publication; an operator approves · 提交审核与发布."""
    body = {"review": "registration" if registration else "publication"}
    _step(id, "submit", body, who, url, as_json, revision)


def approve(id: Id, who: As, revision: Yes = None, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Approve what was submitted; for operators · 审核通过."""
    _step(id, "approve", None, who, url, as_json, revision)


def return_(
    id: Id, who: As, zh: Zh = None, en: En = None, revision: Yes = None, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """Give what was submitted back, with the reason; for operators · 退回."""
    _step(id, "return", _reason(zh, en), who, url, as_json, revision)


def withdraw(
    id: Id,
    who: As,
    zh: Zh = None,
    en: En = None,
    on: Annotated[str | None, typer.Option(help="First day without it, such as 2027-01-31 · 撤回日期")] = None,
    cancel: Annotated[bool, typer.Option("--cancel", help="Call an announced withdrawal off · 取消预告")] = False,
    revision: Yes = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """End all calls of a dataset, now or on a day to come; its users are told why · 撤回或预告撤回."""
    if cancel:
        if on or zh or en:
            raise CommandFailed("--cancel stands alone: no day and no reason.")
        _step(id, "withdrawal", None, who, url, as_json, revision, method="delete")
        return
    day = {"on": on} if on is not None else {}
    _step(id, "withdraw", {**_reason(zh, en), **day}, who, url, as_json, revision)


def discard(id: Id, who: As, revision: Yes = None, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Give up what is proposed; a dataset that was never published goes as a whole · 放弃修订或未发布的登记."""
    _step(id, "discard", None, who, url, as_json, revision)


def resume(id: Id, who: As, revision: Yes = None, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Let calls through again that were suspended for their quality · 恢复调用."""
    _step(id, "resume", None, who, url, as_json, revision)


def _step(
    id: str, step: str, body: Any, who: Any, url: str, as_json: bool, revision: int | None, *, method: str = "post"
) -> None:
    """Every step names the revision that it is taken on; without --revision it is the one that is there now."""
    with acting(url, who) as exchange:
        if revision is None:
            revision = exchange.get(f"{API}/{id}")["revision"]
        path = f"{API}/{id}/{step}"
        row = exchange.delete(path, revision) if method == "delete" else exchange.post(path, body, etag=revision)
    show(row, as_json, f"{row['id']}: {row['state']}, revision {row['revision']}{_code(row)}{_end(row)}")
    if not as_json and row.get("turn"):
        note(told(row["turn"]))


def _code(row: dict[str, Any]) -> str:
    return f", {row['resource_code']}" if row.get("resource_code") else ""


def _end(row: dict[str, Any]) -> str:
    return f", withdrawn at {row['withdraws_at']}" if row.get("withdraws_at") else ""


def told(turn: dict[str, Any]) -> str:
    """Whose turn it is, in a line."""
    who = (
        "operator · 运营方"
        if turn["who"] == "operator"
        else f"steward of {turn['department']} · {turn['department']} 数据专员"
    )
    return f"next: {who}: {turn['act']['en']} · {turn['act']['zh']} (since {turn['since'][:19]})"


def _reason(zh: str | None, en: str | None) -> dict[str, Any]:
    """Raises CommandFailed."""
    reason = {language: text for language, text in (("zh", zh), ("en", en)) if text}
    if not reason:
        raise CommandFailed("Say why with --zh or --en or both.")
    return {"reason": reason}
