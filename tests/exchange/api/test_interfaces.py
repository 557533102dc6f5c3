"""A heavy document keeps nobody else from changing something."""

import pytest

from standards import interfaces
from tests.town import documents
from tests.town.people import Town


@pytest.mark.parametrize("findings", [True, False])
async def test_a_specification_is_judged_before_the_write_lock_is_taken(town: Town, node, monkeypatch, findings):
    """Judging may take seconds: meanwhile tokens are issued and agreements revoked."""
    free = []
    judge = interfaces.faults

    def watched(*given):
        with node.writing.connect() as connection:  # the one connection that writes; a timeout fails the test
            free.append(connection.exec_driver_sql("SELECT 1").scalar())
        return judge(*given)

    monkeypatch.setattr(interfaces, "faults", watched)
    document = documents.INTERFACE["document"]
    draft = documents.INTERFACE | {"slug": "heavy", "document": document | ({"paths": {}} if findings else {})}
    answer = await town.by("health", "POST", "/interfaces", json=draft)
    assert answer.status_code == (422 if findings else 201)
    assert free == [1]
