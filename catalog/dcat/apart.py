"""A DCAT document read in a process of its own, which ends at a bound of time or memory, whatever the document does.

The parsers of rdflib have no bound of their own: some thousand prefixes or one long literal keep them busy for hours,
and no clock that is looked at between statements sees it. The process gets the document on its standard input and
nothing of this one's environment but where modules lie; it answers in JSON, and is waited for. The caller's thread
waits too, so that call `read` from no event loop.
Raises catalog.imports.Unreadable.
"""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter

from catalog.dcat.writing import JSON_LD, TURTLE
from catalog.imports import Incoming, Unreadable
from standards.validation import Finding

PROGRAM: Final = "catalog.dcat.child"
MAX_BYTES: Final = 16 << 20
MAX_SECONDS: Final = 60
MAX_MEMORY: Final = 2 << 30
"""Bytes of address space."""
MAX_ANSWER: Final = 64 << 20
MEDIA_TYPES: Final = {JSON_LD: JSON_LD, "application/json": JSON_LD, TURTLE: TURTLE, "application/x-turtle": TURTLE}
_AT_ONCE: Final = threading.BoundedSemaphore(2)
_OVER: Final = (-signal.SIGXCPU, -signal.SIGKILL)
_TOO_SLOW: Final = Finding("", "too-slow", "a document that is read in a minute: send it in pages")
TOO_LARGE: Final = Finding("", "too-large", "a document that needs less memory: send it in pages")


@dataclass(frozen=True, slots=True)
class Read:
    """What a document says: its datasets, what is no dataset, the next page; `fault` when it cannot be read."""

    found: list[Incoming]
    faults: list[Finding]
    following: str | None
    fault: Finding | None = None


ANSWER: Final = TypeAdapter(Read)


def kind_of(media_type: str) -> str:
    """JSON-LD or Turtle; `media_type` may carry parameters. Raises Unreadable."""
    kind = MEDIA_TYPES.get(media_type.partition(";")[0].strip().lower())
    if kind is None:
        raise Unreadable("", "media-type", f"one of {', '.join(sorted(MEDIA_TYPES))}")
    return kind


def read(
    raw: bytes, media_type: str, *, seconds: int = MAX_SECONDS, memory: int = MAX_MEMORY, program: str = PROGRAM
) -> Read:
    """What a document says of datasets, at most two documents at once. Raises Unreadable.

    `program` is the module that is run: one that calls `child.main`, and may know more of what a dataset says.
    """
    kind = kind_of(media_type)
    if len(raw) > MAX_BYTES:
        raise Unreadable("", "too-large", f"at most {MAX_BYTES} bytes in one document: send it in pages")
    command = [sys.executable, "-m", program, kind, str(seconds), str(memory)]
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONSAFEPATH": "1"}
    with _AT_ONCE:
        try:
            done = subprocess.run(  # noqa: S603 - this interpreter, and words that are chosen here
                command, input=raw, capture_output=True, timeout=seconds, env=environment, check=False
            )
        except subprocess.TimeoutExpired:  # it was killed and waited for
            raise _unreadable(_TOO_SLOW) from None
    if done.returncode in _OVER:
        raise _unreadable(_TOO_SLOW)
    if done.returncode < 0:
        raise _unreadable(TOO_LARGE)
    if done.returncode > 0:
        raise RuntimeError(f"The reader of documents failed: {done.stderr[-2_000:].decode(errors='replace')}")
    answer = ANSWER.validate_json(done.stdout)
    if answer.fault is not None:
        raise _unreadable(answer.fault)
    return answer


def _unreadable(fault: Finding) -> Unreadable:
    return Unreadable(fault.pointer, fault.rule, fault.expected)
