"""`hutong standards approve`, `return`, `deprecate`, `retire`: what an operator decides."""

from datetime import datetime
from typing import Annotated

import typer

from exchange.cli.acting import DEFAULT_URL, As, Url, acting
from exchange.cli.output import CommandFailed, Json, show
from exchange.cli.standards.kinds import Slug, Version, What, Which, said

Read = Annotated[
    int | None, typer.Option("--revision", help="The revision you have read; absent: what stands now · 已读的修订号")
]


def approve(
    key: As, slug: Slug, version: Version, kind: Which = What.STANDARDS, revision: Read = None,
    url: Url = DEFAULT_URL, as_json: Json = False,
) -> None:  # fmt: skip
    """Publish what somebody else submitted · 审核通过并发布."""
    _step(key, kind, slug, version, "approve", None, "is published", revision, url, as_json)


def send_back(
    key: As,
    slug: Slug,
    version: Version,
    reason: Annotated[str, typer.Option(help="What its author should mend · 退回原因")],
    kind: Which = What.STANDARDS,
    revision: Read = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Return a proposal to its author · 退回修改."""
    _step(key, kind, slug, version, "return", {"reason": reason}, "is returned", revision, url, as_json)


def deprecate(
    key: As,
    slug: Slug,
    version: Version,
    sunset: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day it may be retired · 停用日期")],
    users: Annotated[
        int | None, typer.Option(help="How many use it, as `users` shows; the refusal tells · 已知使用数")
    ] = None,
    successor: Annotated[str | None, typer.Option(help="SLUG:VERSION that takes its place · 替代版本")] = None,
    reason_zh: Annotated[str | None, typer.Option(help="Why nothing takes its place · 原因（中文）")] = None,
    reason_en: Annotated[str | None, typer.Option(help="The same in English · 原因（英文）")] = None,
    kind: Which = What.STANDARDS,
    revision: Read = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Tell everybody to move on to a successor · 宣布停用."""
    reason = {language: text for language, text in (("zh", reason_zh), ("en", reason_en)) if text}
    notice = {"sunset": sunset.date().isoformat(), "acknowledged_users": users, "reason": reason or None}
    if successor is not None:
        other, colon, number = successor.partition(":")
        if not colon:
            raise CommandFailed("--successor is SLUG:VERSION, such as person:2.0.0")
        notice["successor"] = {"slug": other, "version": number}
    _step(key, kind, slug, version, "deprecate", notice, "is deprecated", revision, url, as_json)


def retire(
    key: As, slug: Slug, version: Version, kind: Which = What.STANDARDS, revision: Read = None,
    url: Url = DEFAULT_URL, as_json: Json = False,
) -> None:  # fmt: skip
    """Take a deprecated version out of use · 废止."""
    _step(key, kind, slug, version, "retire", None, "is retired", revision, url, as_json)


def _step(
    key: As, kind: What, slug: str, version: str, step: str, body: object, done: str, revision: int | None, url: str,
    as_json: bool,
) -> None:  # fmt: skip
    path = f"{kind.path}/{slug}"
    with acting(url, key) as exchange:
        known = exchange.get(path, {"version": version})["revision"] if revision is None else revision
        row = exchange.post(f"{path}/{version}/{step}", body, etag=known)
    show(row, as_json, said(row, done))
