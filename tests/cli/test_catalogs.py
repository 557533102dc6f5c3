"""Catalogs in and out, from the command against a live exchange: linked data, data contracts, the harvest."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from exchange import keyfiles
from exchange.cli import build
from tests.town.outside import LiveExchange, eventually
from tests.town.portal import Portal, ckan, package
from tests.town.provider import ScriptedProvider


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveExchange]:
    provider = ScriptedProvider()
    exchange = LiveExchange(tmp_path_factory.mktemp("harvest"), provider, HUTONG_EGRESS="*=127.0.0.1:*")
    exchange.found()
    exchange.start()
    try:
        asyncio.run(exchange.build())
        for who in ("operator", "justice", "health"):
            keyfiles.write(exchange.directory / f"{who}.json", *exchange.keys[who])
        yield exchange
    finally:
        exchange.stop()
        provider.close()


@pytest.fixture
def portal() -> Iterator[Portal]:
    opened = Portal()
    yield opened
    opened.close()


def run(live: LiveExchange, who: str, *words: object, group: str = "harvest") -> Result:
    options = ("--url", live.url, "--as", live.directory / f"{who}.json")
    return CliRunner().invoke(build(), [str(word) for word in (group, *words, *options)])


def told(live: LiveExchange, who: str, *words: object) -> Any:
    result = run(live, who, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_linked_data_and_a_contract_go_out_and_linked_data_comes_in(live: LiveExchange, tmp_path: Path) -> None:
    for suffix in ("ttl", "jsonld"):
        file = tmp_path / f"catalog.{suffix}"
        assert run(live, "health", "export", "--format", suffix, "--out", file, group="dataset").exit_code == 0
        back = run(live, "health", "import", file, "--dry-run", "--json", group="dataset")
        assert back.exit_code == 0, back.output
        assert json.loads(back.stdout)["unchanged"] == ["health/people", "health/sealed"]
    contract = tmp_path / "people.odcs.yaml"
    done = run(live, "justice", "export", "health/people", "--format", "odcs", "--out", contract, group="dataset")
    assert done.exit_code == 0, done.output
    assert yaml.safe_load(contract.read_text())["id"] == "urn:hutong:dataset:health/people"
    assert run(live, "health", "export", "--format", "odcs", group="dataset").exit_code == 2
    (tmp_path / "bad.ttl").write_text("<urn:a> oops")
    bad = run(live, "health", "import", tmp_path / "bad.ttl", group="dataset")
    assert (bad.exit_code, "line 1" in bad.output) == (1, True)


def add(live: LiveExchange, id: str, address: str, kind: str) -> Any:
    return told(live, "operator", "add", id, address, "--department", "justice", "--kind", kind, "--title-zh", "门户")


def test_another_exchange_s_catalog_comes_in(live: LiveExchange) -> None:
    """Its own here: what one exchange exports the other understands, items and all."""
    assert run(live, "justice", "add", "x", "http://x.example", "--department", "justice").exit_code == 1
    add(live, "neighbour", f"{live.url}/catalog?limit=1", "dcat")
    done = told(live, "justice", "run", "neighbour")
    assert (done["state"], done["pages"], done["created"]) == ("finished", 2, 2)
    listed = told(live, "operator", "list")
    assert listed["items"][0]["id"] == "neighbour"
    assert run(live, "health", "log", "neighbour").exit_code == 1, "another department's harvest"
    assert "2 created" in run(live, "justice", "log", "neighbour").stdout

    async def made() -> Any:
        async with live.town() as town:
            return await town.did("justice", "GET", "/datasets/justice/people")

    dataset = asyncio.run(made())
    assert (dataset["state"], dataset["standard"], len(dataset["items"])) == ("draft", "person", 8)


def test_a_failure_is_a_negative_verdict_with_its_log(live: LiveExchange, portal: Portal) -> None:
    portal.answer = ckan([package(1), package(2, title="", name="")])
    add(live, "portal", portal.url, "ckan")
    done = told(live, "operator", "run", "portal")
    assert (done["created"], done["failed"]) == (1, 1)
    log = told(live, "operator", "log", "portal", done["id"])
    assert [fault["remote_id"] for fault in log["faults"]] == ["id-0002"]
    assert "id-0002" in run(live, "operator", "log", "portal", done["id"]).stdout
    portal.answer = lambda path: (500, {}, b"")
    failed = run(live, "operator", "run", "portal")
    assert failed.exit_code == 1
    assert "status" in failed.output


def test_a_process_that_is_killed_goes_on_where_it_was(live: LiveExchange, portal: Portal) -> None:
    site, second = ckan([package(number) for number in range(150)]), threading.Event()

    def answer(path: str) -> Any:
        if "start=100" in path and not second.is_set():
            second.set()
            live.kill()
        return site(path)

    portal.answer = answer
    add(live, "mortal", portal.url, "ckan")
    number = told(live, "operator", "run", "mortal", "--no-wait")["id"]
    assert second.wait(20)
    eventually(lambda: live.process is not None and live.process.poll() is not None)
    live.start()

    def finished() -> Any:
        found = told(live, "operator", "log", "mortal", number)
        return found if found["state"] == "finished" else None

    done = eventually(finished, 30)
    assert (done["pages"], done["created"], done["failed"]) == (2, 150, 0)
    assert [path.split("start=")[1].split("&")[0] for path in portal.asked] == ["0", "100", "100"]
