"""README.md is executable: its console blocks run, top to bottom, beside a demonstration city, and show what it shows.

In the outputs `…` stands for anything within a line, a line of only `…` for any lines. The Chinese page has the very
same blocks.
"""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
URL = "http://127.0.0.1:8080"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "--- ended with "


@dataclass(frozen=True)
class Step:
    command: str
    shown: str


@dataclass(frozen=True)
class Place:
    """Where a reader is: a directory with `.venv`, `var` and `var.keys`, and the address of the running demo."""

    directory: Path
    url: str


def blocks(text: str, language: str) -> list[str]:
    return [body for name, body in BLOCK.findall(text) if name == language]


def steps(block: str) -> list[Step]:
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [Step(*part.split("\n", 1)) for part in parts]


def pattern(shown: str) -> str:
    """What is shown as a regular expression; blanks at the end of lines and before `…` do not count."""
    lines = []
    for line in shown.rstrip("\n").split("\n"):
        if line.strip() == "…":
            lines.append(r"(?:.*\n)*?")
        else:
            words = re.split(r"\s*…\s*", line.rstrip())
            lines.append(r"[^\n]*".join(re.escape(word) for word in words) + r"[ ]*\n")
    return "".join(lines)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    directory = tmp_path_factory.mktemp("reader")
    (directory / ".venv").symlink_to(sys.prefix)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [directory / ".venv/bin/hutong", "demo", "--port", str(port)]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HUTONG_")}
    with (directory / "log.txt").open("w") as log:
        demo = subprocess.Popen(command, cwd=directory, env=clean, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert demo.stdout is not None
        ready = next((line for line in demo.stdout if line.startswith("ready: ")), None)
        assert ready == f"ready: http://127.0.0.1:{port}\n", (directory / "log.txt").read_text()
        yield Place(directory, f"http://127.0.0.1:{port}")
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(timeout=20)
    assert demo.returncode == 0, "Ctrl-C ends the demo cleanly"


@pytest.mark.needs("curl")
def test_every_block_does_what_it_shows(place: Place, document: Callable[[str], str]) -> None:
    text = document("README.md").replace(URL, place.url)
    for program in blocks(text, "python"):
        name = program.split("\n", 1)[0].removeprefix("# ")
        (place.directory / name).write_text(program)
    told = [step for block in blocks(text, "console") for step in steps(block)]
    assert len(told) > 10
    # one shell for all, since later steps use what earlier ones have set; each says how it ended
    script = "\n".join(f"{step.command}\necho '{MARK}'$?" for step in told)
    environment = {**os.environ, "HUTONG_URL": place.url, "COLUMNS": "100", "LC_ALL": "C.UTF-8"}
    run = subprocess.run(
        ["bash", "-u"], input=script, cwd=place.directory, env=environment, capture_output=True, text=True, timeout=120
    )
    happened = re.split(rf"^{MARK}(\d+)\n", run.stdout, flags=re.MULTILINE)
    assert len(happened) == 2 * len(told) + 1, run.stdout + run.stderr
    for step, output, ended in zip(told, happened[::2], happened[1::2], strict=False):
        assert ended == "0", f"$ {step.command}\n{output}{run.stderr}"
        assert re.fullmatch(pattern(step.shown) if step.shown else "", output), f"$ {step.command}\n{output}"


def test_the_chinese_page_has_the_same_blocks(document: Callable[[str], str]) -> None:
    english, chinese = document("README.md"), document("docs/zh/README.md")
    for language in ("console", "python"):
        assert blocks(english, language) == blocks(chinese, language)


def test_the_make_targets_that_it_names_exist(document: Callable[[str], str]) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", document("Makefile"), re.MULTILINE))
    told = re.search(r"`make` alone lists its targets: `([^`]*)`", document("README.md"))
    assert told
    assert set(told[1].split()) | {"help"} == targets
    for name in ("README.md", "CONTRIBUTING.md"):
        assert set(re.findall(r"^make ([a-z-]+)", document(name), re.MULTILINE)) <= targets


@pytest.mark.parametrize(
    ("shown", "output", "same"),
    [
        ("a\n", "a\n", True),
        ("a\n", "a\nb\n", False),
        ("a …\n", "a lot of it\n", True),
        ("a … z\n", "a\nz\n", False),
        ("a\n…\nz\n", "a\nb\nc\nz\n", True),
        ("a\n…\n", "b\n", False),
    ],
)
def test_what_is_shown_is_compared(shown: str, output: str, same: bool) -> None:
    assert bool(re.fullmatch(pattern(shown), output)) is same
