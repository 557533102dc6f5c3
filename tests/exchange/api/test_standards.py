"""A heavy standard keeps nobody else from changing something."""

from typing import Any

import pytest

from standards import compatibility, schemas
from tests.town import documents
from tests.town.people import Town


async def test_standards_are_judged_before_the_write_lock_is_taken(
    town: Town, node: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judging may take seconds: meanwhile tokens are issued and agreements revoked."""
    free = []

    def watched(judge: Any) -> Any:
        def judging(*given: Any) -> Any:
            with node.writing.connect() as connection:  # the one connection that writes; a timeout fails the test
                free.append(connection.exec_driver_sql("SELECT 1").scalar())
            return judge(*given)

        return judging

    draft = documents.STANDARD | {"version": "1.1.0", "department": "health"}
    with monkeypatch.context() as patched:
        patched.setattr(schemas, "_too_many_leaves", watched(schemas._too_many_leaves))
        await town.did("health", "POST", "/standards", json=draft)
        await town.did("health", "PUT", "/standards/person/1.1.0", json=draft, headers={"if-match": '"1"'})
    monkeypatch.setattr(compatibility, "check", watched(compatibility.check))
    await town.stepped("health", "/standards/person/1.1.0", "submit")
    await town.stepped("operator-2", "/standards/person/1.1.0", "approve")
    assert free == [1, 1, 1], "drafted, revised, compared once"
