"""An initialised exchange in a directory of its own, and the command, run in this process."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from exchange.cli import build


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document that stdout holds."""
        return json.loads(self.out)


Hutong = Callable[..., Ran]


@pytest.fixture
def hutong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hutong:
    for name in [name for name in os.environ if name.startswith("HUTONG_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def run(*words: object, stdin: str | None = None) -> Ran:
        result = CliRunner().invoke(build(), [str(word) for word in words], input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def begun(hutong: Hutong) -> dict[str, Any]:
    """What `init` answered."""
    return dict(hutong("init", "--json").document)
