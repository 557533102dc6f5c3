"""`hutong client` against a live exchange: one JSON document on stdout, exit codes 0, 1 and 2."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from exchange import keyfiles
from exchange.cli import build
from exchange.ledger import note
from tests.client.conftest import City

NEWBORN = "government-services/newborn"
CALL = ["call", "public-security/population", "post", "/v1/lookups", "--purpose", "newborn-registration"]


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HUTONG_URL", "HUTONG_KEY"):
        monkeypatch.delenv(name, raising=False)


def run(*words: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(build(), ["client", *map(str, words)], input=stdin)


def acting(city: City, who: str, *words: object, **more: Any) -> Result:
    return run(*words, "--url", city.url, "--as", city.keys[who], "--json", **more)


def look_up(city: City, *more: object, **others: Any) -> Result:
    body = json.dumps({"resident_id": city.cast.mother})
    return acting(city, NEWBORN, *CALL, "--json-body", body, "--case", "C-1", "--actor", "clerk-1", *more, **others)


def test_a_key_file_is_made_once(tmp_path: Path) -> None:
    made = run("key", tmp_path / "tax.audit.json")
    assert made.exit_code == 0
    credential = keyfiles.read(tmp_path / "tax.audit.json")
    assert credential.client_id == "tax.audit"
    assert json.loads(made.stdout)["kid"]
    assert credential.key["d"] not in made.output
    before = (tmp_path / "tax.audit.json").read_bytes()
    assert run("key", tmp_path / "tax.audit.json").exit_code == 2
    assert (tmp_path / "tax.audit.json").read_bytes() == before


def test_from_registration_to_a_token_and_off_again(city: City, tmp_path: Path) -> None:
    file = tmp_path / "tax.cli.json"
    names = ("--zh", "税务测试", "--en", "Tax test")
    made = acting(city, "operator", "register", "tax", "cli", *names, "--key-file", file)
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["client"]["id"] == "tax.cli"
    again = acting(city, "operator", "register", "tax", "cli", *names, "--key-file", file)
    assert again.exit_code == 1
    assert json.loads(again.stdout)["type"] == "urn:hutong:problem:conflict"
    assert run("token", "--url", city.url, "--as", file).stdout.count(".") == 2
    listed = json.loads(acting(city, "operator", "list", "--department", "tax").stdout)
    assert "tax/cli" in [row["id"] for row in listed["items"]]
    assert json.loads(acting(city, "operator", "disable", "tax.cli").stdout)["enabled"] is False
    assert run("token", "--url", city.url, "--as", file).exit_code == 1
    assert json.loads(acting(city, "operator", "enable", "tax.cli").stdout)["enabled"] is True
    assert run("token", "--url", city.url, "--as", file).exit_code == 0


def test_a_public_key_from_stdin_and_the_environment(
    city: City, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HUTONG_URL", city.url)
    monkeypatch.setenv("HUTONG_KEY", str(city.keys["operator"]))
    public = run("key", tmp_path / "tax.piped.json").stdout
    made = run("register", "tax", "piped", "--zh", "管道", "--en", "Piped", "--public-key", "-", stdin=public)
    assert made.exit_code == 0, made.output


def test_who_may_not_register(city: City, tmp_path: Path) -> None:
    names = ("--zh", "一", "--en", "One")
    refused = acting(city, NEWBORN, "register", "tax", "one", *names, "--key-file", tmp_path / "k.json")
    assert refused.exit_code == 1
    assert json.loads(refused.stdout)["type"] == "urn:hutong:problem:not-permitted"
    assert acting(city, "operator", "register", "tax", "one", *names).exit_code == 2


def test_a_call_is_made_and_proven(city: City, tmp_path: Path) -> None:
    made = look_up(city, "--verify", "--vkey", city.vkey, "--memory", tmp_path / "memory")
    assert made.exit_code == 0, made.output
    shown = json.loads(made.stdout)
    assert shown["status"] == 200
    assert shown["verified"]["size"] > shown["verified"]["entry"]
    assert city.cast.mother in json.dumps(shown["data"])
    assert (tmp_path / "memory" / "checkpoint").exists()


def test_a_body_from_a_file_and_parameters(city: City, tmp_path: Path) -> None:
    (tmp_path / "body.json").write_text(json.dumps({"resident_id": city.cast.mother}))
    more = ("--case", "C-1", "--actor", "clerk-1")
    made = acting(city, NEWBORN, *CALL, "--json-body", f"@{tmp_path / 'body.json'}", *more)
    assert made.exit_code == 0, made.output
    refused = acting(city, NEWBORN, *CALL, "--json-body", f"@{tmp_path / 'body.json'}", "--param", "limit=1", *more)
    assert json.loads(refused.stdout)["type"] == "urn:hutong:problem:invalid-request"


def test_a_refusal_is_a_negative_verdict(city: City) -> None:
    refused = look_up(city, "--fields", "name,shoe_size")
    assert refused.exit_code == 1
    problem = json.loads(refused.stdout)
    assert [failed["check"] for failed in problem["failed_checks"]] == ["fields"]


def test_a_reader_is_told_what_would_satisfy_a_failed_check(city: City) -> None:
    refused = run(*CALL, "--json-body", "{}", "--url", city.url, "--as", city.keys["operator"])
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "application: Only an application" in refused.stderr


def test_a_foreign_key_proves_nothing(city: City) -> None:
    foreign = note.Signer("exchange.hutong.local/ledger", bytes(32)).key
    tampered = look_up(city, "--verify", "--vkey", foreign)
    assert tampered.exit_code == 1
    assert json.loads(tampered.stdout)["type"] == "urn:hutong:verdict:unverified"


@pytest.mark.parametrize(
    "more",
    [
        ["--verify"],
        ["--verify", "--trust-on-first-use"],
        ["--verify", "--vkey", "none"],
        ["--param", "x"],
        ["--case", "张"],
    ],
)
def test_wrong_use_is_2(city: City, more: list[str]) -> None:
    wrong = look_up(city, *more)
    assert wrong.exit_code == 2
    assert json.loads(wrong.stdout)["detail"]


def test_unreadable_is_2(city: City, tmp_path: Path) -> None:
    for words in (
        [*CALL, "--json-body", "{", "--url", city.url, "--as", city.keys[NEWBORN]],
        [*CALL, "--json-body", "@/nowhere", "--url", city.url, "--as", city.keys[NEWBORN]],
        ["token", "--url", city.url, "--as", tmp_path / "none.json"],
        ["token", "--url", "http://127.0.0.1:9", "--as", city.keys[NEWBORN]],
        ["token", "--url", "http://exchange.example", "--as", city.keys[NEWBORN]],
        ["token", "--url", city.url],
    ):
        failed = run(*words, "--json")
        assert failed.exit_code == 2, words
        assert json.loads(failed.stdout)["detail"]
