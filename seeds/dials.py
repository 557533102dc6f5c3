"""What can be turned on a provider: slowness, errors, absence and drift from the standard. Pure."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Self

_RETYPED: Mapping[str, Callable[[Any], Any]] = {
    "string": str,
    "number": lambda value: 0,
    "list": lambda value: [value],
    "null": lambda value: None,
}


class UnknownDial(ValueError):
    """The dials that were asked for do not exist or cannot stand so."""


@dataclass(frozen=True, slots=True)
class Drift:
    """A change nobody announced: the item at a dotted path gets another name, or another type.

    Records that lack the item stay as they are.
    """

    item: str
    rename: str | None = None
    retype: str | None = None

    def __post_init__(self) -> None:
        if (self.rename is None) == (self.retype is None):
            raise UnknownDial("A drift either renames or retypes an item.")
        if self.retype is not None and self.retype not in _RETYPED:
            raise UnknownDial(f"An item can be retyped to: {', '.join(_RETYPED)}.")

    def apply(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """A changed copy of the record; lists on the way are passed through."""
        *above, last = self.item.split(".")
        drifted = deepcopy(dict(record))
        holders = [drifted]
        for name in above:
            holders = [inner for holder in holders for inner in _entries(holder.get(name))]
        for holder in holders:
            if last in holder:
                self._change(holder, last)
        return drifted

    def _change(self, holder: dict[str, Any], name: str) -> None:
        value = holder.pop(name)
        if self.rename is not None:
            holder[self.rename] = value
        else:
            holder[name] = _RETYPED[str(self.retype)](value)


def _entries(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in (value if isinstance(value, list) else [value]) if isinstance(entry, dict)]


@dataclass(frozen=True, slots=True)
class Dials:
    """How a department's provider behaves; as built it behaves well.

    `down` is "refuse" (nothing listens) or "close" (connections are accepted and dropped).
    """

    latency_ms: int = 0
    error_rate: float = 0.0
    error_status: int = 500
    down: str | None = None
    drift: Drift | None = None

    def __post_init__(self) -> None:
        if not (0 <= self.latency_ms <= 600_000 and 0 <= self.error_rate <= 1 and 400 <= self.error_status <= 599):
            raise UnknownDial("Latency is 0 to 600000 ms, the error rate 0 to 1, the error status 400 to 599.")
        if self.down not in (None, "refuse", "close"):
            raise UnknownDial('A provider that is down either refuses ("refuse") or drops ("close") connections.')

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """Dials from their JSON form; absent ones stand as built. Raises UnknownDial."""
        try:
            drift = document.get("drift")
            return cls(**{**document, "drift": Drift(**drift) if drift is not None else None})
        except (TypeError, AttributeError) as error:
            raise UnknownDial("Dials are latency_ms, error_rate, error_status, down and drift.") from error
