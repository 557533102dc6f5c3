"""`hutong`: the command. Nothing is imported before the command that needs it is the one that was asked for.

Commands of other packages come in through the entry-point group `hutong.commands`: the name, and a Typer application
or a function.
"""

import ast
import traceback
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup

from exchange.cli.output import UNUSABLE, CommandFailed, show_failure

GROUP = "hutong.commands"
Table = Mapping[str, tuple[str, str]]
"""By name: where the command is (`module:attribute`) and its short help, shown without importing it."""

COMMANDS: Table = {
    "serve": ("exchange.cli.serve:command", "Serve the exchange · 启动交换平台"),
    "init": ("exchange.cli.init:command", "Make data, keys and the first operator · 初始化数据、密钥与首位运营员"),
    "keys": ("exchange.cli.keys:app", "Keys of the exchange · 平台密钥"),
    "people": ("exchange.cli.people:app", "Stewards, operators, auditors · 人员与权限"),
    "standards": (
        "exchange.cli.standards:app",
        "Check, lint, map and govern standards · 标准的检查、规约与映射",
    ),
    "dataset": (
        "exchange.cli.dataset:app",
        "Register, review, find and export datasets · 数据资源的登记、审核、检索与导出",
    ),
    "policy": ("exchange.cli.policy:app", "Evaluate and exchange policies in ODRL · ODRL 策略的评估与交换"),
    "agreement": (
        "exchange.cli.agreement:app",
        "Draft, sign, amend, end and verify agreements · 共享协议的起草、签署、变更、终止与核验",
    ),
    "request": ("exchange.cli.request:app", "Ask for data, answer in legal time · 共享申请与法定时限"),
    "harvest": ("exchange.cli.harvest:app", "Harvest datasets of other catalogs · 从其他目录采集"),
    "guard": ("exchange.cli.guard:app", "Deny-only rules of the platform · 平台规则"),
    "consent": ("exchange.cli.consent:app", "Consents of data subjects · 数据主体同意"),
    "emergency": ("exchange.cli.emergency:app", "Emergencies and their reviews · 紧急调用及核查"),
    "notices": ("exchange.cli.notices:app", "What you are told · 通知"),
    "client": ("exchange.cli.client:app", "Act as an application · 以应用身份调用"),
    "ledger": ("exchange.cli.ledger:app", "Verify, export, read the ledger · 核验、导出、查询账本"),
    "doctor": ("exchange.cli.doctor:command", "Check this installation · 检查本机安装"),
    "version": ("exchange.cli.version:command", "Show the version · 显示版本"),
}


class LazyGroup(TyperGroup):
    """A group whose commands are imported when they are asked for; for the list of them their help is enough."""

    table: ClassVar[Table] = {}

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return [*self.table, *super().list_commands(ctx)]

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]
        """The command for the list: its name and help only, when it was not loaded."""
        known = self.commands.get(cmd_name)
        if known is None and cmd_name in self.table:
            return TyperCommand(cmd_name, help=self.table[cmd_name][1])
        return known

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override]
        if args and args[0] not in self.commands:
            loaded = self.load(args[0])
            if loaded is not None:
                self.add_command(loaded, args[0])
        return super().resolve_command(ctx, args)

    def load(self, name: str) -> Any:
        """The command itself; None when there is none of this name."""
        if name not in self.table:
            return None
        module, _, attribute = self.table[name][0].partition(":")
        return made(getattr(import_module(module), attribute), name)


class RootGroup(LazyGroup):
    """`hutong` itself: takes plug-ins in, and turns what a command raises into a line and an exit code."""

    table: ClassVar[Table] = COMMANDS

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return list(dict.fromkeys([*super().list_commands(ctx), *sorted(plug_ins())]))

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]
        found = super().get_command(ctx, cmd_name)
        plug_in = plug_ins().get(cmd_name)
        return found if found is not None or plug_in is None else TyperCommand(cmd_name, help=help_of(plug_in))

    def load(self, name: str) -> Any:
        known = super().load(name)
        plug_in = plug_ins().get(name)
        return known if known is not None or plug_in is None else made(plug_in.load(), name)

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        ctx.meta["hutong.json"] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        try:
            return super().invoke(ctx)
        except Exception as error:
            failure = _failure(error, ctx.meta["hutong.json"])
            if failure is None:
                raise
            show_failure(failure, ctx.meta["hutong.json"])
            raise typer.Exit(failure.code) from None


def plug_ins() -> dict[str, EntryPoint]:
    """What installed packages add, by name; a command of ours is never replaced."""
    return {point.name: point for point in entry_points(group=GROUP) if point.name not in COMMANDS}


def help_of(plug_in: EntryPoint) -> str:
    """The docstring's first line of a plug-in's function, read without running any of it."""
    try:
        spec = find_spec(plug_in.module)
        source = Path((spec and spec.origin) or "").read_text(encoding="utf-8")
        defined = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
        text = next((ast.get_docstring(node) for node in defined if node.name == plug_in.attr), None)
    except (ImportError, OSError, SyntaxError, ValueError):
        return f"cannot be loaded · 无法加载 ({plug_in.value})"
    return text.splitlines()[0] if text else plug_in.value


def made(command: Any, name: str) -> Any:
    """A Typer application or a function, as a command of this name."""
    if not isinstance(command, typer.Typer):
        single = typer.Typer(add_completion=False, rich_markup_mode=None)
        single.command(name)(command)
        command = single
    built = typer.main.get_command(command)
    built.name = name
    return built


def build() -> typer.Typer:
    """The whole command, to be called or tested."""
    app = typer.Typer(cls=RootGroup, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.callback(help="Hutong 互通: a city's departments share data · 城市部门间的数据共享交换平台")(lambda: None)
    return app


def main() -> None:
    build()(prog_name="hutong")


def _failure(error: Exception, as_json: bool) -> CommandFailed | None:
    """What to say of an error; None for what Typer says better itself."""
    if isinstance(error, CommandFailed):
        return error
    if isinstance(error, typer.Exit | typer.Abort):
        return None
    if isinstance(error, typer.BadParameter.__mro__[1]):  # UsageError, which Typer does not export
        return CommandFailed(error.format_message()) if as_json else None  # type: ignore[attr-defined]
    if isinstance(error, OSError) or type(error).__module__.partition(".")[0] in _OURS:
        return CommandFailed(str(error))  # these are written for whoever reads them
    traceback.print_exception(error)
    return CommandFailed(f"unexpected {type(error).__name__}", code=UNUSABLE)


_OURS = frozenset({"exchange", "catalog", "policies", "standards", "seeds"})
