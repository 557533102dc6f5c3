"""`hutong policy`: policies in ODRL 2.2; the file commands need no server."""

from typing import ClassVar

import typer

from exchange.cli import LazyGroup, Table


class PolicyGroup(LazyGroup):
    table: ClassVar[Table] = {
        "evaluate": ("exchange.cli.policy.evaluate:command", "What a policy says of a request · 评估策略与请求"),
    }


app = typer.Typer(cls=PolicyGroup, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
app.callback(help="Evaluate and exchange policies in ODRL · 评估、导出、导入 ODRL 策略")(lambda: None)
