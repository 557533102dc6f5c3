"""What people write in YAML or JSON files, each value with the place where it stands.

Of YAML this takes what JSON has: mappings, lists, texts, numbers, true, false, null. Anchors, aliases and tags are
refused, so a small file stays small; bytes, values and nesting are bounded. Only `true` and `false` are truth values,
only plain decimals are numbers: `no` is a text, and so is `007`.

    ValueError
    └── Unreadable    .findings: what keeps the file from being read, each with its place
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

MOST_VALUES = 2_000_000
DEEPEST = 64
LONGEST_NAME = 200
MOST_POINTERS = 64 * 2**20
"""Characters of all places together: each value's repeats the names of everything it stands in."""

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,17}")
_PAIR = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_WORDS: Mapping[str, Any] = {"null": None, "~": None, "": None, "true": True, "false": False}
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Line and column, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Located:
    """Something wrong at a place of a file; `pointer` is the place in the registration."""

    file: str
    place: Place
    pointer: str
    rule: str
    expected: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "line": self.place.line,
            "column": self.place.column,
            "pointer": self.pointer,
            "rule": self.rule,
            "expected": self.expected,
        }

    def __str__(self) -> str:
        where = f" {self.pointer}:" if self.pointer else ""
        return f"{self.file}:{self.place.line}:{self.place.column}:{where} {self.expected}"


class Unreadable(ValueError):
    """The file cannot be read, or holds nothing of what is asked."""

    def __init__(self, *findings: Located) -> None:
        self.findings = findings
        super().__init__("; ".join(map(str, findings)))


@dataclass(slots=True)
class Written:
    """One document of a file: what it says, and where each of its members stands."""

    file: str
    document: Any
    places: dict[str, Place] = field(repr=False)

    def at(self, pointer: str, rule: str, expected: str) -> Located:
        """A finding at this pointer, or where the nearest thing that is there stands."""
        known = pointer
        while known not in self.places and known:
            known = known.rpartition("/")[0]
        return Located(self.file, self.places[known], pointer, rule, expected)


def read(path: Path, *, most_bytes: int, deepest: int = DEEPEST) -> Iterator[Written]:
    """The documents of a file, one after the other. Raises Unreadable, OSError."""
    file, text = str(path), text_of(path, most_bytes)
    if path.suffix.lower() == ".json":
        text = _PAIR.sub(_joined, text.replace("\t", " "))  # JSON has no tabs in texts, YAML none between values
    for document, places in _documents(file, text, deepest):
        yield Written(file, document, places)


def text_of(path: Path, most_bytes: int) -> str:
    """The text of a file, without a byte order mark. Raises Unreadable, OSError."""
    with path.open("rb") as stream:
        content = stream.read(most_bytes + 1)
    if len(content) > most_bytes:
        size = f"{most_bytes // 2**20} MiB" if most_bytes >= 2**20 else f"{most_bytes} bytes"
        raise Unreadable(Located(str(path), Place(1, 1), "", "size", f"at most {size} in one file"))
    return _text(str(path), content)


def _text(file: str, content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        likely = "; it seems to be GBK (GB 18030)" if _is_gbk(content) else ""
        expected = f"UTF-8: save the file in this encoding{likely}"
        raise Unreadable(Located(file, Place(line, column), "", "encoding", expected)) from None
    return text


def _is_gbk(content: bytes) -> bool:
    try:
        content.decode("gbk")
    except UnicodeDecodeError:
        return False
    return True


def _documents(file: str, text: str, deepest: int) -> Iterator[tuple[Any, dict[str, Place]]]:
    builder = _Builder(file, deepest)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
            if isinstance(event, yaml.DocumentEndEvent):
                yield builder.value, builder.places
                builder = _Builder(file, deepest, builder.taken, builder.pointers)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        raise Unreadable(Located(file, place, "", "syntax", f"YAML or JSON: {error.problem or 'unreadable'}")) from None
    except yaml.YAMLError:  # a character that no text may hold
        raise Unreadable(Located(file, Place(1, 1), "", "syntax", "printable characters only")) from None


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read: `step` is where in it, `named` whether a value has to come next."""

    value: Any
    step: Any = None
    named: bool = False


class _Builder:
    """Builds one document from the parser's events, without recursion."""

    def __init__(self, file: str, deepest: int, taken: int = 0, pointers: int = 0) -> None:
        self.file = file
        self.deepest = deepest
        self.taken = taken
        self.pointers = pointers
        self.value: Any = None
        self.places: dict[str, Place] = {"": Place(1, 1)}
        self._open: list[_Open] = []

    def take(self, event: Any) -> None:
        """Raises Unreadable."""
        self._refuse_strange(event)
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            opened: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
            self._put(opened, event)
            self._open.append(_Open(opened))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._open.pop()
            if self._open:
                self._open[-1].named = False

    def _refuse_strange(self, event: Any) -> None:
        self.taken += 1
        if self.taken > MOST_VALUES:
            raise self._refusal(event, "size", f"at most {MOST_VALUES:,} values in one file")
        if len(self._open) > self.deepest:
            raise self._refusal(event, "depth", f"at most {self.deepest} levels inside each other")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise self._refusal(event, "alias", "each value written out: anchors and aliases are not taken")
        if getattr(event, "tag", None) is not None:
            raise self._refusal(event, "tag", "plain values: tags are not taken")

    def _scalar(self, event: Any) -> None:
        inside = self._open[-1] if self._open else None
        if inside is not None and isinstance(inside.value, dict) and not inside.named:
            if len(event.value) > LONGEST_NAME:
                raise self._refusal(event, "length", f"at most {LONGEST_NAME} characters in a name")
            if event.value in inside.value:
                raise self._refusal(event, "unique", "each name once")
            inside.step, inside.named = event.value, True
            return
        plain = event.implicit[0] and not event.style
        self._put(_plain(event.value) if plain else event.value, event)
        if inside is not None:
            inside.named = False

    def _put(self, value: Any, event: Any) -> None:
        inside = self._open[-1] if self._open else None
        if inside is None:
            self.value = value
        elif isinstance(inside.value, list):
            inside.step = len(inside.value)
            inside.value.append(value)
        elif inside.named:
            inside.value[inside.step] = value
        else:
            raise self._refusal(event, "name", "a text as the name of a member")
        mark = event.start_mark
        pointer = pointer_of(each.step for each in self._open)
        self.pointers += len(pointer)
        if self.pointers > MOST_POINTERS:
            raise self._refusal(event, "size", "shorter names, less deep, or several files")
        self.places[pointer] = Place(mark.line + 1, mark.column + 1)

    def _refusal(self, event: Any, rule: str, expected: str) -> Unreadable:
        mark = event.start_mark
        return Unreadable(Located(self.file, Place(mark.line + 1, mark.column + 1), "", rule, expected))


def _plain(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


def _joined(pair: re.Match[str]) -> str:
    """JSON may write a character beyond the first plane as two escapes, which YAML does not know."""
    high, low = int(pair[1], 16), int(pair[2], 16)
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def pointer_of(steps: Iterable[Any]) -> str:
    """The JSON Pointer (RFC 6901) of these steps."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)
