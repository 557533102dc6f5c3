"""`hutong standards`: check, lint, map and govern standards; the file commands need no server."""

from typing import ClassVar

import typer

from exchange.cli import LazyGroup, Table


class StandardsGroup(LazyGroup):
    table: ClassVar[Table] = {
        "check": ("exchange.cli.standards.check:command", "May a version replace another? · 检查版本兼容性"),
        "lint": ("exchange.cli.standards.lint:command", "Judge an interface specification · 检查接口规范"),
        "rules": ("exchange.cli.standards.rules:command", "The rules of the lint; Spectral export · 列出检查规则"),
        "breaking": ("exchange.cli.standards.breaking:command", "What breaks for callers? · 检查接口的不兼容改动"),
        "map": ("exchange.cli.standards.map:command", "Map records from files · 离线试映射"),
        "list": ("exchange.cli.standards.browse:list_", "What is in force, or in other states · 列出标准"),
        "show": ("exchange.cli.standards.browse:show_", "One version with its content · 显示一个版本"),
        "users": ("exchange.cli.standards.browse:users", "Who uses a version · 查看谁在使用"),
        "diff": ("exchange.cli.standards.diff:command", "What changed between two versions · 比较两个版本"),
        "propose": ("exchange.cli.standards.propose:propose", "Draft or revise a version · 起草或修订草案"),
        "import-codes": ("exchange.cli.standards.propose:import_codes", "A code list from CSV · 从 CSV 导入代码集"),
        "submit": ("exchange.cli.standards.propose:submit", "Ask for the review · 提交审核"),
        "discard": ("exchange.cli.standards.propose:discard", "Give up a draft · 废弃草案"),
        "approve": ("exchange.cli.standards.review:approve", "Publish what another submitted · 审核通过并发布"),
        "return": ("exchange.cli.standards.review:send_back", "Return it with a reason · 退回修改"),
        "deprecate": ("exchange.cli.standards.review:deprecate", "Name a successor and a date · 宣布停用"),
        "retire": ("exchange.cli.standards.review:retire", "Take it out of use · 废止"),
    }


app = typer.Typer(cls=StandardsGroup, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
app.callback(help="Check, lint, map and govern standards · 标准的检查、规约与映射")(lambda: None)
