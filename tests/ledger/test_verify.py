"""The offline verifier: every single changed byte of an export, and every larger forgery, is flagged."""

import http.server
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from exchange.ledger import export, tiles, verify
from exchange.ledger.merkle import leaf_hash
from exchange.ledger.note import BadNote, Checkpoint, Signer
from exchange.ledger.sources import DirectorySource, HttpSource, source_of
from exchange.ledger.tiles import Coordinates, Edge
from exchange.ledger.verify import Missing, Unreadable, Verdict, verify_log

from .conftest import ORIGIN, Ledger, append_all, change, play

SIGNER = Signer(ORIGIN, b"s" * 32)
FORGER = Signer(ORIGIN, b"f" * 32)


def verified(directory: Path, vkey: str | None = str(SIGNER.key), **given: object) -> Verdict:
    return verify_log(DirectorySource(directory), vkey, **given)  # type: ignore[arg-type]


def write_log(directory: Path, entries: list[bytes], signer: Signer = SIGNER) -> bytes:
    """An export made from the specification alone; returns the signed checkpoint."""
    edge = Edge()
    full = {(tile.level, tile.n): tile.hashes for entry in entries for tile in edge.append(leaf_hash(entry))}
    for where in tiles.layout(len(entries)):
        path = directory / tiles.path(where)
        path.parent.mkdir(parents=True, exist_ok=True)
        if where.level is None:
            path.write_bytes(tiles.bundle(entries[where.n * 256 : where.n * 256 + where.width]))
        else:
            path.write_bytes(full.get((where.level, where.n)) or bytes(edge.levels[where.level]))
    (directory / "vkey").write_bytes(f"{signer.key}\n".encode())
    signed = signer.sign(Checkpoint(ORIGIN, edge.size, edge.root()).text)
    (directory / "checkpoint").write_bytes(signed)
    return signed


def some(count: int) -> list[bytes]:
    return [b"e%d" % at for at in range(count)]


@pytest.fixture
def exported(ledger: Ledger, tmp_path: Path) -> Path:
    """A whole ledger of 600 entries as `export` writes it."""
    writer = ledger.writer()
    play(writer, 300)
    with ledger.log() as log:
        export.export(log, tmp_path / "out", writer.checkpoint, ledger.signer.key)
    return tmp_path / "out"


def test_an_export_is_the_specified_layout_and_verifies(exported: Path, ledger: Ledger) -> None:
    verdict = verified(exported)
    assert (verdict.ok, verdict.size, verdict.key_confirmed, verdict.findings) == (True, 600, True, ())
    names = {found.relative_to(exported).as_posix() for found in exported.rglob("*") if found.is_file()}
    assert names == {"checkpoint", "vkey", *map(tiles.path, tiles.layout(600))}
    with ledger.log() as log:
        write_log(exported / "again", log.leaves(0, 600))
    for name in names:
        assert (exported / name).read_bytes() == (exported / "again" / name).read_bytes()


def test_with_only_the_key_inside_it_is_consistent_but_not_confirmed(exported: Path) -> None:
    verdict = verified(exported, None)
    assert verdict.ok
    assert not verdict.key_confirmed


def test_an_empty_log(tmp_path: Path) -> None:
    write_log(tmp_path, [])
    assert verified(tmp_path).ok


@pytest.mark.parametrize("step", [64, pytest.param(1, marks=pytest.mark.long)])
def test_every_flipped_byte_of_every_file(tmp_path: Path, step: int) -> None:
    """Every byte of the small files; of the full tile and bundle every 64th, or in the long run every one."""
    write_log(tmp_path, some(259))
    assert verified(tmp_path).ok
    for path in sorted(found for found in tmp_path.rglob("*") if found.is_file()):
        raw = path.read_bytes()
        for at in range(0, len(raw), step if len(raw) > 1024 else 1):
            path.write_bytes(raw[:at] + bytes([raw[at] ^ 0x01]) + raw[at + 1 :])
            assert not verified(tmp_path).ok, (path, at)
        path.write_bytes(raw)
    assert verified(tmp_path).ok


def test_every_flipped_bit_without_a_key_from_outside(tmp_path: Path) -> None:
    write_log(tmp_path, some(3))
    for name in ("vkey", "checkpoint", "tile/0/000.p/3", "tile/entries/000.p/3"):
        path = tmp_path / name
        raw = path.read_bytes()
        for at in range(len(raw)):
            path.write_bytes(raw[:at] + bytes([raw[at] ^ 0x80 >> at % 8]) + raw[at + 1 :])
            assert not verified(tmp_path, None).ok, (name, at)
        path.write_bytes(raw)


