"""Every command that works on a data directory, with and without `--json`."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from exchange import keyfiles
from exchange.db import DirectoryLock
from exchange.jobs.outbox import Drain
from exchange.ledger.note import parse_key
from tests.cli.conftest import Hutong


def changes(hutong: Hutong) -> list[str]:
    items = hutong("ledger", "show", "--type", "change", "--json").document["items"]
    return [one["leaf"]["kind"] for one in items]


def test_version(hutong: Hutong) -> None:
    assert hutong("version").out.startswith("hutong ")
    assert set(hutong("version", "--json").document) == {"hutong", "python", "sqlite"}


def test_init_makes_everything_and_never_twice(hutong: Hutong, tmp_path: Path) -> None:
    first = hutong("init", "--origin", "exchange.example/ledger")
    assert first.code == 0
    assert "exchange.example/ledger+" in first.out
    assert "paper" in first.err
    assert keyfiles.read(tmp_path / "operator.json").client_id.startswith("person-")
    assert changes(hutong) == ["client.registered", "signing-key.created", "ledger.named"]
    again = hutong("init", "--operator", "other.json", "--json")
    assert again.code == 1
    assert "already" in again.document["detail"]
    assert not (tmp_path / "other.json").exists()


def test_init_with_json(begun: dict[str, Any], tmp_path: Path) -> None:
    assert parse_key(begun["vkey"]).name == "exchange.hutong.local/ledger"
    assert keyfiles.read(Path(begun["key_file"])).client_id == begun["operator"]
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700


def test_init_never_overwrites_a_key_file(hutong: Hutong, tmp_path: Path) -> None:
    (tmp_path / "operator.json").write_text("mine")
    assert hutong("init").code == 2
    assert (tmp_path / "operator.json").read_text() == "mine"
    assert not (tmp_path / "var").exists()


def test_init_makes_no_new_beginning_beside_an_old_ledger(
    hutong: Hutong, begun: dict[str, Any], tmp_path: Path
) -> None:
    for path in tmp_path.glob("var/exchange.db*"):
        path.unlink()
    ran = hutong("init", "--operator", "other.json")
    assert ran.code == 1
    assert "restore" in ran.err
    assert not (tmp_path / "var/exchange.db").exists()
    assert not (tmp_path / "other.json").exists()


def test_keys(hutong: Hutong, begun: dict[str, Any]) -> None:
    rotated = hutong("keys", "rotate", "--json").document
    shown = hutong("keys", "show", "--json").document
    assert shown["vkey"] == begun["vkey"]
    assert [one["state"] for one in shown["signing_keys"]] == ["signing", "retired"]
    assert shown["signing_keys"][0]["kid"] == rotated["kid"]
    assert begun["vkey"] in hutong("keys", "show").out
    assert hutong("keys", "rotate").code == 0
    assert changes(hutong)[:2] == ["signing-key.rotated"] * 2


def test_no_secret_is_shown(hutong: Hutong, begun: dict[str, Any], tmp_path: Path) -> None:
    kek = (tmp_path / "var.keys" / "kek").read_text().strip()
    private = keyfiles.read(tmp_path / "operator.json").key["d"]
    shown = "".join(
        hutong(*words, "--json").out
        for words in (("keys", "show"), ("people", "list"), ("ledger", "show"), ("doctor",))
    )
    assert kek not in shown
    assert private not in shown
    assert "PRIVATE" not in shown


def test_people(hutong: Hutong, begun: dict[str, Any], tmp_path: Path) -> None:
    words = ("people", "add", "--name-zh", "审计员", "--name-en", "Auditor", "--scope", "auditor", "--out")
    made = hutong(*words, "keys/a.json", "--json").document
    assert made["scopes"] == ["auditor"]
    assert keyfiles.read(tmp_path / "keys/a.json").client_id == made["id"]
    assert (tmp_path / "keys/a.json").stat().st_mode & 0o777 == 0o600
    assert "is registered" in hutong(*words, "b.json").out
    listed = hutong("people", "list", "--json").document["items"]
    assert {begun["operator"], made["id"]} < {one["id"] for one in listed}
    assert "审计员" in hutong("people", "list").out
    assert hutong("people", "disable", made["id"], "--json").document["enabled"] is False
    assert "disabled" in hutong("people", "list").out
    assert "is enabled" in hutong("people", "enable", made["id"]).out
    assert changes(hutong)[:2] == ["client.enabled", "client.disabled"]


def test_who_is_not_registered_has_no_key_file(hutong: Hutong, begun: dict[str, Any], tmp_path: Path) -> None:
    words = ("people", "add", "--name-zh", "某", "--name-en", "X", "--out", "x.json", "--json")
    failed = hutong(*words, "--scope", "steward:parks", "--department", "parks")
    assert failed.code == 1
    assert failed.document["type"] == "urn:hutong:problem:not-found"
    assert hutong(*words, "--scope", "steward:parks").code == 1
    assert not list(tmp_path.glob("*x.json*"))
    (tmp_path / "x.json").write_text("mine")
    assert hutong(*words, "--scope", "auditor").code == 2
    assert (tmp_path / "x.json").read_text() == "mine"


@pytest.mark.parametrize("words", [("people", "list"), ("keys", "show"), ("keys", "rotate"), ("ledger", "show")])
def test_without_an_exchange_nothing_is_made(hutong: Hutong, tmp_path: Path, words: tuple[str, ...]) -> None:
    ran = hutong(*words)
    assert ran.code == 2
    assert ran.out == ""
    assert "HUTONG_DATA" in ran.err
    assert not (tmp_path / "var").exists()


def test_changes_need_the_lock_and_reads_do_not(hutong: Hutong, begun: dict[str, Any], tmp_path: Path) -> None:
    lock = DirectoryLock(tmp_path / "var")
    lock.acquire()
    try:
        refused = hutong("keys", "rotate")
        assert refused.code == 2
        assert "--as" in refused.err
        assert "in use by process" in hutong("ledger", "export", "out").err
        assert hutong("people", "list").code == 0
        assert hutong("keys", "show").code == 0
        assert hutong("ledger", "show").code == 0
    finally:
        lock.release()


def test_ledger_show(hutong: Hutong, begun: dict[str, Any]) -> None:
    ran = hutong("ledger", "show", "--limit", 1)
    assert "client.registered" in ran.out
    assert "ledger.named" not in ran.out
    assert "not recorded" in ran.err
    assert hutong("ledger", "show", "--since", "2999-01-01", "--json").document == {"items": []}
    assert hutong("ledger", "show", "--until", "2020-01-01T00:00:00+08:00", "--json").document == {"items": []}
    assert hutong("ledger", "show", "--since", "yesterday").code == 2
    assert hutong("ledger", "show", "--subject", "-", "--json", stdin="x\n").document == {"items": []}


def test_every_export_is_an_entry(hutong: Hutong, begun: dict[str, Any]) -> None:
    first = hutong("ledger", "export", "out", "--json").document
    assert (first["size"], first["entry"]) == (3, 3)
    assert "4 entries" in hutong("ledger", "export", "out").out
    exports = hutong("ledger", "show", "--type", "export", "--json").document["items"]
    assert [one["leaf"]["size"] for one in exports] == [4, 3]
    assert hutong("ledger", "verify", "out", "--vkey", begun["vkey"]).code == 0


def test_doctor(hutong: Hutong, begun: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUTONG_PORT", "0")
    monkeypatch.setenv("HUTONG_SIMULATOR_SECRET", "1")
    monkeypatch.setenv("HUTONG_KEY", "operator.json")
    ran = hutong("doctor", "--json")
    states = {one["check"]: one["state"] for one in ran.document["checks"]}
    assert ran.code == 0
    assert {name for name, state in states.items() if state != "ok"} == {"separation"}


def test_a_variable_that_nothing_reads_is_named(
    hutong: Hutong, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HUTONG_PORT", "0")
    monkeypatch.setenv("HUTONG_REPLY_MAX_BITES", "1")
    for words, code in ((("init",), 2), (("serve",), 1), (("people", "list"), 2)):
        ran = hutong(*words)
        assert (ran.code, ran.out) == (code, "")
        assert "HUTONG_REPLY_MAX_BITES (meant HUTONG_REPLY_MAX_BYTES?)" in ran.err
    assert list(tmp_path.iterdir()) == []
    ran = hutong("doctor", "--json")
    assert ran.code == 1
    found = {one["check"]: one for one in ran.document["checks"]}
    assert found["variables"]["state"] == "fail"
    assert "meant HUTONG_REPLY_MAX_BYTES" in found["variables"]["found"]
    assert found["python"]["state"] == "ok"


@pytest.mark.parametrize("trouble", ["mode", "key", "egress", "port", "ledger", "outside", "inside"])
def test_doctor_finds_trouble(
    hutong: Hutong, begun: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setenv("HUTONG_PORT", "0")
    expected = CAUSES[trouble](tmp_path, monkeypatch)
    ran = hutong("doctor", "--json")
    failed = {one["check"] for one in ran.document["checks"] if one["state"] == "fail"}
    assert ran.code == 1
    assert expected in failed
    assert all(one["advice"] for one in ran.document["checks"] if one["state"] != "ok")


def _open_directory(place: Path, _: pytest.MonkeyPatch) -> str:
    (place / "var").chmod(0o755)
    return "data directory"


def _open_key(place: Path, _: pytest.MonkeyPatch) -> str:
    (place / "var.keys/kek").chmod(0o644)
    return "key directory"


def _egress(_: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HUTONG_EGRESS", "anywhere")
    return "egress"


def _settings(_: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HUTONG_PORT", "many")
    return "settings"


def _entry(place: Path, _: pytest.MonkeyPatch) -> str:
    with sqlite3.connect(place / "var/ledger.db") as connection:
        connection.execute("UPDATE entry SET leaf = ? WHERE idx = 0", (json.dumps({"type": "x"}).encode(),))
    return "ledger"


def _outside(place: Path, _: pytest.MonkeyPatch) -> str:
    (place / "var.keys/last-checkpoint").unlink()
    return "ledger"


def _inside(place: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HUTONG_CHECKPOINT", str(place / "var/last-checkpoint"))
    return "separation"


CAUSES = {
    "mode": _open_directory,
    "key": _open_key,
    "egress": _egress,
    "port": _settings,
    "ledger": _entry,
    "outside": _outside,
    "inside": _inside,
}


def test_a_change_is_in_the_ledger_when_the_command_ends(
    hutong: Hutong, begun: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the background drain did not come to it."""
    monkeypatch.setattr(Drain, "run", lambda self: None)
    assert hutong("keys", "rotate").code == 0
    assert changes(hutong)[0] == "signing-key.rotated"
