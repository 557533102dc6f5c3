"""A live exchange starts in time, ends when told, shares its directory with nobody, and never starts by halves."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.server import UnsafeBinding, _bound
from exchange.settings import Settings
from tests.town.outside import LiveExchange
from tests.town.people import problem_of
from tests.town.provider import ScriptedProvider

ROOT = Path(__file__).parents[2]


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveExchange]:
    provider = ScriptedProvider()
    made = LiveExchange(tmp_path, provider)
    made.found()
    made.start()
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()
    provider.close()


async def test_a_life_over_real_sockets(live):
    await live.build()
    async with live.town() as town:
        assert (await town.call()).status_code == 200
        assert problem_of(await town.call(headers={"hutong-fields": "phone"})) == "refused"
        checkpoint = (await town.http.get("/ledger/checkpoint")).content
    assert live.stop() == 0
    live.start()
    async with live.town() as town:
        assert (await town.call()).status_code == 200
        assert (await town.http.get("/ledger/checkpoint")).content != checkpoint


def test_a_second_process_is_refused_with_a_reason(live):
    environment = os.environ | {"HUTONG_DATA": str(live.data), "HUTONG_PORT": "0"}
    second = subprocess.run(
        [sys.executable, "-m", "tests.town.serve"], env=environment, cwd=ROOT, capture_output=True, timeout=20
    )
    assert second.returncode != 0
    assert b"ready" not in second.stdout
    assert b"in use by process" in second.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUTONG_EGRESS", "nonsense"),
        ("HUTONG_PORT", "taken"),
        ("HUTONG_HOST", "0.0.0.0"),
        ("HUTONG_KEYS", "/dev/null/x"),
    ],
)
def test_a_start_that_fails_ends_the_process(live, tmp_path, name, value):
    value = live.url.rpartition(":")[2] if value == "taken" else value
    environment = os.environ | {"HUTONG_DATA": str(tmp_path / "other"), "HUTONG_PORT": "0", name: value}
    failed = subprocess.run(
        [sys.executable, "-m", "tests.town.serve"], env=environment, cwd=ROOT, capture_output=True, timeout=20
    )
    assert failed.returncode != 0
    assert b"ready" not in failed.stdout
    assert failed.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(live, number):
    live.process.send_signal(number)
    assert live.process.wait(10) == 0


def test_tokens_never_cross_a_network_in_clear(tmp_path):
    with pytest.raises(UnsafeBinding, match="TLS"):
        _bound(Settings(data=tmp_path, host="0.0.0.0", port=0))
    assert _bound(Settings(data=tmp_path, host="0.0.0.0", port=0, tls=True)).port
