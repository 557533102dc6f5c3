"""Between rows of texts and registrations: a dataset is the rows of its items, the first of them with the rest. Pure.

Reading changes only what the sheet has columns for: a registration that is there already keeps everything else, and
whatever a cell says in the very words in which it would be written. So a sheet that was exported changes nothing.
"""

import copy
import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from catalog.template import columns
from catalog.template.cells import Unreadable, clean, narrow
from catalog.template.columns import Column, Path, letter
from catalog.template.faults import Faults
from catalog.template.grids import Grid, is_blank

Document = dict[str, Any]
LANGUAGES: Final = ("zh", "en")
_WHOSE: Final = frozenset({"slug", "resource_code", "title_zh", "title_en"})
"""Columns any of which begins a dataset; rows without them go on with the one above."""
_LOOKED_AT: Final = 10


@dataclass(frozen=True, slots=True)
class Shown:
    """A registration, and what the exchange alone writes beside it; `related` as it is to be shown."""

    document: Document
    beside: Mapping[str, str] = field(default_factory=dict)
    related: Sequence[str] | None = None


@dataclass(slots=True)
class Found:
    """What one dataset's rows say: by column the text and the row it stands in, and the same for each item."""

    row: int
    cells: dict[str, str]
    items: list[tuple[int, dict[str, str]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column stands where, from 0, and in which row the headings are."""

    row: int
    places: Mapping[str, int]

    def column(self, key: str) -> str:
        """The letters of a column; empty when the sheet does not have it."""
        return letter(self.places[key]) if key in self.places else ""


# -- writing ----------------------------------------------------------------------------------------------------------


def headings(language: str) -> list[str]:
    return [column.title(language) for column in columns.ALL]


def rows(shown: Shown, language: str) -> Iterator[list[str | int]]:
    """A row for each item, the first with the dataset's columns, the others with its slug; one row without items."""
    head = [_dataset_cell(shown, column, language) for column in columns.DATASET]
    below = [cell if column.key == "slug" else "" for cell, column in zip(head, columns.DATASET, strict=True)]
    items = shown.document.get("items") or [{}]
    for number, item in enumerate(items):
        yield [*(below if number else head), *(_written(item, column, language) for column in columns.ITEM)]


def _dataset_cell(shown: Shown, column: Column, language: str) -> str | int:
    if column.key == "slug":
        return str(shown.document["slug"])
    if column.key == "related" and shown.related is not None:
        return column.form.write(shown.related, language) if shown.related else ""
    return _written(shown.document, column, language) if column.at else clean(shown.beside.get(column.key, ""))


def _written(document: Document, column: Column, language: str) -> str | int:
    value = get(document, column.at)
    if value is None or value == [] or value == "":
        return ""
    return value if type(value) is int else column.form.write(value, language)


def get(document: Any, path: Path) -> Any:
    for step in path:
        if not isinstance(document, dict):
            return None
        document = document.get(step)
    return document


# -- reading ----------------------------------------------------------------------------------------------------------


def read(grid: Grid) -> tuple[Layout, list[Found]]:
    """The datasets of a sheet as texts; what is wrong with headings and rows goes to the grid's faults.

    Raises InvalidSheet when the headings cannot be found, TooMany.
    """
    layout = _layout(grid)
    found: list[Found] = []
    for number, cells in grid.rows:
        if not is_blank(cells):
            _take(found, layout, number, cells, grid.faults)
    _no_twice(found, layout, grid.faults)
    return layout, found


def _layout(grid: Grid) -> Layout:
    for number, cells in grid.rows:
        known = [columns.BY_TITLE.get(columns.plain(cell)) for cell in cells]
        if sum(column is not None for column in known) >= 2:
            return _placed(number, cells, known, grid.faults)
        if number >= _LOOKED_AT:
            break
    grid.faults.add(
        "headings",
        {"zh": f"前 {_LOOKED_AT} 行中没有列标题", "en": f"no headings in the first {_LOOKED_AT} rows"},
        {"zh": "请使用模板的列标题", "en": "use the headings of the template"},
    )
    grid.faults.raise_any()
    raise AssertionError("a fault was just added")


def _placed(row: int, cells: Sequence[str], known: Sequence[Column | None], faults: Faults) -> Layout:
    places: dict[str, int] = {}
    for index, (cell, column) in enumerate(zip(cells, known, strict=True)):
        if column is None and cell:
            near = difflib.get_close_matches(columns.plain(cell), columns.BY_TITLE, 1)
            meant = (columns.BY_TITLE[near[0]].zh, columns.BY_TITLE[near[0]].en) if near else ("", "")
            faults.add(
                "unknown-column",
                {"zh": "没有这一列", "en": "there is no such column"},
                {
                    "zh": f"改为“{meant[0]}”，或删除此列" if near else "删除此列",
                    "en": f"call it {meant[1]!r}, or delete it" if near else "delete it",
                },
                row=row,
                column=letter(index),
            )
        elif column is not None and column.key in places:
            faults.add(
                "column-twice",
                {"zh": "此列出现两次", "en": "the column is there twice"},
                {"zh": f"保留一列“{column.zh}”", "en": f"keep one column {column.en!r}"},
                row=row,
                column=letter(index),
                title=column.zh,
            )
        elif column is not None:
            places[column.key] = index
    return Layout(row, places)


def _take(found: list[Found], layout: Layout, number: int, cells: Sequence[str], faults: Faults) -> None:
    texts = {key: cells[at] if at < len(cells) else "" for key, at in layout.places.items()}
    head = {column.key: texts[column.key] for column in columns.DATASET if column.key in texts}
    item = {column.key: texts[column.key] for column in columns.ITEM if column.key in texts}
    if found and _goes_on(found[-1], head):
        _compare(found[-1], layout, number, head, faults)
    elif any(head.get(key) for key in _WHOSE):
        found.append(Found(number, head))
    else:
        faults.add(
            "whose",
            {"zh": "看不出本行属于哪个资源", "en": "it does not say whose row this is"},
            {"zh": "填写资源标识", "en": "fill in the slug"},
            row=number,
            column=layout.column("slug"),
            title=columns.BY_KEY["slug"].zh,
        )
        return
    if any(item.values()):
        found[-1].items.append((number, item))


def _goes_on(last: Found, head: Mapping[str, str]) -> bool:
    """Whether a row belongs to the dataset above: it names nothing, or names the same."""
    named = {key: head[key] for key in ("slug", "resource_code") if head.get(key)}
    if named:
        return all(narrow(text) == narrow(last.cells.get(key, "")) for key, text in named.items())
    titles = [head[key] for key in ("title_zh", "title_en") if head.get(key)]
    return not titles or all(title in last.cells.values() for title in titles)


def _compare(last: Found, layout: Layout, number: int, head: Mapping[str, str], faults: Faults) -> None:
    for key, text in head.items():
        if text and text != last.cells[key]:
            title = columns.BY_KEY[key]
            faults.add(
                "differs",
                {"zh": f"与第 {last.row} 行不一致", "en": f"it differs from row {last.row}"},
                {
                    "zh": "同一资源各行填写相同内容，或只填第一行",
                    "en": "say the same in all its rows, or in the first only",
                },
                row=number,
                column=layout.column(key),
                title=title.zh,
            )


def _no_twice(found: Sequence[Found], layout: Layout, faults: Faults) -> None:
    for key in ("slug", "resource_code"):
        seen: dict[str, int] = {}
        for one in found:
            text = narrow(one.cells.get(key, ""))
            if text and seen.setdefault(text, one.row) != one.row:
                _twice(faults, layout, key, one.row, seen[text])
    for one in found:
        paths: dict[str, int] = {}
        for row, item in one.items:
            path = narrow(item.get("path", ""))
            if path and paths.setdefault(path, row) != row:
                _twice(faults, layout, "path", row, paths[path])


def _twice(faults: Faults, layout: Layout, key: str, row: int, first: int) -> None:
    faults.add(
        "twice",
        {"zh": f"与第 {first} 行重复", "en": f"it is in row {first} already"},
        {"zh": "每个只出现一次，同一资源的各行要相邻", "en": "each once, and the rows of a dataset together"},
        row=row,
        column=layout.column(key),
        title=columns.BY_KEY[key].zh,
    )


# -- one dataset ------------------------------------------------------------------------------------------------------


def document(
    found: Found,
    layout: Layout,
    known: Document | None,
    faults: Faults,
    related: Callable[[str], str | None],
) -> Document:
    """What is proposed: the registration that is there with the sheet's cells in their places.

    `related` finds the id for a resource code. What cannot be read goes to the faults and stays as it is. Raises
    TooMany.
    """
    proposed: Document = copy.deepcopy(known) if known is not None else {}
    for column in columns.DATASET:
        if column.at and column.key in found.cells:
            _put(proposed, column, found.cells[column.key], found.row, layout, faults)
    if found.cells.get("related"):
        proposed["related"] = [related(each) or each for each in proposed.get("related") or []]
    if found.items:  # a sheet without them takes no items away
        before = {item["path"]: item for item in (known or {}).get("items") or []}
        proposed["items"] = [_item(row, cells, before, layout, faults) for row, cells in found.items]
    return _pruned(proposed)


def _item(
    row: int, cells: Mapping[str, str], before: Mapping[str, Document], layout: Layout, faults: Faults
) -> Document:
    item: Document = copy.deepcopy(before.get(narrow(cells.get("path", "")), {}))
    for column in columns.ITEM:
        if column.key in cells:
            _put(item, column, cells[column.key], row, layout, faults)
    return _pruned(item)


def _put(document: Document, column: Column, text: str, row: int, layout: Layout, faults: Faults) -> None:
    before = get(document, column.at)
    if before is not None and any(text == clean(str(column.form.write(before, one))) for one in LANGUAGES):
        return
    try:
        value = column.form.read(text) if text else None
    except Unreadable as error:
        faults.add("unreadable", error.what, error.fix, row=row, column=layout.column(column.key), title=column.zh)
        return
    _set(document, column.at, value)


def _set(document: Document, path: Path, value: Any) -> None:
    for step in path[:-1]:
        inner = document.get(step)
        document[step] = inner = dict(inner) if isinstance(inner, dict) else {}
        document = inner
    if value is None:
        document.pop(path[-1], None)
    else:
        document[path[-1]] = value


def _pruned(document: Document) -> Document:
    """Without what the sheet has emptied, so that its default holds."""
    for root in _NESTED & document.keys():
        document[root] = _filled(document[root])
    return {key: value for key, value in document.items() if key not in _NESTED or value}


def _filled(value: Any) -> Any:
    """The members that are not empty, however deep."""
    if not isinstance(value, dict):
        return value
    inner = {key: _filled(each) for key, each in value.items()}
    return {key: each for key, each in inner.items() if each is not None and each != {}}


_NESTED: Final = frozenset(column.at[0] for column in columns.ALL if len(column.at) > 1)
