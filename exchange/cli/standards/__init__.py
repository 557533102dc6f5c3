"""`hutong standards`: check, lint, map and govern standards; the file commands need no server."""

from typing import ClassVar

import typer

from exchange.cli import LazyGroup, Table


class StandardsGroup(LazyGroup):
    table: ClassVar[Table] = {
        "check": ("exchange.cli.standards.check:command", "May a version replace another? · 检查版本兼容性"),
        "map": ("exchange.cli.standards.map:command", "Map records from files · 离线试映射"),
    }


app = typer.Typer(cls=StandardsGroup, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
app.callback(help="Check, lint, map and govern standards · 标准的检查、规约与映射")(lambda: None)
