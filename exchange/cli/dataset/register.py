"""`hutong dataset register`: registers or revises datasets from files, after saying everything that is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from catalog.models import DatasetDraft, Stage
from exchange.cli.acting import DEFAULT_URL, Url, acting
from exchange.cli.dataset.files import Draft, read
from exchange.cli.local import Key
from exchange.cli.output import NEGATIVE, CommandFailed, Json, note, progress, show
from exchange.cli.written import Located, Unreadable
from exchange.client import Exchange, ExchangeError
from exchange.client.errors import NotPermitted, Unidentified

API = "/api/v1/datasets"
Files = Annotated[
    list[Path], typer.Argument(metavar="FILE…", help="YAML or JSON, one or many registrations · 登记文件")
]


@dataclass(slots=True)
class Planned:
    """One registration on its way: what the exchange said of it, and what came of it."""

    draft: Draft
    shape: DatasetDraft
    answer: dict[str, Any] = field(default_factory=dict)
    result: str = "checked"
    revision: int | None = None

    @property
    def id(self) -> str:
        return f"{self.shape.department}/{self.shape.slug}"

    @property
    def waits(self) -> bool:
        """Whether it is proposed already and nobody has submitted it."""
        return self.answer.get("stage") in (Stage.DRAFT, Stage.REGISTERED)

    def as_dict(self) -> dict[str, Any]:
        place = self.draft.places[""]
        shown = {"id": self.id, "result": self.result, "revision": self.revision, "file": self.draft.file}
        return {**shown, "line": place.line, "missing": self.answer.get("missing", [])}


def command(
    files: Files,
    check: Annotated[bool, typer.Option("--check", help="Say what is wrong, change nothing · 仅检查")] = False,
    submit: Annotated[bool, typer.Option("--submit", help="Submit for both reviews, too · 并提交审核")] = False,
    key: Key = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Register or revise datasets from files; all that is wrong is said first · 从文件登记或修订数据资源."""
    if key is None and not check:
        raise CommandFailed(
            "Name your key file with --as or HUTONG_KEY; only --check works without, on the shape alone."
        )
    plans, wrong = _shaped(files)
    if key is None:
        _answer(plans, wrong, as_json)
        return
    with acting(url, key) as exchange:
        _ask(exchange, plans, wrong, needed=submit)
        if not wrong and not check:
            _act(exchange, plans, wrong, submit)
    _answer(plans, wrong, as_json)


def _shaped(files: Sequence[Path]) -> tuple[list[Planned], list[Located]]:
    """The registrations whose shape is right, and what is wrong with the others."""
    plans, wrong, seen = [], list[Located](), set[str]()
    for file in files:
        try:
            drafts = read(file)
        except Unreadable as unreadable:
            wrong += unreadable.findings
            continue
        for draft in drafts:
            shape, found = draft.shaped()
            wrong += found
            if shape is None:
                continue
            plan = Planned(draft, shape)
            if plan.id in seen:
                wrong.append(draft.at("/slug", "unique", f"each dataset once: {plan.id} stands before"))
            seen.add(plan.id)
            plans.append(plan)
    return plans, wrong


def _ask(exchange: Exchange, plans: Sequence[Planned], wrong: list[Located], *, needed: bool) -> None:
    """What the exchange finds wrong; with `needed` what its reviews would miss is wrong, too."""
    with progress("checking · 检查") as report:
        for done, plan in enumerate(plans, 1):
            try:
                plan.answer = exchange.post(f"{API}/check", plan.shape.model_dump(mode="json"))
            except Unidentified:
                raise
            except NotPermitted as error:
                wrong.append(plan.draft.at("/department", "permitted", str(error)))
                continue
            found = [*plan.answer["findings"], *(plan.answer["missing"] if needed else ())]
            wrong += [plan.draft.at(one["pointer"], one["rule"], one["expected"]) for one in found]
            report(done, len(plans))


def _act(exchange: Exchange, plans: Sequence[Planned], wrong: list[Located], submit: bool) -> None:
    """Each registration by itself: one that is refused stops no other."""
    with progress("registering · 登记") as report:
        for done, plan in enumerate(plans, 1):
            try:
                _bring(exchange, plan)
                if submit and (plan.result != "unchanged" or plan.waits):
                    row = exchange.post(f"{API}/{plan.id}/submit", {"review": "publication"}, etag=plan.revision)
                    plan.result, plan.revision = f"{plan.result} and submitted", row["revision"]
            except ExchangeError as error:
                plan.result = "refused"
                found = error.errors or [{"pointer": "", "rule": error.slug, "expected": str(error)}]
                wrong += [plan.draft.at(one["pointer"], one["rule"], one["expected"]) for one in found]
            report(done, len(plans))


def _bring(exchange: Exchange, plan: Planned) -> None:
    document, known = plan.shape.model_dump(mode="json"), plan.answer["revision"]
    if known is None:
        plan.result, plan.revision = "registered", exchange.post(API, document)["revision"]
    elif plan.answer["changes"]:
        plan.result, plan.revision = "revised", exchange.put(f"{API}/{plan.id}", document, known)["revision"]
    else:
        plan.result, plan.revision = "unchanged", known


def _answer(plans: Sequence[Planned], wrong: Sequence[Located], as_json: bool) -> None:
    shown = {"datasets": [plan.as_dict() for plan in plans], "findings": [one.as_dict() for one in wrong]}
    lines = [f"{plan.id}: {plan.result}" for plan in plans]
    if not as_json:
        for one in wrong:
            note(str(one))
        _note_missing(plans)
    if not wrong or any(plan.result != "checked" for plan in plans) or as_json:
        show(shown, as_json, "\n".join(lines))
    if wrong:
        if not as_json:
            note(f"{len(wrong)} findings · 共 {len(wrong)} 个问题")
        raise typer.Exit(NEGATIVE)


def _note_missing(plans: Sequence[Planned]) -> None:
    """What is no fault yet, and will be asked for by the reviews."""
    for plan in plans:
        for one in plan.answer.get("missing", ()):
            note(f"{plan.id}: for its reviews: {one['pointer']}: {one['expected']}")