def test_every_deleted_inserted_and_truncated_byte(tmp_path: Path) -> None:
    write_log(tmp_path, some(3))
    for path in sorted(found for found in tmp_path.rglob("*") if found.is_file()):
        raw = path.read_bytes()
        for at in range(len(raw) + 1):
            for changed in (raw[:at] + raw[at + 1 :], raw[:at] + b"x" + raw[at:], raw[:at]):
                if changed != raw:
                    path.write_bytes(changed)
                    assert not verified(tmp_path).ok, (path, at)
        path.write_bytes(raw)


def test_every_deleted_and_every_additional_file(tmp_path: Path) -> None:
    write_log(tmp_path, some(520))
    for path in sorted(found for found in tmp_path.rglob("*") if found.is_file()):
        if path.name == "vkey":
            continue
        kept = path.read_bytes()
        path.unlink()
        assert not verified(tmp_path).ok, path
        path.write_bytes(kept)
    for name in (
        "tile/0/003",
        "tile/0/002.p/7",
        "tile/entries/003.p/1",
        "tile/2/000.p/1",
        "notes.txt",
        "checkpoint.new",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
        findings = verified(tmp_path).findings
        assert [one.where for one in findings] == [name]
        (tmp_path / name).unlink()


@pytest.mark.parametrize(
    "forge",
    [
        lambda entries: entries[:100] + entries[101:],
        lambda entries: [*entries[:100], entries[101], entries[100], *entries[102:]],
        lambda entries: [*entries[:100], b"forged", *entries[101:]],
        lambda entries: [*entries[:100], b"inserted", *entries[100:]],
        lambda entries: entries[:-1],
        lambda entries: [*entries, b"appended"],
    ],
    ids=["delete", "reorder", "replace", "insert", "truncate", "append"],
)
def test_rewritten_histories(tmp_path: Path, forge: object) -> None:
    """With the old signature the root is another one; with the forger's own key, the key is."""
    genuine = write_log(tmp_path / "genuine", some(300))
    forged = tmp_path / "forged"
    write_log(forged, forge(some(300)), FORGER)  # type: ignore[operator]
    assert verified(forged, None).ok
    assert not verified(forged, None).key_confirmed
    findings = {one.where for one in verified(forged).findings}
    assert findings == {"vkey", "checkpoint"}
    (forged / "vkey").write_bytes((tmp_path / "genuine" / "vkey").read_bytes())
    assert not verified(forged).ok
    (forged / "checkpoint").write_bytes(genuine)
    assert not verified(forged).ok


def test_a_log_rewritten_by_its_own_operator_is_told_by_an_earlier_checkpoint(tmp_path: Path) -> None:
    early = write_log(tmp_path, some(100))
    middle = write_log(tmp_path, some(256))
    shutil.rmtree(tmp_path / "tile")
    write_log(tmp_path, some(300))
    assert verified(tmp_path, checkpoints=[early, middle]).ok
    shutil.rmtree(tmp_path / "tile")
    write_log(tmp_path, [*some(150), b"other", *some(149)])
    assert verified(tmp_path).ok
    verdict = verified(tmp_path, checkpoints=[early, middle])
    assert [one.where for one in verdict.findings] == ["earlier checkpoint 2"]
    shutil.rmtree(tmp_path / "tile")
    write_log(tmp_path, some(90))
    assert len(verified(tmp_path, checkpoints=[early, middle]).findings) == 2
    assert not verified(tmp_path, checkpoints=[b"nonsense"]).ok
    assert not verified(tmp_path, checkpoints=[FORGER.sign(Checkpoint(ORIGIN, 0, b"x" * 32).text)]).ok


def test_resuming_reads_only_what_is_new_and_still_sees_rewriting(tmp_path: Path) -> None:
    early = write_log(tmp_path, some(100))
    write_log(tmp_path, some(300))
    shutil.rmtree(tmp_path / "tile")
    write_log(tmp_path, some(300))
    first = verified(tmp_path)
    shutil.rmtree(tmp_path / "tile")
    write_log(tmp_path, some(700))
    steps: list[tuple[int, int]] = []
    again = verified(
        tmp_path, resume=first.resume, checkpoints=[early], progress=lambda done, all_: steps.append((done, all_))
    )
    assert again.ok
    assert steps == [(512, 700), (700, 700)]
    rewritten = [*some(299), b"x", *some(400)]
    shutil.rmtree(tmp_path / "tile")
    write_log(tmp_path, rewritten)
    assert not verified(tmp_path, resume=first.resume).ok
    assert verified(tmp_path, resume=first.resume, checkpoints=[early]).resume is None
    shutil.rmtree(tmp_path / "tile")
    write_log(tmp_path, some(299))
    assert not verified(tmp_path, resume=first.resume).ok
    shutil.rmtree(tmp_path / "tile")
    write_log(tmp_path, [b"x", *some(699)[1:]])
    assert not verified(tmp_path, resume=first.resume, checkpoints=[early]).ok


def test_resuming_compares_forked_checkpoints_and_reads_the_begun_bundle_again(tmp_path: Path) -> None:
    fork = write_log(tmp_path / "fork", [b"z", *some(100)[1:]])
    write_log(tmp_path / "log", some(300))
    resume = verified(tmp_path / "log").resume
    shutil.rmtree(tmp_path / "log")
    write_log(tmp_path / "log", some(700))
    findings = verified(tmp_path / "log", resume=resume, checkpoints=[fork]).findings
    assert [one.where for one in findings] == ["earlier checkpoint 1"]
    bundle = tmp_path / "log" / "tile/entries/001"
    bundle.write_bytes(bundle.read_bytes().replace(b"e260", b"e26x"))
    assert [one.where for one in verified(tmp_path / "log", resume=resume).findings] == ["tile/entries/001"]


def test_an_interrupted_export_is_continued_and_an_old_one_outgrown(ledger: Ledger, tmp_path: Path) -> None:
    writer, out = ledger.writer(), tmp_path / "out"
    append_all(writer, [change(at + 1) for at in range(300)])
    with ledger.log() as log:
        export.export(log, out, writer.checkpoint, ledger.signer.key)
        kept = (out / tiles.path(Coordinates(0, 0))).stat().st_mtime_ns
        (out / tiles.path(Coordinates(None, 0))).write_bytes(b"half")
        (out / "checkpoint").unlink()
        append_all(writer, [change(at + 301) for at in range(500)])
        steps: list[tuple[int, int]] = []
        export.export(log, out, writer.checkpoint, ledger.signer.key, lambda done, all_: steps.append((done, all_)))
    assert (out / tiles.path(Coordinates(0, 0))).stat().st_mtime_ns == kept
    assert steps[-1] == (800, 800)
    assert verified(out).ok
    with ledger.log() as log, pytest.raises(BadNote):
        export.export(log, out, writer.checkpoint, FORGER.key)


def test_bad_keys_and_sources_are_not_verdicts(tmp_path: Path) -> None:
    write_log(tmp_path, some(1))
    with pytest.raises(BadNote):
        verified(tmp_path, "nonsense")
    with pytest.raises(Unreadable):
        source_of(str(tmp_path / "nowhere"))
    (tmp_path / "vkey").unlink()
    assert verified(tmp_path).ok
    assert not verified(tmp_path, None).ok
    (tmp_path / "checkpoint").unlink()
    assert [one.where for one in verified(tmp_path).findings] == ["checkpoint"]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    handler = partial(Quiet, directory=str(tmp_path / "served"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        if self.path.startswith("/tile/entries/") and self.headers.get("Authorization") != "Bearer auditor":
            self.send_error(401)
            return
        super().do_GET()


def test_over_http(served: str, tmp_path: Path) -> None:
    write_log(tmp_path / "served", some(300))
    with HttpSource(served, "auditor") as source:
        assert verify_log(source, str(SIGNER.key)).ok
        with pytest.raises(Missing):
            source.read("tile/3/000")
    with HttpSource(f"{served}/") as source, pytest.raises(Unreadable, match="auditor"):
        verify_log(source, str(SIGNER.key))
    (tmp_path / "served" / "tile/0/000").write_bytes(b"x" * 100_000)
    with HttpSource(served, "auditor") as source:
        assert len(source.read("tile/0/000")) == 8193
        assert not verify_log(source, str(SIGNER.key)).ok
    with HttpSource("http://127.0.0.1:1") as source, pytest.raises(Unreadable):
        verify_log(source, None)


def test_the_verifier_stands_on_hashing_alone() -> None:
    """It must not share a line with what it verifies but the formats."""
    source = Path(verify.__file__).read_text()
    imported = {
        line.split()[1] for line in source.splitlines() if line.startswith(("from exchange", "import exchange"))
    }
    assert imported <= {"exchange.ledger", "exchange.ledger.note", "exchange.ledger.tiles"}
    assert "from exchange.ledger import merkle, note, tiles\n" in source
