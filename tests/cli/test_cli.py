"""The command as a whole: help, plug-ins, errors."""

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest
import typer

from exchange import cli
from exchange.cli import output
from tests.cli.conftest import Hutong

GROUPS = {"keys": ["show", "rotate"], "people": ["add", "list", "disable", "enable"], "client": ["key", "call"],
          "ledger": ["verify", "export", "show"]}  # fmt: skip


def is_bilingual(text: str) -> bool:
    return any("\u4e00" <= one <= "\u9fff" for one in text) and any(one.isascii() and one.isalpha() for one in text)


def test_help_is_in_both_languages(hutong: Hutong) -> None:
    listed = hutong("--help").out
    for name, (_, short) in cli.COMMANDS.items():
        assert name in listed
        assert is_bilingual(short)
        shown = hutong(name, "--help")
        assert shown.code == 0
        assert is_bilingual(shown.out)


@pytest.mark.parametrize(("group", "name"), [(group, name) for group, names in GROUPS.items() for name in names])
def test_help_of_subcommands(hutong: Hutong, group: str, name: str) -> None:
    assert name in hutong(group, "--help").out
    shown = hutong(group, name, "--help")
    assert shown.code == 0
    assert is_bilingual(shown.out)
    assert "--json" in shown.out


def test_help_loads_no_command() -> None:
    probe = (
        "import sys\nfrom exchange.cli import build\n"
        "try:\n    build()(['--help'])\nexcept SystemExit:\n    pass\n"
        "print([name for name in sys.modules if name.startswith(('exchange.cli.', 'seeds.', 'sqlmodel', 'fastapi'))])"
    )
    ran = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.splitlines()[-1] == "['exchange.cli.output']"


def test_wrong_use_exits_2(hutong: Hutong) -> None:
    assert hutong("sreve").code == 2
    assert hutong("keys", "turn").code == 2
    ran = hutong("version", "--bogus", "--json")
    assert ran.code == 2
    assert "--bogus" in ran.document["detail"]


# -- plug-ins ---------------------------------------------------------------------------------------------------------


def greet() -> None:
    """Greet · 问候."""
    typer.echo("good day")


def crash(as_json: output.Json = False) -> None:
    raise ZeroDivisionError("a value nobody should see in an answer")


plugged = typer.Typer()


@plugged.command()
def one(as_json: output.Json = False) -> None:
    output.show({"one": 1}, as_json, "one")


@plugged.command()
def two() -> None:
    raise output.CommandFailed("twice", code=1)


@pytest.fixture
def plug_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    here = {name: EntryPoint(name, f"{__name__}:{name}", cli.GROUP) for name in ("greet", "crash", "plugged")}
    broken = EntryPoint("broken", "no_such_module:command", cli.GROUP)
    monkeypatch.setitem(sys.modules, __name__, sys.modules[greet.__module__])
    monkeypatch.setattr(cli, "plug_ins", lambda: {**here, "broken": broken})


@pytest.mark.usefixtures("plug_ins")
def test_plug_ins_are_functions_or_applications(hutong: Hutong) -> None:
    assert hutong("greet").out == "good day\n"
    assert hutong("plugged", "one", "--json").document == {"one": 1}
    assert hutong("plugged", "two").code == 1


@pytest.mark.usefixtures("plug_ins")
def test_a_broken_plug_in_breaks_nothing_else(hutong: Hutong) -> None:
    assert "cannot be loaded" in hutong("--help").out
    assert hutong("broken").code == 2
    assert hutong("version").code == 0


@pytest.mark.usefixtures("plug_ins")
def test_a_fault_of_ours_is_neither_success_nor_verdict(hutong: Hutong) -> None:
    ran = hutong("crash", "--json")
    assert ran.code == 2
    assert "nobody should see" not in ran.out
    assert ran.document["detail"] == "unexpected ZeroDivisionError"


def test_the_demonstration_is_a_plug_in() -> None:
    assert "演示" in cli.help_of(cli.plug_ins()["demo"])
