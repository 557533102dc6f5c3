"""`hutong ledger verify` on exports: verdicts, exit codes, and what it does not load."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from exchange.ledger import entries
from exchange.ledger.note import Signer
from exchange.ledger.sources import DirectorySource
from exchange.ledger.verify import verify_log
from tests.cli.conftest import Hutong


@pytest.fixture
def exported(hutong: Hutong, begun: dict[str, Any], tmp_path: Path) -> Path:
    assert hutong("ledger", "export", "out").code == 0
    return tmp_path / "out"


def test_in_order(hutong: Hutong, begun: dict[str, Any], exported: Path) -> None:
    ran = hutong(
        "ledger", "verify", exported, "--vkey", begun["vkey"], "--checkpoint", exported / "checkpoint", "--json"
    )
    assert ran.code == 0
    assert ran.document["verdict"] == "verified"
    assert ran.document["ok"] is ran.document["key_confirmed"] is ran.document["entries_read"] is True
    assert ran.document["size"] == 3
    assert ran.err == ""


def test_says_what_was_not_checked(hutong: Hutong, exported: Path) -> None:
    ran = hutong("ledger", "verify", exported)
    assert ran.code == 0
    assert ran.out.startswith("consistent with itself, key not confirmed · ")
    assert "verified" not in ran.out
    assert "--vkey" in ran.err
    assert "--checkpoint" in ran.err
    shown = hutong("ledger", "verify", exported, "--json").document
    assert (shown["verdict"], shown["ok"]) == ("consistent with itself, key not confirmed", True)


def test_only_a_key_from_elsewhere_makes_it_verified(hutong: Hutong, begun: dict[str, Any], exported: Path) -> None:
    assert hutong("ledger", "verify", exported, "--vkey", begun["vkey"]).out.startswith("verified · ")


def test_the_key_may_stand_in_a_file(hutong: Hutong, exported: Path) -> None:
    assert hutong("ledger", "verify", exported, "--vkey", exported / "vkey", "--json").document["key_confirmed"]


def test_tampered(hutong: Hutong, begun: dict[str, Any], exported: Path) -> None:
    bundle = next((exported / "tile/entries").rglob("3"))
    bundle.write_bytes(bundle.read_bytes().replace(b"console", b"nobody!"))
    ran = hutong("ledger", "verify", exported, "--vkey", begun["vkey"], "--json")
    assert ran.code == 1
    assert ran.document["ok"] is False
    assert ran.document["verdict"] == "NOT VERIFIED"
    assert ran.document["findings"]
    assert "NOT VERIFIED" in hutong("ledger", "verify", exported).out


def test_another_key(hutong: Hutong, exported: Path) -> None:
    other = str(Signer("exchange.hutong.local/ledger", bytes(32)).key)
    assert hutong("ledger", "verify", exported, "--vkey", other).code == 1


def test_cut_off(hutong: Hutong, begun: dict[str, Any], exported: Path, tmp_path: Path) -> None:
    hutong("ledger", "export", "later")
    ran = hutong("ledger", "verify", exported, "--checkpoint", tmp_path / "later/checkpoint", "--json")
    assert ran.code == 1
    assert "cut off" in ran.document["findings"][0]["what"]


def test_resume(hutong: Hutong, begun: dict[str, Any], exported: Path, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    assert hutong("ledger", "verify", exported, "--resume", state).code == 0
    hutong("ledger", "export", exported)
    assert hutong("ledger", "verify", exported, "--resume", state, "--json").document["size"] == 4
    state.write_text('{"origin": 1}')
    assert hutong("ledger", "verify", exported, "--resume", state).code == 2


@pytest.mark.parametrize(
    "words",
    [
        ("nowhere",),
        ("out", "--vkey", "abc"),
        ("out", "--checkpoint", "none"),
        ("out", "one-more"),
        ("receipt",),
        ("receipt", "none"),
        ("receipt", "none", "--vkey", "out/vkey"),
        ("http://127.0.0.1:9",),
        (),
    ],
)
def test_unreadable(hutong: Hutong, exported: Path, words: tuple[str, ...]) -> None:
    ran = hutong("ledger", "verify", *words)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err
    with_json = hutong("ledger", "verify", *words, "--json")
    assert with_json.code == 2
    assert with_json.document["detail"]


# -- receipts ---------------------------------------------------------------------------------------------------------

BODY = b'{"items":[]}'


@pytest.fixture
def receipt(begun: dict[str, Any], tmp_path: Path) -> Path:
    """The receipt of a refused call, in JSON, and beside it the same as text."""
    from exchange.cli.local import holding, settings_with
    from exchange.ledger import receipts
    from exchange.ledger.secrets import Secrets
    from exchange.ledger.store import Log

    with holding(settings_with()) as node:
        call = "0" * 31 + "1"
        refused: dict[str, Any] = dict.fromkeys(("actor", "provider", "dataset", "purpose", "basis", "case"))
        caller = {"department": "d", "application": "d/a", "key": "k"}
        entry = entries.Builder("n").refusal(
            call=call, at=1_800_000_000_000, snapshot=1, caller=caller, subjects=[], body=BODY, status=403,
            problem="refused", failed=["agreement"], agreement=None, **refused,
        )  # fmt: skip
        node.ledger.append(entry)
        with Log.open(tmp_path / "var/ledger.db") as log:
            made = receipts.receipt(log, Secrets(node.cipher), call, node.ledger.checkpoint)
    (tmp_path / "receipt").write_bytes(made.proof)
    (tmp_path / "receipt.json").write_text(json.dumps(made.json()))
    return tmp_path / "receipt.json"


def test_a_receipt(hutong: Hutong, begun: dict[str, Any], receipt: Path) -> None:
    for file in (receipt, receipt.with_suffix("")):
        ran = hutong("ledger", "verify", "receipt", file, "--vkey", begun["vkey"])
        assert ran.code == 0
        assert "refused" in ran.out
    shown = hutong("ledger", "verify", "receipt", receipt, "--vkey", begun["vkey"], "--json").document
    assert shown["ok"] is True
    assert shown["leaf"]["status"] == 403


def test_a_receipt_of_another_body_or_key(hutong: Hutong, begun: dict[str, Any], receipt: Path, tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(b"{}")
    words = ("ledger", "verify", "receipt", receipt, "--json", "--vkey")
    assert hutong(*words, begun["vkey"], "--body", tmp_path / "body").code == 1
    assert hutong(*words, str(Signer("exchange.hutong.local/ledger", bytes(32)).key)).code == 1
    receipt.write_text(receipt.read_text().replace("refused", "granted"))
    assert hutong(*words, begun["vkey"]).code == 1


@pytest.mark.parametrize(
    "garbage", [b"", b"hello", b"\xff\x00" * 40, b"{", b"[" * 9000, b"{}", b'{"proof": 1}', b'{"proof": "hello"}']
)
def test_what_is_no_receipt_is_unreadable_and_not_forged(
    hutong: Hutong, begun: dict[str, Any], tmp_path: Path, garbage: bytes
) -> None:
    (tmp_path / "garbage").write_bytes(garbage)
    ran = hutong("ledger", "verify", "receipt", "garbage", "--vkey", begun["vkey"])
    assert (ran.code, ran.out) == (2, "")
    assert "no receipt" in ran.err


def test_a_receipt_changed_anywhere_is_forged(hutong: Hutong, begun: dict[str, Any], receipt: Path) -> None:
    lines = receipt.with_suffix("").read_text().splitlines(keepends=True)
    for at in range(1, len(lines)):
        receipt.write_text("".join([*lines[:at], "x" + lines[at], *lines[at + 1 :]]))
        ran = hutong("ledger", "verify", "receipt", receipt, "--vkey", begun["vkey"])
        assert ran.code == 1, at
        assert ran.out.startswith("NOT VERIFIED · "), at


def test_a_body_cannot_be_compared_by_the_text_form(
    hutong: Hutong, begun: dict[str, Any], receipt: Path, tmp_path: Path
) -> None:
    (tmp_path / "body").write_bytes(BODY)
    ran = hutong(
        "ledger", "verify", "receipt", tmp_path / "receipt", "--vkey", begun["vkey"], "--body", tmp_path / "body"
    )
    assert ran.code == 2
    assert ".json" in ran.err


def test_a_receipt_against_checkpoints(hutong: Hutong, begun: dict[str, Any], receipt: Path, tmp_path: Path) -> None:
    hutong("ledger", "export", "out")
    words = ("ledger", "verify", "receipt", receipt, "--vkey", begun["vkey"], "--checkpoint")
    assert hutong(*words, tmp_path / "out/checkpoint").code == 0
    forged = (tmp_path / "out/checkpoint").read_text().splitlines(keepends=True)
    (tmp_path / "forged").write_text("".join([*forged[:2], "A" * 43 + "=\n", *forged[3:]]))
    assert hutong(*words, tmp_path / "forged").code == 1


def test_the_verifier_loads_nothing_of_the_server(exported: Path) -> None:
    probe = (
        "import sys\nfrom exchange.cli import build\n"
        "try:\n    build()(['ledger', 'verify', sys.argv[1]])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "heavy = {'sqlmodel', 'sqlalchemy', 'fastapi', 'granian', 'joserfc', 'catalog', 'policies'}\n"
        "print('loaded', sorted(heavy & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", probe, exported], capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stdout.splitlines()[-1] == "loaded []"


def test_hashes_alone_show_a_changed_tile(exported: Path) -> None:
    source = DirectorySource(exported)
    assert verify_log(source, entries=False).ok
    for bundle in (exported / "tile/entries").rglob("3"):
        bundle.unlink()
    verdict = verify_log(source, entries=False)
    assert (verdict.ok, verdict.entries_read, verdict.resume) == (True, False, None)
    tile = exported / "tile/0/000.p/3"
    raw = tile.read_bytes()
    for changed in (raw[:-1] + bytes([raw[-1] ^ 1]), raw[:-1], b""):
        tile.write_bytes(changed)
        assert not verify_log(source, entries=False).ok
