"""What stands in a cell, as text, and what it means: codes, lists, dates, yes and no. Pure.

Each `Form` writes a value of a registration as the text of a cell and reads it back.

    ValueError
    └── Unreadable    .what, .fix in both languages; never leaves the package
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Protocol

from catalog.template.faults import Text

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_SEPARATED = re.compile(r"[;；\n]")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?([T ]00:00(:00)?)?")
_SERIAL = re.compile(r"[1-9]\d{4}")
_EPOCH = date(1899, 12, 30)
"""Day 0 of Excel's dates, such that all after February 1900 are right."""


class Unreadable(ValueError):
    """The cell does not hold what its column wants."""

    def __init__(self, what: Text, fix: Text) -> None:
        super().__init__(fix["en"])
        self.what, self.fix = what, fix


def clean(text: str) -> str:
    """The text as both formats can carry it: no control characters, one kind of line end, no space around it."""
    return printable(text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def printable(text: str) -> str:
    """The text without what XML 1.0 cannot hold."""
    return text if text.isprintable() else _CONTROL.sub("", text)


def narrow(text: str) -> str:
    """A code in one width: full-width letters and digits as plain ones (NFKC)."""
    return unicodedata.normalize("NFKC", text).strip()


class Form(Protocol):
    """How the values of one column are written and read. `options` are what may stand there, if that is a list."""

    def write(self, value: Any, language: str) -> str: ...

    def read(self, text: str) -> Any:
        """Raises Unreadable."""
        ...

    def options(self, language: str) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Free:
    """Any text; with `code` an identifier, which is read in one width."""

    code: bool = False

    def write(self, value: Any, language: str) -> str:
        return clean(str(value))

    def read(self, text: str) -> Any:
        return narrow(text) if self.code else text

    def options(self, language: str) -> list[str]:
        return []


@dataclass(frozen=True, slots=True)
class Several:
    """A list of texts, one a line; a list that could be misread that way is written as JSON."""

    code: bool = False

    def write(self, value: Any, language: str) -> str:
        texts = [str(one) for one in value]
        plain = all(one and clean(one) == one and not _SEPARATED.search(one) and one[0] not in "[" for one in texts)
        return "\n".join(texts) if plain else json.dumps(texts, ensure_ascii=False)

    def read(self, text: str) -> Any:
        if text.startswith("["):
            return self._json(text)
        parts = [part.strip() for part in _SEPARATED.split(text)]
        return [narrow(part) if self.code else part for part in parts if part]

    def options(self, language: str) -> list[str]:
        return []

    def _json(self, text: str) -> list[str]:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise Unreadable(
                {"zh": "以方括号开头，但不是文本列表", "en": "it begins with a bracket and is no list of texts"},
                {"zh": "多个值之间用分号或换行分隔", "en": "put a semicolon or a new line between the values"},
            )
        return [narrow(one) if self.code else one for one in found]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of an enumeration, shown by its labels; the code itself and both languages are understood."""

    labels: Mapping[str, tuple[str, str]]

    def write(self, value: Any, language: str) -> str:
        pair = self.labels.get(str(value), (str(value), str(value)))
        return pair[0] if language == "zh" else pair[1]

    def read(self, text: str) -> Any:
        wanted = _plain(text)
        for code, names in self.labels.items():
            if wanted in {_plain(code), *map(_plain, names)}:
                return code
        raise Unreadable(
            {"zh": "不是可选的值", "en": "it is none of the values to choose from"},
            {
                "zh": f"请从中选择：{'、'.join(self.options('zh'))}",
                "en": f"choose one of: {', '.join(self.options('en'))}",
            },
        )

    def options(self, language: str) -> list[str]:
        return [pair[0] if language == "zh" else pair[1] for pair in self.labels.values()]


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number."""

    def write(self, value: Any, language: str) -> str:
        return str(value)

    def read(self, text: str) -> Any:
        digits = narrow(text)
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 12):
            raise Unreadable(
                {"zh": "不是整数", "en": "it is no whole number"}, {"zh": "填写整数", "en": "a whole number"}
            )
        return int(digits)

    def options(self, language: str) -> list[str]:
        return []


@dataclass(frozen=True, slots=True)
class Day:
    """A day, read as 2026-01-31, 2026/1/31, 2026年1月31日 or Excel's number of it."""

    def write(self, value: Any, language: str) -> str:
        return str(value)[:10]

    def read(self, text: str) -> Any:
        plain = narrow(text)
        try:
            if _SERIAL.fullmatch(plain):
                return (_EPOCH + timedelta(days=int(plain))).isoformat()
            if found := _DATE.fullmatch(plain):
                return date(int(found[1]), int(found[2]), int(found[3])).isoformat()
        except ValueError:
            pass
        raise Unreadable({"zh": "不是日期", "en": "it is no day"}, {"zh": "如 2026-01-31", "en": "such as 2026-01-31"})

    def options(self, language: str) -> list[str]:
        return []


def labels(of: type[StrEnum], *names: tuple[str, str]) -> dict[str, tuple[str, str]]:
    """Chinese and English label for each member of an enumeration, in its order."""
    return dict(zip([str(member) for member in of], names, strict=True))


YES_NO = Choice({"true": ("是", "yes"), "false": ("否", "no")})


@dataclass(frozen=True, slots=True)
class YesNo:
    def write(self, value: Any, language: str) -> str:
        return YES_NO.write("true" if value else "false", language)

    def read(self, text: str) -> Any:
        known = {"1": True, "0": False}.get(narrow(text))
        return known if known is not None else YES_NO.read(text) == "true"

    def options(self, language: str) -> list[str]:
        return YES_NO.options(language)


def _plain(text: str) -> str:
    """For comparing labels: one width, no spaces, small letters, without the 类 and 型 that clerks add or leave out."""
    return re.sub(r"[\s_-]+", "", narrow(text)).casefold().removesuffix("类")
