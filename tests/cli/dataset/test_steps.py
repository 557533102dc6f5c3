"""`hutong dataset` against a live exchange: what a steward and an operator do from files and at the prompt."""

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import closing, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from catalog import departments
from catalog.models import DepartmentDraft
from exchange import keyfiles
from exchange.cli.dataset import steps
from exchange.cli.dataset.load import MOST_TOLD
from exchange.node import Node
from exchange.settings import Settings
from tests.cli.conftest import Hutong
from tests.town import documents
from tests.town.outside import LiveExchange
from tests.town.provider import ScriptedProvider

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveExchange]:
    provider = ScriptedProvider()
    made = LiveExchange(tmp_path_factory.mktemp("live"), provider)
    made.found()
    made.start()
    asyncio.run(made.build())
    for who in ("health", "justice", "operator-2"):
        keyfiles.write(made.directory / f"{who}.json", *made.keys[who])
    yield made
    made.stop()
    provider.close()


@pytest.fixture
def dataset(hutong: Hutong, live: LiveExchange) -> Any:
    """`hutong dataset` as somebody, with `--json`: exit code and document."""

    def run(who: str | None, step: str, *words: object) -> tuple[int, Any]:
        acting = ("--as", live.directory / f"{who}.json", "--url", live.url) if who else ()
        ran = hutong("dataset", step, *words, *acting, "--json")
        return ran.code, ran.document

    return run


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def write(*drafts: Any, name: str = "datasets.yaml") -> Path:
        path = tmp_path / name
        path.write_text("\n---\n".join(json.dumps(draft, ensure_ascii=False, indent=1) for draft in drafts))
        return path

    return write


def closed(slug: str, **changes: Any) -> dict[str, Any]:
    return documents.secret_dataset(slug) | changes


def test_from_a_file_to_a_published_dataset_and_its_next_version(dataset, file, live, hutong):
    code, said = dataset("health", "register", file(closed("one"), closed("two")), "--submit")
    assert (code, [row["result"] for row in said["datasets"]]) == (0, ["registered and submitted"] * 2)
    code, waiting = dataset("operator-2", "review", "--turn", "operator")
    assert {row["dataset"] for row in waiting["items"]} == {"health/one", "health/two"}
    code, row = dataset("operator-2", "approve", "health/one")
    assert (code, row["state"], row["approved"]) == (0, "published", ["registration", "publication"])
    code, row = dataset("operator-2", "return", "health/two", "--en", "Say which law.")
    assert (code, row["turn"]["who"]) == (0, "steward")

    code, said = dataset("health", "register", file(closed("one"), closed("two")), "--submit")
    results = [row["result"] for row in said["datasets"]]
    assert (code, results) == (0, ["unchanged", "unchanged and submitted"]), "only what waits for its steward"
    code, said = dataset("health", "register", file(closed("two")), "--submit")
    assert (code, said["datasets"][0]["result"]) == (0, "unchanged"), "it is under review"

    changed = file(closed("one", title={"en": "Anew"}))
    code, said = dataset("health", "diff", changed)
    assert (code, [change["pointer"] for change in said["compared"][0]["changes"]]) == (1, ["/title/en"])
    assert dataset("health", "register", changed)[1]["datasets"][0]["result"] == "revised"
    assert dataset("health", "register", changed)[1]["datasets"][0]["result"] == "unchanged"
    assert dataset("health", "diff", changed) == (0, {"compared": [{"dataset": "health/one", "changes": []}]})
    code, said = dataset("justice", "diff", "health/one")
    assert (code, said["compared"][0]["changes"]) == (0, []), "what is proposed is none of theirs"
    code, said = dataset("health", "diff", "health/one")
    assert (code, said["compared"][0]["new"]) == (1, 2)
    assert dataset("health", "show", "health/one")[1]["pending"]["title"] == {"en": "Anew"}
    assert dataset("health", "publish", "health/one")[0] == 0
    assert dataset("operator-2", "approve", "health/one", "--revision", "1")[0] == 1, "not what was read"
    assert dataset("operator-2", "approve", "health/one")[1]["version"] == 2
    code, said = dataset("justice", "list", "--sort=-changed_at")
    assert said["items"][0]["id"] == "health/one"
    assert dataset("health", "withdraw", "health/one", "--zh", "停用", "--on", "tomorrow")[0] == 1
    code, row = dataset("health", "withdraw", "health/one", "--zh", "停用", "--on", "2199-01-31")
    assert (code, row["state"], row["withdraws_at"][:10]) == (0, "published", "2199-01-30"), "midnight in Shanghai"
    acting = ("--as", live.directory / "health.json", "--url", live.url)
    shown = hutong("dataset", "show", "health/one", *acting).out
    assert re.search(r"will be withdrawn .*2199-01-30T16:00:00\S*: 停用", shown)
    assert dataset("health", "withdraw", "health/one", "--cancel", "--zh", "停用")[0] == 2
    assert dataset("health", "withdraw", "health/one", "--cancel")[1]["withdraws_at"] is None
    code, row = dataset("health", "withdraw", "health/one", "--zh", "停用")
    assert (code, row["state"]) == (0, "withdrawn")
    assert "withdrawn: 停用" in hutong("dataset", "show", "health/one", *acting).out, "and why"


