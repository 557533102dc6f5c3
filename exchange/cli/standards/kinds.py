"""What the governing commands have in common: the kinds, and how to name one version of something."""

from enum import StrEnum
from typing import Annotated, Any

import typer

Slug = Annotated[str, typer.Argument(metavar="SLUG", help="Its name · 标识")]
Version = Annotated[str, typer.Argument(metavar="VERSION", help="Such as 1.0.0 · 版本")]


class What(StrEnum):
    """The kinds, named as in the API."""

    ELEMENTS = "elements"
    CODE_LISTS = "code-lists"
    STANDARDS = "standards"
    CROSSWALKS = "crosswalks"

    @property
    def path(self) -> str:
        return f"/api/v1/{self.value}"


Which = Annotated[What, typer.Option("--kind", help="elements, code-lists, standards, crosswalks · 类别")]


def line(row: dict[str, Any]) -> tuple[str, ...]:
    """A row of a list."""
    name = row["name"]
    return row["slug"], row["version"], row["state"], name.get("zh", ""), name.get("en", ""), row["department"] or ""


COLUMNS = ("slug · 标识", "version · 版本", "state · 状态", "名称", "name", "department · 部门")


def said(row: dict[str, Any], done: str) -> str:
    """One sentence about what was done, and what to look out for."""
    warnings = [f"  {one['pointer']}: {one['expected']}" for one in row.get("warnings", ())]
    return "\n".join([f"{row['slug']} {row['version']} {done} ({row['state']}).", *warnings])
