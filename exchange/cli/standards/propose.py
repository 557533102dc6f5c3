"""`hutong standards propose`, `submit`, `discard`, `import-codes`: what a steward or an operator brings in."""

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from exchange.cli import documents
from exchange.cli.acting import DEFAULT_URL, As, Url, acting
from exchange.cli.output import NEGATIVE, CommandFailed, Json, show
from exchange.cli.standards.kinds import Slug, Version, What, Which, said
from standards import codesheets

_MOST_BYTES = 8 << 20

File = Annotated[Path, typer.Argument(metavar="FILE", help="The proposal as JSON, as the API takes it · 提案文件")]
Submit = Annotated[bool, typer.Option("--submit", help="Ask for the review at once · 同时提交审核")]


def propose(
    key: As, file: File, kind: Which = What.STANDARDS, submit: Submit = False, url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Draft a new version, or revise the draft that is there · 起草或修订草案."""
    _propose(key, kind, document(file), submit, url, as_json)


def submit(
    key: As, slug: Slug, version: Version, kind: Which = What.STANDARDS, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """Ask for the review of a draft · 提交审核."""
    path = f"{kind.path}/{slug}"
    with acting(url, key) as exchange:
        known = exchange.get(path, {"version": version})["revision"]
        row = exchange.post(f"{path}/{version}/submit", etag=known)
    show(row, as_json, said(row, "is submitted for review"))


def discard(
    key: As, slug: Slug, version: Version, kind: Which = What.STANDARDS, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """Give up what was never published · 废弃草案."""
    path = f"{kind.path}/{slug}"
    with acting(url, key) as exchange:
        row = exchange.get(path, {"version": version})
        exchange.delete(f"{path}/{version}", row["revision"])
    show({"slug": slug, "version": version}, as_json, f"{slug} {version} is discarded.")


def import_codes(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="code,name_zh,name_en,… · 代码表文件")],
    key: As,
    slug: Annotated[str, typer.Option(help="Slug of the code list · 代码集标识")],
    version: Annotated[str, typer.Option(help="Version to propose · 版本")],
    name_zh: Annotated[str | None, typer.Option(help="Chinese name of the list · 中文名称")] = None,
    name_en: Annotated[str | None, typer.Option(help="English name of the list · 英文名称")] = None,
    source: Annotated[str, typer.Option(help="Where the list comes from · 来源标准")] = "",
    department: Annotated[str | None, typer.Option(help="The department that proposes it · 提出部门")] = None,
    submit: Submit = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Propose the codes of a CSV file, in UTF-8 or GB 18030 · 从 CSV 导入代码集."""
    name = {language: text for language, text in (("zh", name_zh), ("en", name_en)) if text}
    try:
        draft = codesheets.read(
            content(file), slug=slug, version=version, name=name, source=source, department=department
        )
    except codesheets.InvalidSheet as error:
        problem = {
            "type": "urn:hutong:verdict:unreadable-codes",
            "title": "The code list cannot be read",
            "detail": str(error),
            "errors": [finding.as_dict() for finding in error.findings],
        }
        raise CommandFailed(f"{file}: {error}", code=NEGATIVE, problem=problem) from None
    except ValidationError as error:
        found = "; ".join(f"{'/'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise CommandFailed(found) from None
    _propose(key, What.CODE_LISTS, draft.model_dump(mode="json", exclude_none=True), submit, url, as_json)


def document(file: Path) -> dict[str, Any]:
    """The object of a JSON or YAML file. Raises CommandFailed."""
    found = documents.document(file, _MOST_BYTES)
    if not isinstance(found, dict):
        raise CommandFailed(f"{file} holds no object")
    return found


def content(file: Path) -> bytes:
    """The bytes of a file of at most 8 MB. Raises CommandFailed."""
    with file.open("rb") as opened:
        found = opened.read(_MOST_BYTES + 1)
    if len(found) > _MOST_BYTES:
        raise CommandFailed(f"{file} is larger than {_MOST_BYTES >> 20} MB")
    return found


def _propose(key: Path, kind: What, draft: dict[str, Any], submit: bool, url: str, as_json: bool) -> None:
    slug, version = str(draft.get("slug", "")), str(draft.get("version", ""))
    with acting(url, key) as exchange:
        known = [
            row
            for row in exchange.pages(kind.path, {"slug": slug, "state": ["draft"]})
            if row["version"] == version and slug
        ]
        if known:
            row = exchange.put(f"{kind.path}/{slug}/{version}", draft, known[0]["revision"])
        else:
            row = exchange.post(kind.path, draft)
        if submit:
            row = exchange.post(f"{kind.path}/{row['slug']}/{row['version']}/submit", etag=row["revision"])
    show(row, as_json, said(row, "is submitted for review" if submit else "is drafted"))
