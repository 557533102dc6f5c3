"""One document of a file: YAML where its name says so, otherwise JSON, whose every number is as written."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from exchange.cli import written
from exchange.cli.output import CommandFailed
from exchange.cli.written import Located, Place, Unreadable
from standards.strict_json import EXPECTED, UnreadableJson, loads

_YAML = (".yaml", ".yml")


def document(path: Path, most_bytes: int) -> Any:
    """What the file says. Raises CommandFailed, which names file, line and column; OSError."""
    with told():
        if path.suffix.lower() not in _YAML:
            return _strict(path, most_bytes)
        found = list(written.read(path, most_bytes=most_bytes))
        if len(found) != 1:
            raise Unreadable(Located(str(path), Place(1, 1), "", "document", "one document in the file"))
        return found[0].document


@contextmanager
def told() -> Iterator[None]:
    """Turns Unreadable into CommandFailed with every finding."""
    try:
        yield
    except Unreadable as error:
        problem = {
            "type": "about:blank",
            "title": "The file cannot be read",
            "detail": str(error),
            "errors": [finding.as_dict() for finding in error.findings],
        }
        raise CommandFailed(str(error), problem=problem) from None


def _strict(path: Path, most_bytes: int) -> Any:
    text = written.text_of(path, most_bytes)
    try:
        return loads(text.encode(), max_bytes=most_bytes)
    except UnreadableJson as error:
        if error.offset is None:  # the other reader knows where
            list(written.read(path, most_bytes=most_bytes))
        before = text[: error.offset or 0]
        place = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise Unreadable(Located(str(path), place, "", error.reason, EXPECTED[error.reason])) from None
