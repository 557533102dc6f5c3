"""Kinds of connectors by name: what a service's `connector` may say."""

from collections.abc import Callable

from exchange.connectors.base import Connector

Factory = Callable[[], Connector]


class UnknownConnector(LookupError):
    """No connector of this kind is installed."""


class AlreadyRegistered(ValueError):
    """Two connectors want the same name."""


class Registry:
    """One connector per kind, made when first asked for and closed with the others."""

    def __init__(self) -> None:
        self._factories: dict[str, Factory] = {}
        self._made: dict[str, Connector] = {}

    def register(self, kind: str, factory: Factory) -> None:
        """Raises AlreadyRegistered."""
        if kind in self._factories:
            raise AlreadyRegistered(f"The connector kind {kind!r} is registered twice. Give one another name.")
        self._factories[kind] = factory

    def __getitem__(self, kind: str) -> Connector:
        """Raises UnknownConnector."""
        if (connector := self._made.get(kind)) is not None:
            return connector
        if kind not in self._factories:
            raise UnknownConnector(f"There is no connector {kind!r}. Known: {', '.join(self.kinds) or 'none'}.")
        return self._made.setdefault(kind, self._factories[kind]())

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(sorted(self._factories))

    async def close(self) -> None:
        """Close every connector that was made."""
        while self._made:
            _, connector = self._made.popitem()
            await connector.close()
