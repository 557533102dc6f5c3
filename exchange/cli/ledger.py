"""`hutong ledger`: the commands, each imported alone, so that the verifier loads nothing of the server."""

from typing import ClassVar

import typer

from exchange.cli import LazyGroup, Table


class LedgerGroup(LazyGroup):
    table: ClassVar[Table] = {
        "verify": ("exchange.cli.verify:command", "Verify a ledger or a receipt offline · 离线核验账本或回执"),
        "export": ("exchange.cli.export:command", "Export the ledger as static files · 导出账本为静态文件"),
        "show": ("exchange.cli.entries:command", "Find entries · 查询账本条目"),
    }


app = typer.Typer(cls=LedgerGroup, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
app.callback(help="Verify, export, read the ledger · 核验、导出、查询账本")(lambda: None)
