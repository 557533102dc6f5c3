"""`hutong request` against a live exchange: what both stewards and an operator do at the prompt."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exchange import keyfiles
from tests.cli.conftest import Hutong
from tests.town import documents
from tests.town.outside import LiveExchange
from tests.town.provider import ScriptedProvider

GRANT = {"items": ["id", "name"], "masks": [{"item": "id", "function": "keep-last", "arguments": {"count": 4}}]}


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
def request_(hutong: Hutong, live: LiveExchange) -> Any:
    """`hutong request` as somebody, with `--json`: exit code and document."""

    def run(who: str, step: str, *words: object) -> tuple[int, Any]:
        ran = hutong("request", step, *words, "--as", live.directory / f"{who}.json", "--url", live.url, "--json")
        return ran.code, ran.document

    return run


@pytest.fixture
def text(hutong: Hutong, live: LiveExchange) -> Any:
    """The same for a reader."""

    def run(who: str, step: str, *words: object) -> str:
        ran = hutong("request", step, *words, "--as", live.directory / f"{who}.json", "--url", live.url)
        assert ran.code == 0, ran.err
        return ran.out + ran.err

    return run


def written(tmp_path: Path, document: Any) -> Path:
    path = tmp_path / "request.yaml"
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1))
    return path


def test_from_a_file_to_an_agreement(request_, text, tmp_path: Path) -> None:
    code, row = request_("justice", "new", written(tmp_path, documents.request(safeguards=[])))
    assert (code, row["state"]) == (0, "draft")
    code, problem = request_("justice", "submit", row["id"])
    assert (code, [error["pointer"] for error in problem["errors"]]) == (1, ["/safeguards"])
    assert request_("justice", "revise", row["id"], written(tmp_path, documents.request()))[0] == 0
    told = text("justice", "submit", row["id"])
    assert "submitted" in told
    assert "next: health: answer the request · 答复申请, until 20" in told
    assert row["id"] in text("health", "list", "--turn", "provider")

    code, returned = request_("health", "return", row["id"], "--missing", "/safeguards=说明谁可访问")
    assert (code, returned["returned"]["missing"][0]["need"]) == (0, {"zh": "说明谁可访问"})
    assert "missing /safeguards" in text("justice", "show", row["id"])
    assert request_("justice", "submit", row["id"])[1]["state"] == "submitted"

    part = tmp_path / "part.json"
    part.write_text(json.dumps(GRANT))
    code, problem = request_("health", "grant", row["id"], "--terms", part)
    assert (code, "reasons" in problem["detail"]) == (1, True)
    code, granted = request_("health", "grant", row["id"], "--terms", part, "--en", "the phone is not needed")
    assert (code, granted["state"]) == (0, "granted-in-part")
    assert granted["agreement_id"].startswith("agr-")
    assert "in time" in text("justice", "show", row["id"])


def test_an_extension_needs_two(request_, text, tmp_path: Path) -> None:
    _, row = request_("justice", "new", written(tmp_path, documents.request()), "--submit")
    days = row["deadlines"][0]["days"]
    assert request_("justice", "extend", row["id"], "--days", 5, "--reason", "x")[0] == 1
    code, deadline = request_("health", "extend", row["id"], "--days", 5, "--reason", "the system is moved")
    assert (code, deadline["days"]) == (0, days)
    assert deadline["id"] in text("health", "deadlines")
    code, deadline = request_("operator-2", "consent", deadline["id"])
    assert (code, deadline["days"]) == (0, days + 5)
    assert "health" in text("operator-2", "overdue")
    assert request_("justice", "withdraw", row["id"])[1]["state"] == "withdrawn"


def test_a_refusal_and_the_years_report(request_, text, tmp_path: Path) -> None:
    _, row = request_("justice", "new", written(tmp_path, documents.request()), "--submit")
    assert request_("health", "refuse", row["id"])[0] == 2
    assert request_("health", "refuse", row["id"], "--zh", "目的与依据不符")[1]["state"] == "refused"
    year = row["submitted_at"][:4]
    code, report = request_("operator-2", "report", "--year", year)
    assert code == 0
    (line,) = report["items"]
    assert (line["department"], line["refused"], line["late"], line["on_time_share"]) == ("health", 1, 0, 1.0)
    assert {"zh": "目的与依据不符"} in [reason["reasons"] for reason in line["reasons"]]
    assert "100%" in text("health", "report", "--year", year)
    assert request_("justice", "report", "--year", year)[1]["items"] == []


def test_wrong_use_is_told(request_, tmp_path: Path) -> None:
    assert request_("health", "return", "req-0", "--missing", "no pointer")[0] == 2
    several = tmp_path / "several.yaml"
    several.write_text("a: 1\n---\nb: 2\n")
    assert request_("justice", "new", several)[0] == 2
    assert request_("justice", "show", "req-0")[0] == 1
