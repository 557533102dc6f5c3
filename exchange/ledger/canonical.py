"""Canonical JSON (RFC 8785) for ledger leaves: orjson with sorted keys, on the input for which the two are the same.

The two agree on objects with ASCII keys, strings, integers within ±(2^53 − 1), booleans and null; anything else is
refused here (a property test compares them).

    NotCanonical(ValueError)   a float, a large integer, a key outside ASCII, or another type
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from exchange.ledger.note import encode

MAX_LEAF = 4096
_MAX_INTEGER = 2**53 - 1
_SMALL = 64


class NotCanonical(ValueError):
    """The value has no canonical form that two implementations are sure to share."""


def canonical(value: Mapping[str, Any]) -> bytes:
    """The canonical bytes of the object. Raises NotCanonical."""
    _check(value)
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise NotCanonical("a text of the entry is not valid Unicode") from error


def leaf_of(value: dict[str, Any]) -> bytes:
    """The canonical bytes, at most 4 KiB: the largest members are replaced by their count and digest until it fits."""
    raw = canonical(value)
    while len(raw) > MAX_LEAF:
        value = _shorten(value)
        raw = canonical(value)
    return raw


def _check(value: Any) -> None:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if kind is int:
        if not -_MAX_INTEGER <= value <= _MAX_INTEGER:
            raise NotCanonical("an integer of an entry is beyond ±(2^53 − 1): give it as a text")
    elif kind is dict:
        for key, member in value.items():
            if type(key) is not str or not key.isascii():
                raise NotCanonical("the keys of an entry are ASCII texts")
            if type(member) is not str:
                _check(member)
    elif kind is list or kind is tuple:
        for member in value:
            if type(member) is not str:
                _check(member)
    else:
        raise NotCanonical(f"an entry holds texts, integers, lists and objects, no {kind.__name__}")


def _shorten(value: dict[str, Any]) -> dict[str, Any]:
    """Replace the largest member, looking into objects: a list of names by its count and digest, a text by its length.

    Texts get no digest: a digest of a short text would give the text away to whoever tries all of them.
    """
    sizes = {key: len(orjson.dumps(member)) for key, member in value.items()}
    largest = max(sizes, key=lambda key: sizes[key])
    member = value[largest]
    if isinstance(member, dict) and any(size > _SMALL for size in (len(orjson.dumps(v)) for v in member.values())):
        return {**value, largest: _shorten(member)}
    if isinstance(member, (list, tuple)):
        raw = orjson.dumps(member, option=orjson.OPT_SORT_KEYS)
        return {**value, largest: {"count": len(member), "digest": encode(hashlib.sha256(raw).digest())}}
    return {**value, largest: {"bytes": sizes[largest]}}
