"""Percent-encoding (RFC 3986, section 2.1), decoded exactly once and strictly, so that nobody downstream reads more."""

import re
from urllib.parse import quote, unquote_to_bytes

MAX_PATH = 2048
MAX_SEGMENT = 256

_PATH = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)+")
_COMPONENT = re.compile(r"(?:[A-Za-z0-9._~!$'()*+,;:@/?-]|%[0-9A-Fa-f]{2})*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufeff\u2028\u2029]")


class MalformedPath(ValueError):
    """A path that no operation can have, and that upstreams may read in different ways."""


def encode(text: str) -> str:
    """Everything but the unreserved characters becomes %XX of its UTF-8 bytes."""
    return quote(text, safe="")


def segments(path: str) -> tuple[str, ...]:
    """The decoded segments of a raw path. Raises MalformedPath for what proxies and servers disagree about."""
    if len(path) > MAX_PATH:
        raise MalformedPath(f"the path is longer than {MAX_PATH} characters: long values belong in the body")
    if not _PATH.fullmatch(path):
        raise MalformedPath("the path has an empty segment or a character that must be percent-encoded")
    parts = tuple(_segment(part) for part in path[1:].split("/"))
    if max(map(len, parts)) > MAX_SEGMENT:
        raise MalformedPath(f"a path segment is longer than {MAX_SEGMENT} characters: long values belong in the body")
    return parts


def _segment(raw: str) -> str:
    try:
        text = decode(raw) if "%" in raw else raw
    except ValueError:
        raise MalformedPath("a path segment is not UTF-8 or has control characters") from None
    if text in (".", "..") or "/" in text or "\\" in text:
        raise MalformedPath("dot segments, encoded slashes and backslashes are not accepted in paths")
    return text


def decode(raw: str) -> str:
    """One component, decoded once; raises ValueError unless it is UTF-8 without control characters."""
    text = unquote_to_bytes(raw).decode("utf-8")
    if _CONTROL.search(text):
        raise ValueError("a control character stands in a percent-encoded value")
    return text


def decode_query(raw: str) -> str:
    """A name or value of a query string, `+` as a space; raises ValueError for anything not properly encoded."""
    if not _COMPONENT.fullmatch(raw):
        raise ValueError("a character of the query string must be percent-encoded")
    return decode(raw.replace("+", " "))
