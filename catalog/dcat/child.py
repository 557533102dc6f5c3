"""The process in which `apart` has one document read: it bounds itself, parses, reads and answers.

python -m catalog.dcat.child MEDIA_TYPE SECONDS BYTES_OF_MEMORY <document >answer
"""

import contextlib
import resource
import sys

from catalog.dcat import apart, parsing, reading
from catalog.dcat.reading import ReadRule
from catalog.imports import Unreadable
from standards.validation import Finding


def _bound(seconds: int, memory: int) -> None:
    """The limits of the system: a second after the first one of time the process is killed."""
    used = int(resource.getrusage(resource.RUSAGE_SELF).ru_utime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, used + seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):  # not every system has it
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _answer(raw: bytes, kind: str, seconds: int, rule: ReadRule | None) -> bytes:
    try:
        graph = parsing.parsed(raw, kind, seconds=seconds)
        found, faults = reading.incoming(graph, rule)
        told = apart.ANSWER.dump_json(apart.Read(found, faults, reading.following(graph)))
        if len(told) <= apart.MAX_ANSWER:
            return told
        fault = Finding("", "too-large", f"at most {apart.MAX_ANSWER} bytes of what is said: send it in pages")
    except Unreadable as error:
        (fault,) = error.findings
    return apart.ANSWER.dump_json(apart.Read([], [], None, fault))


def main(rule: ReadRule | None = None) -> None:
    """Answers on the standard output; `rule` reads the calling rule in a dataset's policy."""
    kind, seconds, memory = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    _bound(seconds, memory)
    try:
        answer = _answer(sys.stdin.buffer.read(), kind, seconds, rule)
    except MemoryError:
        answer = apart.ANSWER.dump_json(apart.Read([], [], None, apart.TOO_LARGE))
    sys.stdout.buffer.write(answer)


if __name__ == "__main__":
    main()
