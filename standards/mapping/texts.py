"""Rules on values as they are and on texts: copy, const, concat, split, mask, hash.

`hash` is HMAC-SHA-256 (RFC 2104) in hex under a key that whoever applies the mapping hands in: it joins records of one
mapping, through all its versions, and tells nobody without the key who is meant.
"""

import hmac
from typing import Any, Literal

from pydantic import Field as Shape
from pydantic import model_validator

from standards.mapping.rules import (
    MAX_TEXT,
    Kind,
    Misshapen,
    Place,
    Pointer,
    Reading,
    Rule,
    Run,
    Step,
    failed,
    folded,
    instead,
    reader,
    reading,
    textual,
)

_STRING = frozenset({"string"})


class Copy(Reading):
    """The value as it is."""

    op: Literal["copy"]


class Const(Rule):
    """Always the same value."""

    op: Literal["const"]
    on_missing: Literal["reject"] = "reject"
    value: Any


class Concat(Rule):
    """Texts one after the other."""

    op: Literal["concat"]
    sources: list[Pointer] = Shape(alias="from", min_length=1, max_length=20)
    separator: str = Shape(default="", max_length=20)
    skip_missing: bool = Shape(default=False, strict=True, description="join what is there; missing when nothing is")


class Split(Reading):
    """A part of a text: the one at `part` between separators (negative: from the end), or the signs `start` to `end`.

    A part that is not there counts as missing.
    """

    op: Literal["split"]
    separator: str | None = Shape(default=None, min_length=1, max_length=20)
    part: int | None = Shape(default=None, ge=-100, le=99, strict=True)
    start: int | None = Shape(default=None, ge=0, le=MAX_TEXT, strict=True)
    end: int | None = Shape(default=None, ge=1, le=MAX_TEXT, strict=True)

    @model_validator(mode="after")
    def _one_way(self) -> "Split":
        by_separator = self.separator is not None and self.part is not None
        by_place = self.start is not None and (self.end is None or self.end > self.start)
        given = [name for name in ("separator", "part", "start", "end") if getattr(self, name) is not None]
        if not (by_separator and given == ["separator", "part"]) and not (by_place and given[0] == "start"):
            raise ValueError("either separator and part, or start and perhaps a larger end")
        return self


class Mask(Reading):
    """The text with all but its first and last signs replaced."""

    op: Literal["mask"]
    keep_first: int = Shape(default=0, ge=0, le=100, strict=True)
    keep_last: int = Shape(default=0, ge=0, le=100, strict=True)
    sign: str = Shape(default="*", min_length=1, max_length=1)


class Hash(Reading):
    """A keyed pseudonym in hex; two texts that differ only in width or outer space get the same."""

    op: Literal["hash"]
    length: int = Shape(default=64, ge=16, le=64, strict=True, description="hex digits")


def _copy(rule: Copy, place: Place) -> Step:
    return reading(rule, place, lambda value, run: value)


def _const(rule: Const, place: Place) -> Step:
    if rule.value is None and "value" not in rule.model_fields_set:
        raise Misshapen("/value", "required", "the value")
    value = rule.value
    return lambda source, run: value


def _concat(rule: Concat, place: Place) -> Step:
    reads, separator, skip, empty = (
        [reader(each) for each in rule.sources],
        rule.separator,
        rule.skip_missing,
        place.empty,
    )
    source = ", ".join(rule.sources)
    absent = instead(rule.on_missing, "missing", "a value", source)

    def step(value: Any, run: Run) -> Any:
        parts = []
        for read in reads:
            part = read(value, run)
            if part is not None and not (empty and type(part) is str and part in empty):
                parts.append(textual(part, source, "concat"))
            elif not skip:
                return absent()
        if not parts:
            return absent()
        joined = separator.join(parts)
        if len(joined) > MAX_TEXT:
            raise failed("concat", f"at most {MAX_TEXT} characters together", source)
        return joined

    return step


def _split(rule: Split, place: Place) -> Step:
    separator, part, start, end, source = rule.separator, rule.part, rule.start, rule.end, rule.source
    absent = instead(rule.on_missing, "missing", "a text that has this part", source)

    def work(value: Any, run: Run) -> Any:
        value = textual(value, source, "split")
        if separator is None:
            found = value[start:end].strip()
        else:
            assert part is not None
            parts = value.split(separator)
            found = parts[part].strip() if -len(parts) <= part < len(parts) else ""
        return found or absent()

    return reading(rule, place, work)


def _mask(rule: Mask, place: Place) -> Step:
    first, last, sign, source = rule.keep_first, rule.keep_last, rule.sign, rule.source

    def work(value: Any, run: Run) -> Any:
        value = textual(value, source, "mask")
        hidden = len(value) - first - last
        if hidden <= 0:  # nothing would be hidden: hide all
            return sign * len(value)
        return value[:first] + sign * hidden + value[len(value) - last :]

    return reading(rule, place, work)


def _hash(rule: Hash, place: Place) -> Step:
    length, source = rule.length, rule.source

    def work(value: Any, run: Run) -> Any:
        try:
            raw = folded(textual(value, source, "hash")).encode()
        except UnicodeEncodeError:
            raise failed("hash", "a text of whole characters", source) from None
        return hmac.digest(run.key, raw, "sha256").hex()[:length]

    return reading(rule, place, work)


KINDS = (
    Kind("copy", Copy, _copy),
    Kind("const", Const, _const),
    Kind("concat", Concat, _concat, lambda rule: _STRING),
    Kind("split", Split, _split, lambda rule: _STRING),
    Kind("mask", Mask, _mask, lambda rule: _STRING),
    Kind("hash", Hash, _hash, lambda rule: _STRING),
)
