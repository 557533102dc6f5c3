"""`hutong dataset export`: the catalog as a sheet or as linked data, a dataset as a data contract; to file or stdout.

A format is one row of `FORMATS`; each says where the exchange serves it.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from exchange.cli.acting import DEFAULT_URL, Perhaps, Url, acting
from exchange.cli.output import CommandFailed, Json, show


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command was asked for."""

    dataset: str | None
    department: str | None
    language: str
    working: bool


@dataclass(frozen=True, slots=True)
class Format:
    """`where` gives path and query; `one` says that it is of one dataset, otherwise of the catalog."""

    where: Callable[[Asked], tuple[str, Mapping[str, Any]]]
    one: bool = False
    binary: bool = False


def _sheet(suffix: str) -> Callable[[Asked], tuple[str, Mapping[str, Any]]]:
    def where(asked: Asked) -> tuple[str, Mapping[str, Any]]:
        query = {"language": asked.language, "working": "true" if asked.working else "false"}
        return f"/api/v1/catalog/template.{suffix}", query | (
            {"department": asked.department} if asked.department else {}
        )

    return where


FORMATS: dict[str, Format] = {
    "xlsx": Format(_sheet("xlsx"), binary=True),
    "csv": Format(_sheet("csv")),
    "jsonld": Format(lambda asked: ("/catalog.jsonld", {})),
    "ttl": Format(lambda asked: ("/catalog.ttl", {})),
    "odcs": Format(lambda asked: (f"/api/v1/datasets/{asked.dataset}/contract.yaml", {}), one=True),
}


def command(
    dataset: Annotated[
        str | None, typer.Argument(metavar="[DATASET]", help="<department>/<dataset>, for formats of one · 数据资源")
    ] = None,
    key: Perhaps = None,
    format: Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)} · 格式")] = "xlsx",
    out: Annotated[Path | None, typer.Option(help="File to make; default: stdout · 要生成的文件")] = None,
    department: Annotated[str | None, typer.Option(help="Its datasets only · 仅限该部门")] = None,
    language: Annotated[str, typer.Option(help="zh or en: language of a sheet · 语言")] = "zh",
    working: Annotated[bool, typer.Option("--working", help="What is not published too · 含未发布的内容")] = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Export the catalog as a sheet or linked data, a dataset as a data contract (ODCS) · 导出目录."""
    chosen = FORMATS.get(format)
    if chosen is None:
        raise CommandFailed(f"the format is one of {', '.join(FORMATS)}")
    if chosen.one != (dataset is not None):
        raise CommandFailed(
            f"{format} is of {'one dataset: name it' if chosen.one else 'the catalog: name no dataset'}"
        )
    if out is None and (as_json or (chosen.binary and sys.stdout.isatty())):
        raise CommandFailed("name the file to make with --out")
    path, query = chosen.where(Asked(dataset, department, language, working))
    with acting(url, key) as exchange:
        pieces = exchange.download(path, query)
        if out is None:
            sys.stdout.buffer.writelines(pieces)
            return
        size = _written(out, pieces)
    show({"file": str(out), "format": format, "bytes": size}, as_json, f"{out}: {size} bytes.")


def _written(out: Path, pieces: Iterator[bytes]) -> int:
    """How many bytes; no file is left after a failure. Raises CommandFailed."""
    first = next(pieces, b"")  # a refusal comes before any file is made
    try:
        file = out.open("xb")
    except FileExistsError:
        raise CommandFailed(f"{out} is there already: name another file with --out") from None
    try:
        with file:
            file.write(first)
            file.writelines(pieces)
            return file.tell()
    except BaseException:
        out.unlink(missing_ok=True)
        raise
