"""The processes that are measured or drive: nginx as provider and as proxy, the exchange, and what they cost."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

_TICK = os.sysconf("SC_CLK_TCK")
_PATIENCE = 30.0
PYTHON = sys.executable

_NGINX = """\
daemon off; worker_processes 1; pid {home}/nginx.pid; error_log {home}/error.log error; {user}
events {{ worker_connections 1024; }}
http {{
  access_log off; default_type application/json; server_tokens off;
  client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
  keepalive_requests 100000000; keepalive_timeout 75s; tcp_nodelay on;
  {inner}
}}
"""
_PROVIDER = """\
  server {{ listen 127.0.0.1:{port} backlog=2048;
    location / {{ return 200 '{reply}'; }}
    location = /status {{ stub_status; }} }}
"""
_PROXY = """\
  upstream provider {{ server 127.0.0.1:{upstream}; {kept} }}
  server {{ listen 127.0.0.1:{port} backlog=2048;
    location / {{ proxy_pass http://provider; {again} }} }}
"""
_KEPT = "keepalive 64; keepalive_requests 100000000;"
_AGAIN = 'proxy_http_version 1.1; proxy_set_header Connection "";'


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """One process and its children, pinned to one core; ended with its context."""

    def __init__(self, core: int, command: list[str], log: Path, env: Mapping[str, str] | None = None) -> None:
        self._log = log
        self._output = log.open("wb")
        self._process = subprocess.Popen(
            ["taskset", "--cpu-list", str(core), *command],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )

    def wait_for(self, port: int) -> None:
        """Until the port answers. Raises RuntimeError with what the process wrote when it does not."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        self.stop()
        raise RuntimeError(f"{self._process.args} does not answer:\n{self._log.read_text(errors='replace')[-2000:]}")

    def cpu(self) -> float:
        """Seconds of CPU used so far by all threads, ended ones included, of the process and its children."""
        return sum(map(_cpu, self._pids()))

    def memory(self) -> float:
        """Megabytes resident."""
        return sum(map(_resident, self._pids()))

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._output.close()

    def _pids(self) -> list[int]:
        found, at = [self._process.pid], 0
        while at < len(found):
            children = Path(f"/proc/{found[at]}/task/{found[at]}/children").read_text().split()
            found += map(int, children)
            at += 1
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _resident(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


class Machine:
    """How busy the machine was, with what was ours taken off."""

    def __init__(self) -> None:
        self._ours, self._busy, self._all = 0.0, *_machine()

    def add(self, ours: float) -> None:
        self._ours += ours

    def others(self) -> float:
        """The share of all cores, 0 to 1, that went to somebody else since the start."""
        busy, everything = _machine()
        return max(0.0, (busy - self._busy - self._ours) / (everything - self._all))


def _machine() -> tuple[float, float]:
    fields = [int(field) / _TICK for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(fields) - fields[3] - fields[4], sum(fields)


class Nginx(Process):
    """nginx with one worker; `upstream` makes it a reverse proxy, otherwise it says `reply` to everything.

    A bare `proxy_pass` opens a connection to the upstream for every request; `kept` keeps them, as the exchange does.
    """

    def __init__(
        self, core: int, home: Path, *, reply: bytes = b"", upstream: int | None = None, kept: bool = True
    ) -> None:
        home.mkdir()
        self.port = free_port()
        if upstream is None:
            inner = _PROVIDER.format(port=self.port, reply=reply.decode())
        else:
            pool, again = (_KEPT, _AGAIN) if kept else ("", "")
            inner = _PROXY.format(port=self.port, upstream=upstream, kept=pool, again=again)
        user = "user root;" if os.geteuid() == 0 else ""
        (home / "nginx.conf").write_text(_NGINX.format(home=home, inner=inner, user=user))
        command = ["nginx", "-p", str(home), "-c", str(home / "nginx.conf"), "-e", str(home / "error.log")]
        super().__init__(core, command, home / "output")
        self._polls = 0
        self.wait_for(self.port)

    def requests(self) -> int:
        """Requests that this server has answered, those of this function taken off."""
        self._polls += 1
        text = httpx.get(f"http://127.0.0.1:{self.port}/status", trust_env=False).text
        return int(text.splitlines()[2].split()[2]) - self._polls
