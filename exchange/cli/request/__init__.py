"""`hutong request`: what one department asks of another, and by when it is answered."""

from typing import ClassVar

import typer

from exchange.cli import LazyGroup, Table


class RequestGroup(LazyGroup):
    table: ClassVar[Table] = {
        "new": ("exchange.cli.request.steps:new", "Write a request from a file · 从文件起草共享申请"),
        "revise": ("exchange.cli.request.steps:revise", "Write it anew from a file · 修改申请"),
        "list": ("exchange.cli.request.lists:list_", "List requests, and whose turn it is · 列出申请与待办"),
        "show": ("exchange.cli.request.lists:show_", "Show a request with its deadlines · 查看申请"),
        "submit": ("exchange.cli.request.steps:submit", "Hand it to the provider · 提交申请"),
        "accept": ("exchange.cli.request.steps:accept", "Say that it is complete · 受理申请"),
        "return": ("exchange.cli.request.steps:return_", "Ask once for all missing parts · 一次性告知补正"),
        "grant": ("exchange.cli.request.steps:grant", "Grant it, or less with reasons · 同意或部分同意"),
        "refuse": ("exchange.cli.request.steps:refuse", "Refuse it with reasons · 不予同意并说明理由"),
        "withdraw": ("exchange.cli.request.steps:withdraw", "Take it back · 撤回申请"),
        "extend": ("exchange.cli.request.clocks:extend", "Ask for the one extension · 申请延期"),
        "consent": ("exchange.cli.request.clocks:consent", "Answer an extension; for operators · 答复延期申请"),
        "deadlines": ("exchange.cli.request.clocks:deadlines", "List deadlines · 列出时限"),
        "overdue": ("exchange.cli.request.clocks:overdue", "What is overdue, by department · 逾期统计"),
        "report": ("exchange.cli.request.lists:report", "A year's requests and answers · 年度统计"),
    }


app = typer.Typer(cls=RequestGroup, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
app.callback(help="Ask for data, answer in legal time · 共享申请与法定时限")(lambda: None)