def test_what_was_never_published_is_given_up_and_registered_anew(dataset, file):
    assert dataset("health", "register", file(closed("brief")))[0] == 0
    code, row = dataset("health", "discard", "health/brief")
    assert (code, row["state"], row["revision"]) == (0, "discarded", 2)
    assert dataset("health", "show", "health/brief")[0] == 1
    assert dataset("health", "register", file(closed("brief")))[1]["datasets"][0]["revision"] == 3


def test_everybody_finds_what_is_published_without_a_key(hutong, live):
    ran = hutong("dataset", "search", "--url", live.url, "--json")
    assert (ran.code, ran.document["items"] != []) == (0, True)
    ran = hutong("dataset", "search", "--url", live.url, "--state", "draft", "--json")
    assert ran.code == 1, "and nothing else"
    assert hutong("dataset", "search", "births", "--url", "http://127.0.0.1:9", "--json").code == 2


def test_without_a_key_everybody_sees_what_is_published_and_nothing_else(dataset, file, live, hutong, tmp_path):
    """`health/people` is published with a service and its credential; beside it stands a proposal, and a draft."""
    assert dataset("health", "register", file(closed("hidden", title={"en": "Hidden draft"})))[0] == 0
    assert dataset("health", "register", file(documents.dataset(title={"en": "Proposed anew"})))[0] == 0
    assert dataset("health", "show", "health/people")[1]["pending"]["title"] == {"en": "Proposed anew"}
    said, at = [], ("--url", live.url)
    for words in (("show", "health/people"), ("quality", "health/people"), ("show", "health/people", "--json")):
        ran = hutong("dataset", *words, *at)
        assert ran.code == 0, ran.err
        said.append(ran.out)
    shown = ran.document
    assert [one["number"] for one in shown["versions"]] == [1]
    assert not {"pending", "turn", "created_by", "changed_by"} & shown.keys()
    for words in (("ttl",), ("jsonld",), ("csv",), ("odcs", "health/people")):
        out = tmp_path / words[0]
        ran = hutong("dataset", "export", *words[1:], "--format", words[0], "--out", out, *at)
        assert ran.code == 0, ran.err
        said.append(out.read_text())
        assert "People" in said[-1]
    provider = live.provider.address.split("//")[1]
    for text in said:
        for secret in ("Proposed anew", "Hidden draft", "health/hidden", provider, documents.LEAK):
            assert secret not in text
    for words in (
        ("show", "health/hidden"),
        ("quality", "health/hidden"),
        ("export", "health/hidden", "--format", "odcs"),
        ("export", "--working", "--format", "csv", "--out", tmp_path / "working.csv"),
    ):
        assert hutong("dataset", *words, *at).code == 1, words
    assert not (tmp_path / "working.csv").exists()
    assert hutong("dataset", "show", "health/people", "--url", "http://127.0.0.1:9").code == 2


@pytest.mark.parametrize(
    ("command", "more"), [(steps.publish, {}), (steps.withdraw, {"en": "Switched off."}), (steps.discard, {})]
)
def test_a_step_is_taken_on_what_was_read(monkeypatch, command, more):
    sent = []

    class Recorded:
        def get(self, path):
            return {"revision": 7}

        def post(self, path, body, *, etag):
            sent.append((path, etag))
            return {"id": "health/one", "state": "draft", "revision": 8}

    monkeypatch.setattr(steps, "acting", lambda url, key: nullcontext(Recorded()))
    command("health/one", Path("key.json"), **more)
    command("health/one", Path("key.json"), **more, revision=6)
    assert [etag for _, etag in sent] == [7, 6]


