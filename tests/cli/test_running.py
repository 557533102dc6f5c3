"""The command beside a running exchange: `serve` as a process, and what acts on it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.conftest import Hutong

HUTONG = [sys.executable, "-c", "from exchange.cli import main; main()"]


def start(place: Path, *words: str) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HUTONG_")}
    return subprocess.Popen(
        [*HUTONG, "serve", *words], cwd=place, env=clean, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def failed(place: Path, *words: str) -> tuple[int, str, str]:
    process = start(place, *words)
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


@pytest.fixture
def url(begun: dict[str, Any], tmp_path: Path) -> Iterator[str]:
    """A served exchange; it has said one line and ends with 0."""
    process = start(tmp_path, "--port", "0")
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("ready: http://127.0.0.1:")
    yield line.removeprefix("ready: ").strip()
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=30)
    assert (process.returncode, rest) == (0, "")


def test_a_second_process_is_refused(url: str, tmp_path: Path) -> None:
    code, out, err = failed(tmp_path, "--port", "0")
    assert (code, out) == (1, "")
    assert "in use by process" in err
    assert len(err.splitlines()) == 1


def test_a_taken_port_is_refused(url: str, tmp_path: Path) -> None:
    code, out, err = failed(tmp_path, "--port", url.rpartition(":")[2], "--data", "elsewhere")
    assert (code, out) == (1, "")
    assert url.removeprefix("http://") in err
    assert "--port" in err
    assert "HUTONG_PORT" in err
    assert "Errno" not in err
    assert len(err.splitlines()) == 1


def ended(process: subprocess.Popen[str]) -> str:
    """What a served exchange says on stderr until it is told to end, some moments after it was ready."""
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().startswith("ready: ")
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    return err


def test_an_exchange_without_an_operator_says_how_to_have_one(hutong: Hutong, tmp_path: Path) -> None:
    assert "hutong init" in ended(start(tmp_path, "--port", "0"))
    made = hutong("init", "--json")
    assert made.code == 0
    people = hutong("people", "list", "--json").document
    assert [(one["id"], one["scopes"]) for one in people["items"]] == [(made.document["operator"], ["operator"])]
    assert "hutong init" not in ended(start(tmp_path, "--port", "0"))
    assert hutong("init", "--operator", "other.json").code == 1
    hutong("people", "disable", made.document["operator"])
    assert "hutong init" in ended(start(tmp_path, "--port", "0"))


def test_commands_act_on_the_running_exchange(hutong: Hutong, url: str, tmp_path: Path) -> None:
    operator = ("--as", "operator.json", "--url", url)
    words = ("people", "add", "--name-zh", "审计员", "--name-en", "Auditor", "--scope", "auditor", "--out", "a.json")
    auditor = hutong(*words, *operator, "--json").document
    assert auditor["id"] in hutong("people", "list", *operator).out
    assert hutong("keys", "rotate", *operator, "--json").document["kid"] in hutong("keys", "show").out
    refused = hutong("ledger", "show", *operator, "--json")
    assert refused.code == 1
    assert refused.document["type"] == "urn:hutong:problem:not-permitted"

    as_auditor = ("--as", "a.json", "--url", url)
    assert hutong("ledger", "export", "out", *operator).code == 1
    assert not (tmp_path / "out").exists()
    made = hutong("ledger", "export", "out", *as_auditor, "--json").document
    assert hutong("ledger", "verify", "out", "--vkey", made["vkey"]).code == 0
    found = hutong("ledger", "show", "--type", "export", *as_auditor, "--json").document["items"]
    assert [(one["index"], one["leaf"]["by"]) for one in found] == [(made["entry"], auditor["id"])]

    assert hutong("people", "disable", auditor["id"], *operator, "--json").document["enabled"] is False
    assert hutong("ledger", "show", *as_auditor).code == 1


def test_verifying_a_running_exchange(hutong: Hutong, begun: dict[str, Any], url: str) -> None:
    words = ("people", "add", "--name-zh", "审计员", "--name-en", "Auditor", "--scope", "auditor", "--out", "a.json")
    hutong(*words, "--as", "operator.json", "--url", url)
    for address in (url, f"{url}/ledger"):
        hashes = hutong("ledger", "verify", address, "--vkey", begun["vkey"], "--json")
        assert hashes.code == 0
        assert hashes.document["entries_read"] is False
        assert "not read" in hashes.err
        whole = hutong("ledger", "verify", address, "--vkey", begun["vkey"], "--as", "a.json", "--json")
        assert (whole.code, whole.document["entries_read"]) == (0, True)


def test_nobody_answers(hutong: Hutong, begun: dict[str, Any]) -> None:
    ran = hutong("people", "list", "--as", "operator.json", "--url", "http://127.0.0.1:9", "--json")
    assert ran.code == 2
    assert ran.document["detail"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--workers", "2"), "SQLite"),
        (("--host", "192.0.2.1"), "HUTONG_TLS"),
        (("--data", "/proc/none"), "/proc/none"),
    ],
)
def test_what_cannot_start_says_so_in_one_line(tmp_path: Path, words: tuple[str, ...], reason: str) -> None:
    code, out, err = failed(tmp_path, "--port", "0", *words)
    assert (code, out) == (1, "")
    assert reason in err
    assert len(err.splitlines()) == 1


def test_missing_keys_keep_it_from_starting(begun: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "var.keys/kek").unlink()
    code, out, err = failed(tmp_path, "--port", "0")
    assert (code, out) == (1, "")
    assert "backup" in err


def test_a_wrong_setting_is_named(hutong: Hutong, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUTONG_TIMEZONE", "Mars/Olympus")
    ran = hutong("serve", "--json")
    assert ran.code == 1
    assert "HUTONG_TIMEZONE" in ran.document["detail"]


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"A: b\rc\r\n", 400),
        (b"A: b\0c\r\n", 400),
        (b"Content-Length: 1\r\nContent-Length: 2\r\n", 400),
        (b"Content-Length: two\r\n", 400),
        (b"A: b\r\n" * 101, 431),
        (b"A: " + b"b" * 500_000 + b"\r\n", 431),
    ],
)
def test_what_is_not_http_is_answered_before_the_exchange_sees_it(url: str, head: bytes, status: int) -> None:
    """As docs/errors.md says: an empty body, nothing of ours in the head."""
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert answer.endswith(b"\r\n\r\n")
    assert b"hutong" not in answer.lower()


def test_an_export_is_recorded_for_auditors_only(url: str) -> None:
    answer = httpx.post(f"{url}/api/v1/ledger/exports", trust_env=False)
    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:hutong:problem:unidentified"
