"""The export of a large catalog streams: memory does not grow with it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MOST_MIB = 150


def exported(directory: Path, count: int, kind: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.catalog.template.export_many", str(directory / "db")]
    for what in (str(count), kind):
        ran = subprocess.run([*command, what], cwd=ROOT, capture_output=True, text=True, timeout=600, check=True)
    return dict(json.loads(ran.stdout))


@pytest.mark.long
def test_ten_thousand_datasets_of_twenty_items(tmp_path, kind):
    took = exported(tmp_path, 10_000, kind)
    assert took["bytes"] > 1 << 20
    assert took["mib"] <= MOST_MIB


def test_some_hundred_datasets_leave_hardly_a_trace(tmp_path):
    assert exported(tmp_path, 300, "xlsx")["mib"] <= 40
