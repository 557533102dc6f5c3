"""The schemas of two versions of an interface document, held against each other within one budget. Pure."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from standards import documents
from standards.compatibility import Budget, Incompatibility, includes
from standards.compatibility.budget import TooMuch
from standards.dialect import subschemas
from standards.documents import mapping
from standards.validation import InvalidSchema

_BYTES_A_STEP = 2_500

Found = tuple[Incompatibility, ...] | None
"""What `standards.compatibility` says of two schemas; None when it cannot say."""


class Pairs:
    """Each pair is looked into once, however many operations have it."""

    def __init__(self, old: Mapping[str, Any], new: Mapping[str, Any], budget: Budget) -> None:
        self._old, self._new = old, new
        self._budget: Final = budget
        self._known: dict[tuple[bytes, bytes, bool], Found] = {}
        self._alike = _text(_components(old)) == _text(_components(new))

    def differences(self, old: dict[str, Any] | bool, new: dict[str, Any] | bool, *, replies: bool) -> Found:
        """Why requests of the old schema are not all taken by the new one, or replies of the new one by the old."""
        was, now = _text(old), _text(new)
        if self._alike and was == now:
            return ()
        key = (was, now, replies)
        if key not in self._known:
            self._known[key] = self._compared(old, new, replies)
        return self._known[key]

    def _compared(self, old: dict[str, Any] | bool, new: dict[str, Any] | bool, replies: bool) -> Found:
        try:
            self._budget.spend()  # nothing is even bundled when it is used up
            was, now = self._bundled(self._old, old), self._bundled(self._new, new)
            if _text(was) == _text(now):
                return ()
            if replies:
                return includes(was, now, reader_is="old", breaks="consumers", stripped=True, budget=self._budget)
            return includes(now, was, breaks="consumers", budget=self._budget)
        except (InvalidSchema, TooMuch):
            return None

    def _bundled(self, document: Mapping[str, Any], schema: Any) -> Any:
        """A schema with the component schemas that it reaches under `$defs`, complete in itself. Raises TooMuch."""
        if not isinstance(schema, dict):
            return schema
        text = _text(documents.self_contained(document, schema))
        self._budget.spend(len(text) // _BYTES_A_STEP)
        within: dict[str, Any] = orjson.loads(text)
        reached = mapping(mapping(within.pop("components", None)).get("schemas"))
        for each in (within, *reached.values()):
            for _, node in subschemas(each):
                ref = node.get("$ref")
                if isinstance(ref, str):
                    node["$ref"] = ref.replace("#/components/schemas/", "#/$defs/", 1)
        return {**within, "$defs": reached} if reached else within


def _components(document: Mapping[str, Any]) -> Any:
    return mapping(document.get("components")).get("schemas")


def _text(document: Any) -> bytes:
    """Two documents are the same when this is: Python takes 1 and true for equal."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