def test_all_that_is_wrong_in_all_files_is_said_and_nothing_is_done(dataset, file, tmp_path):
    good, odd = closed("good"), closed("odd", standard="none", standard_version="1.0.0")
    bad = closed("bad", sharing_class="secret")
    paths = [file(good, odd, name="a.yaml"), file(bad, closed("good"), name="b.yaml")]
    broken = tmp_path / "c.yaml"
    broken.write_text("a: [")
    code, said = dataset("health", "register", *paths, broken)
    assert code == 1
    found = [(Path(one["file"]).name, one["line"], one["pointer"]) for one in said["findings"]]
    assert [(name, pointer) for name, _, pointer in found] == [
        ("b.yaml", "/sharing_class"), ("b.yaml", "/slug"), ("c.yaml", ""), ("a.yaml", "/standard"),
    ]  # fmt: skip
    assert all(line > 1 for name, line, _ in found if name != "c.yaml")
    assert dataset("health", "show", "health/good")[0] == 1, "it was registered by no means"


def test_a_check_changes_nothing_and_needs_no_key_for_the_shape(dataset, file):
    code, said = dataset(None, "register", file(closed("some", category=None)), "--check")
    assert (code, said["datasets"][0]["missing"]) == (0, [])
    code, said = dataset("health", "register", file(closed("some", category=None)), "--check")
    assert (code, [one["pointer"] for one in said["datasets"][0]["missing"]]) == (0, ["/category"])
    assert dataset("health", "register", file(closed("some", category=None)), "--submit")[0] == 1
    assert dataset("health", "show", "health/some")[0] == 1


def test_another_departments_dataset_is_not_registered(dataset, file):
    code, said = dataset("justice", "register", file(closed("theirs")))
    assert (code, [one["pointer"] for one in said["findings"]]) == (1, ["/department"])


def test_text_for_readers_says_file_line_and_column(hutong, live, file):
    path = file(closed("odd", sharing_class="secret"))
    ran = hutong("dataset", "register", path, "--check")
    assert ran.code == 1
    line = path.read_text().splitlines().index(' "sharing_class": "secret",') + 1
    assert f"{path}:{line}:19: /sharing_class: " in ran.err
    assert hutong("dataset", "register", path).code == 2, "no key and no --check"


@pytest.mark.usefixtures("begun")
def test_a_catalog_is_loaded_whole_or_not_at_all(hutong, file, tmp_path):
    """No department is registered here, so every line is wrong."""
    lines = tmp_path / "all.jsonl"
    lines.write_text("\n".join(json.dumps(closed(f"d{number}")) for number in range(3)))
    ran = hutong("dataset", "load", lines, "--json")
    assert (ran.code, ran.document["loaded"], len(ran.document["findings"])) == (1, 0, 3)
    assert ran.document["findings"][2]["line"] == 3
    lines.write_text('{"department": "health"}\n{"a"\n')
    ran = hutong("dataset", "load", lines, "--json")
    assert (ran.code, ran.document["findings"][-1]["rule"]) == (1, "syntax")
    assert len(ran.document["findings"]) <= MOST_TOLD


@pytest.mark.usefixtures("begun")
def test_a_catalog_that_is_right_is_loaded(hutong, tmp_path):
    with closing(Node.open(Settings(data=tmp_path / "var"))) as node, node.units.begin("console", NOW) as work:
        code = documents.credit_code(1)
        department = DepartmentDraft(slug="health", name={"en": "Health"}, credit_code=code, contact="desk")
        departments.register(work.session, department, work.by, work.now)
        work.record("department.registered", "health")
    lines = tmp_path / "all.jsonl"
    lines.write_text("\n".join(json.dumps(closed(f"d{number}")) for number in range(3)))
    assert hutong("dataset", "load", lines, "--json").document == {"loaded": 3, "findings": []}
    again = hutong("dataset", "load", lines, "--json")
    assert (again.code, again.document["findings"][0]["rule"]) == (1, "unique")


def test_a_floor_is_set_shown_and_dropped_and_resuming_needs_a_suspension(dataset: Any) -> None:
    assert dataset("health", "floor", "health/people") == (0, {"floor": None})
    code, set_ = dataset("health", "floor", "health/people", "--share", 0.9, "--replies", 30)
    assert (code, set_["floor"]["share"], set_["floor"]["replies"]) == (0, 0.9, 30)
    assert dataset("health", "floor", "health/people")[1]["floor"]["share"] == 0.9
    assert dataset("justice", "floor", "health/people", "--share", 0.5)[0] == 1
    assert dataset("health", "floor", "health/people", "--drop") == (0, {"floor": None})
    code, problem = dataset("health", "resume", "health/people")
    assert (code, problem["type"]) == (1, "urn:hutong:problem:conflict")
    code, report = dataset("health", "quality", "health/people")
    assert (code, set(report) >= {"completeness", "conformance", "service_level"}) == (0, True)
