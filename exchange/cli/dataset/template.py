"""`hutong dataset template`: the empty national catalog sheet, to be filled in and imported."""

from pathlib import Path
from typing import Annotated

import typer

from catalog.template import csv, sheet, xlsx
from exchange.cli.output import CommandFailed, Json, show

FORMATS = (".xlsx", ".csv")


def command(
    out: Annotated[Path, typer.Option(help="File to make, .xlsx or .csv · 要生成的文件")] = Path("catalog.xlsx"),
    language: Annotated[str, typer.Option(help="zh or en: language of the headings · 列标题语言")] = "zh",
    as_json: Json = False,
) -> None:
    """Write the empty national catalog sheet, with drop-down lists and how to fill it in · 生成空白目录模板."""
    if language not in sheet.LANGUAGES:
        raise CommandFailed("the language is zh or en")
    if out.suffix.lower() not in FORMATS:
        raise CommandFailed(f"{out} is neither .xlsx nor .csv")
    pieces = csv.write([sheet.headings(language)]) if out.suffix.lower() == ".csv" else xlsx.write((), language)
    try:
        with out.open("xb") as file:
            file.writelines(pieces)
    except FileExistsError:
        raise CommandFailed(f"{out} is there already: name another file with --out") from None
    document = {"file": str(out), "language": language, "columns": sheet.headings(language)}
    show(document, as_json, f"{out} is ready to be filled in; import it with `hutong dataset import {out} --dry-run`.")
