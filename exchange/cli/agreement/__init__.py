"""`hutong agreement`: drafted, signed, put into force, amended, ended, and checked offline."""

from typing import ClassVar

import typer

from exchange.cli import LazyGroup, Table

_STEPS = "exchange.cli.agreement.steps"


class AgreementGroup(LazyGroup):
    table: ClassVar[Table] = {
        "draft": ("exchange.cli.agreement.drafting:draft", "Draft an agreement from a file · 从文件起草协议"),
        "list": ("exchange.cli.agreement.lists:list_", "List agreements · 列出协议"),
        "show": ("exchange.cli.agreement.lists:show_", "Show an agreement, or keep it signed · 查看协议或取得签署文本"),
        "sign": ("exchange.cli.agreement.sign:command", "Sign what is proposed, for your side · 签署"),
        "activate": (f"{_STEPS}:activate", "Put what both sides signed into force · 生效"),
        "suspend": (f"{_STEPS}:suspend", "Refuse its calls for a while · 暂停"),
        "resume": (f"{_STEPS}:resume", "Permit its calls again · 恢复"),
        "amend": ("exchange.cli.agreement.drafting:amend", "Propose the next version from a file · 提出新版本"),
        "discard": (f"{_STEPS}:discard", "Give the proposed version up · 放弃拟议版本"),
        "revoke": (f"{_STEPS}:revoke", "End it, with the reason · 撤销"),
        "achieve": (f"{_STEPS}:achieve", "End it: its purpose is achieved · 目的已实现"),
        "diff": ("exchange.cli.agreement.lists:diff", "Compare two versions · 比较两个版本"),
        "verify": ("exchange.cli.agreement.verify:command", "Check a signed agreement offline · 离线核验签署文本"),
    }


app = typer.Typer(cls=AgreementGroup, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
app.callback(help="Draft, sign, amend, end and verify agreements · 共享协议的起草、签署、变更、终止与核验")(
    lambda: None
)
