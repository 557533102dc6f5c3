"""`hutong dataset search`: find datasets by words, in Chinese or English."""

from typing import Annotated, Any

import typer

from catalog.search import queries
from exchange.api import search
from exchange.cli.acting import DEFAULT_URL, Url, acting
from exchange.cli.local import Data, Key, reading, settings_with
from exchange.cli.output import Json, note, show, table

Some = list[str] | None


def command(
    context: typer.Context,
    words: Annotated[Some, typer.Argument(help='Words; "in quotes" exactly so · 检索词')] = None,
    theme: Annotated[Some, typer.Option(help="Code of a theme; repeatable · 主题")] = None,
    department: Annotated[Some, typer.Option(help="Slug; repeatable · 部门")] = None,
    sharing_class: Annotated[Some, typer.Option(help="unconditional, conditional, not-shared · 共享属性")] = None,
    update_cycle: Annotated[Some, typer.Option(help="real-time, daily, weekly … · 更新周期")] = None,
    format: Annotated[Some, typer.Option(help="json, xlsx, shp … · 格式")] = None,
    sensitivity: Annotated[Some, typer.Option(help="1 to 4 · 敏感级别")] = None,
    state: Annotated[Some, typer.Option(help="draft, registered, published, withdrawn · 状态")] = None,
    sort: Annotated[queries.Sort, typer.Option(help="Order · 排序")] = queries.Sort.RELEVANCE,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Datasets at most · 条数")] = 20,
    key: Key = None,
    url: Url = DEFAULT_URL,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Find datasets by words and filters; with --url and no key what everybody may see · 按词语与条件检索数据资源."""
    text = " ".join(words or ())
    given = {"theme": theme, "department": department, "sharing_class": sharing_class, "update_cycle": update_cycle}
    given |= {"format": format, "sensitivity": sensitivity, "state": state}
    filters = {name: values for name, values in given.items() if values}
    if key is not None or (data is None and _named(context, "url")):
        with acting(url, key) as exchange:
            found = exchange.get("/api/v1/search", {"q": text, "sort": sort.value, "limit": str(limit), **filters})
    else:
        with reading(settings_with(data=data)) as session:
            asked = queries.Query(text, filters, sort, None, limit)
            found = search.document(session, queries.search(session, asked))
    _show(found, as_json)
    if not found["items"]:
        raise typer.Exit(1)


def _named(context: typer.Context, option: str) -> bool:
    """Whether the option was given, on the command line or in the environment."""
    source = context.get_parameter_source(option)
    return source is not None and source.name in ("COMMANDLINE", "ENVIRONMENT")


def _show(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show(found, True)
        return
    note(f"{found['total']} found · 共 {found['total']} 条" + (" (words taken apart)" if found["taken_apart"] else ""))
    if found["items"]:
        show(found, False, table(("dataset", "资源 · title", "where"), [_line(item) for item in found["items"]]))
    for suggestion in found["suggestions"]:
        note(f"did you mean · 您是否要找: {suggestion}")


def _line(item: dict[str, Any]) -> tuple[str, object, object]:
    marked = {mark["pointer"]: mark for mark in item["highlights"]}
    titles = [marked.get(f"/title/{language}", {"text": text, "marks": []}) for language, text in item["title"].items()]
    others = [mark for pointer, mark in marked.items() if not pointer.startswith("/title/")]
    return item["id"], _marked(titles), _marked(others[:3])


def _marked(texts: list[dict[str, Any]]) -> object:
    """Texts with their marks in bold, where the terminal can."""
    from rich.text import Text

    lines = []
    for each in texts:
        line = Text(each["text"])
        for start, end in each["marks"]:
            line.stylize("bold reverse", start, end)
        lines.append(line)
    return Text("\n").join(lines)
