"""Kinds of connectors are registered once and closed together."""

import pytest

from exchange.connectors.memory import MemoryConnector
from exchange.connectors.registry import AlreadyRegistered, Registry, UnknownConnector


async def test_a_connector_is_made_once_and_closed() -> None:
    registry = Registry()
    registry.register("memory", MemoryConnector)
    assert registry["memory"] is registry["memory"]
    made = registry["memory"]
    assert registry.kinds == ("memory",)
    await registry.close()
    assert registry["memory"] is not made


def test_a_kind_is_registered_once() -> None:
    registry = Registry()
    registry.register("rest", MemoryConnector)
    with pytest.raises(AlreadyRegistered, match="rest"):
        registry.register("rest", MemoryConnector)


def test_an_unknown_kind_is_said_with_those_that_exist() -> None:
    registry = Registry()
    registry.register("rest", MemoryConnector)
    with pytest.raises(UnknownConnector, match="Known: rest"):
        registry["sql"]
