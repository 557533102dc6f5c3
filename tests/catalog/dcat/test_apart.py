"""Documents of strangers are read in a process of its own: it says the same, and ends when its bounds are reached."""

import os
import subprocess
import sys
from typing import Any

import orjson
import pytest

from catalog.dcat import apart, reading
from catalog.dcat.parsing import parsed
from catalog.dcat.writing import JSON_LD, TURTLE
from catalog.imports import Unreadable

PREFIXES = b"@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .\n"
GOOD = PREFIXES + (
    """<urn:x:births> a dcat:Dataset ; dct:title "出生"@zh, "Births"@en ; dct:accrualPeriodicity <urn:x:never> ;
    dct:temporal [ dcat:startDate "later" ] ; dcat:keyword "出生" . [] a dcat:Dataset .
    <urn:x:page> <http://www.w3.org/ns/hydra/core#next> <urn:x:2> .""".encode()
)


def fault(raw: bytes, kind: str, **bounds: Any) -> tuple[str, str]:
    with pytest.raises(Unreadable) as refusal:
        apart.read(raw, kind, **bounds)
    (finding,) = refusal.value.findings
    return finding.pointer, finding.rule


def test_what_is_read_apart_is_what_is_read_here() -> None:
    said, graph = apart.read(GOOD, f"{TURTLE}; charset=utf-8"), parsed(GOOD, TURTLE)
    assert (said.found, said.faults) == reading.incoming(graph)
    assert said.found[0].notes, "with its notes"
    assert said.following == "urn:x:2"


def test_why_a_document_is_not_read_is_told_from_there() -> None:
    assert fault(b"<urn:a> <urn:b> 1 .\n<urn:a> oops .\n", TURTLE) == ("line 2", "turtle")
    assert fault(b'{"@context": {}, \n  "a": oops}', JSON_LD) == ("line 2, column 8", "syntax")
    assert fault(b"", "text/html") == ("", "media-type")


def _scoped(count: int) -> bytes:
    """Terms whose contexts define as many terms again, each of them used."""
    inner = {f"i{number}": f"urn:i{number}" for number in range(count)}
    terms: dict[str, Any] = {"p": {"@id": "urn:p", "@context": inner}}
    return orjson.dumps({"@context": terms, "@graph": [{"p": {"i0": number}} for number in range(40_000)]})


HOSTILE = {
    "escapes": (b'<urn:a> <urn:b> "' + b"\\n" * 4_000_000 + b'" .', TURTLE),
    "lines": (b'<urn:a> <urn:b> """' + b"\n" * 3_000_000 + b'""" .', TURTLE),
    "scoped contexts": (_scoped(1_900), JSON_LD),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_document_that_would_be_read_for_ever_is_given_up(name: str) -> None:
    assert fault(*HOSTILE[name], seconds=2)[1] == "too-slow"


def test_memory_is_bounded() -> None:
    raw = b"".join(b'<urn:s%d> <urn:p> "v%d" .\n' % (number, number) for number in range(200_000))
    assert fault(raw, TURTLE, memory=200 << 20)[1] == "too-large"


def test_nothing_is_left_of_a_process_that_was_ended() -> None:
    ended = []

    class Noted(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            ended.append(self.pid)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "Popen", Noted)
        assert fault(*HOSTILE["lines"], seconds=1)[1] == "too-slow"
    (pid,) = ended
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_it_is_told_nothing_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    given = dict[str, Any]()

    def run(command: list[str], **options: Any) -> Any:
        given.update(options)
        return subprocess.CompletedProcess(command, 0, apart.ANSWER.dump_json(apart.Read([], [], None)), b"")

    monkeypatch.setenv("HUTONG_SECRET_FOR_TEST", "x")
    monkeypatch.setattr(subprocess, "run", run)
    apart.read(b"", TURTLE)
    assert given["env"].keys() == {"PYTHONPATH", "PYTHONSAFEPATH"}


def test_a_reader_that_breaks_is_no_fault_of_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError):
        apart.read(b"", TURTLE)
