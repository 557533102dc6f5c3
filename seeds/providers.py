"""Starts the simulated providers as a process of their own and turns their dials.

RuntimeError
└── ProvidersFailed   the process did not come up, or does not obey
"""

import os
import secrets
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

from catalog.models import Credential
from seeds.dials import Dials
from seeds.records import SEED
from seeds.simulators import CONTROL, HOST, SECRET, bearer

_PATIENCE = 20.0


class ProvidersFailed(RuntimeError):
    """The simulated providers are not there."""


class Providers:
    """A running process of providers; leaving its context ends it.

    `ports` fixes ports by department (and "control"); `secret` keeps credentials over restarts.
    """

    def __init__(self, seed: int = SEED, *, ports: Mapping[str, int] | None = None, secret: str | None = None) -> None:
        self._secret = secret or secrets.token_hex(16)
        fixed = ",".join(f"{name}={port}" for name, port in (ports or {}).items())
        self._process = subprocess.Popen(  # noqa: S603  our own module, no shell
            [sys.executable, "-m", "seeds.simulators", "--data-seed", str(seed), "--ports", fixed],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, SECRET: self._secret},
            start_new_session=True,
        )
        self._control = httpx.Client(trust_env=False)
        try:
            ready = self._ready()
        except BaseException:
            self.stop()
            raise
        self.ports: Mapping[str, int] = ready["ports"]
        self._control.base_url = httpx.URL(f"http://{HOST}:{ready['control']}")
        self._control.headers["Authorization"] = bearer(self._secret, CONTROL)

    def address(self, department: str, slug: str) -> str:
        """The base URL of one service."""
        return f"http://{HOST}:{self.ports[department]}/{slug}"

    def credential(self, department: str) -> Credential:
        """What the department's provider wants to be shown."""
        return Credential(header="Authorization", value=bearer(self._secret, department))

    def turn(self, department: str, dials: Dials | None = None) -> None:
        """Sets a department's dials; without any they go back to good behaviour. Raises ProvidersFailed."""
        answer = self._control.put(f"/dials/{department}", json=asdict(dials or Dials()))
        if answer.status_code != httpx.codes.NO_CONTENT:
            raise ProvidersFailed(f"The dials of {department} could not be turned: status {answer.status_code}.")

    def stop(self) -> None:
        """Ends the process; a second time does nothing."""
        self._control.close()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _ready(self) -> Any:
        """The line in which the process tells its ports."""
        output = self._process.stdout
        assert output is not None
        deadline, line = time.monotonic() + _PATIENCE, b""
        while not line.endswith(b"\n"):
            readable, _, _ = select.select([output], [], [], max(0.0, deadline - time.monotonic()))
            more = os.read(output.fileno(), 65536) if readable else b""
            if not more:
                raise ProvidersFailed("The simulated providers did not start; what they wrote to stderr says why.")
            line += more
        return orjson.loads(line)
