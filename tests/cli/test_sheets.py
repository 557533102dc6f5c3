"""A steward's way with the sheet and notices, from the command against a live exchange."""

import asyncio
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from exchange import keyfiles
from exchange.cli import build
from tests.catalog.template.conftest import workbook
from tests.town.outside import LiveExchange
from tests.town.provider import ScriptedProvider

HEAD = ["资源标识", "信息资源名称", "信息资源摘要", "共享类型", "共享条件"]
ROW = ["births", "出生", "摘要", "有条件共享", "条件"]


class Desk:
    """Whoever sits there has a key file, and the command."""

    def __init__(self, live: LiveExchange, directory: Path) -> None:
        self.url, self.directory = live.url, directory
        for who in ("health", "justice", "operator"):
            client_id, key = live.keys[who]
            keyfiles.write(directory / f"{who}.json", client_id, key)

    def run(self, who: str, *words: object) -> Result:
        more = ("--url", self.url, "--as", self.directory / f"{who}.json")
        return CliRunner().invoke(build(), [str(word) for word in (*words, *more)])

    def told(self, who: str, *words: object) -> Any:
        ran = self.run(who, *words, "--json")
        assert ran.exit_code == 0, ran.output
        return json.loads(ran.stdout)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    directory, provider = tmp_path_factory.mktemp("desk"), ScriptedProvider()
    live = LiveExchange(directory, provider)
    live.found()
    live.start()

    async def register() -> None:
        async with live.town() as town:
            await town.register_parties()
            live.keys = town.keys

    try:
        asyncio.run(register())
        yield Desk(live, directory)
    finally:
        live.stop()
        provider.close()


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HUTONG_URL", "HUTONG_KEY"):
        monkeypatch.delenv(name, raising=False)


def sheet(directory: Path, *rows: list[Any], name: str = "sheet.xlsx") -> Path:
    (directory / name).write_bytes(workbook(HEAD, *rows))
    return directory / name


def test_from_an_empty_sheet_to_a_registration_and_back(desk: Desk, tmp_path: Path) -> None:
    empty = tmp_path / "empty.xlsx"
    made = CliRunner().invoke(build(), ["dataset", "template", "--out", str(empty), "--json"])
    assert made.exit_code == 0, made.output
    assert openpyxl.load_workbook(empty).sheetnames == ["信息资源目录", "选项", "填写说明"]
    assert CliRunner().invoke(build(), ["dataset", "template", "--out", str(empty)]).exit_code == 2
    file = sheet(tmp_path, ROW)
    assert desk.told("health", "dataset", "import", file, "--dry-run")["created"] == ["health/births"]
    assert desk.told("health", "dataset", "import", file)["created"] == ["health/births"]
    assert desk.told("health", "dataset", "import", file)["unchanged"] == ["health/births"]
    for kind in ("xlsx", "csv"):
        out = tmp_path / f"back.{kind}"
        asked = ("dataset", "export", "--format", kind, "--out", out, "--department", "health", "--working")
        assert desk.told("health", *asked)["bytes"] == out.stat().st_size
        assert desk.told("health", "dataset", "import", out)["unchanged"] == ["health/births"]
        assert desk.run("health", *asked).exit_code == 2, "no file is overwritten"


def test_a_bad_sheet_is_a_negative_verdict_that_names_every_cell(desk: Desk, tmp_path: Path) -> None:
    file = sheet(tmp_path, ["Bad", "", "摘要", "也许", ""])
    ran = desk.run("health", "dataset", "import", file)
    assert ran.exit_code == 1
    assert [place in ran.stderr for place in ("/A2: ", "/B2: ", "/D2: ")] == [True] * 3
    as_json = desk.run("health", "dataset", "import", file, "--json")
    assert as_json.exit_code == 1
    assert {error["cell"] for error in json.loads(as_json.stdout)["errors"]} >= {"A2", "B2", "D2"}


def test_wrong_use(desk: Desk, tmp_path: Path) -> None:
    file = sheet(tmp_path, ROW)
    assert desk.run("health", "dataset", "import", tmp_path / "none.xlsx").exit_code == 2
    assert desk.run("health", "dataset", "import", tmp_path / "sheet.doc").exit_code == 2
    assert desk.run("operator", "dataset", "import", file).exit_code == 2, "whose datasets these are is not said"
    assert desk.run("operator", "dataset", "import", file, "--department", "health").exit_code == 1
    assert desk.run("health", "dataset", "export", "--format", "doc").exit_code == 2
    refused = ("dataset", "export", "--out", tmp_path / "x.xlsx", "--department", "health", "--working")
    assert desk.run("justice", *refused).exit_code == 1
    assert not (tmp_path / "x.xlsx").exists()
    for words in (("--language", "fr"), ("--out", "x.doc")):
        assert CliRunner().invoke(build(), ["dataset", "template", *words]).exit_code == 2


def test_the_catalog_as_linked_data_comes_through_the_same_command(desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "catalog.ttl"
    assert desk.told("health", "dataset", "export", "--format", "ttl", "--out", out)["bytes"] > 100
    assert b"dcat:Catalog" in out.read_bytes()


def test_notices_are_listed_and_marked(desk: Desk) -> None:
    found = desk.told("health", "notices")
    assert set(found) == {"unread", "all", "items", "next"}
    assert desk.run("health", "notices").exit_code == 0
    marked = desk.run("health", "notices", "read", "--all", "--json")
    assert marked.exit_code == 0, marked.output
    assert desk.told("health", "notices", "--unread")["items"] == []
    assert desk.run("health", "notices", "read").exit_code == 2
    assert desk.run("health", "notices", "read", "999999").exit_code == 1
    assert CliRunner().invoke(build(), ["notices"]).exit_code == 2


def test_a_template_in_english(tmp_path: Path) -> None:
    out = tmp_path / "catalog.csv"
    ran = CliRunner().invoke(build(), ["dataset", "template", "--out", str(out), "--language", "en", "--json"])
    assert ran.exit_code == 0
    assert io.StringIO(out.read_text("utf-8-sig")).readline().startswith("category,slug,title (Chinese)")
